"""A launcher whose runs are carried out by the test itself: it says when one trains, ends, fails or is killed."""

import json
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from vae.jobs.launchers import LocalLauncher
from vae.jobs.run import Run, RunError, Status
from vae.jobs.worker import parse_request
from vae.training.checkpoint import train_checkpoint

METRICS = {"kl": 2.0, "reconstruction": 10.0, "negative_elbo": 12.0, "active_units": 2}


class Stage(LocalLauncher):
    """Holds a run's lock, as its process would, until the test says otherwise."""

    def __init__(self, slots: int = 1) -> None:
        super().__init__(slots)
        self.launched: list[str] = []
        self.refusal = ""  # a sentence: no run can be started
        self._locks: dict[Path, FileLock] = {}

    def launch(self, run: Run) -> None:
        if self.refusal:
            raise RunError(self.refusal)
        lock = self._locks[run.path] = run.lock()
        lock.acquire(timeout=0)
        self.launched.append(name_of(run))

    def train(self, run: Run, progress: float = 0.5) -> None:
        run.write_status(Status("running", "Training.", progress))

    def finish(self, run: Run, **metrics: float) -> None:
        """It becomes its checkpoint, as far as a sweep looks at it."""
        write_model(run.checkpoint_path, **metrics)
        run.remove()
        self.kill(run)

    def fail(self, run: Run, sentence: str) -> None:
        run.write_status(Status("failed", sentence))
        self.kill(run)

    def obey(self, run: Run) -> None:
        """Does what a user wants."""
        match run.command():
            case "pause":
                run.write_status(Status("paused"))
            case "discard":
                run.remove()
        self.kill(run)

    def kill(self, run: Run) -> None:
        self._locks.pop(run.path).release()


class Prompt(LocalLauncher):
    """Trains each run in this process, before it returns. failing: sentences, by the names of models that fail."""

    def __init__(self) -> None:
        super().__init__()
        self.trained: list[str] = []
        self.failing: dict[str, str] = {}
        self.during: Callable[[], None] = lambda: None  # is done before each

    def launch(self, run: Run) -> None:
        self.during()
        name = name_of(run)
        if sentence := self.failing.get(name):
            run.write_status(Status("failed", sentence))
            return
        for _ in train_checkpoint(*parse_request(run), run.checkpoint_path):
            pass
        self.trained.append(name)
        run.remove()


def name_of(run: Run) -> str:
    """The checkpoint that it becomes."""
    return run.checkpoint_path.name


def write_model(path: Path, **metrics: float) -> None:
    """A checkpoint, as far as a sweep looks at it."""
    path.mkdir(parents=True)
    (path / "metrics.json").write_text(json.dumps(METRICS | metrics))
    (path / "config.json").write_text("{}")
