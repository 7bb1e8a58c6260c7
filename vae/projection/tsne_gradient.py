"""The gradient of t-SNE's objective for openTSNE's optimiser, its repulsion being the exact sum over all pairs: by a
compiled loop on the processor, or by torch on a GPU.

Both are called as openTSNE calls its own: embedding (n, dims) float64 and the sparse (n, n) affinities p -> the
objective's value, which openTSNE does not use here and which is left at 0, and the gradient (n, dims) float64.
Source: van der Maaten & Hinton 2008, equation 5, without its factor of 4, as in openTSNE.
"""
# numba and torch are imported where they are used: each costs start-up time, and most machines need only one of them.

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Embedding = NDArray[np.float64]

STRIPS = 16  # for any number of threads, so that every sum has one order
GPU_PAIRS = 2**24  # in memory at a time, at some 30 bytes each

_log = logging.getLogger(__name__)


class CpuGradient:
    """By compiled loops, in as many threads as the pool has; the result is the same for any number."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def __call__(self, embedding: Embedding, p: Any, **_: object) -> tuple[float, Embedding]:
        """As the module says."""
        n, dims = embedding.shape
        y = np.ascontiguousarray(embedding.T, np.float32)
        repel, attract = _compiled(dims)
        # Each pair is computed once, from its first point: the earlier rows have more of them.
        bounds = (n - n * np.sqrt(np.linspace(1, 0, STRIPS + 1))).astype(np.int64)
        pushes = np.zeros((STRIPS, dims, n), np.float32)
        norms = self._pool.map(lambda rows, push: repel(y, *rows, push), pairwise(bounds), pushes)
        pull, near = np.empty_like(y), (p.indptr, p.indices, p.data.astype(np.float32))
        bounds = np.linspace(0, n, STRIPS + 1).astype(np.int64)
        list(self._pool.map(lambda rows: attract(y, *near, *rows, pull), pairwise(bounds)))
        norm = 2 * sum(norms)  # waits for the repulsion, too
        gradient = pull - pushes.sum(0) / norm
        return 0.0, np.ascontiguousarray(gradient.T, np.float64)


class GpuGradient:
    """By torch on the device of this name. If that fails or runs out of memory, `fallback` takes over for good."""

    def __init__(self, device: str, fallback: CpuGradient) -> None:
        self._device: str | None = device
        self._fallback = fallback

    def __call__(self, embedding: Embedding, p: Any, **_: object) -> tuple[float, Embedding]:
        """As the module says."""
        if self._device is not None:
            try:
                return 0.0, _summed_on(self._device, embedding, p)
            except RuntimeError:  # what torch raises for every failure of a GPU
                _log.warning("The GPU failed during a projection; the processor goes on with it", exc_info=True)
                self._device = None
        return self._fallback(embedding, p)


def _summed_on(device: str, embedding: Embedding, p: Any) -> Embedding:
    import torch

    def moved(array: NDArray[Any], kind: torch.dtype) -> torch.Tensor:
        return torch.from_numpy(array).to(device, kind)

    y = moved(embedding, torch.float32)  # (n, dims)
    lengths = moved(np.diff(p.indptr), torch.int64)
    ends = torch.repeat_interleave(lengths), moved(p.indices, torch.int64)  # of each affinity: its row, its column
    between = y[ends[0]] - y[ends[1]]  # (affinities, dims)
    weights = moved(p.data, torch.float32) / (1 + between.square().sum(1))
    pull = torch.segment_reduce(weights[:, None] * between, "sum", lengths=lengths)  # (n, dims)
    push, norm = [], torch.zeros((), dtype=torch.float64, device=device)
    for rows in torch.split(y, max(1, GPU_PAIRS // len(y))):
        between = rows[:, None] - y  # (rows, n, dims)
        q = 1 / (1 + between.square().sum(2))
        norm += q.sum(dtype=torch.float64) - len(rows)  # a point does not repel itself
        push.append((q.square()[:, :, None] * between).sum(1))
    gradient: Embedding = (pull - torch.cat(push) / norm).double().cpu().numpy()
    return gradient


@cache
def _compiled(dims: int) -> tuple[Callable[..., float], Callable[..., None]]:
    """The repulsion and the attraction of points in the plane or in space."""
    import numba

    in_space = dims == 3
    one, nothing = np.float32(1), np.float32(0)

    def repel(points: FloatArray, first: int, last: int, push: FloatArray) -> float:
        """Adds to push the repulsion between the points first to last and those after them; returns the sum of q.

        Shapes: points, push (dims, n).
        """
        norm = 0.0
        xs, ys, zs = points[0], points[1], points[-1]
        for i in range(first, last):
            a, b, c = xs[i], ys[i], zs[i]
            # Slices: their indices are never negative, without which the compiler does not vectorise the loop.
            x, y, z = xs[i + 1 :], ys[i + 1 :], zs[i + 1 :]
            u, v, w = push[0, i + 1 :], push[1, i + 1 :], push[-1, i + 1 :]
            total = fa = fb = fc = nothing
            for j in range(len(x)):
                da, db, dc = a - x[j], b - y[j], nothing
                if in_space:
                    dc = c - z[j]
                q = one / (one + da * da + db * db + dc * dc)
                total += q
                q *= q
                fa += q * da
                fb += q * db
                u[j] -= q * da
                v[j] -= q * db
                if in_space:
                    fc += q * dc
                    w[j] -= q * dc
            norm += float(total)
            push[0, i] += fa
            push[1, i] += fb
            if in_space:
                push[2, i] += fc
        return norm

    def attract(  # noqa: PLR0917 - as it is compiled
        points: FloatArray,
        indptr: NDArray[np.int32],
        indices: NDArray[np.int32],
        p: FloatArray,
        first: int,
        last: int,
        pull: FloatArray,
    ) -> None:
        """Shapes: points, pull (dims, n); indptr, indices, p: the sparse (n, n) affinities."""
        for i in range(first, last):
            fa = fb = fc = nothing
            for k in range(indptr[i], indptr[i + 1]):
                j = indices[k]
                da, db, dc = points[0, i] - points[0, j], points[1, i] - points[1, j], nothing
                if in_space:
                    dc = points[2, i] - points[2, j]
                q = p[k] / (one + da * da + db * db + dc * dc)
                fa += q * da
                fb += q * db
                fc += q * dc
            pull[0, i], pull[1, i] = fa, fb
            if in_space:
                pull[2, i] = fc

    # numpy's error model: Python's would test every division for zero, which costs a factor of ten.
    compiled = numba.njit(nogil=True, fastmath=True, error_model="numpy")
    return compiled(repel), compiled(attract)
