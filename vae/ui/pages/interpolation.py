"""The Python side of the Interpolation page: its state in the session and in the link."""

from functools import partial
from typing import Any

import streamlit as st

from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import compared, current_image, links, loaders, scripts
from vae.validation import parse_whole
from vae.views.interpolation import KEYS, LONGEST, interpolation_data
from vae.views.shared.pages import INTERPOLATION

State = dict[str, str]


def interpolation(checkpoint: Checkpoint) -> None:
    """The live paths between pictures. The state at the last release is in the session and in the link."""
    loaders.load_model(checkpoint)  # shows the reason if a file is broken; the live service could only refuse
    others = compared.choose_compared(checkpoint)
    state = _state(checkpoint)
    data = loaders.or_stop(cached_data, checkpoint) | compared.compared_data(checkpoint, others, cached_data)
    data |= {
        "image": current_image.shown_image(checkpoint),
        "pins": _pins(checkpoint),
        "lassos": _lassos(checkpoint),
        "state": state,
    }
    component = scripts.component(INTERPOLATION.name, *INTERPOLATION.styles)
    component(key="interpolation", data=data, on_state_change=partial(_take, checkpoint))
    for key in KEYS:
        if key in st.query_params and key not in state:
            del st.query_params[key]
    st.query_params.update(state)


def _state(checkpoint: Checkpoint) -> State:
    """The state of a new link, else that of the session. The first end is the test image of all pages.

    Another end than a test image stays until a test image is chosen on another page.
    """
    session = st.session_state
    linked = _known(st.query_params.to_dict()) if links.by_history() or "interpolation_state" not in session else {}
    state = linked or _known(session.get("interpolation_state"))
    row = _first_row(state, checkpoint)
    if linked and row is not None and current_image.link_decides():
        current_image.choose_image(checkpoint, row)
    newer, shown = current_image.is_newer("interpolation"), current_image.shown_image(checkpoint)
    chosen_since = newer and not linked and current_image.chosen_image(checkpoint) is not None
    if row != shown and (row is not None or chosen_since):
        state["from"] = f"{shown}"
    session["interpolation_state"] = state
    return state


def _first_row(state: State, checkpoint: Checkpoint) -> int | None:
    """The test image that is the first end, where one is."""
    place = state.get("from", "").partition("@")[0]
    return parse_whole(place, 0, checkpoint.test_images - 1)


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    return interpolation_data(_checkpoint, loaders.cached_examples(_checkpoint, version), str(version[1]))


def _take(checkpoint: Checkpoint) -> None:
    """Keeps the state that the component sends. A new first end is all pages' test image, a new place Explore's."""
    session = st.session_state
    sent = session["interpolation"]["state"]
    before, state = session.get("interpolation_state", {}), _known(sent)
    session["interpolation_state"] = state
    place = sent.get("place") if isinstance(sent, dict) else None
    if not isinstance(place, dict) or place.get("model") != checkpoint.name:
        return
    row = _first_row(state, checkpoint)
    if row is not None and row != _first_row(before, checkpoint):
        current_image.choose_image(checkpoint, row)
    elif z := links.sent_z(place.get("z"), checkpoint.model_config.latent_dim):
        current_image.choose_place(checkpoint, "picture of Interpolation", z)


def _known(values: object) -> State:
    """The values that are texts and belong to the state."""
    if not isinstance(values, dict):
        return {}
    found = {key: values[key] for key in KEYS if isinstance(values.get(key), str)}
    return {key: value for key, value in found.items() if len(value) <= LONGEST}


def _pins(checkpoint: Checkpoint) -> list[dict[str, object]]:
    """The z of other pages for this checkpoint, each with a title."""
    session = st.session_state
    pins: list[dict[str, object]] = []
    if session.get("explore_model") == checkpoint.name and session.get("explore_z"):
        pins.append({"title": "z from Explore", "z": session["explore_z"]})
    if pinned := _of_model(session.get("map_pinned"), checkpoint):
        pins.append({"title": "pinned on the map", "z": pinned["z"]})
    return pins


def _lassos(checkpoint: Checkpoint) -> dict[str, list[int]]:
    """The groups of test images selected on the map, by name."""
    groups = _of_model(st.session_state.get("map_groups"), checkpoint)
    return {name: groups[name] for name in ("A", "B") if groups.get(name)}


def _of_model(state: dict[str, Any] | None, checkpoint: Checkpoint) -> dict[str, Any]:
    """The state of another page, if it is of this checkpoint."""
    return state if state and state.get("model") == checkpoint.name else {}
