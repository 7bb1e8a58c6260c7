"""The light page over the network: the seven views in one page, without Streamlit and without a WebSocket.

`routes` returns the routes, for the same origins as those of vae.server.live.decode. An error is one sentence, as plain
text: status 404 where there is no such view or model, 400 for a parameter that is no such.

GET <base>/lab/?page=Sampling&checkpoint=NAME&…
    The page, HTML. Its parameters are those of the app's own pages, and lang=de for its language. Without a model of
    this name it shows the first, without such a page Explore, without such a language English. With lesson=NAME the
    lesson stands beside the view, which is that of its first step where the link names none; lesson=own is the one
    whose text the browser has. page=Training&film=NAME alone is the film of that model.
GET <base>/lab/data?view=explore&model=NAME&…
    What the page asks for later, JSON: see vae.lab.answers. A term, view=term&term=KL, needs no model.
GET <base>/lab/view?name=explore
    A view's files, JSON: {"styles": CSS, "modules": its script and all that this imports, as vae.lab.html has them}.

All have an ETag, and are compressed where the browser accepts gzip.
"""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from vae.datasets.pictures import DataError
from vae.lab.answers import Data, Json, answer, data_url, term_answer
from vae.lab.page import json_text, light_page, settings, view_files, with_lesson
from vae.server.weights import version_of
from vae.server.wire import OriginPolicy, OriginRule, own_origin
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint
from vae.storage.files import CheckpointError
from vae.validation import parse_whole
from vae.views.shared import models
from vae.views.shared.pages import EXPLORE, TRAINING, VIEWS, View
from vae.views.shared.terms.catalogue import TERMS
from vae.views.shared.words import known_language

FIRST_MODEL = "mnist-z10"
NO_LINK: Mapping[str, str] = {}
KEPT, KEPT_PAGES = 128, 16  # answers and pages that are kept ready to send, as a class asks for the same; 0.6 MB a page
LEVEL = 6  # of gzip
JSON, HTML = "application/json", "text/html; charset=utf-8"
PARAMS = ("image", "seed", "source", "other", "with")

Found = Callable[[], list[Checkpoint | BrokenCheckpoint]]
Draw = Callable[[View, Json], str]
Lessons = Callable[[str, str], Json]  # the lesson of a name in a language; raises LookupError with a sentence
OWN_LESSON = "own"  # whose text the visitor's browser has


class Around(NamedTuple):
    """What a page has around its view. models and brought: as JSON; brought: of a lesson."""

    models: str
    language: str
    brought: str


class Body(NamedTuple):
    """An answer ready to send."""

    kind: str
    tag: str
    plain: bytes
    packed: bytes


def no_lessons(name: str, language: str) -> Json:
    """Raises LookupError: where there are no lessons."""
    raise LookupError(f"There is no lesson called {name!r:.80}.")


def routes(
    found: Found,
    data: Data,
    *,
    base_path: str = "",
    allows: OriginRule = own_origin,
    lessons: Lessons = no_lessons,
) -> list[BaseRoute]:
    """The routes <base_path>/lab/, …/lab/data and …/lab/view. found: lists the checkpoints, at each request."""
    service = LabService(found, data, allows, lessons=lessons)
    path = base_path.strip("/")
    lab = f"/{path}/lab" if path else "/lab"
    return [
        Route(lab, lambda _: RedirectResponse("lab/", 307)),
        Route(f"{lab}/", service.page),
        Route(f"{lab}/data", service.data),
        Route(f"{lab}/view", service.view),
    ]


class LabService:
    """Answers all three. In two threads: a class that opens the page must not delay live pictures."""

    def __init__(
        self, found: Found, data: Data, allows: OriginRule, draw: Draw = light_page, lessons: Lessons | None = None
    ) -> None:
        """draw: makes the page's HTML of its first view and of its settings, as vae.lab.page has them.

        lessons: None for a page that plays none.
        """
        self._found, self._data, self._draw, self._lessons = found, data, draw, lessons
        self._origins = OriginPolicy(allows, "use the light page's data")
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="lab")
        self._answer = lru_cache(maxsize=KEPT)(self._make_answer)
        self._page = lru_cache(maxsize=KEPT_PAGES)(self._make_page)

    async def page(self, request: Request, link: Mapping[str, str] = NO_LINK) -> Response:
        """The page, with all that its first picture needs. link: what it shows where its address has no query,
        and its language."""
        return await self._send(request, partial(self._find_page, link))

    async def data(self, request: Request) -> Response:
        """What the page asks for later."""
        return await self._send(request, self._find_answer)

    async def view(self, request: Request) -> Response:
        """A view's modules and styles, in one request."""
        return await self._send(request, lambda asked: _files(asked.query_params.get("name", "")))

    async def _send(self, request: Request, find: Callable[[Request], Body]) -> Response:
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, find, request)
        except LookupError as error:
            return self._origins.problem(request, str(error.args[0]), 404)
        except (ValueError, DataError) as error:
            return self._origins.problem(request, str(error), 400)
        return answered(request, found, self._origins)

    def _find_answer(self, request: Request) -> Body:
        query = request.query_params
        if query.get("view") == "term":
            return _term(query.get("term", ""))
        name, found = query.get("model", ""), {each.name: each for each in self._found()}
        checkpoint = found.get(name)
        if checkpoint is None:
            raise LookupError(f"There is no checkpoint called {name!r:.80}.")
        if isinstance(checkpoint, BrokenCheckpoint):
            raise LookupError(f"The checkpoint {name!r} cannot be used: {checkpoint.error}")
        params = tuple((key, query[key]) for key in PARAMS if key in query)
        beside = found.get(query.get("with", ""))
        versions = tuple(_Version(each) for each in (checkpoint, beside) if isinstance(each, Checkpoint))
        return _usable(checkpoint, lambda: self._answer(versions, query.get("view", ""), params))

    def _make_answer(self, versions: tuple["_Version", ...], name: str, params: tuple[tuple[str, str], ...]) -> Body:
        """versions: of the model, and of the one with which it is compared."""
        values = answer(self._data, versions[0].checkpoint, name, dict(params))
        return body(JSON, json_text(values))

    def _find_page(self, link: Mapping[str, str], request: Request) -> Body:
        query: Mapping[str, str] = request.query_params or link
        brought = self._brought(query)
        if brought and "page" not in query:
            query = first_link(brought["lesson"])
        found = self._found()
        usable = {each.name: each for each in found if isinstance(each, Checkpoint)}
        if not usable:
            raise LookupError("There is no usable checkpoint. Train one on the Training page of the full app.")
        film = query.get("film", "") if _view(query) is TRAINING else ""
        linked = [query.get("checkpoint", film), link.get("checkpoint", "")]
        names = [*linked, FIRST_MODEL, *models.in_order(usable)]
        checkpoint = usable[next(name for name in names if name in usable)]
        image = parse_whole(query.get("image", ""), 0, checkpoint.test_images - 1) or 0
        language = known_language(request.query_params.get("lang", link.get("lang")))
        around = Around(json_text({"models": models.listed(found)}), language, json_text(brought))
        try:
            return self._page(_Version(checkpoint), _view(query), image, around)
        except (
            LookupError,
            CheckpointError,
            FileNotFoundError,
        ):  # the page asks, shows the reason, offers other models
            return self._body(checkpoint, _view(query), {}, around)

    def _brought(self, query: Mapping[str, str]) -> Json:
        """What the page brings of the lesson in its link, see hosts/lab/lesson.js; empty without one."""
        name, language = query.get("lesson", ""), query.get("lang", "")
        if not name or self._lessons is None:
            return {}
        found: Json = {"name": name, "lesson": None, "problem": ""}
        try:
            return found if name == OWN_LESSON else found | {"lesson": self._lessons(name, language)}
        except LookupError as error:
            return found | {"problem": str(error.args[0])}

    def _make_page(self, version: "_Version", view: View, image: int, around: Around) -> Body:
        """With the answers for which the host will ask at once."""
        checkpoint = version.checkpoint
        first = {view.name: {}, "image": {"image": f"{image}"}} if view is EXPLORE else {view.name: {}}
        answers = {
            data_url(name, model=checkpoint.name, **params): answer(self._data, checkpoint, name, params)
            for name, params in first.items()
        }
        return self._body(checkpoint, view, answers, around)

    def _body(self, checkpoint: Checkpoint, view: View, answers: dict[str, Json], around: Around) -> Body:
        rows, brought = json.loads(around.models)["models"], json.loads(around.brought)
        values = settings(rows, checkpoint.name, {view.name: view}, answers, language=around.language)
        return body(HTML, self._draw(view, with_lesson(values, brought) if brought else values))


class _Version:
    """A checkpoint as it is now: equal to one that was read from the same files."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint, self._key = checkpoint, (checkpoint.path, version_of(checkpoint))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Version) and self._key == other._key


def _usable(checkpoint: Checkpoint, make: Callable[[], Body]) -> Body:
    try:
        return make()
    except FileNotFoundError as error:
        raise LookupError(f"The checkpoint {checkpoint.name!r} has just been deleted.") from error
    except CheckpointError as error:
        raise LookupError(f"The checkpoint {checkpoint.name!r} cannot be used: {error}") from error


def first_link(lesson: object) -> dict[str, str]:
    """The parameters of the light page's link to a lesson's first step; none where there is no lesson."""
    if not isinstance(lesson, dict):
        return {}
    page, _, query = str(lesson["steps"][0]["link"]).partition("?")
    return {"page": page} | dict(parse_qsl(query))


def _view(query: Mapping[str, str]) -> View:
    """The view that a link asks for: page=Latent_map, or view=latent_map, which Sampling and others use themselves."""
    by_address = {view.address: view for view in VIEWS}
    by_name = {view.name: view for view in VIEWS}
    return by_address.get(query.get("page", "")) or by_name.get(query.get("view", "")) or EXPLORE


@lru_cache(maxsize=len(VIEWS))
def _files(name: str) -> Body:
    found = next((view for view in VIEWS if view.name == name), None)
    if found is None:
        raise LookupError(f"There is no view called {name!r:.40}, only {', '.join(view.name for view in VIEWS)}.")
    return body(JSON, json_text(view_files(found)))


@lru_cache(maxsize=len(TERMS))
def _term(name: str) -> Body:
    return body(JSON, json_text(term_answer(name)))


def answered(request: Request, found: Body, origins: OriginPolicy, status: int = 200) -> Response:
    """The response with a body, which the browser may keep and must ask about; short where it has the same."""
    headers = {"ETag": found.tag, "Cache-Control": "private, no-cache", **origins.headers(request)}
    headers["Vary"] = "Origin, Accept-Encoding"
    if status == 200 and request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, status, headers=headers, media_type=found.kind)
    return Response(found.plain, status, headers=headers, media_type=found.kind)


def body(kind: str, text: str) -> Body:
    """An answer of this media type."""
    plain = text.encode()
    return Body(kind, f'"{hashlib.sha256(plain).hexdigest()[:16]}"', plain, gzip.compress(plain, LEVEL, mtime=0))
