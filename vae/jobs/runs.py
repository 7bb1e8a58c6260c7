"""All runs of a folder of checkpoints: their queue, their start, and what users want them to do.

A process that waits for its turn imports this module and those above it alone, which must be cheap: they do not import
torch.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from vae.jobs.launchers import Launcher, LocalLauncher
from vae.jobs.run import MOVES_OPEN_FILES, NAME, WAITING, Command, Run, RunError, Status, checkpoint_path, membership
from vae.storage.atomic import staging_folder
from vae.storage.locks import lock_problem

MOST_RUNS = 20  # with a live process, waiting ones included
TRAINING = "Training."
UNLOCKED = (
    "Its lock is not seen here: it has just ended, or the folder of checkpoints does not lock across machines, as "
    "NFSv4 and CephFS do."
)


class Runs:
    """All runs of a checkpoint folder.

    launcher: starts their processes, by default on this machine, one at a time. shared: other machines use the folder.
    """

    def __init__(self, checkpoints: Path, launcher: Launcher | None = None, *, shared: bool = False) -> None:
        self.root = checkpoints / ".runs"
        self._shared = shared
        self.launcher: Launcher = LocalLauncher() if launcher is None else launcher

    def all(self) -> list[tuple[Run, Status]]:
        """Every run, in the order of the queue."""
        folders = [path for path in self.root.iterdir() if NAME.fullmatch(path.name)] if self.root.is_dir() else []
        found = []
        for run in map(Run, folders):
            status = self.status(run)
            if self._is_finished(run) and not run.has_process():
                run.remove()
            elif run.path.is_dir():
                found.append((_order(run), run.name, run, status))
        return [(run, status) for _, _, run, status in sorted(found, key=lambda item: item[:2])]

    def status(self, run: Run) -> Status:
        """What a run is doing, by its files and locks and, where they do not tell, by its launcher."""
        found, written = run.status(), run.written_status()
        if not written.alive:
            return found
        placement = self.launcher.state(run)  # also of a run whose process lives, as its launcher may lose it
        if found.alive:
            return replace(found, host=placement.where or found.host)
        if placement.lost:
            return replace(found, sentence=placement.lost, host=placement.where)
        if placement.waiting:
            return replace(written, state="queued", sentence=placement.waiting, seconds_left=None, host="")
        if placement.where:
            sentence = "Its process is starting." if written.state == "queued" else UNLOCKED
            return replace(written, sentence=sentence, host=placement.where)
        return found

    def obstacle(self) -> str:
        """Why no run can be started here, in a sentence; empty where one can."""
        for folder in (self.root, self.root.parent):
            there = next(place for place in (folder, *folder.parents) if os.access(place, os.F_OK))
            if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                return (
                    f"No run can be started, as {there} cannot be written to: let the app's user write there, or set "
                    "VAE_CHECKPOINTS to a folder where that is so."
                )
        if not self._shared:
            return ""
        self.root.mkdir(parents=True, exist_ok=True)
        return lock_problem(self.root)

    def _is_finished(self, run: Run) -> bool:
        """Whether its process ended after it had written the checkpoint."""
        return run.written_status().state == "saving" and (run.checkpoint_path / "config.json").is_file()

    def find(self, name: str) -> Run | None:
        """The run of this name. Any input is safe: it is compared with existing names, never made into a path."""
        return next((run for run, _ in self.all() if run.name == name), None)

    def start(self, name: str, request: Mapping[str, object], upload: Path | None = None) -> Run:
        """Starts a new run: its process waits for its turn and trains.

        request: TrainingRequest.to_json(). upload: a zip of images, which is copied. Raises RunError, and then
        leaves no files.
        """
        check_name(name)
        run, becomes = Run(self.root / name), checkpoint_path(self.root.parent, name, membership(request))
        if becomes.exists():
            raise RunError(f"There is a checkpoint called {becomes.name} already; choose another name.")
        self._check_room()
        with ExitStack() as launching:
            self._make(run, request, upload, launching)
            try:
                self._launch(run)
            except BaseException as error:
                run.remove()
                if isinstance(error, (OSError, RunError)):
                    raise RunError(f"The run could not be started: {error}") from error
                raise
        return run

    def _make(self, run: Run, request: Mapping[str, object], upload: Path | None, launching: ExitStack) -> None:
        """Makes the run's folder, whole or not at all, so that no process sees a run without its files.

        launching: keeps that of the run, so that the run looks alive from its first moment.
        """
        if sentence := self.obstacle():
            raise RunError(sentence)
        try:
            with staging_folder(self.root) as folder:
                made = Run(folder / run.name)
                made.path.mkdir(0o700)
                if upload is not None:
                    shutil.copyfile(upload, made.path / "upload.zip")
                made.write_request(request)
                made.write_status(WAITING)
                if MOVES_OPEN_FILES:
                    launching.enter_context(made.launching())
                made.path.rename(run.path)
                if not MOVES_OPEN_FILES:
                    launching.enter_context(run.launching())
        except OSError as error:
            if run.path.exists():
                raise RunError(f"There is a run called {run.name} already; choose another name.") from error
            raise RunError(f"The run could not be started: {error}") from error

    def resume(self, run: Run) -> None:
        """Resumes a run that is paused, failed or killed, at the end of the queue. Raises RunError."""
        if self.status(run).alive:
            raise RunError(f"The run {run.name} is running or waiting already.")
        self._check_room()
        try:
            run.request()
            with run.launching():
                self._launch(run)
        except (OSError, RunError) as error:
            raise RunError(f"The run could not be resumed: {error}") from error

    def send_command(self, run: Run, command: Command) -> None:
        """Writes the command for its process; without one, pauses or discards the run here. Raises RunError."""
        if run.status().alive:
            self._write_command(run, command)
        elif command == "discard":
            self._end_waiting(run)
            run.remove()
        elif self.status(run).alive:
            self._end_waiting(run)
            run.write_status(replace(run.written_status(), state="paused", sentence="", seconds_left=None))
        else:
            raise RunError(f"The run {run.name} has no process; resume or discard it.")

    def _write_command(self, run: Run, command: Command) -> None:
        try:
            run.write_command(command)
        except OSError as error:
            if run.path.is_dir():
                raise RunError(f"The run {run.name} cannot be sent the command {command} ({error}).") from error
            if command != "discard":
                raise RunError(f"The run {run.name} has just ended.") from error

    def _end_waiting(self, run: Run) -> None:
        """Takes the run out of its launcher's queue."""
        try:
            self.launcher.stop(run)
        except OSError as error:
            raise RunError(f"The run {run.name} cannot be changed ({error}).") from error

    def queue_position(self, run: Run) -> int:
        """Its position in the queue, 1 for the next."""
        waiting = [other.name for other, status in self.all() if status.state == "queued"]
        return waiting.index(run.name) + 1 if run.name in waiting else 1

    def _check_room(self) -> None:
        if sum(status.alive for _, status in self.all()) >= MOST_RUNS:
            raise RunError(f"{MOST_RUNS} runs are waiting or training already; wait until one has finished.")

    def _launch(self, run: Run) -> None:
        """Starts the run's process, as the last in the queue."""
        run.clear_command()
        run.write_job("")
        order = 1 + max((_order(other) for other, _ in self.all()), default=0)
        run.write_request(run.request() | {"order": order})
        run.write_status(WAITING)
        try:
            self.launcher.launch(run)
        except RunError as error:
            run.write_status(Status("failed", f"The run could not be started: {error}"))
            raise


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
