"""PCA and the quality against scikit-learn's; t-SNE and UMAP against their properties and their own libraries."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from tests.support.effort import first_in_make_test
from tests.support.layouts import assert_as_good, cloud, measured, project
from vae.projection import methods
from vae.projection.config import METHODS, ProjectionConfig
from vae.projection.methods import Cancelled, Pca, fit_pca, quality

# ---- PCA -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("latent_dim", [3, 10])
def test_pca_is_that_of_scikit_learn_up_to_sign(latent_dim: int, dims: int) -> None:
    points = cloud(200, latent_dim)
    ours, theirs = fit_pca(points, dims), PCA(dims).fit(points.astype(np.float64))
    signs = np.sign(np.sum(ours.components * theirs.components_, axis=1))
    close: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(ours.components, signs[:, None] * theirs.components_, **close)
    np.testing.assert_allclose(ours.mean, theirs.mean_, **close)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_, **close)
    np.testing.assert_allclose(ours.project(points), signs * theirs.transform(points), **close)
    np.testing.assert_allclose(project(points, "pca", dims), ours.project(points))
    assert ours.project(points).dtype == np.float32


def test_the_components_are_orthonormal_and_ordered_by_variance() -> None:
    pca = fit_pca(cloud(100, 8), 3)
    np.testing.assert_allclose(pca.components @ pca.components.T, np.eye(3), atol=1e-6)
    assert pca.explained[0] > pca.explained[1] > pca.explained[2] > 0


def test_no_picture_is_mirrored_by_the_order_of_the_points() -> None:
    points = cloud(100, 5)
    there, back = fit_pca(points, 3), fit_pca(points[::-1], 3)
    np.testing.assert_allclose(there.components, back.components, atol=1e-5)
    assert all(row[np.abs(row).argmax()] > 0 for row in there.components)


def test_directions_that_are_missing_are_zero() -> None:
    points = cloud(50, 1)
    pca = fit_pca(points, 2)
    assert pca.explained.tolist() == [1, 0]
    plane = project(points, "pca")
    assert plane.shape == (50, 2)
    np.testing.assert_allclose(np.abs(plane[:, 0]), np.abs(points[:, 0] - points.mean()), atol=1e-5)
    assert not plane[:, 1].any()


def test_points_on_a_line_in_many_dimensions_stay_on_a_line() -> None:
    direction = np.array([3, 0, 4, 0], np.float32) / 5
    t = np.linspace(-7, 7, 15, dtype=np.float32)
    plane = project(t[:, None] * direction + 1, "pca")
    np.testing.assert_allclose(np.abs(plane[:, 0]), np.abs(t), atol=1e-5)
    np.testing.assert_allclose(plane[:, 1], 0, atol=1e-5)


@pytest.mark.parametrize("n", [2, 3])
def test_two_points_are_enough_for_pca_in_the_plane_and_in_space(n: int) -> None:
    for dims in (2, 3):
        space = project(cloud(n, 10), "pca", dims)
        assert space.shape == (n, dims)
        assert np.isfinite(space).all()


def test_identical_points_fall_on_one_place_and_explain_nothing() -> None:
    points = np.full((100, 4), 2.5, np.float32)
    assert not project(points, "pca", 3).any()
    assert not fit_pca(points, 2).explained.any()


def test_a_pca_projects_points_that_it_was_not_fitted_on() -> None:
    pca = Pca(*(np.array(rows, np.float32) for rows in ([1, 1], [[0, 1]], [1])))
    assert pca.project(np.array([[5, 3]], np.float32)).tolist() == [[2]]


# ---- t-SNE and UMAP --------------------------------------------------------------------------------------------------

NEIGHBOURS = ("tsne", "umap")


@pytest.fixture(scope="module")
def clusters() -> np.ndarray:
    """150 points here, 150 far away, one after the other."""
    points = np.random.default_rng(0).normal(size=(300, 10)).astype(np.float32)
    points[1::2] += 10
    return points


@pytest.fixture(scope="module")
def layouts(clusters: np.ndarray) -> dict[tuple[str, int], np.ndarray]:
    return {(method, dims): project(clusters, method, dims) for method in NEIGHBOURS for dims in (2, 3)}


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("method", NEIGHBOURS)
def test_far_clusters_are_kept_apart(layouts: Any, method: str, dims: int) -> None:
    layout = layouts[method, dims]
    assert layout.shape == (300, dims)
    assert layout.dtype == np.float32
    assert np.isfinite(layout).all()
    distances = np.linalg.norm(layout[:, None] - layout, axis=2) + np.diag(np.full(300, np.inf))
    nearest = distances.argsort(axis=1)[:, :10]
    assert (nearest % 2 == np.arange(300)[:, None] % 2).all()  # all ten neighbours are of the own cluster


@pytest.mark.parametrize("method", NEIGHBOURS)
def test_a_layout_is_the_same_for_the_same_seed_and_any_number_of_threads(
    clusters: np.ndarray, layouts: Any, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.random.default_rng().random(3)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert np.array_equal(project(clusters, method), layouts[method, 2])
    assert not np.array_equal(project(clusters, method, seed=1), layouts[method, 2])


@pytest.mark.parametrize(("method", "options"), [("tsne", {"perplexity": 5}), ("umap", {"neighbours": 5, "seed": 0})])
def test_the_parameters_change_the_layout(clusters: np.ndarray, layouts: Any, method: str, options: Any) -> None:
    assert np.abs(project(clusters, method, **options) - layouts[method, 2]).max() > 0.1


def test_min_dist_spreads_the_points_of_umap(clusters: np.ndarray) -> None:
    def nearest(min_dist: float) -> float:
        layout = project(clusters, "umap", min_dist=min_dist)
        distances = np.linalg.norm(layout[:, None] - layout, axis=2) + np.diag(np.full(300, np.inf))
        return float(np.median(distances.min(axis=1)))

    assert nearest(0.9) > 2 * nearest(0.0)


@pytest.mark.parametrize(
    ("points", "dims"),
    [(cloud(90, 1), 2), (cloud(90, 2), 3), (np.zeros((90, 3), np.float32), 2), (np.zeros((90, 3), np.float32), 3)],
    ids=["one latent dimension", "a plane in space", "identical points", "identical points in space"],
)
@pytest.mark.parametrize("method", NEIGHBOURS)
def test_fewer_directions_than_dims_are_projected_too(method: str, points: np.ndarray, dims: int) -> None:
    space = project(points, method, dims)
    assert space.shape == (90, dims)
    assert np.isfinite(space).all()


@pytest.mark.parametrize("method", NEIGHBOURS)
def test_the_fewest_points_are_projected(method: str) -> None:
    n = 6 if method == "tsne" else 3
    layout = project(cloud(n, 4), method)
    assert layout.shape == (n, 2)
    assert np.isfinite(layout).all()


@pytest.mark.parametrize(("method", "lowered"), [("tsne", {"perplexity": 13}), ("umap", {"neighbours": 39})])
def test_parameters_that_need_more_points_are_lowered(method: str, lowered: Any) -> None:
    points = cloud(40, 4)
    layout = project(points, method, perplexity=30, neighbours=50)
    assert np.array_equal(layout, project(points, method, **lowered))
    assert not np.array_equal(layout, project(points, method, perplexity=5, neighbours=5))


@pytest.mark.parametrize("method", NEIGHBOURS)
def test_points_that_are_all_the_same_stay_on_one_place(method: str) -> None:
    assert not project(np.full((90, 3), 2.5, np.float32), method).any()


def test_one_point_is_projected_by_the_linear_methods() -> None:
    assert project(cloud(1, 3), "raw").tolist() == cloud(1, 3)[:, :2].tolist()
    assert project(cloud(1, 3), "pca").tolist() == [[0, 0]]


@pytest.mark.parametrize("method", NEIGHBOURS)
def test_frames_come_as_it_iterates_from_the_pca_to_the_result(clusters: np.ndarray, method: str) -> None:
    shares: list[float] = []
    frames: list[np.ndarray] = []

    def on_frame(share: float, layout: np.ndarray) -> None:
        shares.append(share)
        frames.append(layout)

    result = methods.project(clusters, ProjectionConfig(method), on_frame)  # type: ignore[arg-type]
    assert np.array_equal(frames[0], project(clusters, "pca"))
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert 0.9 < shares[-1] <= 1
    assert len(frames) > 5
    assert all(frame.shape == (300, 2) and frame.dtype == np.float32 for frame in frames)
    step = np.abs(frames[-1] - result).max()
    assert step < 0.05 * np.abs(result).max()


@pytest.mark.parametrize("method", NEIGHBOURS)
@pytest.mark.parametrize("after", [1, 4])
def test_raising_cancelled_stops_it(clusters: np.ndarray, method: str, after: int) -> None:
    calls: list[float] = []

    def on_frame(share: float, _: np.ndarray) -> None:
        calls.append(share)
        if len(calls) == after:
            raise Cancelled

    with pytest.raises(Cancelled):
        methods.project(clusters, ProjectionConfig(method), on_frame)  # type: ignore[arg-type]
    assert len(calls) == after


@pytest.mark.parametrize("dims", first_in_make_test([2, 3]))
def test_the_exact_gradient_is_as_good_as_the_libraries_approximation(
    dims: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "EXAGGERATED", 50)
    monkeypatch.setattr(methods, "PLAIN", 100)
    points = cloud(300, 6)
    ours = project(points, "tsne", dims)
    monkeypatch.setattr(methods, "EXACT_POINTS", 0)
    theirs = project(points, "tsne", dims)
    assert not np.array_equal(ours, theirs)
    assert_as_good(points, ours, theirs)


@pytest.mark.parametrize("dims", first_in_make_test([2, 3]))
def test_a_layout_by_torch_is_as_good_and_the_same_every_time(dims: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "EXAGGERATED", 50)
    monkeypatch.setattr(methods, "PLAIN", 100)
    points, config = cloud(300, 6), ProjectionConfig("tsne", dims)
    ours, again = (methods.project(points, config, gpu="cpu") for _ in range(2))
    assert np.array_equal(ours, again)
    compiled = methods.project(points, config)
    assert not np.array_equal(ours, compiled)
    assert_as_good(points, ours, compiled)


@pytest.mark.parametrize("latent_dim", [2, methods.TREE_DIMS, methods.TREE_DIMS + 1, 20])
def test_the_nearest_are_found_exactly_in_any_number_of_dimensions(latent_dim: int) -> None:
    points = np.concatenate([cloud(80, latent_dim), cloud(10, latent_dim)])  # the last ten are the first ten again
    indices, distances = methods._nearest(points, 7)
    apart = np.sqrt(((points[:, None].astype(float) - points) ** 2).sum(-1))
    np.fill_diagonal(apart, np.inf)
    apart /= np.abs(points - points.mean(axis=0, dtype=np.float64)).max()
    assert np.allclose(distances, np.sort(apart, axis=1)[:, :7], atol=1e-6)
    assert np.allclose(np.take_along_axis(apart, indices, axis=1), distances, atol=1e-6)


@pytest.mark.parametrize("method", NEIGHBOURS)
@pytest.mark.parametrize(("scale", "offset"), first_in_make_test([(1e25, 0), (1e-25, 0), (1e-2, 1e4)]))
def test_a_layout_is_as_good_whatever_the_unit_and_the_origin_of_latent_space(
    method: str, scale: float, offset: float
) -> None:
    points, options = cloud(200, 8), {"perplexity": 10, "neighbours": 10}
    elsewhere = (scale * points.astype(np.float64) + offset).astype(np.float32)
    assert_as_good(points, project(elsewhere, method, **options), project(points, method, **options))


# ---- raw -------------------------------------------------------------------------------------------------------------


def test_a_raw_projection_is_some_of_the_latent_dimensions() -> None:
    points = cloud(5, 4)
    assert np.array_equal(project(points, "raw"), points[:, :2])
    assert np.array_equal(project(points, "raw", axes=(3, 1)), points[:, [3, 1]])
    assert np.array_equal(project(points, "raw", 3, axes=(3, 1, 0)), points[:, [3, 1, 0]])


def test_axes_that_are_missing_are_zero() -> None:
    points = cloud(5, 1)
    assert np.array_equal(project(points, "raw"), np.column_stack([points, np.zeros(5)]))
    assert not project(cloud(5, 2), "raw", 3, axes=(1, 0))[:, 2].any()


# ---- quality ---------------------------------------------------------------------------------------------------------


def by_definition(points: np.ndarray, layout: np.ndarray, k: int) -> tuple[float, float, float]:
    """Trustworthiness, continuity and the neighbours kept, as their definitions say, one point at a time."""
    n = len(points)
    false = missing = kept = 0.0
    for i in range(n):
        true = [j for j in np.linalg.norm(points - points[i], axis=1).argsort() if j != i]
        drawn = [j for j in np.linalg.norm(layout - layout[i], axis=1).argsort() if j != i]
        false += sum(true.index(j) + 1 - k for j in set(drawn[:k]) - set(true[:k]))
        missing += sum(drawn.index(j) + 1 - k for j in set(true[:k]) - set(drawn[:k]))
        kept += len(set(true[:k]) & set(drawn[:k]))
    scale = 2 / (n * k * (2 * n - 3 * k - 1))
    return 1 - scale * false, 1 - scale * missing, kept / (n * k)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_the_quality_is_that_of_its_definition_and_of_scikit_learn(k: int) -> None:
    points = cloud(120, 8).astype(np.float64)
    layout = project(points, "pca") + np.random.default_rng(1).normal(0, 0.3, (120, 2))
    numbers = measured(points, layout, k)
    np.testing.assert_allclose(numbers, by_definition(points, layout, k), atol=1e-12)
    np.testing.assert_allclose(numbers[0], trustworthiness(points, layout, n_neighbors=k), atol=1e-12)
    np.testing.assert_allclose(numbers[1], trustworthiness(layout, points, n_neighbors=k), atol=1e-12)
    found = quality(points, layout, k)
    assert (found.protocol, found.neighbours) == (f"{k} nearest neighbours of all 120 points, Euclidean", k)


def by_ranks(points: np.ndarray, layout: np.ndarray, ks: Sequence[int]) -> list[tuple[float, float, float]]:
    """The same of many points, for each k; of those that are equally far, the first in order are the neighbours."""
    n = len(points)
    distances = [np.square(space[:, None] - space[None]).sum(axis=2) for space in (points, layout)]
    for rows in distances:
        np.fill_diagonal(rows, np.inf)
    nearest = [np.argsort(rows, axis=1, kind="stable")[:, : max(ks)] for rows in distances]
    excess = []  # of each neighbour in one space its rank in the other, from 0
    for rows, others in zip(distances, nearest[::-1], strict=True):
        ordered, far = np.sort(rows, axis=1), np.take_along_axis(rows, others, axis=1)
        excess.append(np.array([np.searchsorted(row, these) for row, these in zip(ordered, far, strict=True)]))
    found = []
    for k in ks:
        false, missing = (np.maximum(1 + ranks[:, :k] - k, 0).sum() for ranks in excess)
        scale = 2 / (n * k * (2 * n - 3 * k - 1))
        kept = sum(len(set(a[:k]) & set(b[:k])) for a, b in zip(*nearest, strict=True))
        found.append((1 - scale * false, 1 - scale * missing, kept / (n * k)))
    return found


@pytest.mark.parametrize("equally_far", first_in_make_test(["some", "none", "most"]))
def test_the_quality_of_many_points_is_that_of_its_definition(equally_far: str) -> None:
    rng = np.random.default_rng(2)
    half = rng.normal(0, 30, (1300, 3))
    half = {"none": half, "some": half.round(), "most": (half / 3).round()}[equally_far]
    different = np.unique(np.concatenate([half, -half]), axis=0)  # about 0 exactly: what is equally far stays so
    points = rng.permutation(different)
    layout, ks = points[:, :2], (1, 10)
    for k, expected in zip(ks, by_ranks(points, layout, ks), strict=True):
        np.testing.assert_allclose(measured(points, layout, k), expected, atol=1e-12)


def test_a_layout_that_loses_nothing_is_perfect_and_a_random_one_is_not() -> None:
    points = cloud(200, 2)
    assert measured(points, 3 * points[:, ::-1] + 7) == (1, 1, 1)
    trusted, continuous, kept = measured(points, np.random.default_rng(0).random((200, 2)))
    assert 0.4 < trusted < 0.6
    assert 0.4 < continuous < 0.6
    assert kept < 0.1


def test_many_points_are_measured_by_a_sample() -> None:
    points = cloud(400, 8)
    layout = project(points, "pca")
    whole = measured(points, layout)
    found = quality(points, layout, most_pairs=100 * 400)
    assert found.protocol == "10 nearest neighbours of 100 of 400 points, Euclidean"
    assert found == quality(points, layout, most_pairs=100 * 400)
    part = found.trustworthiness, found.continuity
    np.testing.assert_allclose(np.array(part), np.array(whole[:2]), atol=0.05)


@pytest.mark.parametrize(("n", "k"), [(3, 1), (4, 1), (9, 4)])
def test_few_points_have_a_quality_of_fewer_neighbours(n: int, k: int) -> None:
    layout = np.random.default_rng(0).random((n, 2))
    assert all(0 <= number <= 1 for number in measured(cloud(n, 4), layout))
    assert quality(cloud(n, 4), layout).neighbours == k


@pytest.mark.parametrize(
    ("points", "layout", "why"),
    [
        (cloud(1, 4), np.zeros((1, 2)), "There is one point: it has no neighbours to compare."),
        (np.ones((4, 3), np.float32), cloud(4, 2), "All 4 points are the same in latent space"),
        (np.repeat(cloud(2, 3), 50, axis=0), cloud(100, 2), "only two different points among 100"),
        (cloud(40, 3), np.ones((40, 2), np.float32), "All 40 points lie on one place of this map"),
    ],
    ids=["one point", "the same code", "two codes", "one place"],
)
def test_where_no_neighbours_can_be_compared_the_quality_says_why_and_has_no_number(
    points: np.ndarray, layout: np.ndarray, why: str
) -> None:
    found = quality(points, layout)
    assert (found.trustworthiness, found.continuity, found.neighbours_kept, found.neighbours) == (None,) * 4
    assert why in found.protocol


def test_of_points_that_are_the_same_one_counts() -> None:
    points, layout = cloud(60, 4), project(cloud(60, 4), "pca")
    order = np.random.default_rng(0).permutation(120) % 60
    found = quality(points[order], layout[order])
    assert found.protocol == "10 nearest neighbours of all 60 different points among 120, Euclidean"
    np.testing.assert_allclose(measured(points[order], layout[order]), measured(points, layout), atol=1e-12)


def test_far_from_the_origin_the_quality_is_the_same() -> None:
    points = cloud(100, 5)
    layout = project(points, "pca")
    assert measured(points.astype(np.float64) + 1e4, layout) == measured(points, layout)


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_latents_that_are_not_finite_are_refused(method: Any, bad: float) -> None:
    points = cloud(100, 3)
    points[50, 1] = bad
    with pytest.raises(ValueError, match="must be finite"):
        project(points, method)


@pytest.mark.parametrize(
    ("method", "least", "name"), [("raw", 1, "Raw"), ("pca", 1, "PCA"), ("tsne", 6, "t-SNE"), ("umap", 3, "UMAP")]
)
def test_too_few_points_are_refused_with_the_number_needed(method: Any, least: int, name: str) -> None:
    for n in {0, least - 1}:
        with pytest.raises(ValueError, match=rf"^{name} needs at least {least} pictures, and there are {n}; .*\.$"):
            project(cloud(n, 3), method)


def test_axes_beyond_the_latent_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="axes must be below 3, the number of latent dimensions"):
        project(cloud(10, 3), "raw", axes=(0, 3))
