"""The runs of a folder of checkpoints, carried out where this process's environment says."""

import os
import re
from pathlib import Path

from vae.jobs.nice import niceness
from vae.jobs.ray.launcher import app_launcher
from vae.jobs.runs import Runs


def runs_of(checkpoints: Path) -> Runs:
    """All runs of this folder. VAE_RUNS: how many train at once here; VAE_RAY: the cluster.

    Raises ValueError if one of these, or VAE_NICENESS, is invalid.
    """
    niceness()
    slots = os.environ.get("VAE_RUNS", "1")
    if not re.fullmatch("[1-9][0-9]?", slots):
        raise ValueError(f"VAE_RUNS is {slots!r}; set it to how many runs may train at once, 1 to 99.")
    shared = any(os.environ.get(name) for name in ("VAE_RAY", "VAE_REPLICA"))
    return Runs(checkpoints, app_launcher(int(slots)), shared=shared)
