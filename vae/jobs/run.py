"""A training run as a folder: the app starts it, a process of its own trains, and any process can read its status.

A run is the folder <checkpoints>/.runs/<name>; when it has finished, it becomes the checkpoint <checkpoints>/<name>, or
a model of a sweep, <checkpoints>/<the sweep's folder>/<the model's name>:

request.json       what to train: a vae.training.request.TrainingRequest; besides "order": its order in the queue; of a
                   sweep's run "sweep": the sweep's folder, "" for <checkpoints> itself, and the model's name;
                   "images": the path of the user's own pictures; "film": false where none is recorded
status.json        its status; written by its process alone, always of the same length
command            what a user wants it to do: pause, stop or discard
lock               held by its process as long as that lives, so that nothing depends on a process id, which the system
                   may give to another program
job                where a cluster carries it out: the name of the job that may do so
launching          held by the process that starts the run's process, until that holds the lock
state.safetensors  the state from which training resumes, after the last whole epoch
paused.safetensors the state at which it was paused, until the next whole epoch
film.bin           its film so far
log.txt            what its process printed
upload.zip         the images, where they were uploaded
"""

import json
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from filelock import FileLock, Timeout

from vae.storage.atomic import staging_folder
from vae.storage.names import SWEEP_FOLDER

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

State = Literal["queued", "starting", "running", "saving", "paused", "failed", "killed"]
Command = Literal["pause", "stop", "discard"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
JOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
MEMBER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")  # of a sweep's folder or model
SWEEP = "sweep"  # in a request
STATUS_BYTES = 2048
LOG_BYTES, LOG_LINES = 8192, 20  # of the end that is shown
ALIVE: tuple[State, ...] = ("queued", "starting", "running", "saving")
MOVES_OPEN_FILES = fcntl is not None  # Windows renames no folder with an open file
KILLED = "Its process ended without a message: it was killed, or the machine was switched off."

Json = dict[str, Any]


class RunError(Exception):
    """A run cannot be started, resumed or changed; one sentence with the remedy."""


@dataclass(frozen=True)
class Status:
    """What a run is doing. progress: 0 to 1. seconds: of training; seconds_left: of wall time, None: unknown.

    host: the machine of its process.
    """

    state: State
    sentence: str = ""
    progress: float = 0.0
    epoch: float = 0.0
    epochs: int | None = None
    seconds: float = 0.0
    seconds_left: float | None = None
    images_per_second: float | None = None
    device: str = ""
    host: str = ""

    @property
    def alive(self) -> bool:
        """Whether a process trains it or waits for its turn."""
        return self.state in ALIVE


WAITING = Status("queued", "Waiting for its turn.")


class Membership(NamedTuple):
    """Which model a sweep's run becomes. folder: of the sweep, "" for the folder of checkpoints itself."""

    folder: str
    member: str


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
        return checkpoint_path(self.path.parent.parent, self.name, self.membership())

    def membership(self) -> Membership | None:
        """Whose sweep's model it becomes, if any."""
        try:
            return membership(self.request())
        except RunError:
            return None

    def is_forsaken(self) -> bool:
        """Whether it becomes a model of a sweep that has been discarded."""
        return self.membership() is not None and not (self.checkpoint_path.parent / SWEEP_FOLDER).is_dir()

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

    @contextmanager
    def launching(self) -> Iterator[None]:
        """While its process is being started: it looks alive. Raises RunError if another process starts it already."""
        try:
            with FileLock(self.path / "launching", thread_local=False, preserve_lock_file=True).acquire(timeout=0):
                yield
        except Timeout as error:
            raise RunError(f"The run {self.name} is being started already.") from error

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
        found = self.written_status()
        if found.alive and not self.has_process():
            found = self.written_status()  # it may have ended properly since the first look
            if found.alive:
                return Status("killed", KILLED, found.progress, found.epoch, found.epochs, found.seconds)
        return found

    def written_status(self) -> Status:
        """What its process has written last, whether that lives or not."""
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

    def has_process(self) -> bool:
        """Whether a process carries it out or is being started for that."""
        return any(self._is_held(name) for name in ("launching", "lock"))  # in this order: one is held at any time

    def is_locked(self) -> bool:
        """Whether a process carries it out."""
        return self._is_held("lock")

    def _is_held(self, name: str) -> bool:
        return is_held(self.path / name)

    def job(self) -> str:
        """The name of the job of a cluster that may carry it out; "": none, a process of this machine may."""
        try:
            name = (self.path / "job").read_text("ascii")
        except (OSError, ValueError):
            return ""
        return name if JOB.fullmatch(name) else ""

    def write_job(self, name: str) -> None:
        """Says who may carry it out: a process of any other job ends at its next look. Raises OSError."""
        if name:
            _write(self.path / "job", name)
        else:
            (self.path / "job").unlink(missing_ok=True)

    def log_end(self) -> str:
        """The last lines of what its process printed."""
        try:
            with (self.path / "log.txt").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
                lines = file.read(LOG_BYTES).decode("utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-LOG_LINES:])

    def command(self) -> Command | None:
        """What a user wants it to do, if anything."""
        try:
            word = (self.path / "command").read_text("utf-8")
        except (OSError, ValueError):
            return None
        return word if word in get_args(Command) else None  # type: ignore[return-value]

    def write_command(self, command: Command) -> None:
        """Leaves a command for its process. Raises OSError."""
        _write(self.path / "command", command)

    def clear_command(self) -> None:
        """Removes the command: its process has read it, or starts again."""
        (self.path / "command").unlink(missing_ok=True)

    def remove(self) -> None:
        """Removes its folder in one step, so that no process sees half a run."""
        with suppress(OSError), staging_folder(self.path.parent) as gone:
            self.path.rename(gone / self.name)
        shutil.rmtree(self.path, ignore_errors=True)  # where the disk is too full even for that


def is_held(lock: Path) -> bool:
    """Whether this lock is held. Creates no file, and two processes that look at once do not see each other."""
    try:
        if fcntl is None:
            with FileLock(lock, preserve_lock_file=True).acquire(timeout=0):
                return False
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except (Timeout, BlockingIOError):
        return True
    except OSError:  # no process has started yet, or the folder has just been discarded
        return False


def membership(request: Mapping[str, object]) -> Membership | None:
    """Of a request; None for a run of its own, and for what is no membership, as any user may have edited the file."""
    found = request.get(SWEEP)
    if not isinstance(found, dict):
        return None
    folder, member = found.get("folder"), found.get("member")
    if not isinstance(folder, str) or not isinstance(member, str) or not MEMBER_NAME.fullmatch(member):
        return None
    return Membership(folder, member) if not folder or MEMBER_NAME.fullmatch(folder) else None


def checkpoint_path(checkpoints: Path, name: str, of: Membership | None) -> Path:
    """The checkpoint that a run of this name becomes."""
    return checkpoints / name if of is None else checkpoints / of.folder / of.member


def _checked(status: Status) -> Status:
    """The status, checked, as any user may have edited the file. Raises ValueError."""
    numbers = [status.progress, status.epoch, status.seconds]
    numbers += [
        number for number in (status.seconds_left, status.images_per_second, status.epochs) if number is not None
    ]
    fine = all(isinstance(number, (int, float)) and isfinite(number) for number in numbers)
    fine = fine and 0 <= status.progress <= 1
    texts = all(isinstance(text, str) for text in (status.sentence, status.device, status.host))
    if status.state not in get_args(State) or not fine or not texts:
        raise ValueError("not the status of a run")
    # Half a surrogate pair cannot be sent to a page: a ValueError, too.
    (status.sentence + status.device + status.host).encode()
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
