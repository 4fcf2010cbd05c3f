"""Documents on disk: they come back as they were, and damaged or hostile ones change nothing."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectarium.documents.document import Branch, Document
from vectarium.documents.document_file import DocumentFileError, Saved, load, save
from vectarium.documents.step_json import NEW_IN_2, step_json
from vectarium.sampling import SamplingSettings, Step
from writing_steps import step_after, written


def same_step(first: Step | None, second: Step | None) -> bool:
    if first is None or second is None:
        return first is second
    return all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in Step.__dataclass_fields__
    )


def same(first: Document, second: Document) -> bool:
    return first.active == second.active and all(
        a.ids == b.ids and a.name == b.name and all(map(same_step, a.steps, b.steps))
        for a, b in zip(first.branches, second.branches, strict=True)
    )


@pytest.fixture
def document() -> Document:
    settings = SamplingSettings(temperature=1.3, top_k=20, top_p=0.9, repetition_penalty=1.2)
    document = Document().with_branch(written((1, 2, 3), 12, settings=settings))
    branch = document.branch
    document = document.with_branch(branch.cut(9).with_steps(*written((5,), 4, seed=2).steps[1:]))
    return document.rename(0, "the “first” one\n").choose(0)


def test_comes_back_as_it_was(tmp_path, document):
    save(tmp_path / "a.json", Saved(document, "text \udce2", 3, "a model", "f" * 64))
    back = load(tmp_path / "a.json")
    assert same(back.document, document)
    assert (back.text, back.selected, back.model, back.vocabulary) == ("text \udce2", 3, "a model", "f" * 64)


def test_what_branches_share_is_written_once(tmp_path, document):
    save(tmp_path / "a.json", Saved(document, "text"))
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["vectarium"] == 2
    assert content["branches"][1]["shares"] == [0, 9]
    assert len(content["branches"][1]["steps"]) == 4
    back = load(tmp_path / "a.json").document
    assert back.branches[0].steps[5] is back.branches[1].steps[5]


def test_a_step_can_show_its_distribution_without_the_model(tmp_path, document):
    save(tmp_path / "a.json", Saved(document, "text"))
    step = load(tmp_path / "a.json").document.branch.steps[-1]
    original = document.branch.steps[-1]
    assert np.array_equal(step.top_drawn, original.top_drawn)
    assert np.array_equal(step.top_probability, original.top_probability)
    assert step.tail_mass == original.tail_mass


def test_steps_of_version_1_are_read(tmp_path):
    at_one = step_after(7, 0.4)
    warm = step_after(7, 0.4, SamplingSettings(temperature=2.0))
    branch = Branch((7, at_one.token_id), (None, at_one))
    save(tmp_path / "a.json", Saved(Document().with_branch(branch), "text"))
    content = json.loads((tmp_path / "a.json").read_text()) | {"vectarium": 1}
    for step, at in ((at_one, 1.0), (warm, 2.0)):
        plain = {name: value for name, value in json.loads(step_json(step)).items() if name not in NEW_IN_2}
        del plain["settings"]["repetition_penalty"]
        content["branches"] = [{"ids": [7, step.token_id], "steps": [None, plain]}]
        (tmp_path / "a.json").write_text(json.dumps(content))
        back = load(tmp_path / "a.json").document.branch.steps[1]
        assert back.settings == SamplingSettings(temperature=at)
        assert (back.penalised, back.model_rank) == (step.logit, step.rank)
        assert np.array_equal(back.top_drawn, step.top_drawn)
        # At another temperature only the model knows how undecided it was at 1.
        assert back.model_entropy_bits == (step.entropy_bits if at == 1 else None)


@pytest.mark.parametrize(
    "change",
    [
        {"token_id": 1},
        {"rank": 400, "token_id": 2},
        {"kept_count": 0},
        {"removed_mass": 1.0},
        {"probability": -0.1},
        {"uniform": 1.0},
        {"vocabulary_size": 3},
        {"top_ids": []},
        {"top_logits": [1e300] * 100},
        {"top_penalised": list(range(100))},
        {"settings": {"temperature": "warm"}},
        {"settings": {"warmth": 1}},
        {"model_rank": "x"},
        {"log_normaliser": None},
    ],
)
def test_a_step_that_no_draw_gives_is_told(tmp_path, change):
    branch = written((1, 2), 1)
    save(tmp_path / "a.json", Saved(Document().with_branch(branch), "text"))
    content = json.loads((tmp_path / "a.json").read_text())
    content["branches"][0]["steps"][2] |= change
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(DocumentFileError, match=r"a\.json is damaged"):
        load(tmp_path / "a.json")


def test_a_file_without_names_and_shares_is_read(tmp_path):
    old = {"vectarium": 1, "model": "", "vocabulary": "", "text": "ab", "selected": None, "active": 1}
    old["branches"] = [{"ids": [1], "steps": [None]}, {"ids": [1, 2], "steps": [None, None]}]
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert load(tmp_path / "old.json").document.branch == Branch((1, 2), (None, None))


@pytest.mark.parametrize(
    "change",
    [
        {"branches": [{"ids": [1], "steps": []}]},
        {"branches": [{"ids": [1], "steps": [None], "shares": [0, 1]}]},
        {"branches": [{"ids": [1], "steps": [None]}, {"ids": [], "steps": [], "shares": [0, 2]}]},
        {"branches": [{"ids": [1], "steps": [None]}, {"ids": [], "steps": [], "shares": "ab"}]},
        {"branches": [{"ids": [1], "steps": [None], "name": 7}]},
        {"branches": [{"ids": [1], "steps": [{"token_id": 1}]}]},
        {"branches": [{"ids": [-1], "steps": [None]}]},
        {"branches": [{"ids": ["1"], "steps": [None]}]},
        {"branches": []},
        {"branches": 7},
        {"active": 9},
        {"selected": "x"},
        {"text": None},
    ],
)
def test_damage_is_told(tmp_path, document, change):
    save(tmp_path / "a.json", Saved(document, "text"))
    content = json.loads((tmp_path / "a.json").read_text())
    (tmp_path / "a.json").write_text(json.dumps(content | change))
    with pytest.raises(DocumentFileError, match=r"a\.json is damaged"):
        load(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not a Vectarium document"),
        ("[" * 100_000, "not a Vectarium document"),
        ("{}", "not a Vectarium document"),
        ('{"vectarium": 3}', "newer version"),
        ("__import__('os').abort()", "not a Vectarium document"),
    ],
)
def test_other_files_are_told_apart(tmp_path, content, says):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DocumentFileError, match=says):
        load(tmp_path / "a.json")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.data())
def test_a_cut_or_garbled_file_never_gives_half_a_document(tmp_path, document, data):
    save(tmp_path / "a.json", Saved(document, "text"))
    whole = (tmp_path / "a.json").read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    garbled = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + data.draw(st.integers(0, 3)) :]
    (tmp_path / "b.json").write_bytes(garbled)
    try:
        back = load(tmp_path / "b.json")
    except DocumentFileError:
        return
    assert all(len(branch.ids) == len(branch.steps) for branch in back.document.branches)
