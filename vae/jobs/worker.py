"""The process of one training run: python -m vae.jobs.worker FOLDER SLOTS. It waits for its turn, trains and leaves.

It never speaks to the app: what it is told stands in the run's folder, and so does what it has to say. Whatever happens
to it, the next process goes on from what the folder holds.
"""

import errno
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from vae.jobs.nice import give_way
from vae.jobs.runs import Run, RunError, Runs, State, Status
from vae.training.malloc import keep_freed_memory

if TYPE_CHECKING:  # torch is not imported before it is this run's turn
    from vae.datasets.splits import Dataset
    from vae.model.networks import ModelConfig
    from vae.training.config import TrainingConfig
    from vae.training.trainer import EpochMetrics, Trainer

WAIT_SECONDS = 0.3
STATUS_SECONDS = 0.25
LOCK_SECONDS = 5.0  # somebody may just be looking whether it is held
BUDGET_SHARE = 0.85  # of a time budget is for steps; the rest for the film and the test images
MAX_BUDGET_SECONDS = 86_400
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
DISK_FULL = ("no space left on device", "disk quota exceeded")


class _Paused(Exception):  # noqa: N818 (nothing is wrong)
    """The run is left as it is."""


class _Discarded(Exception):  # noqa: N818
    """The run is to leave nothing behind."""


def main(folder: Path, slots: int) -> None:
    """Carries out the run in this folder, unless another process does."""
    run = Run(folder)
    if not folder.is_dir():  # it has been discarded meanwhile, and the lock would make it anew
        return
    lock = run.lock()
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        return
    session = _Session(run)
    for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)):
        signal.signal(number, session.interrupt)
    try:
        with _turn(run, slots, session):
            session.carry_out()
    except _Paused:
        session.say("paused", "Paused.")
    except _Discarded:
        run.remove()
    except Exception as error:
        with suppress(OSError):  # the disk may be full
            traceback.print_exc()  # into the log
        session.say("failed", session.explain(error))
    finally:
        lock.release()


@contextmanager
def _turn(run: Run, slots: int, session: "_Session") -> Iterator[None]:
    """Waits until this run is the next and one of the places to train is free, and holds that."""
    runs = Runs(run.out.parent, slots)
    places = [FileLock(runs.root / f".slot-{number}", preserve_lock_file=True) for number in range(slots)]
    while (taken := _first_free(places) if runs.queue_position(run) == 1 else None) is None:
        session.look()
        time.sleep(WAIT_SECONDS)
    try:
        yield
    finally:
        taken.release()


def _first_free(places: list[FileLock]) -> FileLock | None:
    for place in places:
        try:
            place.acquire(timeout=0)
        except Timeout:
            continue
        return place
    return None


class _Session:
    """What this process does for its run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._status = run.status()
        self._interrupted = False
        self._looked = 0.0
        self._began, self._first_progress = 0.0, 0.0  # of the training in this process
        self._history: list[EpochMetrics] = []

    def interrupt(self, *_: object) -> None:
        """A signal: the machine wants the process to end, and the run pauses after the step under way."""
        self._interrupted = True

    def say(self, state: State, sentence: str, **fields: Any) -> None:
        """Writes down how the run gets on; what is not given stays."""
        known = asdict(self._status) | {"state": state, "sentence": sentence, "seconds_left": None}
        self._status = Status(**known | fields)
        self._run.write_status(self._status)

    def look(self) -> None:
        """Heeds what is wished for while nothing is under way. Raises _Paused or _Discarded."""
        if (wish := self._run.wish()) is not None:
            self._run.heed()
        if wish == "discard":
            raise _Discarded
        if wish is not None or self._interrupted:
            raise _Paused

    def carry_out(self) -> None:
        """Trains from where the run stands to its end and saves the checkpoint."""
        self.say("starting", "Loading the data…")
        give_way()
        keep_freed_memory()
        import torch

        from vae.model.networks import choose_device
        from vae.storage.checkpoints import check_free
        from vae.training.film import Film
        from vae.training.trainer import Trainer, TrainingError, new_model

        check_free(self._run.out)
        dataset, model_config, config = asked(self._run)
        device = choose_device(config.device)
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        self.say("starting", "Preparing the model…", epochs=config.epochs, device=name)
        film = Film(self._run.film, dataset, model_config, config.epochs)
        model = new_model(model_config, dataset.train, config)
        trainer = Trainer(model, dataset.train, dataset.validation, config, film=film)
        for file in (self._run.paused_file, self._run.state_file):
            if file.exists():
                self._history = trainer.load(file)
                break
        self._began, self._first_progress = time.monotonic(), trainer.progress
        try:
            for epoch in trainer.epochs(self._after_step):
                self._history.append(epoch)
                trainer.save(self._run.state_file, self._history)
                self._run.paused_file.unlink(missing_ok=True)
                self._tell(trainer)
        except TrainingError as error:
            if not self._history:
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
        if (wish := self._run.wish()) is not None:
            self._run.heed()
        if wish == "discard":
            raise _Discarded
        self._tell(trainer)
        if wish == "pause" or self._interrupted:
            trainer.save(self._run.paused_file, self._history)
            raise _Paused
        trainer.ending = wish == "stop"

    def _tell(self, trainer: "Trainer") -> None:
        gone = trainer.progress - self._first_progress
        left = (time.monotonic() - self._began) * (1 - trainer.progress) / gone if gone > 0 else None
        self.say(
            "running",
            "Training.",
            progress=trainer.progress,
            epoch=trainer.progress * trainer.config.epochs,
            seconds=trainer.seconds,
            seconds_left=left,
            images_per_second=trainer.images_seen / trainer.seconds if trainer.seconds else None,
        )

    def _save(self, trainer: "Trainer", dataset: "Dataset") -> None:
        from vae.training.trainer import save_trained, undisturbed

        self.say("saving", "Measuring on the test images and saving…")
        with undisturbed():
            run, config, history = self._run, trainer.config, self._history
            save_trained(run.out, trainer.model, dataset, config, history, film=run.film, origin="page")

    def explain(self, error: Exception) -> str:
        """One sentence: what happened, what to do, what is kept."""
        from vae.storage.files import CheckpointError
        from vae.training.trainer import TrainingError

        said = str(error).lower()
        if isinstance(error, MemoryError) or any(words in said for words in OUT_OF_MEMORY):
            what = "There is not enough memory: choose a smaller batch size, a smaller model or smaller images."
        elif getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(words in said for words in DISK_FULL):
            what = "The disk is full: free some space, then resume the run."
        elif isinstance(error, (TrainingError, CheckpointError, RunError, ValueError)):
            what = str(error)
        else:
            what = f"Training failed ({type(error).__name__}: {error}); the log is in {self._run.path}."
        diverged = isinstance(error, TrainingError)
        kept = (
            f" What it had learnt up to epoch {len(self._history)} is kept." if self._history and not diverged else ""
        )
        return what + kept


def asked(run: Run) -> tuple["Dataset", "ModelConfig", "TrainingConfig"]:
    """The data set, model and training that a run's request asks for.

    A time budget becomes a number of epochs, once and for all. Raises DataError, ValueError, RunError.
    """
    from vae.datasets.registry import load_dataset
    from vae.model.losses import Objective
    from vae.model.networks import default_config
    from vae.training.config import TrainingConfig
    from vae.training.trainer import seconds_per_epoch
    from vae.validation import require

    wanted = run.request()
    try:
        images, model, training = dict(wanted["dataset"]), dict(wanted["model"]), dict(wanted["training"])
        name, upload = images.pop("name"), run.path / "upload.zip"
        dataset = load_dataset(str(upload) if upload.is_file() else name, **images)
        dataset = replace(dataset, name=name)
        hidden, channels = tuple(model.pop("hidden", ())), tuple(model.pop("channels", ()))
        classes = len(dataset.class_names) if model.pop("conditional", False) else 0
        objective = Objective(**training.pop("objective"))
        model |= {"classes": classes, "posterior": objective.posterior}
        model_config = default_config(dataset.image_shape, hidden=hidden, channels=channels, **model)
        config = TrainingConfig(**training, objective=objective)
        budget = wanted.get("seconds")
        allowed = budget is None or 0 < budget <= MAX_BUDGET_SECONDS
        require(allowed, "seconds", budget, f"above 0 and at most {MAX_BUDGET_SECONDS}")
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"The request cannot be read ({error!r}); discard the run and train again.") from error
    if budget is not None:
        epochs = BUDGET_SHARE * float(budget) / seconds_per_epoch(dataset, model_config, config)
        config = replace(config, epochs=min(10_000, max(1, round(epochs))))
        run.write_request(wanted | {"training": asdict(config), "seconds": None})
    return dataset, model_config, config


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
