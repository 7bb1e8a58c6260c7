"""What the latent map's routes serve of a checkpoint, and the projections of this process."""

import os
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.datasets.pictures import DataError
from vae.datasets.registry import is_available, load_dataset
from vae.datasets.splits import binarise
from vae.model.latents import EncodedSet, FloatArray, picture_entropy
from vae.projection.config import LINEAR, ProjectionConfig
from vae.projection.service import ProjectionService
from vae.server.latent_map.data import MapSource
from vae.server.live.inference import UnknownModelError
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError
from vae.ui.shared import loaders

_loading = ThreadPoolExecutor(1, thread_name_prefix="test-images")


@lru_cache(maxsize=1)
def projections() -> ProjectionService:
    """All projections of this process; they are cached in $VAE_CACHE, else in the user's own cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("VAE_CACHE") or home / "latent-lab") / "projections"
    return ProjectionService(folder, gpu=loaders.device().type == "cuda")


def map_source(name: str) -> MapSource:
    """What the latent map shows of the checkpoint of this name. Called outside any page.

    Raises UnknownModelError, with the reason, if there is no such checkpoint or it is broken.
    """
    found = loaders.usable(name)
    try:
        version = loaders.version_of(found)
        encoded, examples = loaders.cached_encoded(found, version), loaders.cached_examples(found, version)
        loading = images_on_disk(found, version)
    except (CheckpointError, FileNotFoundError) as error:
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error
    wait([loading], timeout=0.5)  # a small data set is read by then, so its pictures are there at once
    images = loading.result() if loading.done() else None
    images = examples if images is None else images
    if encoded.entropy is None and found.model_config.likelihood == "bernoulli" and len(images) == found.test_images:
        encoded = _with_entropy(encoded, images, version)  # the checkpoint was written before it was stored
    saved = partial(_saved_projection, found, encoded)
    shape = found.model_config.image_shape
    return MapSource(name, f"{version[1]}-{len(images)}", encoded, found.class_names, shape, images, saved)


@st.cache_resource(max_entries=4, show_spinner=False)
def _with_entropy(_encoded: EncodedSet, _images: NDArray[np.uint8], version: tuple[str, int]) -> EncodedSet:
    return replace(_encoded, entropy=picture_entropy(_images))


def _saved_projection(checkpoint: Checkpoint, encoded: EncodedSet, config: ProjectionConfig) -> FloatArray | None:
    """The projection that was computed ahead, with the method's default parameters."""
    if config.method in LINEAR or config.used != ProjectionConfig(config.method, config.dims):
        return None
    try:
        return checkpoint.load_projection(encoded, config.method, config.dims)
    except (CheckpointError, FileNotFoundError):
        return None  # broken, or just deleted: it is computed again


@st.cache_resource(max_entries=4, show_spinner=False)
def images_on_disk(_checkpoint: Checkpoint, version: tuple[str, int]) -> Future[NDArray[np.uint8] | None]:
    """All test images, as the model was trained on them, once they are read; None if its data set is not on disk."""
    return _loading.submit(_read_test_images, _checkpoint)


def _read_test_images(checkpoint: Checkpoint) -> NDArray[np.uint8] | None:
    channels, side, _ = checkpoint.model_config.image_shape
    try:
        if not is_available(checkpoint.dataset):
            return None
        dataset = load_dataset(checkpoint.dataset, image_size=side, color=channels == 3)
        if dataset.content_hash != checkpoint.content_hash or len(dataset.test) != checkpoint.test_images:
            return None
        return binarise(dataset.test.images, checkpoint.training.get("binarisation", "none"))
    except (DataError, ValueError, OSError):
        return None  # the map shows the examples instead
