"""The latent map's component: its data, and what the user pins and groups in it."""

from collections.abc import Mapping
from functools import partial
from typing import TypedDict

import streamlit as st

from vae.projection.config import ProjectionConfig
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import current_image, links, loaders, page, scripts
from vae.views.latent_map import map_data
from vae.views.shared.pages import LATENT_MAP

PINNED = "pinned on the map"


class Pin(TypedDict):
    """What is pinned. row: the test image, whose mean z is; None for another place. exact: whether z is exact there;
    near: whether an image is near, where it is not.
    """

    model: str
    z: list[float]
    row: int | None
    exact: bool
    near: bool


def latent_map(checkpoint: Checkpoint, config: ProjectionConfig) -> None:
    """The map of the encoded test set under this projection.

    What is pinned stays in the link and, for the other pages, in st.session_state["map_pinned"] (a Pin or None); groups
    for the latent arithmetic in st.session_state["map_groups"] ({model, A, B: rows}).
    """
    state, name = st.session_state, checkpoint.name
    if "map_shading" not in state or links.by_history():
        state["map_shading"] = st.query_params.get("shading") == "on"
    pinned = state["map_pinned"] = _pin(checkpoint)
    state["map_model"] = name
    data = loaders.or_stop(_about, checkpoint) | {
        "label": page.choose_label(checkpoint, "Each image's own"),
        "config": config.to_json(),
        "z": state.get("explore_z") if state.get("explore_model") == name else None,
        "pinned": pinned,
        "shading": state["map_shading"],
    }
    component = scripts.component(LATENT_MAP.name, *LATENT_MAP.styles)
    on_pinned = partial(_take_pin, checkpoint)
    result = component(
        key="latent_map",
        data=data,
        on_pinned_change=on_pinned,
        on_groups_change=lambda: None,
        on_shading_change=_take_shading,
    )
    if isinstance(result.groups, dict) and result.groups.get("model") == name:
        state["map_groups"] = _sent_groups(result.groups, checkpoint)
    _write_link(pinned)


@st.cache_resource(max_entries=16, show_spinner=False)
def _about(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    return map_data(_checkpoint, str(version[1]))


def _pin(checkpoint: Checkpoint) -> Pin | None:
    """What is pinned: a new link's z or test image, a test image chosen on another page, else what was pinned before.

    A place means nothing to another model, a test image is one for all models of its data set.
    """
    state, name = st.session_state, checkpoint.name
    before: Pin | None = state.get("map_pinned")
    by_link = "map_model" not in state or links.by_history()
    linked = current_image.follow_link(checkpoint)
    newer = current_image.is_newer("map")
    z = links.parse_z(st.query_params.get("z"), checkpoint.model_config.latent_dim) if by_link else None
    if z is not None and linked is None:
        current_image.choose_place(checkpoint, PINNED, z)
        return {"model": name, "z": z, "row": None, "exact": True, "near": True}
    if links.by_history() and linked is None:
        return None
    of_model = before is not None and before["model"] == name
    if newer or (before and before["row"] is not None and not of_model):
        row = current_image.chosen_image(checkpoint)
        return None if row is None else _pinned_image(checkpoint, row)
    return before if of_model else None


def _pinned_image(checkpoint: Checkpoint, row: int) -> Pin:
    z = loaders.load_encoded(checkpoint).mean[row].tolist()
    return {"model": checkpoint.name, "z": z, "row": row, "exact": True, "near": True}


def _take_pin(checkpoint: Checkpoint) -> None:
    """Takes what the user has pinned or unpinned; other pages start from it."""
    sent = st.session_state["latent_map"]["pinned"]
    if not isinstance(sent, dict) or sent.get("model") != checkpoint.name:
        return
    pinned = st.session_state["map_pinned"] = _sent_pin(sent, checkpoint)
    if pinned is None:
        return
    if pinned["row"] is not None:
        current_image.choose_image(checkpoint, pinned["row"])
    else:
        current_image.choose_place(checkpoint, PINNED, pinned["z"])


def _take_shading() -> None:
    """Takes whether the map's ground is how much the picture changes per step of z."""
    sent = st.session_state["latent_map"]["shading"]
    st.session_state["map_shading"] = isinstance(sent, dict) and sent.get("shown") is True


def _write_link(pinned: Pin | None) -> None:
    """The ground; z of what is pinned and, of a test image, its number, which holds for other models, too."""
    if st.session_state["map_shading"]:
        st.query_params["shading"] = "on"
    else:
        st.query_params.pop("shading", None)
    current_image.write_link(pinned["row"] if pinned else None)
    if pinned:
        st.query_params["z"] = links.format_z(pinned["z"])
    else:
        st.query_params.pop("z", None)


def _sent_pin(value: Mapping[str, object], checkpoint: Checkpoint) -> Pin | None:
    """What is pinned on the map; None for nothing."""
    z = links.sent_z(value.get("z"), checkpoint.model_config.latent_dim)
    row, exact = links.sent_row(value.get("row"), checkpoint), value.get("exact") is True
    near = value.get("near") is not False
    return None if z is None else {"model": checkpoint.name, "z": z, "row": row, "exact": exact, "near": near}


def _sent_groups(value: Mapping[str, object], checkpoint: Checkpoint) -> dict[str, object]:
    """The groups A and B of test images."""
    groups: dict[str, object] = {"model": checkpoint.name}
    for name in ("A", "B"):
        asked = value.get(name)
        rows = asked if isinstance(asked, list) and len(asked) <= checkpoint.test_images else []
        groups[name] = [row for item in rows if (row := links.sent_row(item, checkpoint)) is not None]
    return groups
