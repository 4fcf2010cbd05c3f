"""The worksheet of a head: nine steps on screen, as CSV, and as pages to print."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMarginsF, Signal, Slot
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument, QTextOption
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSpinBox,
    QStackedLayout,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.attention.worksheet import Step, page, records
from vectarium.drawing.heads.head_exercise import HeadExercise
from vectarium.drawing.palette import MONO, Look
from vectarium.files import write_csv

_UNBROKEN = QTextOption()
_UNBROKEN.setWrapMode(QTextOption.WrapMode.WordWrap)


@dataclass(frozen=True, eq=False)
class Sheet:
    """The steps of one head, and what to call them."""

    title: str
    steps: tuple[Step, ...]
    about: str = ""


class HeadWorksheet(QWidget):
    """Shows a `Sheet` with as many decimals as the user wants."""

    path_asked = Signal(str, str, object)  # title, file name, Callable[[Path], None]

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._sheet: Sheet | None = None
        self._queries_down = False
        self._text = QTextBrowser()
        self._text.setMinimumHeight(40)
        self._text.setAccessibleName("Worksheet")
        self._about = QLabel()
        self._about.setProperty("role", "small")
        self._about.setWordWrap(True)
        self.decimals = QSpinBox()
        self.decimals.setRange(0, 6)
        self.decimals.setValue(2)
        self.decimals.setSuffix(" decimals")
        self.decimals.setToolTip("How the numbers are rounded on the sheet; they are worked out exactly")
        self.decimals.setAccessibleName("Decimals")
        self.decimals.valueChanged.connect(self._show)
        save = QToolButton()
        save.setText("Save ▾")
        save.setToolTip("Save the sheet as CSV, or as pages to print")
        save.setAccessibleName("Save the worksheet")
        save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(save)
        menu.addAction("PDF to fill in, with answers …", lambda: self._ask("pdf", self.save_pdf))
        menu.addAction("HTML to fill in, with answers …", lambda: self._ask("html", self.save_html))
        menu.addAction("CSV …", lambda: self._ask("csv", self.save_csv))
        save.setMenu(menu)
        exercise = QToolButton()
        exercise.setText("Exercise")
        exercise.setToolTip("Work a small head through yourself, with every step checked")
        exercise.setAccessibleName("Exercise")
        exercise.clicked.connect(self._begin_exercise)
        bar = QHBoxLayout()
        for widget in (self.decimals, save, exercise):
            bar.addWidget(widget)
        bar.addStretch(1)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(page)
        self.exercise: HeadExercise | None = None
        layout.addWidget(self._about)
        layout.addWidget(self._text, 1)
        layout.addLayout(bar)

    def set_look(self, look: Look) -> None:
        self._look = look
        self._show()

    def show_sheet(self, sheet: Sheet | None) -> None:
        self._sheet = sheet
        self._show()

    def set_queries_down(self, queries_down: bool) -> None:
        """Which way the exercise's tables run; a sheet brings its own way."""
        self._queries_down = queries_down
        if self.exercise is not None:
            self.exercise.set_queries_down(queries_down)

    @Slot()
    def _begin_exercise(self) -> None:
        """The exercise is made when it is first wanted: it has many cells."""
        if self.exercise is None:
            self.exercise = HeadExercise(self._look)
            self.exercise.set_queries_down(self._queries_down)
            self.exercise.back.clicked.connect(self._end_exercise)
            self._stack.addWidget(self.exercise)
        self._stack.setCurrentWidget(self.exercise)

    @Slot()
    def _end_exercise(self) -> None:
        self._stack.setCurrentIndex(0)

    @property
    def text(self) -> str:
        return self._text.toPlainText()

    @Slot()
    def _show(self) -> None:
        sheet, theme = self._sheet, self._look.theme
        if sheet is None:
            self._text.clear()
            return
        self._about.setText(sheet.about)
        place = self._text.verticalScrollBar().value()
        document = self._text.document()
        document.setDefaultTextOption(_UNBROKEN)
        document.setDefaultStyleSheet(
            f"* {{ color: {theme.text}; }} td {{ font-family: '{MONO}'; }}"
            f"table {{ border-color: {theme.line}; border-collapse: collapse; }}"
            f"th {{ font-family: '{MONO}'; font-weight: normal; color: {theme.secondary}; }}"
        )
        self._text.setHtml(page(sheet.steps, sheet.title, self.decimals.value(), answers=True))
        self._text.verticalScrollBar().setValue(place)

    def _ask(self, ending: str, save: Callable[[Path], None]) -> None:
        if self._sheet is not None:
            self.path_asked.emit("Save the worksheet", f"worksheet.{ending}", save)

    def save_csv(self, path: Path) -> None:
        """Every number unrounded. Raises OSError if the file cannot be written."""
        assert self._sheet is not None
        write_csv(path, ("step", "title", "row", "column", "value"), records(self._sheet.steps))

    def pages(self) -> tuple[str, str]:
        """The sheet to fill in and its answers, in simple HTML."""
        sheet, decimals = self._sheet, self.decimals.value()
        assert sheet is not None
        return (
            page(sheet.steps, f"{sheet.title}: to fill in", decimals, answers=False),
            page(sheet.steps, f"{sheet.title}: answers", decimals, answers=True),
        )

    def save_html(self, path: Path) -> None:
        """Raises OSError if the file cannot be written."""
        blank, answers = self.pages()
        path.write_text(
            '<!DOCTYPE html><meta charset="utf-8"><style>body { font-family: sans-serif; font-size: 10pt; }'
            "td, th { font-family: monospace; font-weight: normal; }</style>"
            f'{blank}<div style="page-break-before: always"></div>{answers}',
            encoding="utf-8",
        )

    def save_pdf(self, path: Path) -> None:
        """Raises OSError if the file cannot be written."""
        with path.open("wb"):
            pass  # QPdfWriter says nothing of a file that cannot be written
        writer = QPdfWriter(str(path))
        writer.setPageLayout(
            QPageLayout(
                QPageSize(QPageSize.PageSizeId.A4),
                QPageLayout.Orientation.Portrait,
                QMarginsF(12, 12, 12, 12),
            )
        )
        writer.setTitle(self._sheet.title if self._sheet is not None else "")
        document = QTextDocument()
        document.setDefaultFont(QFont("Inter", 8))
        document.setDefaultStyleSheet(
            f"td, th {{ font-family: '{MONO}'; font-weight: normal; font-size: 7pt; }}"
        )
        blank, answers = self.pages()
        document.setHtml(f'{blank}<p style="page-break-before: always"></p>{answers}')
        document.print_(writer)
