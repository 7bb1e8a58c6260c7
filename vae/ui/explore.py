"""The Python side of the Explore page: its component's data of a checkpoint, and z in the link."""

import base64

import numpy as np
import streamlit as st

from vae.model.latents import EncodedSet, FloatArray
from vae.projection.methods import fit_pca
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import links, loaders, page, scripts
from vae.ui.shared.figures import PALETTE

MAP_POINTS = 2000  # as many as a small map can show


def explore(checkpoint: Checkpoint) -> None:
    """The live sliders. z at the last release of a slider is in the page's state and in the link."""
    encoded = loaders.load_encoded(checkpoint)
    fresh = st.session_state.get("explore_model") != checkpoint.name
    if fresh:  # a first visit may have a z in its link; a z of another model is not used
        linked = st.query_params.get("z") if "explore_model" not in st.session_state else None
        st.session_state["explore_z"] = links.parse_z(linked, checkpoint.model_config.latent_dim)
        st.session_state["explore_model"] = checkpoint.name
    image = _choose_test_image(checkpoint)
    own = int(encoded.labels[image])
    start = {"id": f"{image}", "title": f"test image {image} · {checkpoint.class_names[own]}"}
    data = loaders.or_stop(_explore_data, checkpoint) | {
        "start": start | {"z": encoded.mean[image].tolist()},
        "z": st.session_state["explore_z"],
        "label": page.choose_label(checkpoint, f"the image's own: {checkpoint.class_names[own]}", own),
    }
    component = scripts.component("explore", "explore/explore.css")
    result = component(key="explore", data=data, on_z_change=lambda: None)
    if not fresh and (z := links.sent_z(result.z, checkpoint.model_config.latent_dim)) is not None:
        st.session_state["explore_z"] = z
    if st.session_state["explore_z"] is not None:
        st.query_params["z"] = links.format_z(st.session_state["explore_z"])


def _choose_test_image(checkpoint: Checkpoint) -> int:
    """The encoded test image to start from; part of the URL."""
    last = checkpoint.test_images - 1
    with st.sidebar:
        return int(
            st.number_input(
                f"Start from test image (0 to {last:,})",
                min_value=0,
                max_value=last,
                value=0,
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
