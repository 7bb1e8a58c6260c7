"""The importance-weighted NLL against the evidence of a linear-Gaussian model and against quadrature."""

from dataclasses import replace
from itertools import pairwise
from math import exp, log
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import distributions, nn

from tests.support.effort import first_in_make_test
from tests.support.linear_gaussian import GAUSSIAN, evidence, linear_vae, precision
from vae.evaluation import likelihood as likelihood_module
from vae.evaluation.likelihood import ImportanceWeighted, importance_weighted_nll
from vae.evaluation.metrics import evaluate
from vae.model.latents import encode
from vae.model.networks import VAE, Architecture, Likelihood, ModelConfig

Images = NDArray[np.uint8]
CONFIG = ModelConfig((1, 4, 4), 3, "mlp", (8,))


def random_images(n: int, shape: tuple[int, int, int], seed: int = 0) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


def nll_of(model: VAE, images: Images, labels: NDArray[np.int64], k: int, seed: int = 0) -> NDArray[np.float64]:
    return importance_weighted_nll(model, images, labels, k, seed=seed).nll


# ---- of a linear-Gaussian model --------------------------------------------------------------------------------------

PIXELS = random_images(60, (1, 2, 2))
LABELS = np.arange(60) % 3


@pytest.mark.parametrize("k", [1, 2, 7, 500])
def test_with_the_exact_posterior_every_weight_is_the_evidence(k: int) -> None:
    nll = nll_of(linear_vae(), PIXELS, LABELS, k)
    np.testing.assert_allclose(nll, evidence(PIXELS), atol=2e-5)


def test_with_another_posterior_it_falls_with_every_sample_towards_the_evidence() -> None:
    model = linear_vae(shift=0.5, widen=0.4)
    copies, labels = np.tile(PIXELS, (10, 1, 1, 1)), np.tile(LABELS, 10)  # each with different noise
    curve = [nll_of(model, copies, labels, k).mean() for k in (1, 4, 16, 64, 4096)]
    assert all(more < fewer for fewer, more in pairwise(curve))
    truth = evidence(PIXELS).mean()
    assert curve[0] > truth + 0.3
    assert curve[-1] == pytest.approx(truth, abs=5e-3)


def test_minus_elbo_is_its_expectation_for_one_sample_and_exceeds_it_for_many() -> None:
    model = linear_vae(shift=0.5, widen=0.4)
    copies, labels = np.tile(PIXELS, (20, 1, 1, 1)), np.tile(LABELS, 20)
    negative_elbo = evaluate(encode(model, copies, labels), GAUSSIAN).negative_elbo
    assert negative_elbo is not None
    assert nll_of(model, copies, labels, 1).mean() == pytest.approx(negative_elbo, abs=0.1)
    assert nll_of(model, copies, labels, 20).mean() < negative_elbo - 0.2


def test_a_conditional_model_s_nll_is_that_given_the_label() -> None:
    model = linear_vae(widen=0.5, config=replace(GAUSSIAN, classes=3))
    nll = nll_of(model, PIXELS, LABELS, 4000)
    np.testing.assert_allclose(nll, evidence(PIXELS, LABELS / 10), atol=0.15)
    assert nll.mean() == pytest.approx(evidence(PIXELS, LABELS / 10).mean(), abs=0.01)


def test_the_first_samples_are_the_same_whatever_their_number() -> None:
    model = linear_vae(shift=0.5, widen=0.4)
    sums = [k * np.exp(-nll_of(model, PIXELS, LABELS, k)) for k in range(1, 6)]
    assert (np.diff(sums, axis=0) > 0).all()  # one positive weight more each


def test_an_images_nll_depends_neither_on_the_images_after_it_nor_on_anything_but_the_seed() -> None:
    model = linear_vae(shift=0.5)
    nll = nll_of(model, PIXELS, LABELS, 10)
    np.testing.assert_allclose(nll_of(model, PIXELS[:7], LABELS[:7], 10), nll[:7], atol=1e-5)
    np.testing.assert_array_equal(nll_of(model, PIXELS, LABELS, 10), nll)
    assert (nll_of(model, PIXELS, LABELS, 10, seed=1) != nll).all()


def test_equal_images_have_different_noise() -> None:
    alike = np.repeat(PIXELS[:1], 30, axis=0)
    assert len(set(nll_of(linear_vae(shift=0.5), alike, LABELS[:30], 3))) == 30


def test_more_samples_take_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    model = linear_vae(widen=0.5)
    whole = nll_of(model, PIXELS[:5], LABELS[:5], 1000)
    monkeypatch.setattr(likelihood_module, "CACHE_NUMBERS", 4 * 30)
    model.decoder.largest = 0  # type: ignore[assignment]
    chunked = nll_of(model, PIXELS[:5], LABELS[:5], 1000)
    assert model.decoder.largest == 30
    assert chunked == pytest.approx(whole, abs=0.1)  # other noise, the same quantity


@pytest.mark.parametrize("numbers", [1, 4, 4 * 30])
def test_in_chunks_of_any_size_every_sample_counts_once(numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likelihood_module, "CACHE_NUMBERS", numbers)  # a quarter of an image, a whole one, thirty
    nll = nll_of(linear_vae(), PIXELS[:5], LABELS[:5], 47)
    np.testing.assert_allclose(nll, evidence(PIXELS[:5]), atol=2e-5)


def test_the_first_samples_are_the_same_when_a_chunk_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likelihood_module, "CACHE_NUMBERS", 4 * 3)
    model = linear_vae(shift=0.5, widen=0.4)
    sums = [k * np.exp(-nll_of(model, PIXELS[:9], LABELS[:9], k)) for k in range(1, 9)]
    assert (np.diff(sums, axis=0) > 0).all()  # one positive weight more each


def test_progress_is_reported_up_to_the_last_image() -> None:
    reported: list[float] = []
    importance_weighted_nll(linear_vae(), PIXELS[:4], LABELS[:4], 2, progress=reported.append)
    assert reported == [0.25, 0.5, 0.75, 1]


def test_extreme_weights_neither_overflow_nor_vanish() -> None:
    nll = nll_of(linear_vae(shift=60), PIXELS[:5], LABELS[:5], 50)
    assert np.isfinite(nll).all()
    assert (nll > 1000).all()


def test_a_plain_autoencoder_has_no_likelihood() -> None:
    with pytest.raises(ValueError, match="plain autoencoder has no density"):
        nll_of(VAE(replace(CONFIG, posterior="point")), random_images(2, (1, 4, 4)), LABELS[:2], 5)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="importance_samples must be at least 1, not 0"):
        nll_of(linear_vae(), PIXELS, LABELS, 0)


# ---- of other likelihoods --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 3, 5), (3, 4, 4)])
@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_the_nll_of_black_and_white_images_is_the_integral_over_the_prior(
    shape: tuple[int, int, int], architecture: Architecture
) -> None:
    torch.manual_seed(0)
    channels = (4,) if architecture == "conv" else ()
    model = VAE(ModelConfig(shape, 1, architecture, (8,), channels)).eval()
    nn.init.normal_(model.encoder.head.weight, std=0.1)  # posteriors near the prior, which few samples can correct
    images = np.where(random_images(5, shape) > 127, 255, 0).astype(np.uint8)
    z = torch.linspace(-8, 8, 4001)[:, None]
    with torch.inference_mode():
        logits = model.decoder(z).double()[:, None]
    x = torch.from_numpy(images / 255)
    log_joint = distributions.Bernoulli(logits=logits).log_prob(x).flatten(2).sum(2)
    log_joint += distributions.Normal(0, 1).log_prob(z.double())
    integral = -(torch.logsumexp(log_joint, 0) + np.log(16 / 4000)).numpy()
    nll = nll_of(model, images, np.zeros(5, np.int64), 20_000)
    np.testing.assert_allclose(nll, integral, atol=0.05)


@pytest.mark.parametrize("likelihood", first_in_make_test(get_args(Likelihood)))
def test_under_every_likelihood_one_sample_costs_minus_elbo_on_average_and_many_cost_less(
    likelihood: Likelihood,
) -> None:
    torch.manual_seed(0)
    config = ModelConfig((3, 4, 4), 2, "mlp", (8,), likelihood=likelihood, sigma=1)
    model = VAE(config).eval()
    images, labels = np.tile(random_images(1, (3, 4, 4)), (400, 1, 1, 1)), np.zeros(400, np.int64)
    encoded = encode(model, images, labels)
    negative_elbos = encoded.reconstruction + encoded.kl
    one, many = (nll_of(model, images, labels, k) for k in (1, 20))
    assert one.mean() == pytest.approx(negative_elbos.mean(), abs=5 * one.std() / 20)
    assert many.mean() < one.mean()


# ---- how far it can be trusted ---------------------------------------------------------------------------------------


def weighted(log_weights: list[float]) -> list[float]:
    return likelihood_module._summary(torch.tensor(log_weights, dtype=torch.float64))


def test_equal_weights_are_all_effective() -> None:
    found = importance_weighted_nll(linear_vae(), PIXELS, LABELS, 64)  # the exact posterior
    np.testing.assert_allclose(found.effective_samples, 64, rtol=1e-5)
    assert found.bias == pytest.approx(0, abs=1e-4)


def test_one_weight_that_dominates_is_one_effective_sample() -> None:
    found = importance_weighted_nll(linear_vae(shift=60), PIXELS, LABELS, 64)
    assert np.median(found.effective_samples) == pytest.approx(1, abs=0.05)
    assert (found.effective_samples >= 1 - 1e-9).all()


def test_the_effective_samples_of_weights_1_1_and_2() -> None:
    assert weighted([0, 0, log(2)])[1] == pytest.approx(4**2 / 6)
    assert weighted([500, 500, 500 + log(2)])[1] == pytest.approx(4**2 / 6)


def test_of_many_samples_as_many_are_effective_as_the_chi_square_divergence_says() -> None:
    # K / ESS tends to the integral of p^2 / q, for normals with variances a and b, b > a / 2, means apart by the shift:
    # b / sqrt(a (2b - a)) exp(shift^2 / (2b - a)).
    shift, widen = 0.1, 0.3
    inverse_share = 1.0
    for a in torch.linalg.inv(precision()).diagonal().tolist():
        b = a * exp(widen)
        inverse_share *= b / (a * (2 * b - a)) ** 0.5 * exp(shift**2 / (2 * b - a))
    found = importance_weighted_nll(linear_vae(shift, widen), PIXELS[:20], LABELS[:20], 4000)
    assert 4000 / found.effective_samples.mean() == pytest.approx(inverse_share, rel=0.02)


@pytest.mark.parametrize(("widen", "k"), first_in_make_test([(-1.2, 64), (-1.6, 256), (0.5, 64)]))
def test_the_bias_is_about_that_of_the_known_evidence(widen: float, k: int) -> None:
    copies, labels = np.tile(PIXELS, (15, 1, 1, 1)), np.tile(LABELS, 15)
    found = importance_weighted_nll(linear_vae(shift=0.5, widen=widen), copies, labels, k)
    truth = found.nll.mean() - evidence(copies).mean()
    assert found.bias == pytest.approx(truth, rel=0.5)


def test_a_bound_with_fewer_samples_is_that_of_blocks_of_the_same_ones() -> None:
    weights = np.random.default_rng(0).normal(size=35)  # the last three are in no block
    found = weighted(weights.tolist())
    for value, blocks in zip(found[2:], (1, 2, 4, 8, 16), strict=True):
        assert value == pytest.approx(-np.log(np.exp(weights[:32].reshape(blocks, -1)).mean(1)).mean())
    assert found[0] == pytest.approx(-np.log(np.exp(weights).mean()))


def test_a_bias_that_halves_with_every_doubling_is_found_exactly() -> None:
    curve = 90 + 0.4 * 2.0 ** np.arange(5)  # with K, K/2 … K/16 samples: bias 0.4, 0.8 …
    found = ImportanceWeighted(np.full(3, 90.4), np.tile(curve, (3, 1)), np.ones(3))
    assert found.bias == pytest.approx(0.4)


def test_under_16_samples_there_is_no_estimate_of_the_bias() -> None:
    assert importance_weighted_nll(linear_vae(shift=0.5), PIXELS[:4], LABELS[:4], 15).bias is None
    assert importance_weighted_nll(linear_vae(shift=0.5), PIXELS[:4], LABELS[:4], 16).bias is not None
