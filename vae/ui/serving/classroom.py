"""The classes of this app: where they are kept, their pages, and what a class may start."""

import os
from functools import lru_cache
from pathlib import Path

from vae.classroom.serving.routes import Pages
from vae.classroom.serving.service import ClassService
from vae.ui.shared import loaders

PAGES = Pages()


@lru_cache(maxsize=1)
def app_classes() -> ClassService:
    """All classes of this process. They are kept in the file $VAE_CLASSES, else in the user's own cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = Path(os.environ.get("VAE_CACHE") or home / "latent-lab") / "classes.sqlite"
    return ClassService(Path(os.environ.get("VAE_CLASSES") or kept), loaders.live_model)
