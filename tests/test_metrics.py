"""The evaluation of encoded sets whose numbers are known."""

import numpy as np
import pytest
import torch
from torch import distributions

from vae.latents import EncodedSet, encode
from vae.metrics import active_units, evaluate
from vae.models import VAE, ModelConfig


def encoded_set(mean: np.ndarray, logvar: np.ndarray | None = None) -> EncodedSet:
    logvar = np.zeros_like(mean) if logvar is None else logvar
    kl = 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)
    n = len(mean)
    return EncodedSet(mean, logvar, np.zeros(n, np.int64), np.arange(n, dtype=np.float32), kl.sum(1))


def test_an_encoder_that_ignores_its_input_has_no_active_unit_and_no_kl() -> None:
    model = VAE(ModelConfig((1, 4, 4), 3, "mlp", (8,)))
    with torch.no_grad():
        model.encoder.head.weight.zero_()
        model.encoder.head.bias.zero_()
    images = np.random.default_rng(0).integers(0, 256, (20, 1, 4, 4), np.uint8)
    evaluation = evaluate(encode(model, images, np.zeros(20, np.int64)))
    assert evaluation.active_units == 0
    assert evaluation.kl == 0
    assert evaluation.kl_per_dimension == (0, 0, 0)
    assert evaluation.negative_elbo == evaluation.reconstruction


def test_a_constant_mean_is_inactive_however_far_from_the_prior() -> None:
    assert active_units(encoded_set(np.full((50, 2), 7, np.float32))) == 0


def test_units_are_active_above_a_variance_of_one_hundredth() -> None:
    signs = np.resize([-1, 1], 100)[:, None]
    means = (signs * [0.0, 0.09, 0.11, 3.0]).astype(np.float32)  # variances 0, 0.0081, 0.0121, 9
    assert active_units(encoded_set(means)) == 2


def test_minus_elbo_is_reconstruction_plus_kl_and_kl_is_the_sum_over_dimensions() -> None:
    rng = np.random.default_rng(0)
    encoded = encoded_set(rng.normal(size=(30, 4)).astype(np.float32), rng.normal(size=(30, 4)).astype(np.float32))
    evaluation = evaluate(encoded)
    assert evaluation.reconstruction == 14.5  # the mean of 0 … 29
    assert evaluation.negative_elbo == evaluation.reconstruction + evaluation.kl
    assert sum(evaluation.kl_per_dimension) == pytest.approx(evaluation.kl, rel=1e-5)


def test_kl_per_dimension_is_the_mean_of_torch_distributions() -> None:
    rng = np.random.default_rng(1)
    mean, logvar = rng.normal(size=(2, 30, 4)).astype(np.float32)
    posterior = distributions.Normal(torch.from_numpy(mean), torch.from_numpy(np.exp(logvar / 2)))
    expected = distributions.kl_divergence(posterior, distributions.Normal(0, 1)).mean(0)
    assert evaluate(encoded_set(mean, logvar)).kl_per_dimension == pytest.approx(expected.tolist(), rel=1e-4)


def test_an_evaluation_is_made_of_plain_numbers_that_json_can_hold() -> None:
    evaluation = evaluate(encoded_set(np.ones((5, 2), np.float32)))
    assert {type(value) for value in vars(evaluation).values()} == {float, int, tuple}
    assert {type(value) for value in evaluation.kl_per_dimension} == {float}
