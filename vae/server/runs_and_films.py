"""Training runs and films over the network, for any number of viewers.

`routes` returns the routes, beside those of vae.server.decode and under the same rule for a page's origin. An error is
one sentence, as plain text.

GET <base>/live/runs
    How all runs get on, in the order in which they were asked for: JSON {"version": 1, "runs": [{"name": NAME,
    "state": "queued" | "starting" | "running" | "saving" | "paused" | "failed" | "killed", "sentence": SENTENCE,
    "queue_position": 1 for the next in the queue or null, "progress": 0 to 1, "epoch": epochs done, with
    decimals, "epochs": E or null, "seconds": of training, "seconds_left": s or null, "images_per_second": n or null,
    "device": "cpu", "film_bytes": n}, …]}. A run that has finished is no longer there: it has become the checkpoint of
    its name.
GET <base>/live/film?kind=run|checkpoint&name=NAME&from=K
    The film, as vae.training.film describes it, from byte K on; of a run, as far as it has got, and perhaps ending
    within a record. Who asks for a run that has just been saved gets its checkpoint's. 404 where there is none;
    416 where K lies beyond its end, as when the run was resumed from an earlier state.
"""

import asyncio
import os
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from vae.jobs.runs import Runs
from vae.server.decode import origin_allowed
from vae.training.film import MAX_BYTES

VERSION = 1
LOOK_SECONDS = 0.2  # a class that watches reads the folders no more often than one viewer
ASK = "Ask for kind=run or kind=checkpoint, a name, and from=0 or the bytes you have."
FOREIGN = "This page may not watch training runs here: its origin is not allowed."

Kind = Literal["run", "checkpoint"]
Json = dict[str, Any]
# The film of the checkpoint of this name, or None. Called in a thread; the name is a stranger's input.
CheckpointFilm = Callable[[str], Path | None]


def routes(
    runs: Runs, checkpoint_film: CheckpointFilm, *, base_path: str = "", allowed_origins: Collection[str] = ()
) -> list[BaseRoute]:
    """The routes <base_path>/live/runs and …/film; the options are as those of vae.server.decode.routes."""
    service = Service(runs, checkpoint_film, allowed_origins)
    path = base_path.strip("/")
    base = f"/{path}/live" if path else "/live"
    return [Route(f"{base}/runs", service.runs), Route(f"{base}/film", service.film)]


class Service:
    """Answers both; files are read in a thread."""

    def __init__(self, runs: Runs, checkpoint_film: CheckpointFilm, allowed_origins: Collection[str]) -> None:
        self._all, self._checkpoint_film = runs, checkpoint_film
        self._allowed = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="screenings")
        self._seen: list[Json] = []
        self._seen_at = -LOOK_SECONDS

    async def runs(self, request: Request) -> Response:
        """How all runs get on."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return JSONResponse(
            {"version": VERSION, "runs": await self._in_thread(self._look)}, headers=self._shared(request)
        )

    async def film(self, request: Request) -> Response:
        """A film, or the rest of one."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        query = request.query_params
        text = query.get("from", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 12) or query.get("kind") not in {"run", "checkpoint"}:
            return self._problem(request, ASK, 400)
        found = await self._in_thread(self._read, query["kind"], query.get("name", ""), int(text))
        if found is None:
            return self._problem(request, "There is no film by this name.", 404)
        size, content = found
        if int(text) > size:
            return self._problem(request, "The film is shorter than that; read it anew.", 416)
        headers = {"Cache-Control": "no-store", **self._shared(request)}
        return Response(content, 200, headers, "application/octet-stream")

    async def _in_thread(self, call: Callable[..., Any], *args: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)

    def _look(self) -> list[Json]:
        if time.monotonic() - self._seen_at >= LOOK_SECONDS:
            self._seen = self._statuses()
            self._seen_at = time.monotonic()
        return self._seen

    def _statuses(self) -> list[Json]:
        found, waiting = [], 0
        for run, status in self._all.all():
            waiting += status.state == "queued"
            rest = {"queue_position": waiting if status.state == "queued" else None, "film_bytes": _size(run.film)}
            found.append({"name": run.name, **vars(status), **rest})
        return found

    def _read(self, kind: Kind, name: str, start: int) -> tuple[int, bytes] | None:
        """The film's size and its content from there on. None where there is no such film."""
        found = None
        if kind == "run" and (run := self._all.find(name)) is not None:
            found = _content(run.film, start)
        if found is None and (path := self._checkpoint_film(name)) is not None:
            found = _content(path, start)
        return found

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        if origin_allowed(headers.get("origin"), headers.get("host"), self._allowed):
            return None
        return PlainTextResponse(FOREIGN, 403)

    def _problem(self, request: Request, sentence: str, status: int) -> Response:
        return PlainTextResponse(sentence, status, self._shared(request))

    def _shared(self, request: Request) -> dict[str, str]:
        """Lets a page of another host that is allowed read the answer."""
        origin = request.headers.get("origin")
        return {"Vary": "Origin", **({"Access-Control-Allow-Origin": origin} if origin else {})}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _content(path: Path, start: int) -> tuple[int, bytes] | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(start)
            return size, file.read(2 * MAX_BYTES)
    except OSError:  # the run has just ended
        return None
