"""A chat as the one text that a model continues: a system prompt, then turns with the names of who speaks."""

import re
from dataclasses import dataclass

USER, ASSISTANT = "User:", "AI Assistant:"
STOP = f"\n{USER}"
SYSTEM_PROMPT = (
    "What follows is a conversation between a user and a helpful, very knowledgeable AI assistant."
)

_NAMES = re.compile(rf"^({re.escape(USER)}|{re.escape(ASSISTANT)})", re.MULTILINE)


@dataclass(frozen=True)
class Turn:
    """Who speaks (`USER` or `ASSISTANT`), where the name stands and where the turn ends, in characters."""

    who: str
    start: int
    end: int

    @property
    def name(self) -> tuple[int, int]:
        return self.start, self.start + len(self.who)


def turns(text: str) -> tuple[Turn, ...]:
    """The turns of a chat; none in a text that is no chat."""
    found = list(_NAMES.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return tuple(Turn(match[0], match.start(), end) for match, end in zip(found, ends, strict=False))


def system_prompt(text: str) -> str:
    """What stands before the first turn."""
    said = turns(text)
    return text[: said[0].start].rstrip("\n") if said else ""


def problem_of(prompt: str) -> str:
    """Why a text cannot be the system prompt, in a sentence; empty if it can."""
    found = _NAMES.search(prompt)
    if found is None:
        return ""
    return (
        f"A line of the system prompt begins with “{found[0]}”, and the model would take it for a turn: "
        "put another word before it. The chat goes on with the prompt as it was."
    )


def with_system_prompt(text: str, prompt: str) -> str:
    """The chat with another system prompt."""
    said = turns(text)
    return f"{prompt}\n\n{text[said[0].start :]}" if said else text


def with_message(text: str, prompt: str, message: str) -> str:
    """The text after the user said `message`, up to where the assistant answers.

    In the place of a text that is no chat, one begins with the system prompt `prompt`.
    """
    said = turns(text)
    message = message.strip()
    if not said:
        return f"{prompt}\n\n{USER} {message}\n{ASSISTANT}"
    last = said[-1]
    if last.who == USER and not text[last.name[1] :].strip():
        return f"{text[: last.name[1]]} {message}\n{ASSISTANT}"
    return f"{text.rstrip()}\n{USER} {message}\n{ASSISTANT}"
