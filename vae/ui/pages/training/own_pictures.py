"""What the form says about the user's own pictures before a run starts."""

import re

import streamlit as st

from vae.datasets.splits import Dataset
from vae.datasets.user_images.names import ENCODINGS, UNKNOWN
from vae.datasets.user_images.summary import summary


def show_summary(dataset: Dataset) -> None:
    """The classes and splits with their number of pictures, and what is left out or looks wrong."""
    st.caption("  \n".join(map(plain, summary(dataset))))
    if dataset.warnings:
        st.warning("\n\n".join(map(plain, dataset.warnings)))
    if UNKNOWN in dataset.warnings or chosen_encoding():
        st.selectbox("Encoding of the names", list(ENCODINGS), key="encoding", index=None, placeholder="unknown")


def chosen_encoding() -> str | None:
    """The encoding of file names that was chosen below the summary."""
    return ENCODINGS.get(st.session_state.get("encoding") or "")


def plain(text: str) -> str:
    """Markdown that shows this text in one line as it is: folders and files may have any names."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
