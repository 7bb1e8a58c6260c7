"""The Python side of the Explore page: its component's data of a checkpoint, and z in the link."""

import base64
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from vae.model.latents import EncodedSet, FloatArray
from vae.projection.methods import fit_pca
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import links, loaders, looked, page, scripts
from vae.ui.shared.figures import PALETTE

MAP_POINTS = 2000  # as many as a small map can show


@dataclass(frozen=True)
class Start:
    """Where Explore starts: its picture "before". image: the test image that was chosen then.

    number: counts the starts of a session, so that a z that the browser sends is known to be of this one.
    """

    number: int
    model: str
    image: int
    title: str
    z: tuple[float, ...]


def explore(checkpoint: Checkpoint) -> None:
    """The live sliders. z at the last release of a slider is in the page's state and in the link."""
    start = _start(checkpoint)
    names, own = checkpoint.class_names, int(loaders.load_encoded(checkpoint).labels[start.image])
    data = loaders.or_stop(_explore_data, checkpoint) | {
        "start": {"id": f"{start.number}", "title": start.title, "z": start.z},
        "z": st.session_state["explore_z"],
        "label": page.choose_label(checkpoint, f"the image's own: {names[own]}", own),
    }
    component = scripts.component("explore", "explore/explore.css", *scripts.PANELS)
    result = component(key="explore", data=data, on_z_change=lambda: None)
    if isinstance(result.z, dict) and result.z.get("start") == f"{start.number}":
        z = links.sent_z(result.z.get("z"), checkpoint.model_config.latent_dim)
        st.session_state["explore_z"] = z or st.session_state["explore_z"]
    _write_link()


def _start(checkpoint: Checkpoint) -> Start:
    """The start of before, or a new one: of a link, of what was looked at on another page, of another image or model.

    Sets explore_z and explore_model, for this page and others: z is None at the mean of the start's image.
    """
    state, by_history = st.session_state, links.by_history()
    before: Start | None = state.get("explore_start")
    place = _looked_at(checkpoint)
    z = _linked_z(checkpoint) if before is None or by_history else None
    if z is not None or by_history:
        place = None  # the link decides
    image = _choose_test_image(checkpoint, place.row if place else None)
    as_before = before is not None and (before.model, before.image) == (checkpoint.name, image)
    if before is not None and as_before and place is None and not by_history:
        return before
    encoded, number = loaders.load_encoded(checkpoint), before.number + 1 if before else 0
    title = f"test image {image} · {checkpoint.class_names[int(encoded.labels[image])]}"
    start = Start(number, checkpoint.name, image, title, tuple(encoded.mean[image].tolist()))
    if place and place.row is None:
        start, z = replace(start, title=place.title, z=place.z), list(place.z)
    state["explore_start"], state["explore_model"], state["explore_z"] = start, checkpoint.name, z
    return start


def _linked_z(checkpoint: Checkpoint) -> list[float] | None:
    return links.parse_z(st.query_params.get("z"), checkpoint.model_config.latent_dim)


def _looked_at(checkpoint: Checkpoint) -> looked.Place | None:
    """What was looked at on another page since Explore was shown, if this model has it.

    A test image is one for every model of its data set, a z for its own model alone.
    """
    place = looked.take()
    if place is None or place.row is None:
        return place if place and place.model == checkpoint.name else None
    return place if place.data == checkpoint.content_hash and place.row < checkpoint.test_images else None


def _write_link() -> None:
    if st.session_state["explore_z"] is not None:
        st.query_params["z"] = links.format_z(st.session_state["explore_z"])
    elif "z" in st.query_params:
        del st.query_params["z"]


def _choose_test_image(checkpoint: Checkpoint, looked_at: int | None) -> int:
    """The encoded test image to start from; part of the URL. looked_at: the one to choose now."""
    last = checkpoint.test_images - 1
    if looked_at is not None:
        st.session_state["image"] = looked_at
    with page.controls():
        return int(
            st.number_input(
                f"Start from test image (0 to {last:,})",
                min_value=0,
                max_value=last,
                key="image",
                bind="query-params",
                persist_state="session",
                help="Its mean μ of q(z|x) becomes z.",
            )
        )


@st.cache_resource(max_entries=16, show_spinner=False)
def _explore_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    config, encoded = _checkpoint.model_config, loaders.cached_encoded(_checkpoint, version)
    mean, components = _small_map(encoded)
    points = (encoded.mean[:MAP_POINTS] - mean) @ components.T
    return {
        "script": scripts.script_url("explore/explore.js"),
        "model": _checkpoint.name,
        "latent_dim": config.latent_dim,
        "image_shape": list(config.image_shape),
        "classes": config.classes,
        "kl": _checkpoint.kl_per_dimension,
        "spread": encoded.mean.std(axis=0).tolist(),
        "points": base64.b64encode(points.astype("<f4").tobytes()).decode(),
        "labels": base64.b64encode(encoded.labels[:MAP_POINTS].astype("<u2").tobytes()).decode(),
        "class_names": list(_checkpoint.class_names),
        "palette": list(PALETTE),
        "projection": {"mean": mean.tolist(), "components": components.tolist()},
    }


def _small_map(encoded: EncodedSet) -> tuple[FloatArray, FloatArray]:
    """Origin and axes of the plane beside the picture: z[0] and z[1] if there are no more dimensions."""
    latent_dim = encoded.mean.shape[1]
    if latent_dim <= 2:
        return np.zeros(latent_dim, np.float32), np.eye(2, latent_dim, dtype=np.float32)
    pca = fit_pca(encoded.mean, 2)
    return pca.mean, pca.components
