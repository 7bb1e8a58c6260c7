"""Which film the Training page shows, and which beside it: what link or user chose, else the most telling one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from vae.ui.shared import links
from vae.validation import parse_whole
from vae.views.training import MOST_TELLING

LAST_FRAME = 999  # that a link can name


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
        state["film"] = link.get("film")
        state["beside"] = link.get("beside") or link.get("compare", "").split(",")[0]  # as the light page has it
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


def linked_frame(film: str | None, link: Mapping[str, str], state: Any) -> dict[str, int | None]:
    """Which frame of the film the player opens on. n: from 1 on, None for the last; id: another one for each link.

    The state of the session remembers where the user rests. Another film opens on its last frame.
    """
    if "frame_id" not in state or links.by_history():
        state["frame_id"] = state.get("frame_id", -1) + 1
        state["frame"] = parse_whole(link.get("frame", ""), 1, LAST_FRAME)
    elif film != state["frame_film"]:
        state["frame"] = None
    state["frame_film"] = film
    return {"id": state["frame_id"], "n": state["frame"]}


def rest_at(sent: object) -> None:
    """Takes the frame at which the user rests, {"n": None} for the last. The browser may send anything."""
    frame = sent.get("n") if isinstance(sent, dict) else None
    st.session_state["frame"] = frame if isinstance(frame, int) and 0 < frame <= LAST_FRAME else None


def write_frame(frame: int | None) -> None:
    """Makes the frame part of the link; the last one is not."""
    _write({"frame": None if frame is None else str(frame)})


def write_link(film: str | None, beside: str | None) -> None:
    """Makes the choice part of the link; what the page chose by itself is not, as it follows from the model."""
    _write({"film": film, "beside": beside, "compare": None})


def _write(params: Mapping[str, str | None]) -> None:
    for key, value in params.items():
        if value is not None:
            st.query_params[key] = value
        elif key in st.query_params:
            del st.query_params[key]
