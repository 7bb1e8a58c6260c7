"""The gradient of t-SNE's objective for openTSNE's optimiser, its repulsion being the exact sum over all pairs: by a
compiled loop on the processor, or by torch on a GPU.

Both are called as openTSNE calls its own: embedding (n, dims) float64 and the sparse (n, n) affinities p -> the
objective's value, which nobody asks for and which is left at 0, and the gradient (n, dims) float64.
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

GPU_PAIRS = 2**24  # held at a time, at some 30 bytes each

_log = logging.getLogger(__name__)


class CpuForces:
    """By a compiled loop, in as many threads as the pool has; the same for any number of them."""

    def __init__(self, pool: ThreadPoolExecutor, threads: int) -> None:
        self._pool, self._threads = pool, threads
        self._sum = _compiled()

    def __call__(self, embedding: Embedding, p: Any, **_: object) -> tuple[float, Embedding]:
        """As the module says."""
        n, dims = embedding.shape
        y = np.zeros((3, n), np.float32)
        y[:dims] = embedding.T
        near = p.indptr, p.indices, p.data.astype(np.float32)
        pull, push, norm = np.empty_like(y), np.empty_like(y), np.empty(n, np.float32)
        bounds = np.linspace(0, n, 4 * self._threads + 1).astype(np.int64)
        list(self._pool.map(lambda rows: self._sum(y, *near, *rows, pull, push, norm), pairwise(bounds)))
        gradient = pull[:dims] - push[:dims] / norm.sum(dtype=np.float64)
        return 0.0, np.ascontiguousarray(gradient.T, np.float64)


class GpuForces:
    """By torch on the device of this name. Where that fails or runs out of memory, `otherwise` takes over for good."""

    def __init__(self, device: str, otherwise: CpuForces) -> None:
        self._device: str | None = device
        self._otherwise = otherwise

    def __call__(self, embedding: Embedding, p: Any, **_: object) -> tuple[float, Embedding]:
        """As the module says."""
        if self._device is not None:
            try:
                return 0.0, _summed_on(self._device, embedding, p)
            except RuntimeError:  # what torch raises for every failure of a GPU
                _log.warning("The GPU failed during a projection; the processor goes on with it", exc_info=True)
                self._device = None
        return self._otherwise(embedding, p)


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


def _sum_forces(  # noqa: PLR0917 - as it is compiled
    y: FloatArray,
    indptr: NDArray[np.int32],
    indices: NDArray[np.int32],
    p: FloatArray,
    first: int,
    last: int,
    pull: FloatArray,
    push: FloatArray,
    norm: FloatArray,
) -> None:
    """Attraction by p, repulsion by all, and the sum of q over all others, for the points first to last.

    Shapes: y, pull, push (3, n); norm (n,); indptr, indices, p: the sparse (n, n) affinities. Compiled; every point's
    sums run over the others in one order, so that nothing depends on the number of threads.
    """
    one = np.float32(1)
    for i in range(first, last):
        a, b, c = y[0, i], y[1, i], y[2, i]
        total = fa = fb = fc = np.float32(0)
        for j in range(y.shape[1]):
            da, db, dc = a - y[0, j], b - y[1, j], c - y[2, j]
            q = one / (one + da * da + db * db + dc * dc)
            total += q
            q *= q
            fa += q * da
            fb += q * db
            fc += q * dc
        norm[i] = total - one  # a point does not repel itself
        push[0, i], push[1, i], push[2, i] = fa, fb, fc
        fa = fb = fc = np.float32(0)
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            da, db, dc = a - y[0, j], b - y[1, j], c - y[2, j]
            q = p[k] / (one + da * da + db * db + dc * dc)
            fa += q * da
            fb += q * db
            fc += q * dc
        pull[0, i], pull[1, i], pull[2, i] = fa, fb, fc


@cache
def _compiled() -> Callable[..., None]:
    import numba

    # numpy's error model: Python's would test every division for zero, which costs a factor of ten.
    compiled: Callable[..., None] = numba.njit(nogil=True, fastmath=True, error_model="numpy")(_sum_forces)
    return compiled
