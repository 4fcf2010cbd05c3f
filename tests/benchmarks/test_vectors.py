"""Principal components and nearest points, exact, in a space of GPT-2's size."""

from functools import partial

from benchmarks import ours, peers, shapes
from benchmarks.report import REST, in_turns, time_of

NEAREST = 50
SIZE = f"{shapes.VOCABULARY:,} × {shapes.SMALL.width}"


def test_principal_components(benchmark, report):
    from sklearn.decomposition import PCA

    from vectarium.vectors.pca import COMPONENTS, principal_components

    vectors = shapes.embedding()

    def solver(name):
        return lambda: PCA(COMPONENTS, svd_solver=name, random_state=0).fit(vectors)

    compared = in_turns(
        benchmark,
        lambda: principal_components(vectors),
        {"full": solver("full"), "randomized": solver("randomized")},
        turns=5,
    )
    what = f"principal components of {SIZE}, exact"
    for name, least in (("full", 3), ("randomized", 1)):
        peer = f"scikit-learn {name} {time_of(compared.median_of(name))}"
        report.faster(what, time_of(compared.median), peer, compared.ratio(name), least)


def test_nearest_points(benchmark, report, contestants):
    ours_alone = contestants({"ours": ours.searcher}, NEAREST, as_app=True)["ours"]
    makers = {("faiss-cpu", threads): partial(peers.faiss, threads) for threads in peers.BY_THREADS}
    others = contestants(makers, NEAREST)
    for (peer, _), search in others.items():
        assert search() == ours_alone(), f"{peer} is exact too, so it finds the same points"
    compared = in_turns(benchmark, ours_alone, others, 30, REST)
    what, found = f"nearest {NEAREST} of {SIZE} by cosine, exact", time_of(compared.median)
    if not others:
        report.add(what, found)
        return
    best = min(others, key=compared.median_of)
    peer = f"faiss-cpu flat, {best[1]} thread{'s' * (best[1] > 1)}: {time_of(compared.median_of(best))}"
    report.faster(what, found, peer, compared.ratio(best), 1)
