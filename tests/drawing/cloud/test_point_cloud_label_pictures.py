"""Labels kept as pictures, against labels painted anew."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from vectarium.drawing.cloud.point_cloud import PointCloud
from vectarium.drawing.cloud.point_cloud_label_pictures import KEPT, LabelPictures, ratio_of
from vectarium.drawing.cloud.point_cloud_labels import Box
from vectarium.drawing.cloud.point_cloud_scene import AxisName, Cloud, paint_label
from vectarium.drawing.palette import DARK, LIGHT, Look
from vectarium.drawing.picture import save_picture

AXES = (AxisName("PC 1", 0.3), AxisName("PC 2", 0.2), AxisName("PC 3", 0.1))


def painted(paint, look, box, text, strong, ratio):
    image = QImage(200, 60, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(look.theme.pane))
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    paint(painter, look, box, text, QColor(look.theme.text), strong)
    painter.end()
    return np.array(image.constBits()).reshape(60, 200, 4)[..., :3].astype(int)


def pictures_of(pictures):
    return lambda painter, *label: pictures.paint(painter, *label, ratio_of(painter))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize(("theme", "strong"), [(DARK, False), (LIGHT, True)])
def test_a_label_looks_as_it_does_when_it_is_painted_anew(qapp, theme, strong, ratio):
    look, pictures = Look(theme, 1.0), LabelPictures()
    for text, box in (
        ("queen", Box(5, 6, 60, 18)),
        ("king", Box(30, 2, 50, 18)),
        ("queen", Box(9, 8, 60, 18)),
    ):
        kept = painted(pictures_of(pictures), look, box, text, strong, ratio)
        anew = painted(paint_label, look, box, text, strong, ratio)
        assert np.ptp(anew) > 100
        # On what is transparent Qt smooths the edges of letters a little less strongly.
        assert np.abs(kept - anew).max() <= 48
        assert np.abs(kept - anew).mean() < 1.5


def test_other_colours_and_sizes_are_not_mixed_up_and_old_pictures_go(qapp):
    pictures, box = LabelPictures(), Box(5, 6, 60, 18)
    dark = painted(pictures_of(pictures), Look(DARK, 1.0), box, "word", False, 1.0)
    light = painted(pictures_of(pictures), Look(LIGHT, 1.0), box, "word", False, 1.0)
    assert np.abs(dark - light).max() > 100
    for number in range(KEPT + 5):
        painted(pictures_of(pictures), Look(DARK, 1.0), box, f"word{number}", False, 1.0)
    assert len(pictures._kept) == KEPT


def test_a_file_that_holds_words_gets_words(qtbot, tmp_path):
    cloud = PointCloud(Look(DARK, 1.0))
    qtbot.addWidget(cloud)
    cloud.resize(400, 300)
    points = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    cloud.set_cloud(Cloud(points, [f"word{row}" for row in range(30)], AXES))
    save_picture(tmp_path / "cloud.svg", cloud.look, cloud)
    assert ">word" in (tmp_path / "cloud.svg").read_text(encoding="utf-8")
