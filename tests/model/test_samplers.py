"""Densities against torch and scipy, fits against known mixtures."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.covariance import ledoit_wolf
from threadpoolctl import threadpool_info
from torch import distributions

from vae.model.latents import sample
from vae.model.samplers import (
    LEAST_CODES,
    LEAST_IN_CLASS,
    Mixture,
    MixtureFit,
    fit_mixture,
    per_class,
    posterior_of,
    sample_aggregate_posterior,
    standard_normal,
)

CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-5}


def covariances(mixture: Mixture) -> np.ndarray:
    return mixture.factors @ mixture.factors.transpose(0, 2, 1)


def some_mixture(k: int = 3, d: int = 4, seed: int = 0) -> Mixture:
    """Means a few units apart, correlated dimensions."""
    rng = np.random.default_rng(seed)
    factors = np.tril(rng.normal(size=(k, d, d)), -1) + np.eye(d) * rng.uniform(0.3, 2, (k, d, 1))
    return Mixture(rng.dirichlet(np.ones(k)), rng.normal(0, 3, (k, d)), factors)


def noise_and_choice(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d), np.float32), rng.random(n)


# ---- log_density -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "d"), [(1, 1), (1, 5), (3, 4), (7, 20)])
def test_the_log_density_is_that_of_torch_distributions(k: int, d: int) -> None:
    mixture, z = some_mixture(k, d), np.random.default_rng(1).normal(0, 4, (50, d))
    reference = distributions.MixtureSameFamily(
        distributions.Categorical(torch.from_numpy(mixture.weights)),
        distributions.MultivariateNormal(torch.from_numpy(mixture.means), scale_tril=torch.from_numpy(mixture.factors)),
    )
    np.testing.assert_allclose(mixture.log_density(z), reference.log_prob(torch.from_numpy(z)), rtol=1e-9)


@pytest.mark.parametrize("d", [1, 3, 512])
def test_the_prior_s_log_density_is_that_of_scipy(d: int) -> None:
    z = sample(20, d, seed=0)
    np.testing.assert_allclose(standard_normal(d).log_density(z), stats.norm.logpdf(z.astype(float)).sum(1), rtol=1e-9)


def test_far_from_all_components_the_log_density_is_finite() -> None:
    far = np.full((1, 4), 1e6)
    assert -1e14 < some_mixture().log_density(far)[0] < -1e10


def test_a_component_of_weight_zero_adds_nothing_and_is_never_drawn() -> None:
    mixture = Mixture(np.array([0, 1, 0], np.float64), np.array([[0], [5], [9]], np.float64), np.ones((3, 1, 1)))
    z = np.array([[0], [5]], np.float64)
    np.testing.assert_allclose(mixture.log_density(z), stats.norm.logpdf(z[:, 0], 5))
    noise, choice = noise_and_choice(1000, 1)
    choice[:2] = 0, np.nextafter(1, 0)
    np.testing.assert_array_equal(mixture.from_noise(noise, choice, temperature=0), np.full((1000, 1), 5))


# ---- draw and sample -------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.integers(0, 30), st.integers(1, 5), st.integers(1, 12))
def test_the_first_samples_do_not_depend_on_how_many_are_drawn(seed: int, few: int, more: int, k: int, d: int) -> None:
    mixture = some_mixture(k, d)
    samples = mixture.sample(few + more, seed)
    assert samples.shape == (few + more, d)
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    np.testing.assert_allclose(samples[:few], mixture.sample(few, seed), rtol=1e-6, atol=1e-6)


def test_samples_are_fixed_by_their_seed_and_by_nothing_else() -> None:
    first = some_mixture().sample(20, seed=5)
    np.random.default_rng().random(3)
    assert np.array_equal(first, some_mixture().sample(20, seed=5))
    assert not np.array_equal(first, some_mixture().sample(20, seed=6))


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_samples_of_the_prior_are_those_of_latents_sample(temperature: float) -> None:
    samples = standard_normal(7).sample(50, seed=3, temperature=temperature)
    assert np.array_equal(samples, sample(50, 7, seed=3, temperature=temperature))


def test_samples_have_the_moments_of_the_mixture() -> None:
    mixture, n = some_mixture(), 200_000
    z = mixture.sample(n, seed=0).astype(np.float64)
    mean = mixture.weights @ mixture.means
    apart = mixture.means - mean
    covariance = np.einsum("k,kij->ij", mixture.weights, covariances(mixture) + apart[:, :, None] * apart[:, None])
    np.testing.assert_allclose(z.mean(0), mean, atol=5 * np.sqrt(covariance.max() / n))
    np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.02 * np.abs(covariance).max())


def test_components_are_sampled_as_often_as_their_weights_say() -> None:
    mixture = Mixture(np.array([0.7, 0.2, 0.1]), np.array([[0.0], [10.0], [20.0]]), np.ones((3, 1, 1)))
    counts = np.bincount((mixture.sample(100_000, seed=0, temperature=0)[:, 0] / 10).astype(int))
    assert stats.chisquare(counts, 100_000 * mixture.weights).pvalue > 0.001


def test_the_noise_is_independent_of_the_component() -> None:
    mixture = Mixture(np.array([0.5, 0.5], np.float64), np.array([[0], [100]], np.float64), np.ones((2, 1, 1)))
    z = mixture.sample(100_000, seed=0)[:, 0]
    low, high = z[z < 50], z[z > 50] - 100
    assert stats.ks_2samp(low, high).pvalue > 0.001


def test_at_temperature_zero_every_draw_is_the_mean_of_its_component() -> None:
    mixture = some_mixture()
    noise, _ = noise_and_choice(3, 4)
    middles = np.cumsum(mixture.weights) - mixture.weights / 2
    assert np.array_equal(mixture.from_noise(noise, middles, temperature=0), mixture.means.astype(np.float32))


@given(st.floats(0, 3), st.integers(1, 5), st.integers(1, 12))
def test_with_the_same_noise_a_changed_temperature_moves_draws_along_straight_lines(t: float, k: int, d: int) -> None:
    mixture, (noise, choice) = some_mixture(k, d), noise_and_choice(20, d)
    still, plain, warm = (mixture.from_noise(noise, choice, temperature) for temperature in (0, 1, t))
    np.testing.assert_allclose(warm, still + t * (plain - still), **CLOSE)


def test_the_same_noise_can_be_used_with_different_mixtures() -> None:
    noise, choice = noise_and_choice(30, 4)
    mixture = Mixture(np.ones(1), np.full((1, 4), 2.0), 3 * np.eye(4)[None])
    np.testing.assert_allclose(standard_normal(4).from_noise(noise, choice), noise)
    np.testing.assert_allclose(mixture.from_noise(noise, choice), 2 + 3 * noise, **CLOSE)


@pytest.mark.parametrize("shape", [(5, 3), (4, 4), (5,)])
def test_noise_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"shape of noise must be \(5, 4\), not"):
        some_mixture().from_noise(np.zeros(shape), np.zeros(5))


@pytest.mark.parametrize("bad", [-0.1, 1.0, np.nan])
def test_a_choice_that_is_not_below_one_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="choice must be numbers from 0 to below 1"):
        some_mixture().from_noise(np.zeros((2, 4)), np.array([0.5, bad]))


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_a_negative_or_infinite_temperature_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="temperature must be 0 or more, not"):
        some_mixture().sample(2, seed=0, temperature=bad)


@pytest.mark.parametrize(
    ("weights", "factors", "message"),
    [
        ([0.5, 0.6], np.ones((2, 1, 1)), "weights must be 2 numbers from 0 up that sum to 1"),
        ([1.5, -0.5], np.ones((2, 1, 1)), "weights must be 2 numbers from 0 up that sum to 1"),
        ([1.0], np.ones((2, 1, 1)), "weights must be 2 numbers"),
        ([0.5, 0.5], np.ones((2, 1)), r"shape of factors must be \(2, 1, 1\), not \(2, 1\)"),
        ([0.5, 0.5], np.zeros((2, 1, 1)), "smallest diagonal entry of factors must be above 0, not 0.0"),
    ],
)
def test_invalid_parameters_of_a_mixture_are_refused(weights: list[float], factors: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mixture(np.array(weights), np.zeros((2, 1)), factors)


def test_latent_vectors_of_another_model_have_no_density() -> None:
    with pytest.raises(ValueError, match=r"shape of z must be \(n, 1\), not \(5, 2\)"):
        standard_normal(1).log_density(np.zeros((5, 2)))


# ---- one image, all images -------------------------------------------------------------------------------------------


def test_the_posterior_of_an_image_is_the_diagonal_gaussian_of_its_encoder() -> None:
    mean, logvar = np.array([1, -2, 0], np.float32), np.array([0, -3, 2], np.float32)
    z = sample(20, 3, seed=0)
    posterior = posterior_of(mean, logvar)
    reference = distributions.Normal(torch.from_numpy(mean).double(), torch.from_numpy(logvar / 2).double().exp())
    np.testing.assert_allclose(posterior.log_density(z), reference.log_prob(torch.from_numpy(z)).sum(1), rtol=1e-6)
    np.testing.assert_allclose(posterior.sample(5, 1), mean + np.exp(logvar / 2) * sample(5, 3, 1), rtol=1e-6)


def test_aggregate_draws_take_one_z_from_the_posterior_of_each_image() -> None:
    mean = np.random.default_rng(0).normal(0, 100, (20_000, 2)).astype(np.float32)
    logvar = np.tile(np.array([-2, 1], np.float32), (20_000, 1))
    z = sample_aggregate_posterior(mean, logvar, seed=0)
    assert z.shape == mean.shape
    assert z.dtype == np.float32
    for away, deviation in zip((z - mean).T, np.exp([-1, 0.5]), strict=True):
        assert stats.kstest(away / deviation, "norm").pvalue > 0.001
    assert np.array_equal(z, sample_aggregate_posterior(mean, logvar, seed=0))
    assert not np.array_equal(z, sample_aggregate_posterior(mean, logvar, seed=1))


# ---- fit_mixture -----------------------------------------------------------------------------------------------------

THREE = Mixture(
    np.array([0.5, 0.3, 0.2], np.float64),
    np.array([[0, 0], [10, 0], [0, 10]], np.float64),
    np.array([[[1, 0], [0, 1]], [[0.5, 0], [0.5, 1]], [[2, 0], [-1, 0.3]]], np.float64),
)


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    """Three separate clusters."""
    return THREE.sample(4000, seed=1)


@pytest.fixture(scope="module")
def fit(codes: np.ndarray) -> MixtureFit:
    return fit_mixture(codes)


def test_a_mixture_of_three_is_found_again(fit: MixtureFit) -> None:
    assert fit.mixture.components == 3
    assert fit.mixture.latent_dim == 2
    np.testing.assert_allclose(fit.mixture.weights, THREE.weights, atol=0.03)
    np.testing.assert_allclose(fit.mixture.means, THREE.means, atol=0.2)
    np.testing.assert_allclose(covariances(fit.mixture), covariances(THREE), atol=0.5)


@pytest.mark.parametrize("d", [1, 2, 10])
def test_for_one_gaussian_more_components_gain_nothing(d: int) -> None:
    gaussian = some_mixture(1, d)
    codes = gaussian.sample(2000, seed=0)
    fit = fit_mixture(codes)
    assert max(fit.log_density_by_components) < 64  # the search has ended
    held_out = codes[fit.held_out]
    assert fit.mixture.log_density(held_out).mean() > gaussian.log_density(held_out).mean() - 0.1


def test_the_number_of_components_is_the_one_under_which_a_quarter_of_the_codes_is_likeliest(
    fit: MixtureFit, codes: np.ndarray
) -> None:
    judges = codes[np.random.default_rng(0).permutation(4000)[1000:2000]].astype(np.float64)
    parts = [
        math.log(weight) + stats.multivariate_normal(mean, covariance).logpdf(judges)
        for weight, mean, covariance in zip(
            fit.mixture.weights, fit.mixture.means, covariances(fit.mixture), strict=True
        )
    ]
    likelihood = np.logaddexp.reduce(parts, axis=0).mean()
    density = fit.log_density_by_components
    assert density[fit.mixture.components] == pytest.approx(likelihood, rel=1e-9) == max(density.values())


def test_the_search_ends_when_the_likelihood_has_fallen_twice_in_a_row(fit: MixtureFit) -> None:
    assert list(fit.log_density_by_components)[:6] == [1, 2, 3, 4, 6, 8]
    steps = np.diff(list(fit.log_density_by_components.values()))
    assert (steps[-2:] < 0).all() or list(fit.log_density_by_components)[-1] == 64


def test_many_clusters_need_many_components() -> None:
    """A BIC of held-out codes, which penalises twice, chose three of these twelve."""
    grid = np.array([[x, y] for x in range(4) for y in range(3)], np.float64)
    clusters = Mixture(np.full(12, 1 / 12), 5 * grid, np.tile(np.eye(2), (12, 1, 1)))
    assert fit_mixture(clusters.sample(400, seed=0)).mixture.components >= 12


def test_a_quarter_of_the_codes_is_used_neither_to_fit_nor_to_choose(fit: MixtureFit, codes: np.ndarray) -> None:
    assert fit.held_out.shape == (1000,)
    assert (np.diff(fit.held_out) > 0).all()
    others = codes.copy()
    others[fit.held_out] = 1000
    again = fit_mixture(others)
    assert np.array_equal(again.held_out, fit.held_out)
    assert again.log_density_by_components == fit.log_density_by_components
    np.testing.assert_array_equal(again.mixture.means, fit.mixture.means)


def test_a_fit_is_the_same_for_the_same_seed_also_beside_another(fit: MixtureFit, codes: np.ndarray) -> None:
    pools = [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()]
    with ThreadPoolExecutor(2) as workers:
        twins = list(workers.map(fit_mixture, [codes, codes]))
    for twin in twins:
        assert twin.log_density_by_components == fit.log_density_by_components
        assert np.array_equal(twin.mixture.factors, fit.mixture.factors)
        assert np.array_equal(twin.held_out, fit.held_out)
    assert not np.array_equal(fit_mixture(codes, seed=2**40).held_out, fit.held_out)
    assert [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()] == pools


def test_the_fit_follows_the_codes_when_they_are_stretched_and_moved(fit: MixtureFit, codes: np.ndarray) -> None:
    stretch, move = np.array([1e-3, 50], np.float64), np.array([1, -200], np.float64)
    moved = fit_mixture((codes * stretch + move).astype(np.float32)).mixture
    np.testing.assert_allclose(moved.weights, fit.mixture.weights, atol=1e-3)
    np.testing.assert_allclose((moved.means - move) / stretch, fit.mixture.means, atol=0.01)
    np.testing.assert_allclose(moved.factors / stretch[:, None], fit.mixture.factors, atol=0.01)


def test_components_come_with_the_largest_weight_first(fit: MixtureFit) -> None:
    assert (np.diff(fit.mixture.weights) <= 0).all()


def test_no_more_components_are_tried_than_asked_for(codes: np.ndarray) -> None:
    assert list(fit_mixture(codes[:200], max_components=2).log_density_by_components) == [1, 2]
    assert list(fit_mixture(codes[:200], max_components=1).log_density_by_components) == [1]


@settings(max_examples=15)
@given(st.integers(LEAST_CODES, 80), st.sampled_from([1, 2, 7, 60]), st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_few_codes_of_any_dimension_and_size_can_be_fitted(n: int, d: int, seed: int, size: float) -> None:
    codes = sample(n, d, seed, temperature=size)
    fit = fit_mixture(codes, seed=seed)
    assert len(fit.held_out) == n // 4
    assert fit.mixture.components <= max(1, (n - 2 * (n // 4)) // (5 * (d + 1)))
    assert np.isfinite(list(fit.log_density_by_components.values())).all()
    assert np.isfinite(fit.mixture.sample(10, seed=0)).all()
    assert np.isfinite(fit.mixture.log_density(codes)).all()


def test_in_512_dimensions_a_few_codes_make_a_gaussian_close_to_their_diagonal() -> None:
    codes = sample(100, 512, seed=0)
    mixture = fit_mixture(codes).mixture
    assert mixture.components == 1
    off = covariances(mixture)[0] - np.diag(np.diag(covariances(mixture)[0]))
    assert np.abs(off).max() < 0.05
    np.testing.assert_allclose(np.diag(covariances(mixture)[0]).mean(), 1, atol=0.05)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_codes_that_are_all_the_same_make_one_narrow_gaussian_around_them(value: float) -> None:
    codes = np.full((300, 2), value, np.float32)
    codes[:, 1] = sample(300, 1, seed=0)[:, 0]
    mixture = fit_mixture(codes).mixture
    assert mixture.components == 1
    z = mixture.sample(1000, seed=0)
    np.testing.assert_allclose(z[:, 0], value, rtol=1e-6, atol=0.01)
    assert z[:, 1].std() == pytest.approx(1, rel=0.2)


def test_codes_of_a_few_values_only_can_be_fitted() -> None:
    codes = np.repeat(np.array([[0, 0], [1, 1]], np.float32), 100, axis=0)
    mixture = fit_mixture(codes).mixture
    assert set(np.rint(mixture.sample(100, seed=0, temperature=0)[:, 0] * 2).astype(int)) <= {0, 1, 2}
    assert np.isfinite(mixture.log_density(codes)).all()


@pytest.mark.parametrize("n", [0, 1, LEAST_CODES - 1])
def test_too_few_codes_are_refused_with_the_number_needed(n: int) -> None:
    with pytest.raises(ValueError, match=rf"^number of codes must be at least {LEAST_CODES}, not {n}\.$"):
        fit_mixture(np.zeros((n, 3), np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_codes_that_are_not_finite_are_refused_everywhere(bad: float) -> None:
    codes = sample(50, 3, seed=0)
    codes[[4, 9], 1] = bad
    for refuse in (lambda: fit_mixture(codes), lambda: per_class(codes, np.zeros(50, np.int64), 1)):
        with pytest.raises(ValueError, match=r"^number of codes with NaN or infinity must be 0, not 2\.$"):
            refuse()


@pytest.mark.parametrize("bad", [0, -1, 2.0, True, None])
def test_an_invalid_number_of_components_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="max_components must be a whole number from 1, not"):
        fit_mixture(sample(50, 3, seed=0), max_components=bad)


@pytest.mark.parametrize("bad", [0, -1, 2.0])
def test_a_prior_needs_dimensions(bad: Any) -> None:
    with pytest.raises(ValueError, match="latent_dim must be a whole number from 1, not"):
        standard_normal(bad)


# ---- per_class -------------------------------------------------------------------------------------------------------


def test_a_class_of_many_codes_is_the_gaussian_of_its_codes(codes: np.ndarray) -> None:
    labels = np.digitize(codes.max(axis=1), [5])
    for label, gaussian in enumerate(per_class(codes, labels, 2)):
        assert gaussian is not None
        own = codes[labels == label].astype(np.float64)
        np.testing.assert_allclose(gaussian.means, own.mean(0)[None], **CLOSE)
        np.testing.assert_allclose(covariances(gaussian)[0], np.cov(own.T), rtol=0.01, atol=0.05)


@pytest.mark.parametrize(("n", "d"), [(10, 2), (29, 5), (30, 5), (12, 40), (500, 6)])
def test_few_codes_are_shrunk_towards_their_diagonal_by_the_share_of_ledoit_and_wolf(n: int, d: int) -> None:
    codes = some_mixture(1, d).sample(n, seed=0)
    (gaussian,) = per_class(codes, np.zeros(n, np.int64), 1)
    assert gaussian is not None
    exact = codes.astype(np.float64)
    share = 0 if n >= 5 * (d + 1) else ledoit_wolf((exact - exact.mean(0)) / exact.std(0))[1]
    covariance = np.cov(exact.T)
    expected = (1 - share) * covariance + share * np.diag(np.diag(covariance))
    np.testing.assert_allclose(covariances(gaussian)[0], expected, rtol=1e-4, atol=1e-5)


def test_classes_of_too_few_codes_or_none_have_no_gaussian() -> None:
    labels = np.repeat([0, 2, 3], [LEAST_IN_CLASS, LEAST_IN_CLASS - 1, 50])
    gaussians = per_class(sample(len(labels), 30, seed=0), labels, 5)
    assert [gaussian is None for gaussian in gaussians] == [False, True, True, False, True]
    assert per_class(np.zeros((0, 3), np.float32), np.zeros(0, np.int64), 2) == (None, None)


@given(arrays(np.float32, (12, 3), elements=st.floats(-1000, 1000, width=32)))
def test_any_finite_codes_make_a_gaussian_that_can_be_drawn_from(codes: np.ndarray) -> None:
    (gaussian,) = per_class(codes, np.zeros(12, np.int64), 1)
    assert gaussian is not None
    assert np.isfinite(gaussian.sample(5, seed=0)).all()
    assert np.isfinite(gaussian.log_density(codes)).all()


@pytest.mark.parametrize("bad", [-1, 3])
def test_labels_that_are_no_class_are_refused(bad: int) -> None:
    with pytest.raises(ValueError, match="labels must be from 0 to 2, not"):
        per_class(sample(50, 3, seed=0), np.resize([0, bad], 50), 3)


def test_labels_of_other_codes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape of labels must be \(50,\), not \(49,\)"):
        per_class(sample(50, 3, seed=0), np.zeros(49, np.int64), 3)
