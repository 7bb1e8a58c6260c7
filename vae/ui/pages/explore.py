"""The Python side of the Explore page: where it starts, and z in the link."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import compared, current_image, links, loaders, page, scripts
from vae.validation import is_whole
from vae.views.explore import explore_data, image_title
from vae.views.shared.pages import EXPLORE

INPUTS = ("image", "percentile", "z")  # what can be the same for models side by side: see explore/same-input.js
MAP_DATA = {"points", "labels", "class_names", "palette", "projection"}


@dataclass(frozen=True)
class Start:
    """Where Explore starts: its picture "before". image, place: what was chosen then, even if the link had another z.

    number: counts the starts of a session, so that a z that the browser sends is known to be of this one.
    label: the class that a conditional model decodes the picture as.
    """

    number: int
    model: str
    image: int
    place: current_image.Place | None
    title: str
    z: tuple[float, ...]
    label: int


def explore(checkpoint: Checkpoint) -> None:
    """The live sliders. z at the last release of a slider is in the page's state and in the link."""
    start = _start(checkpoint)
    own = checkpoint.class_names[start.label]
    label = page.choose_label(checkpoint, f"the picture's own: {own}", start.label)
    others = compared.choose_compared(checkpoint)
    data = loaders.or_stop(cached_data, checkpoint) | _beside(checkpoint, others, start)
    data |= {
        "start": {"id": f"{start.number}", "title": start.title, "z": start.z},
        "z": st.session_state["explore_z"],
        "label": label,
    }
    component = scripts.component(EXPLORE.name, *EXPLORE.styles)
    result = component(
        key="explore", data=data, on_z_change=lambda: None, on_input_change=_take_input, on_label_change=_take_label
    )
    if isinstance(result.z, dict) and result.z.get("start") == f"{start.number}":
        z = links.sent_z(result.z.get("z"), checkpoint.model_config.latent_dim)
        st.session_state["explore_z"] = z or st.session_state["explore_z"]
    _write_link(checkpoint)


def _beside(checkpoint: Checkpoint, others: list[Checkpoint], start: Start) -> dict[str, Any]:
    """What comparing adds to the component's data: the others' own start, and what is the same input for all."""
    data = compared.compared_data(checkpoint, others, _cached_other)
    if not data:
        return {}
    row, first = start.image, loaders.load_encoded(checkpoint).mean[start.image]
    at_image = start.z == tuple(first.tolist())
    encoded = {other.name: loaders.cached_encoded(other, loaders.version_of(other)) for other in others}
    for each in data["compare"]:
        each["start"] = {"z": encoded[each["model"]].mean[row].tolist()} if at_image else None
    return data | {"codes": loaders.or_stop(compared.cached_codes, checkpoint), "input": _chosen_input()}


def _chosen_input() -> str:
    """What is the same input for all models: of the session, else of the link, into which it goes."""
    state, linked = st.session_state, st.query_params.get("input", "")
    if "explore_input" not in state or links.by_history():
        state["explore_input"] = linked if linked in INPUTS else INPUTS[0]
    chosen: str = state["explore_input"]
    if chosen != INPUTS[0]:
        st.query_params["input"] = chosen
    else:
        st.query_params.pop("input", None)
    return chosen


def _take_input() -> None:
    sent = st.session_state["explore"].input
    if sent in INPUTS:
        st.session_state["explore_input"] = sent


def _take_label() -> None:
    """A class that was chosen among the pictures, as if it had been chosen above them."""
    sent = st.session_state["explore"].label
    names = loaders.usable(st.session_state["explore_model"]).class_names
    label = sent.get("label") if isinstance(sent, dict) else None
    if is_whole(label, 0, len(names) - 1):
        page.take_label(names[label])


def _cached_other(other: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """What is shown of a model beside the first: all but its map."""
    own = cached_data(other, version) | {"codes": compared.cached_codes(other, version)}
    return {key: value for key, value in own.items() if key not in MAP_DATA}


def _start(checkpoint: Checkpoint) -> Start:
    """The start of before, or a new one: of a link, of what was chosen since on any page, or of another model.

    Sets explore_z and explore_model, for this page and others: z is None at the mean of the start's image.
    """
    state, by_history = st.session_state, links.by_history()
    before: Start | None = state.get("explore_start")
    image, place = _choose_test_image(checkpoint), current_image.chosen_place(checkpoint)
    as_before = before and (before.model, before.image, before.place) == (checkpoint.name, image, place)
    if before and as_before and not by_history:
        return before
    z = _linked_z(checkpoint) if before is None or by_history else None
    start = _start_at_image(checkpoint, image, place, before.number + 1 if before else 0)
    if place and z is None and not by_history:  # else the link decides
        label = start.label if place.label is None else place.label
        start, z = replace(start, title=place.title, z=place.z, label=label), list(place.z)
    state["explore_start"], state["explore_model"], state["explore_z"] = start, checkpoint.name, z
    return start


def _start_at_image(checkpoint: Checkpoint, image: int, place: current_image.Place | None, number: int) -> Start:
    encoded = loaders.load_encoded(checkpoint)
    label, mean = int(encoded.labels[image]), encoded.mean[image].tolist()
    title = image_title(checkpoint, encoded, image)
    return Start(number, checkpoint.name, image, place, title, tuple(mean), label)


def _linked_z(checkpoint: Checkpoint) -> list[float] | None:
    return links.parse_z(st.query_params.get("z"), checkpoint.model_config.latent_dim)


def _write_link(checkpoint: Checkpoint) -> None:
    current_image.write_link(current_image.chosen_image(checkpoint))
    if st.session_state["explore_z"] is not None:
        st.query_params["z"] = links.format_z(st.session_state["explore_z"])
    elif "z" in st.query_params:
        del st.query_params["z"]


def _choose_test_image(checkpoint: Checkpoint) -> int:
    """The test image to start from."""
    last = checkpoint.test_images - 1
    if current_image.follow_link(checkpoint) is None and links.by_history():
        current_image.forget(checkpoint)
    st.session_state["image"] = current_image.shown_image(checkpoint)
    with page.controls():
        return int(
            st.number_input(
                f"Start from test image (0 to {last:,})",
                min_value=0,
                max_value=last,
                key="image",
                on_change=_take_test_image,
                args=(checkpoint,),
                help="Its mean μ of q(z|x) becomes z. It is the test image of the other pages, too.",
            )
        )


def _take_test_image(checkpoint: Checkpoint) -> None:
    current_image.choose_image(checkpoint, int(st.session_state["image"]))


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    return explore_data(_checkpoint, loaders.cached_encoded(_checkpoint, version))
