"""The lessons of this app, with the numbers of its checkpoints."""

from functools import cache

from vae.lessons.library import Library, own_folder, shipped_folder
from vae.lessons.measured.values import Values
from vae.storage.checkpoints import list_checkpoints
from vae.ui.shared import loaders


@cache
def app_library() -> Library:
    """All lessons of this app, read and measured once per process."""
    values = Values(
        lambda: list_checkpoints(loaders.CHECKPOINTS),
        lambda checkpoint: loaders.cached_encoded(checkpoint, loaders.version_of(checkpoint)),
    )
    return Library(values, shipped_folder(), own_folder())
