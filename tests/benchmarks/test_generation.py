"""Reading and writing on with everything captured, against the tools that keep nothing but the text."""

import statistics
from functools import partial

import pytest

from benchmarks import ours, peers, shapes
from benchmarks.report import REST, in_turns, time_of

PROMPT, WRITTEN = 64, 48
GUESSING = ", guessing ahead"
TURNS = {"124M": 5, "Storyteller": 27}  # of which one takes a second, and a twentieth
STARTS = {"124M": 1, "Storyteller": 3}  # of each contestant, so that no one process decides
LEAST = {"transformers fp32": 3}  # times as fast; as fast as the others
PEERS = {  # of each form of our weights, those at the same precision, and the one that everybody uses
    "float32": ("transformers fp32", "CTranslate2 fp32", "llama.cpp f32"),
    "float16": ("transformers fp32", "llama.cpp f16"),
}
MODELS = ("124M", "Storyteller")


def peers_in(folder, place):
    """How each peer is made."""
    makers = {
        "transformers fp32": lambda threads: partial(peers.transformers, folder, threads),
        "CTranslate2 fp32": lambda threads: partial(
            peers.ctranslate2, folder, threads, place / "ctranslate2"
        ),
        "llama.cpp f32": lambda threads: partial(peers.llama_cpp, folder, threads, place / "f32.gguf", "f32"),
        "llama.cpp f16": lambda threads: partial(peers.llama_cpp, folder, threads, place / "f16.gguf", "f16"),
    }
    return {(name, threads): make(threads) for name, make in makers.items() for threads in peers.BY_THREADS}


@pytest.mark.parametrize("name", MODELS)
def test_writing(name, small, tmp_path, benchmark, report, contestants):
    folder = small if name == "124M" else shapes.STORYTELLER
    model, task = ours.load(folder), (shapes.tokens(PROMPT), WRITTEN)
    writers = {}
    for form, ready in ours.forms(model).items():
        writers[form] = partial(ours.writer_in, folder, form)
        guesser = ours.guesser(model, ready)
        if guesser is None:
            report.note(f"{name}, {form}: guessing ahead does not pay off here, as measured at this moment.")
            continue
        ours.writer(model, ready, guesser)(*task)
        report.note(f"{name}, {form}: of the tokens guessed ahead {guesser.share_right:.0%} were right.")
        writers[form + GUESSING] = partial(ours.writer_in, folder, form, guesser.draft.costs)
    writers = contestants(writers, *task, as_app=True)
    others = contestants(peers_in(folder, tmp_path), *task)
    expected = writers["float32"]()
    for (peer, _), write in others.items():
        same = sum(a == b for a, b in zip(write(), expected, strict=False))
        assert same > WRITTEN // 2 or "f16" in peer, f"{peer} writes another text"
    last = list(writers)[-1]
    runs = {**others, **{form: write for form, write in writers.items() if form != last}}
    compared = in_turns(benchmark, writers[last], runs, TURNS[name], REST, STARTS[name])
    seconds = {**compared.peers, last: compared.ours}  # [turn] of every one
    report.note(
        f"{name}: where speed is preferred, this machine's own measurement chooses {ours.choice(model)}."
    )
    fastest = min(writers, key=lambda form: statistics.median(seconds[form]))
    for form in writers:
        for peer in PEERS[form.removesuffix(GUESSING)]:
            keys = [key for key in others if key[0] == peer]
            if keys:
                best = min(keys, key=compared.median_of)
                # Three times as fast is wanted of the fastest way, whatever its precision.
                least = LEAST.get(peer, 1) if form == fastest or peer not in LEAST else None
                report.faster(
                    f"{name}, {WRITTEN} tokens after {PROMPT}, everything captured, weights {form}",
                    _speed(statistics.median(seconds[form])),
                    f"{peer}, {best[1]} thread{'s' * (best[1] > 1)}: {_speed(compared.median_of(best))}",
                    compared.ratio(best, seconds[form]),
                    least,
                )


def _speed(seconds: float) -> str:
    return f"{WRITTEN / seconds:.1f} tokens/s"


@pytest.mark.parametrize("count", [64, 1024])
def test_reading(count, small, benchmark, report):
    from vectarium.model import forward_pass, threads

    theirs, model = peers.reader(small), ours.load(small)
    prompt, form = shapes.tokens(count), ours.forms(model)["float32"]

    def read() -> None:
        threads.take_all()  # the peer sets its own number
        trace = forward_pass.run(model, prompt, one_token=form)
        forward_pass.logits(model, trace, count - 1, form)

    compared = in_turns(benchmark, read, {"peer": lambda: theirs(prompt)}, 9 if count < 100 else 5)
    report.faster(
        f"124M, reading {count:,} tokens, residual stream, keys and values kept",
        time_of(compared.median),
        f"transformers fp32, keys and values kept {time_of(compared.median_of('peer'))}",
        compared.ratio("peer"),
    )
