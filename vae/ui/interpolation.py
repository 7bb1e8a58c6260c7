"""The Python side of the Interpolation page: its component's data of a checkpoint, and its state in the link."""

from typing import Any

import streamlit as st

from vae.datasets.drawing import drawing_frame
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import links, loaders, looked, scripts
from vae.ui.shared.figures import PALETTE

# Parameters of a link; the component reads and checks the values.
KEYS = (
    *("view", "from", "to", "third", "fourth", "base", "z"),
    *("t", "path", "steps", "x", "y", "plus", "minus", "apply", "draw", "strength"),
)
LONGEST = 4000  # characters of one value; longer addresses do not work everywhere


def interpolation(checkpoint: Checkpoint) -> None:
    """The live paths between pictures. The state at the last release is in the session and in the link."""
    loaders.load_model(checkpoint)  # shows the reason if a file is broken; the live service could only refuse
    state = _known(st.query_params.to_dict()) or _known(st.session_state.get("interpolation_state"))
    data = loaders.or_stop(_about, checkpoint) | {
        "pins": _pins(checkpoint),
        "lassos": _lassos(checkpoint),
        "state": state,
    }
    component = scripts.component(
        "interpolation", "lib/drawing.css", "interpolation/interpolation.css", *scripts.PANELS
    )
    result = component(key="interpolation", data=data, on_state_change=lambda: None)
    state = _known(result.state) or state
    _remember(result.state, checkpoint)
    st.session_state["interpolation_state"] = state
    for key in KEYS:
        if key in st.query_params and key not in state:
            del st.query_params[key]
    st.query_params.update(state)


@st.cache_resource(max_entries=16, show_spinner=False)
def _about(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    return {
        "script": scripts.script_url("interpolation/interpolation.js"),
        "model": _checkpoint.name,
        "version": str(version[1]),
        "classes": _checkpoint.model_config.classes,
        "prior": _checkpoint.kl_per_dimension is not None,
        "palette": list(PALETTE),
        "frame": drawing_frame(loaders.cached_examples(_checkpoint, version)),
    }


def _remember(sent: object, checkpoint: Checkpoint) -> None:
    """Keeps the place of the large picture for Explore."""
    place = sent.get("looked") if isinstance(sent, dict) else None
    if isinstance(place, dict) and place.get("model") == checkpoint.name:
        z = links.sent_z(place.get("z"), checkpoint.model_config.latent_dim)
        looked.remember("interpolation", checkpoint, "picture of Interpolation", z=z)


def _known(values: object) -> dict[str, str]:
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
