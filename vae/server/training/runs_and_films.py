"""Training runs and films over the network, for any number of viewers.

`routes` returns the routes, for the same origins as vae.server.live.decode's. An error is one sentence, as plain text.

GET <base>/live/runs
    The state of all runs, in the order in which they were requested: JSON {"version": 1, "runs": [{"name": NAME,
    "state": "queued" | "starting" | "running" | "saving" | "paused" | "failed" | "killed", "sentence": SENTENCE,
    "queue_position": 1 for the next in the queue or null, "progress": 0 to 1, "epoch": epochs done, with
    decimals, "epochs": E or null, "seconds": of training, "seconds_left": s or null, "images_per_second": n or null,
    "device": "cpu", "host": MACHINE or "", "film_bytes": n}, …]}. A run that has finished is no longer listed: it has
    become the checkpoint of its name.
GET <base>/live/film?kind=run|checkpoint&name=NAME&from=K&v=VERSION
    The film, as vae.training.film describes it, from byte K on; of a run, as far as it has been written, perhaps ending
    within a record. A request for a run that has just been saved gets its checkpoint's film. 404 if there is none;
    416 if K lies beyond its end, as when the run was resumed from an earlier state. It has an ETag. With the version
    that a view's data name, browsers keep a checkpoint's film and ask no more.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from vae.jobs.runs import Runs
from vae.server.wire import FOR_EVER, Json, OriginPolicy, OriginRule, live_path, own_origin
from vae.training.film import MAX_BYTES, film_version

VERSION = 1
LOOK_SECONDS = 0.2  # the folders are read no more often for many viewers than for one
USAGE = "Ask for kind=run or kind=checkpoint, a name, and from=0 or the bytes you have."

Kind = Literal["run", "checkpoint"]
# The film of the checkpoint of this name, or None. Called in a thread; do not trust the name.
CheckpointFilm = Callable[[str], Path | None]


def routes(
    runs: Runs, checkpoint_film: CheckpointFilm, *, base_path: str = "", allows: OriginRule = own_origin
) -> list[BaseRoute]:
    """The routes <base_path>/live/runs and …/film; the options are as those of vae.server.live.decode.routes."""
    service = RunFilmService(runs, checkpoint_film, allows)
    base = live_path(base_path)
    return [Route(f"{base}/runs", service.runs), Route(f"{base}/film", service.film)]


class RunFilmService:
    """Answers both; files are read in a thread."""

    def __init__(self, runs: Runs, checkpoint_film: CheckpointFilm, allows: OriginRule) -> None:
        self._runs, self._checkpoint_film = runs, checkpoint_film
        self._origins = OriginPolicy(allows, "watch training runs")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="runs-and-films")
        self._seen: list[Json] = []
        self._seen_at = -LOOK_SECONDS

    async def runs(self, request: Request) -> Response:
        """The state of all runs."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        answer = {"version": VERSION, "runs": await self._in_thread(self._look)}
        return JSONResponse(answer, headers=self._origins.headers(request))

    async def film(self, request: Request) -> Response:
        """A film, or the rest of one."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        query = request.query_params
        text = query.get("from", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 12) or query.get("kind") not in {"run", "checkpoint"}:
            return self._origins.problem(request, USAGE, 400)
        found = await self._in_thread(self._read, query["kind"], query.get("name", ""), int(text))
        if found is None:
            return self._origins.problem(request, "There is no film by this name.", 404)
        tag, size, content, version = found
        if int(text) > size:
            return self._origins.problem(request, "The film is shorter than that; read it from the start.", 416)
        kept = FOR_EVER if version and query.get("v") == version else "private, no-cache"
        headers = {"ETag": tag, "Cache-Control": kept, **self._origins.headers(request)}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, 200, headers, "application/octet-stream")

    async def _in_thread(self, call: Callable[..., Any], *args: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)

    def _look(self) -> list[Json]:
        if time.monotonic() - self._seen_at >= LOOK_SECONDS:
            self._seen = self._statuses()
            self._seen_at = time.monotonic()
        return self._seen

    def _statuses(self) -> list[Json]:
        found, queued = [], 0
        for run, status in self._runs.all():
            queued += status.state == "queued"
            more = {"queue_position": queued if status.state == "queued" else None, "film_bytes": _size(run.film)}
            found.append({"name": run.name, **vars(status), **more})
        return found

    def _read(self, kind: Kind, name: str, start: int) -> tuple[str, int, bytes, str] | None:
        """The film's tag, its size, its content from byte start on, its version, "" while it grows. None for none."""
        run = self._runs.find(name) if kind == "run" else None
        if run is not None and (growing := _content(run.film, start)) is not None:
            return *growing, ""
        path = self._checkpoint_film(name)
        found = _content(path, start) if path else None
        return None if found is None else (*found, film_version(path))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _content(path: Path, start: int) -> tuple[str, int, bytes] | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(start)
            content = file.read(2 * MAX_BYTES)
            return f'"{hashlib.sha256(content).hexdigest()[:16]}"', size, content
    except OSError:  # the run has just ended
        return None
