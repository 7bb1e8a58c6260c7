"""The upload route: what a page sends in pieces, and what strangers do not."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette

from tests.support.origins import own_and
from vae.server.training import uploads as module
from vae.server.training.uploads import routes
from vae.storage.uploads import MAX_PIECE_BYTES, Uploads

HOST = "lab.example.org"
QUERY = {"upload": "a1", "offset": 0, "total": 10, "pictures": 3, "name": "<b>pets"}
Receive = Callable[[], Any]


class Route:
    """The route, called in this process as a web server calls it."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.uploads = Uploads(root, 2**20)
        self.uploads.lease("ticket")
        self.app = Starlette(routes=routes(self.uploads, **options))

    def post(self, content: bytes, *, path: str = "/live/upload", ticket: str = "ticket", **query: Any) -> Any:
        """Status and body; query: in place of QUERY's values. None leaves one out."""
        return asyncio.run(self.request(whole(content), path=path, headers={"upload-ticket": ticket}, **query))

    async def request(
        self, receive: Receive, *, path: str = "/live/upload", method: str = "POST", headers: Any = None, **query: Any
    ) -> tuple[int, str]:
        text = urlencode({key: value for key, value in (QUERY | query).items() if value is not None})
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": text.encode(),
            "client": ("10.0.0.1", 50_000),
            "headers": [(k.encode(), v.encode()) for k, v in ({"host": HOST} | (headers or {})).items()],
        }
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


def whole(content: bytes) -> Receive:
    return messages([{"type": "http.request", "body": content, "more_body": False}])


def messages(parts: list[Any]) -> Receive:
    left: Iterator[Any] = iter(parts)

    async def receive() -> Any:
        return next(left)

    return receive


@pytest.fixture
def route(tmp_path: Path) -> Route:
    return Route(tmp_path)


def test_pieces_become_a_finished_upload(route: Route) -> None:
    status, body = route.post(b"01234")
    assert (status, json.loads(body)) == (200, {"version": 1, "bytes": 5})
    status, body = route.post(b"56789", offset=5)
    assert (status, json.loads(body)) == (200, {"version": 1, "bytes": 10})
    found = route.uploads.finished("ticket")
    assert found is not None
    assert (found.announced.name, found.announced.pictures) == ("<b>pets", 3)
    assert found.path.read_bytes() == b"0123456789"


def test_a_zip_of_the_user_s_own_has_no_count(route: Route) -> None:
    route.post(b"0123456789", pictures="")
    found = route.uploads.finished("ticket")
    assert found is not None
    assert found.announced.pictures is None


def test_the_route_is_under_the_app_s_own_path(tmp_path: Path) -> None:
    route = Route(tmp_path, base_path="course/ml")
    assert route.post(b"0")[0] == 404
    assert route.post(b"0", path="/course/ml/live/upload")[0] == 200


@pytest.mark.parametrize("ticket", ["", "guess", "ticket ", "../ticket"])
def test_a_stranger_s_ticket_is_refused_before_a_byte_is_read(route: Route, ticket: str) -> None:
    status, sentence = asyncio.run(route.request(messages([]), headers={"upload-ticket": ticket}))
    assert (status, sentence) == (404, "The app does not know this upload any more; reload the page.")


def test_a_page_of_another_site_is_refused_even_with_the_ticket(route: Route, tmp_path: Path) -> None:
    headers = {"upload-ticket": "ticket", "origin": "https://evil.example"}
    status, sentence = asyncio.run(route.request(messages([]), headers=headers))
    assert status == 403
    assert sentence.startswith("This page may not upload pictures: add its address to server.corsAllowedOrigins")
    assert asyncio.run(route.request(whole(b"0"), headers=headers | {"origin": f"https://{HOST}"}))[0] == 200
    allowed = Route(tmp_path / "b", allows=own_and("https://evil.example"))
    assert asyncio.run(allowed.request(whole(b"0"), headers=headers))[0] == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_there_is_nothing_to_read_here(route: Route, method: str) -> None:
    assert asyncio.run(route.request(messages([]), method=method, headers={"upload-ticket": "ticket"}))[0] == 405


@pytest.mark.parametrize(
    "query",
    [
        {"upload": None}, {"upload": ""}, {"upload": "../a"}, {"upload": "a" * 41}, {"upload": "a\n"},
        {"offset": None}, {"offset": "-1"}, {"offset": "1e3"}, {"offset": "٣"}, {"offset": "1" * 13},
        {"total": None}, {"total": "0"}, {"total": ""}, {"total": 2**20 + 1}, {"pictures": "many"}, {"pictures": "-1"},
        {"name": "a" * 256},
    ],
)  # fmt: skip
def test_what_is_announced_wrongly_is_refused_in_a_sentence(route: Route, query: dict[str, Any]) -> None:
    status, sentence = asyncio.run(route.request(messages([]), headers={"upload-ticket": "ticket"}, **query))
    assert status == 422
    assert sentence.endswith(".")


def test_a_piece_is_as_long_as_proxies_allow_and_no_longer(route: Route) -> None:
    longest = bytes(MAX_PIECE_BYTES)
    assert route.post(longest + b"0", total=2**20)[0] == 422
    assert route.post(longest, total=2**20)[0] == 200


def test_a_page_that_leaves_in_the_middle_of_a_piece_can_send_it_again(route: Route) -> None:
    leaving = messages([{"type": "http.request", "body": b"012", "more_body": True}, {"type": "http.disconnect"}])
    asyncio.run(route.request(leaving, headers={"upload-ticket": "ticket"}))
    assert route.post(b"0123456789")[0] == 200
    assert route.uploads.finished("ticket") is not None


def test_a_ticket_sends_one_piece_at_a_time(route: Route) -> None:
    async def both() -> tuple[int, int]:
        headers = {"upload-ticket": "ticket"}
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> Any:
            begun.set()
            await go_on.wait()
            return {"type": "http.request", "body": b"0", "more_body": False}

        first = asyncio.create_task(route.request(slowly, headers=headers))
        await begun.wait()
        second = await route.request(messages([]), headers=headers)
        go_on.set()
        return (await first)[0], second[0]

    assert asyncio.run(both()) == (200, 429)


def test_a_piece_that_does_not_come_is_given_up(route: Route, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_SECONDS", 0.0)

    async def never() -> Any:
        await asyncio.Event().wait()

    assert asyncio.run(route.request(never, headers={"upload-ticket": "ticket"}))[0] == 408


def test_the_docstring_names_all_that_a_piece_needs() -> None:
    for field in QUERY:
        assert f"{field}=" in (module.__doc__ or "")
