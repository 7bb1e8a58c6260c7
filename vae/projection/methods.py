"""Latent vectors in the plane or in space, (n, latent_dim) -> (n, 2 or 3), and how far such a map can be trusted.

These choices were measured, on two cores with 10,000 codes of 10 dimensions: t-SNE takes its affinities and its
optimiser from openTSNE, but sums its repulsion over all pairs instead of approximating it. A compiled loop
(tsne_gradient.py) does that in 10 ms, in the plane and in space, where Barnes-Hut takes 50 ms and 120 ms; it is exact,
and the same for any number of threads. UMAP (umap.py) gets the exact neighbours. Both start from the PCA.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.projection.config import LINEAR, NAMES, NEIGHBOURS, PERPLEXITY, ProjectionConfig
from vae.projection.tsne_gradient import CpuGradient, GpuGradient
from vae.projection.umap import lay_out
from vae.validation import require

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
DoubleArray = NDArray[np.float64]
RealArray = FloatArray | DoubleArray
Factors = tuple[DoubleArray, DoubleArray]
OnFrame = Callable[[float, FloatArray], None]

# Increase it when any method computes something else: cached results of another revision are not used again.
REVISION = 3
LIBRARIES = {"raw": (), "pca": ("numpy",), "tsne": ("openTSNE", "scikit-learn"), "umap": ("numba", "scikit-learn")}

EXAGGERATED, PLAIN = 150, 350  # t-SNE's iterations; more change the neighbours kept by 0.002
EXACT_POINTS = 30_000  # beyond it, approximations of t-SNE's repulsion are faster than the sum over all pairs
TREE_DIMS = 5  # beyond it, comparing all pairs finds neighbours faster than a tree does
MEASURED_PAIRS = 10**8
CHUNK_PAIRS = 2**17
GROUPS = 512  # of columns, whose minima narrow a search down


class Cancelled(Exception):  # noqa: N818 - not an error
    """What on_frame raises to stop a projection."""


@dataclass(frozen=True)
class Pca:
    """Principal components: an orthogonal, hence exactly invertible, change of axes.

    Shapes: mean (latent_dim,); components (dims, latent_dim), orthonormal rows, the largest variance first;
    explained (dims,): fraction of the total variance along each.
    """

    mean: FloatArray
    components: FloatArray
    explained: FloatArray

    def project(self, points: FloatArray) -> FloatArray:
        """Coordinates along the components. Shapes: (n, latent_dim) -> (n, dims)."""
        return np.asarray((points - self.mean) @ self.components.T, np.float32)


def fit_pca(points: FloatArray, dims: int) -> Pca:
    """The first principal components. Where there are fewer than dims, the missing ones are zero vectors.

    Each component's largest coefficient is positive, so that a picture is never mirrored from one machine to another.
    """
    mean = points.mean(axis=0, dtype=np.float64)
    _, singular, rows = np.linalg.svd(points - mean, full_matrices=False)
    rows = rows * np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])[:, None]
    components = np.zeros((dims, points.shape[1]), np.float32)
    explained = np.zeros(dims, np.float32)
    found = min(dims, len(rows))
    components[:found] = rows[:found]
    total = np.sum(singular**2)
    explained[:found] = singular[:found] ** 2 / total if total > 0 else 0
    return Pca(mean.astype(np.float32), components, explained)


def check(points: FloatArray, config: ProjectionConfig) -> None:
    """Raises ValueError where these points cannot be projected so: not finite, too few, or of too few dimensions."""
    if not np.isfinite(points).all():
        raise ValueError("Latent vectors must be finite to be projected; train the model again with a smaller step.")
    n, latent_dim = points.shape
    worst = max(config.used.axes, default=0) if config.axes else 0
    require(worst < latent_dim, "axes", config.axes, f"below {latent_dim}, the number of latent dimensions")
    least = {"tsne": 3 * PERPLEXITY[0], "umap": NEIGHBOURS[0] + 1}.get(config.method, 1)
    if n < least:
        remedy = "use more pictures" if config.method in LINEAR else "choose Raw or PCA, or use more pictures"
        raise ValueError(f"{NAMES[config.method]} needs at least {least} pictures, and there are {n}; {remedy}.")


def project(
    points: FloatArray, config: ProjectionConfig, on_frame: OnFrame | None = None, gpu: str | None = None
) -> FloatArray:
    """The points in the plane or in space, the same for the same seed. Shapes: (n, latent_dim) -> (n, dims).

    raw: some latent dimensions, zeros where there are fewer. pca: the largest variance, linear. tsne, umap:
    neighbourhoods, started from the PCA, which is also the result if all points are the same; parameters that need more
    points are lowered as `ProjectionConfig.lowered` says. on_frame gets the progress, 0 to 1, and a copy of the layout
    as these two iterate, and stops them by raising Cancelled. gpu: the torch device on which t-SNE sums its forces; the
    layout differs from the processor's, is as good, and the same every time. Raises ValueError where `check` does.
    """
    check(points, config)
    points = np.ascontiguousarray(points, np.float32)
    if config.method == "raw":
        layout = np.zeros((len(points), config.dims), np.float32)
        axes = [axis for axis in config.used.axes if axis < points.shape[1]]
        layout[:, : len(axes)] = points[:, axes]
        return layout
    start = fit_pca(points, config.dims).project(points)
    if config.method == "pca":
        return start
    frames = _Frames(on_frame)
    frames.show(0.0, start)
    if (points == points[0]).all():
        return start  # what these methods make of it would be noise
    config = config.lowered(len(points))
    if config.method == "umap":
        nearest = _nearest(points, config.neighbours - 1)  # the paper counts a point among its neighbours
        frames.show(0.0, start)
        return lay_out(*nearest, start, min_dist=config.min_dist, seed=config.seed, on_epoch=frames.show)
    return _tsne(points, start, config, frames, gpu)


class _Frames:
    """Passes copies of layouts to on_frame, if there is one."""

    def __init__(self, on_frame: OnFrame | None) -> None:
        self._on_frame = on_frame

    def show(self, progress: float, layout: NDArray[Any]) -> None:
        if self._on_frame:
            self._on_frame(min(progress, 1.0), np.array(layout, np.float32))


def _nearest(points: FloatArray, k: int) -> tuple[IntArray, NDArray[np.float64]]:
    """The k exact nearest other points and their distances, in units of the largest coordinate about the mean.

    t-SNE and UMAP do not depend on the unit, but openTSNE finds no affinities if it is far off. Shapes:
    (n, latent_dim) -> (n, k), (n, k).
    """
    from sklearn.neighbors import NearestNeighbors

    algorithm = "kd_tree" if points.shape[1] <= TREE_DIMS else "brute"
    centred = _centred(points)
    scaled = centred / (np.abs(centred).max() or 1)
    distances, indices = NearestNeighbors(n_neighbors=k, algorithm=algorithm).fit(scaled).kneighbors()
    return indices, distances


def _threads() -> int:
    """As many as OMP_NUM_THREADS says, which numpy and scikit-learn obey too; else one per processor."""
    count = os.environ.get("OMP_NUM_THREADS", "")
    return int(count) if count.isdigit() and int(count) > 0 else os.cpu_count() or 1


# ---- t-SNE -----------------------------------------------------------------------------------------------------------


def _tsne(
    points: FloatArray, start: FloatArray, config: ProjectionConfig, frames: _Frames, gpu: str | None
) -> FloatArray:
    from openTSNE import TSNEEmbedding, affinity
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    n, dims = start.shape
    nearest = _nearest(points, min(n - 1, int(3 * config.perplexity)))
    frames.show(0.0, start)
    p = affinity.PerplexityBasedNN(perplexity=config.perplexity, knn_index=PrecomputedNeighbors(*nearest))
    # A start of small spread lets the early exaggeration work; the third axis of 2-D latents needs a little noise.
    jitter = np.random.default_rng(config.seed).normal(0, 1e-6, start.shape)
    small = 1e-4 * start / (float(start[:, 0].std(dtype=np.float64)) or 1) + jitter
    done = 0

    def report(iteration: int, _: float, layout: NDArray[np.float64]) -> None:
        frames.show((done + iteration) / (EXAGGERATED + PLAIN), layout)

    with ThreadPoolExecutor(_threads()) as pool:
        exact = CpuGradient(pool)
        forces = (
            (exact if gpu is None else GpuGradient(gpu, exact)) if n <= EXACT_POINTS else "fft" if dims == 2 else "bh"
        )
        options: dict[str, Any] = {"n_jobs": _threads(), "callbacks": report, "callbacks_every_iters": 1}
        embedding = TSNEEmbedding(small, p, negative_gradient_method=forces, random_state=config.seed, **options)
        embedding.optimize(EXAGGERATED, exaggeration=12, momentum=0.5, inplace=True)
        done = EXAGGERATED
        embedding.optimize(PLAIN, momentum=0.8, inplace=True)
    return np.array(embedding, np.float32)


# ---- quality ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quality:
    """How far a layout can be trusted, each number from 0 to 1, 1 being the best.

    trustworthiness: 1 less the penalty for neighbours in the layout that are far in latent space. continuity: 1 less
    the penalty for neighbours in latent space that are far in the layout. neighbours_kept: the fraction of the nearest
    neighbours in latent space that are nearest neighbours in the layout. Source: Venna & Kaski 2001; the penalty of a
    false neighbour is its rank beyond the neighbourhood.

    neighbours: how many of each point were compared. All are None where there is nothing to compare, and then protocol
    says why.
    """

    trustworthiness: float | None
    continuity: float | None
    neighbours_kept: float | None
    neighbours: int | None
    protocol: str


def quality(points: RealArray, layout: RealArray, neighbours: int = 10, most_pairs: int = MEASURED_PAIRS) -> Quality:
    """The layout's quality over all points, or over a sample with a fixed seed if there are more pairs than most_pairs,
    which 10,000 points have.

    Shapes: points (n, latent_dim), layout (n, dims). Fewer neighbours are counted if there are too few points. Of
    points that are the same in latent space one counts: which of the others are its nearest is not defined.
    """
    everything = len(points)
    require(len(layout) == everything, "points in the layout", len(layout), f"{everything}, as in latent space")
    first = np.sort(np.unique(points, axis=0, return_index=True)[1])
    if why := _not_measurable(everything, len(first), layout):
        return Quality(None, None, None, None, why)
    points, layout, n = points[first], layout[first], len(first)
    k = min(neighbours, (n - 1) // 2)
    rows = np.arange(n)
    if n * n > most_pairs:
        rows = np.sort(np.random.default_rng(0).choice(n, max(1, most_pairs // n), replace=False))
    latent, plane = _factors(points), _factors(layout)
    false, missing, kept = np.sum([_compared(latent, plane, part, k) for part in _chunks(rows, n)], axis=0)
    scale = 2 / (len(rows) * k * (2 * n - 3 * k - 1))
    who = f"all {n:,}" if len(rows) == n else f"{len(rows):,} of {n:,}"
    who += " points" if n == everything else f" different points among {everything:,}"
    return Quality(
        trustworthiness=float(1 - scale * false),
        continuity=float(1 - scale * missing),
        neighbours_kept=float(kept / (len(rows) * k)),
        neighbours=k,
        protocol=f"{k} nearest neighbours of {who}, Euclidean",
    )


def _not_measurable(n: int, different: int, layout: RealArray) -> str:
    """Why no neighbours can be compared, or ""."""
    if n == 1:
        return "There is one point: it has no neighbours to compare."
    if different == 1:
        return f"All {n:,} points are the same in latent space: there are no nearest ones to compare."
    if different == 2:  # each has the other as its only neighbour
        return f"There are only two different points among {n:,}: no map could go wrong."
    return "" if np.ptp(layout, axis=0).any() else f"All {n:,} points lie on one place of this map."


def _chunks(rows: IntArray, n: int) -> Iterator[IntArray]:
    size = max(8, CHUNK_PAIRS // n)
    return (rows[first : first + size] for first in range(0, len(rows), size))


def _centred(points: RealArray) -> DoubleArray:
    """The points about their mean, so that large squares do not hide small distances."""
    return np.asarray(points - points.mean(axis=0, dtype=np.float64))


def _factors(points: RealArray) -> Factors:
    """Two matrices whose product has |b|² - 2 a·b in row a and column b. Shapes: (n, d) -> (n, d + 1), (d + 1, n).

    That is the squared distance of these points without |a|², which does not change the order in a row.
    """
    centred = _centred(points)
    squares = np.einsum("ij,ij->i", centred, centred)
    return np.column_stack([-2 * centred, np.ones(len(centred))]), np.vstack([centred.T, squares])


def _compared(latent: Factors, plane: Factors, rows: IntArray, k: int) -> tuple[int, int, int]:
    """Summed over these rows: the penalties of false and of missing neighbours, and the neighbours kept."""
    true, shown = _distances(latent, rows), _distances(plane, rows)
    near, seen = _smallest(true, k), _smallest(shown, k)
    same = near[:, :, None] == seen[:, None, :]
    false = _excess(true, seen, ~same.any(axis=1), k)
    missing = _excess(shown, near, ~same.any(axis=2), k)
    return false, missing, int(same.sum())


def _distances(factors: Factors, rows: IntArray) -> DoubleArray:
    """Values that order all points by their distance from each of these, infinite for itself. Shape: (rows, n)."""
    left, right = factors
    distances = left[rows] @ right
    distances[np.arange(len(rows)), rows] = np.inf
    return np.asarray(distances)


def _smallest(distances: DoubleArray, k: int) -> IntArray:
    """The columns of each row's k smallest entries. Shapes: (rows, n) -> (rows, k).

    The row is cut into at least k groups. The k-th smallest of the groups' minima is a limit that at least k entries
    and few others are within, and only those are sorted.
    """
    rows, n = distances.shape
    size = max(1, n // max(k, GROUPS))
    least = distances[:, : n // size * size].reshape(rows, size, -1).min(axis=1)
    limits = np.partition(least, k - 1, axis=1)[:, k - 1 : k]
    row, column = np.divmod(np.flatnonzero(distances <= limits), n)
    if len(row) > 8 * rows * k:  # many are equally far
        return np.argsort(distances, axis=1, kind="stable")[:, :k]
    order = np.lexsort((distances[row, column], row))
    first = np.searchsorted(row, np.arange(rows))
    return np.asarray(column[order][first[:, None] + np.arange(k)])


def _excess(distances: DoubleArray, chosen: IntArray, counts: NDArray[np.bool_], k: int) -> int:
    """By how much the ranks of the chosen columns exceed k, summed over those that count. Rank 1: the nearest."""
    limits = np.take_along_axis(distances, chosen, axis=1)
    pairs = ((distances[row], limits[row, column]) for row, column in zip(*np.nonzero(counts), strict=True))
    return sum(max(0, 1 + int(np.count_nonzero(others < limit)) - k) for others, limit in pairs)
