"""Centre lines of the gaps between obstacles: ridges of a labelled Voronoi diagram.

Every obstacle boundary is sampled; an edge of the Voronoi diagram between samples of two different
obstacles is a piece of the centre line of their gap. The diagram is taken from its dual, the
Delaunay triangulation, whose arrays need no per-edge Python objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Delaunay

if TYPE_CHECKING:
    from skeleton.inputs import Geometries

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BOUNDARY_TOLERANCE_M = 0.3  # boundary simplification before sampling
FRAME_MARGIN_M = 3_000.0  # frame points keep every circumcentre of interest inside the hull
POCKET_MIN_DEPTH_M = 35.0  # detour along the boundary that makes an indentation a street
POCKET_WIDTH_M = (4.0, 45.0)  # narrower is a survey seam, wider is a yard


@dataclass(frozen=True)
class Samples:
    """Points on obstacle boundaries.

    ``before`` and ``after`` are the neighbours along the ring, ``arc`` the position along the ring
    and ``perimeter`` its length, all in metres (EPSG:25833).
    """

    xy: Floats
    label: Ints
    ring: Ints
    arc: Floats
    perimeter: Floats
    before: Floats
    after: Floats


@dataclass(frozen=True)
class Ridges:
    """Voronoi edges between two samples.

    ``ends`` (n, 2, 2) are the coordinates of both ends in metres, ``first`` and ``second`` the
    sample numbers on either side.
    """

    samples: Samples
    ends: Floats
    first: Ints
    second: Ints

    @property
    def middle(self) -> Floats:
        """Middle of each ridge, (n, 2) in metres."""
        return (self.ends[:, 0] + self.ends[:, 1]) / 2

    @property
    def labels(self) -> Ints:
        """Obstacle labels on both sides, (n, 2)."""
        return np.stack([self.samples.label[self.first], self.samples.label[self.second]], axis=1)

    def select(self, mask: npt.NDArray[np.bool_]) -> Ridges:
        """Return the ridges chosen by a mask."""
        return Ridges(self.samples, self.ends[mask], self.first[mask], self.second[mask])

    def clearance(self) -> Floats:
        """Return the distance from the middle of each ridge to the nearer obstacle, metres.

        The boundary next to a sample consists of the two pieces that meet there. The distance is
        zero inside an obstacle: where two obstacles touch, their samples alternate and ridges run
        into both.
        """
        middle = self.middle
        distance = np.full(len(middle), np.inf)
        for side in (self.first, self.second):
            distance = np.minimum(distance, self._distance_outside(middle, side))
        return distance

    def _distance_outside(self, middle: Floats, side: Ints) -> Floats:
        """Return the distance to the obstacle of one side, zero inside it (it lies to the left)."""
        samples = self.samples
        here, before, after = samples.xy[side], samples.before[side], samples.after[side]
        to_before, to_after = _to_segment(middle, before, here), _to_segment(middle, here, after)
        left_before, left_after = _left_of(middle, before, here), _left_of(middle, here, after)
        # At a corner both pieces are equally near: the one seen at the larger angle decides.
        tie = np.isclose(to_before, to_after, rtol=0, atol=1e-6)
        use_before = np.where(tie, np.abs(left_before) > np.abs(left_after), to_before < to_after)
        inside = np.where(use_before, left_before, left_after) > 0
        return np.where(inside, 0.0, np.minimum(to_before, to_after))


def sample_boundaries(geometries: Geometries, first_label: int, step_m: float) -> Samples:
    """Sample the boundary of every polygon at most every ``step_m`` metres.

    Rings run with the polygon on their left.
    """
    simple = shapely.orient_polygons(shapely.simplify(geometries, BOUNDARY_TOLERANCE_M))
    outlines = shapely.boundary(simple)
    rings, owner = shapely.get_parts(outlines, return_index=True)
    xy, ring = shapely.get_coordinates(shapely.segmentize(rings, step_m), return_index=True)
    start = np.r_[True, ring[1:] != ring[:-1]]
    stride = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)]
    stride[start] = 0.0
    arc = np.cumsum(stride)
    arc -= arc[start][ring]
    before, after = np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0)
    end = np.roll(start, -1)
    # A ring repeats its first point at its end: step over the repetition.
    first_at, last_at = np.flatnonzero(start), np.flatnonzero(end)
    before[first_at] = xy[last_at - 1]
    after[last_at] = xy[first_at + 1]
    perimeter = shapely.length(rings)[ring]
    return Samples(xy, owner[ring] + first_label, ring, arc, perimeter, before, after)


def join_samples(parts: list[Samples]) -> Samples:
    """Join samples of several kinds; of samples at one place (to 1 cm) the first is kept."""
    rings = np.cumsum([0, *(int(part.ring.max()) + 1 if len(part.ring) else 0 for part in parts)])
    ring = np.concatenate([part.ring + base for part, base in zip(parts, rings, strict=False)])
    xy = np.concatenate([part.xy for part in parts])
    _, chosen = np.unique(np.round(xy, 2), axis=0, return_index=True)
    return Samples(
        xy[chosen],
        np.concatenate([part.label for part in parts])[chosen],
        ring[chosen],
        np.concatenate([part.arc for part in parts])[chosen],
        np.concatenate([part.perimeter for part in parts])[chosen],
        np.concatenate([part.before for part in parts])[chosen],
        np.concatenate([part.after for part in parts])[chosen],
    )


def voronoi_ridges(samples: Samples) -> Ridges:
    """Return every finite Voronoi edge of the samples."""
    low, high = samples.xy.min(axis=0), samples.xy.max(axis=0)
    origin = (low + high) / 2
    reach = (high - low) / 2 + FRAME_MARGIN_M
    frame = reach * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
    xy = np.concatenate([samples.xy - origin, frame])
    triangulation = Delaunay(xy)
    triangles = triangulation.simplices.astype(np.int64)
    centres = _circumcentres(xy, triangles) + origin
    owner, corner = np.nonzero(triangulation.neighbors > np.arange(len(triangles))[:, None])
    other = triangulation.neighbors[owner, corner].astype(np.int64)
    first = triangles[owner, (corner + 1) % 3]
    second = triangles[owner, (corner + 2) % 3]
    ends = np.stack([centres[owner], centres[other]], axis=1)
    real = (first < len(samples.xy)) & (second < len(samples.xy))
    inside = (np.abs(ends - origin) < reach).all(axis=(1, 2))
    keep = real & inside
    return Ridges(samples, ends[keep], first[keep], second[keep])


def pocket_ridges(ridges: Ridges, blocks: int) -> npt.NDArray[np.bool_]:
    """Mark ridges of dead-end streets that reach into one block.

    They lie between two stretches of the boundary of the same block that are far apart along it
    and near across it, outside the block. ``blocks`` is the number of blocks (the first labels).
    """
    samples = ridges.samples
    a, b = ridges.first, ridges.second
    width = np.hypot(*(samples.xy[a] - samples.xy[b]).T)
    along = np.abs(samples.arc[a] - samples.arc[b])
    along = np.minimum(along, samples.perimeter[a] - along)
    same = (samples.label[a] == samples.label[b]) & (samples.label[a] < blocks)
    facing = (samples.ring[a] != samples.ring[b]) | (along > POCKET_MIN_DEPTH_M + width)
    wanted = same & facing & (width > POCKET_WIDTH_M[0]) & (width < POCKET_WIDTH_M[1])
    wanted[wanted] = ridges.select(wanted).clearance() > 0
    return np.asarray(wanted)


def _circumcentres(xy: Floats, triangles: Ints) -> Floats:
    """Return the circumcentre of each triangle; far away for a flat one."""
    a = xy[triangles[:, 0]]
    ab, ac = xy[triangles[:, 1]] - a, xy[triangles[:, 2]] - a
    cross = 2 * (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    cross = np.where(np.abs(cross) < 1e-12, 1e-12, cross)
    ab2, ac2 = (ab**2).sum(axis=1), (ac**2).sum(axis=1)
    x = (ac[:, 1] * ab2 - ab[:, 1] * ac2) / cross
    y = (ab[:, 0] * ac2 - ac[:, 0] * ab2) / cross
    return np.asarray(a + np.stack([x, y], axis=1))


def _to_segment(point: Floats, start: Floats, end: Floats) -> Floats:
    """Return the distance of each point to its segment, metres."""
    along = end - start
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    position = np.clip(((point - start) * along).sum(axis=1) / length2, 0, 1)
    return np.hypot(*(point - start - along * position[:, None]).T)


def _left_of(point: Floats, start: Floats, end: Floats) -> Floats:
    """Return how far each point lies to the left of the line through its segment, metres."""
    along, to = end - start, point - start
    norm = np.maximum(np.hypot(*along.T), 1e-12)
    return (along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0]) / norm
