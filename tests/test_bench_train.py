"""The training benchmark compares like with like: the tutorial loop minimises the same loss with the same model."""

import pytest
import torch

from vae.bench.train import PEAK_SIDE, Tutorial, peak_flops, training_flop
from vae.losses import bernoulli_nll, kl_divergence
from vae.models import VAE, default_config


def test_the_tutorial_s_model_has_as_many_weights_as_ours() -> None:
    tutorial = sum(weights.numel() for weights in Tutorial().parameters())
    assert tutorial == VAE(default_config((1, 28, 28), 20)).parameter_count == 652_824


def test_the_tutorial_s_loss_is_minus_elbo_summed_over_the_batch() -> None:
    torch.manual_seed(0)
    model, x = Tutorial(), torch.rand(16, 1, 28, 28)
    torch.manual_seed(1)
    loss = model.loss(x)
    torch.manual_seed(1)
    hidden = torch.relu(model.fc1(x.flatten(1)))
    mean, logvar = model.fc_mean(hidden), model.fc_logvar(hidden)
    z = mean + torch.randn_like(mean) * (logvar / 2).exp()
    logits = model.fc4(torch.relu(model.fc3(z))).reshape(x.shape)
    expected = bernoulli_nll(logits, x).sum() + kl_divergence(mean, logvar).sum()
    torch.testing.assert_close(loss, expected)


def test_the_arithmetic_of_a_training_step_is_that_of_the_reference() -> None:
    assert training_flop(VAE(default_config((1, 28, 28), 20))) == pytest.approx(3.28e6, rel=1e-2)


def test_the_peak_is_a_speed_that_a_product_of_square_matrices_reaches() -> None:
    assert 2 * PEAK_SIDE**3 / 60 < peak_flops(torch.device("cpu")) < 1e16
