"""The Python side of the Explore page: where it starts, and z in the link."""

from dataclasses import dataclass, replace

import streamlit as st

from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import compared, current_image, links, loaders, page, scripts
from vae.views.explore import explore_data, image_title
from vae.views.shared.pages import EXPLORE


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
    others = compared.choose_compared(checkpoint)
    data = loaders.or_stop(cached_data, checkpoint) | compared.compared_data(checkpoint, others, cached_data)
    data |= {
        "start": {"id": f"{start.number}", "title": start.title, "z": start.z},
        "z": st.session_state["explore_z"],
        "label": page.choose_label(checkpoint, f"the picture's own: {own}", start.label),
    }
    component = scripts.component(EXPLORE.name, *EXPLORE.styles)
    result = component(key="explore", data=data, on_z_change=lambda: None)
    if isinstance(result.z, dict) and result.z.get("start") == f"{start.number}":
        z = links.sent_z(result.z.get("z"), checkpoint.model_config.latent_dim)
        st.session_state["explore_z"] = z or st.session_state["explore_z"]
    _write_link(checkpoint)


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
