"""What comes from outside: z in a link, and what a component's browser sends, which may be anything."""

from collections.abc import Sequence

import streamlit as st

from vae.server.decode_frames import LARGEST_Z
from vae.storage.checkpoints import Checkpoint

LINK_BOUND = 1000.0  # latent values beyond it are nobody's choice


def parse_z(text: str | None, latent_dim: int) -> list[float] | None:
    """The z of a link: comma-separated numbers. None, with the reason on the page, if they do not fit the model."""
    if text is None:
        return None
    try:
        z = [float(number) for number in text.split(",")]
    except ValueError:
        z = []
    if len(z) != latent_dim or not all(abs(value) <= LINK_BOUND for value in z):  # also false for NaN
        st.warning(f"This link's z is not {latent_dim} numbers from -{LINK_BOUND:g} to {LINK_BOUND:g}; it is ignored.")
        return None
    return z


def format_z(z: Sequence[float]) -> str:
    """Numbers with up to four decimals, the precision that the sliders decode with."""
    return ",".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in z)


def sent_z(value: object, latent_dim: int) -> list[float] | None:
    """The z that a component's browser has sent; None where it is none of this model's."""
    if not isinstance(value, list) or len(value) != latent_dim:
        return None
    fine = all(isinstance(number, (int, float)) and abs(number) <= LARGEST_Z for number in value)  # false for NaN, too
    return [float(number) for number in value] if fine else None


def sent_row(value: object, checkpoint: Checkpoint) -> int | None:
    """The test image that a component's browser has sent; None where there is no such image."""
    fine = isinstance(value, (int, float)) and 0 <= value < checkpoint.test_images and value == int(value)
    return int(value) if fine else None  # type: ignore[call-overload]
