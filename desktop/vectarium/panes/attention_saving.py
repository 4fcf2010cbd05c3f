"""What the Attention pane writes into files: pictures of its parts, and the numbers behind them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from vectarium.drawing.heads.head_grid import HeadGrid
from vectarium.drawing.palette import Look
from vectarium.drawing.picture import save_picture
from vectarium.files import write_csv
from vectarium.panes.attention_head import LINES, AttentionHead
from vectarium.panes.pane import Table
from vectarium.session.attention_files import (
    HEAD_COLUMNS,
    PATTERN_COLUMNS,
    head_rows,
    pattern_rows,
    write_patterns,
)
from vectarium.session.attention_reading import AttentionReading

SAVES = (
    ("Save the grid alone as PNG …", "attention-grid.png"),
    ("Save the grid alone as SVG …", "attention-grid.svg"),
    ("Save the head alone as PNG …", "attention-head.png"),
    ("Save the head alone as SVG …", "attention-head.svg"),
    ("Save the patterns shown as safetensors …", "attention.safetensors"),
)


class AttentionSaving:
    """Every method that writes raises OSError where it cannot."""

    def __init__(self, grid: HeadGrid, head: AttentionHead, reading: AttentionReading) -> None:
        self._grid, self._head, self._reading = grid, head, reading

    def tables(self) -> list[Table]:
        """The numbers of the large picture, and the measures of every head."""
        matrix, heads = self._head.matrix, self._reading.heads
        tables = []
        if matrix is not None:
            rows = partial(pattern_rows, matrix.values, matrix.labels)
            tables.append(Table("pattern", PATTERN_COLUMNS, rows))
        if heads is not None:
            tables.append(Table("heads", HEAD_COLUMNS, partial(head_rows, heads)))
        return tables

    def export(self, look: Look, folder: Path) -> None:
        """``attention-*``: the tables, the pattern shown as safetensors; grid, head and lines as pictures."""
        for table in self.tables():
            write_csv(folder / f"attention-{table.name}.csv", table.columns, table.rows())
        self.patterns(folder / "attention.safetensors")
        panel = self._head.panel
        for ending in ("png", "svg"):
            self.grid(look, folder / f"attention-grid.{ending}")
            self.head(look, folder / f"attention-head.{ending}")
        view = panel.view
        panel.set_view(LINES)
        for ending in ("png", "svg"):
            self.head(look, folder / f"attention-lines.{ending}")
        panel.set_view(view)

    def saver(self, look: Look, name: str) -> Callable[[Path], None]:
        """What writes the file of that name in `SAVES`."""
        part = name.partition(".")[0].removeprefix("attention-")
        return {"grid": partial(self.grid, look), "head": partial(self.head, look)}.get(part, self.patterns)

    def grid(self, look: Look, path: Path) -> None:
        """The whole grid, also what is scrolled out of sight."""
        whole = self._grid.whole()
        save_picture(path, look, whole.viewport())
        whole.deleteLater()

    def head(self, look: Look, path: Path) -> None:
        """The view that is open; all of the lines, also what is scrolled out of sight."""
        panel = self._head.panel
        save_picture(path, look, self._head.lines.sheet if panel.view == LINES else panel.page)

    def patterns(self, path: Path) -> None:
        """The pattern shown, as safetensors."""
        shown, weights = self._head.current, self._head.weights
        if shown is not None and weights is not None:
            write_patterns(path, shown, weights, self._reading.treatment, self._reading.heads)
