"""Which film the Training page shows, and which beside it: what link or user chose, else the most telling one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from vae.ui.shared import links

MOST_TELLING = "mnist-z2"  # the whole latent space of its film can be seen


@dataclass(frozen=True)
class Selection:
    """film, beside: names, None for none; of a film without pictures there is none beside it.

    note: why it is the film of another model than the chosen one; no_other: why nothing can be beside it; each a
    sentence, or "".
    """

    film: str | None
    beside: str | None = None
    note: str = ""
    no_other: str = ""


def selection(current: str | None, films: Sequence[str], link: Mapping[str, str], state: Any) -> Selection:
    """What to show; the state of the session remembers the choice and what it was made for.

    current: the chosen model. films: those that have one, in the order in which they are offered. A run that was just
    started is shown; a model that was just chosen, too.
    """
    first, started = "film_of" not in state, state.get("started")
    if first or links.by_history():
        state["film"], state["beside"] = link.get("film"), link.get("beside")
    elif started != state.get("film_started") and started in films:
        state["film"] = started
    elif current != state["film_of"]:
        state["film"] = None
    state["film_of"], state["film_started"] = current, started
    asked = state.get("film")
    if asked is not None and asked not in {*films, current}:
        asked = state["film"] = None
    film = asked or next((name for name in (current, MOST_TELLING, *films) if name in films), current)
    if film not in films:
        return Selection(film, no_other="Choose a film first: curves alone have nothing beside them.")
    others = [name for name in films if name != film]
    beside = state.get("beside") if state.get("beside") in others else None
    note = ""
    if not asked and current is not None and film != current:
        note = f"No film was kept of {current}. This is the film of {film}."
    return Selection(film, beside, note, "" if others else "There is no other film yet. Train a model to compare.")


def choose(film: object, beside: object) -> None:
    """Takes what the user chose: names of films, None for none. The next run of the page drops unknown ones."""
    for key, value in (("film", film), ("beside", beside)):
        st.session_state[key] = value if isinstance(value, str) else None


def write_link(film: str | None, beside: str | None) -> None:
    """Makes the choice part of the link; what the page chose by itself is not, as it follows from the model."""
    for key, value in (("film", film), ("beside", beside)):
        if value is not None:
            st.query_params[key] = value
        elif key in st.query_params:
            del st.query_params[key]
