"""The points of the Embeddings pane as tokens of the text: one selection and one hover in all panes."""

from PySide6.QtCore import QObject, Slot

from vectarium.drawing.space.vector_stage import VectorStage
from vectarium.session.context_reading import ContextReading
from vectarium.session.session import Selection, Session
from vectarium.session.vector_reading import VectorReading


class EmbeddingsLinks(QObject):
    """Looks at the points that are chosen here, and at those of tokens selected elsewhere."""

    def __init__(
        self,
        session: Session,
        reading: VectorReading,
        context: ContextReading,
        stage: VectorStage,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._reading, self._context, self._stage = session, reading, context, stage
        self._linking = False
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self._token_hovered)
        stage.cloud.clicked.connect(self._clicked)
        stage.cloud.hovered.connect(self._hovered)
        stage.panels.nearest.meant.connect(self.look_at)
        stage.panels.nearest.pointed.connect(stage.cloud.set_hover)

    @Slot(int)
    def look_at(self, row: int) -> None:
        """Look at a point of the space, and mark its token in the text."""
        self._stage.panels.nearest.expected.clear()
        self._reading.look_at(row)
        token = self._token_of(row)
        if token is not None and token != self._session.selection.token:
            self._linking = True
            self._session.select(token)
            self._linking = False

    @Slot(object)
    def _clicked(self, row: int | None) -> None:
        if row is not None:
            self.look_at(row)

    @Slot(object)
    def _hovered(self, row: int | None) -> None:
        self._session.set_hover(None if row is None else self._token_of(row))

    @Slot(object)
    def _token_hovered(self, token: int | None) -> None:
        """Light the point of the token that the mouse means in another pane."""
        cloud = self._stage.cloud
        if cloud.isVisible() and self._reading.opened is not None and not cloud.underMouse():
            cloud.set_hover(None if token is None else self._row_of(token))

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        if self._linking or selection.token is None or not self._stage.isVisible():
            return
        if (row := self._row_of(selection.token)) is not None:
            self._stage.panels.nearest.expected.clear()
            self._reading.look_at(row)

    def _row_of(self, token: int) -> int | None:
        stale = self._reading.in_context and not self._context.current
        return None if stale else self._reading.row_of(token, self._context.seen_from)

    def _token_of(self, row: int) -> int | None:
        in_context = self._reading.in_context
        stale = in_context and not self._context.current
        beside = in_context and row >= self._context.own_tokens
        return None if stale or beside else self._reading.token_of(row, self._context.seen_from)
