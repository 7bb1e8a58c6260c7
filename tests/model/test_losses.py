"""The losses against torch.distributions, closed forms, loops in plain Python and published numbers."""

import re
from dataclasses import replace
from itertools import permutations, product
from math import exp, inf, log, nan, pi, tanh
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.hermite_e import hermegauss
from torch import Tensor, distributions

from vae.model.losses import (
    Objective,
    ObjectiveName,
    Terms,
    Warmup,
    bernoulli_nll,
    continuous_bernoulli_log_c,
    continuous_bernoulli_nll,
    discretised_logistic_nll,
    gaussian_nll,
    grey_entropy,
    importance_weighted_bound,
    kl_divergence,
    log_normal,
    objective_terms,
    optimal_log_sigma,
    reconstruction_nll,
    stratified_weights,
    total_correlation_terms,
)
from vae.model.networks import Likelihood, ModelConfig, continuous_bernoulli_mean, reparameterize

SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_mnist = pytest.mark.skipif(
    not (SHARED / "MNIST").exists(), reason="the real MNIST files are not beside this repo"
)
MEANS, LOGVARS = st.floats(-20, 20), st.floats(-10, 10)


def normal(mean: Tensor, logvar: Tensor) -> distributions.Normal:
    return distributions.Normal(mean, (0.5 * logvar).exp())


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def log_of(scale: float) -> Tensor:
    return torch.full((1, 1, 1), log(scale), dtype=torch.float64)


def terms(
    objective: Objective,
    reconstruction: Tensor,
    mean: Tensor,
    logvar: Tensor,
    z: Tensor | None = None,
    *,
    beta: float = 1.0,
    capacity: float = 0.0,
    kl_multiplier: float = 1.0,
    dataset_size: int = 1000,
) -> Terms:
    """The objective's terms; z only for objectives that use it."""
    z = mean[None] if z is None else z
    numbers = {"beta": beta, "capacity": capacity, "kl_multiplier": kl_multiplier}
    return objective_terms(objective, reconstruction, mean, logvar, z, dataset_size=dataset_size, **numbers)


# ---- KL --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "logvar", "nats"),
    [(0, 0, 0), (1, 0, 0.5), (0, np.log(0.25), 0.31815), (2, -2, 2.56767)],
)
def test_kl_has_the_reference_values(mean: float, logvar: float, nats: float) -> None:
    kl = kl_divergence(torch.tensor([[float(mean)]]), torch.tensor([[float(logvar)]]))
    assert kl.item() == pytest.approx(nats, abs=5e-6)


@given(MEANS, LOGVARS)
def test_kl_is_that_of_torch_distributions_per_dimension(mean: float, logvar: float) -> None:
    mean_, logvar_ = torch.tensor([[mean, 0.0, 1.0]]).double(), torch.tensor([[logvar, 0.5, logvar]]).double()
    standard = distributions.Normal(torch.zeros_like(mean_), torch.ones_like(mean_))
    expected = distributions.kl_divergence(normal(mean_, logvar_), standard)
    kl = kl_divergence(mean_, logvar_)
    assert kl.shape == (1, 3)
    torch.testing.assert_close(kl, expected, rtol=1e-9, atol=1e-9)


@given(MEANS, LOGVARS)
def test_kl_is_never_negative_in_float32(mean: float, logvar: float) -> None:
    assert kl_divergence(torch.tensor([[mean]]), torch.tensor([[logvar]])).item() >= -1e-6


# ---- likelihoods -----------------------------------------------------------------------------------------------------


def test_bernoulli_likelihood_of_black_and_white_is_that_of_torch_distributions() -> None:
    logits = 5 * random(4, 3, 5, 2)
    x = (random(4, 3, 5, 2, seed=1) > 0).double()
    expected = -distributions.Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_nll(logits, x), expected)


def test_bernoulli_likelihood_of_grey_levels_is_the_cross_entropy() -> None:
    logits, x = 3 * random(4, 1, 6, 6), torch.rand(4, 1, 6, 6, dtype=torch.float64)
    p = 1 / (1 + (-logits).exp())
    expected = -(x * p.log() + (1 - x) * (1 - p).log()).sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_nll(logits, x), expected)


def test_the_entropy_of_grey_levels_is_the_least_cross_entropy() -> None:
    x = torch.rand(4, 3, 6, 5, dtype=torch.float64)
    torch.testing.assert_close(grey_entropy(x), distributions.Bernoulli(x).entropy().sum((1, 2, 3)))
    torch.testing.assert_close(grey_entropy(x), bernoulli_nll(torch.logit(x), x))
    assert (bernoulli_nll(torch.logit(x) + 0.1 * random(4, 3, 6, 5), x) > grey_entropy(x)).all()
    assert not grey_entropy((x > 0.5).double()).any()


def test_extreme_logits_give_finite_losses_and_gradients() -> None:
    logits = torch.tensor([1e4, -1e4, 1e4, -1e4]).reshape(1, 1, 2, 2).requires_grad_()
    x = torch.tensor([1.0, 0.0, 0.0, 1.0]).reshape(1, 1, 2, 2)
    loss = bernoulli_nll(logits, x)
    loss.sum().backward()
    assert loss.item() == pytest.approx(2e4)  # two pixels right, two wrong by 10,000 nats each
    assert logits.grad is not None
    assert logits.grad.flatten().tolist() == [0, 0, 1, -1]


@pytest.mark.parametrize("sigma", [0.01, 0.1, 1.0, 3.0])
def test_gaussian_likelihood_is_that_of_torch_distributions(sigma: float) -> None:
    mean, x = random(4, 3, 5, 2), random(4, 3, 5, 2, seed=1)
    expected = -distributions.Normal(mean, sigma).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(gaussian_nll(mean, x, log_of(sigma)), expected)


def test_likelihoods_are_summed_over_pixels_and_channels_not_averaged() -> None:
    half = torch.zeros(2, 3, 7, 5)  # logit 0: every grey level costs ln 2
    assert bernoulli_nll(half, torch.rand(2, 3, 7, 5)).tolist() == pytest.approx([105 * np.log(2)] * 2, rel=1e-5)
    assert continuous_bernoulli_nll(half, torch.rand(2, 3, 7, 5)).tolist() == pytest.approx([0, 0], abs=1e-4)
    zero = torch.zeros(1, 1, 1)
    assert gaussian_nll(half, half, zero).tolist() == pytest.approx([105 * 0.5 * np.log(2 * np.pi)] * 2, rel=1e-5)
    flat = -105 * log(tanh(1 / 1020))  # sigmoid(1/510) - sigmoid(-1/510)
    assert discretised_logistic_nll(half + 0.5, half + 128 / 255, zero).tolist() == pytest.approx([flat] * 2, rel=1e-4)


BERNOULLI = ModelConfig((1, 4, 4), 2, "mlp", (8,))
ALL_LIKELIHOODS: dict[Likelihood, Any] = {
    "bernoulli": lambda p, x, _: bernoulli_nll(p, x),
    "continuous-bernoulli": lambda p, x, _: continuous_bernoulli_nll(p, x),
    "gaussian": gaussian_nll,
    "gaussian-learned": gaussian_nll,
    "gaussian-optimal": gaussian_nll,
    "discretised-logistic": discretised_logistic_nll,
}


@pytest.mark.parametrize("likelihood", ALL_LIKELIHOODS)
def test_the_config_chooses_the_likelihood(likelihood: Likelihood) -> None:
    parameters, x = random(3, 1, 4, 4), torch.rand(3, 1, 4, 4, dtype=torch.float64)
    nll = reconstruction_nll(parameters, x, replace(BERNOULLI, likelihood=likelihood), log_of(0.3))
    assert nll.shape == (3,)
    assert torch.equal(nll, ALL_LIKELIHOODS[likelihood](parameters, x, log_of(0.3)))


# ---- continuous Bernoulli --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "nats"), [(0.5, 0.693147), (0.1, 1.010339), (0.9, 1.010339), (0.01, 1.545198), (0.99, 1.545198)]
)
def test_log_c_has_the_reference_values(parameter: float, nats: float) -> None:
    assert continuous_bernoulli_log_c(torch.logit(torch.tensor(parameter))).item() == pytest.approx(nats, abs=1e-6)


@pytest.mark.parametrize("delta", [0.0, 1e-9, 1e-5, 0.005, -0.01, 0.02, -0.0249, 0.0251])
def test_near_one_half_log_c_is_its_taylor_series(delta: float) -> None:
    log_c = continuous_bernoulli_log_c(torch.logit(torch.tensor(0.5 + delta, dtype=torch.float64)))
    assert log_c.item() == pytest.approx(log(2) + 4 / 3 * delta**2 + 104 / 45 * delta**4, abs=6 * delta**6 + 1e-9)


@pytest.mark.parametrize("logit", [0.4999, 0.1, 0.02, -0.02])
def test_close_to_one_half_log_c_and_the_mean_are_exact_to_the_tenth_and_ninth_power_of_the_logit(logit: float) -> None:
    log_c = continuous_bernoulli_log_c(torch.tensor(logit, dtype=torch.float64))
    assert log_c.item() == pytest.approx(log(logit / tanh(logit / 2)), abs=2.2e-6 * logit**10 + 1e-15)
    mean = continuous_bernoulli_mean(torch.tensor(logit, dtype=torch.float64))
    assert mean.item() == pytest.approx(0.5 + 0.5 / tanh(logit / 2) - 1 / logit, abs=2.1e-8 * abs(logit) ** 9 + 1e-14)


def test_the_continuous_bernoulli_has_its_derivatives_in_single_precision() -> None:
    exact = torch.cat([sign * torch.logspace(-1.7, 1, 500, dtype=torch.float64) for sign in (-1, 1)])
    mean_slope = exact.pow(-2) - (exact / 2).sinh().pow(-2) / 4
    log_c_slope = 1 / exact - 1 / exact.sinh()
    for function, slope in ((continuous_bernoulli_mean, mean_slope), (continuous_bernoulli_log_c, log_c_slope)):
        logits = exact.float().requires_grad_()
        function(logits).sum().backward()
        torch.testing.assert_close(logits.grad, slope.float(), rtol=1e-5, atol=0)


def test_continuous_bernoulli_is_that_of_torch_distributions_with_its_mean() -> None:
    logits = torch.cat((torch.linspace(-12, 12, 481).double(), torch.tensor([-0.5, 0.5, 0.4999, 1e-6]).double()))
    x = torch.rand(485, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theirs = distributions.ContinuousBernoulli(logits=logits)
    ours = continuous_bernoulli_nll(logits[:, None, None, None], x[:, None, None, None])
    torch.testing.assert_close(ours, -theirs.log_prob(x), rtol=1e-7, atol=1e-8)
    torch.testing.assert_close(continuous_bernoulli_mean(logits), theirs.mean, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("logit", [-20.0, -3.0, -0.05, 0.0, 0.4999, 0.5001, 7.0])
def test_the_continuous_bernoulli_density_integrates_to_one_and_to_its_mean(logit: float) -> None:
    nodes, weights = np.polynomial.legendre.leggauss(60)
    x, weight = torch.tensor((nodes + 1) / 2), torch.tensor(weights / 2)
    logits = torch.full((60, 1, 1, 1), logit, dtype=torch.float64)
    density = (-continuous_bernoulli_nll(logits, x[:, None, None, None])).exp()
    assert (weight * density).sum().item() == pytest.approx(1, abs=1e-8)
    assert (weight * density * x).sum().item() == pytest.approx(continuous_bernoulli_mean(logits)[0].item(), abs=1e-8)


@pytest.mark.parametrize("logit", [0.0, 1e-30, -1e-4, 0.5, -0.5, 30.0, -1e4, 1e4])
def test_the_continuous_bernoulli_is_finite_everywhere_with_its_gradient(logit: float) -> None:
    logits = torch.full((1, 1, 1, 1), logit, requires_grad=True)
    loss = continuous_bernoulli_nll(logits, torch.full_like(logits, 0.25))
    loss.backward()
    mean = continuous_bernoulli_mean(logits.detach()).item()
    assert loss.isfinite().all()
    assert 0 <= mean <= 1
    assert logits.grad is not None
    assert logits.grad.item() == pytest.approx(mean - 0.25, abs=1e-4)  # as in every exponential family


# ---- Gaussian with a scale of its own --------------------------------------------------------------------------------


def test_the_optimal_sigma_is_the_root_of_the_mean_squared_error_and_no_other_is_likelier() -> None:
    mean, x = random(5, 3, 4, 4), random(5, 3, 4, 4, seed=1)
    best = optimal_log_sigma(mean, x)
    assert best.shape == (1, 1, 1)
    assert best.exp().item() == pytest.approx(np.sqrt(np.mean((x - mean).numpy() ** 2)))
    losses = [gaussian_nll(mean, x, best + shift).mean().item() for shift in (0, -0.01, 0.01, -1, 1)]
    assert losses[0] == min(losses)
    log_sigma = best.clone().requires_grad_()
    gaussian_nll(mean, x, log_sigma).mean().backward()
    assert log_sigma.grad is not None
    assert log_sigma.grad.item() == pytest.approx(0, abs=1e-9)


def test_at_the_optimal_sigma_the_loss_is_the_entropy_of_that_gaussian() -> None:
    mean, x = random(5, 3, 4, 4), random(5, 3, 4, 4, seed=1)
    best = optimal_log_sigma(mean, x)
    entropy = distributions.Normal(0.0, best.exp().item()).entropy().item()
    assert gaussian_nll(mean, x, best).mean().item() == pytest.approx(48 * entropy)


def test_the_optimal_sigma_of_perfect_pictures_is_small_and_finite() -> None:
    x = random(2, 1, 3, 3).requires_grad_()
    best = optimal_log_sigma(x, x.detach())
    gaussian_nll(x, x.detach(), best).sum().backward()
    assert best.exp().item() == pytest.approx(1e-3)
    assert x.grad is not None
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("density", [gaussian_nll, discretised_logistic_nll])
def test_a_learned_scale_converges_to_the_likeliest(density: Any) -> None:
    noise = distributions.Normal(0, 0.15) if density is gaussian_nll else distributions.Uniform(0, 1)
    torch.manual_seed(0)
    deviation = noise.sample((40, 1, 8, 8)).double()
    if density is discretised_logistic_nll:
        deviation = 0.05 * torch.logit(deviation)  # a logistic of scale 0.05
    x = (0.5 + deviation).mul(255).round().div(255)
    log_scale = torch.full((1, 1, 1), -1.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([log_scale], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        density(torch.full_like(x, 0.5), x, log_scale).mean().backward()
        optimizer.step()
    best = optimal_log_sigma(torch.full_like(x, 0.5), x).item() if density is gaussian_nll else log(0.05)
    assert log_scale.item() == pytest.approx(best, abs=1e-3 if density is gaussian_nll else 0.05)


# ---- discretised logistic --------------------------------------------------------------------------------------------

LEVELS = (torch.arange(256).double() / 255).reshape(256, 1, 1, 1)
CENTRES = [-100.0, -0.5, 0.0, 0.001, 1 / 510, 0.3, 0.7, 1.0, 1.5, 100.0]


def level_probabilities(mean: float, log_scale: float, dtype: torch.dtype) -> Tensor:
    scale = torch.full((1, 1, 1), log_scale, dtype=dtype)
    return (-discretised_logistic_nll(torch.full((256, 1, 1, 1), mean, dtype=dtype), LEVELS.to(dtype), scale)).exp()


@pytest.mark.parametrize("log_scale", [-12.0, -7.0, -3.0, -1.0, 0.0, 3.0, 8.0])
@pytest.mark.parametrize("mean", CENTRES)
def test_the_256_probabilities_of_a_pixel_add_up_to_one(mean: float, log_scale: float) -> None:
    assert level_probabilities(mean, log_scale, torch.float64).sum().item() == pytest.approx(1, abs=1e-6)
    assert level_probabilities(mean, log_scale, torch.float32).sum().item() == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("log_scale", [-4.0, -2.0, 0.5])
@pytest.mark.parametrize("mean", [-0.2, 0.0, 0.4, 1.0])
def test_a_level_s_probability_is_the_difference_of_the_distribution_function(mean: float, log_scale: float) -> None:
    edges = (torch.arange(255).double() + 0.5) / 255
    below = torch.sigmoid((edges - mean) / exp(log_scale))
    expected = torch.diff(below, prepend=torch.zeros(1).double(), append=torch.ones(1).double())
    torch.testing.assert_close(level_probabilities(mean, log_scale, torch.float64), expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("log_scale", [-12.0, -3.0, 8.0])
@pytest.mark.parametrize("mean", CENTRES)
def test_the_discretised_logistic_is_finite_everywhere_with_its_gradients(mean: float, log_scale: float) -> None:
    centre, scale = torch.full((256, 1, 1, 1), mean), torch.full((1, 1, 1), log_scale)
    loss = discretised_logistic_nll(centre.requires_grad_(), LEVELS.float(), scale.requires_grad_())
    loss.sum().backward()
    assert loss.isfinite().all()
    assert (loss > -1e-3).all()  # a probability, not a density
    assert centre.grad is not None
    assert scale.grad is not None
    assert centre.grad.isfinite().all()
    assert scale.grad.isfinite().all()


def test_each_color_has_its_own_scale() -> None:
    mean, x = random(2, 3, 4, 4), LEVELS[torch.randint(0, 256, (96,))].reshape(2, 3, 4, 4)
    scales = torch.tensor([-3.0, -1.0, 0.0]).double().reshape(3, 1, 1)
    parts = [discretised_logistic_nll(mean[:, [c]], x[:, [c]], scales[[c]]) for c in range(3)]
    torch.testing.assert_close(discretised_logistic_nll(mean, x, scales), torch.stack(parts).sum(0))


# ---- -ELBO -----------------------------------------------------------------------------------------------------------


def test_the_objective_is_minus_elbo_averaged_over_images_where_beta_is_1() -> None:
    mean, logvar = random(6, 3), random(6, 3, seed=1)
    logits, x = random(6, 1, 4, 4, seed=2), (random(6, 1, 4, 4, seed=3) > 0).double()
    standard = distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    log_likelihood = distributions.Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1)
    elbo = log_likelihood - distributions.kl_divergence(normal(mean, logvar), standard).sum(1)
    found = terms(Objective(), bernoulli_nll(logits, x)[None], mean, logvar)
    torch.testing.assert_close(found["loss"], -elbo.mean())
    torch.testing.assert_close(found["loss"], found["reconstruction"] + found["kl"])


# Two images, whose codes have KLs of 1 and 2, 3 and 4 nats in two dimensions; two draws of z.
NLL = torch.tensor([[10.0, 20.0], [14.0, 24.0]])
CODES = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).mul(2).sqrt(), torch.zeros(2, 2)


@pytest.mark.parametrize(
    ("objective", "schedule", "loss"),
    [
        (Objective(), {"beta": 0.0}, 15),
        (Objective(), {"beta": 1.0}, 20),  # ((10 + 3) + (20 + 7)) / 2
        (Objective(), {"beta": 4.0}, 35),
        (Objective("autoencoder"), {"beta": 4.0}, 15),
        (Objective("free-bits", free_bits=0.0), {}, 20),
        (Objective("free-bits", free_bits=2.5), {}, 20.5),  # the batch's KLs are 2 and 3: of the first, 2.5 count
        (Objective("free-bits", free_bits=10.0), {}, 35),
        (Objective("capacity", gamma=10.0), {"capacity": 5.0}, 15),
        (Objective("capacity", gamma=10.0), {"capacity": 3.0}, 35),
        (Objective("capacity", gamma=10.0), {"capacity": 7.0}, 35),
    ],
)
def test_the_objective_is_that_of_a_worked_example(
    objective: Objective, schedule: dict[str, float], loss: float
) -> None:
    found = terms(objective, NLL[:1], *CODES, **schedule)  # type: ignore[arg-type]
    assert found["loss"].item() == pytest.approx(loss)
    assert found["reconstruction"].item() == 15
    assert found["kl"].item() == pytest.approx(0 if objective.name == "autoencoder" else 5)


def test_several_draws_are_averaged() -> None:
    found = terms(Objective(samples=2), NLL, *CODES)
    assert found["reconstruction"].item() == 17
    assert found["loss"].item() == pytest.approx(22)


SIGMA = 0.7
W = torch.tensor([[1.5, 0.0], [0.0, 0.4], [2.0, 0.0]], dtype=torch.float64)  # x = Wz + b + noise; orthogonal columns
B = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
X = torch.tensor([0.9, 0.4, -1.1], dtype=torch.float64)


def linear_gaussian_negative_elbo(mean: Tensor, logvar: Tensor) -> float:
    """Our terms, with the expectation over q by Gauss-Hermite quadrature: exact for a quadratic."""
    nodes, weights = hermegauss(4)
    noise = torch.tensor(list(product(nodes, nodes)))
    weight = torch.tensor([a * b for a, b in product(weights, weights)]) / (2 * np.pi)
    z = reparameterize(mean.expand(16, 2), logvar.expand(16, 2), noise)
    pictures = (z @ W.T + B).reshape(16, 1, 1, 3)
    nll = gaussian_nll(pictures, X.expand(16, 3).reshape(16, 1, 1, 3), log_of(SIGMA))
    return terms(Objective(), (weight * nll).sum().reshape(1, 1), mean[None], logvar[None])["loss"].item()


def linear_gaussian_truth() -> tuple[float, Tensor, Tensor]:
    """-log p(x), and the posterior's mean and log variance, by the rules for Gaussians."""
    covariance = W @ W.T + SIGMA**2 * torch.eye(3, dtype=torch.float64)
    evidence = distributions.MultivariateNormal(B, covariance).log_prob(X).item()
    posterior = torch.linalg.inv(torch.eye(2, dtype=torch.float64) + W.T @ W / SIGMA**2)
    return -evidence, posterior @ W.T @ (X - B) / SIGMA**2, posterior.diagonal().log()


def test_with_the_exact_posterior_minus_elbo_is_minus_the_log_evidence_of_a_linear_gaussian_model() -> None:
    evidence, mean, logvar = linear_gaussian_truth()
    assert linear_gaussian_negative_elbo(mean, logvar) == pytest.approx(evidence, abs=1e-10)


def test_with_any_other_encoder_minus_elbo_exceeds_it_by_the_kl_to_the_posterior() -> None:
    evidence, mean, logvar = linear_gaussian_truth()
    other_mean, other_logvar = mean + torch.tensor([0.2, -0.5]), logvar + torch.tensor([0.3, -0.1])
    gap = distributions.kl_divergence(normal(other_mean, other_logvar), normal(mean, logvar)).sum().item()
    assert gap > 0.1
    assert linear_gaussian_negative_elbo(other_mean, other_logvar) == pytest.approx(evidence + gap, abs=1e-10)


# ---- importance weights ----------------------------------------------------------------------------------------------


def linear_gaussian_bound(mean: Tensor, logvar: Tensor, samples: int, images: int = 1) -> Tensor:
    """The bound of this many copies of X, each with its own draws. Shape: (images,)."""
    mean, logvar = mean.expand(images, 2), logvar.expand(images, 2)
    z = reparameterize(mean, logvar, random(samples, images, 2))
    pictures = (z @ W.T + B).reshape(-1, 1, 1, 3)
    nll = gaussian_nll(pictures, X.expand(len(pictures), 3).reshape(-1, 1, 1, 3), log_of(SIGMA))
    return importance_weighted_bound(nll.reshape(samples, images), mean, logvar, z)


@pytest.mark.parametrize("samples", [1, 2, 50])
def test_with_the_exact_posterior_every_bound_is_minus_the_log_evidence(samples: int) -> None:
    evidence, mean, logvar = linear_gaussian_truth()
    bound = linear_gaussian_bound(mean, logvar, samples, images=7)
    assert bound.tolist() == pytest.approx([evidence] * 7, abs=1e-10)


def test_with_another_encoder_the_bound_falls_with_the_draws_to_minus_the_log_evidence() -> None:
    evidence, mean, logvar = linear_gaussian_truth()
    mean, logvar = mean + torch.tensor([0.2, -0.5]), logvar + torch.tensor([0.3, 0.2])
    bounds = [linear_gaussian_bound(mean, logvar, k, images=4000).mean().item() for k in (1, 2, 5, 20, 200)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > evidence + 0.1
    assert bounds[-1] == pytest.approx(evidence, abs=0.01)


def test_the_bound_of_all_draws_is_never_above_the_average_of_leaving_one_out() -> None:
    mean, logvar, z = random(9, 3), random(9, 3, seed=1), random(5, 9, 3, seed=2)
    nll = 20 * random(5, 9, seed=3)
    whole = importance_weighted_bound(nll, mean, logvar, z)
    kept = [[j for j in range(5) if j != i] for i in range(5)]
    fewer = torch.stack([importance_weighted_bound(nll[k], mean, logvar, z[k]) for k in kept]).mean(0)
    assert (whole <= fewer + 1e-12).all()


def test_the_bound_of_one_draw_is_its_monte_carlo_minus_elbo() -> None:
    mean, logvar, z, nll = random(9, 3), random(9, 3, seed=1), random(1, 9, 3, seed=2), random(1, 9, seed=3)
    log_q = normal(mean, logvar).log_prob(z[0]).sum(1)
    log_p = distributions.Normal(0, 1).log_prob(z[0]).sum(1)
    torch.testing.assert_close(importance_weighted_bound(nll, mean, logvar, z), nll[0] + log_q - log_p)
    found = terms(Objective("iwae"), nll, mean, logvar, z)
    torch.testing.assert_close(found["loss"], (nll[0] + log_q - log_p).mean())
    torch.testing.assert_close(found["reconstruction"], nll.mean())


def test_weights_of_very_different_draws_do_not_overflow() -> None:
    nll = torch.tensor([[1e4], [-1e4], [3e4]])
    bound = importance_weighted_bound(nll, torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(3, 1, 2))
    assert bound.item() == pytest.approx(-1e4 + log(3))


# ---- total correlation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch", "dataset"), [(2, 2), (2, 1000), (3, 7), (64, 64), (64, 60_000), (512, 55_000)])
def test_the_stratified_weights_are_the_reference_construction_and_their_rows_sum_to_one(
    batch: int, dataset: int
) -> None:
    expected = np.full((batch, batch), 1 / (batch - 1))
    stratum = (dataset - (batch - 1)) / (dataset * (batch - 1))
    expected.reshape(-1)[:: batch + 1] = 1 / dataset
    expected.reshape(-1)[1 :: batch + 1] = stratum
    expected[batch - 1, 0] = stratum
    weights = stratified_weights(batch, dataset)
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    np.testing.assert_allclose(weights.double().sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("batch", [2, 3, 5])
def test_over_all_batches_the_stratified_weights_are_those_of_the_whole_aggregate_posterior(batch: int) -> None:
    images = 5
    given_own = np.zeros((batch, images, images))  # how much code j counts at draw i, summed over batches of row r
    weights = stratified_weights(batch, images).numpy()
    drawn = list(permutations(range(images), batch))
    for members in drawn:
        for row, own in enumerate(members):
            given_own[row, own, list(members)] += weights[row]
    np.testing.assert_allclose(given_own / (len(drawn) / images), 1 / images, rtol=1e-5)


def brute_force(z: Tensor, mean: Tensor, logvar: Tensor, dataset_size: int) -> tuple[float, float, float]:
    """The three parts by loops over draws, codes and dimensions."""
    n, d = z.shape

    def density(i: int, j: int, k: int) -> float:
        variance = exp(logvar[j, k])
        return exp(-((z[i, k] - mean[j, k]) ** 2) / (2 * variance)) / (2 * pi * variance) ** 0.5

    def weight(i: int, j: int) -> float:
        if i == j:
            return 1 / dataset_size
        others = n - 1
        return (dataset_size - others) / (dataset_size * others) if j == (i + 1) % n else 1 / others

    information = correlation = dimension_wise = 0.0
    for i in range(n):
        own = sum(log(density(i, i, k)) for k in range(d))
        joint = log(sum(weight(i, j) * np.prod([density(i, j, k) for k in range(d)]) for j in range(n)))
        marginals = sum(log(sum(weight(i, j) * density(i, j, k) for j in range(n))) for k in range(d))
        prior = sum(-0.5 * (log(2 * pi) + z[i, k].item() ** 2) for k in range(d))
        information += (own - joint) / n
        correlation += (joint - marginals) / n
        dimension_wise += (marginals - prior) / n
    return information, correlation, dimension_wise


@pytest.mark.parametrize(("n", "d", "dataset_size"), [(2, 1, 2), (2, 3, 50), (6, 2, 6), (7, 3, 1000)])
def test_the_three_parts_of_the_kl_are_those_of_a_loop_and_add_up(n: int, d: int, dataset_size: int) -> None:
    mean, logvar = random(n, d), random(n, d, seed=1)
    z = reparameterize(mean, logvar, random(n, d, seed=2))
    found = total_correlation_terms(z, mean, logvar, dataset_size)
    assert list(found) == ["index_code_mi", "total_correlation", "dimension_wise_kl"]
    assert [part.item() for part in found.values()] == pytest.approx(
        list(brute_force(z, mean, logvar, dataset_size)), rel=1e-5, abs=1e-6
    )
    monte_carlo = normal(mean, logvar).log_prob(z) - distributions.Normal(0, 1).log_prob(z)
    assert sum(found.values()).item() == pytest.approx(monte_carlo.sum(1).mean().item())  # type: ignore[union-attr]


def test_the_three_parts_are_computed_on_the_device_of_the_codes() -> None:
    elsewhere = random(4, 2).to("meta")  # the only device besides the CPU that every computer has
    assert {part.device.type for part in total_correlation_terms(elsewhere, elsewhere, elsewhere, 9).values()} == {
        "meta"
    }


def test_in_one_dimension_there_is_no_total_correlation() -> None:
    mean, logvar = random(8, 1), random(8, 1, seed=1)
    assert total_correlation_terms(mean, mean, logvar, 100)["total_correlation"].item() == pytest.approx(0, abs=1e-9)


def test_a_copied_dimension_is_all_correlation_and_independent_ones_have_little() -> None:
    own = random(400, 1)
    narrow = torch.full((400, 2), -6.0, dtype=torch.float64)
    copied = total_correlation_terms(own.expand(400, 2), own.expand(400, 2), narrow, 400)
    apart = total_correlation_terms(random(400, 2), random(400, 2), torch.zeros_like(narrow), 400)
    assert copied["total_correlation"] > 2
    assert apart["total_correlation"].abs() < 0.2


@given(st.integers(2, 12), st.integers(0, 1000), st.floats(0, 100), st.floats(-8, 8))
def test_the_mutual_information_is_at_most_ln_of_the_data_set_s_size(
    n: int, more: int, spread: float, logvar: float
) -> None:
    mean = spread * random(n, 2)
    found = total_correlation_terms(mean, mean, torch.full_like(mean, logvar), n + more)
    assert found["index_code_mi"].item() <= log(n + more) + 1e-6


def test_the_mutual_information_of_codes_far_apart_is_ln_of_the_data_set_s_size() -> None:
    mean = 1000 * torch.arange(6.0).double()[:, None].expand(6, 2)
    found = total_correlation_terms(mean, mean, torch.zeros_like(mean), 6)
    assert found["index_code_mi"].item() == pytest.approx(log(6), rel=1e-6)


def test_small_batches_make_the_total_correlation_of_informative_codes_too_small() -> None:
    # Aggregate posterior N(0, I): no total correlation, no dimension-wise KL, and I(x; z) = -d ln sigma = 6.4 nats.
    sigma, d = 0.2, 4

    def estimate(batch: int) -> list[float]:
        mean = (1 - sigma**2) ** 0.5 * random(batch, d, seed=1)
        logvar = torch.full_like(mean, 2 * log(sigma))
        z = reparameterize(mean, logvar, random(batch, d, seed=2))
        return [part.item() for part in total_correlation_terms(z, mean, logvar, 60_000).values()]

    errors = np.array([estimate(batch) for batch in (64, 256, 1024)]) - [-d * log(sigma), 0, 0]
    information, correlation, dimension_wise = errors.T
    assert information[0] > information[1] > information[2] > 0
    assert correlation[0] < correlation[1] < correlation[2] < 0
    assert correlation[0] < -1.5
    assert correlation[2] > -0.75
    assert abs(dimension_wise[2]) < 0.1


def test_beta_tc_weighs_only_the_total_correlation_and_reports_every_part() -> None:
    mean, logvar, nll = random(6, 3), random(6, 3, seed=1), random(1, 6, seed=3)
    z = reparameterize(mean, logvar, random(6, 3, seed=2))[None]
    parts = total_correlation_terms(z[0], mean, logvar, 50)
    losses = []
    for beta in (1.0, 6.0):
        found = terms(Objective("beta-tc"), nll, mean, logvar, z, beta=beta, dataset_size=50)
        assert {name: found[name] for name in parts} == parts
        losses.append(found["loss"].item())
    assert losses[0] == pytest.approx((nll.mean() + sum(parts.values())).item())
    assert losses[1] - losses[0] == pytest.approx(5 * parts["total_correlation"].item())


# ---- floors, capacities and warm-up ----------------------------------------------------------------------------------


def test_below_the_floor_of_free_bits_the_kl_has_no_gradient_and_above_it_all() -> None:
    mean = torch.tensor([[0.1, 2.0], [0.2, -1.0]], requires_grad=True)  # KLs of the batch: 0.0125 and 1.25 nats
    logvar = torch.zeros(2, 2, requires_grad=True)
    found = terms(Objective("free-bits", free_bits=0.5), torch.zeros(1, 2), mean, logvar)
    found["loss"].backward()
    assert found["loss"].item() == pytest.approx(0.5 + 1.25)
    assert found["kl"].item() == pytest.approx(1.2625)  # reported without the floor
    assert mean.grad is not None
    assert mean.grad[:, 0].tolist() == [0, 0]
    assert mean.grad[:, 1].tolist() == [1.0, -0.5]


@pytest.mark.parametrize(("capacity", "direction"), [(0.5, 1), (2.0, -1)])
def test_the_capacity_pulls_the_kl_from_either_side(capacity: float, direction: int) -> None:
    mean = torch.tensor([[2.0**0.5]], requires_grad=True)  # 1 nat
    found = terms(Objective("capacity", gamma=30), torch.zeros(1, 1), mean, torch.zeros(1, 1), capacity=capacity)
    (gradient,) = torch.autograd.grad(found["loss"], mean)
    assert gradient.item() == pytest.approx(direction * 30 * 2**0.5)


@pytest.mark.parametrize(
    ("warmup", "progress", "share"),
    [
        *[("none", progress, 1.0) for progress in (0, 0.1, 1)],
        *[("linear", progress, share) for progress, share in ((0, 0), (0.1, 0.25), (0.2, 0.5), (0.4, 1), (1, 1))],
        # 5 cycles of a fifth of the run each: half of it rising, half at the top
        *[("cyclic", progress, share) for progress, share in ((0, 0), (0.05, 0.5), (0.1, 1), (0.15, 1), (0.199, 1))],
        *[("cyclic", progress, share) for progress, share in ((0.225, 0.25), (0.45, 0.5), (0.85, 0.5), (0.95, 1))],
    ],
)
def test_beta_warms_up_as_its_schedule_says(warmup: Any, progress: float, share: float) -> None:
    objective = Objective(beta=8, warmup=warmup, warmup_share=0.4, cycles=5)
    assert objective.beta_at(progress) == pytest.approx(8 * share)


@pytest.mark.parametrize(
    ("progress", "kl_multiplier"), [(0, 81), (0.1, 27), (0.2, 9), (0.3, 3), (0.4, 1), (0.7, 1), (1, 1)]
)
def test_the_kl_multiplier_falls_by_the_same_factor_in_the_same_time_and_leaves_beta_alone(
    progress: float, kl_multiplier: float
) -> None:
    objective = Objective(beta=8, warmup="cooling", warmup_share=0.4, heat=81)
    assert objective.kl_multiplier_at(progress) == pytest.approx(kl_multiplier)
    assert objective.beta_at(progress) == 8
    assert Objective(beta=8, warmup="linear", warmup_share=0.4, heat=81).kl_multiplier_at(progress) == 1


def test_the_kl_multiplier_weighs_the_whole_kl_beside_the_total_correlation_of_beta_tc() -> None:
    mean, logvar, z = random(4, 3), random(4, 3, seed=1), random(1, 4, 3, seed=2)
    for objective, beta, own in ((Objective(), 3.0, 3.0), (Objective("beta-tc"), 3.0, 1.0)):
        cold, hot = (
            terms(objective, torch.ones(1, 4), mean, logvar, z, beta=beta, kl_multiplier=m) for m in (1.0, 5.0)
        )
        assert (hot["loss"] - cold["loss"]).item() == pytest.approx(4 * own * hot["kl"].item())
        assert {name: hot[name].item() for name in hot if name != "loss"} == {
            name: cold[name].item() for name in cold if name != "loss"
        }


def test_the_capacity_grows_evenly_over_its_share_of_the_run() -> None:
    objective = Objective("capacity", capacity=20, warmup_share=0.5)
    assert [objective.capacity_at(p) for p in (0, 0.1, 0.25, 0.5, 0.75, 1)] == pytest.approx([0, 4, 10, 20, 20, 20])


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        *[("name", bad) for bad in ("elbo", "VAE", "", None)],
        *[("warmup", bad) for bad in ("slow", None)],
        *[("beta", bad) for bad in (-1, 1001, nan, inf, -inf)],
        *[("warmup_share", bad) for bad in (0, -0.1, 1.1, nan)],
        *[("cycles", bad) for bad in (0, 1.5, True, 1001, nan)],
        *[("heat", bad) for bad in (0, 0.9, 100_001, nan, inf)],
        *[("free_bits", bad) for bad in (-0.1, 101, nan)],
        *[("capacity", bad) for bad in (-1, 10_001, nan)],
        *[("gamma", bad) for bad in (-1, 10_001, inf)],
        *[("samples", bad) for bad in (0, 1.0, True, 1001, nan)],
    ],
)
def test_an_objective_refuses_values_out_of_range_and_names_them(field: str, bad: object) -> None:
    named = rf"^{'objective' if field == 'name' else field} must be .*, not {re.escape(repr(bad))}\."
    with pytest.raises(ValueError, match=named):
        Objective(**{field: bad})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("beta", "0 to 1000"),
        ("warmup_share", "above 0 and at most 1"),
        ("cycles", "1 to 1000"),
        ("heat", "1 to 100000"),
        ("free_bits", "0 to 100 nats per dimension"),
        ("capacity", "0 to 10000 nats"),
        ("gamma", "0 to 10000"),
        ("samples", "a whole number from 1 to 1000"),
    ],
)
def test_an_objective_says_which_values_it_takes(field: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{field} must be {expected}, not -1\\.$"):
        Objective(**{field: -1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "first", "last"),
    [
        ("beta", 0, 1000),
        ("warmup_share", 1e-9, 1),
        ("cycles", 1, 1000),
        ("heat", 1, 100_000),
        ("free_bits", 0, 100),
        ("capacity", 0, 10_000),
        ("gamma", 0, 10_000),
        ("samples", 1, 1000),
    ],
)
def test_an_objective_accepts_both_ends_of_a_range_and_names_them_when_it_refuses_a_value(
    field: str, first: float, last: float
) -> None:
    ends: list[Any] = [Objective(**{field: end}) for end in (first, last)]  # type: ignore[arg-type]
    assert [getattr(end, field) for end in ends] == [first, last]
    with pytest.raises(ValueError, match=rf"^{field} must be .*\b{int(first)}\b.*\b{last}\b"):
        Objective(**{field: last + 1})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", get_args(ObjectiveName))
def test_only_an_autoencoder_s_posterior_is_a_point(name: ObjectiveName) -> None:
    assert (Objective(name).posterior == "point") == (name == "autoencoder")


@pytest.mark.parametrize("name", get_args(ObjectiveName))
def test_several_draws_per_image_are_for_the_objectives_that_average_them(name: ObjectiveName) -> None:
    if name in ("vae", "iwae"):
        assert Objective(name, samples=5).samples == 5
    else:
        with pytest.raises(ValueError, match=f"^samples must be 1 for {name}, not 5"):
            Objective(name, samples=5)


def test_an_unknown_option_is_refused_with_the_known_ones() -> None:
    for field, options in (("name", ObjectiveName), ("warmup", Warmup)):
        with pytest.raises(ValueError, match=".*".join(get_args(options))):
            Objective(**{field: "elbo"})  # type: ignore[arg-type]


def test_by_default_an_objective_has_no_schedule() -> None:
    for name in get_args(ObjectiveName):
        assert {Objective(name).beta_at(progress) for progress in (0, 0.1, 0.5, 1)} == {1}
        assert Objective(name).samples == 1


@pytest.mark.parametrize("warmup", ["linear", "cyclic"])
@pytest.mark.parametrize("name", ["vae", "beta-tc"])
def test_objectives_with_a_beta_can_warm_it_up(name: ObjectiveName, warmup: Any) -> None:
    assert Objective(name, warmup=warmup).beta_at(0) == 0


@pytest.mark.parametrize("name", ["free-bits", "capacity", "beta-tc", "autoencoder"])
def test_an_option_that_an_objective_would_ignore_is_refused(name: ObjectiveName) -> None:
    with pytest.raises(ValueError, match=f"^samples must be 1 for {name}, not 5"):
        Objective(name, samples=5)


@pytest.mark.parametrize("name", ["free-bits", "capacity", "iwae", "autoencoder"])
def test_a_warmup_of_a_beta_that_an_objective_does_not_have_is_refused(name: ObjectiveName) -> None:
    with pytest.raises(ValueError, match=f"^warmup must be none for {name}, not 'linear'"):
        Objective(name, warmup="linear")
    with pytest.raises(ValueError, match=f"^warmup must be none for {name}, not 'cooling'"):
        Objective(name, warmup="cooling")


# ---- gradients -------------------------------------------------------------------------------------------------------


def test_gradients_are_those_of_finite_differences() -> None:
    mean, logvar = random(3, 2).requires_grad_(), random(3, 2, seed=1).requires_grad_()
    parameters, x = random(3, 1, 2, 2, seed=2).requires_grad_(), torch.rand(3, 1, 2, 2, dtype=torch.float64)
    levels, log_scale = x.mul(255).round().div(255), random(1, 1, 1, seed=4).requires_grad_()
    noise = random(3, 2, seed=3)
    check = torch.autograd.gradcheck
    assert check(kl_divergence, (mean, logvar))
    assert check(lambda m, v: log_normal(noise, m, v), (mean, logvar))
    assert check(lambda m, v: reparameterize(m, v, noise), (mean, logvar))
    assert check(lambda p: bernoulli_nll(p, x), (parameters,))
    assert check(lambda p: continuous_bernoulli_nll(p, x), (parameters,))
    assert check(continuous_bernoulli_mean, (parameters,))
    assert check(lambda p, s: gaussian_nll(p, x, s), (parameters, log_scale))
    assert check(lambda p: optimal_log_sigma(p, x), (parameters,))
    assert check(lambda p, s: discretised_logistic_nll(p, levels, s), (parameters, log_scale))
    assert check(lambda p, s: discretised_logistic_nll(p, levels.round(), s), (parameters, log_scale))


@pytest.mark.parametrize(
    "objective",
    [
        Objective(),
        Objective("vae", samples=3),
        Objective("free-bits", free_bits=0.4),
        Objective("capacity", gamma=3.0),
        Objective("beta-tc"),
        Objective("iwae", samples=3),
        Objective("autoencoder"),
    ],
    ids=lambda objective: f"{objective.name} {objective.samples}",
)
def test_gradients_of_every_objective_are_those_of_finite_differences(objective: Objective) -> None:
    mean, logvar = random(4, 2).requires_grad_(), random(4, 2, seed=1).requires_grad_()
    matrix = random(2, 6, seed=2).requires_grad_()  # a decoder of one layer
    x, noise = torch.rand(4, 1, 2, 3, dtype=torch.float64), random(objective.samples, 4, 2, seed=3)

    def loss(m: Tensor, v: Tensor, w: Tensor) -> Tensor:
        z = m.expand_as(noise) if objective.name == "autoencoder" else reparameterize(m, v, noise)
        logits = (z @ w).reshape(-1, 1, 2, 3)
        nll = bernoulli_nll(logits, x.repeat(objective.samples, 1, 1, 1)).unflatten(0, noise.shape[:2])
        return terms(objective, nll, m, v, z, beta=2.5, capacity=1.0, dataset_size=30)["loss"]

    assert torch.autograd.gradcheck(loss, (mean, logvar, matrix))


# ---- published numbers -----------------------------------------------------------------------------------------------


def mnist(part: str) -> Tensor:
    path = SHARED / "MNIST" / "raw" / f"{part}-images-idx3-ubyte"
    return torch.from_numpy(np.fromfile(path, np.uint8, offset=16).reshape(-1, 1, 28, 28))


@needs_mnist
def test_the_floor_of_the_grey_loss_on_the_mnist_test_set_is_the_published_one() -> None:
    x = mnist("t10k").double() / 255
    logits = torch.logit(x, eps=1e-12).float()  # a decoder that reproduces every image exactly
    assert bernoulli_nll(logits, x.float()).double().mean().item() == pytest.approx(45.53, abs=0.005)


@needs_mnist
@pytest.mark.parametrize(("part", "nats"), [("train", 205.80), ("t10k", 205.65)])
def test_a_collapsed_decoder_costs_what_the_mean_of_the_training_or_of_the_test_images_does(
    part: str, nats: float
) -> None:
    x, mean = mnist("t10k").double() / 255, mnist(part).double().mean(0, keepdim=True) / 255
    logits = torch.logit(mean, eps=1e-6)  # pixels that are black in all training images are not in all test images
    assert bernoulli_nll(logits.expand_as(x), x).mean().item() == pytest.approx(nats, abs=0.005)
