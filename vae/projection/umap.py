"""UMAP: a graph of neighbours, weighted, and a descent that lays it out. Arrays in, arrays out.

umap-learn computes the same, but importing and compiling it takes a new process 6 seconds, 18 on a new machine.
Source: McInnes, Healy & Melville 2018.
"""
# numba and scipy are imported where they are used: they cost start-up time.

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

NEGATIVES = 5  # points that a point is pushed away from for each neighbour that it is pulled to
EPOCHS, FEW_POINTS, FEW_EPOCHS = 200, 4000, 500  # small sets take more, as in umap-learn


def lay_out(
    indices: NDArray[np.int64],
    distances: NDArray[np.float64],
    start: FloatArray,
    *,
    min_dist: float,
    seed: int,
    on_epoch: Callable[[float, FloatArray], None],
) -> FloatArray:
    """The layout after the descent, the same for the same seed. Shapes: start, layout (n, 2 or 3).

    indices, distances (n, k): each point's nearest others, the nearest first. min_dist: how close together points are
    laid, in units of the layout. on_epoch gets the progress, 0 to 1, and the layout, which the next epoch overwrites.
    """
    n = len(start)
    epochs = EPOCHS if n > FEW_POINTS else FEW_EPOCHS
    graph = neighbour_graph(indices, distances)
    graph.data[graph.data * epochs < graph.data.max()] = 0  # too weak for a single turn
    graph.eliminate_zeros()
    turns = (graph.data.max() / graph.data).astype(np.float32)  # epochs from one turn of an edge to its next
    due, descend, (a, b) = turns.copy(), _compiled(), falloff(min_dist)
    state = np.array([seed], np.uint64)
    layout = _spread(start, seed)
    for epoch in range(epochs):
        rate = np.float32(1 - epoch / epochs)
        descend(layout, graph.indptr, graph.indices, turns, due, np.float32(epoch), rate, a, b, state)
        on_epoch((epoch + 1) / epochs, layout)
    return layout


def neighbour_graph(indices: NDArray[np.int64], distances: NDArray[np.float64]) -> Any:
    """How much any two points are neighbours: a sparse, symmetric (n, n) matrix. Shapes: as lay_out.

    The memberships a and b of two points in each other's neighbourhood are combined to a + b - ab.
    """
    from scipy.sparse import csr_array

    n, k = distances.shape
    near = csr_array((memberships(distances).ravel(), indices.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return (near + near.T - near * near.T).tocsr()


def memberships(distances: NDArray[np.float64]) -> FloatArray:
    """How much each of its nearest others is a point's neighbour: exp(-(distance beyond the nearest) / σ), 0 to 1.

    Each point's σ makes its memberships sum to log2(k + 1). Shapes: (n, k), kept. Source: algorithms 2 and 3.
    """
    n, k = distances.shape
    nearest = np.where(distances > 0, distances, np.inf).min(axis=1, keepdims=True)  # duplicates aside
    beyond = np.maximum(distances - np.where(np.isinf(nearest), 0, nearest), 0)
    sigma, low, high = np.ones((n, 1)), np.zeros((n, 1)), np.full((n, 1), np.inf)
    for _ in range(64):
        excess = np.exp(-beyond / sigma).sum(axis=1, keepdims=True) - np.log2(k + 1)
        if (np.abs(excess) < 1e-5).all():
            break
        low, high = np.where(excess > 0, low, sigma), np.where(excess > 0, sigma, high)
        sigma = np.where(np.isinf(high), 2 * sigma, (low + high) / 2)
    # Where there are many duplicates, no σ is small enough.
    own = distances.sum(axis=1, keepdims=True) / (k + 1)
    least = 1e-3 * np.where(np.isinf(nearest), own.mean(), own)
    return np.asarray(np.exp(-beyond / np.maximum(sigma, least)), np.float32)


def falloff(min_dist: float) -> tuple[np.float32, np.float32]:
    """a and b, for which 1 / (1 + a d^2b) is nearly 1 at distances d up to min_dist and exp(min_dist - d) beyond."""
    from scipy.optimize import curve_fit

    d = np.linspace(0, 3, 300)
    wanted = np.exp(-np.maximum(d - min_dist, 0))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), d, wanted)
    return np.float32(a), np.float32(b)


def _spread(start: FloatArray, seed: int) -> FloatArray:
    """The start scaled as the descent needs it: from 0 to 10 along each axis. Duplicates are moved apart."""
    jitter = np.random.default_rng(seed).normal(0, 1e-5, start.shape)
    spread = start / (np.abs(start).max() or 1) + jitter
    low, high = spread.min(axis=0), spread.max(axis=0)
    return np.ascontiguousarray(10 * (spread - low) / (high - low), np.float32)


@cache
def _compiled() -> Callable[..., None]:
    """One epoch of the descent."""
    import numba

    multiplier, increment, half = np.uint64(6364136223846793005), np.uint64(1442695040888963407), np.uint64(32)
    one, two, bound, soft = np.float32(1), np.float32(2), np.float32(4), np.float32(1e-3)

    def descend(  # noqa: PLR0917 - as it is compiled
        layout: FloatArray,
        indptr: NDArray[np.int32],
        indices: NDArray[np.int32],
        turns: FloatArray,
        due: FloatArray,
        epoch: np.float32,
        rate: np.float32,
        a: np.float32,
        b: np.float32,
        state: NDArray[np.uint64],
    ) -> None:
        """Moves the layout (n, dims), in place, along the gradient of the cross-entropy (the paper's appendix C).

        Each edge that is due pulls its two ends together, and pushes the first away from random points; no step is
        longer than `bound` along an axis. indptr, indices: the graph. state (1,): of the random numbers.
        """
        n, dims = layout.shape
        drawn = state[0]
        for i in range(n):
            for edge in range(indptr[i], indptr[i + 1]):
                if due[edge] > epoch:
                    continue
                due[edge] += turns[edge]
                j = indices[edge]
                square = np.float32(0)
                for axis in range(dims):
                    square += (layout[i, axis] - layout[j, axis]) ** 2
                if square > 0:
                    power = a * square**b
                    pull = two * b * power / (square * (one + power))
                    for axis in range(dims):
                        step = rate * min(bound, max(-bound, pull * (layout[j, axis] - layout[i, axis])))
                        layout[i, axis] += step
                        layout[j, axis] -= step
                for _ in range(NEGATIVES):
                    drawn = drawn * multiplier + increment  # a linear congruential generator, of which
                    other = ((drawn >> half) * np.uint64(n)) >> half  # the upper half is random enough
                    square = np.float32(0)
                    for axis in range(dims):
                        square += (layout[i, axis] - layout[other, axis]) ** 2
                    push = two * b / ((soft + square) * (one + a * square**b))
                    for axis in range(dims):
                        step = rate * min(bound, max(-bound, push * (layout[i, axis] - layout[other, axis])))
                        layout[i, axis] += step
        state[0] = drawn

    # numpy's error model: Python's would test every division for zero.
    compiled: Callable[..., None] = numba.njit(nogil=True, fastmath=True, error_model="numpy")(descend)
    return compiled
