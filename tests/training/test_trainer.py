"""Training on real digits: reproducible, correctly averaged, and saved whole or not at all."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, distributions

from tests.support.effort import first_in_make_test
from vae.datasets.splits import Binarisation, Dataset, Split, binarise
from vae.datasets.user_images.augmentation import Augmentation
from vae.evaluation.metrics import evaluate
from vae.model.latents import encode
from vae.model.losses import Objective, ObjectiveName
from vae.model.networks import VAE, Likelihood, ModelConfig, default_config, to_unit
from vae.storage.checkpoints import read_checkpoint
from vae.storage.files import CheckpointError
from vae.training import checkpoint as checkpoint_module
from vae.training import state as state_module
from vae.training import step as step_module
from vae.training import trainer as trainer_module
from vae.training.checkpoint import train_checkpoint
from vae.training.config import LEARNING_RATES, RATE_WARMUP, Optimizer, ScheduledValues, TrainingConfig
from vae.training.distributed import ProcessGroup
from vae.training.request import request_of
from vae.training.step import Scheduled, Step, mixed_precision
from vae.training.trainer import (
    EpochMetrics,
    Trainer,
    TrainingError,
    new_model,
    seconds_per_epoch,
    train,
    validate,
)

MLP = ModelConfig((1, 8, 8), 2, "mlp", (32,))
CONV = ModelConfig((1, 8, 8), 2, "conv", (16,), (4, 8))
POINT = replace(MLP, posterior="point")
NORMED = replace(MLP, batch_norm=True)
CONDITIONAL = replace(MLP, classes=10)
QUICK = TrainingConfig(epochs=2, batch_size=64, device="cpu")
LEARNING = replace(QUICK, epochs=10, learning_rate=5e-3)  # enough to see what an objective does
AUTOENCODER = Objective("autoencoder")


def first(split: Split, count: int) -> Split:
    return Split(split.images[:count], split.labels[:count])


def run(
    digits: Dataset, config: TrainingConfig = QUICK, model_config: ModelConfig = MLP, count: int = 300
) -> tuple[VAE, list[EpochMetrics]]:
    """A model trained on the first images, with its metrics."""
    split = first(digits.train, count)
    model = new_model(model_config, split, config)
    return model, list(train(model, split, digits.validation, config))


def weights(model: VAE) -> Tensor:
    return torch.cat([tensor.detach().float().flatten() for tensor in model.state_dict().values()])


def validation_loss(metrics: EpochMetrics) -> float:
    return metrics.validation_reconstruction + metrics.validation_kl


def record_steps(monkeypatch: pytest.MonkeyPatch, *, really: bool = True) -> list[tuple[list[int], ScheduledValues]]:
    """The rows and scheduled values of every step that will be taken, or not really taken."""
    steps: list[tuple[list[int], ScheduledValues]] = []

    class Recorded(Step):
        def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
            steps.append((batch.tolist(), ScheduledValues(*scheduled)))
            if really:
                return super().__call__(batch, scheduled)
            self.names = ("loss", "reconstruction", "kl")
            return torch.ones(3)

    monkeypatch.setattr(trainer_module, "Step", Recorded)
    return steps


def numbers(metrics: EpochMetrics) -> dict[str, float]:
    """All metrics but the seconds."""
    return {key: value for key, value in asdict(metrics).items() if key != "seconds"}


# ---- what training does ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model_config",
    [MLP, CONV, replace(MLP, likelihood="gaussian-optimal"), replace(CONV, batch_norm=True), CONDITIONAL],
    ids=["mlp", "conv", "gauss", "batch norm", "conditional"],
)
def test_the_same_seed_gives_the_same_weights_and_metrics(digits: Dataset, model_config: ModelConfig) -> None:
    model, metrics = run(digits, model_config=model_config)
    torch.rand(7)  # the global generator must not matter
    again, metrics_again = run(digits, model_config=model_config)
    assert torch.equal(weights(model), weights(again))
    assert [numbers(m) for m in metrics] == [numbers(m) for m in metrics_again]


@pytest.mark.parametrize("likelihood", get_args(Likelihood))
@pytest.mark.parametrize("binarisation", get_args(Binarisation))
def test_a_new_mlp_starts_at_the_mean_image_and_else_with_the_weights_of_its_seed(
    digits: Dataset, likelihood: Likelihood, binarisation: Binarisation
) -> None:
    model_config, config = replace(MLP, likelihood=likelihood), replace(QUICK, binarisation=binarisation)
    model = new_model(model_config, digits.train, config)
    grey = digits.train.images.astype(np.float64) / 255
    mean = torch.from_numpy((grey if binarisation != "static" else grey > 0.5).mean(0)).float()
    logits = likelihood in ("bernoulli", "continuous-bernoulli")
    bias = model.decoder.head.bias.detach().reshape(1, 8, 8)
    pictures = bias.sigmoid() if logits else bias
    torch.testing.assert_close(
        pictures, mean, rtol=0, atol=1 / 510
    )  # a pixel that is always black starts half a level above
    torch.manual_seed(config.seed)
    plain = VAE(model_config)
    differ = [name for name, value in plain.state_dict().items() if not torch.equal(value, model.state_dict()[name])]
    assert differ == ["decoder.head.bias"]


def test_a_start_at_the_mean_image_has_a_smaller_loss(digits: Dataset) -> None:
    config = replace(QUICK, epochs=1, learning_rate=1e-30)  # nothing moves
    torch.manual_seed(0)
    losses = []
    for model in (VAE(MLP), new_model(MLP, digits.train, config)):
        with torch.no_grad():
            model.decoder.head.weight.zero_()
        losses += [
            metrics.validation_reconstruction for metrics in train(model, digits.train, digits.validation, config)
        ]
    x, mean = (split.images.astype(np.float64) / 255 for split in (digits.validation, digits.train))
    mean = mean.mean(0).clip(1 / 510, 1 - 1 / 510)
    assert losses[1] == pytest.approx(-(x * np.log(mean) + (1 - x) * np.log(1 - mean)).sum((1, 2, 3)).mean(), rel=1e-3)
    assert losses[0] > losses[1] + 10


def test_a_new_conv_model_has_the_weights_of_its_seed(digits: Dataset) -> None:
    model = new_model(CONV, digits.train, QUICK)
    torch.manual_seed(QUICK.seed)
    assert torch.equal(weights(model), weights(VAE(CONV)))


def test_another_seed_gives_another_model_also_from_the_same_first_weights(digits: Dataset) -> None:
    trained = []
    for seed in (0, 1):
        torch.manual_seed(0)
        model = VAE(MLP)
        list(train(model, first(digits.train, 300), digits.validation, replace(QUICK, seed=seed)))
        trained.append(weights(model))
    assert not torch.equal(*trained)


@pytest.mark.parametrize("architecture", first_in_make_test(["mlp", "conv"]))
def test_the_default_model_learns_more_of_the_digits_than_their_mean(digits: Dataset, architecture: Any) -> None:
    config = TrainingConfig(epochs=12, batch_size=64, learning_rate=5e-3, device="cpu")
    _, metrics = run(digits, config, default_config((1, 8, 8), 4, architecture), count=len(digits.train))
    begin, last = validation_loss(metrics[0]), validation_loss(metrics[-1])
    x = digits.validation.images.astype(np.float64) / 255
    mean = np.clip(digits.train.images.mean(0) / 255, 1e-6, 1 - 1e-6)
    mean_picture = -(x * np.log(mean) + (1 - x) * np.log(1 - mean)).sum((1, 2, 3)).mean()
    assert last < begin
    assert last < mean_picture - 0.5
    assert metrics[-1].validation_kl > 0.5  # 0: the code is ignored, posterior collapse
    assert metrics[-1].reconstruction + metrics[-1].kl == pytest.approx(last, abs=1)


def test_epochs_count_from_one_and_the_clock_runs_on(digits: Dataset) -> None:
    _, metrics = run(digits, replace(QUICK, epochs=3))
    assert [m.epoch for m in metrics] == [1, 2, 3]
    seconds = [m.seconds for m in metrics]
    assert 0 < seconds[0] < seconds[1] < seconds[2]


@pytest.mark.parametrize("batch_size", [64, 100, 1000], ids=["last batch smaller", "even", "larger than the data"])
def test_metrics_are_means_over_images_whatever_the_batches(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    monkeypatch.setattr(step_module, "mixed_precision", lambda device: nullcontext())
    split, validation = first(digits.train, 200), digits.validation
    torch.manual_seed(0)
    model = VAE(MLP)
    with torch.no_grad():
        model.decoder.hidden.get_parameter("0.weight").zero_()  # then nothing depends on the noise
    config = TrainingConfig(epochs=1, batch_size=batch_size, learning_rate=1e-30, device="cpu")  # nothing moves
    (metrics,) = train(model, split, validation, config)

    def expected(of: Split) -> tuple[float, float]:
        x = torch.from_numpy(of.images / np.float32(255))
        with torch.no_grad():
            mean, logvar = model.encode(x)
            p = model.decoder(mean).double().sigmoid()
        nll = -(x * p.log() + (1 - x) * (1 - p).log()).sum((1, 2, 3))
        posterior = distributions.Normal(mean, (logvar / 2).exp())
        kl = distributions.kl_divergence(posterior, distributions.Normal(0, 1)).sum(1)
        return nll.mean().item(), kl.mean().item()

    assert (metrics.reconstruction, metrics.kl) == pytest.approx(expected(split), rel=1e-4)
    assert metrics.terms["loss"] == pytest.approx(metrics.reconstruction + metrics.kl, rel=1e-6)
    assert (metrics.validation_reconstruction, metrics.validation_kl) == pytest.approx(expected(validation), rel=1e-4)


@pytest.mark.parametrize(("batch_size", "left_out"), [(2, 0), (7, 0), (23, 1), (299, 1), (300, 0), (65_536, 0)])
def test_every_image_is_seen_once_per_epoch_but_a_lone_remainder(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, batch_size: int, left_out: int
) -> None:
    steps = record_steps(monkeypatch, really=False)
    run(digits, replace(QUICK, batch_size=batch_size))
    assert all(2 <= len(rows) <= batch_size for rows, _ in steps)
    half = len(steps) // 2
    orders = [[row for rows, _ in epoch for row in rows] for epoch in (steps[:half], steps[half:])]
    for order in orders:
        assert len(set(order)) == len(order) == 300 - left_out
        assert set(order) <= set(range(300))
    assert orders[0] != orders[1]


def rates_of_every_step(digits: Dataset, config: TrainingConfig) -> list[float]:
    rates: list[float] = []

    class Recorded(Step):
        def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
            terms = super().__call__(batch, scheduled)
            rates.append(self.optimizer.param_groups[0]["lr"])
            return terms

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer_module, "Step", Recorded)
        run(digits, config)
    return rates


def test_the_learning_rate_rises_briefly_and_falls_along_half_a_cosine(digits: Dataset) -> None:
    rates = rates_of_every_step(digits, replace(QUICK, epochs=20, learning_rate=0.01))
    share = (np.arange(100) + 0.5) / 100  # 20 epochs of 5 steps, each at its middle
    rise, left = share / RATE_WARMUP, (share - RATE_WARMUP) / (1 - RATE_WARMUP)
    assert rates == pytest.approx(0.01 * np.where(rise < 1, rise, (1 + np.cos(np.pi * left)) / 2))
    assert rates[0] < max(rates)
    assert 0 < rates[-1] < 1e-4


def test_a_constant_learning_rate_stays(digits: Dataset) -> None:
    assert rates_of_every_step(digits, replace(QUICK, learning_rate=0.01, schedule="constant")) == [0.01] * 10


def test_beta_capacity_and_kl_multiplier_follow_their_schedules_step_by_step(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = record_steps(monkeypatch)
    run(digits, replace(QUICK, objective=Objective(beta=4, warmup="linear", warmup_share=0.5)))
    assert [scheduled.beta for _, scheduled in steps] == pytest.approx([0.4, 1.2, 2.0, 2.8, 3.6, 4, 4, 4, 4, 4])
    steps.clear()
    run(digits, replace(QUICK, objective=Objective("capacity", capacity=10, warmup_share=0.5)))
    assert [scheduled.capacity for _, scheduled in steps] == pytest.approx([1, 3, 5, 7, 9, 10, 10, 10, 10, 10])
    steps.clear()
    run(digits, replace(QUICK, objective=Objective("beta-tc", warmup="cooling", warmup_share=0.5, heat=1024)))
    assert [scheduled.kl_multiplier for _, scheduled in steps] == pytest.approx([512, 128, 32, 8, 2, 1, 1, 1, 1, 1])


@pytest.mark.parametrize(
    ("objective", "name"),
    [
        (Objective(beta=4, warmup="linear", warmup_share=1), "beta"),
        (Objective(beta=4, warmup="cyclic", cycles=2), "beta"),
        (Objective("capacity", capacity=10, warmup_share=1), "capacity"),
        (Objective("beta-tc", warmup="cooling", heat=10, warmup_share=1), "heat"),
    ],
)
def test_an_epoch_reports_the_settings_of_its_last_step(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, objective: Objective, name: str
) -> None:
    steps = record_steps(monkeypatch)
    _, metrics = run(digits, replace(QUICK, objective=objective))
    last_steps, field = [steps[4][1], steps[9][1]], {"heat": "kl_multiplier"}.get(name, name)
    assert [m.terms["learning_rate"] for m in metrics] == pytest.approx(
        [scheduled.learning_rate for scheduled in last_steps]
    )
    assert [m.terms[name] for m in metrics] == pytest.approx([getattr(scheduled, field) for scheduled in last_steps])


def test_beta_weights_the_kl_but_the_metrics_report_it_unweighted(digits: Dataset) -> None:
    free, strict = (
        run(digits, replace(LEARNING, epochs=12, objective=Objective(beta=beta)))[1][-1] for beta in (0.0, 100.0)
    )
    assert strict.validation_kl < 0.1
    assert free.validation_kl > 2
    assert free.validation_reconstruction < strict.validation_reconstruction
    assert free.terms["loss"] == pytest.approx(free.reconstruction)
    assert strict.terms["loss"] == pytest.approx(strict.reconstruction + 100 * strict.kl, rel=1e-5)


def test_one_step_moves_the_weights_as_adam_does_along_the_gradient_of_the_objective(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_module, "mixed_precision", lambda device: nullcontext())
    model = VAE(MLP)
    before = weights(model)
    x = torch.from_numpy(digits.train.images[:50] / np.float32(255))
    noise = torch.randn(1, 50, 2, generator=torch.Generator().manual_seed(3))[0]
    mean, logvar = model.encode(x)
    posterior = distributions.Normal(mean, (logvar / 2).exp())
    p = model.decoder(mean + posterior.stddev * noise).sigmoid()
    nll = -(x * p.log() + (1 - x) * (1 - p).log()).sum()
    kl = distributions.kl_divergence(posterior, distributions.Normal(0, 1)).sum()
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad((nll + 4 * kl) / 50, list(model.parameters()))])

    step = Step(model, digits.train, QUICK)
    step.generator.manual_seed(3)
    sums = step(torch.arange(50), ScheduledValues(1e-3, 4.0, 0.0, 1.0))
    assert step.names == ("loss", "reconstruction", "kl")
    assert sums.tolist() == pytest.approx([(nll + 4 * kl).item(), nll.item(), kl.item()], rel=1e-4)
    clear = gradient.abs() > 1e-4
    assert clear.float().mean() > 0.5
    moved = weights(model) - before  # Adam's first step: the learning rate against the gradient's sign
    torch.testing.assert_close(moved[clear], -1e-3 * gradient[clear].sign(), rtol=1e-2, atol=1e-6)


def test_sgd_has_momentum_and_adamw_decays_the_weights(digits: Dataset) -> None:
    moved = {}
    for optimizer in get_args(Optimizer):
        torch.manual_seed(0)
        model = VAE(MLP)
        with torch.no_grad():
            model.decoder.head.bias.fill_(5.0)
        step = Step(model, digits.train, replace(QUICK, optimizer=optimizer))
        positions = [weights(model)]
        for _ in range(2):
            step.generator.manual_seed(0)
            step(torch.arange(50), ScheduledValues(1e-5, 1.0, 0.0, 1.0))
            positions.append(weights(model))
        moved[optimizer] = [after - before for before, after in pairwise(positions)]
    # the gradients of two such small steps are nearly alike: the second goes 1 + 0.9 times as far
    torch.testing.assert_close(moved["sgd"][1], 1.9 * moved["sgd"][0], rtol=0.2, atol=1e-4)
    decayed = moved["adamw"][0] - moved["adam"][0]
    assert decayed.abs().max().item() == pytest.approx(1e-5 * 0.01 * 5, rel=0.2)


def test_validation_has_no_influence_on_training(digits: Dataset) -> None:
    states = []
    for validation in (digits.validation, first(digits.test, 3)):
        torch.manual_seed(0)
        model = VAE(MLP)
        global_state = torch.get_rng_state()
        list(train(model, first(digits.train, 300), validation, QUICK))
        assert torch.equal(torch.get_rng_state(), global_state)
        states.append(weights(model))
    assert torch.equal(*states)


def test_validation_metrics_are_those_of_the_encoded_validation_set(digits: Dataset) -> None:
    model, metrics = run(digits)
    encoded = encode(model.eval(), digits.validation.images, digits.validation.labels, noise_seed=QUICK.seed)
    assert metrics[-1].validation_reconstruction == pytest.approx(encoded.reconstruction.mean(), rel=1e-5)
    assert metrics[-1].validation_kl == pytest.approx(encoded.kl.mean(), rel=1e-5)
    images, labels = torch.from_numpy(digits.validation.images), torch.from_numpy(digits.validation.labels)
    again = validate(model, images, labels, QUICK.seed)
    assert again == (metrics[-1].validation_reconstruction, metrics[-1].validation_kl)


@pytest.mark.parametrize(
    "objective", [Objective(), Objective("beta-tc", beta=4), Objective("iwae", samples=5)], ids=str
)
def test_bfloat16_and_float32_training_reach_the_same_loss(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, objective: Objective
) -> None:
    losses = []
    config = TrainingConfig(epochs=4, objective=objective, device="cpu")
    for precision in (nullcontext, lambda: torch.autocast("cpu", torch.bfloat16)):
        monkeypatch.setattr(step_module, "mixed_precision", lambda device, chosen=precision: chosen())
        last = run(digits, config, default_config((1, 8, 8), 4), count=len(digits.train))[1][-1]
        losses.append(validation_loss(last))
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], abs=0.5)


def test_precision_is_chosen_by_what_the_processor_says(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    for known, mixed in (
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"avx2": True}, False),
        ({}, False),
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda known=known: known, raising=False)
        assert isinstance(mixed_precision(cpu), torch.autocast) == mixed
    monkeypatch.delattr(torch.cpu, "get_capabilities")  # as in torch 2.11
    assert not isinstance(mixed_precision(cpu), torch.autocast)
    assert not isinstance(mixed_precision(torch.device("mps")), torch.autocast)


def test_progress_is_a_share_of_the_run_that_only_grows(digits: Dataset) -> None:
    shares: list[float] = []
    config = replace(QUICK, epochs=3, batch_size=7)
    list(train(VAE(MLP), first(digits.train, 300), digits.validation, config, shares.append))
    assert len(shares) > 5
    assert shares == sorted(set(shares))
    assert shares[0] > 0
    assert 0.8 < shares[-1] <= 1


# ---- objectives, likelihoods, optimisers -----------------------------------------------------------------------------

OBJECTIVES: dict[ObjectiveName, tuple[Objective, set[str]]] = {
    "vae": (Objective(), {"beta"}),
    "free-bits": (Objective("free-bits", free_bits=1.5), set()),
    "capacity": (Objective("capacity", capacity=3.0, warmup_share=0.1), {"capacity"}),
    "beta-tc": (Objective("beta-tc", beta=2), {"beta", "index_code_mi", "total_correlation", "dimension_wise_kl"}),
    "iwae": (Objective("iwae", samples=5), set()),
    "autoencoder": (AUTOENCODER, set()),
}


@pytest.mark.parametrize("name", first_in_make_test(get_args(ObjectiveName)))
def test_every_objective_learns_and_reports_its_own_terms(digits: Dataset, name: ObjectiveName) -> None:
    objective, own = OBJECTIVES[name]
    model_config = POINT if name == "autoencoder" else MLP
    _, metrics = run(digits, replace(LEARNING, epochs=12, objective=objective), model_config, len(digits.train))
    assert metrics[-1].validation_reconstruction < metrics[0].validation_reconstruction - 1
    for m in metrics:
        assert set(m.terms) == {"loss", "learning_rate"} | own
        assert all(np.isfinite(value) for value in m.terms.values())


def test_free_bits_keep_every_dimension_above_the_floor_and_a_capacity_is_filled(digits: Dataset) -> None:
    floor, capacity = (
        run(digits, replace(LEARNING, epochs=15, objective=objective), MLP, len(digits.train))[1][-1]
        for objective in (Objective("free-bits", free_bits=2.5), Objective("capacity", capacity=1.5, warmup_share=0.5))
    )
    assert floor.validation_kl > 2 * 2.5 - 0.6
    assert capacity.validation_kl == pytest.approx(1.5, abs=0.3)


def test_total_correlation_terms_add_up_to_the_kl_of_the_run(digits: Dataset) -> None:
    _, metrics = run(digits, replace(LEARNING, objective=Objective("beta-tc", beta=6)), count=600)
    last = metrics[-1]
    names = ("index_code_mi", "total_correlation", "dimension_wise_kl")
    assert sum(last.terms[name] for name in names) == pytest.approx(last.kl, abs=0.3)  # sampled against exact
    information, correlation, dimension_wise = (last.terms[name] for name in names)
    assert last.terms["loss"] == pytest.approx(
        last.reconstruction + information + 6 * correlation + dimension_wise, rel=1e-5
    )


def test_more_draws_bring_the_importance_weighted_bound_below_minus_elbo(digits: Dataset) -> None:
    _, metrics = run(digits, replace(LEARNING, objective=Objective("iwae", samples=20)), count=600)
    assert metrics[-1].terms["loss"] < metrics[-1].reconstruction + metrics[-1].kl - 0.1


@pytest.mark.parametrize("optimizer", first_in_make_test(get_args(Optimizer)))
@pytest.mark.parametrize("model_config", [default_config((1, 8, 8), 4), default_config((1, 8, 8), 4, "conv")])
def test_every_optimiser_learns_at_its_default_learning_rate(
    digits: Dataset, optimizer: Optimizer, model_config: ModelConfig
) -> None:
    config = replace(QUICK, epochs=4, optimizer=optimizer, learning_rate=LEARNING_RATES[optimizer])
    _, metrics = run(digits, config, model_config, len(digits.train))
    losses = [validation_loss(m) for m in metrics]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 0.3  # sgd on an MLP, which begins at the mean image, is the slowest


@pytest.mark.parametrize("likelihood", first_in_make_test(get_args(Likelihood)))
@pytest.mark.parametrize("start", first_in_make_test([MLP, CONV]), ids=["mlp", "conv"])
def test_every_likelihood_learns(digits: Dataset, likelihood: Likelihood, start: ModelConfig) -> None:
    config = replace(LEARNING, epochs=12)
    _, metrics = run(digits, config, replace(start, likelihood=likelihood), len(digits.train))
    assert validation_loss(metrics[-1]) < validation_loss(metrics[0]) - 0.5
    assert ("sigma" in metrics[-1].terms) == (
        likelihood in ("gaussian-learned", "gaussian-optimal", "discretised-logistic")
    )


@pytest.mark.parametrize("likelihood", first_in_make_test(["gaussian-learned", "gaussian-optimal"]))
def test_a_scale_that_is_not_given_becomes_the_error_of_the_pictures(digits: Dataset, likelihood: Likelihood) -> None:
    config = replace(LEARNING, epochs=15, learning_rate=1e-2)
    model, metrics = run(digits, config, replace(MLP, likelihood=likelihood), len(digits.train))
    x = to_unit(torch.from_numpy(digits.train.images))
    with torch.no_grad():
        mean, logvar = model.encode(x)
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
        error = (model.decoder(mean + (logvar / 2).exp() * noise) - x).square().mean().sqrt().item()
    assert metrics[-1].terms["sigma"] == pytest.approx(error, rel=0.05)
    assert model.log_scale.exp().item() == pytest.approx(error, rel=0.05)


# ---- conditional models, autoencoders, batch normalisation -----------------------------------------------------------


def test_a_conditional_model_needs_fewer_nats(digits: Dataset) -> None:
    config = replace(LEARNING, epochs=12)
    losses = {
        model_config.classes: validation_loss(run(digits, config, model_config, len(digits.train))[1][-1])
        for model_config in (MLP, CONDITIONAL)
    }
    assert losses[10] < losses[0] - 0.5


def test_a_conditional_model_learns_from_the_labels_it_is_given(digits: Dataset) -> None:
    shuffled = np.random.default_rng(0).permutation(digits.train.labels)
    trained = []
    for labels in (digits.train.labels, shuffled):
        torch.manual_seed(0)
        model = VAE(CONDITIONAL)
        list(train(model, Split(digits.train.images, labels), digits.validation, LEARNING))
        with torch.no_grad():
            pictures = model.decode(torch.cat((torch.zeros(10, 2), torch.eye(10)), dim=1))
        means = np.stack([digits.train.images[digits.train.labels == k].mean(0) / 255 for k in range(10)])
        errors = ((pictures.numpy()[:, None] - means) ** 2).sum(
            (2, 3, 4)
        )  # (class given to the decoder, class compared with)
        trained.append((errors.argmin(1) == np.arange(10)).mean())
    assert trained[0] >= 0.9
    assert trained[1] <= 0.5


def test_the_z_of_an_autoencoder_is_never_sampled(digits: Dataset) -> None:
    results = []
    for seed in (1, 2):
        torch.manual_seed(0)
        model = VAE(POINT)
        step = Step(model, digits.train, replace(QUICK, objective=AUTOENCODER))
        step.generator.manual_seed(seed)
        sums = step(torch.arange(50), ScheduledValues(1e-3, 1.0, 0.0, 1.0))
        images, labels = torch.from_numpy(digits.validation.images), torch.from_numpy(digits.validation.labels)
        results.append((sums, weights(model), torch.tensor(validate(model, images, labels, seed))))
    for one, other in zip(*results, strict=True):
        assert torch.equal(one, other)


def test_an_autoencoder_has_no_kl_and_reconstructs_better_than_a_vae(digits: Dataset) -> None:
    points = run(digits, replace(LEARNING, objective=AUTOENCODER), POINT, len(digits.train))[1]
    sampled = run(digits, LEARNING, MLP, len(digits.train))[1]
    assert all(m.kl == m.validation_kl == 0 for m in points)
    assert points[-1].terms["loss"] == pytest.approx(points[-1].reconstruction)
    assert points[-1].validation_reconstruction < sampled[-1].validation_reconstruction - 0.5


@pytest.mark.parametrize("model_config", [NORMED, replace(CONV, batch_norm=True)], ids=["mlp", "conv"])
@pytest.mark.parametrize("objective", [Objective(), Objective("beta-tc")], ids=["vae", "beta-tc"])
@pytest.mark.parametrize(("count", "batch_size"), [(129, 64), (130, 64), (3, 2), (2, 2), (2, 512)])
def test_no_remainder_is_too_small_for_batch_normalisation_or_beta_tc(
    digits: Dataset, model_config: ModelConfig, objective: Objective, count: int, batch_size: int
) -> None:
    config = replace(QUICK, batch_size=batch_size, objective=objective)
    _, metrics = run(digits, config, model_config, count)
    assert len(metrics) == 2


def test_batch_normalisation_learns_and_evaluates_each_image_for_itself(digits: Dataset) -> None:
    model, metrics = run(digits, LEARNING, NORMED, len(digits.train))
    assert validation_loss(metrics[-1]) < validation_loss(metrics[0])
    assert not model.training
    x = to_unit(torch.from_numpy(digits.test.images[:9]))
    with torch.no_grad():
        torch.testing.assert_close(model.encode(x)[0][:1], model.encode(x[:1])[0])
    assert int(model.encoder.hidden.get_buffer("1.num_batches_tracked")) == 10 * len(range(0, len(digits.train), 64))


# ---- black and white -------------------------------------------------------------------------------------------------


def seen(digits: Dataset, binarisation: Binarisation, monkeypatch: pytest.MonkeyPatch, epochs: int) -> list[Tensor]:
    """The encoder's inputs: the first 50 images at each training step, in their order, then at validation."""
    shown: list[Tensor] = []
    plain_encode = VAE.encode

    def encode_and_record(model: VAE, x: Tensor) -> tuple[Tensor, Tensor]:
        shown.append(x)
        return plain_encode(model, x)

    monkeypatch.setattr(VAE, "encode", encode_and_record)
    monkeypatch.setattr(torch, "randperm", lambda n, **_: torch.arange(n))
    config = replace(QUICK, epochs=epochs, binarisation=binarisation)
    list(train(VAE(MLP), first(digits.train, 50), first(digits.validation, 50), config))
    return shown


def test_grey_levels_are_shown_as_they_are_without_binarisation(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey = digits.train.images[:50] / np.float32(255)
    training_1, _, training_2, _ = seen(digits, "none", monkeypatch, epochs=2)
    assert np.array_equal(training_1, grey)
    assert np.array_equal(training_2, grey)


def test_static_binarisation_shows_the_same_black_and_white_at_every_step(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = seen(digits, "static", monkeypatch, epochs=2)
    for first in (0, 2):
        assert np.array_equal(shown[first], digits.train.images[:50] > 127)
        assert np.array_equal(shown[first + 1], digits.validation.images[:50] > 127)


def test_dynamic_binarisation_draws_again_at_every_step_and_once_for_evaluation(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = seen(digits, "dynamic", monkeypatch, epochs=60)
    steps, validations = shown[::2], shown[1::2]
    assert all(set(x.unique().tolist()) == {0, 1} for x in shown)
    assert len({x.numpy().tobytes() for x in steps}) == 60
    grey = digits.train.images[:50] / 255
    spread = np.sqrt(grey * (1 - grey) / 60)
    assert (np.abs(torch.stack(steps).mean(0).numpy() - grey) <= 5 * spread + 1e-6).all()
    fixed = binarise(digits.validation.images[:50], "dynamic") / 255
    assert all(np.array_equal(x, fixed) for x in validations)


# ---- augmentation ----------------------------------------------------------------------------------------------------


def test_versions_of_the_training_images_are_trained_on_and_validation_sees_the_images_alone(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, how = first(digits.train, 10), Augmentation(4)
    config = TrainingConfig(epochs=1, batch_size=2, device="cpu", augmentation=how)
    steps = record_steps(monkeypatch)
    trainer = Trainer(new_model(MLP, few, config), few, digits.validation, config)
    assert np.array_equal(trainer.validation[0].numpy(), digits.validation.images)
    list(trainer.epochs())
    assert sorted(row for batch, _ in steps for row in batch) == list(range(40))
    assert trainer.images_seen == 40


def test_a_checkpoint_says_how_it_was_augmented_and_is_tested_on_the_images_alone(
    digits: Dataset, tmp_path: Path
) -> None:
    for name, how in (("plain", Augmentation()), ("more", Augmentation(3, 0.1, 5.0, 0.0))):
        list(train_checkpoint(digits, MLP, replace(QUICK, epochs=1, augmentation=how), tmp_path / name))
    plain, more = (read_checkpoint(tmp_path / name) for name in ("plain", "more"))
    assert more.training["augmentation"] == {"versions": 3, "shift": 0.1, "turn": 5.0, "scale": 0.0}
    assert "augmentation" not in plain.training  # as that of a checkpoint from before there was any
    assert more.content_hash == plain.content_hash == digits.content_hash
    assert more.test_images == len(digits.test)
    assert request_of(more).training.augmentation == Augmentation(3, 0.1, 5.0, 0.0)


# ---- what it refuses -------------------------------------------------------------------------------------------------

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        *[("epochs", bad) for bad in (0, -1, 10_001, NAN, INF, 1.5, True)],
        *[("batch_size", bad) for bad in (0, 1, -8, 65_537, NAN, 64.0, True)],
        *[("learning_rate", bad) for bad in (0, -1e-3, 1.1, NAN, INF)],
        *[("optimizer", bad) for bad in ("rmsprop", "Adam", None)],
        *[("schedule", bad) for bad in ("step", None)],
        *[("binarisation", bad) for bad in ("otsu", None, True)],
        *[("seed", bad) for bad in (-1, 2**32, NAN, 0.5, True)],
        *[("device", bad) for bad in ("tpu", "cuda:0", "", None, 0)],
    ],
)
def test_a_config_refuses_values_out_of_range_and_names_them(field: str, bad: object) -> None:
    with pytest.raises(ValueError, match=rf"^{field} must be .*, not "):
        replace(QUICK, **{field: bad})  # type: ignore[arg-type]


def test_the_limits_themselves_are_accepted() -> None:
    TrainingConfig(1, 2, learning_rate=1.0, seed=0)
    TrainingConfig(10_000, 65_536, learning_rate=1e-9, seed=2**32 - 1)


@pytest.mark.parametrize("shape", [(1, 8, 9), (3, 8, 8), (1, 28, 28)], ids=str)
def test_images_of_another_shape_are_refused_and_both_shapes_named(digits: Dataset, shape: tuple[int, ...]) -> None:
    wrong, right = Split(np.zeros((10, *shape), np.uint8), np.zeros(10, np.int64)), first(digits.train, 10)
    for pair in ((wrong, right), (right, wrong)):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 (the shapes are compared below)
            next(train(VAE(MLP), *pair, QUICK))
        assert "(1, 8, 8)" in str(caught.value)
        assert str(shape) in str(caught.value)


def test_a_label_beyond_the_model_s_classes_is_refused(digits: Dataset) -> None:
    few = replace(MLP, classes=9)
    for train_count, validation_count in ((300, 1), (1, 300)):
        splits = first(digits.train, train_count), first(digits.train, validation_count)
        with pytest.raises(ValueError, match="label must be below the model's number of classes, 9, not 9"):
            next(train(VAE(few), *splits, QUICK))


@pytest.mark.parametrize(
    ("model_config", "objective", "words"),
    [
        (MLP, AUTOENCODER, "posterior must be point for autoencoder, not 'gaussian'"),
        (POINT, Objective(), "posterior must be gaussian for vae, not 'point'"),
        (POINT, Objective("beta-tc"), "posterior must be gaussian for beta-tc, not 'point'"),
    ],
)
def test_a_posterior_that_does_not_fit_the_objective_is_refused(
    digits: Dataset, tmp_path: Path, model_config: ModelConfig, objective: Objective, words: str
) -> None:
    config = replace(QUICK, objective=objective)
    with pytest.raises(ValueError, match=words):
        run(digits, config, model_config)
    with pytest.raises(ValueError, match=f"^{words}"):
        next(train_checkpoint(digits, model_config, config, tmp_path / "run"))
    assert list(tmp_path.iterdir()) == []


def test_a_single_image_is_too_few(digits: Dataset) -> None:
    with pytest.raises(ValueError, match="number of training images must be at least 2, not 1"):
        run(digits, count=1)


def test_a_batch_too_small_for_the_group_is_refused(digits: Dataset) -> None:
    with pytest.raises(ValueError, match="batch_size must be at least 8, 2 per process, not 7"):
        next(train(VAE(MLP), digits.train, digits.validation, replace(QUICK, batch_size=7), group=ProcessGroup(3, 4)))


def test_a_loss_that_is_no_longer_finite_ends_training_with_the_remedy(digits: Dataset) -> None:
    model = VAE(MLP)
    with torch.no_grad():
        model.encoder.head.bias.fill_(NAN)
    with pytest.raises(TrainingError, match=r"epoch 1 .*diverged.*Choose a smaller learning rate\."):
        next(train(model, first(digits.train, 100), digits.validation, QUICK))


def test_weights_that_the_last_step_makes_infinite_are_detected(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_steps(monkeypatch, after=0)
    with pytest.raises(TrainingError, match="epoch 1 is not finite"):
        run(digits, TrainingConfig(epochs=1, batch_size=1000, device="cpu"))


def spoil_steps(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Makes every step after the first `after` ones leave weights that are not finite."""
    taken = iter(range(10**6))

    class Spoiled(Step):
        def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
            sums = super().__call__(batch, scheduled)
            if next(taken) >= after:
                with torch.no_grad():
                    self.model.decoder.head.bias.fill_(NAN)
            return sums

    monkeypatch.setattr(trainer_module, "Step", Spoiled)


# ---- training to a checkpoint ----------------------------------------------------------------------------------------


def start(digits: Dataset, out: Path, config: TrainingConfig = QUICK, **rest: Any) -> Any:
    return train_checkpoint(digits, MLP, config, out, **rest)


def test_the_checkpoint_of_a_run_has_its_history_its_settings_and_its_test_metrics(
    digits: Dataset, tmp_path: Path
) -> None:
    history = list(start(digits, tmp_path / "run"))
    checkpoint = read_checkpoint(tmp_path / "run")
    assert list(checkpoint.history) == [asdict(epoch) for epoch in history]
    assert checkpoint.training | QUICK.settings() == checkpoint.training
    assert checkpoint.dataset == "digits"
    assert checkpoint.content_hash == digits.content_hash
    assert checkpoint.class_names == digits.class_names
    assert checkpoint.test_images == len(digits.test)
    assert np.array_equal(checkpoint.load_examples(), digits.test.images)
    encoded = checkpoint.load_encoded()
    assert np.array_equal(encoded.labels, digits.test.labels)
    assert checkpoint.metrics["reconstruction"] == pytest.approx(encoded.reconstruction.mean())
    assert checkpoint.metrics["kl"] == pytest.approx(encoded.kl.mean())
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_checkpoint_of_float16_weights_was_measured_with_these(digits: Dataset, tmp_path: Path) -> None:
    config = replace(QUICK, weights="float16")
    list(train_checkpoint(digits, default_config(digits.image_shape, 2), config, tmp_path / "run"))
    list(train_checkpoint(digits, default_config(digits.image_shape, 2), QUICK, tmp_path / "whole"))
    half, whole = (tmp_path / name / "model.safetensors" for name in ("run", "whole"))
    assert half.stat().st_size < 0.55 * whole.stat().st_size
    checkpoint = read_checkpoint(tmp_path / "run")
    assert checkpoint.training["weights"] == "float16"
    assert "weights" not in read_checkpoint(tmp_path / "whole").training
    again, kept = encode(checkpoint.load_model(), digits.test.images, digits.test.labels), checkpoint.load_encoded()
    assert np.array_equal(again.mean, kept.mean)
    assert np.array_equal(again.reconstruction, kept.reconstruction)


def test_two_runs_of_one_seed_give_the_same_weights_file(digits: Dataset, tmp_path: Path) -> None:
    for name in ("a", "b"):
        list(start(digits, tmp_path / name))
        torch.rand(3)
    for file in ("model.safetensors", "encoded.safetensors", "examples.png", "config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_a_taken_name_is_refused_before_the_first_step(digits: Dataset, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    shares: list[float] = []
    with pytest.raises(CheckpointError, match="run: there is something by this name already"):
        next(start(digits, tmp_path / "run", progress=shares.append))
    assert shares == []


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_first_step(digits: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shares: list[float] = []
    with pytest.raises(CheckpointError, match="cannot be written"):
        next(start(digits, tmp_path / "file" / "run", progress=shares.append))
    assert shares == []


def test_a_black_and_white_run_is_judged_on_black_and_white_test_images(digits: Dataset, tmp_path: Path) -> None:
    list(start(digits, tmp_path / "run", replace(QUICK, epochs=1, binarisation="dynamic")))
    checkpoint = read_checkpoint(tmp_path / "run")
    images = binarise(digits.test.images, "dynamic")
    encoded = encode(checkpoint.load_model(), images, digits.test.labels)
    assert checkpoint.metrics["negative_elbo"] == pytest.approx(evaluate(encoded, MLP).negative_elbo, rel=1e-5)
    assert np.array_equal(checkpoint.load_examples(), images)


@pytest.mark.parametrize(
    ("model_config", "objective"),
    [
        (POINT, AUTOENCODER),
        (CONDITIONAL, Objective()),
        (replace(CONV, batch_norm=True, likelihood="discretised-logistic"), Objective("beta-tc")),
        (replace(MLP, likelihood="gaussian-learned"), Objective("iwae", samples=2)),
        (replace(MLP, likelihood="gaussian-optimal"), Objective("capacity")),
        (replace(NORMED, likelihood="continuous-bernoulli"), Objective("free-bits")),
    ],
    ids=lambda value: value.name if isinstance(value, Objective) else value.likelihood,
)
def test_every_kind_of_run_becomes_a_checkpoint_that_decodes_as_the_trained_model(
    digits: Dataset, tmp_path: Path, model_config: ModelConfig, objective: Objective
) -> None:
    trained: list[VAE] = []

    def keep(config: ModelConfig) -> VAE:
        trained.append(VAE(config))
        return trained[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer_module, "VAE", keep)
        list(train_checkpoint(digits, model_config, replace(QUICK, objective=objective), tmp_path / "run"))
    checkpoint = read_checkpoint(tmp_path / "run")
    model = checkpoint.load_model()
    assert checkpoint.model_config == model_config
    assert checkpoint.training["objective"] == asdict(objective)
    assert all(torch.equal(value, trained[0].state_dict()[name]) for name, value in model.state_dict().items())
    code = torch.randn(5, model_config.code_dim, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model.decode(code), trained[0].decode(code))
    encoded = encode(model, digits.test.images, digits.test.labels)
    assert np.array_equal(encoded.reconstruction, checkpoint.load_encoded().reconstruction)


# ---- runs that stop early --------------------------------------------------------------------------------------------


def interrupt_at(share: float, error: type[BaseException] = KeyboardInterrupt) -> Any:
    def progress(now: float) -> None:
        if now > share:
            raise error

    return progress


def after_each_epoch(digits: Dataset, config: TrainingConfig) -> Iterator[Tensor]:
    """The weights that a run of this config has after each epoch."""
    model = new_model(MLP, digits.train, config)
    for _ in train(model, digits.train, digits.validation, config):
        yield weights(model)


SLOW = replace(QUICK, batch_size=16)  # 81 or 82 steps an epoch, so that progress is reported within each


@pytest.mark.parametrize("error", first_in_make_test([KeyboardInterrupt, MemoryError, RuntimeError, OSError]))
def test_a_run_stopped_after_a_whole_epoch_keeps_that_epoch_s_model(
    digits: Dataset, tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(TrainingError) as caught:
        list(start(digits, tmp_path / "run", SLOW, progress=interrupt_at(0.7, error)))
    assert re.fullmatch(
        rf"Training stopped in epoch 2; the model of epoch 1 was kept as {re.escape(str(tmp_path / 'run'))}\. \S.*\.",
        str(caught.value),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    checkpoint = read_checkpoint(tmp_path / "run")
    model = checkpoint.load_model()
    assert torch.equal(weights(model), next(after_each_epoch(digits, SLOW)))
    assert [epoch["epoch"] for epoch in checkpoint.history] == [1]
    encoded = encode(model, digits.test.images, digits.test.labels)
    assert checkpoint.metrics["negative_elbo"] == pytest.approx(evaluate(encoded, MLP).negative_elbo, rel=1e-6)


def test_a_run_stopped_between_two_epochs_keeps_the_last_one(digits: Dataset, tmp_path: Path) -> None:
    epochs = start(digits, tmp_path / "run")
    next(epochs)
    with pytest.raises(TrainingError, match="model of epoch 1 was kept"):
        epochs.throw(KeyboardInterrupt)
    assert len(read_checkpoint(tmp_path / "run").history) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_run_stopped_within_its_first_epoch_leaves_no_files(
    digits: Dataset, tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(TrainingError) as caught:
        list(start(digits, tmp_path / "run", SLOW, progress=interrupt_at(0.2, error)))
    expected = r"Training stopped in epoch 1, before there was anything to keep\. \S.*\."
    assert re.fullmatch(expected, str(caught.value))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_closed_early_leaves_no_files(digits: Dataset, tmp_path: Path) -> None:
    epochs = start(digits, tmp_path / "run")
    next(epochs)
    epochs.close()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_diverges_keeps_its_last_finite_epoch(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = next(after_each_epoch(digits, QUICK))
    spoil_steps(monkeypatch, after=30)  # in the second epoch of 21 steps
    with pytest.raises(TrainingError, match=r"epoch 1 was kept as .*run\. .*Choose a smaller learning rate\."):
        list(start(digits, tmp_path / "run"))
    model = read_checkpoint(tmp_path / "run").load_model()
    assert torch.equal(weights(model), expected)


def test_a_run_that_diverges_at_once_leaves_no_files(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_steps(monkeypatch, after=0)
    with pytest.raises(TrainingError, match=r"anything to keep\. .*Choose a smaller learning rate\."):
        list(start(digits, tmp_path / "run"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop_at", [0.7, 2.0], ids=["of a stopped run", "of a whole run"])
def test_a_signal_does_not_interrupt_saving(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: float
) -> None:
    def encode_when_signalled(*arguments: Any) -> Any:  # as torchrun does once it sees that a process has died
        os.kill(os.getpid(), signal.SIGINT)
        return encode(*arguments)

    monkeypatch.setattr(checkpoint_module, "encode", encode_when_signalled)
    with suppress(KeyboardInterrupt, TrainingError):
        list(start(digits, tmp_path / "run", SLOW, progress=interrupt_at(stop_at, RuntimeError)))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert len(read_checkpoint(tmp_path / "run").history) == (1 if stop_at < 1 else 2)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_stopped_run_does_not_touch_a_folder_that_has_got_its_name_since(digits: Dataset, tmp_path: Path) -> None:
    epochs = start(digits, tmp_path / "run")
    next(epochs)
    (tmp_path / "run").mkdir()
    with pytest.raises(TrainingError, match="run has been written by another process"):
        epochs.throw(RuntimeError("another process of the group has gone."))
    assert [list(path.iterdir()) for path in tmp_path.iterdir()] == [[]]


def test_a_stopped_run_that_cannot_be_saved_says_why(digits: Dataset, tmp_path: Path) -> None:
    epochs = start(digits, tmp_path / "folder" / "run")
    next(epochs)
    (tmp_path / "folder").rmdir()
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(CheckpointError, match="cannot be written"):
        epochs.throw(KeyboardInterrupt)


# ---- runs that are saved and resumed ---------------------------------------------------------------------------------


class Stop(Exception):  # noqa: N818 (no error)
    """The process ends here."""


def begin(digits: Dataset, config: TrainingConfig, model_config: ModelConfig, seed: int = 0) -> Trainer:
    """A run of five steps per epoch, from weights of this seed."""
    torch.manual_seed(seed)
    return Trainer(VAE(model_config), first(digits.train, 300), digits.validation, config)


def run_with_stops(
    digits: Dataset, path: Path, config: TrainingConfig, model_config: ModelConfig, stops: set[float]
) -> tuple[Trainer, list[EpochMetrics]]:
    """A run that stops after each of these steps, x.5 being the end of an epoch, and is resumed by a new Trainer."""
    history: list[EpochMetrics] = []
    trainer = begin(digits, config, model_config)

    def stop(at: float) -> None:
        if at in stops:
            stops.remove(at)
            trainer.save(path, history)
            raise Stop

    while True:
        with suppress(Stop):
            for epoch in trainer.epochs(lambda trainer: stop(trainer.done)):
                history.append(epoch)
                stop(trainer.done + 0.5)
            return trainer, history
        trainer = begin(digits, config, model_config, seed=99)  # whose weights must not matter
        history = trainer.load(path)


KINDS = {
    "mlp": (QUICK, MLP),
    "conv": (QUICK, CONV),
    "batch norm": (QUICK, replace(CONV, batch_norm=True)),
    "optimal": (QUICK, replace(MLP, likelihood="gaussian-optimal")),
    "learned": (QUICK, replace(MLP, likelihood="gaussian-learned")),
    "iwae": (replace(QUICK, objective=Objective("iwae", samples=3)), MLP),
    "beta-tc": (replace(QUICK, objective=Objective("beta-tc", beta=3, warmup="linear")), MLP),
    "capacity": (replace(QUICK, objective=Objective("capacity")), MLP),
    "sgd": (replace(QUICK, optimizer="sgd", learning_rate=1e-4), MLP),
    "adamw": (replace(QUICK, optimizer="adamw", schedule="constant"), MLP),
    "dynamic": (replace(QUICK, binarisation="dynamic"), MLP),
    "conditional": (QUICK, CONDITIONAL),
    "autoencoder": (replace(QUICK, objective=AUTOENCODER), POINT),
}


def check_same(one: tuple[Trainer, list[EpochMetrics]], other: tuple[Trainer, list[EpochMetrics]]) -> None:
    assert [numbers(epoch) for epoch in one[1]] == [numbers(epoch) for epoch in other[1]]
    states = one[0].model.state_dict(), other[0].model.state_dict()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert one[0].images_seen == other[0].images_seen


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_interrupted_after_every_step_equals_the_uninterrupted_run(
    digits: Dataset, tmp_path: Path, kind: str
) -> None:
    whole = run_with_stops(digits, tmp_path / "state", *KINDS[kind], set())
    check_same(run_with_stops(digits, tmp_path / "state", *KINDS[kind], {*range(1, 11), 5.5, 10.5}), whole)


@pytest.mark.parametrize("stop", [*range(1, 11), 5.5, 10.5])
def test_a_run_interrupted_once_anywhere_equals_the_uninterrupted_run(
    digits: Dataset, tmp_path: Path, stop: float
) -> None:
    kind = QUICK, NORMED
    check_same(
        run_with_stops(digits, tmp_path / "state", *kind, {stop}),
        run_with_stops(digits, tmp_path / "state", *kind, set()),
    )


def test_the_seconds_of_a_resumed_run_continue(digits: Dataset, tmp_path: Path) -> None:
    trainer, history = run_with_stops(digits, tmp_path / "state", QUICK, MLP, {3, 5.5})
    assert 0 < history[0].seconds < history[1].seconds <= trainer.seconds


def test_a_run_that_is_ended_closes_its_epoch_early_and_keeps_what_it_has_learnt(
    digits: Dataset, tmp_path: Path
) -> None:
    trainer = begin(digits, QUICK, MLP)
    seen: list[tuple[int, Tensor]] = []

    def end(trainer: Trainer) -> None:
        seen.append((trainer.images_seen, weights(trainer.model)))
        trainer.ending = trainer.done == 7

    history = list(trainer.epochs(end))
    assert [epoch.epoch for epoch in history] == [1, 2]
    assert (trainer.done, trainer.progress) == (7, 0.7)
    assert seen[-1][0] == 300 + 2 * 64
    assert torch.equal(weights(trainer.model), seen[-1][1])
    again = validate(trainer.model, *trainer.validation, QUICK.seed)
    assert (history[-1].validation_reconstruction, history[-1].validation_kl) == again
    trainer.save(tmp_path / "state", history)
    later = begin(digits, QUICK, MLP, seed=9)
    assert later.load(tmp_path / "state") == history
    assert list(later.epochs()) == []  # loading a run that has ended does not start it again
    assert torch.equal(weights(later.model), weights(trainer.model))


@pytest.mark.parametrize("last", [3, 5, 7, 10, 99])
def test_a_run_that_must_finish_early_ends_at_that_step_with_its_schedules_whole(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    steps = record_steps(monkeypatch)
    config = replace(QUICK, schedule="cosine", objective=Objective(beta=4, warmup="linear", warmup_share=0.5))
    trainer = begin(digits, config, MLP)
    history = list(trainer.epochs(lambda trainer: trainer.finish_at(last)))
    taken = min(last, 10)
    assert (trainer.done, len(steps), len(history)) == (taken, taken, 1 + (taken > 5))
    expected = config.scheduled_at((taken - 0.5) / taken)
    assert steps[-1][1] == expected
    assert history[-1].terms["learning_rate"] == expected.learning_rate < 0.2 * config.learning_rate
    assert history[-1].terms["beta"] == 4
    assert (history[-1].validation_reconstruction, history[-1].validation_kl) == validate(
        trainer.model, *trainer.validation, config.seed
    )


def test_a_run_cannot_finish_before_the_step_it_is_at(digits: Dataset) -> None:
    trainer = begin(digits, QUICK, MLP)
    list(trainer.epochs(lambda trainer: trainer.finish_at(0)))
    assert trainer.done == trainer.end == 1


UNREADABLE = r"state: cannot be read \(.*\); discard the run and train again\.$"


@pytest.fixture(scope="module")
def state(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Tensor]:
    """A file to write to, the state of a run after 7 steps, and its weights."""
    path = tmp_path_factory.mktemp("states") / "state"
    with suppress(Stop):
        trainer = begin(digits, QUICK, MLP)
        history: list[EpochMetrics] = []

        def stop(trainer: Trainer) -> None:
            if trainer.done == 7:
                raise Stop

        for epoch in trainer.epochs(stop):
            history.append(epoch)
    trainer.save(path, history)
    return path, path.read_bytes(), weights(trainer.model)


def check_refused(digits: Dataset, path: Path) -> None:
    with pytest.raises(TrainingError, match=UNREADABLE):
        begin(digits, QUICK, MLP).load(path)


@given(cut=st.integers(1, 40_000))
def test_a_state_cut_anywhere_is_refused(digits: Dataset, state: tuple[Path, bytes, Tensor], cut: int) -> None:
    path, content, _ = state
    path.write_bytes(content[: max(0, len(content) - cut)])
    check_refused(digits, path)


@given(place=st.integers(0, 10**6), value=st.integers(1, 255))
def test_a_state_with_a_changed_byte_is_refused_unless_it_says_the_same(
    digits: Dataset, state: tuple[Path, bytes, Tensor], place: int, value: int
) -> None:
    path, content, expected = state
    spoilt = bytearray(content)
    spoilt[place % len(content)] ^= value
    path.write_bytes(spoilt)
    trainer = begin(digits, QUICK, MLP)
    with suppress(TrainingError):
        trainer.load(path)
        assert torch.equal(weights(trainer.model), expected)
        assert (trainer.done, trainer.epoch) == (7, 1)
        return
    check_refused(digits, path)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists)
FIELDS = ["done", "epoch", "seconds", "since_frame", "names", "ending", "of", "history"]


@given(field=st.sampled_from(FIELDS), value=JSON)
def test_an_edited_state_is_refused(
    digits: Dataset, state: tuple[Path, bytes, Tensor], field: str, value: object
) -> None:
    path, content, _ = state
    path.write_bytes(content)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    found = json.loads(metadata["trainer"])
    save_file(load_file(path), path, metadata | {"trainer": json.dumps(found | {field: value})})
    if found[field] != value or isinstance(found[field], bool) != isinstance(value, bool):  # True == 1 in Python
        check_refused(digits, path)


def test_a_state_with_other_tensors_is_refused(digits: Dataset, state: tuple[Path, bytes, Tensor]) -> None:
    path, content, _ = state
    path.write_bytes(content)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    whole = load_file(path)
    for name, tensor in whole.items():
        without = {other: value for other, value in whole.items() if other != name}
        for spoilt in (without, whole | {name: tensor.double()}, whole | {name: tensor[None].clone()}):
            save_file(spoilt, path, metadata)
            check_refused(digits, path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\0" * 8, b"\xff" * 100, b"8" * 10_000, b"\2\0\0\0\0\0\0\0{}"], ids=ascii
)
def test_a_file_that_is_no_state_is_refused(digits: Dataset, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state").write_bytes(content)
    check_refused(digits, tmp_path / "state")


def test_no_file_and_the_weights_of_a_checkpoint_are_refused(
    digits: Dataset, digits_checkpoint: Any, tmp_path: Path
) -> None:
    check_refused(digits, tmp_path / "state")
    (tmp_path / "state").write_bytes((digits_checkpoint.path / "model.safetensors").read_bytes())
    check_refused(digits, tmp_path / "state")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "mlp"])
def test_the_state_of_another_model_or_training_is_refused(
    digits: Dataset, state: tuple[Path, bytes, Tensor], kind: str
) -> None:
    path, content, _ = state
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=UNREADABLE):
        begin(digits, *KINDS[kind]).load(path)
    for config in (replace(QUICK, epochs=3), replace(QUICK, seed=1), replace(QUICK, batch_size=32)):
        with pytest.raises(TrainingError, match="another model or training"):
            begin(digits, config, MLP).load(path)


@pytest.mark.parametrize("error", [SafetensorError("I/O error: No space left"), OSError(28, "No space left")], ids=repr)
def test_a_full_disk_leaves_the_state_that_was_there(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    trainer = begin(digits, QUICK, MLP)
    history = [next(iter(trainer.epochs()))]
    trainer.save(tmp_path / "state", history)
    before = (tmp_path / "state").read_bytes()

    def fill(_: Any, path: Path, __: Any) -> None:
        path.write_bytes(b"half a sta")
        raise error

    monkeypatch.setattr(state_module, "save_file", fill)
    with pytest.raises(OSError, match="No space left"):
        trainer.save(tmp_path / "state", history)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    assert (tmp_path / "state").read_bytes() == before


# ---- how long it will take -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch_size", "steps"), [(64, 21), (512, 3), (5000, 1)])
def test_the_time_of_an_epoch_is_that_of_its_steps_and_its_validation(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, batch_size: int, steps: int
) -> None:
    clock = [100.0]

    class Slow(Step):
        def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
            clock[0] += 2
            return super().__call__(batch, scheduled)

    def slow(model: VAE, images: Tensor, labels: Tensor, seed: int) -> tuple[float, float]:
        clock[0] += 0.01 * len(images)
        return validate(model, images, labels, seed)

    monkeypatch.setattr(trainer_module, "Step", Slow)
    monkeypatch.setattr(trainer_module, "validate", slow)
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    assert -(-len(digits.train) // batch_size) == steps
    measured = seconds_per_epoch(digits, MLP, replace(QUICK, batch_size=batch_size))
    assert measured == pytest.approx(2 * steps + 0.01 * len(digits.validation))


def test_the_time_of_an_epoch_that_cannot_be_trained_is_refused(digits: Dataset) -> None:
    with pytest.raises(ValueError, match="posterior must be gaussian"):
        seconds_per_epoch(digits, POINT, QUICK)
