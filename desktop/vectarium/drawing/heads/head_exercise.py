"""The exercise on screen: tables to fill in, and a mark for every number that is typed."""

import secrets
from functools import partial

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.attention.exercise import Exercise, is_right, small_exercise
from vectarium.attention.worksheet import Step, number
from vectarium.drawing.palette import Look

GIVEN = (
    ("embeddings", "X", "the embeddings, a column for each token: type your own small integers"),
    ("query_matrix", "W_Q", "the query matrix; Q = W_Q · X"),
    ("key_matrix", "W_K", "the key matrix; K = W_K · X"),
    ("value_matrix", "W_V", "the value matrix; V = W_V · X"),
)


class HeadExercise(QWidget):
    """Four tables that are given and nine to fill in."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._queries_down = False
        self.exercise: Exercise = small_exercise(secrets.randbits(32))
        self.given: dict[str, QTableWidget] = {}
        self.tables: list[QTableWidget] = []
        self._titles: list[QLabel] = []
        self._steps: tuple[Step, ...] = ()
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        for name, title, how in GIVEN:
            rows, columns = getattr(self.exercise, name).shape
            table = self._table(rows, columns, f"{title}, given")
            table.cellChanged.connect(partial(self._given_changed, name))
            self.given[name] = table
            self._add(f"{title} · {how}", table)
        for step in self.exercise.answers():
            table = self._table(len(step.rows), len(step.columns), f"Step {step.number}")
            table.cellChanged.connect(partial(self._answer_changed, len(self.tables)))
            self.tables.append(table)
            self._titles.append(self._add("", table))
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        self.score = QLabel()
        bar = QHBoxLayout()
        for text, tip, act in (
            ("New numbers", "Begin again with other small integers", self.renew),
            ("Show answers", "Fill every step in", self.fill),
            ("Clear", "Empty every step", self.clear),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(text)
            button.clicked.connect(act)
            bar.addWidget(button)
        bar.addWidget(self.score)
        bar.addStretch(1)
        self.back = QToolButton()
        self.back.setText("Back")
        self.back.setToolTip("Back to the worksheet of the selected head")
        bar.addWidget(self.back)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        layout.addLayout(bar)
        self._show_given()
        self.set_look(look)

    def _add(self, title: str, table: QTableWidget) -> QLabel:
        label = QLabel(title)
        label.setWordWrap(True)
        label.setProperty("role", "secondary")
        self._column.addWidget(label)
        self._column.addWidget(table)
        return label

    @staticmethod
    def _table(rows: int, columns: int, name: str) -> QTableWidget:
        table = QTableWidget(rows, columns)
        table.setAccessibleName(name)
        table.setToolTip("Type a number; Enter or the arrow keys go on")
        table.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        return table

    def set_look(self, look: Look) -> None:
        self._look = look
        self._column.setSpacing(look.px(6))
        for table in (*self.given.values(), *self.tables):
            table.setFont(look.mono(13))
            table.setShowGrid(True)
            table.setStyleSheet(f"QTableView {{ gridline-color: {look.theme.line}; }}")
            self._fit(table)
        self._mark_all()

    def _fit(self, table: QTableWidget) -> None:
        """As high as its rows: the whole exercise scrolls, not each table."""
        look = self._look
        names, top = look.px(74), look.px(28)
        table.verticalHeader().setFixedWidth(names)
        table.horizontalHeader().setFixedHeight(top)
        width, height = look.px(84), look.px(28)
        for column in range(table.columnCount()):
            table.setColumnWidth(column, width)
        for row in range(table.rowCount()):
            table.setRowHeight(row, height)
        table.setFixedSize(names + width * table.columnCount() + 4, top + height * table.rowCount() + 4)

    def set_queries_down(self, queries_down: bool) -> None:
        """Which way the tables of steps 4 to 8 run. Turning them empties them."""
        if queries_down != self._queries_down:
            self._queries_down = queries_down
            self.clear()

    # What stands in the tables

    def _show_given(self) -> None:
        for name, table in self.given.items():
            values = getattr(self.exercise, name)
            with QSignalBlocker(table):
                for row, column in np.ndindex(values.shape):
                    table.setItem(row, column, _item(number(float(values[row, column]), 0)))
        self.clear()

    @Slot()
    def clear(self) -> None:
        """Empty every step."""
        self._work_out()
        for table, step in zip(self.tables, self._steps, strict=True):
            with QSignalBlocker(table):
                table.setRowCount(step.values.shape[0])
                table.setColumnCount(step.values.shape[1])
                for row, column in np.ndindex(step.values.shape):
                    table.setItem(row, column, _item(""))
            self._fit(table)
        self._mark_all()

    @Slot()
    def fill(self) -> None:
        """Write every answer in."""
        for table, step in zip(self.tables, self._steps, strict=True):
            with QSignalBlocker(table):
                for row, column in np.ndindex(step.values.shape):
                    value = float(step.values[row, column])
                    table.setItem(row, column, _item(number(value, 0 if value == round(value) else 3)))
        self._mark_all()

    @Slot()
    def renew(self) -> None:
        """Other numbers."""
        self.exercise = small_exercise(secrets.randbits(32))
        self._show_given()

    def _work_out(self) -> None:
        self._steps = self.exercise.answers(self._queries_down)
        for title, step, table in zip(self._titles, self._steps, self.tables, strict=True):
            title.setText(f"{step.number} · {step.title}: {step.how}")
            table.setHorizontalHeaderLabels(step.columns)
            table.setVerticalHeaderLabels(step.rows)

    def _given_changed(self, name: str, row: int, column: int) -> None:
        table, entry = self.given[name], self.given[name].item(row, column)
        if entry is None:
            return
        try:
            self.exercise = self.exercise.with_entry(name, row, column, entry.text())
            problem = ""
        except ValueError as error:
            problem = str(error) if "large" in str(error) else "Type a small whole number."
        self._work_out()
        with QSignalBlocker(table):
            value = float(getattr(self.exercise, name)[row, column])
            entry.setText(number(value, 0))
        self._mark_all()
        if problem:
            self.score.setText(problem)

    def _answer_changed(self, index: int, row: int, column: int) -> None:
        self._mark_all()

    def _mark_all(self) -> None:
        """✓ and ✗ by each number, and how many are right."""
        theme, right, wrong, total = self._look.theme, 0, 0, 0
        for table, step in zip(self.tables, self._steps, strict=True):
            with QSignalBlocker(table):
                for row, column in np.ndindex(step.values.shape):
                    item = table.item(row, column)
                    if item is None:
                        continue
                    text = item.text().rstrip(" ✓✗")
                    verdict = is_right(text, float(step.values[row, column]))
                    total, right, wrong = total + 1, right + (verdict is True), wrong + (verdict is False)
                    mark = "" if verdict is None else " ✓" if verdict else " ✗"
                    item.setText(text + mark)
                    colors = {None: theme.text, True: theme.found, False: theme.negative}
                    item.setForeground(QColor(colors[verdict]))
        missed = f", {wrong} not yet" if wrong else ""
        self.score.setText(f"{right} of {total} right{missed}")


def _item(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
