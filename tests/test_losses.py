"""The loss against torch.distributions, closed forms and published numbers."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.hermite_e import hermegauss
from torch import Tensor, distributions

from vae.losses import bernoulli_nll, gaussian_nll, kl_divergence, objective, reconstruction_nll
from vae.models import ModelConfig, reparameterize

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_mnist = pytest.mark.skipif(
    not (SHARED / "MNIST").exists(), reason="the real MNIST files are not beside this repo"
)
MEANS, LOGVARS = st.floats(-20, 20), st.floats(-10, 10)


def normal(mean: Tensor, logvar: Tensor) -> distributions.Normal:
    return distributions.Normal(mean, (0.5 * logvar).exp())


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


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
    torch.testing.assert_close(gaussian_nll(mean, x, sigma), expected)


def test_likelihoods_are_summed_over_pixels_and_channels_not_averaged() -> None:
    half = torch.zeros(2, 3, 7, 5)  # logit 0: every grey level costs ln 2
    assert bernoulli_nll(half, torch.rand(2, 3, 7, 5)).tolist() == pytest.approx([105 * np.log(2)] * 2, rel=1e-5)
    assert gaussian_nll(half, half, 1.0).tolist() == pytest.approx([105 * 0.5 * np.log(2 * np.pi)] * 2, rel=1e-5)


def test_the_config_chooses_the_likelihood_and_its_sigma() -> None:
    parameters, x = random(3, 1, 4, 4), torch.rand(3, 1, 4, 4, dtype=torch.float64)
    bernoulli = ModelConfig((1, 4, 4), 2, "mlp", (8,))
    gaussian = ModelConfig((1, 4, 4), 2, "mlp", (8,), likelihood="gaussian", sigma=0.3)
    torch.testing.assert_close(
        reconstruction_nll(parameters, x, bernoulli),
        -(x * -torch.log1p((-parameters).exp()) + (1 - x) * -torch.log1p(parameters.exp())).sum((1, 2, 3)),
    )
    torch.testing.assert_close(
        reconstruction_nll(parameters, x, gaussian), -distributions.Normal(parameters, 0.3).log_prob(x).sum((1, 2, 3))
    )


# ---- -ELBO -----------------------------------------------------------------------------------------------------------


def test_the_objective_is_minus_elbo_averaged_over_images_where_beta_is_1() -> None:
    mean, logvar = random(6, 3), random(6, 3, seed=1)
    logits, x = random(6, 1, 4, 4, seed=2), (random(6, 1, 4, 4, seed=3) > 0).double()
    standard = distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    log_likelihood = distributions.Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1)
    elbo = log_likelihood - distributions.kl_divergence(normal(mean, logvar), standard).sum(1)
    torch.testing.assert_close(objective(bernoulli_nll(logits, x), kl_divergence(mean, logvar), beta=1), -elbo.mean())


def test_the_objective_of_a_hand_computed_batch() -> None:
    reconstruction, kl = torch.tensor([10.0, 20.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert objective(reconstruction, kl, beta=0).item() == 15
    assert objective(reconstruction, kl, beta=1).item() == 20  # ((10 + 3) + (20 + 7)) / 2
    assert objective(reconstruction, kl, beta=4).item() == 35


SIGMA = 0.7
W = torch.tensor([[1.5, 0.0], [0.0, 0.4], [2.0, 0.0]], dtype=torch.float64)  # x = Wz + b + noise; orthogonal columns
B = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
X = torch.tensor([0.9, 0.4, -1.1], dtype=torch.float64)


def linear_gaussian_negative_elbo(mean: Tensor, logvar: Tensor) -> float:
    """The engine's terms, with the expectation over q by Gauss-Hermite quadrature: exact for a quadratic."""
    nodes, weights = hermegauss(4)
    noise = torch.tensor(list(product(nodes, nodes)))
    weight = torch.tensor([a * b for a, b in product(weights, weights)]) / (2 * np.pi)
    z = reparameterize(mean.expand(16, 2), logvar.expand(16, 2), noise)
    pictures = (z @ W.T + B).reshape(16, 1, 1, 3)
    nll = gaussian_nll(pictures, X.expand(16, 3).reshape(16, 1, 1, 3), SIGMA)
    kl = kl_divergence(mean[None], logvar[None])
    return objective((weight * nll).sum()[None], kl, beta=1).item()


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


def test_gradients_are_those_of_finite_differences() -> None:
    mean, logvar = random(3, 2).requires_grad_(), random(3, 2, seed=1).requires_grad_()
    parameters, x = random(3, 1, 2, 2, seed=2).requires_grad_(), torch.rand(3, 1, 2, 2, dtype=torch.float64)
    noise = random(3, 2, seed=3)
    assert torch.autograd.gradcheck(kl_divergence, (mean, logvar))
    assert torch.autograd.gradcheck(lambda p: bernoulli_nll(p, x), (parameters,))
    assert torch.autograd.gradcheck(lambda p: gaussian_nll(p, x, 0.2), (parameters,))
    assert torch.autograd.gradcheck(lambda m, v: reparameterize(m, v, noise), (mean, logvar))
    assert torch.autograd.gradcheck(
        lambda p, m, v: objective(bernoulli_nll(p, x), kl_divergence(m, v), 4.0), (parameters, mean, logvar)
    )


# ---- published numbers -----------------------------------------------------------------------------------------------


def mnist(part: str) -> Tensor:
    path = SHARED / "MNIST" / "raw" / f"{part}-images-idx3-ubyte"
    return torch.from_numpy(np.fromfile(path, np.uint8, offset=16).reshape(-1, 1, 28, 28))


@needs_mnist
def test_the_floor_of_the_grey_loss_on_the_mnist_test_set_is_the_published_one() -> None:
    x = mnist("t10k").double() / 255
    logits = torch.logit(x, eps=1e-12).float()  # the decoder that draws every image exactly
    assert bernoulli_nll(logits, x.float()).double().mean().item() == pytest.approx(45.53, abs=0.005)


@needs_mnist
def test_a_decoder_that_always_draws_the_mean_training_image_scores_as_published() -> None:
    x, mean = mnist("t10k").float() / 255, mnist("train").double().mean(0, keepdim=True) / 255
    # How black the mean's never-lit border may be decides on a few hundredths of a nat.
    logits = torch.logit(mean, eps=1e-4).float().expand_as(x)
    assert bernoulli_nll(logits, x).double().mean().item() == pytest.approx(205.83, abs=0.05)
