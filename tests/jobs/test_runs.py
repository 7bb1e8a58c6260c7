"""Training runs: real processes that are killed, paused and starved; what needs no process is tested in this one."""

import ast
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.support.effort import KILLS, first_in_make_test
from tests.support.forking import ForkedProcess, Forks, fork_server
from tests.support.runs import IDLER, PATIENCE, request, until
from vae.jobs import launchers, nice, runs, worker
from vae.jobs import run as run_folder
from vae.jobs.launchers import LocalLauncher
from vae.jobs.run import STATUS_BYTES, Run, RunError, Status
from vae.jobs.runs import MOST_RUNS, Runs, check_name
from vae.jobs.worker import parse_request, steps_deadline
from vae.storage.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from vae.storage.files import CheckpointError
from vae.storage.names import SWEEP_FOLDER
from vae.training import checkpoint as checkpoint_module
from vae.training import state as state_module
from vae.training import trainer as trainer_module
from vae.training.checkpoint import train_checkpoint
from vae.training.film import read_film
from vae.training.step import Scheduled, Step

ROOT = Path(__file__).parents[2]
ENDLESS = 10_000  # epochs
WORKER = launchers.WORKER


class Lab:
    """A checkpoint folder, its runs, and the processes that were started here."""

    def __init__(self, checkpoints: Path, slots: int = 1) -> None:
        self.checkpoints, self.runs = checkpoints, Runs(checkpoints, LocalLauncher(slots))
        self.processes: list[subprocess.Popen[bytes] | ForkedProcess] = []

    def start(self, name: str = "run", wanted: Any = None, **rest: Any) -> Run:
        return self.runs.start(name, wanted or request(), **rest)

    def prepare(self, name: str = "run", wanted: Any = None) -> Run:
        """A run that has been asked for and has no process yet."""
        run = Run(self.runs.root / name)
        run.path.mkdir(parents=True)
        run.write_request(wanted or request())
        run.write_status(Status("queued"))
        return run

    def states(self) -> dict[str, str]:
        return {run.name: status.state for run, status in self.runs.all()}

    def left(self) -> list[str]:
        """All that is in the folder of the runs, but the locks of the places to train."""
        root = self.runs.root
        return [path.name for path in root.iterdir() if ".slot" not in path.name] if root.is_dir() else []

    def check_nothing_left(self) -> None:
        until(lambda: not self.left(), f"nothing is left; but {self.left()} is")

    def process_of(self, run: Run) -> "subprocess.Popen[bytes] | ForkedProcess":
        return next(p for p in reversed(self.processes) if str(run.path.resolve()) in p.args)  # type: ignore[operator]

    def kill(self, run: Run) -> None:
        process = self.process_of(run)
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not run.status().alive, "its death is noticed")

    def until_state(self, run: Run, *states: str) -> Status:
        until(lambda: run.status().state in states, f"{run.name} is {' or '.join(states)}", run)
        return run.status()

    def until_epoch(self, run: Run, epoch: float) -> None:
        until(lambda: run.status().epoch > epoch or not run.path.is_dir(), f"epoch {epoch} is over", run)

    def until_checkpoint(self, run: Run) -> Checkpoint:
        until(lambda: not run.path.is_dir(), f"{run.name} has finished", run)
        return read_checkpoint(run.checkpoint_path)

    def clean_up(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks | None]:
    """Starts runs quickly; None where the system cannot."""
    if sys.platform != "linux":
        yield None
        return
    with fork_server() as server:
        yield server


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: Forks | None) -> Iterator[Lab]:
    with_processes = Lab(tmp_path / "checkpoints")
    yield from watched(with_processes, monkeypatch, forks)


def watched(lab: Lab, monkeypatch: pytest.MonkeyPatch, forks: Forks | None) -> Iterator[Lab]:
    """The lab while the processes that it starts are noted; kills what is left of them."""

    def popen(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes] | ForkedProcess":
        if forks is not None and tuple(command[:3]) == WORKER:
            process: subprocess.Popen[bytes] | ForkedProcess = forks.start(command, options["env"], options["stdout"])
        else:
            process = subprocess.Popen(command, **options)
        lab.processes.append(process)
        return process

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(launchers, "subprocess", SimpleNamespace(Popen=popen, DEVNULL=subprocess.DEVNULL))
    try:
        yield lab
    finally:
        lab.clean_up()


@pytest.fixture
def started_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab whose runs are processes of their own from the start, as the app's are."""
    yield from watched(Lab(tmp_path / "checkpoints"), monkeypatch, None)


@pytest.fixture
def idlers(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Runs whose processes do nothing but live."""
    script = tmp_path / "idler.py"
    script.write_text(IDLER)
    monkeypatch.setattr(launchers, "WORKER", (sys.executable, str(script)))
    return lab


@pytest.fixture
def here(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Run], Status]]:
    """Carries out a run in this process; returns how it stands then."""
    heard = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    monkeypatch.setattr(os, "nice", lambda _: 0)

    def carry_out(run: Run) -> Status:
        worker.main(run.path, 1)
        return run.status()

    yield carry_out
    for number, handler in heard.items():
        signal.signal(number, handler)


def same(checkpoint: Checkpoint, run_request: Any, folder: Path) -> None:
    """Asserts that this is the checkpoint of a run without interruptions."""
    folder.mkdir()
    plain = Run(folder)
    plain.write_request(run_request)
    torch.set_num_threads(1)  # as the run's process has it: sums round differently for two
    whole = folder / "whole"
    for _ in train_checkpoint(*parse_request(plain), whole, film=folder / "film"):
        pass
    expected = read_checkpoint(whole)
    assert [numbers(epoch) for epoch in checkpoint.history] == [numbers(epoch) for epoch in expected.history]
    assert numbers(checkpoint.metrics) == numbers(expected.metrics)
    for file in ("model.safetensors", "encoded.safetensors"):
        assert (checkpoint.path / file).read_bytes() == (whole / file).read_bytes(), file
    assert checkpoint.film is not None
    assert frames(checkpoint.film) == frames(whole / "film.bin")


def numbers(of: Any) -> Any:
    """All but the clock."""
    return {key: value for key, value in of.items() if key != "seconds"}


def frames(film: Path) -> list[Any]:
    return [(numbers(record.fields), record.body) for record in read_film(film)]


# ---- from the start to the checkpoint --------------------------------------------------------------------------------


def test_a_run_becomes_a_checkpoint_with_its_film_and_looks_alive_until_then(started_lab: Lab, tmp_path: Path) -> None:
    lab, wanted = started_lab, request(8)
    seen: list[Status] = []
    began = threading.Event()

    def watch() -> None:
        while not began.is_set() or lab.left():
            seen.extend(status for _, status in lab.runs.all())
            time.sleep(0.02)

    with ThreadPoolExecutor(3) as pool:
        viewers = [pool.submit(watch) for _ in range(3)]
        run = lab.start("first", wanted)
        began.set()
        checkpoint = lab.until_checkpoint(run)
        for viewer in viewers:
            viewer.result(PATIENCE)
    assert {status.state for status in seen} <= {"queued", "starting", "running", "saving"}
    assert all(0 <= status.progress <= 1 and 0 <= status.epoch <= 8 for status in seen)
    assert checkpoint.training["origin"] == "page"
    lab.check_nothing_left()
    assert [found.name for found in list_checkpoints(lab.checkpoints)] == ["first"]
    same(checkpoint, wanted, tmp_path / "plain")


def test_a_process_that_is_slow_to_start_does_not_look_killed(
    idlers: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import time; time.sleep(0.5)" + IDLER)
    monkeypatch.setattr(launchers, "WORKER", (sys.executable, str(script)))
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(idlers.start)
        states: set[str] = set()
        while not started.done():
            states |= set(idlers.states().values())
    assert states == {"queued"}


@pytest.mark.parametrize("jump", [-3600, 86_400])
def test_a_clock_that_jumps_changes_neither_who_is_alive_nor_the_queue(
    idlers: Lab, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    def clock(by: int) -> None:
        monkeypatch.setattr(time, "time", lambda: now / 1e9 + by)
        monkeypatch.setattr(time, "time_ns", lambda: now + by * 10**9)

    now = time.time_ns()
    clock(0)
    for name in ("b", "d"):
        idlers.start(name)
    young = idlers.prepare("young")
    with young.launching():
        clock(jump)
        assert young.status().state == "queued"
        idlers.start("a")
        clock(0)
        idlers.start("c")
    assert young.status().state == "killed"
    assert [run.name for run, _ in idlers.runs.all() if run != young] == ["b", "d", "a", "c"]


def test_a_run_is_launched_by_one_process_at_a_time(idlers: Lab) -> None:
    run = idlers.prepare()
    run.write_status(Status("paused"))
    with run.launching(), pytest.raises(RunError, match="The run run is being started already"):
        idlers.runs.resume(run)
    idlers.runs.resume(run)
    assert run.status().state == "queued"


def test_a_run_is_resumed_after_its_last_process_has_ended(idlers: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    run = idlers.prepare()
    run.write_status(Status("paused"))
    monkeypatch.setattr(launchers, "BIRTH_SECONDS", 0.0)
    with run.lock(), pytest.raises(RunError, match=r"has not ended yet; try again in a moment\.$"):
        idlers.runs.resume(run)
    assert idlers.processes == []


def test_looking_at_a_run_that_is_being_removed_creates_no_file(idlers: Lab) -> None:
    for _ in range(30):
        run = idlers.prepare()
        status = (run.path / "status.json").read_bytes()
        with ThreadPoolExecutor(2) as pool:
            gone = threading.Event()

            def look(run: Run = run, gone: threading.Event = gone) -> None:
                while not gone.is_set():
                    run.has_process()

            looking = pool.submit(look)
            shutil.rmtree(run.path, ignore_errors=True)
            gone.set()
            looking.result(PATIENCE)
        assert idlers.left() == [], status


def test_concurrent_looks_do_not_take_each_other_for_the_process_of_the_run(lab: Lab) -> None:
    run = lab.prepare()
    run.write_status(Status("running"))
    (run.path / "lock").touch()
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: run.status().state, range(2000)))
    assert set(states) == {"killed"}


@pytest.mark.slow
def test_the_queue_is_kept_in_order_and_each_waits_for_its_turn(lab: Lab) -> None:
    first, second, third, fourth = (
        lab.start(name, request(epochs)) for name, epochs in (("d", ENDLESS), ("c", 3), ("b", ENDLESS), ("a", 3))
    )
    assert [run.name for run, _ in lab.runs.all()] == ["d", "c", "b", "a"]
    lab.until_state(first, "running")
    assert lab.states() == {"d": "running", "c": "queued", "b": "queued", "a": "queued"}
    assert [lab.runs.queue_position(run) for run in (second, third, fourth)] == [1, 2, 3]
    lab.runs.send_command(third, "pause")
    lab.until_state(third, "paused")
    assert lab.runs.queue_position(fourth) == 2
    lab.runs.resume(third)
    assert [lab.runs.queue_position(run) for run in (second, fourth, third)] == [1, 2, 3]
    lab.runs.send_command(third, "discard")
    until(lambda: lab.runs.find("b") is None, "a queued run is discarded")
    lab.kill(fourth)
    until(lambda: fourth.status().state == "killed", "its death is noticed")
    lab.runs.resume(fourth)
    assert (lab.runs.queue_position(second), lab.runs.queue_position(fourth)) == (1, 2)
    assert not second.checkpoint_path.exists()
    lab.runs.send_command(first, "stop")
    finished = [lab.until_checkpoint(run) for run in (first, second, fourth)]
    assert [len(checkpoint.history) for checkpoint in finished[1:]] == [3, 3]
    written = [(checkpoint.path / "config.json").stat().st_mtime_ns for checkpoint in finished]
    assert written == sorted(written)
    lab.check_nothing_left()


@pytest.mark.slow
def test_two_places_train_two_at_once_and_discarding_leaves_nothing(lab: Lab) -> None:
    lab.runs.launcher = LocalLauncher(2)
    both = [lab.start(name, request(ENDLESS)) for name in ("one", "other")]
    third = lab.start("third")
    until(lambda: list(lab.states().values()) == ["running", "running", "queued"], "two train", both[1])
    lab.runs.send_command(third, "discard")
    for run in both:
        lab.runs.send_command(run, "discard")
    until(lambda: lab.states() == {}, "all have gone")
    lab.check_nothing_left()
    assert list_checkpoints(lab.checkpoints) == []


# ---- interruptions ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.scaled
def test_a_run_killed_again_and_again_gives_the_same_checkpoint(lab: Lab, tmp_path: Path) -> None:
    lab.runs.launcher = LocalLauncher(2)
    wanted = {"mlp": request(60), "normed": request(60, model={"batch_norm": True}, binarisation="dynamic")}

    def torment(name: str) -> Checkpoint:
        chance, run = random.Random(name), lab.start(name, wanted[name])
        for number in range(KILLS // 2):
            if number % 2:  # after some more epochs; else anywhere, mostly before the first step
                lab.until_epoch(run, run.status().epoch + chance.uniform(0, 3))
            else:
                time.sleep(chance.uniform(0, 0.3))
            if not run.path.is_dir():
                break
            lab.kill(run)
            if lab.runs.find(name) is None:  # killed between its checkpoint and its end
                break
            assert run.status().state == "killed"
            assert "killed" in run.status().sentence
            assert not run.checkpoint_path.exists()
            lab.runs.resume(run)
            killed.append(name)
        return lab.until_checkpoint(run)

    killed: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        checkpoints = list(pool.map(torment, wanted))
    for checkpoint in checkpoints:
        same(checkpoint, wanted[checkpoint.name], tmp_path / f"plain-{checkpoint.name}")
    assert set(killed) == set(wanted)
    lab.check_nothing_left()


@pytest.mark.slow
def test_a_run_paused_and_terminated_gives_the_same_checkpoint(lab: Lab, tmp_path: Path) -> None:
    wanted = request(40, objective={"name": "beta-tc", "warmup": "linear"})
    run = lab.start("run", wanted)
    with pytest.raises(RunError, match="is running or waiting already"):
        lab.runs.resume(run)
    lab.until_epoch(run, 3)
    lab.runs.send_command(run, "pause")
    paused = lab.until_state(run, "paused")
    assert paused.sentence == ""
    assert 0 < paused.progress < 1
    assert paused.seconds > 0
    with pytest.raises(RunError, match="has no process; resume or discard"):
        lab.runs.send_command(run, "stop")
    lab.process_of(run).wait(PATIENCE)
    with ThreadPoolExecutor(2) as pool:  # two users at once
        for resumed in [pool.submit(lab.runs.resume, run) for _ in range(2)]:
            with suppress(RunError):
                resumed.result(PATIENCE)
    lab.until_epoch(run, paused.epoch + 1)
    for process in lab.processes[1:]:  # as a machine does that is being switched off
        process.terminate()
    assert lab.until_state(run, "paused").progress > paused.progress
    for process in lab.processes:
        process.wait(PATIENCE)
    lab.runs.resume(run)
    same(lab.until_checkpoint(run), wanted, tmp_path / "plain")


def test_a_stopped_run_becomes_a_checkpoint_with_its_film(lab: Lab) -> None:
    run = lab.start("run", request(ENDLESS))
    lab.until_epoch(run, 2)
    lab.runs.send_command(run, "stop")
    checkpoint = lab.until_checkpoint(run)
    assert 2 <= len(checkpoint.history) < ENDLESS
    assert checkpoint.film is not None
    *_, last = read_film(checkpoint.film)
    assert 0 < last.fields["share"] < 1
    assert checkpoint.load_model() is not None
    lab.check_nothing_left()


def test_a_niceness_that_the_system_refuses_at_first_is_set_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals: Iterator[OSError] = iter([BlockingIOError(), BlockingIOError()])
    slept: list[float] = []
    said: list[str] = []

    def write_text(text: str) -> None:
        for refusal in refusals:
            raise refusal
        said.append(text)

    monkeypatch.setattr(nice, "AUTOGROUP", SimpleNamespace(write_text=write_text))
    monkeypatch.setattr(nice, "sleep", slept.append)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    monkeypatch.setenv("VAE_NICENESS", "7")
    nice.lower_priority()
    assert said == ["7"]
    assert slept == [nice.TRY_SECONDS] * 2
    refusals = iter([PermissionError()])
    nice.lower_priority()  # no such system: nothing to do about it
    refusals = iter(BlockingIOError, None)
    nice.lower_priority()
    assert len(slept) == 2 + nice.TRIES


@pytest.mark.parametrize(("value", "expected"), [(None, 10), ("3", 3)])
@pytest.mark.parametrize("own_session", [True, False])
def test_a_run_gives_way_with_its_own_session_and_leaves_that_of_others_alone(
    monkeypatch: pytest.MonkeyPatch, own_session: bool, value: str | None, expected: int
) -> None:
    monkeypatch.delenv("VAE_NICENESS")
    if value:
        monkeypatch.setenv("VAE_NICENESS", value)
    code = (
        "import os; from vae.jobs import nice; before = os.nice(0); nice.lower_priority(); print(os.nice(0) - before)\n"
        "print(nice.AUTOGROUP.read_text() if nice.AUTOGROUP.exists() else '')"
    )
    ours = nice.AUTOGROUP.read_text() if nice.AUTOGROUP.exists() else ""
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=ROOT, start_new_session=own_session, capture_output=True, text=True, check=True)
    niceness, _, session = said.stdout.partition("\n")
    assert int(niceness) == min(expected, 19 - os.nice(0))
    if ours:
        assert session.strip().endswith(f"nice {expected}" if own_session else ours.strip())


@pytest.mark.slow
def test_a_run_outlives_the_process_that_started_it(lab: Lab) -> None:
    code = (
        "import sys, time; from pathlib import Path; from vae.jobs import launchers, runs\n"
        "popen, started = launchers.subprocess.Popen, []\n"
        "launchers.subprocess.Popen = lambda *a, **o: started.append(popen(*a, **o)) or started[-1]\n"
        f"runs.Runs(Path({str(lab.checkpoints)!r}), launchers.LocalLauncher(2)).start(sys.argv[1], {request(20)!r})\n"
        "print(started[0].pid, flush=True); time.sleep(float(sys.argv[2]))"
    )
    pids = []
    try:
        for name, stays in (("orphan", "0"), ("bereaved", "600")):
            with subprocess.Popen(
                [sys.executable, "-c", code, name, stays], cwd=ROOT, stdout=subprocess.PIPE
            ) as parent:
                assert parent.stdout is not None
                pids.append(int(parent.stdout.readline()))
                if stays != "0":
                    parent.kill()
            assert parent.returncode in (0, -signal.SIGKILL)
        for name in ("orphan", "bereaved"):
            assert len(lab.until_checkpoint(Run(lab.runs.root / name)).history) == 20
    except BaseException:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        raise


def test_a_run_killed_between_its_checkpoint_and_its_end_is_not_listed(lab: Lab, here: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "remove", lambda _: None)
        run = lab.prepare()
        assert here(run).state == "killed"
    assert read_checkpoint(run.checkpoint_path)
    assert lab.runs.all() == []
    lab.check_nothing_left()
    assert read_checkpoint(run.checkpoint_path)


def test_a_stopped_run_that_could_not_be_saved_is_saved_when_resumed_and_not_trained_on(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.prepare("run", request(50))
    step = after_steps(lab, run, monkeypatch, 30, lambda: lab.runs.send_command(run, "stop"))
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_module, "save_checkpoint", failing(CheckpointError("The disk is on fire.")))
        assert here(run).state == "failed"
    assert not run.checkpoint_path.exists()
    here(run)
    checkpoint = read_checkpoint(run.checkpoint_path)
    assert len(checkpoint.history) == 2
    assert step.taken == 30


def test_a_run_stopped_within_its_first_epoch_keeps_what_it_has(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.prepare("run", request(50))
    after_steps(lab, run, monkeypatch, 1, lambda: lab.runs.send_command(run, "stop"))
    here(run)
    checkpoint = read_checkpoint(run.checkpoint_path)
    assert len(checkpoint.history) == 1
    assert checkpoint.film is not None
    assert checkpoint.load_model() is not None


def test_a_second_process_leaves_the_run_to_the_first(lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lab.prepare()
    monkeypatch.setattr(worker, "LOCK_SECONDS", 0.1)
    with run.lock().acquire():
        before = sorted(run.path.iterdir())
        assert here(run).state == "queued"
        assert sorted(run.path.iterdir()) == before


def test_a_process_that_comes_too_late_makes_no_folder(lab: Lab, here: Any) -> None:
    here(Run(lab.runs.root / "discarded"))
    lab.check_nothing_left()


class Taken:
    """How many steps were taken."""

    taken = 0


def after_steps(  # noqa: PLR0917
    lab: Lab, run: Run, monkeypatch: pytest.MonkeyPatch, count: int, do: Callable[[], object], spoil: bool = False
) -> Taken:
    """Does something after so many steps in this process, and has the run's command read after every step."""
    counter = Taken()

    class Counted(Step):
        def __call__(self, batch: Tensor, scheduled: Scheduled) -> Tensor:
            sums = super().__call__(batch, scheduled)
            counter.taken += 1
            if counter.taken == count:
                do()
            if spoil and counter.taken >= count:
                with torch.no_grad():
                    self.model.decoder.head.bias.fill_(torch.nan)
            return sums

    monkeypatch.setattr(trainer_module, "Step", Counted)
    monkeypatch.setattr(worker, "STATUS_SECONDS", 0.0)
    return counter


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


# ---- who may be signalled --------------------------------------------------------------------------------------------


def test_a_stale_process_id_of_another_program_is_never_signalled(lab: Lab) -> None:
    innocent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        for command in ("stop", "discard", "resume"):
            run = lab.prepare(f"run-{command}", request(ENDLESS))
            run.write_status(Status("running", progress=0.5))
            for file in ("lock", "pid", "run.pid", "command", "log.txt"):
                (run.path / file).write_text(f"{innocent.pid}\n")
            run.write_request(run.request() | {"pid": innocent.pid, "order": innocent.pid})
            assert run.status().state == "killed"
            if command == "resume":
                lab.runs.resume(run)
                lab.until_state(run, "running")
                lab.runs.send_command(run, "discard")
            elif command == "stop":
                with pytest.raises(RunError):
                    lab.runs.send_command(run, "stop")
                lab.runs.send_command(run, "discard")
            else:
                lab.runs.send_command(run, "discard")
            until(lambda run=run: not run.path.exists(), "it has gone", run)  # type: ignore[misc]
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait(PATIENCE)


@pytest.mark.parametrize("module", [launchers, runs, worker], ids=["launchers", "runs", "worker"])
def test_there_is_no_code_that_could_signal_a_process(module: Any) -> None:
    tree = ast.parse(Path(module.__file__).read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not used & {"kill", "killpg", "terminate", "send_signal", "pid", "raise_signal", "pidfd_send_signal"}


# ---- names, collisions, a full queue ---------------------------------------------------------------------------------

BAD_NAMES = [
    "", ".", "..", "../a", "a/b", "/a", "a\\b", ".hidden", "-a", "_a", "a b", "a\n", "\na", "a\0", "é", "ａ", "٣",
    "a" * 41, "a:b", "a*", "~", "$a", "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_name_that_could_be_anything_but_a_folder_s_is_refused(idlers: Lab, name: str) -> None:
    with pytest.raises(RunError, match="up to 40 letters, digits"):
        idlers.start(name)
    assert not idlers.checkpoints.exists()


@pytest.mark.parametrize("name", ["a", "0", "a" * 40, "A.b-c_d", "a..b"])
def test_other_names_are_accepted(name: str) -> None:
    check_name(name)


def test_a_name_that_is_taken_is_refused(idlers: Lab) -> None:
    (idlers.checkpoints / "kept").mkdir(parents=True)
    with pytest.raises(RunError, match="There is a checkpoint called kept already; choose another name"):
        idlers.start("kept")
    run = idlers.start("begun")
    before = (run.path / "request.json").read_bytes()
    with pytest.raises(RunError, match="There is a run called begun already; choose another name"):
        idlers.start("begun", request(7))
    assert (run.path / "request.json").read_bytes() == before
    assert idlers.left() == ["begun"]


def test_of_those_who_start_the_same_name_at_once_one_succeeds(idlers: Lab) -> None:
    gate = threading.Barrier(6)

    def start(number: int) -> int | str:
        gate.wait()
        try:
            idlers.start("run", request(number))
        except RunError as error:
            return str(error)
        return number

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(start, range(1, 7)))
    (winner,) = (answer for answer in answers if isinstance(answer, int))
    assert {answer for answer in answers if answer != winner} == {
        "There is a run called run already; choose another name."
    }
    (run,) = (run for run, _ in idlers.runs.all())
    assert run.request()["training"]["epochs"] == winner
    assert len(idlers.processes) == 1


def test_a_full_queue_refuses_more(idlers: Lab) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda i: idlers.start(f"run-{i}"), range(MOST_RUNS)))
    with pytest.raises(RunError, match=f"{MOST_RUNS} runs are waiting or training already; wait until"):
        idlers.start("one-more")
    idlers.runs.send_command(made[3], "pause")
    idlers.process_of(made[3]).wait(PATIENCE)
    made[3].write_status(Status("paused"))
    assert idlers.start("one-more").status().alive
    with pytest.raises(RunError, match="wait until one has finished"):
        idlers.runs.resume(made[3])
    assert made[3].status().state == "paused"
    for run, _ in idlers.runs.all():
        shutil.rmtree(run.path)


def test_a_process_that_cannot_be_started_leaves_nothing_and_says_why(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launchers, "WORKER", (sys.executable, "-c", "raise SystemExit('no such luck')"))
    with pytest.raises(RunError, match=r"could not be started: its process ended at once: no such luck"):
        lab.start()
    lab.check_nothing_left()
    run = lab.prepare()
    run.write_status(Status("paused"))
    with pytest.raises(RunError, match=r"could not be resumed: its process ended at once: no such luck"):
        lab.runs.resume(run)
    assert run.status().state == "failed"
    monkeypatch.setattr(launchers, "WORKER", ("/nowhere/python",))
    with pytest.raises(RunError, match=r"could not be started: .*No such file"):
        lab.start("other")
    assert lab.left() == ["run"]


def test_a_request_that_is_no_json_leaves_nothing(idlers: Lab) -> None:
    with pytest.raises(TypeError):
        idlers.start("run", request() | {"dataset": object()})
    assert idlers.left() == []


def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(idlers: Lab) -> None:
    idlers.checkpoints.write_text("a file")
    with pytest.raises(RunError, match=r"^No run can be started, as .* cannot be written to: .* where that is so\.$"):
        idlers.start()


def test_a_command_to_a_run_that_has_just_ended_is_refused_in_a_sentence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.prepare()
    alive = Status("queued")
    shutil.rmtree(run.path)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "status", lambda _: alive)
        with pytest.raises(RunError, match="has just ended"):
            lab.runs.send_command(run, "pause")
        lab.runs.send_command(run, "discard")
    lab.check_nothing_left()


def test_commands_of_many_users_at_once_are_read(lab: Lab) -> None:
    run = lab.prepare()
    with run.lock().acquire(), ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: lab.runs.send_command(run, "pause"), range(400)))
    assert run.command() == "pause"


# ---- files that a user has edited -----------------------------------------------------------------------------------

NUMBER = st.one_of(st.integers(), st.floats(), st.just(10**400), st.booleans())
JSON = st.recursive(st.one_of(st.none(), NUMBER, st.text()), lambda s: st.lists(s) | st.dictionaries(st.text(), s))
GARBAGE = [
    b"", b"{", b"[]", b"null", b"5", b"\xff\xfe", b"[" * 200_000, b'"' + b"x" * 3_000_000 + b'"', b'{"a": 1}',
    b"1" * 5000, b"NaN",
]  # fmt: skip


def check_listed(lab: Lab, run: Run) -> Status:
    """Asserts that the run is listed as it should be, whatever its files say."""
    ((found, status),) = lab.runs.all()
    assert found == run
    assert status.state in ("paused", "failed", "killed")
    assert 0 <= status.progress <= 1
    assert lab.runs.queue_position(run) == 1
    json.dumps(vars(status), allow_nan=False)
    return status


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Run]:
    """A run whose files may be spoilt."""
    lab = Lab(tmp_path_factory.mktemp("spoilt"))
    return lab, lab.prepare()


@given(fields=st.fixed_dictionaries({}, optional=dict.fromkeys(asdict(Status("paused")), JSON)), state=JSON)
def test_a_status_of_any_values_is_read_or_refused(
    spoilt: tuple[Lab, Run], fields: dict[str, Any], state: object
) -> None:
    lab, run = spoilt
    for value in (state, "paused", "running"):
        with suppress(ValueError):  # digits that Python does not print
            (run.path / "status.json").write_text(json.dumps(fields | {"state": value}))
        check_listed(lab, run)


@pytest.mark.parametrize("file", ["status.json", "request.json", "command", "lock", "log.txt"])
@pytest.mark.parametrize("content", GARBAGE, ids=lambda content: ascii(content[:10]))
def test_a_file_of_garbage_leaves_the_run_listed_and_discarded(lab: Lab, file: str, content: bytes) -> None:
    run = lab.prepare()
    run.write_status(Status("paused"))
    (run.path / file).write_bytes(content)
    status = check_listed(lab, run)
    assert (status.state == "failed") == (file == "status.json")
    lab.runs.send_command(run, "discard")
    lab.check_nothing_left()


def test_a_run_whose_request_cannot_be_read_is_not_resumed(lab: Lab) -> None:
    run = lab.prepare()
    run.write_status(Status("paused"))
    for content in GARBAGE[:7]:
        (run.path / "request.json").write_bytes(content)
        if content in (b"[]", b'{"a": 1}'):
            continue
        with pytest.raises(RunError, match=r"The run run cannot be read \(.*\); discard it and train again\."):
            lab.runs.resume(run)
    assert lab.processes == []


def test_a_status_file_always_has_the_same_length_so_that_a_full_disk_takes_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.prepare()
    for sentence in ("", "Short.", "é" * 3000, '"\\' * 3000, "x" * 3000, "\n" * 3000):
        run.write_status(Status("failed", sentence, 1 / 3, 1 / 3, 10_000, 1 / 3, 1 / 3, 1 / 3, "é" * 200))
        assert (run.path / "status.json").stat().st_size == STATUS_BYTES
        assert run.status().sentence[:50] == sentence[:50]
    run.write_status(Status("failed", "half\udcff a character"))
    assert run.status().sentence == "half? a character"
    monkeypatch.setattr(run_folder, "_write", failing(OSError(28, "No space left on device")))
    run.write_status(Status("paused", "The last word."))
    assert run.status() == Status("paused", "The last word.")
    (run.path / "status.json").unlink()
    with pytest.raises(OSError, match="No space left"):
        run.write_status(Status("paused"))


def edits() -> dict[str, Callable[[Any], object]]:
    """What a user may change in a request."""

    def put(value: object, *path: str) -> Callable[[Any], object]:
        def edit(wanted: Any) -> None:
            for key in path[:-1]:
                wanted = wanted[key]
            wanted[path[-1]] = value

        return edit

    def drop(key: str) -> Callable[[Any], object]:
        return lambda wanted: wanted.pop(key)

    values: list[object] = [None, "x", [], {}, [1], float("nan"), 1e308, -1, True, 10**400, "9" * 50]
    paths = [
        ("dataset",), ("dataset", "name"), ("model",), ("model", "latent_dim"), ("model", "hidden"),
        ("model", "channels"), ("training",), ("training", "epochs"), ("training", "batch_size"),
        ("training", "learning_rate"), ("training", "objective"), ("training", "seed"), ("training", "device"),
        ("training", "binarisation"), ("training", "optimizer"), ("seconds",), ("model", "likelihood"),
        ("model", "architecture"), ("model", "sigma"), ("training", "objective", "beta"),
        ("training", "objective", "samples"), ("training", "objective", "name")
    ]  # fmt: skip
    fine: list[tuple[str, object]] = [
        ("seconds", None), ("seed", True), ("learning_rate", True), ("seconds", True), ("beta", True),
        ("objective", {}), ("hidden", []), ("hidden", {}), ("hidden", [1]), ("channels", []), ("channels", {}),
    ]  # fmt: skip
    found = {
        f"{'/'.join(path)}={ascii(value)[:12]}": put(value, *path)
        for path in paths
        for value in values
        if (path[-1], value) not in fine
    }
    found |= {f"no {key}": drop(key) for key in ("dataset", "model", "training")}
    found["an unknown field"] = put(1, "training", "speed")
    found["an unknown data set"] = put("cats", "dataset", "name")
    return found


EDITS = edits()


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_request_ends_in_one_sentence_and_the_log(lab: Lab, here: Any, edit: str) -> None:
    wanted = request()
    EDITS[edit](wanted)
    run = lab.prepare("run", wanted)
    status = here(run)
    assert status.state == "failed", status
    assert re.fullmatch(r"[^\n]{10,2000}[.\w)]", status.sentence), status
    assert "Training failed" not in status.sentence  # that is for unforeseen errors
    assert not run.checkpoint_path.exists()
    lab.runs.send_command(run, "discard")
    lab.check_nothing_left()


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_damaged_upload_ends_in_a_sentence_and_the_log(lab: Lab, tmp_path: Path) -> None:
    upload = tmp_path / "damaged.zip"
    upload.write_bytes(b"PK no zip")
    run = lab.start("run", request(dataset={"name": "mine", "image_size": 32, "color": False}), upload=upload)
    status = lab.until_state(run, "failed")
    assert status.sentence.startswith("mine: is not a zip archive that can be read")
    lab.process_of(run).wait(PATIENCE)
    assert "Traceback" in (run.path / "log.txt").read_text()
    assert upload.read_bytes() == b"PK no zip"  # the session may start another run with it


def test_an_upload_that_has_gone_starts_no_run(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="could not be started"):
        lab.start("run", upload=tmp_path / "gone.zip")
    lab.check_nothing_left()


def test_uploaded_pictures_are_trained_on_under_their_own_name(lab: Lab, here: Any, tmp_path: Path) -> None:
    from PIL import Image

    run = lab.prepare("run", request(1, dataset={"name": "mine", "image_size": 16, "color": False}))
    with zipfile.ZipFile(run.path / "upload.zip", "w") as archive:
        for number in range(30):
            Image.new("L", (16, 16), 8 * number).save(tmp_path / "picture.png")
            archive.write(tmp_path / "picture.png", f"{number}.png")
    here(run)
    assert read_checkpoint(run.checkpoint_path).dataset == "mine"


def test_a_run_that_diverges_at_once_says_what_to_change(lab: Lab, here: Any) -> None:
    run = lab.prepare("run", request(optimizer="sgd", learning_rate=1.0, schedule="constant", model={"hidden": [64]}))
    status = here(run)
    assert status.state == "failed"
    assert "diverged. Choose a smaller learning rate." in status.sentence
    assert not run.checkpoint_path.exists()


@pytest.mark.parametrize("paused", [False, True], ids=["straight on", "paused with weights already spoilt"])
def test_a_run_that_diverges_keeps_the_model_of_its_last_whole_epoch(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paused: bool
) -> None:
    wanted = request(10)
    run = lab.prepare("run", wanted)

    def pause() -> None:
        lab.runs.send_command(run, "pause")

    after_steps(lab, run, monkeypatch, 2 * 21 + 13, pause if paused else lambda: None, spoil=True)
    status = here(run)
    if paused:
        assert status.state == "paused"
        status = here(run)
    assert status.state == "failed"
    assert re.search(
        r"epoch 3 is not finite: .*smaller learning rate; the model of epoch 2 was kept .*page\.$", status.sentence
    )
    monkeypatch.undo()
    checkpoint = read_checkpoint(run.checkpoint_path)
    assert len(checkpoint.history) == 2
    run.write_request(wanted)
    epochs = train_checkpoint(*parse_request(run), tmp_path / "two")
    next(epochs), next(epochs)
    with pytest.raises(trainer_module.TrainingError):
        epochs.throw(KeyboardInterrupt)
    for file in ("model.safetensors", "encoded.safetensors"):
        assert (run.checkpoint_path / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert {found.name for found in list_checkpoints(lab.checkpoints)} == {"run"}


@pytest.mark.parametrize(
    "error",
    first_in_make_test(
        [
            MemoryError(),
            RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to"),
            RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        ]
    ),
    ids=["python", "cpu", "gpu"],
)
@pytest.mark.parametrize("steps", [1, 30])
def test_too_little_memory_ends_in_a_sentence_and_the_run_can_be_resumed(  # noqa: PLR0917
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, steps: int
) -> None:
    wanted = request(3)
    run = lab.prepare("run", wanted)
    with monkeypatch.context() as patch:
        after_steps(lab, run, patch, steps, failing(error))
        status = here(run)
    assert status.state == "failed"
    assert "not enough memory: choose a smaller batch size" in status.sentence
    assert ("up to epoch 1 is kept" in status.sentence) == (steps == 30)
    here(run)
    same(read_checkpoint(run.checkpoint_path), wanted, tmp_path / "plain")


def test_too_little_memory_when_resuming_does_not_advise_to_discard(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.prepare("run", request(3))
    after_steps(lab, run, monkeypatch, 30, lambda: lab.runs.send_command(run, "pause"))
    assert here(run).state == "paused"
    with monkeypatch.context() as patch:
        patch.setattr(trainer_module.Trainer, "_restore", failing(MemoryError()))
        status = here(run)
    assert "not enough memory" in status.sentence
    assert "discard" not in status.sentence


def test_a_state_that_cannot_be_read_ends_in_a_sentence(lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lab.prepare("run", request(3))
    after_steps(lab, run, monkeypatch, 30, lambda: lab.runs.send_command(run, "pause"))
    here(run)
    for file in run.path.glob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:-100])
    status = here(run)
    assert status.state == "failed"
    assert "cannot be read" in status.sentence
    assert status.sentence.endswith("discard the run and train again.")


def test_a_name_taken_during_the_run_is_reported_at_the_end_and_nothing_is_lost(lab: Lab, here: Any) -> None:
    run = lab.prepare()
    run.checkpoint_path.mkdir(parents=True)
    status = here(run)
    assert status.state == "failed"
    assert "something by this name already" in status.sentence
    run.checkpoint_path.rmdir()
    here(run)
    assert len(read_checkpoint(run.checkpoint_path).history) == 3


def test_a_time_budget_fixes_the_epochs_once(lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = lab.prepare("run", request(1, seconds=2000.0) | {"order": 7})
    monkeypatch.setattr(trainer_module, "seconds_per_epoch", lambda *_: 100.0)
    after_steps(lab, run, monkeypatch, 30, lambda: lab.runs.send_command(run, "pause"))
    assert here(run).epochs == 17
    fixed = run.request()
    assert (fixed["training"]["epochs"], fixed["seconds"], fixed["order"]) == (17, 2000.0, 7)
    monkeypatch.setattr(trainer_module, "seconds_per_epoch", failing(AssertionError("measured again")))
    here(run)
    checkpoint = read_checkpoint(run.checkpoint_path)
    assert checkpoint.training["epochs"] == len(checkpoint.history) == 17


def test_a_time_budget_ends_a_run_that_is_slower_than_planned(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.prepare("run", request(1, seconds=1.0))
    monkeypatch.setattr(trainer_module, "seconds_per_epoch", lambda *_: 1e-6)
    here(run)
    checkpoint = read_checkpoint(run.checkpoint_path)
    assert (checkpoint.training["epochs"], checkpoint.training["seconds"]) == (10_000, 1.0)
    assert 0 < len(checkpoint.history) < 10_000
    assert checkpoint.metrics["negative_elbo"] > 0


@pytest.mark.parametrize(("first_step", "end"), [(2.0, 27.6), (12.0, 27.6), (40.0, 55.0)])
def test_the_steps_end_within_the_budget_or_after_half_of_it_where_the_start_was_slow(
    first_step: float, end: float
) -> None:
    assert steps_deadline(100.0, 100 + first_step, 30.0) == pytest.approx(100 + end)


@pytest.mark.parametrize("place", ["film", "state", "checkpoint"])
def test_a_full_disk_is_reported_in_one_sentence_wherever_it_is_met(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    wanted = request(3)
    run = lab.prepare("run", wanted)
    full = OSError(28, "No space left on device")
    with monkeypatch.context() as patch:
        if place == "film":
            patch.setattr("vae.training.film.Film.add_epoch", failing(full))
        elif place == "state":
            from safetensors import SafetensorError

            error = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
            patch.setattr(state_module, "save_file", failing(error))
        else:
            patch.setattr("vae.storage.checkpoints.save_arrays", failing(full))
        status = here(run)
    assert status.state == "failed"
    assert status.sentence.startswith("The disk is full: free some space, then resume the run.")
    assert ("up to epoch 3 is kept" in status.sentence) == (place == "checkpoint")
    assert not run.checkpoint_path.exists()
    here(run)
    same(read_checkpoint(run.checkpoint_path), wanted, tmp_path / "plain")


# ---- of a sweep ------------------------------------------------------------------------------------------------------


def of_sweep(lab: Lab, **changes: Any) -> Run:
    """A run that becomes the model best of the sweep mine."""
    (lab.checkpoints / "mine" / SWEEP_FOLDER).mkdir(parents=True)
    return lab.prepare(
        "mine.best", request(2) | {"sweep": {"folder": "mine", "member": "best"}, "film": False} | changes
    )


def test_a_run_of_a_sweep_becomes_a_model_of_it_without_a_film(lab: Lab, here: Any) -> None:
    run = of_sweep(lab)
    here(run)
    checkpoint = read_checkpoint(lab.checkpoints / "mine" / "best")
    assert (len(checkpoint.history), checkpoint.film) == (2, None)
    assert list_checkpoints(lab.checkpoints) == []
    assert lab.left() == []
    with pytest.raises(RunError, match="There is a checkpoint called best already"):
        lab.start("mine.best", request() | {"sweep": {"folder": "mine", "member": "best"}})


def test_a_run_of_a_sweep_that_diverges_leaves_no_model_of_fewer_epochs(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = of_sweep(lab, training=request(10)["training"])
    after_steps(lab, run, monkeypatch, 2 * 21 + 13, lambda: None, spoil=True)
    status = here(run)
    assert (status.state, "epoch 3 is not finite" in status.sentence) == ("failed", True)
    assert not run.checkpoint_path.exists()


@pytest.mark.parametrize("steps", [0, 10], ids=["before it has begun", "while it trains"])
def test_a_run_whose_sweep_is_discarded_ends_and_does_not_make_its_folder_again(
    lab: Lab, here: Any, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    run = of_sweep(lab)

    def discard() -> None:
        shutil.rmtree(lab.checkpoints / "mine")

    if steps:
        after_steps(lab, run, monkeypatch, steps, discard)
    else:
        discard()
    here(run)
    assert lab.left() == []
    assert not (lab.checkpoints / "mine").exists()


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: Forks | None) -> Iterator[Lab]:
    """A lab on a file system of its own, of 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=4m", "none", str(disk)]
    if mount is None or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system is not permitted here")
    try:
        yield from watched(Lab(disk / "checkpoints"), monkeypatch, forks)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
def test_a_run_on_a_disk_that_fills_up_says_so_and_loses_nothing(
    small_disk: Lab, own_checkpoint: Checkpoint, tmp_path: Path
) -> None:
    lab, wanted = small_disk, request(100)
    earlier = shutil.copytree(own_checkpoint.path, lab.checkpoints / "earlier")
    before = {file.name: file.read_bytes() for file in earlier.iterdir() if file.is_file()}
    run = lab.start("run", wanted)
    lab.until_epoch(run, 2)
    ballast = lab.checkpoints / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    status = lab.until_state(run, "failed")
    assert status.sentence.startswith("The disk is full: free some space, then resume the run. Training up to")
    assert re.search(r"up to epoch \d+ is kept\.$", status.sentence)
    assert {file.name: file.read_bytes() for file in earlier.iterdir() if file.is_file()} == before
    assert not run.checkpoint_path.exists()
    lab.process_of(run).wait(PATIENCE)
    with pytest.raises(RunError, match="No space left"):
        lab.start("other")
    assert lab.left() == ["run"]
    with suppress(RunError):
        lab.runs.resume(run)
        lab.until_state(run, "failed")
    ballast.unlink()
    lab.runs.resume(run)
    same(lab.until_checkpoint(run), wanted, tmp_path / "plain")
    assert read_checkpoint(earlier)
