"""The Class page: which lesson, model and addresses its component gets."""

import asyncio
import re
import shutil
from collections.abc import Awaitable
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response

from tests.support.pages import ROOT, choose, open_page, send, sent_data
from vae.ui.pages.teaching import classroom
from vae.ui.serving.classroom import app_pages
from vae.ui.shared import loaders

PAGE = "pages/8_Class.py"
SHIPPED = ROOT / "checkpoints"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models of MNIST."""
    for name in ("mnist-z2", "mnist-z10"):
        (tmp_path / name).symlink_to(SHIPPED / name)
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    return tmp_path


def listen_at(monkeypatch: pytest.MonkeyPatch, address: str | None, **options: object) -> None:
    """Streamlit's options as if the server had been started with them."""
    known: dict[str, object] = {
        "server.address": address,
        "server.port": 8501,
        "server.baseUrlPath": "",
        "server.sslCertFile": None,
    }
    known |= {f"server.{name}": value for name, value in options.items()}
    before = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: known[key] if key in known else before(key))
    monkeypatch.setattr(classroom, "own_addresses", lambda: ["192.168.1.20", "10.42.0.1"])


def test_a_class_gets_the_bar_s_model_and_follows_it() -> None:
    app = open_page(PAGE, checkpoint="mnist-z2")
    assert (sent_data(app)["model"], sent_data(app)["words"]) == ("mnist-z2", "MNIST · 2-D · β = 1")
    assert sent_data(choose(app, "mnist-z10"))["model"] == "mnist-z10"


def test_a_class_may_begin_with_any_lesson_and_as_its_link_asks() -> None:
    data = sent_data(open_page(PAGE))
    assert "two-numbers" in [found["name"] for found in data["lessons"]]
    assert data["wanted"] is None
    wanted = sent_data(open_page(PAGE, lesson="more-beta", lang="de", rehearse="30"))["wanted"]
    assert wanted == {"lesson": "more-beta", "language": "de", "rehearse": 30}
    assert sent_data(open_page(PAGE, lesson="own", rehearse="9e9"))["wanted"]["rehearse"] == 0


def test_once_the_class_is_open_the_link_asks_for_nothing() -> None:
    app = send(open_page(PAGE, lesson="more-beta", lang="de", rehearse="30"), opened="K7PM2X")
    assert sent_data(app)["wanted"] is None
    assert not {"lesson", "lang", "rehearse"} & set(app.query_params)


def test_without_a_model_the_page_opens_and_says_what_to_do(root: Path) -> None:
    shutil.rmtree(root)
    app = open_page(PAGE)
    assert not app.exception
    assert "Training page" in app.error[0].value
    data = sent_data(app)
    assert data["model"] is None


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_a_server_for_this_computer_alone_has_no_address_for_phones(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    listen_at(monkeypatch, address)
    server = sent_data(open_page(PAGE))["server"]
    assert (server["local"], server["hosts"]) == (True, [])
    assert projector_addresses(monkeypatch) == "[]"


def projector_addresses(monkeypatch: pytest.MonkeyPatch) -> str:
    """The addresses for phones in the projector's page of the app."""
    run = AsyncMock(return_value={"language": "de"})
    monkeypatch.setattr("vae.ui.serving.classroom.app_classes", lambda: Mock(run=run))
    headers = [(b"host", b"localhost:8501")]
    request = Request({"type": "http", "method": "GET", "path": "/c/K7PM2X/projector", "headers": headers})
    show = app_pages().projector
    assert show
    answer = show(request, "K7PM2X")
    assert not isinstance(answer, Response)
    page = bytes(asyncio.run(answered(answer)).body).decode()
    assert '<html lang="de">' in page
    found = re.search(r'"addresses": ?(\[.*?\])', page)
    assert found
    return found[1]


async def answered(answer: Awaitable[Response]) -> Response:
    return await answer


@pytest.mark.parametrize("address", ["0.0.0.0", None, "::", "lab.example"])
def test_a_server_for_all_has_this_computer_s_addresses(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    listen_at(monkeypatch, address, port=8599, baseUrlPath="/lab/")
    assert projector_addresses(monkeypatch) == '["192.168.1.20","10.42.0.1"]'
    assert sent_data(open_page(PAGE))["server"] == {
        "hosts": ["192.168.1.20", "10.42.0.1"],
        "port": 8599,
        "path": "/lab",
        "secure": False,
        "local": False,
    }


def test_a_server_for_one_address_has_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    listen_at(monkeypatch, "10.42.0.1", sslCertFile="lab.pem")
    server = sent_data(open_page(PAGE))["server"]
    assert (server["hosts"], server["secure"]) == (["10.42.0.1"], True)
