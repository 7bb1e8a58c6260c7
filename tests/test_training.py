"""Training on real digits: reproducible, correctly averaged, and whole or not at all."""

from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, distributions

from vae import training
from vae.checkpoints import CheckpointError, read_checkpoint
from vae.data import Dataset
from vae.latents import encode
from vae.models import VAE, ModelConfig, default_config
from vae.training import EpochMetrics, TrainingConfig, mixed_precision, train, train_checkpoint, validate

MLP = ModelConfig((1, 8, 8), 2, "mlp", (32,))
CONV = ModelConfig((1, 8, 8), 2, "conv", (16,), (4, 8))
QUICK = TrainingConfig(epochs=2, batch_size=64, device="cpu")


def run(
    digits: Dataset, config: TrainingConfig = QUICK, model_config: ModelConfig = MLP, count: int = 300
) -> tuple[VAE, list[EpochMetrics]]:
    """A model trained on the first images, with its metrics."""
    torch.manual_seed(config.seed)
    model = VAE(model_config)
    return model, list(train(model, digits.train.images[:count], digits.validation.images, config))


def weights(model: VAE) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def numbers(metrics: EpochMetrics) -> dict[str, float]:
    """All but the clock."""
    return {key: value for key, value in asdict(metrics).items() if key != "seconds"}


# ---- what training does ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model_config", [MLP, CONV, replace(MLP, likelihood="gaussian")], ids=["mlp", "conv", "gauss"])
def test_the_same_seed_gives_the_same_weights_and_metrics(digits: Dataset, model_config: ModelConfig) -> None:
    model, metrics = run(digits, model_config=model_config)
    torch.rand(7)  # nothing outside may matter
    again, metrics_again = run(digits, model_config=model_config)
    assert torch.equal(weights(model), weights(again))
    assert [numbers(m) for m in metrics] == [numbers(m) for m in metrics_again]


def test_another_seed_gives_another_model_also_from_the_same_first_weights(digits: Dataset) -> None:
    trained = []
    for seed in (0, 1):
        torch.manual_seed(0)
        model = VAE(MLP)
        list(train(model, digits.train.images[:300], digits.validation.images, replace(QUICK, seed=seed)))
        trained.append(weights(model))
    assert not torch.equal(*trained)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_the_default_model_learns_more_of_the_digits_than_their_mean(digits: Dataset, architecture: Any) -> None:
    config = TrainingConfig(epochs=12, batch_size=64, learning_rate=5e-3, device="cpu")
    _, metrics = run(digits, config, default_config((1, 8, 8), 4, architecture), count=len(digits.train))
    first, last = (m.validation_reconstruction + m.validation_kl for m in (metrics[0], metrics[-1]))
    x = digits.validation.images.astype(np.float64) / 255
    mean = np.clip(digits.train.images.mean(0) / 255, 1e-6, 1 - 1e-6)
    mean_picture = -(x * np.log(mean) + (1 - x) * np.log(1 - mean)).sum((1, 2, 3)).mean()
    assert last < first
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
    monkeypatch.setattr(training, "mixed_precision", lambda device: nullcontext())
    images, validation = digits.train.images[:200], digits.validation.images
    torch.manual_seed(0)
    model = VAE(MLP)
    with torch.no_grad():
        model.decoder.hidden[0].weight.zero_()  # pictures do not depend on z: nothing depends on the noise
    config = TrainingConfig(epochs=1, batch_size=batch_size, learning_rate=1e-30, device="cpu")  # nothing moves
    (metrics,) = train(model, images, validation, config)

    def expected(of: np.ndarray) -> tuple[float, float]:
        x = torch.from_numpy(of / np.float32(255))
        with torch.no_grad():
            mean, logvar = model.encode(x)
            p = model.decoder(mean).double().sigmoid()
        nll = -(x * p.log() + (1 - x) * (1 - p).log()).sum((1, 2, 3))
        posterior = distributions.Normal(mean, (logvar / 2).exp())
        return nll.mean().item(), distributions.kl_divergence(posterior, distributions.Normal(0, 1)).sum(
            1
        ).mean().item()

    assert (metrics.reconstruction, metrics.kl) == pytest.approx(expected(images), rel=1e-4)
    assert (metrics.validation_reconstruction, metrics.validation_kl) == pytest.approx(expected(validation), rel=1e-4)


@pytest.mark.parametrize("batch_size", [2, 299, 300, 65_536])
def test_every_image_is_seen_once_per_epoch(digits: Dataset, monkeypatch: pytest.MonkeyPatch, batch_size: int) -> None:
    seen: list[list[Tensor]] = [[]]

    def record(model: VAE, x: Tensor, *_: object) -> Tensor:
        seen[-1].append(x)
        assert len(x) <= batch_size
        return torch.ones(2)

    monkeypatch.setattr(training, "train_step", record)
    # Steps without the optimiser's: torch would warn of a schedule without it.
    monkeypatch.setattr(torch.optim.lr_scheduler.CosineAnnealingLR, "step", lambda self: None)
    images = digits.train.images[:300]
    for _ in train(VAE(MLP), images, digits.validation.images, replace(QUICK, batch_size=batch_size)):
        seen.append([])
    expected = sorted(map(bytes, images))
    orders = [[bytes(row) for row in (255 * torch.cat(epoch)).round().byte().numpy()] for epoch in seen[:2]]
    assert [sorted(order) for order in orders] == [expected] * 2
    assert orders[0] != orders[1]


def test_the_learning_rate_falls_along_half_a_cosine(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    step = training.train_step

    def record(model: VAE, x: Tensor, optimizer: Any, *rest: Any) -> Tensor:
        rates.append(optimizer.param_groups[0]["lr"])
        return step(model, x, optimizer, *rest)

    monkeypatch.setattr(training, "train_step", record)
    run(digits, replace(QUICK, learning_rate=0.01))
    share = np.arange(10) / 10  # 2 epochs of 5 steps
    assert rates == pytest.approx(0.01 * (1 + np.cos(np.pi * share)) / 2)


def test_beta_weighs_the_kl_but_the_metrics_report_it_unweighed(digits: Dataset) -> None:
    free, strict = (
        run(digits, replace(QUICK, epochs=12, learning_rate=5e-3, beta=beta))[1][-1] for beta in (0.0, 100.0)
    )
    assert strict.validation_kl < 0.1
    assert free.validation_kl > 2
    assert free.validation_reconstruction < strict.validation_reconstruction


def test_one_step_moves_the_weights_as_adam_does_along_the_gradient_of_the_objective(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "mixed_precision", lambda device: nullcontext())
    model = VAE(MLP)
    before = weights(model)
    x = torch.from_numpy(digits.train.images[:50] / np.float32(255))
    noise = torch.randn(50, 2, generator=torch.Generator().manual_seed(3))
    mean, logvar = model.encode(x)
    posterior = distributions.Normal(mean, (logvar / 2).exp())
    p = model.decoder(mean + posterior.stddev * noise).sigmoid()
    nll = -(x * p.log() + (1 - x) * (1 - p).log()).sum()
    kl = distributions.kl_divergence(posterior, distributions.Normal(0, 1)).sum()
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad((nll + 4 * kl) / 50, list(model.parameters()))])

    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    sums = training.train_step(model, x, adam, 4.0, torch.Generator().manual_seed(3))
    assert sums.tolist() == pytest.approx([nll.item(), kl.item()], rel=1e-4)
    clear = gradient.abs() > 1e-4
    assert clear.float().mean() > 0.5
    moved = weights(model) - before  # Adam's first step: the learning rate against the gradient's sign
    torch.testing.assert_close(moved[clear], -1e-3 * gradient[clear].sign(), rtol=1e-2, atol=1e-6)


def test_validation_has_no_influence_on_training(digits: Dataset) -> None:
    states = []
    for validation in (digits.validation.images, digits.test.images[:3]):
        torch.manual_seed(0)
        model = VAE(MLP)
        global_state = torch.get_rng_state()
        list(train(model, digits.train.images[:300], validation, QUICK))
        assert torch.equal(torch.get_rng_state(), global_state)
        states.append(weights(model))
    assert torch.equal(*states)


def test_validation_metrics_are_those_of_the_encoded_validation_set(digits: Dataset) -> None:
    model, metrics = run(digits)
    encoded = encode(model.eval(), digits.validation.images, digits.validation.labels, noise_seed=QUICK.seed)
    assert metrics[-1].validation_reconstruction == pytest.approx(encoded.reconstruction.mean(), rel=1e-5)
    assert metrics[-1].validation_kl == pytest.approx(encoded.kl.mean(), rel=1e-5)
    again = validate(model, torch.from_numpy(digits.validation.images), QUICK)
    assert again == (metrics[-1].validation_reconstruction, metrics[-1].validation_kl)


def test_bfloat16_and_float32_training_reach_the_same_loss(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    config = TrainingConfig(epochs=4, device="cpu")
    for precision in (nullcontext, lambda: torch.autocast("cpu", torch.bfloat16)):
        monkeypatch.setattr(training, "mixed_precision", lambda device, chosen=precision: chosen())
        last = run(digits, config, default_config((1, 8, 8), 4), count=len(digits.train))[1][-1]
        losses.append(last.validation_reconstruction + last.validation_kl)
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
    list(train(VAE(MLP), digits.train.images[:300], digits.validation.images, config, shares.append))
    assert len(shares) > 6
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] <= 1


# ---- what it refuses -------------------------------------------------------------------------------------------------

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        *[("epochs", bad) for bad in (0, -1, 10_001, NAN, INF, 1.5, True)],
        *[("batch_size", bad) for bad in (0, 1, -8, 65_537, NAN, 64.0, True)],
        *[("learning_rate", bad) for bad in (0, -1e-3, 1.1, NAN, INF)],
        *[("beta", bad) for bad in (-1, 1001, NAN, INF, -INF)],
        *[("seed", bad) for bad in (-1, 2**32, NAN, 0.5, True)],
        *[("device", bad) for bad in ("tpu", "cuda:0", "", None, 0)],
    ],
)
def test_a_config_refuses_values_out_of_range_and_names_them(field: str, bad: object) -> None:
    with pytest.raises(ValueError, match=rf"^{field} must be .*, not "):
        replace(QUICK, **{field: bad})  # type: ignore[arg-type]


def test_the_limits_themselves_are_accepted() -> None:
    TrainingConfig(1, 2, 1.0, 0.0, 0)
    TrainingConfig(10_000, 65_536, 1e-9, 1000, 2**32 - 1)


@pytest.mark.parametrize("shape", [(1, 8, 9), (3, 8, 8), (1, 28, 28)], ids=str)
def test_images_of_another_shape_are_refused_and_both_shapes_named(digits: Dataset, shape: tuple[int, ...]) -> None:
    wrong, right = np.zeros((10, *shape), np.uint8), digits.train.images[:10]
    for pair in ((wrong, right), (right, wrong)):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 — the shapes are compared below
            next(train(VAE(MLP), *pair, QUICK))
        assert "(1, 8, 8)" in str(caught.value)
        assert str(shape) in str(caught.value)


def test_a_loss_that_is_no_longer_finite_ends_training_with_the_remedy(digits: Dataset) -> None:
    model = VAE(MLP)
    with torch.no_grad():
        model.encoder.head.bias.fill_(NAN)
    with pytest.raises(FloatingPointError, match=r"diverged in epoch 1: .*Choose a smaller learning rate\."):
        next(train(model, digits.train.images[:100], digits.validation.images, QUICK))


def test_weights_that_the_very_last_step_spoils_are_noticed(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    step = training.train_step

    def spoil(model: VAE, *rest: Any) -> Tensor:
        sums = step(model, *rest)
        with torch.no_grad():
            model.decoder.head.bias.fill_(NAN)
        return sums

    monkeypatch.setattr(training, "train_step", spoil)
    with pytest.raises(FloatingPointError, match="diverged in epoch 1"):
        run(digits, TrainingConfig(epochs=1, batch_size=1000, device="cpu"))


# ---- training to a checkpoint ----------------------------------------------------------------------------------------


def start(digits: Dataset, out: Path, config: TrainingConfig = QUICK, **rest: Any) -> Any:
    return train_checkpoint(digits, MLP, config, out, **rest)


def test_the_checkpoint_of_a_run_has_its_history_its_settings_and_its_test_metrics(
    digits: Dataset, tmp_path: Path
) -> None:
    history = list(start(digits, tmp_path / "run"))
    checkpoint = read_checkpoint(tmp_path / "run")
    assert list(checkpoint.history) == [asdict(epoch) for epoch in history]
    assert checkpoint.training | asdict(QUICK) == checkpoint.training
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


def test_a_place_that_cannot_be_written_to_is_refused_before_the_first_step(digits: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shares: list[float] = []
    with pytest.raises(CheckpointError, match="cannot be written"):
        next(start(digits, tmp_path / "file" / "run", progress=shares.append))
    assert shares == []


def test_an_interrupted_run_leaves_nothing_behind(digits: Dataset, tmp_path: Path) -> None:
    epochs = start(digits, tmp_path / "run")
    next(epochs)
    with pytest.raises(KeyboardInterrupt):
        epochs.throw(KeyboardInterrupt)

    def interrupt(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(start(digits, tmp_path / "run", replace(QUICK, batch_size=16), progress=interrupt))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_nobody_finishes_leaves_nothing_behind(digits: Dataset, tmp_path: Path) -> None:
    epochs = start(digits, tmp_path / "run")
    next(epochs)
    epochs.close()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_diverges_leaves_nothing_behind(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = training.train_step
    monkeypatch.setattr(training, "train_step", lambda *arguments: step(*arguments) * NAN)
    with pytest.raises(FloatingPointError):
        list(start(digits, tmp_path / "run"))
    assert list(tmp_path.iterdir()) == []
