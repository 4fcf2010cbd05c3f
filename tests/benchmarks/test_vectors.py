"""Principal components and nearest points, exact, in a space of GPT-2's size."""

from benchmarks.report import in_turns, time_of

POINTS, WIDTH, NEAREST = 50_257, 768, 50


def _vectors():
    import numpy as np

    random = np.random.default_rng(0)
    # Variances that fall, as those of a trained embedding do: on pure noise randomized solvers do worse.
    spectrum = np.geomspace(1, 0.05, WIDTH).astype(np.float32)
    return random.standard_normal((POINTS, WIDTH), dtype=np.float32) * spectrum


def test_principal_components(benchmark, report):
    from sklearn.decomposition import PCA

    from vectarium.vectors.pca import COMPONENTS, principal_components

    vectors = _vectors()

    def solver(name):
        return lambda: PCA(COMPONENTS, svd_solver=name, random_state=0).fit(vectors)

    compared = in_turns(
        benchmark,
        lambda: principal_components(vectors),
        {"full": solver("full"), "randomized": solver("randomized")},
        turns=5,
    )
    what = f"principal components of {POINTS:,} × {WIDTH}, exact"
    for name, least in (("full", 3), ("randomized", 1)):
        peer = f"scikit-learn {name} {time_of(compared.median_of(name))}"
        report.faster(what, time_of(compared.median), peer, compared.ratio(name), least)


def test_nearest_points(benchmark, report):
    import numpy as np

    from vectarium.vectors.neighbours import Nearness
    from vectarium.vectors.spaces import Kind, make_space

    vectors = _vectors()
    space = make_space("tokens", Kind.TOKENS, [f"w{row}" for row in range(POINTS)], vectors)
    query = vectors[3] + vectors[5]
    what = f"nearest {NEAREST} of {POINTS:,} × {WIDTH} by cosine, exact"
    try:
        import faiss
    except ImportError as error:
        report.missing("faiss-cpu", error)
        compared = in_turns(benchmark, lambda: Nearness(space, query).nearest(NEAREST), {}, turns=30)
        report.add(what, time_of(compared.median))
        return
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    index = faiss.IndexFlatIP(WIDTH)
    index.add(vectors / lengths)
    unit = (query / np.linalg.norm(query))[None]
    same = index.search(unit, NEAREST)[1][0].tolist() == Nearness(space, query).nearest(NEAREST).rows.tolist()
    assert same, "both are exact, so they find the same points"
    compared = in_turns(
        benchmark,
        lambda: Nearness(space, query).nearest(NEAREST),
        {"faiss": lambda: index.search(unit, NEAREST)},
        turns=100,
    )
    peer = f"faiss-cpu flat {time_of(compared.median_of('faiss'))}"
    report.faster(what, time_of(compared.median), peer, compared.ratio("faiss"), 1)
