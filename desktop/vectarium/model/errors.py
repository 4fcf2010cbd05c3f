"""What can go wrong with a model, in words for the person at the screen."""

from __future__ import annotations


class Cancelled(Exception):
    """The work was stopped because its ``cancelled`` said so."""


class ModelError(Exception):
    """A model that cannot be used: ``message`` says what is wrong, ``advice`` what to do.

    ``details`` is for those who want to know more, and may be empty.
    """

    def __init__(self, message: str, advice: str, details: str = "") -> None:
        super().__init__(f"{message} {advice}")
        self.message = message
        self.advice = advice
        self.details = details


class ModelNotFound(ModelError):
    """No folder and no model on the hub has this name, or it is private."""


class Offline(ModelError):
    """The hub cannot be reached, or the network is switched off."""


class HubFailed(ModelError):
    """The hub answered with an error."""


class NotGPT2(ModelError):
    """The configuration is of another architecture, which ``architecture`` names."""

    def __init__(self, message: str, advice: str, architecture: str) -> None:
        super().__init__(message, advice)
        self.architecture = architecture


class BadConfig(ModelError):
    """The configuration cannot be read, or its numbers make no model."""


class MissingFile(ModelError):
    """A file that the model needs is not there."""


class TruncatedFile(ModelError):
    """A weight file is cut short or damaged."""


class WrongShapes(ModelError):
    """The weights do not fit the configuration."""


class PickleOnly(ModelError):
    """The weights exist only as a pickle, which could run code."""


class BrokenWeights(ModelError):
    """The weights lead to numbers that are none."""


class NoTokenizer(ModelError):
    """There is no byte-level BPE tokenizer, or it does not fit the model."""


class NoSpace(ModelError):
    """The disk is full, or nothing can be written to the cache."""


class OutOfMemory(ModelError):
    """The model does not fit into memory."""


class NoDevice(ModelError):
    """This computer has no such device."""


class NeedsDownload(ModelError):
    """A name on the hub that is not on this computer yet, and nobody agreed to download it."""


class NoModel(ModelError):
    """Nothing can be computed before a model is there."""

    def __init__(self) -> None:
        super().__init__("There is no model to ask.", "Your text is safe. Choose a model in the Model menu.")


class OtherModel(ModelError):
    """The question came too late for the model that it was asked of."""

    def __init__(self) -> None:
        super().__init__("Another model was opened in the meantime.", "Try again.")
