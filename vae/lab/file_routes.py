"""The file to take home over the network.

GET <base>/lab/file?model=NAME&page=Sampling&compare=OTHER,…&…
    The file with this model and those that the page compares with it, as far as they are there. It opens with the other
    parameters, those of a link to the page: HTML, as an attachment NAME.html. An error is one sentence, as plain text:
    404 for a model that is not there, cannot be used or is too large for browsers, 400 for a link that is too long, 503
    while too many others wait for theirs.

GET <base>/lab/file?lesson=NAME&lang=de
    The file with this lesson, which begins with its prediction, and the models that its steps show, as far as they are
    there, can be had and are not more than LESSON_MODELS. Other parameters say nothing. 404 for an unknown lesson.

POST <base>/lab/file?lang=de
    The same with the lesson whose text is the body: see vae.lessons.routes. 400 for a text with a mistake, 413 for one
    that is too long.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vae.lab.answers import Json
from vae.lab.file import lab_file, lesson_file, lesson_models
from vae.lab.model_blocks import ModelFiles
from vae.lab.routes import OWN_LESSON, Lessons, no_lessons
from vae.lessons.routes import NO_TEXT, text_of
from vae.server.live.inference import UnknownModelError
from vae.server.weights import version_of
from vae.server.wire import OriginPolicy, OriginRule, own_origin
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError
from vae.views.shared.comparison import MOST_OTHERS, comparable
from vae.views.shared.words import known_language

MODELS = 4  # whose parts of a file are kept
LESSON_MODELS = 6  # of a lesson that a file has
WAITING = 32  # files that may be asked for at once; each takes seconds

# The checkpoint of this name. Called in a thread; raises UnknownModelError.
Source = Callable[[str], Checkpoint]


def routes(
    source: Source,
    *,
    base_path: str = "",
    allows: OriginRule = own_origin,
    lessons: Lessons = no_lessons,
    written: Lessons = no_lessons,
) -> list[BaseRoute]:
    """The route <base_path>/lab/file; the options are as those of vae.lab.routes.

    written: the lesson of a text, in a language; raises ValueError with the text's first mistake.
    """
    service = FileService(source, allows, lessons, written)
    path = f"/{base_path.strip('/')}/lab/file".replace("//", "/")
    return [Route(path, service.file, methods=["GET"]), Route(path, service.written, methods=["POST"])]


class FileService:
    """Makes one file at a time, in a thread: live pictures go first."""

    def __init__(
        self, source: Source, allows: OriginRule, lessons: Lessons = no_lessons, written: Lessons = no_lessons
    ) -> None:
        self._source, self._lessons, self._written = source, lessons, written
        self._origins = OriginPolicy(allows, "take a model home")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="file")
        self._models: OrderedDict[tuple[str, str], ModelFiles] = OrderedDict()
        self._waiting = 0

    async def file(self, request: Request) -> Response:
        """The file with the requested model, or with the requested lesson."""
        asked = request.query_params
        query = urlencode([(key, value) for key, value in asked.multi_items() if key != "model"])
        lesson, model = asked.get("lesson", ""), asked.get("model", "")
        if lesson and lesson != OWN_LESSON:
            return await self._send(request, partial(self._make_known, lesson, asked.get("lang", "")))
        return await self._send(request, partial(self._make, model, query))

    async def written(self, request: Request) -> Response:
        """The file with the lesson whose text is sent."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        text = await text_of(request)
        if text is None:
            return self._origins.problem(request, NO_TEXT, 413)
        language = known_language(request.query_params.get("lang"))
        return await self._send(request, partial(self._make_written, text, language))

    async def _send(self, request: Request, make: Callable[[], tuple[str, bytes]]) -> Response:
        """make: the file's name and its page."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        if self._waiting >= WAITING:
            return self._origins.problem(request, "Too many others take a model home now; try again in a minute.", 503)
        self._waiting += 1
        try:
            name, body = await asyncio.get_running_loop().run_in_executor(self._thread, make)
        except LookupError as error:
            return self._origins.problem(request, str(error.args[0]), 404)
        except ValueError as error:
            return self._origins.problem(request, str(error), 400)
        finally:
            self._waiting -= 1
        headers = {"Cache-Control": "private, no-store", **self._origins.headers(request)}
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}.html"
        return Response(body, headers=headers, media_type="text/html")

    def _make(self, name: str, query: str) -> tuple[str, bytes]:
        checkpoint = self._source(name)
        try:
            first = self._files(checkpoint)
            return name, lab_file([first, *self._beside(checkpoint, query)], query=query)
        except (CheckpointError, FileNotFoundError) as error:
            raise UnknownModelError(f"The checkpoint {name!r} cannot be taken home: {error}") from error

    def _make_known(self, name: str, language: str) -> tuple[str, bytes]:
        return name, self._make_lesson(self._lessons(name, language), language)

    def _make_written(self, text: str, language: str) -> tuple[str, bytes]:
        lesson = self._written(text, language) | {"name": OWN_LESSON}
        name = re.sub(r"\W+", "-", str(lesson["title"]).lower()).strip("-")
        return name or "lesson", self._make_lesson(lesson, language)

    def _make_lesson(self, lesson: Json, language: str) -> bytes:
        found: list[ModelFiles] = []
        for needed in lesson_models(lesson)[:LESSON_MODELS]:
            with suppress(UnknownModelError, CheckpointError, FileNotFoundError):
                found.append(self._files(self._source(needed)))
        if not found:
            raise UnknownModelError(f"None of the models of the lesson {lesson['title']!r} can be taken home.")
        return lesson_file(lesson, found, language)

    def _beside(self, checkpoint: Checkpoint, query: str) -> list[ModelFiles]:
        """The models that the link compares, or whose films it shows, as far as they can be had."""
        link = dict(parse_qsl(query))
        linked = [link.get("film", ""), *link.get("compare", "").split(","), link.get("beside", "")]
        names = [name for name in linked if name not in {"", checkpoint.name}]
        found: list[ModelFiles] = []
        for name in list(dict.fromkeys(names))[:MOST_OTHERS]:
            with suppress(UnknownModelError, CheckpointError, FileNotFoundError):
                found += [self._files(other) for other in comparable(checkpoint, [self._source(name)])]
        return found

    def _files(self, checkpoint: Checkpoint) -> ModelFiles:
        key = checkpoint.name, version_of(checkpoint)
        found = self._models.get(key) or ModelFiles(checkpoint)
        self._models[key] = found
        self._models.move_to_end(key)
        while len(self._models) > MODELS:
            self._models.popitem(last=False)
        return found
