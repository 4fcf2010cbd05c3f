"""Tokenizes in a thread of its own, so that the tokens follow the keystroke whatever the model is doing."""

from typing import Any

from PySide6.QtCore import Slot

from vectarium.messages import Encode, Encoded, Newest, Request, read_only
from vectarium.workers.base import Worker


class TokenWorker(Worker):
    """Text to ids, with the tokenizer of the model in use."""

    name = "tokens"

    def __init__(self, newest: Newest) -> None:
        super().__init__(newest)
        self._tokenizer: Any = None
        self._vocabulary = ""

    @Slot(object, str)
    def use(self, tokenizer: object, vocabulary: str) -> None:
        """`vocabulary` is the fingerprint of the tokens that it makes."""
        self._tokenizer, self._vocabulary = tokenizer, vocabulary

    def _answer(self, request: Request) -> None:
        if not isinstance(request, Encode):
            raise TypeError(f"not a question for the tokenizer: {request}")
        if self._tokenizer is None:
            return
        checkpoint = self._checkpoint(request, "Tokenizing")
        ids = self._tokenizer.encode(request.text, checkpoint=checkpoint)
        self._reply(Encoded(request.number, read_only(ids), self._vocabulary))
