"""Requests for short runs, and what waits for a run."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from vae.jobs.runs import Run

PATIENCE = 600.0  # seconds; what takes longer hangs


# Holds the lock as a run's process does, until its folder has gone or has a wish; trains nothing.
IDLER = """
import sys, time
from pathlib import Path
from vae.jobs.runs import Run

run = Run(Path(sys.argv[1]))
with run.lock().acquire(timeout=5):
    while run.path.is_dir() and run.wish() is None:
        time.sleep(0.02)
"""


def request(epochs: int = 3, *, seconds: object = None, model: Any = None, dataset: Any = None, **training: Any) -> Any:
    """A run on the digits that takes next to no time."""
    return {
        "dataset": dataset or {"name": "digits"},
        "model": {"latent_dim": 2, "hidden": [16], **(model or {})},
        "training": {"epochs": epochs, "batch_size": 64, "device": "cpu", "objective": {}, **training},
        "seconds": seconds,
    }


def until(condition: Callable[[], object], what: str, run: Run | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            log = (run.path / "log.txt").read_text() if run and (run.path / "log.txt").exists() else ""
            pytest.fail(f"waited in vain until {what}; {run and run.status()}\n{log}")
        time.sleep(0.01)
