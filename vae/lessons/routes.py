"""Lessons over the network, for the same origins as those of vae.server.live.decode.

GET <base>/lab/lessons?lang=de
    {"lessons": [LessonSummary, …]}: see vae.lessons.answers. In English where there is no such translation.
GET <base>/lab/lesson?name=two-numbers&lang=de
    A Lesson. 404 with a sentence where there is none, or where its file has a mistake.
GET <base>/lab/lesson?name=two-numbers&lang=de&as=text
    The text of its file.
POST <base>/lab/lesson?lang=de
    The body is the text of a lesson's file, at most MOST_BYTES: {"lesson": Lesson}, or {"problem": SENTENCE, "line": n}
    with its first mistake. Nothing of it is kept. lang: the language of its texts, where the file does not say that;
    English without one. 503 where MOST_WAITING others wait.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from vae.lessons.answers import Lesson, Names, Teller, lesson_json
from vae.lessons.checking import misfits
from vae.lessons.library import ENGLISH, Library
from vae.lessons.reading import LANGUAGE, MOST_BYTES, examine
from vae.server.wire import OriginPolicy, OriginRule, own_origin

MOST_WAITING = 32  # previews: the longest text takes half a second
NO_TEXT = f"A lesson is a text in UTF-8 of at most {MOST_BYTES // 1024} KiB; shorten it."


class LessonPreview(TypedDict, total=False):
    """The answer to a text: its lesson, or its first mistake and that one's line."""

    lesson: Lesson
    problem: str
    line: int


def routes(library: Library, *, base_path: str = "", allows: OriginRule = own_origin) -> list[BaseRoute]:
    """The routes <base_path>/lab/lessons and <base_path>/lab/lesson."""
    service = _Service(library, allows)
    path = base_path.strip("/")
    lab = f"/{path}/lab" if path else "/lab"
    return [
        Route(f"{lab}/lessons", service.list),
        Route(f"{lab}/lesson", service.get, methods=["GET"]),
        Route(f"{lab}/lesson", service.preview, methods=["POST"]),
    ]


def preview(library: Library, text: str, language: str) -> LessonPreview:
    """The lesson of a text, or its first mistake; so is what does not fit the checkpoints here."""
    lesson, mistakes = examine(text)
    if lesson is not None:
        mistakes = misfits(lesson, library.values)
    if lesson is None or mistakes:
        return LessonPreview(problem=mistakes[0].sentence, line=mistakes[0].line)
    spoken = lesson.language or language
    return LessonPreview(lesson=lesson_json(lesson, Names("", spoken, (spoken,)), Teller(library.values)))


def written_lesson(library: Library, text: str, language: str) -> Lesson:
    """The lesson of a text. Raises ValueError with its first mistake and that one's line."""
    found = preview(library, text, language)
    if "problem" in found:
        raise ValueError(f"Line {found['line']} of the lesson: {found['problem']}")
    return found["lesson"]


async def text_of(request: Request) -> str | None:
    """A lesson's text that was sent; None for one that is too long or not UTF-8, which is not read to its end."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MOST_BYTES:
            return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


class _Service:
    """Answers all of them, lists and lessons in one thread, previews in another: neither may delay live pictures."""

    def __init__(self, library: Library, allows: OriginRule) -> None:
        self._library = library
        self._origins = OriginPolicy(allows, "use the lessons")
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="lessons")
        self._previews = ThreadPoolExecutor(1, thread_name_prefix="lesson-previews")
        self._waiting = 0

    async def list(self, request: Request) -> Response:
        """Every lesson."""
        return await self._answer(request, lambda: {"lessons": self._library.summaries(_language(request))})

    async def get(self, request: Request) -> Response:
        """One lesson, or its text."""
        name = request.query_params.get("name", "")
        if request.query_params.get("as") == "text":
            return await self._answer(request, partial(self._library.source, name, _language(request)))
        return await self._answer(request, partial(self._library.load, name, _language(request)))

    async def preview(self, request: Request) -> Response:
        """The lesson of a text that somebody writes."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        text = await text_of(request)
        if text is None:
            return self._origins.problem(request, NO_TEXT, 413)
        if self._waiting >= MOST_WAITING:
            sentence = "The server has as many previews to make as it can; try again in a moment."
            return self._origins.problem(request, sentence, 503)
        self._waiting += 1
        try:
            make = partial(preview, self._library, text, _language(request))
            return await self._answer(request, make, self._previews)
        finally:
            self._waiting -= 1

    async def _answer(
        self, request: Request, make: Callable[[], Mapping[str, object] | str], threads: Executor | None = None
    ) -> Response:
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        try:
            found = await asyncio.get_running_loop().run_in_executor(threads or self._threads, make)
        except LookupError as error:
            return self._origins.problem(request, str(error.args[0]), 404)
        headers = {"Cache-Control": "no-store", **self._origins.headers(request)}
        if isinstance(found, str):
            return PlainTextResponse(found, headers=headers)
        return JSONResponse(found, headers=headers)


def _language(request: Request) -> str:
    """The language that is asked for: two letters, else English."""
    named = request.query_params.get("lang", "")
    return named if LANGUAGE.fullmatch(named) else ENGLISH
