"""The bar's routes: strips and films of models, QR codes."""

import asyncio
import io
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from vae.server import bar
from vae.server.live.inference import UnknownModelError

Reply = tuple[int, dict[str, str], bytes]


def strip(name: str) -> bytes:
    if name != "known":
        raise UnknownModelError(f"There is no checkpoint called {name!r}.")
    return b"a picture"


def traversal(name: str) -> bytes:
    return strip(name) + b"s"


def get(path: str, headers: dict[str, str] | None = None, **query: str) -> Reply:
    """Status, headers and body, with the routes called in this process as a web server calls them."""
    sent_headers = {"host": "lab.example"} | (headers or {})
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/lab/live/{path}",
        "query_string": urlencode(query).encode(),
        "headers": [(key.encode(), value.encode()) for key, value in sent_headers.items()],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("a GET has no body")

    asyncio.run(Starlette(routes=bar.routes(strip, traversal, base_path="/lab"))(scope, receive, send))
    found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_strip_is_sent_once_and_then_known_to_be_the_same() -> None:
    _, headers, body = get("strip", model="known")
    assert (body, headers["content-type"]) == (b"a picture", "image/png")
    status, _, body = get("strip", {"if-none-match": headers["etag"]}, model="known")
    assert (status, body) == (304, b"")


def test_a_film_is_sent_as_a_strip_is() -> None:
    _, headers, body = get("traversal", model="known")
    assert (body, headers["content-type"]) == (b"a pictures", "image/png")
    assert get("traversal", {"if-none-match": headers["etag"]}, model="known")[0] == 304
    assert get("traversal", model="other")[0] == 404


def test_an_unknown_model_is_named() -> None:
    status, _, body = get("strip", model="../etc")
    assert (status, body) == (404, b"There is no checkpoint called '../etc'.")


def test_a_qr_code_is_dark_on_white_with_the_border_that_readers_need() -> None:
    _, headers, body = get("qr", text="http://lab.example/Explore?checkpoint=mnist-z10")
    assert headers["content-type"] == "image/svg+xml"
    background, modules = ElementTree.parse(io.BytesIO(body)).getroot()
    assert background.attrib["fill"] == "#fff"
    assert modules.attrib["d"].startswith("M4 4.5h7")  # the finder pattern's upper edge, four modules from the corner


@pytest.mark.parametrize("text", ["", "x" * (bar.MAX_QR_BYTES + 1), "ä" * (bar.MAX_QR_BYTES // 2 + 1)])
def test_a_text_that_no_qr_code_holds_is_refused(text: str) -> None:
    status, _, body = get("qr", text=text)
    assert status == 400
    assert b"shorten the link" in body


def test_the_longest_text_fits() -> None:
    assert bar.qr_code("ä" * (bar.MAX_QR_BYTES // 2))


@pytest.mark.parametrize("path", ["strip", "qr"])
def test_a_page_of_another_site_is_refused(path: str) -> None:
    status, _, body = get(path, {"origin": "https://elsewhere.example"}, model="known", text="x")
    assert status == 403
    assert b"server.corsAllowedOrigins" in body


@given(path=st.sampled_from(["strip", "qr"]), key=st.sampled_from(["model", "text", ""]), text=st.text())
def test_any_query_is_answered_with_a_picture_or_a_sentence(path: str, key: str, text: str) -> None:
    status, headers, body = get(path, None, **{key: text})
    if status == 200:
        assert headers["content-type"].startswith("image/")
    else:
        assert status in (400, 404)
        assert body.endswith(b".")
