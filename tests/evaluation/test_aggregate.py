"""KL(q(z) || p(z)): both bounds against closed forms, numeric integrals and ELBO surgery."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from vae.evaluation import aggregate
from vae.evaluation.aggregate import AggregateKl, aggregate_kl, fit_aggregate, gaps, lower_bound, upper_bound
from vae.evaluation.metrics import elbo_surgery
from vae.model.flow import Flow, SecondStage
from vae.model.latents import EncodedSet, sample
from vae.model.networks import LOGVAR_BOUND
from vae.model.samplers import Mixture, fit_mixture, sample_aggregate_posterior, standard_normal
from vae.storage.checkpoints import read_checkpoint

SHIPPED = Path(__file__).parents[2] / "checkpoints"


def encoded_set(mean: np.ndarray, logvar: float = 0.0) -> EncodedSet:
    """Codes alone: what reconstruction and KL an image has does not matter here."""
    n, d = mean.shape
    none = np.zeros(n, np.float32)
    return EncodedSet(mean.astype(np.float32), np.full((n, d), logvar, np.float32), np.zeros(n, np.int64), none, none)


def bounds(encoded: EncodedSet, seed: int = 0) -> AggregateKl:
    draws = sample_aggregate_posterior(encoded.mean, encoded.logvar, seed)
    return aggregate_kl(encoded, draws, fit_mixture(draws))


def kl_to_the_prior(mean: np.ndarray, covariance: np.ndarray) -> float:
    """Closed form: (trace S + mean . mean - d - ln det S) / 2."""
    return 0.5 * float(np.trace(covariance) + mean @ mean - len(mean) - np.linalg.slogdet(covariance)[1])


@pytest.mark.parametrize(("d", "spread"), [(1, 1.0), (2, 0.6), (3, 1.2)])
def test_the_bounds_enclose_the_closed_form_where_the_aggregate_posterior_is_a_gaussian(d: int, spread: float) -> None:
    """Means N(m, spread² A) and posteriors of variance 1/4: an aggregate N(m, spread² A + 1/4)."""
    rng = np.random.default_rng(d)
    factor, centre = spread * np.linalg.qr(rng.normal(size=(d, d)))[0] * rng.uniform(0.5, 1.5, d), rng.normal(size=d)
    means = centre + rng.normal(size=(6000, d)) @ factor.T
    exact = kl_to_the_prior(centre, factor @ factor.T + np.eye(d) / 4)
    found = bounds(encoded_set(means, math.log(0.25)))
    assert found.lower.nats < exact + 4 * found.lower.standard_error
    assert found.lower.nats == pytest.approx(exact, abs=0.03 + 4 * found.lower.standard_error)
    assert found.upper.nats > exact - 4 * found.upper.standard_error
    assert found.upper.nats == pytest.approx(exact, abs=0.03 + 4 * found.upper.standard_error)


@pytest.mark.parametrize(
    ("places", "deviation"), [((-2.0, 0.5, 3.0), 0.3), ((0.0,), 1.0), ((-1.0, 1.0), 0.6), ((-6.0, 6.0), 0.1)]
)
def test_the_bounds_enclose_the_integral_where_the_aggregate_posterior_is_a_mixture(
    places: tuple[float, ...], deviation: float
) -> None:
    def integrand(z: float) -> float:
        density = float(np.mean(stats.norm.pdf(z, places, deviation)))
        return density * (math.log(density) - float(stats.norm.logpdf(z))) if density > 0 else 0.0

    exact, _ = integrate.quad(integrand, -12, 12, points=places, limit=500)
    encoded = encoded_set(np.random.default_rng(0).choice(places, (4000, 1)), 2 * math.log(deviation))
    found = bounds(encoded)
    for bound in (found.lower, found.upper):
        assert bound.nats == pytest.approx(exact, abs=0.02 + 4 * bound.standard_error)


def test_a_gaussian_of_the_same_mean_and_covariance_is_nearer_to_the_prior_than_the_lower_bound() -> None:
    """As on the latent map: of two clusters that balance, mean and covariance show nothing."""
    encoded = encoded_set(np.repeat([[-0.995], [0.995]], 2000, axis=0), math.log(1 - 0.995**2))
    found = bounds(encoded)
    assert kl_to_the_prior(np.zeros(1), np.eye(1)) == 0
    assert found.lower.nats > 1


def test_the_upper_bound_is_total_correlation_and_dimension_wise_kl_of_elbo_surgery() -> None:
    encoded = encoded_set(np.random.default_rng(0).normal(size=(500, 4)), -2)
    surgery = elbo_surgery(encoded, seed=3)
    draws = sample_aggregate_posterior(encoded.mean, encoded.logvar, seed=3)
    expected = surgery.total_correlation + surgery.dimension_wise_kl
    assert upper_bound(encoded, draws).nats == pytest.approx(expected, rel=1e-5)


def test_the_upper_bound_of_codes_that_do_not_overlap_falls_with_the_number_of_images() -> None:
    """There it is the mean KL of the posteriors less ln n, while the lower bound stays where it is."""
    generator = np.random.default_rng(0)
    small, large = (encoded_set(generator.normal(size=(n, 8)), -8) for n in (500, 4000))
    fewer, more = bounds(small), bounds(large)
    assert fewer.upper.nats - more.upper.nats == pytest.approx(math.log(4000 / 500), abs=0.6)
    assert more.lower.nats < 0.05
    assert more.upper.nats > 10


def test_of_many_images_the_upper_bound_uses_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "MOST_IMAGES", 200)
    encoded = encoded_set(np.random.default_rng(0).normal(size=(1000, 2)), -1)
    found = bounds(encoded)
    assert "of 200 images" in found.protocol
    assert found.lower.nats < found.upper.nats


@pytest.mark.parametrize("numbers", [1, 7 * 60])  # less than a row, seven rows
def test_the_upper_bound_does_not_depend_on_its_chunks(numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = encoded_set(np.random.default_rng(0).normal(size=(60, 3)), -2)
    draws = sample_aggregate_posterior(encoded.mean, encoded.logvar, 0)
    whole = upper_bound(encoded, draws)
    monkeypatch.setattr(aggregate, "CHUNK_NUMBERS", numbers)
    assert upper_bound(encoded, draws).nats == pytest.approx(whole.nats, rel=1e-6)


def test_a_mixture_that_misses_the_codes_gives_a_lower_bound_that_is_smaller() -> None:
    clusters = Mixture(np.full(2, 0.5), np.array([[-3.0], [3.0]]), np.full((2, 1, 1), 0.5))
    codes = clusters.sample(4000, seed=1)
    best = lower_bound(clusters, codes).nats
    assert lower_bound(fit_mixture(codes, max_components=1).mixture, codes).nats < best - 0.5
    assert lower_bound(standard_normal(1), codes).nats == 0


def test_the_standard_error_is_that_of_the_mean() -> None:
    gaussian = Mixture(np.ones(1), np.ones((1, 2)), np.array([[[2.0, 0.0], [0.5, 0.7]]]))
    repeats = [lower_bound(gaussian, gaussian.sample(500, seed)) for seed in range(300)]
    spread = np.std([repeat.nats for repeat in repeats])
    assert np.mean([repeat.standard_error for repeat in repeats]) == pytest.approx(spread, rel=0.15)


def test_what_has_no_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="number of draws must be at least 2, not 1"):
        lower_bound(standard_normal(3), np.zeros((1, 3), np.float32))
    bad = sample(50, 3, seed=0)
    bad[[4, 9], 1] = np.nan
    with pytest.raises(ValueError, match=r"^number of draws with NaN or infinity must be 0, not 2\.$"):
        upper_bound(encoded_set(sample(50, 3, seed=0)), bad)
    with pytest.raises(ValueError, match=r"^A plain autoencoder's codes have no density, .*; choose a VAE\.$"):
        upper_bound(encoded_set(sample(50, 3, seed=0), -LOGVAR_BOUND), sample(50, 3, seed=0))


def test_a_trained_model_s_bounds_are_below_its_mean_kl(digits_checkpoint: Any) -> None:
    encoded = digits_checkpoint.load_encoded()
    found = bounds(encoded)
    assert 0 < found.lower.nats < found.upper.nats + 3 * found.lower.standard_error
    assert found.upper.nats < encoded.kl.mean()  # KL(q(z) || p) <= E KL(q(z|x) || p)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "low", "high"), [("mnist-z2", 0.35, 0.52), ("mnist-z10", 1.5, 10.47)])
def test_the_shipped_models_bounds(name: str, low: float, high: float) -> None:
    """With a BIC of the held-out codes the lower ones were 0.34 and 1.41; surgery has the upper ones."""
    found = bounds(read_checkpoint(SHIPPED / name).load_encoded())
    assert found.lower.nats == pytest.approx(low, abs=0.12)
    assert found.lower.nats > low
    assert found.upper.nats == pytest.approx(high, abs=0.01)


# ---- the gap of each distribution that Sampling draws from -----------------------------------------------------------


def two_clusters(n: int = 4000) -> EncodedSet:
    """Posteriors of deviation 0.5 around ±1.5: an aggregate of two Gaussians."""
    return encoded_set(np.random.default_rng(0).choice([-1.5, 1.5], (n, 2)), math.log(0.25))


def density_of_two_clusters(z: np.ndarray) -> np.ndarray:
    each = [stats.norm.pdf(z, place, 0.5) for place in (-1.5, 1.5)]
    return np.asarray(np.log(np.mean(each, axis=0)).sum(axis=1))


def test_the_gap_of_each_distribution_is_between_its_bounds() -> None:
    """The aggregate's density is known, so each KL(q || r) is the mean of ln q(z) - ln r(z) over exact draws."""
    encoded = two_clusters()
    fit = fit_aggregate(encoded)
    second = SecondStage(fit.mixture, Flow(2).requires_grad_(False))  # moves nothing
    rng = np.random.default_rng(1)
    z = rng.choice([-1.5, 1.5], (50_000, 2)) + 0.5 * rng.standard_normal((50_000, 2))
    q = density_of_two_clusters(z)

    found = gaps(encoded, fit, second)

    assert list(found) == ["prior", "aggregate", "second"]
    for name, density in {"prior": standard_normal(2).log_density(z), "aggregate": fit.mixture.log_density(z)}.items():
        exact, gap = (q - density).mean(), found[name]
        assert gap.lower.nats - 4 * gap.lower.standard_error - 0.02 < exact
        assert exact < gap.upper.nats + 4 * gap.upper.standard_error
    assert found["prior"].lower.nats > 0.5
    assert found["second"].lower.nats == 0
    assert found["second"].upper.nats == pytest.approx(found["aggregate"].upper.nats, abs=1e-4)


def test_the_gap_of_the_prior_is_the_kl_that_all_pages_show() -> None:
    encoded = two_clusters(1000)
    fit = fit_aggregate(encoded)
    assert fit.kl is not None

    found = gaps(encoded, fit, None)

    assert list(found) == ["prior", "aggregate"]
    assert found["prior"].upper.nats == fit.kl.upper.nats
    assert found["prior"].lower.nats == pytest.approx(fit.kl.lower.nats)


def test_a_plain_autoencoder_has_no_gap() -> None:
    encoded = encoded_set(np.random.default_rng(0).standard_normal((100, 2)), -LOGVAR_BOUND)
    assert gaps(encoded, fit_aggregate(encoded), None) == {}
