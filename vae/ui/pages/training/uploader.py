"""The uploader of the Training page's form: the user's own pictures, from the browser to a file of this session."""

import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import streamlit as st

from vae.datasets.pictures import MAX_FILES, MAX_UNPACKED_BYTES, PICTURE_SUFFIXES, DataError
from vae.datasets.user_images.reader import MIN_PICTURES
from vae.storage.uploads import MAX_PIECE_BYTES, Upload, Uploads
from vae.ui.pages.training.runs import app_runs
from vae.ui.shared import scripts
from vae.views.shared.scripts import script_url

KEY = "uploader"


def app_uploads() -> Uploads:
    """All uploads of the app, of at most server.maxUploadSize each."""
    return _uploads(app_runs().root, min(int(st.get_option("server.maxUploadSize")) * 2**20, MAX_UNPACKED_BYTES))


@st.cache_resource(show_spinner=False)
def _uploads(root: Path, max_bytes: int) -> Uploads:
    return Uploads(root, max_bytes)


def choose_pictures() -> Path | None:
    """The uploader; the zip that this session has uploaded, whole. Shows why, where it is not."""
    uploads, ticket = app_uploads(), _ticket()
    _lease(uploads, ticket)
    found = uploads.finished(ticket)
    data = {
        "script": script_url("training/uploader.js"),
        "ticket": ticket,
        "suffixes": list(PICTURE_SUFFIXES),
        "fewest": MIN_PICTURES,
        "most": {"bytes": uploads.max_bytes, "pictures": MAX_FILES, "piece": MAX_PIECE_BYTES},
        "held": None if found is None else vars(found.announced),
    }
    component = scripts.component("uploader", "lib/controls.css", "training/uploader.css")
    component(key=KEY, data=data, on_sent_change=lambda: None, on_removed_change=_discard)
    if found is None:
        return None
    try:
        _check_whole(found)
    except DataError as error:
        st.error(str(error))
        return None
    return found.path


def _ticket() -> str:
    """This session's; it stays when the session's connection is lost and found again."""
    return str(st.session_state.setdefault("upload_ticket", secrets.token_urlsafe(32)))


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda release: release())
def _lease(_uploads: Uploads, ticket: str) -> Callable[[], None]:
    """Leases the ticket; Streamlit calls what it returns when the session ends or loses its connection."""
    _uploads.lease(ticket)
    return partial(_uploads.release, ticket)


def _discard() -> None:
    """The user has removed an upload, unless it was replaced before that was heard."""
    uploads, ticket = app_uploads(), _ticket()
    held = uploads.finished(ticket)
    if held is not None and held.announced.upload == st.session_state[KEY]["removed"]:
        uploads.discard(ticket)


@st.cache_resource(max_entries=100, show_spinner=False, hash_funcs={Upload: lambda upload: str(upload.path)})
def _check_whole(upload: Upload) -> None:
    """Raises DataError where the browser's zip cannot be read, or lacks pictures that the browser has counted."""
    counted = upload.announced.pictures
    if counted is None:
        return
    try:
        with ZipFile(upload.path) as archive:
            missing = counted - len(archive.infolist())
    except Exception as error:  # damaged archives raise many kinds
        raise DataError(f"The upload arrived damaged ({error!s:.200}); choose the pictures again.") from error
    if missing > 0:
        raise DataError(f"{missing:,} of the {counted:,} pictures did not arrive; choose them again, or upload a zip.")
