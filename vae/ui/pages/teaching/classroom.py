"""The Class page: what its component knows of the app. All else it asks of the class's own routes."""

from typing import Any

import streamlit as st

from vae.classroom.addresses import is_reachable, own_addresses
from vae.classroom.messages.protocol import MAX_REHEARSAL
from vae.storage.checkpoints import Checkpoint
from vae.ui.pages.teaching.lessons import linked_language, linked_lesson
from vae.ui.shared import origins, scripts
from vae.ui.shared.lessons import app_library
from vae.validation import parse_whole
from vae.views.shared.models import words
from vae.views.shared.scripts import script_url
from vae.views.shared.words import ENGLISH, LANGUAGES

WANTED = ("lesson", "lang", "rehearse")  # in the link
STYLES = (
    "lib/controls.css",
    "classroom/histogram.css",
    "classroom/shared-map.css",
    "classroom/teacher/teacher.css",
    "lib/popover.css",
    "lib/glossary.css",
)


def classroom(chosen: Checkpoint | None) -> None:
    """The teacher's component. chosen: the model that a new class uses."""
    data = {
        "script": script_url("classroom/teacher/teacher.js"),
        "model": chosen and chosen.name,
        "words": chosen and words(chosen),
        "lessons": app_library().summaries(ENGLISH),
        "languages": list(LANGUAGES.items()),
        "wanted": wanted(),
        "server": server_data(),
    }
    scripts.component("classroom", *STYLES)(key="classroom", data=data, on_opened_change=_forget_wanted)


def wanted() -> dict[str, object] | None:
    """What the link asks a new class to begin with; None where it asks for nothing. rehearse: simulated students."""
    if WANTED[0] not in st.query_params:
        return None
    students = parse_whole(st.query_params.get("rehearse", ""), 1, MAX_REHEARSAL)
    return {"lesson": linked_lesson() or "", "language": linked_language(), "rehearse": students or 0}


def _forget_wanted() -> None:
    """The class is opened: a reload comes back to it, not to the form."""
    for key in WANTED:
        st.query_params.pop(key, None)


def server_data() -> dict[str, Any]:
    """Where other devices may reach the app. hosts: addresses without port; local: this computer alone reaches it."""
    return {
        "hosts": hosts(),
        "port": st.get_option("server.port"),
        "path": scripts.base_path(),
        "secure": bool(st.get_option("server.sslCertFile")),
        "local": origins.is_local(),
    }


def hosts() -> list[str]:
    """The addresses of this computer at which other devices reach the app; empty where it listens to itself alone."""
    if origins.is_local():
        return []
    found, bound = own_addresses(), st.get_option("server.address")
    try:
        return [bound] if bound and is_reachable(bound) else found
    except ValueError:
        return found  # a name, or an address of IPv6
