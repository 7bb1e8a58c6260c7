"""The parts of -ELBO against a linear-Gaussian model, whose posterior, gaps and evidence have closed forms."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.support.linear_gaussian import GAUSSIAN, evidence, linear_vae, precision
from vae.evaluation.gaps import ESTIMATE, Parts, Posterior, Target, gaps, optimise, parts, watched_nats
from vae.model.latents import encode
from vae.model.losses import kl_divergence
from vae.model.networks import VAE, ModelConfig
from vae.storage.checkpoints import read_checkpoint

SHIPPED = Path(__file__).parents[2] / "checkpoints"
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 1, 2, 2), np.uint8)
LABELS = np.arange(20) % 3
OBLIQUE = torch.tensor(
    [[0.5, 0.4], [0.0, 0.3], [0.6, 0.5], [0.0, -0.4]]
)  # the posterior's dimensions depend on each other
SHIFT, WIDEN = 0.5, 0.4


def best_of(model: VAE, steps: int = 200) -> tuple[Target, Posterior]:
    target = Target.of(model, PIXELS, LABELS)
    *_, best = optimise(target, target.encoded(), steps=steps)
    return target, best


def parts_of(model: VAE) -> Parts:
    target, best = best_of(model)
    return parts(target, target.encoded(), best)


def watched(target: Target, qs: Iterable[Posterior]) -> list[Tensor]:
    """The watched -ELBO of each q."""
    nats = watched_nats(target)
    return [reconstruction + kl for reconstruction, kl in map(nats, qs)]


def test_the_exact_posterior_has_no_gaps_and_gives_the_evidence() -> None:
    found = parts_of(linear_vae())
    np.testing.assert_allclose(found.negative_elbo, evidence(PIXELS), atol=1e-4)
    np.testing.assert_allclose(found.amortisation, 0, atol=1e-4)
    np.testing.assert_allclose(found.nll, evidence(PIXELS), atol=0.05)
    np.testing.assert_allclose(found.approximation, 0, atol=0.05)


def test_steps_take_a_shifted_and_widened_q_back_to_the_posterior() -> None:
    exact = Target.of(linear_vae(), PIXELS, LABELS).encoded()
    _, best = best_of(linear_vae(SHIFT, WIDEN))
    torch.testing.assert_close(best.mean, exact.mean, atol=2e-3, rtol=0)
    torch.testing.assert_close(best.logvar, exact.logvar, atol=5e-3, rtol=0)


def test_the_amortisation_gap_is_the_kl_from_the_encoder_s_q_to_the_posterior() -> None:
    """For a diagonal posterior with variances v: half the sum of shift² / v + exp(widen) - 1 - widen."""
    found = parts_of(linear_vae(SHIFT, WIDEN))
    shifts = SHIFT * precision().diagonal().sqrt()
    gap = kl_divergence(shifts, torch.full((2,), WIDEN)).sum().item()
    assert found.amortisation.mean() == pytest.approx(gap, abs=0.02)
    assert found.nll.mean() == pytest.approx(evidence(PIXELS).mean(), abs=0.02)


def test_the_approximation_gap_is_what_a_diagonal_gaussian_cannot_follow() -> None:
    """For the best diagonal Gaussian, of the precision's diagonal: half of sum ln Λ_jj - ln det Λ."""
    inverse = precision(OBLIQUE)
    gap = 0.5 * (inverse.diagonal().log().sum() - torch.logdet(inverse)).item()
    assert gap > 0.25
    found = parts_of(linear_vae(SHIFT, weight=OBLIQUE))
    assert found.approximation.mean() == pytest.approx(gap, abs=0.03)
    assert found.nll.mean() == pytest.approx(evidence(PIXELS, weight=OBLIQUE).mean(), abs=0.02)


def test_the_three_parts_add_up_and_the_mean_elbo_is_the_evaluation_s() -> None:
    model = linear_vae(SHIFT, WIDEN)
    found, whole = gaps(model, PIXELS, LABELS), encode(model, np.tile(PIXELS, (50, 1, 1, 1)), np.tile(LABELS, 50))
    assert found.amortisation + found.approximation + found.nll == pytest.approx(found.negative_elbo)
    assert found.negative_elbo == pytest.approx((whole.reconstruction + whole.kl).mean(), abs=0.1)
    assert found.nll_error == pytest.approx(evidence(PIXELS).std() / len(PIXELS) ** 0.5, rel=0.05)
    assert f"{ESTIMATE} other draws" in found.protocol
    assert "NLL at most" in found.protocol


def test_a_conditional_model_s_parts_are_those_given_the_label() -> None:
    found = parts_of(linear_vae(SHIFT, config=replace(GAUSSIAN, classes=3)))
    np.testing.assert_allclose(found.nll, evidence(PIXELS, LABELS / 10), atol=0.05)


def test_the_watched_minus_elbo_falls_and_stays_above_the_evidence() -> None:
    target = Target.of(linear_vae(SHIFT, WIDEN), PIXELS, LABELS)
    curve = [nats.mean().item() for nats in watched(target, optimise(target, target.encoded()))]
    assert all(later < sooner for sooner, later in pairwise(curve[:100:20]))
    assert min(curve) > evidence(PIXELS).mean() - 0.05  # the noise of the watched draws
    assert curve[-1] == pytest.approx(evidence(PIXELS).mean(), abs=0.05)


def test_the_same_seed_gives_the_same_numbers_and_an_image_s_do_not_need_gradients_of_weights() -> None:
    model = linear_vae(SHIFT)
    model.requires_grad_(False)
    first, second, other = (gaps(model, PIXELS, LABELS, seed=seed, steps=5) for seed in (1, 1, 2))
    assert first == second
    assert first.nll != other.nll


def test_a_plain_autoencoder_has_no_gaps() -> None:
    model = VAE(ModelConfig((1, 2, 2), 2, "mlp", (4,), posterior="point"))
    with pytest.raises(ValueError, match=r"neither q\(z\|x\) nor an ELBO"):
        gaps(model, PIXELS, LABELS)
    with pytest.raises(ValueError, match="at least 1"):
        gaps(linear_vae(), PIXELS[:0], LABELS[:0])


@pytest.mark.slow
def test_a_shipped_model_s_minus_elbo_falls_and_never_below_its_nll() -> None:
    checkpoint = read_checkpoint(SHIPPED / "mnist-z10-b1")
    target = Target.of(checkpoint.load_model(), checkpoint.load_examples()[:4], np.zeros(4, np.int64))
    *_, best = optimise(target, target.encoded(), steps=60)
    start, end = (nats.numpy() for nats in watched(target, (target.encoded(), best)))
    assert (end < start).all()
    found = parts(target, target.encoded(), best)
    assert (found.optimised < found.negative_elbo).all()
    assert (found.nll < found.optimised).all()
    assert (found.effective_draws > 10).all()
    np.testing.assert_allclose(start, found.negative_elbo, atol=2)
