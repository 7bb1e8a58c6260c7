"""What was last looked at in this session, on any page but Explore, which starts from it."""

from dataclasses import dataclass

import streamlit as st

from vae.storage.checkpoints import Checkpoint


@dataclass(frozen=True)
class Place:
    """A place of a model's latent space. data: the content hash of its data set.

    row: the test image at whose mean the place is, None for another place. z: latent_dim numbers; none with a row.
    """

    model: str
    data: str
    title: str
    row: int | None = None
    z: tuple[float, ...] = ()


def remember(
    page: str, checkpoint: Checkpoint, title: str, *, row: int | None = None, z: list[float] | None = None
) -> None:
    """Takes what a page shows by the user's choice: the mean of a test image, or z, or None for nothing.

    What the page showed before is no news: a page runs again for many reasons.
    """
    z_shown = tuple(z) if z and row is None else ()
    shown = Place(checkpoint.name, checkpoint.content_hash, title, row, z_shown) if z or row is not None else None
    by_page: dict[str, Place | None] = st.session_state.setdefault("looked_by_page", {})
    if shown is not None and shown != by_page.get(page):
        st.session_state["looked_at"] = shown
    by_page[page] = shown


def take() -> Place | None:
    """The place last looked at, once; None if Explore had it already, or if there is none."""
    place: Place | None = st.session_state.pop("looked_at", None)
    return place
