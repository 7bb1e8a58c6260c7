"""UMAP's graph, falloff and descent: against umap-learn's, and against differences of what the descent minimises."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.layouts import assert_as_good, cloud, project
from vae.projection import methods, umap

# ---- the graph -------------------------------------------------------------------------------------------------------


def graph_of_umap_learn(points: np.ndarray, k: int) -> Any:
    from umap.umap_ import fuzzy_simplicial_set

    n, (indices, distances) = len(points), methods._nearest(points, k - 1)
    near = {
        "knn_indices": np.column_stack([np.arange(n), indices]),  # it counts a point among its neighbours
        "knn_dists": np.column_stack([np.zeros(n), distances]).astype(np.float32),
    }
    return fuzzy_simplicial_set(points, k, np.random.RandomState(0), "euclidean", **near)[0]


@pytest.mark.slow  # numba compiles umap-learn
@pytest.mark.parametrize(
    ("points", "k"),
    [
        (cloud(300, 3), 15),
        (cloud(300, 10) * 1e3, 15),
        (cloud(300, 10) * 1e-3, 100),
        (cloud(50, 4), 2),
        (np.concatenate([cloud(100, 4), np.repeat(cloud(10, 4), 30, axis=0)]), 15),  # more duplicates than neighbours
        (np.ones((30, 3), np.float32), 15),
    ],
    ids=["few dimensions", "far apart", "close together", "one neighbour", "duplicates", "all the same"],
)
def test_points_are_as_much_neighbours_as_umap_learn_says(points: np.ndarray, k: int) -> None:
    graph = umap.neighbour_graph(*methods._nearest(points, k - 1))
    assert graph.nnz >= len(points)
    np.testing.assert_allclose(graph.toarray(), graph_of_umap_learn(points, k).toarray(), atol=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
def test_a_point_s_memberships_sum_to_log2_of_the_number_of_neighbours(scale: float) -> None:
    distances = scale * np.sort(np.random.default_rng(0).uniform(1, 2, (20, 14)), axis=1)
    memberships = umap.memberships(distances)
    np.testing.assert_allclose(memberships.sum(axis=1), np.log2(15), atol=1e-4)
    np.testing.assert_allclose(memberships[:, 0], 1)
    assert (np.diff(memberships, axis=1) <= 0).all()


# ---- the falloff -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("min_dist", [0.0, 0.1, 0.5, 0.99])
def test_the_falloff_is_that_of_umap_learn(min_dist: float) -> None:
    from umap.umap_ import find_ab_params

    np.testing.assert_allclose(umap.falloff(min_dist), find_ab_params(1.0, min_dist), rtol=1e-4)


# ---- the descent -----------------------------------------------------------------------------------------------------

RATE = 1e-3


@contextmanager
def uncompiled(negatives: int) -> Iterator[Callable[..., None]]:
    """One epoch with so many negatives, in Python: to compile it takes seconds for each number."""
    with pytest.MonkeyPatch.context() as patch, np.errstate(over="ignore"):  # of random numbers the lower bits remain
        patch.setattr(umap, "NEGATIVES", negatives)
        yield umap._compiled().py_func  # type: ignore[attr-defined]


def take_first_edge(layout: np.ndarray, state: np.ndarray, negatives: int, to: int = 1) -> None:
    """An epoch whose only edge is from the first point."""
    graph = np.array([0] + [1] * len(layout), np.int32), np.array([to], np.int32)
    turns, due = np.ones(1, np.float32), np.ones(1, np.float32)
    with uncompiled(negatives) as descend:
        descend(layout, *graph, turns, due, np.float32(1), np.float32(RATE), *umap.falloff(0.1), state)
    assert due[0] == 2


def step(layout: np.ndarray, seed: int, negatives: int) -> np.ndarray:
    """What an epoch moves, at a rate of 1."""
    moved = layout.astype(np.float32)
    take_first_edge(moved, np.array([seed], np.uint64), negatives)
    return (moved - layout) / RATE


def gradient(energy: Callable[[np.ndarray], float], at: np.ndarray) -> np.ndarray:
    """By differences. Shape: that of at."""
    small = 1e-5
    differences = [
        (energy(at + small * towards) - energy(at - small * towards)) / (2 * small)
        for towards in np.eye(at.size).reshape(at.size, *at.shape)
    ]
    return np.reshape(differences, at.shape)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    a, b = map(float, umap.falloff(0.1))
    return 1 / (1 + a * float(np.sum((one - other) ** 2)) ** b)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("distance", [0.3, 1.0, 4.0])
def test_an_edge_pulls_its_ends_together_along_the_gradient(dims: int, distance: float) -> None:
    layout = np.zeros((2, dims))
    layout[1] = distance * np.array([0.6, -0.8, 0.5][:dims])
    downhill = -gradient(lambda y: -np.log(likeness(y[0], y[1])), layout)
    np.testing.assert_allclose(step(layout, 0, 0), downhill, rtol=2e-3)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("distance", [0.8, 2.0, 4.0])
def test_a_point_is_pushed_away_from_sampled_points_along_the_gradient(dims: int, distance: float) -> None:
    layout = np.zeros((2, dims))
    layout[1] = distance * np.array([0.6, -0.8, 0.5][:dims])
    uphill = -gradient(lambda y: -np.log(1 - likeness(y[0], layout[1])), layout[:1])
    pull = step(layout, 0, 0)
    pushes = [step(layout, seed, 1) - pull for seed in range(8)]
    drawn = [bool(push[0].any()) for push in pushes]  # otherwise it was drawn itself
    assert 0 < sum(drawn) < len(drawn)
    for push, other in zip(pushes, drawn, strict=True):
        np.testing.assert_allclose(push[0], uphill[0] if other else 0, rtol=2e-2, atol=1e-3)
        np.testing.assert_allclose(push[1], 0, atol=1e-3)


def test_no_step_is_longer_than_the_bound_and_points_in_one_place_stay_finite() -> None:
    near = np.array([[0, 0], [1e-4, 0]])
    assert np.abs(step(near, 0, 5)).max() < 4 * 6 + 1e-2
    assert not step(np.zeros((2, 2)), 0, 5).any()


def test_all_points_are_sampled_equally_often() -> None:
    n, draws = 10, 3000
    state, counts = np.array([7], np.uint64), np.zeros(n, int)
    for _ in range(draws):
        layout = 4 * np.eye(n, dtype=np.float32)  # each in a direction of its own from the first, which is pushed
        layout[0] = 0
        take_first_edge(layout, state, 1, to=0)
        counts[layout[0].argmin()] += 1  # the first, whose own axis is 0, where it has drawn itself
    assert np.abs(counts / draws - 1 / n).max() < 4 * np.sqrt(0.1 * 0.9 / draws)


def test_an_edge_takes_its_turn_as_often_as_it_weighs() -> None:
    indptr, indices = np.array([0, 2, 3, 4], np.int32), np.array([1, 2, 0, 0], np.int32)
    turns = np.array([1, 4, 1, 4], np.float32)
    due, state = turns.copy(), np.array([0], np.uint64)
    layout = np.zeros((3, 2), np.float32)
    for epoch in range(1, 101):
        umap._compiled()(
            layout, indptr, indices, turns, due, np.float32(epoch), np.float32(0), *umap.falloff(0.1), state
        )
    assert ((due - turns) / turns).tolist() == [100, 25, 100, 25]


@pytest.mark.parametrize("dims", [2, 3])
def test_what_is_compiled_computes_what_its_python_says(dims: int) -> None:
    points = cloud(60, 5)
    graph = umap.neighbour_graph(*methods._nearest(points, 14))
    layouts, states = [], []
    with uncompiled(umap.NEGATIVES) as descend:
        for epochs in (descend, umap._compiled()):
            layout, state = points[:, :dims].copy(), np.array([7], np.uint64)
            turns = np.ones(graph.nnz, np.float32)
            due = turns.copy()
            for epoch in (1, 2):
                places = graph.indptr, graph.indices, turns, due, np.float32(epoch), np.float32(0.1)
                epochs(layout, *places, *umap.falloff(0.1), state)
            layouts.append(layout)
            states.append(state[0])
    assert states[0] == states[1] != 7
    assert np.abs(layouts[0] - points[:, :dims]).max(axis=1).min() > 0
    np.testing.assert_allclose(layouts[0], layouts[1], atol=1e-3)


@pytest.mark.slow  # numba compiles umap-learn
@pytest.mark.parametrize("dims", [2, 3])
def test_a_layout_is_as_good_as_umap_learn_s(dims: int) -> None:
    from umap.umap_ import find_ab_params, simplicial_set_embedding

    points, rng, ab = cloud(400, 6), np.random.RandomState(0), find_ab_params(1.0, 0.1)
    sgd: tuple[Any, ...] = 1.0, *ab, 1.0, 5.0, 500
    options: dict[str, Any] = {"densmap": False, "densmap_kwds": {}, "output_dens": False}
    graph = graph_of_umap_learn(points, 15)
    theirs, _ = simplicial_set_embedding(points, graph, dims, *sgd, "pca", rng, "euclidean", {}, **options)
    assert_as_good(points, project(points, "umap", dims), theirs)


@pytest.mark.slow
def test_it_needs_no_folder_for_compiled_code() -> None:
    code = """
import numpy as np
from vae.projection.config import ProjectionConfig
from vae.projection.methods import project
print(project(np.eye(20, 3, dtype=np.float32), ProjectionConfig("umap")).shape)
"""
    # The only place left to numba is unusable here, as for a user who can write to no folder.
    nowhere = {**os.environ, "NUMBA_CACHE_LOCATOR_CLASSES": "ZipCacheLocator"}
    root = Path(methods.__file__).parents[2]
    assert subprocess.check_output([sys.executable, "-c", code], env=nowhere, cwd=root, text=True) == "(20, 2)\n"
