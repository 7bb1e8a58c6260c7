"""Runs on a real Ray: a head and three nodes of one CPU on this machine. `make cluster` runs it, pytest alone does not.

Ray listens on all interfaces, so all is to run in a network of its own that has only the loopback interface, and in a
process tree of its own, which ends with its first process.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.support.runs import request, until
from vae.jobs.ray.launcher import GOES_ON, Cluster, RayLauncher
from vae.jobs.run import Run, Status
from vae.jobs.runs import Runs
from vae.jobs.sweeps.family import family_plan
from vae.jobs.sweeps.feeding import Feeder
from vae.jobs.sweeps.plan import Plan
from vae.jobs.sweeps.sweep import RESULTS, Sweep
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.request import TrainingRequest

ROOT = Path(__file__).parents[2]
RAY = ROOT / ".venv-ray" / "bin" / "ray"
TOKEN = "0123456789abcdef" * 2
PORT = 6399
ADDRESS = "http://127.0.0.1:8266"
STORE = "--object-store-memory=80000000"  # bytes; the least that Ray takes


@pytest.fixture(scope="module", autouse=True)
def _nodes() -> Iterator[None]:
    """A head without CPUs and three nodes of one each."""
    interfaces = sorted(path.name for path in Path("/sys/class/net").iterdir())
    assert interfaces == ["lo"] or not Path("/proc/1/cmdline").read_bytes().startswith(b"/sbin"), interfaces
    environment = os.environ | {
        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT),
        "RAY_DISABLE_IMPORT_WARNING": "1",
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        head = ["--head", f"--port={PORT}", "--dashboard-host=127.0.0.1", f"--dashboard-port={ADDRESS[-4:]}"]
        commands = [[*head, "--num-cpus=0", "--num-gpus=0", f"--temp-dir={folder}"]]
        commands += [[f"--address=127.0.0.1:{PORT}", "--num-cpus=1"]] * 3
        for number, command in enumerate(commands):
            ports = [f"--dashboard-agent-listen-port={52400 + number}", "--include-log-monitor=false"]
            subprocess.run(
                [RAY, "start", "--node-ip-address=127.0.0.1", "--disable-usage-stats", STORE, *ports, *command],
                check=True, env=environment, cwd=folder, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        yield
        for process in processes("raylet", "gcs_server", "dashboard"):
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "checkpoints", RayLauncher(Cluster(ADDRESS, python=sys.executable, token=TOKEN)))


def line_of(process: int) -> str:
    """Its command line; empty for one that has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def processes(*words: str) -> list[int]:
    """The processes of whose command lines these are parts; any of them."""
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [number for number in numbers if number != os.getpid() and any(word in line_of(number) for word in words)]


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def worker_of(run: Run, job: str = "") -> int | None:
    """The process that carries it out, as this job."""
    found = processes(f"vae.jobs.worker {run.path.resolve()} 0 {job}")
    return found[0] if found else None


def status_of(runs: Runs, run: Run) -> Status | None:
    return next((status for other, status in runs.all() if other == run), None)


def is_in(runs: Runs, run: Run, *states: str) -> bool:
    status = status_of(runs, run)
    return status is not None and status.state in states


def plan_of(epochs: int) -> Plan:
    base = TrainingRequest.from_json(request(epochs))
    return family_plan(base, betas=(0.5, 1.0, 4.0), latent_dims=(2,), seeds=2)


def lose_node(process: int) -> None:
    """Kills the node of a run's process as a cut cable does: all of Ray on it is gone, the process itself goes on."""
    supervisor = parent(process)
    node = parent(supervisor)
    for watcher in processes(f"kill -s 0 {supervisor}"):  # it would end the process
        os.kill(watcher, signal.SIGKILL)
    for gone in (node, supervisor):
        os.kill(gone, signal.SIGKILL)


def test_six_runs_of_a_sweep_outlive_a_node_and_end_with_the_weights_of_an_undisturbed_one(
    runs: Runs, tmp_path: Path
) -> None:
    plan, sweep = plan_of(60), Sweep(tmp_path / "checkpoints" / "mine", runs)
    sweep.write_plan(plan)
    feeder = Feeder(sweep, again=True)
    feeder.step()
    started = [run for run, _ in runs.all()]
    assert len(started) == 6
    victim = started[0]
    until(lambda: (status := status_of(runs, victim)) is not None and status.epoch > 3, "the first trains", victim)
    assert any(is_in(runs, run, "queued") for run in started)
    orphan, first = worker_of(victim), victim.job()
    assert orphan is not None
    os.kill(orphan, signal.SIGSTOP)  # so that it still has something to do when its run has been given to another
    lose_node(orphan)
    seen: set[str] = set()

    def has_gone_on() -> bool:
        seen.update(status.sentence for _, status in runs.all())
        return worker_of(victim, victim.job()) is not None and victim.job() != first

    until(has_gone_on, "another node has the run", victim)
    assert victim.is_locked()
    os.kill(orphan, signal.SIGCONT)
    until(lambda: worker_of(victim, first) is None, "the lost node's process has ended", victim)
    assert victim.path.is_dir()
    until(lambda: runs.all() == [], "all have finished", victim)
    assert GOES_ON in seen
    torch.set_num_threads(1)
    feeder.step()
    assert feeder.ended
    assert all((sweep.folder / name).is_file() for name in RESULTS)
    for member in plan.members:
        wanted = TrainingRequest.from_json(plan.request_of(member))
        dataset, undisturbed = wanted.dataset.load(None), tmp_path / "undisturbed" / member.name
        for _ in train_checkpoint(dataset, wanted.model_config(dataset), wanted.training, undisturbed):
            pass
        ours, theirs = (folder / "model.safetensors" for folder in (sweep.folder / member.name, undisturbed))
        assert ours.read_bytes() == theirs.read_bytes(), member.name


def test_runs_are_paused_resumed_stopped_and_discarded(runs: Runs) -> None:
    started = [runs.start(name, request(10_000)) for name in "abcde"]
    until(lambda: is_in(runs, started[0], "running"), "it trains", started[0])
    waiting = [run for run in started if is_in(runs, run, "queued")]
    training = [run for run in started if is_in(runs, run, "running")]
    for run in (training[0], *waiting):
        runs.send_command(run, "pause")
    for run in (training[0], *waiting):
        until(lambda run=run: is_in(runs, run, "paused"), "it is paused", run)  # type: ignore[misc]
    runs.resume(training[0])
    until(lambda: is_in(runs, training[0], "running"), "it goes on", training[0])
    runs.send_command(training[0], "stop")
    until(lambda: not training[0].path.is_dir(), "it has ended", training[0])
    assert read_checkpoint(training[0].checkpoint_path).history
    for run in started:
        if run.path.is_dir():
            runs.send_command(run, "discard")
    until(lambda: runs.all() == [], "all are gone")
    until(lambda: not processes("vae.jobs.worker"), "no process is left")


def test_what_a_process_prints_is_in_the_log_of_its_run(runs: Runs, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(b"PK no zip")
    wanted = request(dataset={"name": "mine", "image_size": 32, "color": False})
    run = runs.start("broken", wanted, damaged)
    until(lambda: is_in(runs, run, "failed"), "it has failed", run)
    assert "Traceback" in (run.path / "log.txt").read_text()
