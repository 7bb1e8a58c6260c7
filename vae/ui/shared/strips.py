"""Pictures of each model along its strongest dimension: a strip for the lists of models, a film for the home page."""

from collections.abc import Callable

import streamlit as st

from vae.model.latents import EncodedSet
from vae.model.networks import VAE
from vae.server.live.inference import UnknownModelError
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError
from vae.ui.shared import loaders
from vae.views.shared import models

Draw = Callable[[Checkpoint, VAE, EncodedSet], bytes]


def strip(name: str) -> bytes:
    """The strip of the model of this name as a PNG. Raises UnknownModelError."""
    return _drawn(name, _strip)


def traversal(name: str) -> bytes:
    """The film of the model of this name as a PNG of pictures side by side. Raises UnknownModelError."""
    return _drawn(name, _traversal)


def _drawn(name: str, draw: Callable[[Checkpoint, tuple[str, int]], bytes]) -> bytes:
    checkpoint = loaders.usable(name)
    try:
        return draw(checkpoint, loaders.version_of(checkpoint))
    except FileNotFoundError as error:
        raise UnknownModelError(f"The checkpoint {name!r} has just been deleted.") from error
    except CheckpointError as error:
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error


@st.cache_resource(max_entries=64, show_spinner=False)
def _strip(_checkpoint: Checkpoint, version: tuple[str, int]) -> bytes:
    """Once for all users: a class opens the list at the same time."""
    return _of(_checkpoint, version, models.strip)


@st.cache_resource(max_entries=64, show_spinner=False)
def _traversal(_checkpoint: Checkpoint, version: tuple[str, int]) -> bytes:
    """Once for all users, as above."""
    return _of(_checkpoint, version, models.traversal)


def _of(checkpoint: Checkpoint, version: tuple[str, int], draw: Draw) -> bytes:
    model, encoded = loaders.cached_model(checkpoint, version), loaders.cached_encoded(checkpoint, version)
    return draw(checkpoint, model, encoded)
