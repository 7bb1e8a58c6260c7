"""The command line, called as people and benchmarks call it."""

import json
import runpy
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vae import __main__ as command_line
from vae import training
from vae.__main__ import ProgressBar, main
from vae.checkpoints import Checkpoint, read_checkpoint
from vae.data import Dataset
from vae.models import ModelConfig
from vae.training import TrainingConfig

Captured = pytest.CaptureFixture[str]
TRAIN = ("train", "--dataset", "digits", "--epochs", "1", "--device", "cpu")


def call(capsys: Captured, *arguments: object) -> Any:
    """The JSON object on the last line of standard output of a command that succeeds."""
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def refused(capsys: Captured, *arguments: object) -> str:
    """The one line on standard error of a command that fails."""
    assert main([*map(str, arguments)]) == 1
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(f"vae {arguments[0]}: ")
    assert error.count("\n") == 1
    return error


# ---- train -----------------------------------------------------------------------------------------------------------


def test_train_saves_a_checkpoint_and_reports_its_test_metrics(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = call(capsys, *TRAIN, "--latent-dim", 3, "--seed", 5, "--out", out)
    assert set(result) == {"negative_elbo", "reconstruction", "kl", "seconds", "epochs", "checkpoint"}
    assert result["negative_elbo"] == pytest.approx(result["reconstruction"] + result["kl"])
    assert result["seconds"] > 0
    assert result["epochs"] == 1
    checkpoint = read_checkpoint(Path(result["checkpoint"]))
    assert checkpoint.path == out
    assert checkpoint.metrics["negative_elbo"] == result["negative_elbo"]
    assert checkpoint.model_config.latent_dim == 3
    assert checkpoint.training["seed"] == 5


def test_every_option_of_train_reaches_the_config(capsys: Captured, tmp_path: Path) -> None:
    options = {
        "arch": "conv",
        "likelihood": "gaussian",
        "latent-dim": 2,
        "beta": 4.0,
        "batch-size": 500,
        "learning-rate": 0.01,
        "seed": 7,
    }
    call(capsys, *TRAIN, "--out", tmp_path / "run", *(part for k, v in options.items() for part in (f"--{k}", v)))
    checkpoint = read_checkpoint(tmp_path / "run")
    model, training = checkpoint.model_config, checkpoint.training
    assert (model.architecture, model.likelihood, model.latent_dim) == ("conv", "gaussian", 2)
    expected = {"epochs": 1, "beta": 4.0, "batch_size": 500, "learning_rate": 0.01, "seed": 7, "device": "cpu"}
    assert training | expected == training


def test_the_defaults_of_train_are_those_of_the_config(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[ModelConfig, TrainingConfig]] = []

    def record(dataset: Dataset, model_config: ModelConfig, config: TrainingConfig, *_: object) -> Sequence[object]:
        seen.append((model_config, config))
        raise ValueError("seen enough")

    monkeypatch.setattr(command_line, "train_checkpoint", record)
    refused(capsys, "train", "--dataset", "digits", "--out", tmp_path / "run")
    assert seen == [(ModelConfig((1, 8, 8), 10, "mlp", (400,)), TrainingConfig())]


def test_train_shows_each_epoch_on_standard_error_and_the_result_on_standard_output(
    capsys: Captured, tmp_path: Path
) -> None:
    assert main([*TRAIN, "--out", str(tmp_path / "run")]) == 0
    out, error = capsys.readouterr()
    assert "epoch   1" in error
    assert "nats per image" in error
    assert out.startswith("test -ELBO ")
    assert str(tmp_path / "run") in out
    assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--latent-dim", "0"], "latent_dim must be a whole number from 1 to 512, not 0"),
        (["--latent-dim", "513"], "latent_dim"),
        (["--beta", "-1"], "beta must be 0 to 1000"),
        (["--beta", "nan"], "beta"),
        (["--epochs", "0"], "epochs"),
        (["--learning-rate", "nan"], "learning_rate"),
        (["--learning-rate", "1e9"], "learning_rate"),
        (["--batch-size", "1"], "batch_size"),
        (["--seed", "-1"], "seed"),
        (["--dataset", "nonsense"], "nonsense"),
        (["--dataset", "./no/such/folder"], "no/such/folder"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_nothing_is_written(
    capsys: Captured, tmp_path: Path, options: list[str], words: str
) -> None:
    assert words in refused(capsys, *TRAIN, "--out", tmp_path / "run", *options)
    assert list(tmp_path.iterdir()) == []


def test_a_taken_name_is_one_sentence(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert "there is something by this name already" in refused(capsys, *TRAIN, "--out", tmp_path / "run")


def test_a_run_that_diverges_is_one_sentence(capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    step = training.train_step
    monkeypatch.setattr(training, "train_step", lambda *arguments: step(*arguments) * float("nan"))
    assert "Choose a smaller learning rate" in refused(capsys, *TRAIN, "--out", tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["paint"], ["train"], ["project", "x", "--method", "umap"]])
def test_a_command_that_is_not_understood_exits_with_the_usage(capsys: Captured, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m vae" in capsys.readouterr().err


# ---- evaluate --------------------------------------------------------------------------------------------------------


def test_evaluate_measures_what_train_reported(capsys: Captured, digits_checkpoint: Checkpoint) -> None:
    result = call(capsys, "evaluate", digits_checkpoint.path, "--device", "cpu")
    assert {"negative_elbo", "reconstruction", "kl", "kl_per_dimension", "active_units"} <= set(result)
    for key in ("negative_elbo", "reconstruction", "kl"):
        assert result[key] == pytest.approx(digits_checkpoint.metrics[key], rel=1e-6)
    assert result["kl_per_dimension"] == pytest.approx(list(digits_checkpoint.kl_per_dimension), rel=1e-5)
    assert len(result["kl_per_dimension"]) == 2
    assert sum(result["kl_per_dimension"]) == pytest.approx(result["kl"], rel=1e-5)
    assert 0 <= result["active_units"] <= 2
    assert result["same_data"] is True


def test_evaluating_on_other_data_says_so(
    capsys: Captured, digits_checkpoint: Checkpoint, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = replace(digits, test=replace(digits.test, images=digits.test.images[:50], labels=digits.test.labels[:50]))
    monkeypatch.setattr(command_line, "load_dataset", lambda *_, **__: fewer)
    assert main(["evaluate", str(digits_checkpoint.path), "--json"]) == 0
    out, error = capsys.readouterr()
    assert json.loads(out.splitlines()[-1])["same_data"] is False
    assert "this digits is not the data that digits was trained on" in error
    assert "50 test images" in out


def test_evaluating_on_images_of_another_shape_is_one_sentence(
    capsys: Captured, digits_checkpoint: Checkpoint, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = replace(digits.test, images=np.repeat(digits.test.images, 2, axis=3))
    monkeypatch.setattr(command_line, "load_dataset", lambda *_, **__: replace(digits, train=wide, test=wide))
    error = refused(capsys, "evaluate", digits_checkpoint.path)
    assert "(1, 8, 8)" in error
    assert "(1, 8, 16)" in error


def test_evaluating_what_is_not_there_or_broken_is_one_sentence(
    capsys: Captured, own_checkpoint: Checkpoint, tmp_path: Path
) -> None:
    assert "there is no such checkpoint folder" in refused(capsys, "evaluate", tmp_path / "nowhere")
    weights = own_checkpoint.path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert str(weights) in refused(capsys, "evaluate", own_checkpoint.path)


# ---- project ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dims", [2, 3])
def test_project_keeps_the_projection_where_the_map_finds_it(
    capsys: Captured, own_checkpoint: Checkpoint, dims: int
) -> None:
    result = call(capsys, "project", own_checkpoint.path, "--method", "pca", "--dims", dims)
    assert result["n"] == own_checkpoint.test_images
    assert (result["method"], result["dims"]) == ("pca", dims)
    assert Path(result["projection"]).is_file()
    found = own_checkpoint.load_projection(own_checkpoint.load_encoded(), "pca", dims)
    assert found is not None
    assert found.shape == (own_checkpoint.test_images, dims)


def test_projecting_a_broken_encoded_set_is_one_sentence(capsys: Captured, own_checkpoint: Checkpoint) -> None:
    (own_checkpoint.path / "encoded.safetensors").write_bytes(b"")
    assert "encoded.safetensors" in refused(capsys, "project", own_checkpoint.path, "--method", "pca")


# ---- list ------------------------------------------------------------------------------------------------------------


def test_list_loads_every_checkpoint_and_says_what_is_wrong(capsys: Captured, own_checkpoint: Checkpoint) -> None:
    root = own_checkpoint.path.parent
    for name, file in (("a-no-config", "config.json"), ("b-bad-weights", "model.safetensors")):
        shutil.copytree(own_checkpoint.path, root / name)
        (root / name / file).write_bytes(b"nonsense")
    rows = call(capsys, "list", "--checkpoints", root)["checkpoints"]
    assert [row["checkpoint"] for row in rows] == ["a-no-config", "b-bad-weights", "digits"]
    assert str(root / "a-no-config" / "config.json") in rows[0]["state"]
    assert str(root / "b-bad-weights" / "model.safetensors") in rows[1]["state"]
    assert rows[2]["state"] == "whole"
    assert rows[2]["dataset"] == "digits"
    assert rows[2]["latent_dim"] == 2
    assert rows[2]["negative_elbo"] == own_checkpoint.metrics["negative_elbo"]


def test_list_prints_a_line_per_checkpoint(capsys: Captured, own_checkpoint: Checkpoint) -> None:
    (own_checkpoint.path.parent / "empty").mkdir()
    assert main(["list", "--checkpoints", str(own_checkpoint.path.parent)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("digits")
    assert first.endswith("whole")
    assert second.startswith("empty")
    assert "missing" in second


def test_list_of_nothing_is_empty(capsys: Captured, tmp_path: Path) -> None:
    assert call(capsys, "list", "--checkpoints", tmp_path / "nowhere") == {"checkpoints": []}


# ---- the rest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("checkpoint", "status"), [(".", 0), ("nowhere", 1)])
def test_the_exit_status_is_that_of_the_command(
    monkeypatch: pytest.MonkeyPatch, own_checkpoint: Checkpoint, checkpoint: str, status: int
) -> None:
    path = own_checkpoint.path / checkpoint
    monkeypatch.setattr(sys, "argv", ["vae", "project", str(path), "--method", "pca"])
    monkeypatch.delitem(sys.modules, "vae.__main__")
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("vae", run_name="__main__")
    assert caught.value.code == status


def test_the_bar_is_drawn_in_place_and_only_on_a_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    with ProgressBar("training") as bar:
        bar.show(0.5)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with ProgressBar("training") as bar:
        bar.show(0.5)
        bar.show(1.0, "nearly")
    error = capsys.readouterr().err
    assert f"training [{'#' * 15}{'.' * 15}]  50%" in error
    assert f"nearly [{'#' * 30}] 100%" in error
    assert "\n" not in error
