"""A strip of pictures of each model, for the lists of models."""

import streamlit as st

from vae.server.live.inference import UnknownModelError
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError
from vae.ui.shared import loaders
from vae.views.shared import models


def strip(name: str) -> bytes:
    """The strip of the model of this name as a PNG. Raises UnknownModelError."""
    checkpoint = loaders.usable(name)
    try:
        return _strip(checkpoint, loaders.version_of(checkpoint))
    except FileNotFoundError as error:
        raise UnknownModelError(f"The checkpoint {name!r} has just been deleted.") from error
    except CheckpointError as error:
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error


@st.cache_resource(max_entries=64, show_spinner=False)
def _strip(_checkpoint: Checkpoint, version: tuple[str, int]) -> bytes:
    """Once for all users: a class opens the list at the same time."""
    model, encoded = loaders.cached_model(_checkpoint, version), loaders.cached_encoded(_checkpoint, version)
    return models.strip(_checkpoint, model, encoded)
