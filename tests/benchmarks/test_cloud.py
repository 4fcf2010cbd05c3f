"""A frame of the cloud, with names and the point under the mouse, against bare pyqtgraph."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from benchmarks.report import in_turns, time_of

SIZE = (1200, 800)
FRAMES = 40
STEP = 0.02  # radians of turning between frames


class Painted(QObject):
    """Whether a widget was painted since it was last asked."""

    def __init__(self) -> None:
        super().__init__()
        self.done = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.event(event)
            self.done = True
            return True
        return False


def our_cloud(points, qtbot):
    """A function that turns the cloud, points at what is in its middle, and waits for the picture."""
    from vectarium.drawing.cloud.point_cloud import PointCloud
    from vectarium.drawing.cloud.point_cloud_scene import AxisName, Cloud
    from vectarium.drawing.palette import Look, load_fonts
    from vectarium.resources import folder

    load_fonts(folder() / "fonts")
    cloud = PointCloud(Look())
    qtbot.addWidget(cloud)
    cloud.resize(*SIZE)
    axes = (AxisName("PC 1", 0.3), AxisName("PC 2", 0.2), AxisName("PC 3", 0.1))
    cloud.set_cloud(Cloud(points, [f"word{row}" for row in range(len(points))], axes))
    painted = Painted()
    cloud.installEventFilter(painted)
    cloud.show()
    qtbot.waitExposed(cloud)

    def frame() -> None:
        painted.done = False
        cloud.set_camera(cloud.camera.orbited(STEP / 0.008, 0))
        cloud.set_hover(cloud.row_at(SIZE[0] / 2, SIZE[1] / 2))
        while not painted.done:
            QApplication.processEvents()

    return frame


def pyqtgraph_cloud(points, qtbot):
    """A function that turns a bare scatter plot, and waits for the picture. Raises ImportError."""
    from pyqtgraph.opengl import GLScatterPlotItem, GLViewWidget

    view = GLViewWidget()
    qtbot.addWidget(view)
    view.resize(*SIZE)
    view.addItem(GLScatterPlotItem(pos=points, size=2, color=(1, 1, 1, 0.6), pxMode=True))
    view.setCameraPosition(distance=8)
    view.show()
    qtbot.waitExposed(view)
    shown = []
    view.frameSwapped.connect(lambda: shown.append(True))

    def frame() -> None:
        shown.clear()
        view.orbit(np.degrees(STEP), 0)
        while not shown:
            QApplication.processEvents()

    return frame


@pytest.mark.parametrize("count", [60_000, 400_000])
def test_a_frame_of_the_cloud(count, benchmark, report, qtbot):
    points = np.random.default_rng(0).standard_normal((count, 3)).astype(np.float32)
    peers = {}
    try:
        peers["pyqtgraph"] = pyqtgraph_cloud(points, qtbot)
    except ImportError as error:
        report.missing("pyqtgraph", error)
    compared = in_turns(benchmark, our_cloud(points, qtbot), peers, turns=FRAMES)
    what = f"cloud of {count:,} points, one frame at {SIZE[0]} × {SIZE[1]}"
    if not peers:
        report.add(what, time_of(compared.median))
        return
    peer = f"bare pyqtgraph {time_of(compared.median_of('pyqtgraph'))}"
    report.faster(what, time_of(compared.median), peer, compared.ratio("pyqtgraph"), 1)
