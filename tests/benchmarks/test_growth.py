"""How time grows with the prompt, the vocabulary and the model: numbers for the table, and a plot of them."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import ours, plot, shapes
from benchmarks.contestants import Contestant
from benchmarks.plot import Chart, Curve
from benchmarks.report import time_of
from benchmarks.test_cloud import our_cloud

PLOT = Path(__file__).parents[2] / "docs" / "growth.svg"
LENGTHS = (1, 4, 16, 64, 256, 1024)
POINTS = (1_000, 10_000, 60_000, 200_000, 400_000)
DIMENSIONS = 50  # of the word vectors
WRITTEN = 48


def median_seconds(run: Callable[[], object], turns: int = 5) -> float:
    run()
    taken = []
    for _ in range(turns):
        begun = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def prompt_chart(models) -> Chart:
    from vectarium.model import forward_pass

    curves = []
    for name, folder in models.items():
        model = ours.load(folder)
        points = []
        for length in LENGTHS:
            if length <= model.context:
                ids = shapes.tokens(length)
                run = lambda model=model, ids=ids: forward_pass.run(model, ids)  # noqa: E731
                points.append((length, median_seconds(run, 3)))
        curves.append(Curve(name, points))
    return Chart("Reading a prompt", "tokens", [(n, f"{n:,}") for n in LENGTHS], curves)


def vocabulary_chart(qtbot) -> Chart:
    from vectarium.vectors.neighbours import Nearness
    from vectarium.vectors.pca import principal_components
    from vectarium.vectors.spaces import Kind, make_space

    random = np.random.default_rng(0)
    frames, searches, components = [], [], []
    for count in POINTS:
        vectors = random.standard_normal((count, DIMENSIONS), dtype=np.float32)
        space = make_space("words", Kind.WORDS, [f"w{row}" for row in range(count)], vectors)
        query = vectors[0] + vectors[1]
        frames.append((count, median_seconds(our_cloud(vectors[:, :3].copy(), qtbot), 15)))
        searches.append(
            (count, median_seconds(lambda space=space, q=query: Nearness(space, q).nearest(50), 15))
        )
        components.append((count, median_seconds(lambda v=vectors: principal_components(v), 3)))
    curves = [
        Curve("a frame of the cloud, 1200 × 800", frames),
        Curve("the nearest 50, exact", searches),
        Curve("principal components, exact", components),
    ]
    ticks = [(1_000, "1,000"), (10_000, "10,000"), (60_000, "60,000"), (400_000, "400,000")]
    return Chart("The space of words", f"points in {DIMENSIONS} dimensions", ticks, curves)


def model_chart(models) -> tuple[Chart, dict[str, float]]:
    """The chart, and the seconds of a token by the shape's name; those of the two largest extrapolated."""
    written, read = [], []
    for folder in models.values():
        size, seconds = ours.load(folder).parameters, {}
        for count in (1, 1 + WRITTEN):
            make = partial(ours.writer_in, folder, "float32")
            contestant = Contestant(make, shapes.tokens(64), count, as_app=True)
            seconds[count] = median_seconds(contestant, 3)
            contestant.close()
        written.append((size, (seconds[1 + WRITTEN] - seconds[1]) / WRITTEN))
        read.append((size, seconds[1]))
    # A token needs every weight once: its time is proportional to them where they outgrow the caches.
    larger = (shapes.LARGE, shapes.XL)
    measured = len(written)
    for points in (written, read):
        (size, seconds) = points[-1]
        points += [(shape.parameters, seconds * shape.parameters / size) for shape in larger]
    names = [*models, *(shape.name for shape in larger)]
    labels = ("3.5 M", "124 M", "355 M", "", "1.6 B")  # the fourth has no room
    ticks = [(size, label) for (size, _), label in zip(written, labels, strict=True)]
    curves = [Curve("one token, everything captured", written, measured)]
    curves.append(Curve("a prompt of 64 tokens and one token", read, measured))
    chart = Chart("The model (dashed: extrapolated)", "parameters", ticks, curves)
    return chart, {name: seconds for name, (_, seconds) in zip(names, written, strict=True)}


def test_growth(small, models, report, qtbot):
    medium = shapes.save(models / "gpt2-355m", shapes.MEDIUM)
    shapes_on_disk = {"Storyteller": shapes.STORYTELLER, "GPT-2 124M": small, "GPT-2 355M": medium}
    prompts, vocabulary = prompt_chart(shapes_on_disk), vocabulary_chart(qtbot)
    sizes, tokens = model_chart(shapes_on_disk)
    plot.write(PLOT, [prompts, vocabulary, sizes])
    for curve in prompts.curves:
        length, seconds = curve.points[-1]
        report.add(f"growth: {curve.name} reads {length:,} tokens", time_of(seconds))
    for curve in vocabulary.curves:
        report.add(f"growth: {POINTS[-1]:,} points, {curve.name}", time_of(curve.points[-1][1]))
    shapes_by_name = {each.name: each for each in (shapes.SMALL, shapes.MEDIUM, shapes.LARGE, shapes.XL)}
    for name, seconds in tokens.items():
        guessed = " (extrapolated)" if name in (shapes.LARGE.name, shapes.XL.name) else ""
        what = f"growth: {name}, one token, everything captured"
        if name in shapes_by_name:
            what += f"; {sum(shapes_by_name[name].gigabytes):.1f} GB in fp32, computed"
        report.add(what, time_of(seconds) + guessed)
