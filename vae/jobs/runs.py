"""Training runs as folders: the app starts a run, a process of its own trains, and any process can read its status.

A run is the folder <checkpoints>/.runs/<name>; when it has finished, it becomes the checkpoint <checkpoints>/<name>:

request.json       what to train: a vae.training.request.TrainingRequest; besides "order": its order in the queue, and
                   "born": when its process was started, in seconds since the machine was
status.json        its status; written by its process alone, always of the same length
command            what a user wants it to do: pause, stop or discard
lock               held by its process as long as that lives, so that nothing depends on a process id, which the system
                   may give to another program
state.safetensors  the state from which training resumes, after the last whole epoch
paused.safetensors the state at which it was paused, until the next whole epoch
film.bin           its film so far
log.txt            what its process printed
upload.zip         the images, where they were uploaded

A process that waits for its turn imports this module alone, which must be cheap: it does not import torch.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock, Timeout

from vae.storage.atomic import staging_folder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

State = Literal["queued", "starting", "running", "saving", "paused", "failed", "killed"]
Command = Literal["pause", "stop", "discard"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
MOST_RUNS = 20  # with a live process, waiting ones included
STATUS_BYTES = 2048
# Rounds that a thread of torch spins before it sleeps: 0 costs a training a third of its speed, the usual 300,000 take
# the processor from live decoding.
SPIN_COUNT = 2000
BIRTH_SECONDS = 10.0
WORKER = sys.executable, "-m", "vae.jobs.worker"
ALIVE: tuple[State, ...] = ("queued", "starting", "running", "saving")
KILLED = "Its process ended without a message: it was killed, or the machine was switched off."

Json = dict[str, Any]


class RunError(Exception):
    """A run cannot be started, resumed or changed; one sentence with the remedy."""


@dataclass(frozen=True)
class Status:
    """What a run is doing. progress: 0 to 1. seconds: of training; seconds_left: of wall time, None: unknown."""

    state: State
    sentence: str = ""
    progress: float = 0.0
    epoch: float = 0.0
    epochs: int | None = None
    seconds: float = 0.0
    seconds_left: float | None = None
    images_per_second: float | None = None
    device: str = ""

    @property
    def alive(self) -> bool:
        """Whether a process trains it or waits for its turn."""
        return self.state in ALIVE


WAITING = Status("queued", "Waiting for its turn.")


@dataclass(frozen=True)
class Run:
    """A run's folder."""

    path: Path

    @property
    def name(self) -> str:
        """Its name, also of the checkpoint that it becomes."""
        return self.path.name

    @property
    def checkpoint_path(self) -> Path:
        """The checkpoint folder that it becomes."""
        return self.path.parent.parent / self.name

    @property
    def film(self) -> Path:
        """The film so far."""
        return self.path / "film.bin"

    @property
    def state_file(self) -> Path:
        """The state from which it resumes, after the last whole epoch."""
        return self.path / "state.safetensors"

    @property
    def paused_file(self) -> Path:
        """The state from which it resumes where it was paused within an epoch."""
        return self.path / "paused.safetensors"

    def lock(self) -> FileLock:
        """The lock that its process holds as long as that lives."""
        return FileLock(self.path / "lock", thread_local=False, preserve_lock_file=True)

    def request(self) -> Json:
        """The content of request.json, unchecked. Raises RunError for a file that cannot be read."""
        try:
            return dict(json.loads((self.path / "request.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise RunError(f"The run {self.name} cannot be read ({error}); discard it and train again.") from error

    def write_request(self, request: Mapping[str, object]) -> None:
        """Replaces request.json, whole or not at all. Raises OSError."""
        _write(self.path / "request.json", json.dumps(dict(request), indent=1))

    def status(self) -> Status:
        """What it is doing; "killed" where its process ended without a last status."""
        found = self._written_status()
        if found.alive and not self._has_process() and not (found.state == "queued" and self._is_young()):
            found = self._written_status()  # it may have ended properly since the first look
            if found.alive:
                return Status("killed", KILLED, found.progress, found.epoch, found.epochs, found.seconds)
        return found

    def _written_status(self) -> Status:
        try:
            fields = json.loads((self.path / "status.json").read_text("utf-8"))
            return _checked(Status(**fields))
        except (OSError, ValueError, TypeError, ArithmeticError, RecursionError):
            return Status("failed", "Its status file cannot be read; resume or discard the run.")

    def write_status(self, status: Status) -> None:
        """Replaces the status; on a full disk in place, as the file has its full length already. Raises OSError."""
        text = _status_text(status)
        path = self.path / "status.json"
        try:
            _write(path, text)
        except OSError:
            if not path.exists():
                raise
            with path.open("r+") as file:
                file.write(text)

    def _is_young(self) -> bool:
        """Whether its process may still be starting. All processes share this clock, which cannot be set."""
        try:
            born = self.request().get("born")
        except RunError:
            return False
        return isinstance(born, (int, float)) and abs(born) < 2**63 and 0 <= time.monotonic() - born < BIRTH_SECONDS

    def _has_process(self) -> bool:
        """Whether the lock is held. Creates no file, and two processes that look at once do not see each other."""
        try:
            if fcntl is None:
                with self.lock().acquire(timeout=0):
                    return False
            with (self.path / "lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        except (Timeout, BlockingIOError):
            return True
        except OSError:  # no process has started yet, or the folder has just been discarded
            return False

    def command(self) -> Command | None:
        """What a user wants it to do, if anything."""
        try:
            word = (self.path / "command").read_text("utf-8")
        except (OSError, ValueError):
            return None
        return word if word in get_args(Command) else None  # type: ignore[return-value]

    def clear_command(self) -> None:
        """Removes the command: its process has read it, or starts again."""
        (self.path / "command").unlink(missing_ok=True)

    def remove(self) -> None:
        """Removes its folder in one step, so that no process sees half a run."""
        with suppress(OSError), staging_folder(self.path.parent) as gone:
            self.path.rename(gone / self.name)
        shutil.rmtree(self.path, ignore_errors=True)  # where the disk is too full even for that


class Runs:
    """All runs of a checkpoint folder. slots: how many train at the same time; the others wait for their turn."""

    def __init__(self, checkpoints: Path, slots: int = 1) -> None:
        self.root = checkpoints / ".runs"
        self.slots = slots

    def all(self) -> list[tuple[Run, Status]]:
        """Every run, in the order of the queue."""
        folders = [path for path in self.root.iterdir() if NAME.fullmatch(path.name)] if self.root.is_dir() else []
        found = []
        for run in map(Run, folders):
            status = run.status()
            if status.state == "killed" and self._is_finished(run):
                run.remove()
            elif run.path.is_dir():
                found.append((_order(run), run.name, run, status))
        return [(run, status) for _, _, run, status in sorted(found, key=lambda item: item[:2])]

    def obstacle(self) -> str:
        """Why no run can be started here, in a sentence; empty where one can."""
        for folder in (self.root, self.root.parent):
            there = next(place for place in (folder, *folder.parents) if os.access(place, os.F_OK))
            if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                return (
                    f"No run can be started, as {there} cannot be written to: let the app's user write there, or set "
                    "VAE_CHECKPOINTS to a folder where that is so."
                )
        return ""

    def _is_finished(self, run: Run) -> bool:
        """Whether its process ended after it had written the checkpoint."""
        return run._written_status().state == "saving" and (run.checkpoint_path / "config.json").is_file()

    def find(self, name: str) -> Run | None:
        """The run of this name. Any input is safe: it is compared with existing names, never made into a path."""
        return next((run for run, _ in self.all() if run.name == name), None)

    def start(self, name: str, request: Mapping[str, object], upload: Path | None = None) -> Run:
        """Starts a new run: its process waits for its turn and trains.

        request: TrainingRequest.to_json(). upload: a zip of images, which is copied. Raises RunError, and then
        leaves no files.
        """
        check_name(name)
        run = Run(self.root / name)
        if run.checkpoint_path.exists():
            raise RunError(f"There is a checkpoint called {name} already; choose another name.")
        self._check_room()
        self._make(run, request, upload)
        try:
            self._launch(run)
        except BaseException as error:
            run.remove()
            if isinstance(error, (OSError, RunError)):
                raise RunError(f"The run could not be started: {error}") from error
            raise
        return run

    def _make(self, run: Run, request: Mapping[str, object], upload: Path | None) -> None:
        """Makes the run's folder, whole or not at all, so that no process sees a run without its files."""
        if sentence := self.obstacle():
            raise RunError(sentence)
        try:
            with staging_folder(self.root) as folder:
                made = Run(folder / run.name)
                made.path.mkdir(0o700)
                if upload is not None:
                    shutil.copyfile(upload, made.path / "upload.zip")
                made.write_request({**request, "born": time.monotonic()})
                made.write_status(WAITING)
                made.path.rename(run.path)
        except OSError as error:
            if run.path.exists():
                raise RunError(f"There is a run called {run.name} already; choose another name.") from error
            raise RunError(f"The run could not be started: {error}") from error

    def resume(self, run: Run) -> None:
        """Resumes a run that is paused, failed or killed, at the end of the queue. Raises RunError."""
        if run.status().alive:
            raise RunError(f"The run {run.name} is running or waiting already.")
        self._check_room()
        try:
            self._launch(run)
        except (OSError, RunError) as error:
            raise RunError(f"The run could not be resumed: {error}") from error

    def send_command(self, run: Run, command: Command) -> None:
        """Writes the command for its process; a run without a process is discarded here. Raises RunError."""
        if run.status().alive:
            try:
                _write(run.path / "command", command)
            except OSError as error:
                if run.path.is_dir():
                    raise RunError(f"The run {run.name} cannot be sent the command {command} ({error}).") from error
                if command != "discard":
                    raise RunError(f"The run {run.name} has just ended.") from error
        elif command == "discard":
            run.remove()
        else:
            raise RunError(f"The run {run.name} has no process; resume or discard it.")

    def queue_position(self, run: Run) -> int:
        """Its position in the queue, 1 for the next."""
        waiting = [other.name for other, status in self.all() if status.state == "queued"]
        return waiting.index(run.name) + 1 if run.name in waiting else 1

    def _check_room(self) -> None:
        if sum(status.alive for _, status in self.all()) >= MOST_RUNS:
            raise RunError(f"{MOST_RUNS} runs are waiting or training already; wait until one has finished.")

    def _launch(self, run: Run) -> None:
        """Starts the run's process, as the last in the queue. It does not end with this process."""
        run.clear_command()
        order = 1 + max((_order(other) for other, _ in self.all()), default=0)
        run.write_request(run.request() | {"order": order, "born": time.monotonic()})
        run.write_status(WAITING)
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"GOMP_SPINCOUNT": str(SPIN_COUNT), "PYTHONPATH": path}
        with (run.path / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [*WORKER, str(run.path.resolve()), str(self.slots)],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=process.wait, daemon=True).start()  # or it would stay as a zombie
        deadline = time.monotonic() + BIRTH_SECONDS
        while not run._has_process() and run.path.is_dir() and process.poll() is None:
            if time.monotonic() > deadline:
                raise RunError("its process does not answer.")
            time.sleep(0.01)
        if process.poll():
            sentence = f"its process ended at once: {_last_line(run.path / 'log.txt')}"
            run.write_status(Status("failed", f"The run could not be started: {sentence}"))
            raise RunError(sentence)


def check_name(name: str) -> None:
    """Raises RunError for a name that is not that of a plain folder."""
    if not NAME.fullmatch(name):
        raise RunError(
            "A name has up to 40 letters, digits, dots, dashes and underscores, and starts with a letter or digit."
        )


def _order(run: Run) -> float:
    try:
        order = run.request().get("order")
    except RunError:
        return 0.0
    return order if isinstance(order, (int, float)) and abs(order) < 2**63 else 0.0


def _checked(status: Status) -> Status:
    """The status, checked, as any user may have edited the file. Raises ValueError."""
    numbers = [status.progress, status.epoch, status.seconds]
    numbers += [
        number for number in (status.seconds_left, status.images_per_second, status.epochs) if number is not None
    ]
    fine = all(isinstance(number, (int, float)) and isfinite(number) for number in numbers)
    fine = fine and 0 <= status.progress <= 1
    texts = isinstance(status.sentence, str) and isinstance(status.device, str)
    if status.state not in get_args(State) or not fine or not texts:
        raise ValueError("not the status of a run")
    (status.sentence + status.device).encode()  # half a surrogate pair cannot be sent to a page: a ValueError, too
    return status


def _status_text(status: Status) -> str:
    """The status as valid UTF-8 JSON of STATUS_BYTES, its sentence cut where it is too long for that."""
    status = replace(status, sentence=status.sentence.encode(errors="replace").decode())
    while len(text := json.dumps(vars(status))) > STATUS_BYTES and status.sentence:
        status = replace(status, sentence=status.sentence[: len(status.sentence) * 3 // 4])
    return text.ljust(STATUS_BYTES)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _last_line(path: Path) -> str:
    lines = path.read_text("utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it printed nothing."
