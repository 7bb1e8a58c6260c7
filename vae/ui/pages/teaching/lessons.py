"""The Lessons page: summaries of all lessons for its component, which asks the server for the rest."""

import streamlit as st

from vae.ui.shared import links, scripts
from vae.ui.shared.lessons import app_library
from vae.views.shared.scripts import script_url
from vae.views.shared.words import ENGLISH, LANGUAGES, known_language

STYLES = ("lib/controls.css", "lib/glossary.css", "lessons/library/library.css")
LONGEST = 80  # characters of a lesson's name in a link


def lessons() -> None:
    """The component. The chosen lesson and the language are part of the link."""
    state = st.session_state
    if "lesson" not in state or links.by_history():
        state["lesson"], state["lesson_language"] = linked_lesson(), linked_language()
    name, language = state["lesson"], state["lesson_language"]
    data = {
        "script": script_url("lessons/library/library.js"),
        "lessons": app_library().summaries(language),
        "language": language,
        "languages": list(LANGUAGES.items()),
        "lesson": name,
    }
    scripts.component("lessons", *STYLES)(key="lessons", data=data, on_chosen_change=_take)
    _write_link("lesson", name)
    _write_link("lang", None if language == ENGLISH else language)


def linked_lesson() -> str | None:
    """The lesson that the link names."""
    return _short(st.query_params.get("lesson"))


def linked_language() -> str:
    """The language that the link names, English where it names none."""
    return known_language(st.query_params.get("lang"))


def _write_link(key: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value


def _take() -> None:
    """Takes what the user has chosen in the component: {"lesson": name or None, "language": code}."""
    sent = st.session_state["lessons"]["chosen"]
    if isinstance(sent, dict):
        st.session_state["lesson"] = _short(sent.get("lesson"))
        st.session_state["lesson_language"] = known_language(_short(sent.get("language")))


def _short(text: object) -> str | None:
    return text if isinstance(text, str) and 0 < len(text) <= LONGEST else None
