"""The training benchmark compares like with like: the tutorial loop minimises the same loss with the same model."""

import argparse
import json
from collections.abc import Sized
from pathlib import Path
from typing import cast

import pytest
import torch

from tests.support.mnist import write_mnist
from tests.support.models import number_of_weights
from vae.__main__ import main
from vae.bench import train as bench
from vae.bench.train import PEAK_SIDE, Tutorial, TutorialLoop, peak_flops, training_flop
from vae.model.losses import bernoulli_nll, kl_divergence
from vae.model.networks import VAE, default_config


def test_the_tutorial_s_model_has_as_many_weights_as_ours() -> None:
    assert number_of_weights(Tutorial()) == number_of_weights(VAE(default_config((1, 28, 28), 20))) == 652_824


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


def test_the_peak_is_a_speed_that_a_product_of_square_matrices_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PEAK_SECONDS", 0.3)
    assert 2 * PEAK_SIDE**3 / 60 < peak_flops(torch.device("cpu")) < 1e16


def test_the_benchmark_reports_the_speed_of_both_loops_on_the_same_images(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_mnist(tmp_path)
    monkeypatch.setattr(bench, "PEAK_SECONDS", 0.5)
    monkeypatch.setattr(bench, "MARK", 1e6)
    where = ("--data-dir", str(tmp_path), "--device", "cpu")
    assert main(["bench", "train", "--epochs", "2", "--batch-size", "9", *where, "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert numbers["ratio"] == pytest.approx(
        numbers["images_per_second"] / numbers["tutorial_images_per_second"], rel=0.1, abs=0.01
    )
    assert 0 < numbers["seconds_to_105_6"] < numbers["seconds"], "the mark is reached in the first of two epochs"
    assert numbers["images_per_second"] == round(2 * 27 / numbers["seconds"])
    assert (numbers["epochs"], numbers["device"]) == (2, "cpu")
    assert numbers["negative_elbo"] > 0


def test_the_tutorial_s_loop_goes_on_by_the_given_number_of_steps_and_learns(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    loop = TutorialLoop(argparse.Namespace(data_dir=str(tmp_path)), torch.device("cpu"))
    before = loop.model.fc1.weight.detach().clone()
    loop.go_on(1)
    loop.go_on(0)  # of fewer batches than epochs, each epoch still has one
    first = min(len(cast("Sized", loop.loader.dataset)), bench.TUTORIAL_BATCH)
    assert (loop.images, len(loop.loader)) == (2 * first, 1)
    assert loop.seconds > 0
    assert not torch.equal(before, loop.model.fc1.weight)


def test_a_mark_that_is_not_reached_has_no_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_mnist(tmp_path)
    monkeypatch.setattr(bench, "peak_flops", lambda _: 1e12)
    where = ("--data-dir", str(tmp_path), "--device", "cpu")
    assert main(["bench", "train", "--epochs", "1", "--batch-size", "9", *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["seconds_to_105_6"] is None


def test_the_memory_of_a_large_training_is_at_least_that_of_its_images(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "CELEBA_IMAGES", 300)
    monkeypatch.setattr(bench, "CELEBA_TEST", 20)
    assert main(["bench", "memory", "--device", "cpu", "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert numbers["images"] == 300
    assert numbers["peak_memory_gb"] > numbers["images_gb"] == round(300 * 64 * 64 * 3 / 1e9, 2)
    assert numbers["images_per_second"] > 0
