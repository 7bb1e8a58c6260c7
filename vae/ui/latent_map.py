"""The Latent map page's end in Python: what its component is told, what it pins and groups, what it is served from."""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.datasets.pictures import DataError
from vae.datasets.registry import is_available, load_dataset
from vae.datasets.splits import binarise
from vae.model.latents import EncodedSet, FloatArray
from vae.projection.methods import ProjectionConfig
from vae.projection.service import Layouts
from vae.server.decode import UnknownModelError
from vae.server.latent_map import MapSource
from vae.storage.checkpoints import EXAMPLES, Checkpoint
from vae.storage.files import CheckpointError
from vae.ui.shared import links, loaders, page, scripts
from vae.ui.shared.figures import PALETTE

_loading = ThreadPoolExecutor(1, thread_name_prefix="test-images")


def latent_map(checkpoint: Checkpoint, config: Mapping[str, object]) -> None:
    """The map of the encoded test set under this projection: the fields of a ProjectionConfig by name.

    What is pinned stays in the link and, for the other pages, in st.session_state["map_pinned"] ({model, z, row: a test
    image or None, exact}); groups for the latent arithmetic in st.session_state["map_groups"] ({model, A, B: rows}).
    """
    state, name = st.session_state, checkpoint.name
    if state.get("map_model") != name:  # a first visit may come by a link; a pin of another model means nothing here
        linked = st.query_params.get("z") if "map_model" not in state else None
        z = links.parse_z(linked, checkpoint.model_config.latent_dim)
        state["map_model"] = name
        state["map_pinned"] = None if z is None else {"model": name, "z": z, "row": None, "exact": True}
    explored = state.get("explore_z") if state.get("explore_model") == name else None
    data = {
        "script": scripts.script_url("map/map.js"),
        "base": scripts.base_path(),
        "plotly": scripts.plotly_url(),
        "model": name,
        "version": loaders.or_stop(lambda _, version: str(version[1]), checkpoint),
        "classes": checkpoint.model_config.classes,
        "label": page.choose_label(checkpoint, "each image's own"),
        "prior": checkpoint.kl_per_dimension is not None,
        "palette": list(PALETTE),
        "config": dict(config),
        "z": explored,
        "pinned": state["map_pinned"],
        "examples": min(checkpoint.test_images, EXAMPLES),
    }
    component = scripts.component("latent_map", "map/map.css")
    result = component(key="latent_map", data=data, on_pinned_change=lambda: None, on_groups_change=lambda: None)
    if isinstance(result.pinned, dict) and result.pinned.get("model") == name:
        state["map_pinned"] = _sent_pin(result.pinned, checkpoint)
    if isinstance(result.groups, dict) and result.groups.get("model") == name:
        state["map_groups"] = _sent_groups(result.groups, checkpoint)
    if state["map_pinned"] is None:
        st.query_params.pop("z", None)
    else:
        st.query_params["z"] = links.format_z(state["map_pinned"]["z"])


def _sent_pin(value: Mapping[str, object], checkpoint: Checkpoint) -> dict[str, object] | None:
    """What is pinned on the map; None for nothing."""
    z = links.sent_z(value.get("z"), checkpoint.model_config.latent_dim)
    row, exact = links.sent_row(value.get("row"), checkpoint), value.get("exact") is True
    return None if z is None else {"model": checkpoint.name, "z": z, "row": row, "exact": exact}


def _sent_groups(value: Mapping[str, object], checkpoint: Checkpoint) -> dict[str, object]:
    """The groups A and B of test images."""
    groups: dict[str, object] = {"model": checkpoint.name}
    for name in ("A", "B"):
        asked = value.get(name)
        rows = asked if isinstance(asked, list) and len(asked) <= checkpoint.test_images else []
        groups[name] = [row for item in rows if (row := links.sent_row(item, checkpoint)) is not None]
    return groups


@lru_cache(maxsize=1)
def layouts() -> Layouts:
    """All projections of this process; those that were computed are kept in $VAE_CACHE, else the user's own cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("VAE_CACHE") or home / "latent-lab") / "projections"
    return Layouts(folder, gpu=loaders.device().type == "cuda")


def map_source(name: str) -> MapSource:
    """What the latent map draws of the checkpoint of this name. Called outside any page.

    Raises UnknownModelError, with the reason, if there is no such checkpoint or it is broken.
    """
    found = loaders.usable(name)
    try:
        version = loaders.version_of(found)
        encoded, examples = loaders.cached_encoded(found, version), loaders.cached_examples(found, version)
        loading = _test_images(found, version)
    except (CheckpointError, FileNotFoundError) as error:
        raise UnknownModelError(f"The checkpoint {name!r} cannot be used: {error}") from error
    wait([loading], timeout=0.5)  # a small data set is read by then, and the map need not do without its pictures
    images = loading.result() if loading.done() else None
    images = examples if images is None else images
    saved = partial(_saved_projection, found, encoded)
    shape = found.model_config.image_shape
    return MapSource(name, f"{version[1]}-{len(images)}", encoded, found.class_names, shape, images, saved)


def _saved_projection(checkpoint: Checkpoint, encoded: EncodedSet, config: ProjectionConfig) -> FloatArray | None:
    """The projection that was computed ahead, with the parameters that are the method's defaults."""
    if config.method == "raw" or config.used != ProjectionConfig(config.method, config.dims):
        return None
    try:
        return checkpoint.load_projection(encoded, config.method, config.dims)
    except (CheckpointError, FileNotFoundError):
        return None  # broken, or just deleted: it is computed again


@st.cache_resource(max_entries=4, show_spinner=False)
def _test_images(_checkpoint: Checkpoint, version: tuple[str, int]) -> Future[NDArray[np.uint8] | None]:
    """All test images, as the model was trained on them, once they are read; None where its data set is not here."""
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
        return None  # the examples are there instead
