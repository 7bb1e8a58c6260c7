"""Training runs as folders: asked for here, carried out by a process of their own, watched by anybody.

A run is the folder <checkpoints>/.runs/<name>, and what it becomes is the checkpoint <checkpoints>/<name>:

request.json       what is to be trained: {"dataset": {"name", and image_size and color of one's own pictures}, "model":
                   the arguments of default_config, and "conditional", "training": the fields of TrainingConfig,
                   "seconds": a time budget in place of its epochs, or null, "order": who is next in the queue,
                   "born": when its process was started, in seconds since the machine was}
status.json        how it gets on; written by its process alone, always of the same length
wish               what somebody wants of it: pause, stop or discard
lock               held by its process as long as it lives, so that no process number need ever be trusted or signalled
state.safetensors  all that decides how it goes on, of the last whole epoch
paused.safetensors the same of the moment at which it was paused, until the next epoch is whole
film.bin           its film so far
log.txt            what its process printed
upload.zip         the images, where they were uploaded

This module is what the process needs while it waits for its turn, which must be cheap: it does not import torch.
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
Wish = Literal["pause", "stop", "discard"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
MOST_RUNS = 20  # whose processes are alive, waiting ones included
STATUS_BYTES = 2048
# Rounds that a thread of torch spins before it sleeps: none costs a training a third of its speed, the 300,000 that are
# usual take the processor from whoever decodes.
SPIN_COUNT = 2000
BIRTH_SECONDS = 10.0
COMMAND = sys.executable, "-m", "vae.jobs.worker"
ALIVE: tuple[State, ...] = ("queued", "starting", "running", "saving")
KILLED = "Its process has ended without a word: it was killed, or the machine was switched off."

Json = dict[str, Any]


class RunError(Exception):
    """What was asked of a run cannot be done; one sentence with the remedy."""


@dataclass(frozen=True)
class Status:
    """How a run gets on. progress: 0 to 1. seconds: of training; seconds_left: of wall time, None: unknown."""

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
        """Whether a process works on it or waits to."""
        return self.state in ALIVE


WAITING = Status("queued", "Waiting for its turn.")


@dataclass(frozen=True)
class Run:
    """A run's folder."""

    path: Path

    @property
    def name(self) -> str:
        """Its own name, and that of the checkpoint it becomes."""
        return self.path.name

    @property
    def out(self) -> Path:
        """The checkpoint folder that it becomes."""
        return self.path.parent.parent / self.name

    @property
    def film(self) -> Path:
        """The film so far."""
        return self.path / "film.bin"

    @property
    def state_file(self) -> Path:
        """What it goes on from, once there is a whole epoch."""
        return self.path / "state.safetensors"

    @property
    def paused_file(self) -> Path:
        """What it goes on from, where it was paused within an epoch."""
        return self.path / "paused.safetensors"

    def lock(self) -> FileLock:
        """What its process holds as long as it lives."""
        return FileLock(self.path / "lock", thread_local=False, preserve_lock_file=True)

    def request(self) -> Json:
        """What is to be trained. Raises RunError for a file that cannot be read."""
        try:
            return dict(json.loads((self.path / "request.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise RunError(f"The run {self.name} cannot be read ({error}); discard it and train again.") from error

    def write_request(self, request: Mapping[str, object]) -> None:
        """Takes the place of what was to be trained, whole or not at all. Raises OSError."""
        _write(self.path / "request.json", json.dumps(dict(request), indent=1))

    def status(self) -> Status:
        """How it gets on; "killed" where its process is gone without having said so."""
        found = self._written_status()
        if found.alive and not self._has_process() and not (found.state == "queued" and self._is_young()):
            found = self._written_status()  # it may have ended properly meanwhile
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
        """Says how it gets on. A disk that is full is no reason to stay silent: the file has its bytes already."""
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
        """Whether its process may still be on its way. All processes share the clock, which nobody can set."""
        try:
            born = self.request().get("born")
        except RunError:
            return False
        return isinstance(born, (int, float)) and abs(born) < 2**63 and 0 <= time.monotonic() - born < BIRTH_SECONDS

    def _has_process(self) -> bool:
        """Looks without leaving a trace, and such that two who look at once do not take each other for the process."""
        try:
            if fcntl is None:
                with self.lock().acquire(timeout=0):
                    return False
            with (self.path / "lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        except (Timeout, BlockingIOError):
            return True
        except OSError:  # there has been none, or the folder has just been discarded
            return False

    def wish(self) -> Wish | None:
        """What somebody wants of it."""
        try:
            word = (self.path / "wish").read_text("utf-8")
        except (OSError, ValueError):
            return None
        return word if word in get_args(Wish) else None  # type: ignore[return-value]

    def heed(self) -> None:
        """Forgets the wish: it has come true, or its process begins anew."""
        (self.path / "wish").unlink(missing_ok=True)

    def remove(self) -> None:
        """Leaves nothing of it, and that at once: nobody sees half a run."""
        with suppress(OSError), staging_folder(self.path.parent) as gone:
            self.path.rename(gone / self.name)
        shutil.rmtree(self.path, ignore_errors=True)  # where the disk is too full even for that


class Runs:
    """All runs of a checkpoint folder. slots: how many train at the same time; the others wait for their turn."""

    def __init__(self, checkpoints: Path, slots: int = 1) -> None:
        self.root = checkpoints / ".runs"
        self.slots = slots

    def all(self) -> list[tuple[Run, Status]]:
        """Every run, in the order in which they were asked for."""
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
        """Whether its process died after the checkpoint had been written."""
        return run._written_status().state == "saving" and (run.out / "config.json").is_file()

    def find(self, name: str) -> Run | None:
        """The run of this name. A stranger's input: compared with the names that are there, never made into a path."""
        return next((run for run, _ in self.all() if run.name == name), None)

    def start(self, name: str, request: Mapping[str, object], upload: bytes | None = None) -> Run:
        """Begins a new run: its process waits for its turn and trains. Raises RunError, and leaves nothing behind."""
        check_name(name)
        run = Run(self.root / name)
        if run.out.exists():
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

    def _make(self, run: Run, request: Mapping[str, object], upload: bytes | None) -> None:
        """Makes the run's folder, whole or not at all: nobody sees a run without its files."""
        if sentence := self.obstacle():
            raise RunError(sentence)
        try:
            with staging_folder(self.root) as folder:
                made = Run(folder / run.name)
                made.path.mkdir(0o700)
                if upload is not None:
                    (made.path / "upload.zip").write_bytes(upload)
                made.write_request({**request, "born": time.monotonic()})
                made.write_status(WAITING)
                made.path.rename(run.path)
        except OSError as error:
            if run.path.exists():
                raise RunError(f"There is a run called {run.name} already; choose another name.") from error
            raise RunError(f"The run could not be started: {error}") from error

    def resume(self, run: Run) -> None:
        """Goes on with a run that is paused, failed or killed, at the end of the queue. Raises RunError."""
        if run.status().alive:
            raise RunError(f"The run {run.name} goes on already.")
        self._check_room()
        try:
            self._launch(run)
        except (OSError, RunError) as error:
            raise RunError(f"The run could not be resumed: {error}") from error

    def want(self, run: Run, wish: Wish) -> None:
        """Tells its process to pause, stop or discard; where there is none, a run is discarded at once.

        Raises RunError.
        """
        if run.status().alive:
            try:
                _write(run.path / "wish", wish)
            except OSError as error:
                if run.path.is_dir():
                    raise RunError(f"The run {run.name} cannot be told to {wish} ({error}).") from error
                if wish != "discard":
                    raise RunError(f"The run {run.name} has ended meanwhile.") from error
        elif wish == "discard":
            run.remove()
        else:
            raise RunError(f"The run {run.name} does not go on; resume or discard it.")

    def queue_position(self, run: Run) -> int:
        """Its place in the queue, 1 for the next."""
        waiting = [other.name for other, status in self.all() if status.state == "queued"]
        return waiting.index(run.name) + 1 if run.name in waiting else 1

    def _check_room(self) -> None:
        if sum(status.alive for _, status in self.all()) >= MOST_RUNS:
            raise RunError(f"{MOST_RUNS} runs are waiting or training already; wait until one has finished.")

    def _launch(self, run: Run) -> None:
        """Starts the run's process, as the last in the queue. It outlives this one."""
        run.heed()
        order = 1 + max((_order(other) for other, _ in self.all()), default=0)
        run.write_request(run.request() | {"order": order, "born": time.monotonic()})
        run.write_status(WAITING)
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"GOMP_SPINCOUNT": str(SPIN_COUNT), "PYTHONPATH": path}
        with (run.path / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, str(run.path.resolve()), str(self.slots)],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=process.wait, daemon=True).start()  # no zombie remains
        deadline = time.monotonic() + BIRTH_SECONDS
        while not run._has_process() and run.path.is_dir() and process.poll() is None:
            if time.monotonic() > deadline:
                raise RunError("its process does not answer.")
            time.sleep(0.01)
        if process.poll():
            sentence = f"its process ended at once: {_last_line(run.path / 'log.txt')}"
            run.write_status(Status("failed", f"The run could not be begun: {sentence}"))
            raise RunError(sentence)


def check_name(name: str) -> None:
    """Raises RunError for a name that could be anything but a folder's."""
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
    """The status of a file that anybody may have edited. Raises ValueError."""
    numbers = [status.progress, status.epoch, status.seconds]
    numbers += [
        number for number in (status.seconds_left, status.images_per_second, status.epochs) if number is not None
    ]
    fine = all(isinstance(number, (int, float)) and isfinite(number) for number in numbers)
    fine = fine and 0 <= status.progress <= 1
    texts = isinstance(status.sentence, str) and isinstance(status.device, str)
    if status.state not in get_args(State) or not fine or not texts:
        raise ValueError("a status that no run has")
    (status.sentence + status.device).encode()  # half a character, which no page can be sent, is a ValueError, too
    return status


def _status_text(status: Status) -> str:
    """The status as JSON of STATUS_BYTES, its sentence cut where it is too long for that, and fit to be sent."""
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
