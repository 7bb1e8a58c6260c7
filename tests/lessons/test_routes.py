"""The routes of lessons: a list, one of them, and the preview of a text that somebody writes."""

import asyncio
import json
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette

from tests.support.lessons import GERMAN, LESSON, library_of, write
from tests.support.origins import own_and
from vae.lessons import routes as module
from vae.lessons.reading import MOST_BYTES
from vae.lessons.routes import routes


class Answer(NamedTuple):
    """Of the server."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """The routes, called in this process as a web server calls them."""

    def __init__(self, folder: Path) -> None:
        found = routes(library_of(folder), base_path="/vae/", allows=own_and("https://other.example"))
        self._app = Starlette(routes=found)

    def get(self, address: str, origin: str | None = None) -> Answer:
        return asyncio.run(self.ask("GET", address, b"", origin))

    def post(self, address: str, body: bytes, origin: str | None = None) -> Answer:
        return asyncio.run(self.ask("POST", address, body, origin))

    async def ask(self, method: str, address: str, body: bytes = b"", origin: str | None = None) -> Answer:
        headers = {"host": "lab.example"} | ({"origin": origin} if origin else {})
        scope = {
            "type": "http",
            "method": method,
            "path": urlsplit(address).path,
            "query_string": urlsplit(address).query.encode(),
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        }
        sent: list[Any] = []
        pieces = [body[start : start + 50_000] for start in range(0, max(1, len(body)), 50_000)]

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        await self._app(scope, receive, send)
        found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder: Path = tmp_path_factory.mktemp("lessons")
    write(folder / "lessons", "kept", de=GERMAN)
    return Client(folder)


def test_the_list_and_a_lesson_are_in_the_language_that_is_asked_for(client: Client) -> None:
    (summary,) = client.get("/vae/lab/lessons?lang=de").json["lessons"]
    assert (summary["name"], summary["title"], summary["problem"]) == ("kept", "Was bleibt?", None)
    lesson = client.get("/vae/lab/lesson?name=kept&lang=de").json
    assert (lesson["title"], lesson["language"]) == ("Was bleibt?", "de")
    assert client.get("/vae/lab/lesson?name=kept&lang=../x").json["language"] == "en"
    assert client.get("/vae/lab/lesson?name=kept&as=text").text == LESSON


def test_no_such_lesson_is_404_with_a_sentence(client: Client) -> None:
    answer = client.get("/vae/lab/lesson?name=lost")
    assert (answer.status, answer.text) == (404, "There is no lesson 'lost'; choose one on the Lessons page.")


def test_a_text_that_is_sent_becomes_a_lesson(client: Client) -> None:
    answer = client.post("/vae/lab/lesson?lang=de", LESSON.encode()).json
    assert answer["lesson"]["steps"][0]["see"] == ["It has 2 dimensions."]
    assert (answer["lesson"]["name"], answer["lesson"]["language"]) == ("", "de")


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("minutes: 8", "minutes: x", 3, "minutes of the lesson must be"),
        ("{dimensions", "{KL of dimension 7", 15, "small has dimensions 0 to 1, not 7; choose one of these."),
        ("image=3", "image=30", 14, "“image=30” does not fit this page and checkpoint"),
        ("image=3", "speed=3", 14, "Reconstruction does not know “speed” in a link"),
        ("Only", "<script>alert(1)</script> Only", 27, "A lesson's text may not have HTML"),
        ("https://example.org)", "javascript:alert(1))", 27, "A link must begin with https:// or http://"),
        ("https://example.org/paper", "data:text/html,x", 25, "link of reference 1 must be an address"),
    ],
)
def test_a_text_with_a_mistake_is_answered_with_the_first_and_its_line(
    client: Client, old: str, new: str, line: int, sentence: str
) -> None:
    answer = client.post("/vae/lab/lesson", LESSON.replace(old, new, 1).encode()).json
    assert answer["line"] == line
    assert sentence in answer["problem"]
    assert "lesson" not in answer


def test_a_text_that_names_checkpoints_of_another_machine_is_shown_with_question_marks(client: Client) -> None:
    answer = client.post("/vae/lab/lesson", LESSON.replace("small", "large").encode()).json
    assert answer["lesson"]["missing"] == ["large"]


@pytest.mark.parametrize("body", [b"x" * (MOST_BYTES + 1), b"\xff\xfe"])
def test_a_body_that_is_no_lesson_s_is_refused(client: Client, body: bytes) -> None:
    answer = client.post("/vae/lab/lesson", body)
    assert answer.status == 413
    assert answer.text == "A lesson is a text in UTF-8 of at most 64 KiB; shorten it."


def test_a_page_of_another_origin_is_refused_and_an_allowed_one_may_read_the_answer(client: Client) -> None:
    foreign, allowed = "https://evil.example", "https://other.example"
    for answer in (
        client.get("/vae/lab/lessons", foreign),
        client.get("/vae/lab/lesson?name=kept", foreign),
        client.post("/vae/lab/lesson", b"", foreign),
    ):
        assert answer.status == 403
        assert "This page may not use the lessons" in answer.text
    told = client.get("/vae/lab/lessons", allowed)
    assert told.headers["access-control-allow-origin"] == "https://other.example"


def test_a_billion_laughs_are_refused_at_once(client: Client) -> None:
    names = "abcdefghij"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(names)]
    answer = client.post("/vae/lab/lesson", f"---\n{chr(10).join(lines)}\n---\nx".encode()).json
    assert answer["line"] == 3
    assert "aliases are not allowed" in answer["problem"]
    assert len(json.dumps(answer)) < 500


def test_previews_beyond_those_that_may_wait_are_refused_and_lists_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "lessons", "kept")
    client, go_on = Client(tmp_path), threading.Event()
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    monkeypatch.setattr(module, "preview", lambda *_: {"line": 1} if go_on.wait(600) else {})

    async def visit() -> list[Answer]:
        ask = [asyncio.create_task(client.ask("POST", "/vae/lab/lesson", b"x")) for _ in range(3)]
        listed = await client.ask("GET", "/vae/lab/lessons")
        refused = await ask[2]
        go_on.set()
        return [*await asyncio.gather(*ask[:2]), listed, refused]

    first, second, listed, refused = asyncio.run(visit())
    assert (first.status, second.status, listed.status) == (200, 200, 200)
    assert refused.status == 503
    assert refused.text == "The server has as many previews to make as it can; try again in a moment."
