"""The process of one training run: python -m vae.jobs.worker FOLDER SLOTS [JOB]. It waits, trains and ends.

It and the app exchange files in the run's folder only. If it is killed, the next process resumes from that folder.
JOB: its name on a cluster, whose queue it has left already; SLOTS is 0 then. It ends as soon as the run's folder names
another job.
"""

import errno
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from vae.jobs.nice import lower_priority
from vae.jobs.run import Command, Run, RunError, State, Status
from vae.jobs.runs import TRAINING, Runs
from vae.training.malloc import keep_freed_memory

if TYPE_CHECKING:  # torch is not imported before it is this run's turn
    from vae.datasets.splits import Dataset
    from vae.model.networks import ModelConfig
    from vae.training.config import TrainingConfig
    from vae.training.trainer import EpochMetrics, Trainer

WAIT_SECONDS = 0.3
STATUS_SECONDS = 0.25
LOCK_SECONDS = 5.0  # another process may hold it for a moment to test it
ORPHAN_SECONDS = 300.0  # for the process of a lost node, which may be in the middle of a long step, to end
PLANNED_SHARE, STEPS_SHARE = 0.85, 0.92  # of a time budget: that epochs are planned for; that steps may use at most
LEAST_SHARE = 0.5  # of a time budget, for the steps, however long data and model took to load
PLANNED = "epochs_planned"  # in a stored request: its epochs are those that fit into its seconds
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
DISK_FULL = ("no space left on device", "disk quota exceeded")


class _Paused(Exception):  # noqa: N818 (no error)
    """The process ends, and the run can be resumed."""


class _Discarded(Exception):  # noqa: N818
    """The process ends, and the run's folder is removed."""


class _Superseded(Exception):  # noqa: N818
    """Another job carries out the run; this process ends and leaves its files alone."""


def main(folder: Path, slots: int, job: str = "") -> None:
    """Trains the run in this folder, unless another process does."""
    run = Run(folder)
    if not folder.is_dir():  # discarded while this process started; the lock would make the folder again
        return
    lock = run.lock()
    try:
        lock.acquire(timeout=ORPHAN_SECONDS if job else LOCK_SECONDS)
    except Timeout:
        return
    session = _Session(run, job)
    for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)):
        signal.signal(number, session.interrupt)
    try:
        with suppress(_Superseded):
            _carry_out(run, slots, session)
    finally:
        lock.release()


def _carry_out(run: Run, slots: int, session: "_Session") -> None:
    try:
        with _turn(run, slots, session):
            session.train()
    except _Superseded:
        raise
    except _Paused:
        session.report("paused")
    except _Discarded:
        run.remove()
    except Exception as error:
        with suppress(OSError):  # the disk may be full
            traceback.print_exc()  # into the log
        session.report("failed", session.explain(error))


@contextmanager
def _turn(run: Run, slots: int, session: "_Session") -> Iterator[None]:
    """Waits until this run is the next in the queue and one of the slots is free, and holds that slot.

    No slots: a cluster's queue has given it its turn.
    """
    if not slots:
        session.follow_command()
        yield
        return
    runs = Runs(run.path.parent.parent)
    locks = [FileLock(runs.root / f".slot-{number}", preserve_lock_file=True) for number in range(slots)]
    while (taken := _first_free(locks) if runs.queue_position(run) == 1 else None) is None:
        session.follow_command()
        time.sleep(WAIT_SECONDS)
    try:
        yield
    finally:
        taken.release()


def _first_free(locks: list[FileLock]) -> FileLock | None:
    for lock in locks:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return lock
    return None


class _Session:
    """The work of this process: training, status, commands."""

    def __init__(self, run: Run, job: str) -> None:
        self._run, self._job = run, job
        self._status = replace(run.status(), host=socket.gethostname())
        self._interrupted = False
        self._looked = 0.0
        self._began, self._first_step = 0.0, 0  # of the training in this process
        self._deadline: float | None = None  # of the steps, in time.monotonic()'s seconds
        self._history: list[EpochMetrics] = []

    def interrupt(self, *_: object) -> None:
        """Handles a signal: the run pauses after the current step."""
        self._interrupted = True

    def report(self, state: State, sentence: str = "", **fields: Any) -> None:
        """Writes the status; fields that are not given keep their values. Raises _Superseded."""
        self._check_job()
        known = asdict(self._status) | {"state": state, "sentence": sentence, "seconds_left": None}
        self._status = Status(**known | fields)
        self._run.write_status(self._status)

    def follow_command(self) -> None:
        """Follows a command that arrives before training. Raises _Paused, _Discarded, _Superseded."""
        self._check_job()
        command = self._take_command()
        if command == "discard":
            raise _Discarded
        if command is not None or self._interrupted:
            raise _Paused

    def _check_job(self) -> None:
        if self._job and self._run.job() != self._job:
            raise _Superseded

    def _take_command(self) -> Command | None:
        if (command := self._run.command()) is not None:
            self._run.clear_command()
        return command

    def train(self) -> None:
        """Trains from the saved state, or the beginning, to the end and saves the checkpoint."""
        began = time.monotonic()
        self.report("starting", "Loading the data…")
        lower_priority()
        keep_freed_memory()
        import torch

        from vae.model.networks import choose_device
        from vae.storage.checkpoints import check_free
        from vae.training.film import Film
        from vae.training.trainer import Trainer, TrainingError, new_model

        self._check_sweep()
        check_free(self._run.checkpoint_path)
        dataset, model_config, config = parse_request(self._run)
        device = choose_device(config.device)
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        self.report("starting", "Preparing the model…", epochs=config.epochs, device=name)
        filmed = self._run.request().get("film", True)
        film = Film(self._run.film, dataset, model_config, config.epochs) if filmed else None
        model = new_model(model_config, dataset.train, config)
        trainer = Trainer(model, dataset.train, dataset.validation, config, film=film)
        for file in (self._run.paused_file, self._run.state_file):
            if file.exists():
                self._history = trainer.load(file)
                break
        self._began, self._first_step = time.monotonic(), trainer.done
        if (budget := self._run.request()["seconds"]) is not None:
            self._deadline = steps_deadline(began, self._began, budget) - trainer.seconds
        try:
            for epoch in trainer.epochs(self._after_step):
                self._check_job()
                self._history.append(epoch)
                trainer.save(self._run.state_file, self._history)
                self._run.paused_file.unlink(missing_ok=True)
                self._report_progress(trainer)
        except TrainingError as error:
            if not self._history or self._run.membership() is not None:  # of a sweep's model half is of no use
                raise
            trainer.load(self._run.state_file)
            self._save(trainer, dataset)
            kept = f"the model of epoch {trainer.epoch} was kept and can be chosen on every page"
            raise TrainingError(f"{str(error).removesuffix('.')}; {kept}.") from error
        self._save(trainer, dataset)
        self._run.remove()

    def _after_step(self, trainer: "Trainer") -> None:
        now = time.monotonic()
        if not self._interrupted and now - self._looked < STATUS_SECONDS:
            return
        self._looked = now
        command = self._take_command()
        if command == "discard":
            raise _Discarded
        self._keep_deadline(trainer, now)
        self._report_progress(trainer)
        if command == "pause" or self._interrupted:
            self._check_job()
            trainer.save(self._run.paused_file, self._history)
            raise _Paused
        trainer.ending = command == "stop"

    def _keep_deadline(self, trainer: "Trainer", now: float) -> None:
        """Ends the steps at the deadline: on a machine that has become busier they are fewer than planned."""
        if self._deadline is None or trainer.done == self._first_step:
            return
        seconds_per_step = (now - self._began) / (trainer.done - self._first_step)
        trainer.finish_at(trainer.done + int(max(0.0, self._deadline - now) / seconds_per_step))

    def _report_progress(self, trainer: "Trainer") -> None:
        done, to_do = trainer.done - self._first_step, trainer.end - trainer.done
        left = (time.monotonic() - self._began) * to_do / done if done > 0 else None
        self.report(
            "running",
            TRAINING,
            progress=trainer.done / trainer.end,
            epochs=ceil(trainer.config.epochs * trainer.end / trainer.steps),
            epoch=trainer.progress * trainer.config.epochs,
            seconds=trainer.seconds,
            seconds_left=left,
            images_per_second=trainer.images_seen / trainer.seconds if trainer.seconds else None,
        )

    def _save(self, trainer: "Trainer", dataset: "Dataset") -> None:
        from vae.training.checkpoint import ignored_signals, save_trained

        self._check_sweep()
        self.report("saving", "Measuring on the test images and saving…")
        with ignored_signals():
            run, config, history = self._run, trainer.config, self._history
            save_trained(
                run.checkpoint_path, trainer.model, dataset, config, history,
                film=run.film if run.film.exists() else None, origin="page", seconds=run.request().get("seconds"),
            )  # fmt: skip

    def _check_sweep(self) -> None:
        """Raises _Discarded for a model of a sweep that has been discarded: saving it would make its folder again."""
        if self._run.is_forsaken():
            raise _Discarded

    def explain(self, error: Exception) -> str:
        """What happened, what to do and what is kept, for the page."""
        from vae.storage.files import CheckpointError
        from vae.training.trainer import TrainingError

        text = str(error).lower()
        if isinstance(error, MemoryError) or any(words in text for words in OUT_OF_MEMORY):
            what = "There is not enough memory: choose a smaller batch size, a smaller model or smaller images."
        elif getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(words in text for words in DISK_FULL):
            what = "The disk is full: free some space, then resume the run."
        elif isinstance(error, (TrainingError, CheckpointError, RunError, ValueError)):
            what = str(error)
        else:
            what = f"Training failed ({type(error).__name__}: {error}); the log is in {self._run.path}."
        diverged = isinstance(error, TrainingError)
        kept = f" Training up to epoch {len(self._history)} is kept." if self._history and not diverged else ""
        return what + kept


def steps_deadline(start: float, first_step: float, budget: float) -> float:
    """When the steps of a run with a time budget end: a model of one step, as after a slow start, is of no use."""
    return max(start + STEPS_SHARE * budget, first_step + LEAST_SHARE * budget)


def parse_request(run: Run) -> tuple["Dataset", "ModelConfig", "TrainingConfig"]:
    """The data set, model and training of a run's request.

    Plans the epochs of a time budget and writes them into the request, so that a resumed run keeps them. Raises
    DataError, ValueError, RunError.
    """
    from vae.training.request import TrainingRequest
    from vae.training.trainer import seconds_per_epoch

    stored = run.request()
    request = TrainingRequest.from_json(stored)
    upload, images = run.path / "upload.zip", stored.get("images")
    own = upload if upload.is_file() else Path(images) if isinstance(images, str) else None
    dataset = request.dataset.load(own)
    model_config, config = request.model_config(dataset), request.training
    if request.seconds is not None and not stored.get(PLANNED):
        epochs = PLANNED_SHARE * request.seconds / seconds_per_epoch(dataset, model_config, config)
        config = replace(config, epochs=min(10_000, max(1, round(epochs))))
        run.write_request(stored | replace(request, training=config).to_json() | {PLANNED: True})
    return dataset, model_config, config


def _print_into(log: Path) -> None:
    """From here on, all that this process prints goes into the log."""
    with log.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())


def on_node(folder: Path, job: str) -> None:
    """As main, for a job that a cluster has started. Exits with a sentence where this node does not have the folder."""
    if not folder.parent.is_dir():
        sys.exit(f"{socket.gethostname()} has no {folder.parent}: mount the folder of checkpoints at the same path.")
    if folder.is_dir():
        _print_into(folder / "log.txt")
    main(folder, 0, job)


if __name__ == "__main__":
    if sys.argv[3:]:
        on_node(Path(sys.argv[1]), sys.argv[3])
    else:
        main(Path(sys.argv[1]), int(sys.argv[2]))
