"""The command line, called in this process."""

import json
import os
import re
import runpy
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from tests.support.checkpoints import save
from tests.support.launching import Prompt, Stage
from tests.support.pictures import ten, write_folder
from vae.__main__ import main, parser
from vae.commands import sweeping
from vae.commands import training as training_commands
from vae.commands.options import ProgressBar, checkpoint_path
from vae.datasets import registry
from vae.datasets.splits import Dataset, take
from vae.datasets.user_images.augmentation import Augmentation
from vae.jobs import environment
from vae.jobs.sweeps import feeding
from vae.jobs.sweeps.sweep import RESULTS
from vae.jobs.sweeps.table import METRICS
from vae.model.losses import Objective
from vae.model.networks import ModelConfig, default_config
from vae.projection.methods import quality
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training import trainer as trainer_module
from vae.training.config import LEARNING_RATES, Optimizer, TrainingConfig
from vae.training.film import read_film
from vae.training.request import DatasetRequest
from vae.training.step import Scheduled, Step

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


def test_train_says_what_is_in_the_user_s_own_pictures(capsys: Captured, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "pets", ten("train/cat/") | ten("train/dog/") | ten("test/dog/", 4) | ten("pred/", 1)
    )
    assert main([*TRAIN, "--dataset", folder, "--image-size", "8", "--out", str(tmp_path / "run")]) == 0
    out, error = capsys.readouterr()
    assert out.splitlines()[:3] == [
        "2 classes: cat (10), dog (14).",
        "Splits: 18 training, 2 validation, 4 test pictures.",
        "Splits by folder: training from train/, test from test/.",
    ]
    assert "note: 1 picture left out, as pred/ is neither for training nor for testing: pred/00.png." in error


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), DatasetRequest("own.zip")),
        (("--grey",), DatasetRequest("own.zip", color=False)),
        (("--color", "--encoding", "cp932"), DatasetRequest("own.zip", color=True, encoding="cp932")),
        (("--turned", "1", "--whole", "--keep", "0.5"), DatasetRequest("own.zip", turn=1, whole=True, keep=0.5)),
    ],
)
def test_colours_and_names_of_own_pictures_are_options(options: Sequence[str], expected: DatasetRequest) -> None:
    arguments = parser().parse_args(["train", "--dataset", "own.zip", "--out", "x", *options])
    assert training_commands.training_request(arguments).dataset == expected


def test_every_option_of_train_reaches_the_config(capsys: Captured, tmp_path: Path) -> None:
    options = {
        "arch": "conv",
        "hidden": "64,32",
        "channels": "8,16",
        "likelihood": "gaussian",
        "sigma": 0.2,
        "latent-dim": 2,
        "objective": "beta-tc",
        "beta": 4.0,
        "warmup": "cyclic",
        "warmup-share": 0.5,
        "cycles": 2,
        "heat": 3.0,
        "free-bits": 0.3,
        "capacity": 7.0,
        "gamma": 9.0,
        "batch-size": 500,
        "optimizer": "adamw",
        "learning-rate": 0.01,
        "schedule": "constant",
        "binarisation": "dynamic",
        "seed": 7,
        "versions": 2,
        "shift": 0.2,
        "turn": 30.0,
        "scale": 0.3,
        "weights": "float16",
    }
    given = [part for k, v in options.items() for part in (f"--{k}", v)]
    call(capsys, *TRAIN, "--out", tmp_path / "run", *given, "--batch-norm", "--conditional")
    checkpoint = read_checkpoint(tmp_path / "run")
    assert checkpoint.model_config == ModelConfig(
        (1, 8, 8), 2, "conv", (64, 32), (8, 16), "gaussian", 0.2, batch_norm=True, classes=10
    )
    objective = Objective("beta-tc", 4.0, "cyclic", 0.5, 2, 3.0, 0.3, 7.0, 9.0)
    expected = TrainingConfig(
        1, 500, "adamw", 0.01, "constant", objective, "dynamic", 7, "cpu", Augmentation(2, 0.2, 30.0, 0.3), "float16"
    )
    assert checkpoint.training | asdict(expected) == checkpoint.training


def test_the_objective_autoencoder_alone_makes_an_autoencoder(capsys: Captured, tmp_path: Path) -> None:
    result = call(capsys, *TRAIN, "--objective", "autoencoder", "--out", tmp_path / "run")
    assert read_checkpoint(tmp_path / "run").model_config.posterior == "point"
    assert result["negative_elbo"] is result["kl"] is None
    assert result["reconstruction"] > 0
    assert main([*TRAIN, "--objective", "autoencoder", "--out", str(tmp_path / "again")]) == 0
    assert capsys.readouterr().out.startswith(f"test reconstruction {result['reconstruction']:.2f} nats per image")
    (row,) = call(capsys, "list", "--checkpoints", tmp_path)["checkpoints"][:1]
    assert row["state"] == "whole"


@pytest.mark.parametrize("optimizer", LEARNING_RATES)
def test_each_optimiser_has_its_own_default_learning_rate(
    capsys: Captured, tmp_path: Path, optimizer: Optimizer
) -> None:
    call(capsys, *TRAIN, "--optimizer", optimizer, "--out", tmp_path / "run")
    assert read_checkpoint(tmp_path / "run").training["learning_rate"] == LEARNING_RATES[optimizer]


def test_the_defaults_of_train_are_those_of_the_config(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[ModelConfig, TrainingConfig]] = []

    def record(
        dataset: Dataset, model_config: ModelConfig, config: TrainingConfig, *_: object, **__: object
    ) -> Sequence[object]:
        seen.append((model_config, config))
        raise ValueError("seen enough")

    monkeypatch.setattr(training_commands, "train_checkpoint", record)
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
        (["--hidden", "0"], "hidden must be at most 8 widths of 1 to 8192"),
        (["--channels", "8"], "channels must be widths for convolutions, none for mlp"),
        (["--sigma", "0"], "sigma"),
        (["--objective", "beta-tc", "--samples", "5"], "samples must be 1 for beta-tc, not 5"),
        (["--objective", "capacity", "--warmup", "linear"], "warmup must be none for capacity"),
        (["--capacity", "-1"], "capacity"),
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
    class Spoiled(Step):
        def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
            return super().__call__(batch, scheduled) * float("nan")

    monkeypatch.setattr(trainer_module, "Step", Spoiled)
    assert "Choose a smaller learning rate" in refused(capsys, *TRAIN, "--out", tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_the_option_film_keeps_a_film(capsys: Captured, tmp_path: Path) -> None:
    for name, options in (("filmed", ("--film",)), ("plain", ())):
        call(capsys, *TRAIN, *options, "--out", tmp_path / name)
    assert read_checkpoint(tmp_path / "plain").film is None
    film = read_checkpoint(tmp_path / "filmed").film
    assert film is not None
    assert [record.fields["kind"] for record in read_film(film)][-2:] == ["frame", "epoch"]


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Restores the signal handlers that train replaces."""
    names = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
    before = [signal.getsignal(name) for name in names]
    yield
    for name, handler in zip(names, before, strict=True):
        signal.signal(name, handler)


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_stops_a_run_and_keeps_the_last_whole_epoch(capsys: Captured, tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)

    def interrupt(bar: ProgressBar, progress: float, text: str = "") -> None:
        if progress > 0.6:
            os.kill(os.getpid(), number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProgressBar, "show", interrupt)
        options = ("--epochs", "2", "--batch-size", "16", "--device", "cpu", "--out", str(tmp_path / "run"))
        assert main(["train", "--dataset", "digits", *options]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(
        f"vae train: Training stopped in epoch 2; the model of epoch 1 was kept as {tmp_path / 'run'}."
    )
    assert len(read_checkpoint(tmp_path / "run").history) == 1


@pytest.mark.usefixtures("own_signals")
def test_a_signal_between_two_epochs_keeps_the_last_one_too(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note = ProgressBar.note

    def interrupt(bar: ProgressBar, text: str) -> None:
        note(bar, text)
        if text.startswith("epoch   2"):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(ProgressBar, "note", interrupt)
    assert main([*TRAIN, "--epochs", "3", "--out", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert "the model of epoch 2 was kept" in error
    assert len(read_checkpoint(tmp_path / "run").history) == 2


@pytest.mark.usefixtures("own_signals")
def test_a_run_under_nohup_ignores_the_end_of_its_terminal(capsys: Captured, tmp_path: Path) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does
    call(capsys, *TRAIN, "--out", tmp_path / "run")
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.parametrize("arguments", [[], ["paint"], ["train"], ["project", "x", "--method", "isomap"]])
def test_a_command_that_is_not_understood_exits_with_the_usage(capsys: Captured, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m vae" in capsys.readouterr().err


# ---- sweep -----------------------------------------------------------------------------------------------------------

SWEEP = ("sweep", *TRAIN[1:], "--hidden", "8", "--batch-size", "512", "--beta", "0.5,4", "--latent-dim", "2")
HALF, FOUR = "digits-z2-b0.5-s0", "digits-z2-b4-s0"


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch, own_signals: None) -> Prompt:
    """Runs are carried out in this process."""
    launcher = Prompt()
    monkeypatch.setattr(environment, "app_launcher", lambda slots: launcher)
    monkeypatch.setattr(feeding, "LOOK_SECONDS", 0)
    return launcher


def test_sweep_trains_what_is_missing_and_writes_table_and_plane(
    capsys: Captured, tmp_path: Path, launcher: Prompt
) -> None:
    listed = call(capsys, *SWEEP, "--out", tmp_path, "--dry-run")
    assert listed == {"models": {HALF: "to be trained", FOUR: "to be trained"}}
    assert list(tmp_path.iterdir()) == []
    result = call(capsys, *SWEEP, "--out", tmp_path)
    assert (result["trained"], result["missing"]) == ([HALF, FOUR], [])
    assert [line["beta"] for line in result["models"]] == [0.5, 4]
    for name in (HALF, FOUR):
        metrics = read_checkpoint(tmp_path / name).metrics
        (line,) = (line for line in result["models"] if line["checkpoint"] == name)
        assert {key: line[key] for key in METRICS} == {key: metrics[key] for key in METRICS}
    shutil.rmtree(tmp_path / FOUR)
    again = call(capsys, *SWEEP, "--out", tmp_path)
    assert again["trained"] == [FOUR]
    assert launcher.trained == [HALF, FOUR, FOUR]
    assert again["models"][0] == result["models"][0]
    assert json.loads((tmp_path / "sweep.json").read_text("utf-8")) == again["models"]
    assert Path(again["plane"]).read_text("utf-8").count("<title>") == 2


def test_a_sweep_shows_each_model_on_standard_error_and_the_table_on_standard_output(
    capsys: Captured, tmp_path: Path, launcher: Prompt
) -> None:
    assert main([*SWEEP, "--out", str(tmp_path)]) == 0
    out, error = capsys.readouterr()
    assert re.fullmatch(rf"1 of 2: {HALF} -ELBO [\d.]+\n2 of 2: {FOUR} -ELBO [\d.]+\n", error)
    assert len(out.splitlines()) == 4
    assert out.splitlines()[-1].endswith("sweep.csv, " + ", ".join(f"{tmp_path / name}" for name in RESULTS[1:]))


def test_a_sweep_in_the_app_s_folder_is_in_the_app_s_queue(
    capsys: Captured, tmp_path: Path, launcher: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    call(capsys, *SWEEP, "--out", tmp_path / "mine")
    assert read_checkpoint(tmp_path / "mine" / HALF)
    assert (tmp_path / ".runs").is_dir()
    assert not (tmp_path / "mine" / ".runs").exists()
    assert "a name of letters, digits" in refused(capsys, *SWEEP, "--out", tmp_path / "my own")


def test_a_sweep_of_another_request_into_the_same_folder_is_one_sentence(
    capsys: Captured, tmp_path: Path, launcher: Prompt
) -> None:
    call(capsys, *SWEEP, "--out", tmp_path)
    assert "other settings" in refused(capsys, *SWEEP, "--epochs", 2, "--out", tmp_path)
    assert "different numbers" in refused(capsys, *SWEEP, "--beta", "1,1", "--out", tmp_path)
    with sweeping.sweep_of(tmp_path).lock():
        assert "Another process trains a sweep" in refused(capsys, *SWEEP, "--beta", "0.5,4,8", "--out", tmp_path)
    longer = call(capsys, *SWEEP, "--beta", "0.5,4,8", "--out", tmp_path)
    assert (longer["trained"], len(longer["models"])) == (["digits-z2-b8-s0"], 3)


def test_a_sweep_into_a_file_is_one_sentence(capsys: Captured, tmp_path: Path, launcher: Prompt) -> None:
    (tmp_path / "file").touch()
    assert "choose a folder that can" in refused(capsys, *SWEEP, "--out", tmp_path / "file")


def test_a_model_that_fails_does_not_keep_the_others_from_being_trained(
    capsys: Captured, tmp_path: Path, launcher: Prompt
) -> None:
    launcher.failing = {HALF: "The disk is full."}
    assert main([*SWEEP, "--out", str(tmp_path)]) == 1
    out, error = capsys.readouterr()
    expected = f"vae sweep: 1 of 2 models failed, as {HALF}: The disk is full. The same command tries them again."
    assert error.splitlines()[-1] == expected
    assert len(out.splitlines()) == 3
    launcher.failing = {}
    assert call(capsys, *SWEEP, "--out", tmp_path)["trained"] == [HALF]


def test_a_sweep_is_paused_by_its_command_and_goes_on_by_it(capsys: Captured, tmp_path: Path, launcher: Prompt) -> None:
    assert "start the same sweep again" in refused(capsys, *SWEEP, "--out", tmp_path, "--pause")
    launcher.during = lambda: sweeping.sweep_of(tmp_path).pause()
    whole = (*SWEEP, "--beta", "0.5,4,8", "--out", tmp_path)
    assert call(capsys, *whole)["missing"] == ["digits-z2-b8-s0"]
    launcher.during = lambda: None
    assert call(capsys, *whole, "--pause") == {"paused": str(tmp_path)}
    assert call(capsys, *whole)["missing"] == []


def test_ctrl_c_says_what_goes_on_and_what_does_not(
    capsys: Captured, tmp_path: Path, launcher: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(ProgressBar, "show", interrupt)
    stage = Stage()
    monkeypatch.setattr(environment, "app_launcher", lambda slots: stage)
    assert main([*SWEEP, "--beta", "0.5,4,8", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().out == (
        "0 of 3 models are trained; 2 runs go on without this command; 1 is not begun. The same command goes on with "
        "all; with --pause it pauses the runs.\n"
    )
    assert not sweeping.sweep_of(tmp_path).state().fed


def test_the_runs_of_a_sweep_find_the_user_s_own_pictures_and_the_data_from_anywhere(
    capsys: Captured, tmp_path: Path, launcher: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    (tmp_path / "pets").mkdir()
    for number in range(30):
        Image.new("L", (8, 8), 8 * number).save(tmp_path / "pets" / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAE_DATA_DIR", "elsewhere")  # restored afterwards
    launcher.during = lambda: os.chdir("/")
    own = [*SWEEP, "--dataset", "./pets", "--image-size", "16", "--beta", "1", "--data-dir", "data"]
    result = call(capsys, *own, "--out", tmp_path / "out")
    assert read_checkpoint(tmp_path / "out" / result["trained"][0]).dataset == "./pets"
    assert os.environ["VAE_DATA_DIR"] == str(tmp_path / "data")


def test_a_sweep_goes_to_the_cluster_that_is_named(
    capsys: Captured, tmp_path: Path, launcher: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_RAY", "http://other:8265")  # restored afterwards
    named: list[str] = []
    launcher.during = lambda: named.append(os.environ["VAE_RAY"])
    call(capsys, *SWEEP, "--out", tmp_path, "--ray", "http://head:8265")
    assert named == ["http://head:8265"] * 2


@pytest.mark.slow
def test_a_sweep_by_real_processes_trains_each_model_once(capsys: Captured, tmp_path: Path, own_signals: None) -> None:
    result = call(capsys, *SWEEP, "--out", tmp_path)
    assert result["trained"] == [HALF, FOUR]
    assert [path.name for path in (tmp_path / ".runs").iterdir() if not path.name.startswith(".slot")] == []
    assert read_checkpoint(tmp_path / HALF).film is None


@pytest.mark.parametrize(
    ("seconds", "progress", "text"),
    [(10, 0.01, ""), (30, 0.5, ", about 30 s left"), (600, 0.25, ", about 30 min left"), (60, 1.0, "")],
)
def test_how_long_a_sweep_takes_follows_from_how_fast_it_went(
    monkeypatch: pytest.MonkeyPatch, seconds: float, progress: float, text: str
) -> None:
    now = iter([0.0, seconds])
    monkeypatch.setattr(sweeping, "time", SimpleNamespace(monotonic=lambda: next(now)))
    clock = sweeping.Clock()
    assert clock.left(0.0) == ""
    assert clock.left(progress) == text


# ---- evaluate --------------------------------------------------------------------------------------------------------


def test_evaluate_measures_what_train_reported(capsys: Captured, digits_checkpoint: Checkpoint) -> None:
    result = call(capsys, "evaluate", digits_checkpoint.path, "--device", "cpu")
    assert {"negative_elbo", "reconstruction", "kl", "kl_per_dimension", "active_units"} <= set(result)
    for key in ("negative_elbo", "reconstruction", "kl"):
        assert result[key] == pytest.approx(digits_checkpoint.metrics[key], rel=1e-6)
    assert result["kl_per_dimension"] == pytest.approx(digits_checkpoint.kl_per_dimension, rel=1e-5)
    assert len(result["kl_per_dimension"]) == 2
    assert sum(result["kl_per_dimension"]) == pytest.approx(result["kl"], rel=1e-5)
    assert 0 <= result["active_units"] <= 2
    assert result["same_data"] is True


def test_an_nll_comes_with_its_effective_samples_and_its_bias(capsys: Captured, digits_checkpoint: Checkpoint) -> None:
    arguments = ["evaluate", str(digits_checkpoint.path), "--device", "cpu", "--importance-samples"]
    assert main([*arguments, "64", "--json"]) == 0
    *printed, last = capsys.readouterr().out.splitlines()
    found = json.loads(last)["importance_weighted_nll"]
    fewest, median = (found["effective_samples"][key] for key in ("fifth_percentile", "median"))
    assert 1 <= fewest <= median <= 64
    assert found["bias"] >= 0
    assert printed[-1] == (
        f"  effective samples of 64: median {median:.1f}, of 5 % of the images under {fewest:.1f}; "
        f"bias about +{found['bias']:.2f} nats, extrapolated from K/16 … K: with more samples the NLL falls by it"
    )
    assert main([*arguments, "8"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("; bias unknown under 16 samples")


def test_what_the_class_costs_stands_beside_the_numbers_of_a_conditional_model(
    capsys: Captured, tmp_path: Path
) -> None:
    assert main([*TRAIN, "--conditional", "--out", str(tmp_path / "run")]) == 0
    assert " | class nats per image; saved" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "run"), "--device", "cpu", "--importance-samples", "2", "--json"]) == 0
    *printed, last = capsys.readouterr().out.splitlines()
    result = json.loads(last)
    assert result["label_nats"] == pytest.approx(np.log(10))
    comparable = f"  + ln 10 for the class = {result['negative_elbo'] + np.log(10):.2f}, to compare with models without"
    assert any(line.startswith(comparable) for line in printed)
    for protocol in (result["protocol"], result["importance_weighted_nll"]["protocol"]):
        assert protocol.endswith("beside other models add ln 10 = 2.30")
    (row,) = call(capsys, "list", "--checkpoints", tmp_path)["checkpoints"]
    assert row["classes"] == 10


def test_a_model_without_classes_has_nothing_to_add(capsys: Captured, digits_checkpoint: Checkpoint) -> None:
    assert main(["evaluate", str(digits_checkpoint.path), "--device", "cpu", "--json"]) == 0
    *printed, last = capsys.readouterr().out.splitlines()
    assert json.loads(last)["label_nats"] == 0
    assert not any("class" in line for line in printed)


def test_scores_of_the_sprites_factors_come_with_what_they_can_be_compared_with(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = np.random.default_rng(0).permutation(1728)[:60]
    sprites = registry.load_dataset("sprites")
    sprites = replace(sprites, train=take(sprites.train, few), validation=take(sprites.validation, few))
    sprites = replace(sprites, test=take(sprites.test, few))
    monkeypatch.setattr(registry, "load_dataset", lambda *_, **__: sprites)
    save(tmp_path / "run", default_config(sprites.image_shape, 2, hidden=(8,)), n=4, dataset="sprites")
    for metrics, noted in (("mig", True), ("factorvae,dci", True), ("surgery", False)):
        assert main(["evaluate", str(tmp_path / "run"), "--metrics", metrics]) == 0
        assert ("sprites is not dSprites, so published scores do not compare" in capsys.readouterr().out) == noted


def test_evaluating_on_other_data_says_so(
    capsys: Captured, digits_checkpoint: Checkpoint, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = replace(digits, test=replace(digits.test, images=digits.test.images[:50], labels=digits.test.labels[:50]))
    monkeypatch.setattr(registry, "load_dataset", lambda *_, **__: fewer)
    assert main(["evaluate", str(digits_checkpoint.path), "--json"]) == 0
    out, error = capsys.readouterr()
    assert json.loads(out.splitlines()[-1])["same_data"] is False
    assert "this digits is not the data that digits was trained on" in error
    assert "50 images" in out


def test_evaluating_on_images_of_another_shape_is_one_sentence(
    capsys: Captured, digits_checkpoint: Checkpoint, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = replace(digits.test, images=np.repeat(digits.test.images, 2, axis=3))
    monkeypatch.setattr(registry, "load_dataset", lambda *_, **__: replace(digits, train=wide, test=wide))
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
    measured = quality(own_checkpoint.load_encoded().mean, found)
    for name in ("trustworthiness", "continuity", "neighbours_kept"):
        assert result[name] == pytest.approx(getattr(measured, name), abs=1e-3)  # the points are rounded
    assert result["protocol"] == measured.protocol


def test_parameters_reach_the_projection_and_the_map_never_takes_it_for_the_default(
    capsys: Captured, own_checkpoint: Checkpoint
) -> None:
    result = call(capsys, "project", own_checkpoint.path, "--method", "tsne", "--perplexity", 5, "--seed", 3)
    assert (result["perplexity"], result["seed"]) == (5, 3)
    assert result["projection"] is None
    assert own_checkpoint.load_projection(own_checkpoint.load_encoded(), "tsne", 2) is None
    assert "perplexity must be from 2 to 500" in refused(
        capsys, "project", own_checkpoint.path, "--method", "tsne", "--perplexity", 1
    )


def test_projecting_a_broken_encoded_set_is_one_sentence(capsys: Captured, own_checkpoint: Checkpoint) -> None:
    (own_checkpoint.path / "encoded.safetensors").write_bytes(b"")
    assert "encoded.safetensors" in refused(capsys, "project", own_checkpoint.path, "--method", "pca")


def test_a_checkpoint_may_be_named_as_in_the_folder_of_checkpoints(
    capsys: Captured, own_checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own_checkpoint.path
    monkeypatch.delenv("VAE_CHECKPOINTS", raising=False)
    assert checkpoint_path(path.name) == Path("checkpoints") / path.name
    monkeypatch.setenv("VAE_CHECKPOINTS", str(path.parent))
    assert checkpoint_path(path.name) == checkpoint_path(str(path)) == path
    (row,) = (row for row in call(capsys, "list")["checkpoints"] if row["checkpoint"] == path.name)
    assert row["state"] == "whole"
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("VAE_CHECKPOINTS", "/nowhere")
    assert checkpoint_path(path.name) == Path(path.name)
    assert checkpoint_path("./other") == Path("other")


# ---- fit -------------------------------------------------------------------------------------------------------------


def test_fit_keeps_the_mixture_where_sampling_finds_it(capsys: Captured, own_checkpoint: Checkpoint) -> None:
    result = call(capsys, "fit", own_checkpoint.path)
    found = own_checkpoint.load_fit(own_checkpoint.load_encoded())
    assert found is not None
    assert result["components"] == found.mixture.components
    assert Path(result["fit"]).parent == own_checkpoint.path


def test_prior_keeps_the_second_stage_and_the_report_where_sampling_finds_them(
    capsys: Captured, own_checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae.evaluation.pictures.samples.STEPS", 50)
    result = call(capsys, "prior", own_checkpoint.path)
    encoded = own_checkpoint.load_encoded()
    fit = own_checkpoint.load_fit(encoded)  # made, too
    assert fit is not None
    second, report = own_checkpoint.load_second_stage(encoded, fit), own_checkpoint.load_samples(encoded, fit)
    assert second is not None
    assert report is not None
    assert list(report.sources) == ["prior", "aggregate", "second"]
    assert "no quality: the classifier that ships knows MNIST only" in result["protocol"]


def test_float16_keeps_what_it_measures_in_the_metrics(capsys: Captured, own_checkpoint: Checkpoint) -> None:
    trained = own_checkpoint.metrics["float16_levels"]
    own_checkpoint.save_metrics(own_checkpoint.metrics | {"float16_levels": None})
    result = call(capsys, "float16", own_checkpoint.path)
    assert result["float16_levels"] == pytest.approx(trained, abs=1e-3)
    assert 0 < result["float16_levels"] < 1
    assert read_checkpoint(own_checkpoint.path).metrics["float16_levels"] == result["float16_levels"]


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


def test_the_list_of_a_missing_folder_is_empty(capsys: Captured, tmp_path: Path) -> None:
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
