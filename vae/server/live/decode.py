"""The live decode service: a WebSocket route that decodes while a slider is being dragged, for many clients at once.

`routes` returns the routes. decode_frames describes the wire format, batching runs the requests.
"""

import asyncio
import json
import logging
from collections import deque
from math import prod
from time import monotonic

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from vae.server.live.batching import Batcher, Job
from vae.server.live.decode_frames import (
    CODES,
    ERROR,
    HEADER,
    OK,
    VECTORS_PER_TOKEN,
    VERSION,
    DecodeLimits,
    greeting,
    read_choice,
    read_header,
    read_rows,
    vectors_limit,
)
from vae.server.live.inference import LoadedModel, LoadedModels, Loader, UnknownModelError
from vae.server.live.prometheus import PROMETHEUS, SocketCounts, exposition
from vae.server.wire import Admission, Json, OriginPolicy, OriginRule, TokenBucket, abort, live_path, own_origin

_log = logging.getLogger(__name__)


def routes(
    load: Loader, *, base_path: str = "", allows: OriginRule = own_origin, limits: DecodeLimits | None = None
) -> list[BaseRoute]:
    """The WebSocket route <base_path>/live and its counters at <base_path>/live/metrics.

    base_path: Streamlit's server.baseUrlPath, with or without slashes. allows: which pages may connect. No forwarded
    header is trusted: behind a proxy that changes the Host header it must know the page's address.
    """
    return service_routes(DecodeService(load, allows, limits or DecodeLimits()), base_path)


def service_routes(service: "DecodeService", base_path: str = "") -> list[BaseRoute]:
    """The same for a service that the caller has made."""
    base = live_path(base_path)
    return [
        WebSocketRoute(base, service),
        Route(base, service.permission, methods=["POST"]),
        Route(f"{base}/metrics", service.metrics),
    ]


class DecodeService:
    """The ASGI application behind the WebSocket route; all of it runs on the event loop of the server."""

    def __init__(self, load: Loader, allows: OriginRule, limits: DecodeLimits) -> None:
        self.limits = limits
        self.counts = SocketCounts()
        self.models = LoadedModels(load, limits.unused_models, limits.unused_seconds)
        self.batcher = Batcher(self._deliver)
        self.backlog = 0
        self._origins = OriginPolicy(allows, "use the live decoder")
        self.admission = Admission(self._origins, limits, "live clients")
        self._clients: set[DecodeClient] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticking = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one socket until it closes."""
        socket = WebSocket(scope, receive, send)
        if not await self.admission.open(socket):
            self.counts.refused += 1
            return
        try:
            await self._serve(DecodeClient(self, receive, send))
        finally:
            self.admission.close(socket)

    async def permission(self, request: Request) -> Response:
        """Whether this page may open the socket."""
        return self._origins.permission(request)

    async def metrics(self, request: Request) -> PlainTextResponse:
        """The counters, in Prometheus' text format."""
        return PlainTextResponse(self.exposition(), media_type=PROMETHEUS)

    def exposition(self) -> str:
        """The counters as text."""
        self.counts.clients = len(self._clients)
        return exposition(self.counts, self.batcher.counts)

    async def decode_once(self, name: str) -> None:
        """Has the decode thread decode one picture of this model. Raises UnknownModelError, RuntimeError."""
        self._run_here()
        model = await self.models.choose(name)
        done = asyncio.Event()
        job = Job(model.engine, "decode", np.zeros((1, model.engine.config.code_dim), np.float32), done.set)
        try:
            self.batcher.submit(job)
            await done.wait()
        finally:
            job.abandoned = True
            self.models.release(model)
        if job.error:
            raise RuntimeError(job.error)

    def _run_here(self) -> None:
        """Results are delivered to the event loop that runs now."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._ticking = loop, False
        self._schedule_tick()

    async def _serve(self, client: "DecodeClient") -> None:
        self._clients.add(client)
        self._run_here()
        try:
            await client.run()
        finally:
            self._clients.discard(client)

    def _schedule_tick(self) -> None:
        if not self._ticking and self._loop:
            self._ticking = True
            self._loop.call_later(1.0, self._tick)

    def _tick(self) -> None:
        """Once a second while there are clients or models: drops clients that do not read, and unused models."""
        self._ticking = False
        for client in list(self._clients):
            client.drop_if_stuck()
            client.greet_if_moved()
        self.models.evict()
        if self._clients or len(self.models):
            self._schedule_tick()

    def _deliver(self, jobs: list[Job]) -> None:
        """Passes finished jobs from the decode thread to the event loop: one call for the whole batch."""
        try:
            if self._loop:
                self._loop.call_soon_threadsafe(_finish, jobs)
        except RuntimeError:  # the server has stopped
            _log.debug("The event loop is closed; %d replies dropped", len(jobs))


class DecodeClient:
    """One socket: a reader, a writer, and between them the queue of requests and texts not yet answered."""

    def __init__(self, service: DecodeService, receive: Receive, send: Send) -> None:
        self._service = service
        self._limits = service.limits
        self._receive = receive
        self._send = send
        self._bucket = TokenBucket(service.limits)
        self._queue: deque[Job | Message] = deque()
        self._model: LoadedModel | None = None
        self._greeted_device = ""
        self._held = 0  # bytes of the queue, as counted in the service's backlog
        self._ready = asyncio.Event()  # the head of the queue may have its reply
        self._moved = asyncio.Event()  # the queue has become shorter
        self._sending_since = 0.0
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def run(self) -> None:
        """Reads and writes until either side ends."""
        self._tasks = asyncio.create_task(self._read()), asyncio.create_task(self._write())
        try:
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if not task.cancelled() and (error := task.exception()) and not isinstance(error, OSError):
                    raise error
        finally:
            self._leave()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def drop_if_stuck(self) -> None:
        """Disconnects a client that has left a reply unread for too long."""
        if self._sending_since and monotonic() - self._sending_since > self._limits.send_seconds:
            abort(self._receive)
            for task in self._tasks:
                task.cancel()

    def greet_if_moved(self) -> None:
        """Greets again when the model has changed its device, as after a failure of the GPU."""
        if self._model and self._model.engine.device_name != self._greeted_device:
            self._greet()

    def _greet(self) -> None:
        assert self._model
        self._greeted_device = self._model.engine.device_name
        self._send_later(_json(greeting(self._model, self._limits)), error=False)

    def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        for item in self._queue:
            if isinstance(item, Job):
                item.abandoned = True
        self._queue.clear()
        self._service.backlog -= self._held
        self._held = 0
        if self._model:
            self._service.models.release(self._model)
            self._model = None

    async def _read(self) -> None:
        while (message := await self._receive())["type"] == "websocket.receive":
            frame = message.get("bytes")
            if frame is None:
                tokens = 1
                await self._choose(message.get("text") or "")
            else:
                tokens = self._request(frame)
            if wait := self._bucket.take(tokens):
                await asyncio.sleep(wait)
            while self._crowded():
                self._moved.clear()
                await self._moved.wait()

    async def _write(self) -> None:
        queue = self._queue
        while True:
            await self._ready.wait()
            self._ready.clear()
            while queue:
                item = queue[0]
                if isinstance(item, Job):
                    if not item.done:
                        break
                    item = self._reply(item)
                self._sending_since = monotonic()
                await self._send(item)
                self._sending_since = 0.0
                self._forget(queue.popleft())
                self._moved.set()

    def _crowded(self) -> bool:
        return len(self._queue) >= self._limits.pending or self._held > self._limits.backlog_bytes // 16

    def _forget(self, item: Job | Message) -> None:
        if isinstance(item, Job):
            self._held -= item.cost
            self._service.backlog -= item.cost

    def _request(self, frame: bytes) -> int:
        """Queues a request, or the reply that says what is wrong with it; returns its price in tokens."""
        try:
            job = self._job(frame)
        except ValueError as error:
            self._refuse(frame, str(error))
            return 1
        self._service.counts.requests[job.operation] += 1
        self._held += job.cost
        self._service.backlog += job.cost
        self._queue.append(job)
        self._service.batcher.submit(job)
        return 1 + (len(job.rows) - 1) // VECTORS_PER_TOKEN

    def _job(self, frame: bytes) -> Job:
        """The request in a frame. Raises ValueError with the sentence to reply."""
        if self._model is None:
            raise ValueError("Choose a model first: send its name in a text frame.")
        engine = self._model.engine
        operation, n, identity = read_header(frame)
        most = vectors_limit(engine, self._limits)
        if not 1 <= n <= most:
            raise ValueError(f"A request must hold 1 to {most} vectors or images of this model, not {n}.")
        rows = read_rows(frame, operation, n, engine)
        cost = len(frame) + n * prod(engine.config.image_shape)
        if self._service.backlog + cost > self._limits.backlog_bytes:
            raise ValueError("The server has more requests waiting than it can hold; try again.")
        return Job(engine, operation, rows, self._ready.set, identity, cost)

    def _reply(self, job: Job) -> Message:
        code, n = CODES[job.operation], len(job.rows)
        if job.error:
            self._service.counts.errors += 1
            return _binary(HEADER.pack(ERROR, code, n, job.identity) + job.error.encode())
        fields = zip(*job.parts, strict=True)  # from rows of fields to fields of rows
        return _binary(b"".join([HEADER.pack(OK, code, n, job.identity), *(part.data for f in fields for part in f)]))

    def _refuse(self, frame: bytes, sentence: str) -> None:
        readable = len(frame) >= HEADER.size and frame[0] == VERSION
        header = HEADER.pack(ERROR, *HEADER.unpack_from(frame)[1:]) if readable else HEADER.pack(ERROR, 0, 0, 0)
        self._send_later(_binary(header + sentence.encode()), error=True)

    def _send_later(self, message: Message, *, error: bool) -> None:
        self._service.counts.errors += error
        self._queue.append(message)
        self._ready.set()

    async def _choose(self, text: str) -> None:
        """Changes this socket's model and greets it, or says why not."""
        try:
            model = await self._service.models.choose(read_choice(text))
        except (ValueError, UnknownModelError) as error:
            self._send_later(_json({"error": str(error)}), error=True)
            return
        except Exception as error:
            _log.exception("A model could not be loaded for a live client")
            self._send_later(_json({"error": f"The model could not be loaded ({type(error).__name__})."}), error=True)
            return
        if self._model:
            self._service.models.release(self._model)
        self._model = model
        self._greet()


def _json(value: Json) -> Message:
    return {"type": "websocket.send", "text": json.dumps({"version": VERSION, **value})}


def _binary(data: bytes) -> Message:
    return {"type": "websocket.send", "bytes": data}


def _finish(jobs: list[Job]) -> None:
    for job in jobs:
        job.done = True
        job.on_done()
