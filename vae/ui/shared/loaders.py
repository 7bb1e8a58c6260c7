"""The checkpoints of this app, and what is loaded of each: once per process, shared read-only by pages and services."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from vae.model.latents import EncodedSet
from vae.model.networks import VAE, choose_device
from vae.server.live.inference import LiveModel, UnknownModelError
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint, list_checkpoints
from vae.storage.files import CheckpointError

MOST_MODELS = 32  # that stay loaded: more than there are in a gallery

CHECKPOINTS = Path(os.environ.get("VAE_CHECKPOINTS", Path(__file__).parents[3] / "checkpoints"))

Loaded = TypeVar("Loaded")

_gpu_failed = Event()  # of this process, for all its users


@st.cache_resource(show_spinner=False)
def device() -> torch.device:
    """Where this app decodes: on the GPU, unless there is none or it has failed."""
    return choose_device("cpu" if _gpu_failed.is_set() else "auto")


def _model_after_gpu(checkpoint: Checkpoint) -> VAE:
    """The checkpoint's model on the CPU, where from now on all models are loaded."""
    _gpu_failed.set()
    device.clear()
    cached_model.clear()
    return cached_model(checkpoint, version_of(checkpoint))


def device_name() -> str:
    """The name of the GPU, or "cpu"."""
    return torch.cuda.get_device_name() if device().type == "cuda" else device().type


def load_model(checkpoint: Checkpoint) -> VAE:
    """The checkpoint's model on the app's device, loaded once per process and shared read-only."""
    return or_stop(cached_model, checkpoint)


def load_encoded(checkpoint: Checkpoint) -> EncodedSet:
    """The checkpoint's encoded test set, shared read-only."""
    return or_stop(cached_encoded, checkpoint)


def load_strength(checkpoint: Checkpoint) -> Sequence[float]:
    """How much the model uses each latent dimension: KL in nats; without a KL, the deviation of the means."""
    return checkpoint.kl_per_dimension or load_encoded(checkpoint).mean.std(axis=0).tolist()


@st.cache_resource(max_entries=MOST_MODELS, show_spinner=False)
def cached_model(_checkpoint: Checkpoint, version: tuple[str, int]) -> VAE:
    """As load_model(), outside of a page. Raises CheckpointError, FileNotFoundError."""
    return _checkpoint.load_model(device())


@st.cache_resource(max_entries=MOST_MODELS, show_spinner=False)
def cached_encoded(_checkpoint: Checkpoint, version: tuple[str, int]) -> EncodedSet:
    """As load_encoded(), outside of a page. Raises CheckpointError, FileNotFoundError."""
    return _checkpoint.load_encoded()


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_examples(_checkpoint: Checkpoint, version: tuple[str, int]) -> NDArray[np.uint8]:
    """The first test images, row i of the encoded set being image i, shared read-only. Shape: (n, c, h, w) uint8.

    Raises CheckpointError, FileNotFoundError.
    """
    return _checkpoint.load_examples()


def version_of(checkpoint: Checkpoint) -> tuple[str, int]:
    """Differs between a checkpoint and a later one of the same name."""
    return str(checkpoint.path), (checkpoint.path / "config.json").stat().st_mtime_ns


def or_stop(load: Callable[[Checkpoint, tuple[str, int]], Loaded], checkpoint: Checkpoint) -> Loaded:
    """The result of `load`; a broken file, or one that has just been deleted, ends the page with the reason."""
    try:
        return load(checkpoint, version_of(checkpoint))
    except FileNotFoundError:
        reason = "has just been deleted."
    except CheckpointError as error:
        reason = f"cannot be used. {error}"
    st.error(f"Checkpoint “{checkpoint.name}” {reason} Choose another in the bar.")
    return st.stop()


def usable(name: str) -> Checkpoint:
    """The checkpoint of this name. Raises UnknownModelError, with the reason, if there is none or it is broken."""
    # Untrusted input: compared with existing names, never made into a path.
    found = next((found for found in list_checkpoints(CHECKPOINTS) if found.name == name), None)
    if found is None:
        raise UnknownModelError(f"There is no checkpoint called {name!r:.80}.")
    if isinstance(found, BrokenCheckpoint):
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {found.error}")
    return found


def live_model(name: str) -> LiveModel:
    """The model of this name for the live service, the same as on the pages. Called outside of pages.

    Raises UnknownModelError, with the reason, if there is no such checkpoint or it is broken.
    """
    found = usable(name)
    try:
        model = cached_model(found, version_of(found))
        return LiveModel(name, model, found.kl_per_dimension, partial(_model_after_gpu, found))
    except FileNotFoundError as error:
        raise UnknownModelError(f"The checkpoint {name!r} has just been deleted.") from error
    except CheckpointError as error:
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error
