"""The worker for vectors on the bundled word vectors and on a small real model."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from tiny_models import as_theirs
from vectarium import messages_vectors as m
from vectarium import resources
from vectarium.messages import Failed, Finished, Newest, Progress, Reply, Request
from vectarium.vectors.word_vectors import load_word_vectors
from vectarium.workers.vector_worker import VectorWorker


class Asker:
    """Asks a worker in this thread, and keeps its replies."""

    def __init__(self, cache: Path | None) -> None:
        self.newest = Newest()
        self.worker = VectorWorker(
            self.newest, resources.folder() / "word_vectors" / "word_vectors.npz", cache
        )
        self.replies: list[Reply] = []
        self.worker.replied.connect(self.replies.append)

    def __call__(self, kind: type[Request], **content: object) -> list[Reply]:
        self.replies.clear()
        self.worker.take(kind(self.newest.stamp(kind), **content))
        return [each for each in self.replies if not isinstance(each, Progress | Finished)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("components")


@pytest.fixture(scope="module")
def ask(qapp, cache) -> Asker:
    """Without a model."""
    return Asker(cache)


@pytest.fixture(scope="module")
def model(model_folder):
    from vectarium.model import loading

    return loading.load(str(model_folder), "cpu")


@pytest.fixture
def ask_model(qapp, cache, model) -> Asker:
    from vectarium.workers.embeddings import matrices

    asker = Asker(cache)
    asker.worker.use(matrices(model))
    return asker


def evaluate(ask: Asker, text: str, **content: object) -> m.Evaluated:
    (reply,) = ask(m.Evaluate, space="words", text=text, **content)
    assert isinstance(reply, m.Evaluated)
    return reply


def test_points_lie_where_scikit_learn_puts_them(ask):
    (opened,) = ask(m.OpenSpace, space="words")
    vectors = load_word_vectors(resources.folder() / "word_vectors" / "word_vectors.npz").vectors
    reference = PCA(10, svd_solver="full").fit(vectors.astype(np.float64))
    expected = reference.transform(vectors.astype(np.float64))
    signs = np.sign((expected * opened.coordinates).sum(axis=0))
    assert opened.coordinates * signs == pytest.approx(expected, abs=2e-4)
    assert [axis.share for axis in opened.axes] == pytest.approx(reference.explained_variance_ratio_)
    assert opened.axes[0].high[0] == opened.words[int(opened.coordinates[:, 0].argmax())]
    assert len(opened.labels) == len(opened.words) == len(opened.ids) > 60_000
    assert opened.ids_are == "rank"
    assert opened.ids[0] == 1


@pytest.mark.parametrize(
    ("text", "best"), [("king - man + woman", "queen"), ("italy - germany + hitler", "mussolini")]
)
def test_arithmetic_of_the_lectures(ask, text, best):
    evaluated = evaluate(ask, text, expected=best)
    assert evaluated.others.words[0] == best
    assert not any(evaluated.others.own)
    marked = {word for word, own in zip(evaluated.near.words, evaluated.near.own, strict=True) if own}
    assert marked
    assert marked <= {term.label for term in evaluated.terms}
    assert evaluated.expected.rank == 1
    assert evaluated.expected.cosine == pytest.approx(float(evaluated.others.cosines[0]), abs=1e-6)
    assert len(evaluated.near) == 200


def test_the_geometry_adds_up(ask):
    evaluated = evaluate(ask, "king - man + woman", expected="queen")
    (opened,) = ask(m.OpenSpace, space="words")
    king, man, woman = (opened.coordinates[opened.words.index(word)] for word in ("king", "man", "woman"))
    assert evaluated.tip == pytest.approx(king - man + woman, abs=1e-4)
    step, moved = evaluated.differences
    assert step.start == pytest.approx(man, abs=1e-5)
    assert step.end == pytest.approx(woman, abs=1e-5)
    assert moved.end - moved.start == pytest.approx(step.end - step.start, abs=1e-4)
    assert evaluated.chain[-1].end == pytest.approx(evaluated.tip, abs=1e-5)
    assert [term.weight for term in evaluated.terms] == [1, -1, 1]


def test_a_row_is_asked_for_by_the_expression_that_means_it(ask):
    (opened,) = ask(m.OpenSpace, space="words")
    row = opened.words.index("tower")
    (evaluated,) = ask(m.Evaluate, space="words", text="", row=row)
    assert evaluated.text == "tower"
    assert evaluated.terms[0].row == row
    assert evaluated.near.words[0] == "tower"


def test_errors_say_where_and_offer_near_words(ask):
    (problem,) = ask(m.Evaluate, space="words", text="king - womman")
    assert isinstance(problem, m.Problem)
    assert (problem.field, problem.start, problem.end) == ("expression", 7, 13)
    assert "woman" in problem.near
    (problem,) = ask(m.Evaluate, space="words", text="king - king")
    assert "zero" in problem.message


def test_an_unknown_expected_word_leaves_the_value(ask):
    evaluated, problem = ask(m.Evaluate, space="words", text="king", expected="quxxq")
    assert isinstance(evaluated, m.Evaluated)
    assert evaluated.expected is None
    assert problem.field == "expected"


def test_the_plural_direction_rises_from_one_to_ten(ask):
    words = "one two three four five six seven eight nine ten puppy puppies student students"
    (read,) = ask(m.ReadDirection, space="words", direction="cats - cat", words=words + " octopodes")
    dots = dict(zip(read.labels, read.dots.tolist(), strict=True))
    assert dots["one"] == pytest.approx(-2.4, abs=0.1)
    assert dots["ten"] == pytest.approx(2.3, abs=0.1)
    assert dots["puppies"] > dots["puppy"]
    assert dots["students"] > dots["student"]
    assert len(read.unknown) == 1
    assert "octopodes" in read.unknown[0]
    (read,) = ask(m.ReadDirection, space="words", direction="cats - cat", words="one qqa qqb qqc")
    assert read.unknown == ("Not in this space: qqa, qqb, qqc.",)


def test_a_matrix_of_dot_products_and_of_cosines(ask):
    vectors = load_word_vectors(resources.folder() / "word_vectors" / "word_vectors.npz")
    rows = np.stack([vectors.find(word).vector for word in ("king", "queen", "cat")]).astype(np.float64)
    (compared,) = ask(m.CompareWords, space="words", words="king, queen, cat", cosine=False)
    assert compared.values == pytest.approx(rows @ rows.T, rel=1e-5)
    (compared,) = ask(m.CompareWords, space="words", words="king, queen, cat", cosine=True)
    assert np.diag(compared.values) == pytest.approx([1, 1, 1], abs=1e-6)
    (problem,) = ask(m.CompareWords, space="words", words="king", cosine=True)
    assert problem.field == "words"


def test_angles_of_random_vectors_are_right(ask):
    (measured,) = ask(m.MeasureAngles, space="words")
    assert measured.counts.sum() == measured.random_counts.sum() == measured.pairs
    assert measured.random_mean == pytest.approx(90, abs=0.5)


def test_an_axis_of_ones_own_is_a_column_more(ask):
    (opened,) = ask(m.OpenSpace, space="words")
    (made,) = ask(m.MakeAxis, space="words", text="woman - man")
    assert made.axis.name == "woman - man"
    coordinates = dict(zip(opened.words, made.coordinates.tolist(), strict=True))
    assert coordinates["queen"] > coordinates["king"]
    (evaluated,) = ask(m.Evaluate, space="words", text="queen")
    assert evaluated.tip[-1] == pytest.approx(coordinates["queen"], abs=1e-5)
    (problem,) = ask(m.MakeAxis, space="words", text="woman -")
    assert problem.field == "axis"


def test_completion_gives_what_means_the_word(ask):
    (found,) = ask(m.Complete, space="words", typed="quee")
    assert "queen" in found.labels
    assert found.expressions[found.labels.index("queen")] == "queen"


def test_the_matrices_of_the_model_are_its_weights(ask_model, model):
    weights = model.network.transformer
    (opened,) = ask_model(m.OpenSpace, space="tokens")
    assert opened.ids_are == "id"
    assert opened.labels == model.vocabulary.labels
    (evaluated,) = ask_model(m.Evaluate, space="tokens", text="", row=17, measure="dot product")
    dots = (weights.wte.weight @ weights.wte.weight[17]).numpy()
    assert evaluated.near.dots[0] == pytest.approx(float(dots.max()), rel=1e-5)
    assert evaluated.near.rows[0] == dots.argmax()
    (opened,) = ask_model(m.OpenSpace, space="positions")
    assert opened.words == tuple(map(str, range(48)))


def test_a_word_of_several_tokens_is_their_mean(ask_model, model):
    ids = model.tokenizer.encode(" naïve cups").tolist()
    assert len(ids) > 1
    (evaluated,) = ask_model(m.Evaluate, space="tokens", text='" naïve cups"')
    assert evaluated.terms[0].composite
    mean = model.network.transformer.wte.weight[ids].mean(dim=0)
    assert evaluated.length == pytest.approx(float(mean.norm()), rel=1e-5)


def test_paths_are_the_residual_stream_of_transformers(ask_model, model):
    from vectarium.messages import read_only
    from vectarium.model import forward_pass
    from vectarium.workers.base import Checkpoint
    from vectarium.workers.embeddings import read_lens, read_streams

    ids = read_only(model.tokenizer.encode("The owner's cat sat on the mat"))
    trace = forward_pass.run(model, ids)
    request = m.ReadStreams(1, ids, len(ids) - 1, others=("a mat",))
    checkpoint = Checkpoint(ask_model.worker, request, "")
    checkpoint.check = lambda: None  # nothing newer can be asked here
    read, streams = read_streams(model, trace, 0, request, checkpoint)
    network = as_theirs(model.network)
    hidden = network(torch.tensor(ids[None].astype(np.int64)), output_hidden_states=True).hidden_states
    # transformers' last one is after the final norm, so the others are compared.
    for layer in range(model.layers):
        assert streams[0].residual[layer] == pytest.approx(hidden[layer][0].numpy(), abs=1e-4)
    lens = read_lens(model, trace, 0, m.ReadLens(2, ids, 3))
    logits = network.lm_head(hidden[-1][0, 3])
    assert lens.names[-1] == model.vocabulary.labels[int(logits.argmax())]

    ask_model.worker.use_streams(read.number, streams)
    (followed,) = ask_model(m.FollowPaths, space="context", read=read.number, layer=2)
    assert [places.shape[:2] for places in followed.places] == [
        (model.layers + 1, len(stream.words)) for stream in read.streams
    ]
    (evaluated,) = ask_model(m.Evaluate, space="context", text="", row=4, measure="dot product")
    vectors = np.concatenate([stream.residual[2] for stream in streams])
    assert evaluated.near.rows[0] == (vectors @ vectors[4]).argmax()
    assert evaluated.tip == pytest.approx(followed.places[0][2, 4], abs=1e-4)

    own = ((" mat - cat", 1), ("mat - cat", 1), ("new - up", 3), ("mat -", 0))
    (followed,) = ask_model(m.FollowPaths, space="context", read=read.number, layer=2, own=own)
    assert [axis.name for axis in followed.axes[10:]] == [
        "mat - cat at layer 1",
        "mat - cat at layer 1",
        "new - up of W_E",
    ]
    assert [(each.field, each.text) for each in followed.problems] == [("axis", "mat -")]
    # The last token of the first text is " mat", its fifth " cat".
    stream = streams[0].residual
    assert read.streams[0].words[-1] == " mat"
    direction = stream[1, -1] - stream[1, read.streams[0].words.index(" cat")]
    direction = direction / np.linalg.norm(direction)
    moved = followed.places[0][3, 2, 10] - followed.places[0][0, 2, 10]
    assert moved == pytest.approx(float((stream[3, 2] - stream[0, 2]) @ direction), abs=1e-4)


def test_completions_say_what_a_word_is_made_of_and_what_is_spelt_alike(ask, ask_model, model):
    ask_model(m.OpenSpace, space="tokens")
    (found,) = ask_model(m.Complete, space="tokens", typed="mat")
    assert found.labels[:2] == ("mat", "␣mat")
    assert found.expressions[:2] == ('"mat"', "mat")
    (folded,) = ask_model(m.Complete, space="tokens", typed="mat", folded=True)
    assert folded.labels[0] == "mat and 1 twin"
    (composite,) = ask_model(m.Complete, space="tokens", typed="matcat")
    assert composite.rows[-1] is None
    (value,) = ask_model(m.Evaluate, space="tokens", text=composite.expressions[-1])
    assert value.terms[0].composite
    (compared,) = ask_model(m.CompareWords, space="tokens", words="mat matcat", cosine=False)
    assert compared.composite == (False, True)
    (read,) = ask_model(m.ReadDirection, space="tokens", direction="mat - matcat", words="cat")
    assert read.direction == "mat - matcat*"
    (made,) = ask_model(m.MakeAxis, space="tokens", text="mat - matcat")
    assert made.axis.name == "mat - matcat*"
    (none,) = ask(m.Complete, space="words", typed="womann")
    assert (none.rows, none.alike) == ((), False)
    (alike,) = ask(m.Complete, space="words", typed="womann", alike=True)
    assert "woman" in alike.labels
    assert alike.alike


def test_another_model_leaves_nothing_of_the_last(ask_model, model):
    from vectarium.workers.embeddings import matrices

    ask_model(m.OpenSpace, space="tokens")
    ask_model(m.OpenSpace, space="words")
    ask_model.worker.use(matrices(model))
    assert set(ask_model.worker._opened) == {"words"}


def test_without_a_model_its_spaces_say_so(ask):
    (failed,) = ask(m.OpenSpace, space="tokens")
    assert isinstance(failed, Failed)
    assert "loaded" in failed.message
    (listed,) = ask(m.ListSpaces)
    assert [space.key for space in listed.spaces][:1] == ["words"]
    assert ("king - man + woman", "queen") in listed.expressions["words"]


def test_what_a_newer_question_supersedes_stops(ask_model):
    number = ask_model.newest.stamp(m.OpenSpace)
    ask_model.newest.stamp(m.OpenSpace)
    ask_model.replies.clear()
    ask_model.worker.take(m.OpenSpace(number, "tokens"))
    assert not ask_model.replies


def test_components_are_kept_on_disk(ask, cache):
    ask(m.OpenSpace, space="words")
    assert list(cache.glob("components-*.npz"))
