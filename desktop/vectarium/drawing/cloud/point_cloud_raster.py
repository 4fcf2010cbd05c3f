"""Draws the points of a cloud into an image, every one of them, the nearer over the farther.

60,000 points at 1200 × 800 take 2 ms of one core, 400,000 take 19 ms; Mesa’s software OpenGL took 26 ms at
best for the same 60,000, and 10 ms beside that to put the window together. So the cloud needs no OpenGL.
"""

import numpy as np
import numpy.typing as npt

from vectarium.drawing.cloud.point_cloud_camera import START_DISTANCE, Projected

Pixels = npt.NDArray[np.uint32]
SHADES = 256


def shades(far: tuple[int, int, int], near: tuple[int, int, int]) -> Pixels:
    """Colours (red, green, blue) from far to near as 0xffrrggbb, [shade]."""
    steps = np.linspace(0, 1, SHADES)[:, None]
    channels = np.round(np.array(far) * (1 - steps) + np.array(near) * steps).astype(np.uint32)
    red, green, blue = channels.T
    return np.asarray(np.uint32(0xFF000000) | red << 16 | green << 8 | blue, np.uint32)


def draw(
    image: Pixels,
    projected: Projected,
    colors: Pixels,
    background: int,
    *,
    ratio: float,
    distance: float,
    size: int,
) -> None:
    """Fill `image` [y, x] and put a square of `size` pixels for every point that is in view.

    `projected` is in logical pixels, `ratio` of which make one pixel of the image; `distance` is that of the
    camera, which decides with the depth how a point is shaded by `colors` [shade].
    """
    height, width = image.shape
    image.fill(background)
    column, row = (_whole(axis, ratio, size) for axis in (projected.x, projected.y))
    # Read without a sign, what is negative is larger than any edge.
    seen = column.view(np.uint32) < width - size
    seen &= row.view(np.uint32) < height - size
    row *= width
    row += column
    place = row[seen]
    # Fog: what is as deep as the target is in the middle of the shades, half the cloud nearer is in front.
    nearer = np.float32(distance) - projected.depth[seen]
    nearer *= np.float32(SHADES / 2 / min(1.4, 0.4 * START_DISTANCE))
    nearer += np.float32(SHADES / 2)
    shade = np.clip(nearer, 0, SHADES - 1, out=nearer).astype(np.uint8)
    order = np.argsort(shade, kind="stable")  # of bytes: a radix sort, in linear time
    place, color = place[order].astype(np.intp), colors[shade[order]]
    flat = image.reshape(-1)
    for down in range(size):
        for right in range(size):
            flat[down * width + right :][place] = color


def _whole(logical: npt.NDArray[np.float32], ratio: float, size: int) -> npt.NDArray[np.int32]:
    """The first pixel of squares around places on one axis, rounded down; negative for those behind."""
    first = logical * np.float32(ratio)
    first += np.float32(1 - (size - 1) / 2)
    with np.errstate(invalid="ignore"):  # one more, or what is just outside would be rounded up to the edge
        pixel = first.astype(np.int32)
    pixel -= 1
    return pixel
