"""The latent map's component: its data, and what the user pins and groups in it."""

from collections.abc import Mapping

import streamlit as st

from vae.projection.config import ProjectionConfig
from vae.storage.checkpoints import EXAMPLES, Checkpoint
from vae.ui.shared import links, loaders, looked, page, scripts
from vae.ui.shared.figures import PALETTE


def latent_map(checkpoint: Checkpoint, config: ProjectionConfig) -> None:
    """The map of the encoded test set under this projection.

    What is pinned stays in the link and, for the other pages, in st.session_state["map_pinned"] ({model, z, row: a test
    image or None, exact}); groups for the latent arithmetic in st.session_state["map_groups"] ({model, A, B: rows}).
    """
    state, name = st.session_state, checkpoint.name
    if state.get("map_model") != name:  # a first visit may come by a link; a pin of another model has no meaning here
        linked = st.query_params.get("z") if "map_model" not in state or links.by_history() else None
        z = links.parse_z(linked, checkpoint.model_config.latent_dim)
        state["map_model"] = name
        state["map_pinned"] = None if z is None else {"model": name, "z": z, "row": None, "exact": True}
    explored = state.get("explore_z") if state.get("explore_model") == name else None
    data = {
        "script": scripts.script_url("map/map.js"),
        "plotly": scripts.plotly_url(),
        "model": name,
        "version": loaders.or_stop(lambda _, version: str(version[1]), checkpoint),
        "classes": checkpoint.model_config.classes,
        "label": page.choose_label(checkpoint, "each image's own"),
        "prior": checkpoint.kl_per_dimension is not None,
        "palette": list(PALETTE),
        "config": config.to_json(),
        "z": explored,
        "pinned": state["map_pinned"],
        "examples": min(checkpoint.test_images, EXAMPLES),
    }
    component = scripts.component("latent_map", "map/map.css", *scripts.PANELS)
    result = component(key="latent_map", data=data, on_pinned_change=lambda: None, on_groups_change=lambda: None)
    if isinstance(result.pinned, dict) and result.pinned.get("model") == name:
        state["map_pinned"] = _sent_pin(result.pinned, checkpoint)
    if isinstance(result.groups, dict) and result.groups.get("model") == name:
        state["map_groups"] = _sent_groups(result.groups, checkpoint)
    pinned = state["map_pinned"] or {}
    looked.remember("map", checkpoint, "pinned on the map", row=pinned.get("row"), z=pinned.get("z"))
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
