"""Writing on with everything captured, against the tools that keep nothing but the text."""

import pytest

from benchmarks import ours, peers, shapes
from benchmarks.report import in_turns

PROMPT, WRITTEN = 64, 48
TURNS = 6


def peers_of(folder, models, report):
    """Each peer with as many threads as ours, and with all cores: the faster one counts."""
    makers = {
        "transformers fp32": lambda threads: peers.transformers(folder, threads),
        "CTranslate2 fp32": lambda threads: peers.ctranslate2(folder, threads, models / "ctranslate2"),
        "llama.cpp f32": lambda threads: peers.llama_cpp(folder, threads, models / "f32.gguf", "f32"),
        "llama.cpp f16": lambda threads: peers.llama_cpp(folder, threads, models / "f16.gguf", "f16"),
    }
    found = {}
    for name, make in makers.items():
        for threads in sorted({max(1, peers.CORES - 1), peers.CORES}):
            try:
                found[name, threads] = make(threads)
            except (ImportError, OSError) as error:  # not installed, or not for this processor
                report.missing(name, error)
                break
    return found


@pytest.mark.parametrize("what", ["124M"])
def test_writing(what, small, models, benchmark, report):
    found = peers_of(small, models, report)
    model = ours.load(small)
    own = ours.writer(model)
    prompt = shapes.tokens(PROMPT)
    expected = own(prompt, WRITTEN)
    for (name, _), write in found.items():
        same = sum(a == b for a, b in zip(write(prompt, WRITTEN), expected, strict=True))
        assert same > WRITTEN // 2 or "16" in name, f"{name} writes another text"
    runs = {key: (lambda write=write: write(prompt, WRITTEN)) for key, write in found.items()}
    compared = in_turns(benchmark, lambda: own(prompt, WRITTEN), runs, TURNS)
    for name in dict.fromkeys(name for name, _ in found):
        threads = min((key for key in found if key[0] == name), key=compared.median_of)[1]
        least = 3 if "transformers" in name else 1
        speed = f"{WRITTEN / compared.median_of((name, threads)):.1f} tokens/s"
        peer = f"{name}, {threads} thread{'s' * (threads > 1)}: {speed}"
        mine = f"{WRITTEN / compared.median:.1f} tokens/s"
        report.faster(
            f"124M, {WRITTEN} tokens after {PROMPT}, everything captured",
            mine,
            peer,
            compared.ratio((name, threads)),
            least,
        )
