"""PCA against scikit-learn's; t-SNE by what it promises."""

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

from vae.latents import decode
from vae.projections import METHODS, Pca, fit_pca, project


def cloud(n: int, latent_dim: int, seed: int = 0) -> np.ndarray:
    """Points of very different spread along mixed axes, off the origin."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(latent_dim, latent_dim)) * 0.5 ** np.arange(latent_dim)[:, None]
    return (rng.normal(size=(n, latent_dim)) @ mixing + rng.normal(size=latent_dim)).astype(np.float32)


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


def test_lifting_goes_back_exactly_where_no_dimension_is_lost() -> None:
    points = cloud(50, 3)
    pca = fit_pca(points, 3)
    np.testing.assert_allclose(pca.lift(pca.project(points)), points, atol=1e-5)


def test_projecting_what_was_lifted_gives_the_same_coordinates() -> None:
    pca, coordinates = fit_pca(cloud(50, 10), 2), cloud(20, 2, seed=1)
    lifted = pca.lift(coordinates)
    assert lifted.shape == (20, 10)
    np.testing.assert_allclose(pca.project(lifted), coordinates, atol=1e-5)


def test_lifting_leaves_the_other_components_at_the_mean() -> None:
    points = cloud(50, 10)
    theirs, ours = PCA(2).fit(points.astype(np.float64)), fit_pca(points, 2)
    np.testing.assert_allclose(
        ours.lift(ours.project(points)), theirs.inverse_transform(theirs.transform(points)), atol=1e-5
    )


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
    np.testing.assert_allclose(pca.lift(plane), points, atol=1e-5)


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
    pca = Pca(np.float32([1, 1]), np.float32([[0, 1]]), np.float32([1]))
    assert pca.project(np.float32([[5, 3]])).tolist() == [[2]]
    assert pca.lift(np.float32([[2]])).tolist() == [[1, 3]]


# ---- t-SNE -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clusters() -> np.ndarray:
    """150 points here, 150 far away, one after the other."""
    points = np.random.default_rng(0).normal(size=(300, 10)).astype(np.float32)
    points[1::2] += 10
    return points


@pytest.fixture(scope="module")
def layout(clusters: np.ndarray) -> np.ndarray:
    return project(clusters, "tsne")


def test_tsne_keeps_far_clusters_apart(layout: np.ndarray) -> None:
    assert layout.shape == (300, 2)
    assert layout.dtype == np.float32
    assert np.isfinite(layout).all()
    distances = np.linalg.norm(layout[:, None] - layout, axis=2) + np.diag(np.full(300, np.inf))
    nearest = distances.argsort(axis=1)[:, :10]
    assert (nearest % 2 == np.arange(300)[:, None] % 2).all()  # all ten neighbours are of the own cluster


def test_tsne_is_the_same_for_the_same_seed(clusters: np.ndarray, layout: np.ndarray) -> None:
    np.random.default_rng().random(3)
    assert np.array_equal(project(clusters, "tsne"), layout)


@pytest.mark.parametrize(
    ("points", "dims"),
    [(cloud(90, 1), 2), (cloud(90, 2), 3), (np.zeros((90, 3), np.float32), 2)],
    ids=["one latent dimension", "a plane in space", "identical points"],
)
def test_tsne_copes_with_fewer_directions_than_dims(points: np.ndarray, dims: int) -> None:
    space = project(points, "tsne", dims)
    assert space.shape == (90, dims)
    assert np.isfinite(space).all()


# ---- what it refuses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_latents_that_are_not_finite_are_refused(method: Any, bad: float) -> None:
    points = cloud(100, 3)
    points[50, 1] = bad
    with pytest.raises(ValueError, match="must be finite"):
        project(points, method)


@pytest.mark.parametrize(("method", "least"), [("pca", 2), ("tsne", 90)])
def test_too_few_points_are_refused_with_the_number_needed(method: Any, least: int) -> None:
    for n in {0, 1, least - 1}:
        with pytest.raises(ValueError, match=f"number of points must be at least {least} for {method}, not {n}"):
            project(cloud(n, 3), method)


@pytest.mark.parametrize("method", ["umap", "PCA", "", None])
def test_an_unknown_method_is_refused_by_name(method: Any) -> None:
    with pytest.raises(ValueError, match=f"method must be pca or tsne, not {method!r}"):
        project(cloud(100, 3), method)


@pytest.mark.parametrize("dims", [0, 1, 4, "2", None])
def test_other_dims_are_refused(dims: Any) -> None:
    with pytest.raises(ValueError, match="dims must be 2 or 3"):
        project(cloud(100, 3), "pca", dims)


# ---- on a trained model ----------------------------------------------------------------------------------------------


def test_decoding_a_lifted_point_of_the_map_gives_the_picture_of_its_latent_vector(digits_checkpoint: Any) -> None:
    encoded, model = digits_checkpoint.load_encoded(), digits_checkpoint.load_model()
    pca = fit_pca(encoded.mean, 2)
    lifted = decode(model, pca.lift(pca.project(encoded.mean)))
    assert np.abs(lifted.astype(int) - decode(model, encoded.mean)).max() <= 1
