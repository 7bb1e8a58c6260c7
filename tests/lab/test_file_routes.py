"""The route of the file to take home: the attachment, what it opens with, what is kept, refusals."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette

from tests.support.pages import ROOT
from tests.support.played_lesson import LESSON, lessons
from vae.lab import file, file_routes
from vae.lab.file_routes import FileService, routes
from vae.lessons.reading import MOST_BYTES
from vae.server.live.inference import UnknownModelError
from vae.storage.checkpoints import Checkpoint, read_checkpoint

SHIPPED = {path.name for path in (ROOT / "checkpoints").iterdir()}
Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was made in place of files, which take seconds: (models, link), and the models that were prepared."""
    made: list[Any] = []

    def prepared(checkpoint: Checkpoint) -> str:
        made.append(checkpoint.name)
        return f"the files of {checkpoint.name}"

    def page(
        models: list[str], *, query: str, lesson: dict[str, object] | None = None, points: int | None = None
    ) -> bytes:
        made.append((models, query, lesson["language"]) if lesson else (models, query))
        return b"<!doctype html>"

    monkeypatch.setattr(file_routes, "ModelFiles", prepared)
    monkeypatch.setattr(file_routes, "lab_file", page)
    monkeypatch.setattr(file, "lab_file", page)
    return made


def written(text: str, language: str) -> dict[str, object]:
    """The one lesson under the title that is its text. Raises ValueError for an empty one."""
    if not text:
        raise ValueError("Line 1 of the lesson: it has no settings.")
    return LESSON | {"name": "", "title": text, "language": language}


def get(source: Callable[[str], Checkpoint], query: str, base_path: str = "", **headers: str) -> Reply:
    """Status, headers and body."""
    app = Starlette(routes=routes(source, base_path=base_path, lessons=lessons, written=written))
    return asyncio.run(reply(app, query, base_path, None, **headers))


def post(text: bytes, query: str = "", **headers: str) -> Reply:
    """Of a lesson's text, as get."""
    app = Starlette(routes=routes(shipped, lessons=lessons, written=written))
    return asyncio.run(reply(app, query, "", text, **headers))


def shipped(name: str) -> Checkpoint:
    return read_checkpoint(ROOT / "checkpoints" / name)


async def reply(app: Starlette, query: str, base_path: str = "", body: bytes | None = None, **headers: str) -> Reply:
    scope = {
        "type": "http",
        "method": "GET" if body is None else "POST",
        "path": f"{base_path}/lab/file",
        "query_string": query.encode(),
        "headers": [(key.encode(), value.encode()) for key, value in ({"host": "lab.example"} | headers).items()],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        assert body is not None, "a GET has no body"
        return {"type": "http.request", "body": body, "more_body": False}

    await app(scope, receive, send)
    found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


def test_the_file_is_an_attachment_that_opens_as_its_page(digits_checkpoint: Checkpoint, made: list[Any]) -> None:
    link = {"page": "Explore", "checkpoint": "digits", "z": "0,1"}
    query = urlencode({"model": "digits", **link})
    status, headers, body = get(lambda _: digits_checkpoint, query, "/course")
    assert (status, body) == (200, b"<!doctype html>")
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''digits.html"
    assert headers["content-type"].startswith("text/html")
    assert made == ["digits", (["the files of digits"], urlencode(link))]


def test_the_file_has_the_models_that_the_page_compares(made: list[Any]) -> None:
    def source(name: str) -> Checkpoint:
        if name not in SHIPPED:
            raise UnknownModelError(f"There is no checkpoint called {name!r}.")
        return read_checkpoint(ROOT / "checkpoints" / name)

    names = "mnist-z10-b10,nothing,mnist-z2,mnist-z10-b10"  # at most three different ones count
    status, _, _ = get(source, urlencode({"model": "mnist-z10", "compare": names}))
    assert status == 200
    models, query = made[-1]
    assert models == [f"the files of {name}" for name in ("mnist-z10", "mnist-z10-b10", "mnist-z2")]
    assert query == urlencode({"compare": names})
    get(source, urlencode({"model": "mnist-z10", "compare": "mnist-z10,digits-z2"}))  # itself; other pictures
    assert made[-1][0] == ["the files of mnist-z10"]
    get(source, urlencode({"model": "mnist-z10", "film": "mnist-z2", "beside": "mnist-z10-b1"}))
    assert made[-1][0] == [f"the files of {name}" for name in ("mnist-z10", "mnist-z2", "mnist-z10-b1")]


def test_a_lesson_is_taken_home_with_its_models_as_far_as_they_are_there(made: list[Any]) -> None:
    def source(name: str) -> Checkpoint:
        if name == "mnist-z2":
            raise UnknownModelError("There is no such checkpoint.")
        return read_checkpoint(ROOT / "checkpoints" / name)

    status, headers, _ = get(source, "lesson=two-numbers&lang=de&page=Explore&checkpoint=digits-z2&model=digits-z2")
    assert status == 200
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''two-numbers.html"
    assert made[-1] == (["the files of mnist-z10"], "lesson=two-numbers&lang=de", "de")


def test_a_lesson_that_is_not_there_or_has_no_model_is_refused_in_a_sentence(made: list[Any]) -> None:
    def unknown(name: str) -> Checkpoint:
        raise UnknownModelError(f"There is no checkpoint called {name!r}.")

    status, _, body = get(unknown, "lesson=none")
    assert (status, body.decode()) == (404, "There is no lesson called 'none'.")
    status, _, body = get(unknown, "lesson=two-numbers")
    assert (status, body.decode()) == (404, f"None of the models of the lesson '{LESSON['title']}' can be taken home.")


def test_a_lesson_that_somebody_wrote_is_taken_home_under_its_title(made: list[Any]) -> None:
    status, headers, _ = post("Was bleibt übrig?".encode(), "lang=de", origin="http://lab.example")
    assert status == 200
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''was-bleibt-%C3%BCbrig.html"
    assert made[-1] == (["the files of mnist-z2", "the files of mnist-z10"], "lesson=own&lang=de", "de")


def test_a_text_with_a_mistake_and_one_that_is_too_long_are_refused_in_a_sentence(made: list[Any]) -> None:
    status, _, body = post(b"")
    assert (status, body.decode()) == (400, "Line 1 of the lesson: it has no settings.")
    for text in (b"x" * (MOST_BYTES + 1), b"\xff"):
        status, _, body = post(text)
        assert (status, body.decode()[:30]) == (413, "A lesson is a text in UTF-8 of")
    assert post(b"Mine", origin="https://elsewhere.example")[0] == 403
    assert made == []


def test_what_was_prepared_of_a_model_is_kept_until_it_changes(digits_checkpoint: Checkpoint, made: list[Any]) -> None:
    service = FileService(lambda _: digits_checkpoint, lambda *_: True)
    for query in ("page=Explore", "page=Sampling"):
        service._make("digits", query)
    assert made == ["digits", (["the files of digits"], "page=Explore"), (["the files of digits"], "page=Sampling")]


def test_an_unknown_model_a_broken_one_and_a_long_link_are_refused_in_a_sentence(own_checkpoint: Checkpoint) -> None:
    def unknown(name: str) -> Checkpoint:
        raise UnknownModelError(f"There is no checkpoint called {name!r}.")

    status, _, body = get(unknown, "model=a")
    assert (status, body.decode()) == (404, "There is no checkpoint called 'a'.")
    status, _, body = get(lambda _: own_checkpoint, urlencode({"model": "digits", "z": "0" * 20_000}))
    assert (status, body.decode()[:17]) == (400, "the link's length")
    weights = own_checkpoint.path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    status, _, body = get(lambda _: own_checkpoint, "model=digits")
    assert status == 404
    assert body.decode().startswith("The checkpoint 'digits' cannot be taken home: ")


def test_a_page_of_another_origin_is_refused(digits_checkpoint: Checkpoint, made: list[Any]) -> None:
    status, _, body = get(lambda _: digits_checkpoint, "model=digits", origin="https://elsewhere.example")
    assert (status, made) == (403, [])
    assert body.decode().startswith("This page may not take a model home")


def test_too_many_at_once_are_told_to_come_back(
    digits_checkpoint: Checkpoint, made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_routes, "WAITING", 2)
    app = Starlette(routes=routes(lambda _: digits_checkpoint))

    async def crowd() -> list[Reply]:
        return await asyncio.gather(*(reply(app, "model=digits") for _ in range(3)))

    replies = asyncio.run(crowd())
    assert [status for status, _, _ in replies] == [200, 200, 503]
    assert replies[2][2].decode() == "Too many others take a model home now; try again in a minute."
