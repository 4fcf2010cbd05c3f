"""One Qt stylesheet for the whole application, made from a look."""

from vectarium.drawing.palette import MONO, WORDS, Look


def stylesheet(look: Look) -> str:
    """The stylesheet for `look`. Widgets opt in by object name or by a dynamic property ``role``."""
    t, px = look.theme, look.px
    return f"""
* {{ font-family: "{WORDS}"; font-size: {px(13)}px; color: {t.text}; outline: none; }}
QMainWindow, QDialog, QMessageBox {{ background: {t.window}; }}
QMainWindow::separator {{ background: transparent; width: {px(8)}px; height: {px(8)}px; }}
QMainWindow::separator:hover {{ background: {t.raised_more}; }}
QToolTip {{ background: {t.raised_more}; color: {t.text}; border: 1px solid {t.line}; padding: {px(6)}px; }}

QMenuBar {{ background: transparent; padding: 0; spacing: 0; }}
QMenuBar::item {{ color: {t.secondary}; background: transparent; padding: {px(6)}px {px(9)}px; border-radius: {px(6)}px; }}
QMenuBar::item:selected {{ background: {t.raised_more}; color: {t.text}; }}
QMenu {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: {px(8)}px; padding: {px(6)}px; }}
QMenu::item {{ padding: {px(6)}px {px(28)}px {px(6)}px {px(26)}px; border-radius: {px(6)}px; }}
QMenu::item:selected {{ background: {t.raised_more}; }}
QMenu::item:disabled {{ color: {t.tertiary}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: {px(6)}px {px(8)}px; }}
QMenu::indicator {{ width: {px(14)}px; height: {px(14)}px; left: {px(7)}px; }}

QLabel {{ background: transparent; }}
QLabel[role="title"] {{ font-weight: 600; }}
QLabel[role="secondary"] {{ color: {t.secondary}; }}
QLabel[role="small"] {{ color: {t.secondary}; font-size: {px(12)}px; }}
QLabel[role="temperature"] {{ color: {t.temperature}; font-weight: 600; }}
QLabel[role="problem"] {{ color: {t.value}; font-size: {px(12)}px; }}
QLabel[role="number"] {{ font-family: "{MONO}"; }}

QPushButton, QToolButton {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: {px(6)}px;
    padding: {px(5)}px {px(12)}px; }}
QPushButton:hover, QToolButton:hover {{ background: {t.raised_more}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {t.line}; }}
QPushButton:checked, QToolButton:checked {{ background: {t.raised_more}; color: {t.text}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {t.tertiary}; background: {t.pane}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {t.accent}; }}
QPushButton[role="primary"] {{ background: {t.button}; color: {t.button_text}; border-color: {t.button}; }}
QPushButton[role="primary"]:hover {{ background: {t.accent}; color: {t.window}; }}
QPushButton[role="primary"]:disabled {{ background: {t.raised}; color: {t.tertiary}; border-color: {t.line}; }}
QPushButton[role="choice"], QToolButton[role="choice"] {{ color: {t.secondary}; padding: {px(3)}px {px(10)}px; }}
QPushButton[role="choice"]:checked, QToolButton[role="choice"]:checked {{ color: {t.text}; background: {t.raised_more}; }}
QToolButton[role="quiet"] {{ background: transparent; border-color: transparent; color: {t.secondary}; padding: {px(3)}px {px(8)}px; }}
QToolButton[role="quiet"]:hover, QToolButton[role="quiet"]:focus {{ background: {t.raised_more}; color: {t.text}; }}
QToolButton::menu-indicator {{ image: none; }}

QLineEdit, QDoubleSpinBox, QSpinBox, QComboBox, QPlainTextEdit, QTextBrowser {{ background: {t.window};
    border: 1px solid {t.line}; border-radius: {px(6)}px; padding: {px(4)}px {px(8)}px;
    selection-background-color: {t.button}; selection-color: {t.button_text}; }}
QLineEdit:focus, QDoubleSpinBox:focus, QSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {{ border-color: {t.accent}; }}
QLineEdit[role="mono"], QListView[role="mono"] {{ font-family: "{MONO}"; }}
QListView[role="mono"] {{ background: {t.raised}; border: 1px solid {t.line}; }}
QListView[role="mono"]::item {{ padding: {px(3)}px {px(8)}px; }}
QListView[role="mono"]::item:selected {{ background: {t.raised_more}; color: {t.text}; }}
QListView[role="mono"]::item:disabled {{ color: {t.tertiary}; }}
QDoubleSpinBox, QSpinBox {{ font-family: "{MONO}"; padding: {px(3)}px {px(6)}px; }}
QPlainTextEdit[role="log"] {{ font-family: "{MONO}"; font-size: {px(12)}px; }}
QComboBox::drop-down {{ border: none; width: {px(18)}px; }}
QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.line}; selection-background-color: {t.raised_more}; }}

QSlider {{ min-height: {px(20)}px; background: transparent; }}
QSlider::groove:horizontal {{ height: {px(4)}px; background: {t.raised_more}; border-radius: {px(2)}px; }}
QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: {px(2)}px; }}
QSlider[role="temperature"]::sub-page:horizontal {{ background: {t.temperature}; }}
QSlider::handle:horizontal {{ background: {t.text}; width: {px(14)}px; height: {px(14)}px; margin: -{px(5)}px 0;
    border-radius: {px(7)}px; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {t.accent}; }}

QTableView, QListView, QTreeView {{ background: transparent; border: none; gridline-color: transparent;
    selection-background-color: {t.raised_more}; selection-color: {t.text}; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: {t.pane}; color: {t.secondary}; border: none; border-bottom: 1px solid {t.line};
    padding: {px(4)}px {px(6)}px; font-size: {px(12)}px; }}
QTableCornerButton::section {{ background: {t.pane}; border: none; }}

QScrollBar:vertical {{ background: transparent; width: {px(10)}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {px(10)}px; margin: 0; }}
QScrollBar::handle {{ background: {t.raised_more}; border-radius: {px(4)}px; margin: {px(1)}px; }}
QScrollBar::handle:vertical {{ min-height: {px(28)}px; }}
QScrollBar::handle:horizontal {{ min-width: {px(28)}px; }}
QScrollBar::handle:hover {{ background: {t.tertiary}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollArea, QAbstractScrollArea {{ border: none; background: transparent; }}
QPlainTextEdit {{ background: {t.window}; border: 1px solid {t.line}; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; width: {px(7)}px;
    border: none; background: transparent; }}
QAbstractSpinBox::up-arrow, QAbstractSpinBox::down-arrow {{ image: none; width: 0; height: 0; }}

QProgressBar {{ background: {t.raised_more}; border: none; border-radius: {px(3)}px; max-height: {px(6)}px; min-height: {px(6)}px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: {px(3)}px; }}
QTabBar::tab {{ background: transparent; color: {t.secondary}; padding: {px(6)}px {px(12)}px; border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; }}
QCheckBox {{ spacing: {px(8)}px; background: transparent; }}

#topBar, #stripBar, #statusBar {{ background: {t.window}; }}
#stripBar {{ border-top: 1px solid {t.line}; border-bottom: 1px solid {t.line}; }}
#statusBar {{ border-top: 1px solid {t.line}; color: {t.secondary}; }}
#statusBar QLabel {{ color: {t.secondary}; font-size: {px(12)}px; }}
#statusBar QToolButton {{ font-size: {px(12)}px; padding: 0 {px(8)}px; }}
#statusBar::item {{ border: none; }}
#workspaces {{ background: {t.raised}; border-radius: {px(8)}px; }}
#workspaces QToolButton {{ background: transparent; border-color: transparent; color: {t.secondary}; padding: {px(4)}px {px(11)}px; }}
#workspaces QToolButton:hover {{ color: {t.text}; }}
#workspaces QToolButton:focus {{ border-color: {t.accent}; }}
#workspaces QToolButton:checked {{ background: {t.raised_more}; color: {t.text}; font-weight: 500; }}
#pane {{ background: {t.pane}; border: 1px solid {t.line}; border-top: none;
    border-bottom-left-radius: {px(8)}px; border-bottom-right-radius: {px(8)}px; }}
#paneHeader {{ background: {t.pane}; border: 1px solid {t.line};
    border-top-left-radius: {px(8)}px; border-top-right-radius: {px(8)}px; }}
#paneSide {{ background: transparent; border-left: 1px solid {t.line}; }}
#notice {{ background: {t.raised}; border: 1px solid {t.query}; border-radius: {px(8)}px; }}
#floating {{ background: {t.pane}; border: 1px solid {t.line}; border-radius: {px(8)}px; }}
#column {{ border: none; border-right: 1px solid {t.line}; }}
QToolButton[role="column"] {{ color: {t.secondary}; padding: {px(3)}px {px(6)}px; }}
#columnHead {{ background: {t.raised}; border-bottom: 1px solid {t.line}; }}
#rule {{ background: {t.line}; max-height: 1px; min-height: 1px; border: none; }}
"""
