"""Starts the processes of runs: those on this machine.

A launcher takes a run's folder with its request and status, and starts the process that carries it out. Who looks at
a run sees from its locks whether that process lives; what locks do not tell, the launcher does, without waiting.
"""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vae.jobs.run import Run, RunError

# Rounds that a thread of torch spins before it sleeps: 0 costs a training a third of its speed, the usual 300,000 take
# the processor from live decoding.
SPIN_COUNT = 2000
BIRTH_SECONDS = 10.0
WORKER = sys.executable, "-m", "vae.jobs.worker"


@dataclass(frozen=True)
class Placement:
    """Where a run's process is, as far as its launcher knows; empty: the run's locks alone tell.

    where: a host's name. waiting: why it has not started yet. lost: why it is no more. The latter two are sentences.
    """

    where: str = ""
    waiting: str = ""
    lost: str = ""


class Launcher(Protocol):
    """Starts the processes of runs, here or elsewhere."""

    def launch(self, run: Run) -> None:
        """Starts the process of a run, whose `launching` the caller holds. It does not end with this process.

        Raises RunError, OSError.
        """

    def state(self, run: Run) -> Placement:
        """Where its process is. Never waits for another machine: what was heard last."""

    def stop(self, run: Run) -> None:
        """Asks its process, which may not have started yet, to pause, as far as it can be reached. Does not wait."""


class LocalLauncher:
    """Starts processes on this machine. slots: how many train at the same time; the others wait for their turn."""

    def __init__(self, slots: int = 1) -> None:
        self.slots = slots

    def launch(self, run: Run) -> None:
        """Starts the run's process and waits until that holds its lock. Raises RunError, OSError."""
        deadline = time.monotonic() + BIRTH_SECONDS
        while run.is_locked():  # its last process has just written that it ends
            _wait(deadline, "its last process has not ended yet; try again in a moment.")
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"GOMP_SPINCOUNT": str(SPIN_COUNT), "PYTHONPATH": path}
        with (run.path / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [*WORKER, str(run.path.resolve()), str(self.slots)],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=process.wait, daemon=True).start()  # or it would stay as a zombie
        while not run.is_locked() and run.path.is_dir() and process.poll() is None:
            _wait(deadline, "its process does not answer.")
        if process.poll():
            raise RunError(f"its process ended at once: {_last_line(run.path / 'log.txt')}")

    def state(self, run: Run) -> Placement:
        """Nothing: a process of this machine holds the run's lock from its start."""
        return Placement()

    def stop(self, run: Run) -> None:
        """Writes the command for its process. Raises OSError."""
        run.write_command("pause")


def _wait(deadline: float, sentence: str) -> None:
    if time.monotonic() > deadline:
        raise RunError(sentence)
    time.sleep(0.01)


def _last_line(path: Path) -> str:
    lines = path.read_text("utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it printed nothing."
