"""Where a cloud of points is seen from, and where its points fall on the screen. No Qt."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Point = tuple[float, float, float]

FIELD_OF_VIEW = math.radians(36)  # from top to bottom
START_DISTANCE = 3.6
NEAREST, FARTHEST = 0.02, 40.0
NEAR_PLANE = 0.002

# Where most points are: a view that shows none of it says little of where in the cloud it is.
_MIDDLE = np.array([[x, y, z] for x in (-0.2, 0.2) for y in (-0.2, 0.2) for z in (-0.2, 0.2)], np.float32).T


@dataclass(frozen=True, eq=False)
class Projected:
    """Where points fall on the screen, in pixels from the left and the top; NaN for what is behind."""

    x: Floats  # [point]
    y: Floats  # [point]
    depth: Floats  # [point] distance in front of the viewer


@dataclass(frozen=True)
class Camera:
    """Turns around `target`. At yaw and pitch 0 the axes point right, up and towards the viewer."""

    yaw: float = -0.5
    pitch: float = 0.3
    distance: float = START_DISTANCE
    target: Point = (0.0, 0.0, 0.0)

    def rotation(self) -> Doubles:
        """From the world's axes to right, up and towards the viewer, [3, 3]."""
        cy, sy, cp, sp = math.cos(self.yaw), math.sin(self.yaw), math.cos(self.pitch), math.sin(self.pitch)
        return np.array([[cy, 0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy]])

    def project(self, points: Floats, width: float, height: float) -> Projected:
        """`points` [3, point] on a screen of that size."""
        rotation = self.rotation().astype(np.float32)
        offset = (-self.rotation() @ np.array(self.target)).astype(np.float32)
        # Products and sums in place: a matrix product of this shape is slower, and wakes BLAS's threads.
        turned, product = np.empty_like(points), np.empty(points.shape[1], np.float32)
        for axis, row, shift in zip(turned, rotation, offset, strict=True):
            np.multiply(points[0], row[0], out=axis)
            axis += np.multiply(points[1], row[1], out=product)
            axis += np.multiply(points[2], row[2], out=product)
            axis += shift
        x, y, depth = turned
        np.subtract(np.float32(self.distance), depth, out=depth)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.divide(np.float32(self._focus(height)), depth, out=product)
            scale[depth <= NEAR_PLANE] = np.nan
            x *= scale
            y *= scale
        x += np.float32(width / 2)
        np.subtract(np.float32(height / 2), y, out=y)
        return Projected(x, y, depth)

    def pixels_per_unit(self, height: float) -> float:
        """How long one unit at the target is on the screen."""
        return self._focus(height) / self.distance

    def orbited(self, right: float, down: float) -> "Camera":
        """After dragging by so many pixels at 100 %."""
        pitch = min(math.pi / 2, max(-math.pi / 2, self.pitch + 0.008 * down))
        return replace(self, yaw=(self.yaw + 0.008 * right) % (2 * math.pi), pitch=pitch)

    def panned(self, right: float, down: float, height: float) -> "Camera":
        """After dragging everything by so many pixels of a screen of that height."""
        return self._moved(np.array([-right, down, 0.0]) / self.pixels_per_unit(height))

    def zoomed(self, factor: float, x: float, y: float, width: float, height: float) -> "Camera":
        """`factor` times as far away; what lies at the target's depth under the cursor stays there."""
        distance = min(FARTHEST, max(NEAREST, self.distance * factor))
        factor = distance / self.distance
        offset = np.array([x - width / 2, height / 2 - y, 0.0]) / self.pixels_per_unit(height)
        return replace(self._moved(offset * (1 - factor)), distance=distance)

    def looking_along(self, axis: int) -> "Camera":
        """The view in which the axis 0, 1 or 2 points at the viewer."""
        yaw, pitch = ((-math.pi / 2, 0.0), (0.0, math.pi / 2), (0.0, 0.0))[axis]
        return replace(self, yaw=yaw, pitch=pitch, target=(0.0, 0.0, 0.0))

    def centred(self, point: npt.NDArray[np.floating]) -> "Camera":
        x, y, z = (float(each) for each in point)
        return replace(self, target=(x, y, z))

    def framing(self, points: Floats, width: float, height: float, share: float = 0.85) -> "Camera":
        """The same direction, so that `points` [3, point] fill that share of a screen, but not too close."""
        points = np.concatenate([points, _MIDDLE], axis=1)
        low, high = (turned := self.rotation() @ points).min(axis=1), turned.max(axis=1)
        middle = self.rotation().T @ ((low + high) / 2)
        across, up, deep = high - low
        needed = max(up, across * height / max(width, 1.0)) / share
        distance = max(1.1, needed / (2 * math.tan(FIELD_OF_VIEW / 2)) + deep / 2)
        return replace(self.centred(middle), distance=min(2 * START_DISTANCE, distance))

    def towards(self, other: "Camera", share: float) -> "Camera":
        """On the way from here to `other`, which has the same direction."""
        target = np.array(self.target) * (1 - share) + np.array(other.target) * share
        distance = self.distance ** (1 - share) * other.distance**share
        return replace(self.centred(target), distance=distance)

    def _focus(self, height: float) -> float:
        return height / (2 * math.tan(FIELD_OF_VIEW / 2))

    def _moved(self, offset: Doubles) -> "Camera":
        """The target moved by `offset`, which is to the right, up and towards the viewer."""
        return self.centred(np.array(self.target) + self.rotation().T @ offset)


def pick(projected: Projected, x: float, y: float, reach: float, among: Rows | None = None) -> int | None:
    """The point nearest to the pixel (x, y), at most `reach` away; of several at one place the foremost."""
    across, down, depth = projected.x, projected.y, projected.depth
    if among is not None:
        across, down, depth = across[among], down[among], depth[among]
    apart = (across - np.float32(x)) ** 2 + (down - np.float32(y)) ** 2
    with np.errstate(invalid="ignore"):
        close = np.flatnonzero(apart <= reach**2)
    if not close.size:
        return None
    best = int(close[np.lexsort((depth[close], np.round(apart[close], 2)))[0]])
    return best if among is None else int(among[best])
