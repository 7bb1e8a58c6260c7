"""Several processes that train one model: real processes over gloo, also started with torchrun."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.support.patience import PATIENCE
from vae.datasets.splits import Dataset, Split
from vae.model.losses import Objective
from vae.model.networks import VAE, ModelConfig, default_config
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training import step as step_module
from vae.training.config import ScheduledValues, TrainingConfig
from vae.training.distributed import ProcessGroup, process_group
from vae.training.step import Step
from vae.training.trainer import new_model, train

ROOT = Path(__file__).parents[2]
POINT = ModelConfig(
    (1, 8, 8), 3, "mlp", (16,), posterior="point"
)  # samples nothing, so that two processes do exactly the same as one
EPOCHS = 6
TRAIN = ("train", "--dataset", "digits", "--latent-dim", "4", "--batch-size", "64", "--device", "cpu")


def environment(**more: str) -> dict[str, str]:
    """This process's environment variables without those of torchrun."""
    kept = {key: value for key, value in os.environ.items() if key not in ("RANK", "LOCAL_RANK", "WORLD_SIZE")}
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)} | more


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def torchrun(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Two processes of the command line in one group."""
    launcher = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    address = ("--master-addr", "127.0.0.1", "--master-port", free_port())
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [*launcher, *address, "-m", "vae", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), **pipes) as running:  # type: ignore[call-overload]
        try:
            yield running
        finally:
            members = list(ranks(running).values()) if running.poll() is None else []
            for member in members:
                os.kill(member, signal.SIGKILL)
            if members:
                running.kill()


def ranks(running: subprocess.Popen[str]) -> dict[int, int]:
    """The process id of each rank, from /proc."""
    found: dict[int, int] = {}
    for child in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split():
        settings = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        found |= {int(entry[5:]): int(child) for entry in settings if entry.startswith(b"RANK=")}
    return found


def wait_for(running: subprocess.Popen[str], start: str) -> None:
    """Reads standard error up to a line that begins with `start`."""
    assert running.stderr is not None
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and select.select([running.stderr], [], [], PATIENCE)[0]:
        line = running.stderr.readline()
        if line.startswith(start):
            return
        assert line, f"ended before {start!r}"
    pytest.fail(f"no line {start!r} within {PATIENCE} s")


def weights(model: VAE) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


# ---- one process -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [None, "1"])
def test_a_lone_process_is_a_group_of_one(monkeypatch: pytest.MonkeyPatch, size: str | None) -> None:
    if size is None:
        monkeypatch.delenv("WORLD_SIZE", raising=False)
    else:
        monkeypatch.setenv("WORLD_SIZE", size)
    with process_group("cpu") as group:
        assert group == ProcessGroup(0, 1)
        assert group.is_main
        batch, totals = torch.arange(5), torch.ones(3)
        assert torch.equal(group.shard(batch), batch)
        assert group.all_reduce(totals) is totals
        layer = torch.nn.Linear(2, 1)
        layer(torch.ones(1, 2)).backward()
        group.average_gradients(layer.parameters(), 0.5)
        assert torch.equal(layer.weight.grad, torch.ones(1, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [2, 16, 17, 100])
def test_the_shards_of_a_batch_are_the_batch(size: int, count: int) -> None:
    batch = torch.randperm(count)
    shards = [ProcessGroup(rank, size).shard(batch) for rank in range(size)]
    assert sorted(torch.cat(shards).tolist()) == list(range(count))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_only_the_first_process_is_the_main_one() -> None:
    assert [ProcessGroup(rank, 3).is_main for rank in range(3)] == [True, False, False]


# ---- two processes ---------------------------------------------------------------------------------------------------


def stepped(group: ProcessGroup) -> tuple[dict[str, float], Tensor]:
    """The terms, summed over the group, and the weights of a few steps of SGD on batches of even and odd size."""
    torch.manual_seed(0)
    model, rng = VAE(POINT), np.random.default_rng(0)
    images = Split(rng.integers(0, 256, (103, 1, 8, 8), np.uint8), np.zeros(103, np.int64))
    config = TrainingConfig(optimizer="sgd", objective=Objective("autoencoder"), device="cpu")
    step = Step(model, images, config, group)
    totals = torch.zeros(3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step_module, "mixed_precision", lambda _: nullcontext())
        for rows in (range(64), range(64, 71), range(100, 103)):
            totals += group.all_reduce(step(torch.tensor(rows), ScheduledValues(1e-3, 1.0, 0.0, 1.0)))
    return dict(zip(step.names, totals.tolist(), strict=True)), weights(model)


def member(folder: str) -> None:
    """What each process of the next test runs."""
    torch.set_num_threads(1)
    with process_group("cpu") as group:
        terms, moved = stepped(group)
        alone = torch.tensor([1.0, 2.0]) if group.is_main else torch.tensor([10.0, 20.0])
        alone.grad = alone.clone()
        group.average_gradients([alone], 0.75 if group.is_main else 0.25)
        torch.save({"terms": terms, "weights": moved, "gradient": alone.grad}, f"{folder}/{group.rank}.pt")


@pytest.mark.slow
def test_two_processes_take_the_same_steps_as_one(tmp_path: Path) -> None:
    pair = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    code = f"from tests.training.test_distributed import member; member({str(tmp_path)!r})"
    members = [
        subprocess.Popen([sys.executable, "-c", code], env=environment(RANK=str(r), LOCAL_RANK=str(r), **pair))
        for r in range(2)
    ]
    try:
        assert [process.wait(PATIENCE) for process in members] == [0, 0]
    finally:
        for process in members:
            process.kill()
    terms, moved = stepped(ProcessGroup())
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert torch.equal(first["weights"], second["weights"])
    torch.testing.assert_close(first["weights"], moved, rtol=1e-4, atol=1e-5)
    assert first["terms"] == second["terms"] == pytest.approx(terms, rel=1e-4)
    assert first["gradient"].tolist() == second["gradient"].tolist() == [0.75 * 1 + 0.25 * 10, 0.75 * 2 + 0.25 * 20]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkpoint, str]:
    """The checkpoint of two processes, and their standard output."""
    out = tmp_path_factory.mktemp("group") / "run"
    with torchrun(*TRAIN, "--epochs", EPOCHS, "--json", "--out", out) as running:
        said, error = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, error
    return read_checkpoint(out), said


@pytest.mark.slow
def test_two_processes_reach_the_loss_of_one_after_every_epoch(
    together: tuple[Checkpoint, str], digits: Dataset
) -> None:
    config = TrainingConfig(epochs=EPOCHS, batch_size=64, device="cpu")
    model = new_model(default_config((1, 8, 8), 4), digits.train, config)
    alone = list(train(model, digits.train, digits.validation, config))
    history = together[0].history
    assert len(history) == len(alone) == EPOCHS
    for theirs, ours in zip(history, alone, strict=True):
        validation = ours.validation_reconstruction + ours.validation_kl
        assert theirs["validation_reconstruction"] + theirs["validation_kl"] == pytest.approx(validation, abs=0.5)
        assert theirs["reconstruction"] + theirs["kl"] == pytest.approx(ours.reconstruction + ours.kl, abs=0.5)
        assert theirs["terms"]["loss"] == pytest.approx(theirs["reconstruction"] + theirs["kl"], rel=1e-5)


@pytest.mark.slow
def test_the_checkpoint_of_two_processes_is_written_once_and_whole(together: tuple[Checkpoint, str]) -> None:
    checkpoint, said = together
    assert [path.name for path in checkpoint.path.parent.iterdir()] == ["run"]
    checkpoint.load_model()
    checkpoint.load_encoded()
    assert said.count("saved as") == 1


@pytest.mark.slow
def test_two_processes_print_one_result(together: tuple[Checkpoint, str]) -> None:
    checkpoint, said = together
    (answer,) = (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    assert answer["negative_elbo"] == checkpoint.metrics["negative_elbo"]
    assert said.splitlines()[-1].startswith("{")


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_run_with_an_error_and_the_last_whole_epoch(tmp_path: Path, victim: int) -> None:
    with torchrun(*TRAIN, "--epochs", "10000", "--out", tmp_path / "run") as running:
        wait_for(running, "epoch   3")
        os.kill(ranks(running)[victim], signal.SIGKILL)
        said, error = running.communicate(timeout=PATIENCE)
    assert running.returncode not in (0, None)
    assert "saved as" not in said
    sentence = (
        rf"vae train: Training stopped in epoch (\d+); the model of epoch (\d+) was kept as {tmp_path}/run\. .+\."
    )
    found = re.search(rf"^{sentence}$", error, re.MULTILINE)
    assert found, error
    checkpoint = read_checkpoint(tmp_path / "run")
    checkpoint.load_model()
    checkpoint.load_encoded()
    assert [epoch["epoch"] for epoch in checkpoint.history] == list(range(1, int(found[2]) + 1))
    assert int(found[1]) == int(found[2]) + 1 >= 4
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
