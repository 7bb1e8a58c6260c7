"""The link, and untrusted values: z in it, and what a component in the browser sends."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from vae.server.live.decode_frames import LARGEST_Z
from vae.storage.checkpoints import Checkpoint
from vae.validation import is_number

LINK_BOUND = 1000.0  # of latent values; users need no larger ones


def by_history() -> bool:
    """Whether the user went back or forward in the browser's history: then the link says what to show."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def parse_z(text: str | None, latent_dim: int) -> list[float] | None:
    """The z of a link: comma-separated numbers. None, with a warning on the page, if they do not fit the model."""
    if text is None:
        return None
    try:
        z = [float(number) for number in text.split(",")]
    except ValueError:
        z = []
    if len(z) != latent_dim or not all(is_number(value, -LINK_BOUND, LINK_BOUND) for value in z):
        st.warning(f"This link's z is not {latent_dim} numbers from -{LINK_BOUND:g} to {LINK_BOUND:g}; it is ignored.")
        return None
    return z


def format_z(z: Sequence[float]) -> str:
    """Numbers with up to four decimals, the precision of the sliders."""
    return ",".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in z)


def sent_z(value: object, latent_dim: int) -> list[float] | None:
    """The z that a component has sent; None if it does not fit the model."""
    if not isinstance(value, list) or len(value) != latent_dim:
        return None
    return [float(n) for n in value] if all(is_number(n, -LARGEST_Z, LARGEST_Z) for n in value) else None


def sent_row(value: object, checkpoint: Checkpoint) -> int | None:
    """The number of the test image that a component has sent; None if there is no such image."""
    row = int(value) if is_number(value, 0, checkpoint.test_images - 1) else None
    return row if row == value else None
