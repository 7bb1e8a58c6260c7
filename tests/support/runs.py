"""Requests for short runs; waiting for what a run does."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.patience import PATIENCE
from vae.jobs.run import Run

# Trains nothing: holds the lock as a run's process does until the run has a command or no folder.
IDLER = """
import sys, time
from pathlib import Path
from vae.jobs.run import Run

run = Run(Path(sys.argv[1]))
with run.lock().acquire(timeout=5):
    while run.path.is_dir() and run.command() is None:
        time.sleep(0.02)
"""


def request(epochs: int = 3, *, seconds: object = None, model: Any = None, dataset: Any = None, **training: Any) -> Any:
    """A short run on the digits, as request.json has it."""
    return {
        "dataset": dataset or {"name": "digits"},
        "model": {"latent_dim": 2, "hidden": [16], **(model or {})},
        "training": {"epochs": epochs, "batch_size": 64, "device": "cpu", "objective": {}, **training},
        "seconds": seconds,
    }


def until(condition: Callable[[], object], what: str, run: Run | None = None) -> None:
    """Waits for the condition; fails, with the run's status and log, after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            log = (run.path / "log.txt").read_text() if run and (run.path / "log.txt").exists() else ""
            pytest.fail(f"timed out waiting until {what}; {run and run.status()}\n{log}")
        time.sleep(0.01)
