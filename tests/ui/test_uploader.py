"""The uploader of the form: what a session has uploaded, whole or refused."""

import asyncio
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from vae.storage.uploads import Announced, Upload
from vae.ui.pages.training import uploader
from vae.ui.pages.training.uploader import app_uploads
from vae.ui.serving import routes
from vae.ui.shared import loaders


@pytest.fixture(autouse=True)
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path / "checkpoints")
    yield tmp_path
    st.cache_resource.clear()


def page() -> None:
    """Shows what the form gets."""
    import streamlit as st

    from vae.ui.pages.training.uploader import choose_pictures

    st.text(choose_pictures())


def opened(ticket: str) -> AppTest:
    app = AppTest.from_function(page)
    app.session_state["upload_ticket"] = ticket
    return app.run()


def packed(tmp_path: Path, count: int) -> bytes:
    """A zip of so many pictures, as the browser packs it."""
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for i in range(count):
            archive.write(tmp_path / "a.png", f"pets/{i}.png")
    return (tmp_path / "a.zip").read_bytes()


def upload(ticket: str, content: bytes, pictures: int | None, number: str = "1") -> Upload:
    announced = Announced(number, len(content), pictures, "pets")
    app_uploads().write(ticket, "10.0.0.1", announced, 0, content)
    found = app_uploads().finished(ticket)
    assert found is not None
    return found


def data(app: AppTest) -> Any:
    """What the component gets."""
    (found,) = (node for node in app.get("bidi_component"))
    return found.proto.json


def test_a_session_gets_its_own_upload_alone(tmp_path: Path) -> None:
    mine, other = opened("mine"), opened("other")
    assert mine.text[0].value == "None"
    found = upload("mine", packed(tmp_path, 3), 3)
    assert mine.run().text[0].value == str(found.path)
    assert other.run().text[0].value == "None"
    assert ("mine" in data(mine), "mine" in data(other)) == (True, False)


@pytest.mark.parametrize(("counted", "problem"), [(3, ""), (None, ""), (2403, "2,400 of the 2,403 pictures did not")])
def test_an_upload_in_which_pictures_are_missing_is_refused_with_their_number(
    tmp_path: Path, counted: int | None, problem: str
) -> None:
    app = opened("mine")
    found = upload("mine", packed(tmp_path, 3), counted)
    app.run()
    assert app.text[0].value == ("None" if problem else str(found.path))
    assert [error.value[: len(problem)] for error in app.error] == ([problem] if problem else [])


def test_a_zip_that_arrives_damaged_is_refused_in_a_sentence() -> None:
    app = opened("mine")
    upload("mine", b"PK no zip", 3)
    app.run()
    assert not app.exception
    assert "arrived damaged" in app.error[0].value


def test_each_session_has_a_secret_of_its_own() -> None:
    first, second = AppTest.from_function(page).run(), AppTest.from_function(page).run()
    tickets = [app.session_state["upload_ticket"] for app in (first, second)]
    assert len(set(tickets)) == 2
    assert all(len(ticket) >= 40 for ticket in tickets)
    assert first.run().session_state["upload_ticket"] == tickets[0]


def test_only_the_upload_that_the_user_saw_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {"upload_ticket": "mine", uploader.KEY: {"removed": "1"}}
    monkeypatch.setattr(st, "session_state", state)
    app_uploads().lease("mine")
    second = upload("mine", packed(tmp_path, 3), 3, "2")
    uploader._discard()
    assert second.path.exists()
    state[uploader.KEY] = {"removed": "2"}
    uploader._discard()
    assert not second.path.exists()


def test_the_app_leaves_no_upload_on_the_disk_when_it_ends(tmp_path: Path) -> None:
    opened("mine")
    found = upload("mine", packed(tmp_path, 3), 3)

    async def life() -> None:
        async with routes.lifespan(Mock()):
            assert found.path.exists()

    asyncio.run(life())
    assert list(app_uploads()._root.iterdir()) == []


@pytest.mark.parametrize(("option", "most"), [(200, 200 * 2**20), (5000, 2**31)])
def test_an_upload_may_be_as_large_as_the_option_and_the_reader_allow(
    monkeypatch: pytest.MonkeyPatch, option: int, most: int
) -> None:
    monkeypatch.setattr(st, "get_option", lambda _: option)
    assert app_uploads().max_bytes == most
