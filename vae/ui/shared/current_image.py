"""The test image that all pages show in this session, one for each data set, and the place of latent space after it."""

from dataclasses import dataclass

import streamlit as st

from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import links
from vae.validation import parse_whole


@dataclass(frozen=True)
class Place:
    """A z that is no test image's mean, for Explore to start from. It means nothing to another model.

    label: the class that a conditional model decoded it as; None where that is not known.
    """

    model: str
    title: str
    z: tuple[float, ...]
    label: int | None = None


def chosen_image(checkpoint: Checkpoint) -> int | None:
    """The test image that was last chosen of the model's data set; None before."""
    rows: dict[str, int] = st.session_state.get("chosen_images", {})
    row = rows.get(checkpoint.content_hash)
    return row if row is not None and row < checkpoint.test_images else None


def shown_image(checkpoint: Checkpoint) -> int:
    """The test image that pages show: the chosen one, else the first."""
    return chosen_image(checkpoint) or 0


def choose_image(checkpoint: Checkpoint, row: int) -> None:
    """Makes a test image the one that all pages show, for every model of its data set."""
    state = st.session_state
    state["chosen_images"] = state.get("chosen_images", {}) | {checkpoint.content_hash: row}
    state["image_choices"] = _choices() + 1
    state["chosen_place"] = None


def forget(checkpoint: Checkpoint) -> None:
    """Takes back what was chosen of the model's data set."""
    st.session_state.get("chosen_images", {}).pop(checkpoint.content_hash, None)


def choose_place(checkpoint: Checkpoint, title: str, z: list[float], label: int | None = None) -> None:
    """Makes z what Explore starts from, until a test image or another z is chosen."""
    st.session_state["chosen_place"] = Place(checkpoint.name, title, tuple(z), label)


def chosen_place(checkpoint: Checkpoint) -> Place | None:
    """The place of this model that was chosen after the last test image; None if there is none."""
    place: Place | None = st.session_state.get("chosen_place")
    return place if place and place.model == checkpoint.name else None


def show_own_picture() -> None:
    """The user shows a picture of their own, which the browser keeps; it comes before the test images chosen so far."""
    st.session_state["own_after"] = _choices()


def shows_own_picture(checkpoint: Checkpoint) -> bool:
    """Whether the user's own picture, where the browser has one, is newer than the choice of a test image.

    Takes the test image of the link where the link decides.
    """
    linked = follow_link(checkpoint)
    if links.by_history() and linked is None:
        show_own_picture()
    return is_own_picture_newest()


def is_own_picture_newest() -> bool:
    """Whether no test image was chosen since the user showed a picture of their own."""
    after: int = st.session_state.get("own_after", 0)
    return after == _choices()


def is_newer(page: str) -> bool:
    """Whether any test image has been chosen since this page last asked."""
    seen: dict[str, int] = st.session_state.setdefault("choices_seen", {})
    newer = seen.get(page, 0) != _choices()
    seen[page] = _choices()
    return newer


def _choices() -> int:
    count: int = st.session_state.get("image_choices", 0)
    return count


def link_decides() -> bool:
    """Whether the link says which test image to show: nothing is chosen yet, or the user went back in the history."""
    return not _choices() or links.by_history()


def linked_image(checkpoint: Checkpoint) -> int | None:
    """The test image in the link; None if the link has none or there is no such image."""
    return parse_whole(st.query_params.get("image", ""), 0, checkpoint.test_images - 1)


def follow_link(checkpoint: Checkpoint) -> int | None:
    """The test image in the link, which becomes the chosen one where the link decides."""
    row = linked_image(checkpoint)
    if row is not None and link_decides():
        choose_image(checkpoint, row)
    return row


def write_link(row: int | None) -> None:
    """Puts the test image into the link; None takes it out."""
    if row is not None:
        st.query_params["image"] = f"{row}"
    else:
        st.query_params.pop("image", None)
