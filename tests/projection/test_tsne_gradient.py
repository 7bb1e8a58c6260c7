"""t-SNE's gradient against its definition, on the processor and by torch; and a GPU that fails."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix, random

from vae.projection import tsne_gradient
from vae.projection.tsne_gradient import CpuGradient, GpuGradient

N = 70


@pytest.fixture(scope="module")
def cpu() -> Iterator[CpuGradient]:
    with ThreadPoolExecutor(2) as pool:
        yield CpuGradient(pool)


def affinities(seed: int) -> Any:
    """A symmetric sparse matrix whose sum is 1; its last point has no neighbour."""
    p = random(N, N, 0.2, "csr", rng=seed).toarray()
    np.fill_diagonal(p, 0)
    p[-1] = p[:, -1] = 0
    return csr_matrix((p + p.T) / (2 * p.sum()))


def defined(y: np.ndarray, p: Any) -> np.ndarray:
    """Equation 5 of van der Maaten & Hinton 2008, pair by pair, without the factor of 4."""
    differences = y[:, None] - y
    kernel = 1 / (1 + (differences**2).sum(axis=2))
    np.fill_diagonal(kernel, 0)
    gradient = ((p.toarray() - kernel / kernel.sum()) * kernel)[:, :, None] * differences
    return np.asarray(gradient.sum(axis=1))


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("rows_at_once", [1, 33, N])
@pytest.mark.parametrize("kind", ["compiled", "torch"])
def test_the_gradient_is_that_of_its_definition(
    cpu: CpuGradient, kind: str, rows_at_once: int, dims: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tsne_gradient, "GPU_PAIRS", rows_at_once * N)
    y, p = np.random.default_rng(dims).normal(size=(N, dims)), affinities(dims)
    summed = cpu if kind == "compiled" else GpuGradient("cpu", cpu)
    for exaggeration in (1, 12):  # openTSNE calls the same object with both
        value, gradient = summed(y, p * exaggeration)
        np.testing.assert_allclose(gradient, defined(y, p * exaggeration), rtol=1e-4, atol=1e-7)
        assert value == 0
        assert gradient.dtype == np.float64


@pytest.mark.parametrize("dims", [2, 3])
def test_what_is_compiled_computes_what_its_python_says(
    cpu: CpuGradient, dims: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    y, p = np.random.default_rng(dims).normal(size=(N, dims)), affinities(dims)
    _, compiled = cpu(y, p)
    in_python = [function.py_func for function in tsne_gradient._compiled(dims)]  # type: ignore[union-attr]
    monkeypatch.setattr(tsne_gradient, "_compiled", lambda dims: in_python)
    np.testing.assert_allclose(cpu(y, p)[1], compiled, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(compiled, defined(y, p), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("dims", [2, 3])
def test_the_gradient_is_the_same_for_any_number_of_threads(cpu: CpuGradient, dims: int) -> None:
    y, p = np.random.default_rng(dims).normal(size=(N, dims)), affinities(dims)
    _, gradient = cpu(y, p)
    for threads in (1, 3, 20):
        with ThreadPoolExecutor(threads) as pool:
            assert np.array_equal(CpuGradient(pool)(y, p)[1], gradient)


def test_the_gradient_waits_for_a_strip_that_takes_long(cpu: CpuGradient, monkeypatch: pytest.MonkeyPatch) -> None:
    y, p = np.random.default_rng(0).normal(size=(N, 2)), affinities(0)
    _, expected = cpu(y, p)
    repel, attract = tsne_gradient._compiled(2)

    def slow(*args: Any) -> float:
        sleep(0.02)
        return repel(*args)

    monkeypatch.setattr(tsne_gradient, "_compiled", lambda dims: (slow, attract))
    assert np.array_equal(cpu(y, p)[1], expected)


@pytest.mark.parametrize("n", [2, 3, 5, 17])
def test_few_points_are_split_over_the_threads_too(cpu: CpuGradient, n: int) -> None:
    y, p = np.random.default_rng(n).normal(size=(n, 2)), csr_matrix((np.ones((n, n)) - np.eye(n)) / (n * (n - 1)))
    np.testing.assert_allclose(cpu(y, p)[1], defined(y, p), rtol=1e-4, atol=1e-7)


def test_far_from_the_origin_the_gradient_by_torch_is_the_same(cpu: CpuGradient) -> None:
    y, p = np.random.default_rng(0).normal(size=(N, 2)), affinities(0)
    _, gradient = GpuGradient("cpu", cpu)(y + 100, p)
    np.testing.assert_allclose(gradient, defined(y, p), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("failure", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("device lost")])
def test_the_processor_takes_over_from_a_gpu_that_fails_and_keeps_the_work(
    cpu: CpuGradient, failure: RuntimeError, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fail(device: str, *_: object) -> None:
        asked.append(device)
        raise failure

    monkeypatch.setattr(tsne_gradient, "_summed_on", fail)
    y, p = np.random.default_rng(0).normal(size=(N, 2)), affinities(0)
    summed = GpuGradient("cuda", cpu)
    for _ in range(3):
        assert np.array_equal(summed(y, p)[1], cpu(y, p)[1])
    assert asked == ["cuda"]
