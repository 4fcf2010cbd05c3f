"""A chat is one text: what is said is put where the document has a place for it."""

from hypothesis import given
from hypothesis import strategies as st

from vectarium.documents import chat


def test_a_first_message_begins_a_chat_with_the_system_prompt():
    text = chat.with_message("Once upon a time", "Be kind.", " Hello! ")
    assert text == "Be kind.\n\nUser: Hello!\nAI Assistant:"
    assert chat.system_prompt(text) == "Be kind."


def test_the_next_message_follows_the_answer_or_the_name_that_the_model_wrote():
    answered = "Be kind.\n\nUser: Hello!\nAI Assistant: Hi."
    expected = answered + "\nUser: Why?\nAI Assistant:"
    assert chat.with_message(answered, "", "Why?") == expected
    assert chat.with_message(answered + chat.STOP, "", "Why?") == expected


def test_turns_lie_where_they_are_said():
    text = "S\n\nUser: a\nAI Assistant: b: User: c\nUser: d"
    turns = chat.turns(text)
    assert [text[turn.start : turn.end] for turn in turns] == [
        "User: a\n",
        "AI Assistant: b: User: c\n",
        "User: d",
    ]
    assert [text[slice(*turn.name)] for turn in turns] == [chat.USER, chat.ASSISTANT, chat.USER]


def test_a_text_without_turns_is_no_chat():
    assert chat.turns("") == chat.turns("My User: x") == ()
    assert chat.with_system_prompt("story", "p") == "story"


@given(
    st.text(alphabet="ab \n:", max_size=30), st.lists(st.text(alphabet="ab ?", min_size=1).filter(str.strip))
)
def test_every_message_is_the_users_and_the_prompt_can_be_changed(prompt, messages):
    text = ""
    for message in messages:
        text = chat.with_message(text, prompt, message) + " ok"
    said = [text[t.name[1] : t.end].strip() for t in chat.turns(text) if t.who == chat.USER]
    assert said == [message.strip() for message in messages]
    if messages:
        changed = chat.with_system_prompt(text, "Another.")
        assert chat.system_prompt(changed) == "Another."
        assert [t.who for t in chat.turns(changed)] == [t.who for t in chat.turns(text)]


@given(
    st.text(alphabet="aU:\n ", max_size=30) | st.sampled_from(["User: a", "x\nAI Assistant: b", "a User: b"])
)
def test_a_prompt_is_refused_exactly_where_it_would_become_a_turn(prompt):
    prompt = prompt.strip()
    text = chat.with_message("", prompt, "Hello")
    kept = chat.system_prompt(text) == prompt and len(chat.turns(text)) == 2
    assert kept == (chat.problem_of(prompt) == "")
