"""The live decode service: a WebSocket route that decodes while a slider is being dragged, for many clients at once.

`routes` returns the routes; vae.server.batching runs the requests, vae.server.inference the model. What follows is the
wire format, version 1, from which a client in any language can be written.

The socket
    ws(s)://<host>/<base path>/live, on the port of the app. A browser's Origin header must name the same host and port
    as its Host header, or an origin that the server was told to allow; otherwise the handshake is answered with 403.
    Clients that send no Origin are welcome. A server that is full accepts the socket and closes it at once with code
    1013 and a sentence as the reason: try again later. All integers and floats are little-endian. Arrays are dense and
    in C order; images are n x c x h x w, channels first, one byte for each value, 0 to 255.

Text frames: JSON objects
    The client chooses a model, and may choose again on the same socket at any time; it gets the newest weights then:
        {"version": 1, "model": "mnist-z10"}
    The server greets it, d being the number of latent dimensions and k that of the classes that a conditional model is
    told beside z, 0 for all others; kl is null for a plain autoencoder:
        {"version": 1, "model": "mnist-z10", "latent_dim": d, "classes": k, "image_shape": [c, h, w],
         "kl": [d numbers, in nats], "device": "cpu",
         "likelihood": "bernoulli" or another of vae.model.networks.Likelihood, "limits": {"vectors": 256,
         "requests_per_second": 240, "frame_bytes": 210952}}
    It greets again, unasked, when the model has changed its device: where a GPU fails, the CPU takes over.
    Or it says what is wrong; the model chosen before, if any, stays chosen:
        {"version": 1, "error": "one sentence"}
    vectors is the largest n that a request may carry for this model, frame_bytes the longest binary frame.

Binary frames: requests
    offset  size  field
    0       1     version, 1
    1       1     operation: 1 decode, 2 encode, 3 reconstruct, 4 draw
    2       2     n, the number of vectors or images that follow: 1 to limits.vectors
    4       4     id, any number; the reply carries it too
    8             decode: n x (d + k) float32, each within -10000 to 10000: z, then the classes' weights, 1 for one
                  and 0 for the others; what lies between mixes classes
                  encode: n images
                  reconstruct: n images; where k is not 0, each followed by its label, 2 bytes
                  draw: as reconstruct, each image (and its label) followed by its noise, d float32, each within -10000
                  to 10000

Binary frames: replies
    offset  size  field
    0       1     status: 0 ok, 1 error
    1       1     operation as asked; 0 where it could not be read
    2       2     n as asked; 0 where it could not be read
    4       4     id as asked; 0 where it could not be read
    8             decode: n images
                  encode: n x d float32 means of q(z|x), then n x d float32 log variances
                  reconstruct: n x d float32 means, n x d float32 log variances, n float32 reconstruction terms
                  -log p(x|z = mean) in nats, n float32 KL in nats, then n images decoded from the means
                  draw: as reconstruct, but both computed at z = mean + exp(log variance / 2) * noise; a plain
                  autoencoder draws nothing, there z = mean
                  error: one sentence in UTF-8

Rules
    Every frame gets exactly one reply, and replies come in the order of the frames. An error costs nothing else: the
    socket stays open. The pictures of decode do not depend on what else is decoded at the moment: the same z gets the
    same bytes from the same model on the same machine. The floats of encode, reconstruct and draw may differ in
    their last bits. The noise with which `python -m vae evaluate` draws is served beside the test images: see
    vae.server.latent_map. At most 4 requests of a socket are in the works, and requests_per_second is the rate that
    a socket can keep up (a request counts once for every 32 vectors it begins). Whoever sends more is read more
    slowly, not refused: so keep one request in flight and let the newest z win. Whoever does not read replies for
    10 seconds is disconnected.
"""

import asyncio
import json
import logging
import struct
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass
from math import prod
from time import monotonic

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from vae.model.networks import ModelConfig
from vae.server.batching import Batcher, Job, Operation
from vae.server.inference import Array, Engine, Engines, Entry, LiveModel, Loader, UnknownModelError
from vae.server.prometheus import SocketCounts, exposition

__all__ = ["Limits", "LiveModel", "Loader", "UnknownModelError", "origin_allowed", "routes"]

VERSION = 1
HEADER = struct.Struct("<BBHI")  # version or status, operation, n, id
OK, ERROR = 0, 1
OPERATIONS: dict[int, Operation] = {1: "decode", 2: "encode", 3: "reconstruct", 4: "draw"}
CODES = {operation: code for code, operation in OPERATIONS.items()}
LARGEST_Z = 1e4  # far outside any prior, far inside what float32 layers take without overflow
LONGEST_TEXT = 4096
VECTORS_PER_TOKEN = 32

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What clients may ask of the service. A wait is preferred to a refusal wherever memory allows it.

    vectors: in one request. request_bytes: a request or its reply, which lowers vectors for large images. pending:
    unanswered requests of one socket. requests_per_second, burst: of one socket. clients, clients_per_address: open
    sockets; a class behind one router is one address. backlog_bytes: unanswered requests of all, with their replies.
    send_seconds: how long one reply may wait for its reader. engines, engine_seconds: how many models stay prepared
    though nobody uses them, and for how long.
    """

    vectors: int = 256
    request_bytes: int = 2**24
    pending: int = 4
    requests_per_second: float = 240.0
    burst: float = 120.0
    clients: int = 1024
    clients_per_address: int = 512
    backlog_bytes: int = 2**28
    send_seconds: float = 10.0
    engines: int = 4
    engine_seconds: float = 600.0


def routes(
    load: Loader, *, base_path: str = "", allowed_origins: Collection[str] = (), limits: Limits | None = None
) -> list[BaseRoute]:
    """The WebSocket route <base_path>/live and its counters at <base_path>/live/metrics.

    base_path: Streamlit's server.baseUrlPath, with or without slashes. allowed_origins: pages of other hosts that may
    connect, such as "https://lab.example.org"; needed behind a proxy that changes the Host header, as no forwarded
    header is trusted.
    """
    service = Service(load, allowed_origins, limits or Limits())
    path = base_path.strip("/")
    base = f"/{path}/live" if path else "/live"
    return [WebSocketRoute(base, service), Route(f"{base}/metrics", service.metrics)]


class Bucket:
    """A token bucket: how long to wait, so that on average no more than the rate gets through."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = monotonic()

    def take(self, tokens: float) -> float:
        """Seconds to wait before the next request may be read."""
        now = monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - tokens
        self._at = now
        return max(0.0, -self._tokens / self._rate)


class Service:
    """The ASGI application behind the WebSocket route; all of it runs on the event loop of the server."""

    def __init__(self, load: Loader, allowed_origins: Collection[str], limits: Limits) -> None:
        self.limits = limits
        self.counts = SocketCounts()
        self.engines = Engines(load, limits.engines, limits.engine_seconds)
        self.batcher = Batcher(self._deliver)
        self.backlog = 0
        self._allowed = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)
        self._clients: set[Client] = set()
        self._addresses: Counter[str] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watching = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one socket until it closes."""
        socket = WebSocket(scope, receive, send)
        address = socket.client.host if socket.client else ""
        if not origin_allowed(socket.headers.get("origin"), socket.headers.get("host"), self._allowed):
            self.counts.refused += 1
            await _forbid(socket, "This page may not use the live decoder here: its origin is not allowed.")
            return
        await socket.accept()
        if reason := self._full(address):
            self.counts.refused += 1
            await send({"type": "websocket.close", "code": 1013, "reason": reason})
            return
        await self._serve(Client(self, receive, send), address)

    async def metrics(self, request: Request) -> PlainTextResponse:
        """The counters, in Prometheus' text format."""
        self.counts.clients = len(self._clients)
        text = exposition(self.counts, self.batcher.counts)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    def _full(self, address: str) -> str:
        if len(self._clients) >= self.limits.clients:
            return "The server has as many live clients as it can serve; try again later."
        if self._addresses[address] >= self.limits.clients_per_address:
            return "Your network has as many live clients as one address may have; try again later."
        return ""

    async def _serve(self, client: "Client", address: str) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._watching = loop, False
        self._clients.add(client)
        self._addresses[address] += 1
        self._watch()
        try:
            await client.run()
        finally:
            self._clients.discard(client)
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def _watch(self) -> None:
        if not self._watching and self._loop:
            self._watching = True
            self._loop.call_later(1.0, self._tick)

    def _tick(self) -> None:
        """Once a second while there is anything to look after: drops those who do not read, and unused models."""
        self._watching = False
        for client in list(self._clients):
            client.drop_if_stuck()
            client.tell_if_moved()
        self.engines.evict()
        if self._clients or len(self.engines):
            self._watch()

    def _deliver(self, jobs: list[Job]) -> None:
        """Hands finished jobs from the decode thread to the event loop: one call for the whole batch."""
        try:
            if self._loop:
                self._loop.call_soon_threadsafe(_finish, jobs)
        except RuntimeError:  # the server has stopped meanwhile, and nobody waits any more
            _log.debug("The event loop is closed; %d replies dropped", len(jobs))


class Client:
    """One socket: a reader, a writer, and between them the line of those still waiting for their reply."""

    def __init__(self, service: Service, receive: Receive, send: Send) -> None:
        self._service = service
        self._limits = service.limits
        self._receive = receive
        self._send = send
        self._bucket = Bucket(service.limits.requests_per_second, service.limits.burst)
        self._line: deque[Job | Message] = deque()
        self._entry: Entry | None = None
        self._told_device = ""
        self._held = 0  # bytes of the line, as counted in the service's backlog
        self._ready = asyncio.Event()  # the head of the line may have its reply
        self._moved = asyncio.Event()  # the line has become shorter
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
            _abort(self._receive)
            for task in self._tasks:
                task.cancel()

    def tell_if_moved(self) -> None:
        """Greets again when the model has changed its device, as after a failure of the GPU."""
        if self._entry and self._entry.engine.device_name != self._told_device:
            self._greet()

    def _greet(self) -> None:
        assert self._entry
        self._told_device = self._entry.engine.device_name
        self._answer(_json(_greeting(self._entry, self._limits)), error=False)

    def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        for item in self._line:
            if isinstance(item, Job):
                item.abandoned = True
        self._line.clear()
        self._service.backlog -= self._held
        self._held = 0
        if self._entry:
            self._service.engines.release(self._entry)
            self._entry = None

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
        line = self._line
        while True:
            await self._ready.wait()
            self._ready.clear()
            while line:
                item = line[0]
                if isinstance(item, Job):
                    if not item.done:
                        break
                    item = self._reply(item)
                self._sending_since = monotonic()
                await self._send(item)
                self._sending_since = 0.0
                self._forget(line.popleft())
                self._moved.set()

    def _crowded(self) -> bool:
        return len(self._line) >= self._limits.pending or self._held > self._limits.backlog_bytes // 16

    def _forget(self, item: Job | Message) -> None:
        if isinstance(item, Job):
            self._held -= item.cost
            self._service.backlog -= item.cost

    def _request(self, frame: bytes) -> int:
        """Queues a request, or the reply that says what is wrong with it; returns its price in tokens."""
        try:
            job = self._job(frame)
        except ValueError as error:
            self._answer_error(frame, str(error))
            return 1
        self._service.counts.requests[job.operation] += 1
        self._held += job.cost
        self._service.backlog += job.cost
        self._line.append(job)
        self._service.batcher.submit(job)
        return 1 + (len(job.rows) - 1) // VECTORS_PER_TOKEN

    def _job(self, frame: bytes) -> Job:
        """The request in a frame. Raises ValueError with the sentence to reply."""
        if self._entry is None:
            raise ValueError("Choose a model first: send its name in a text frame.")
        engine = self._entry.engine
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

    def _answer_error(self, frame: bytes, sentence: str) -> None:
        readable = len(frame) >= HEADER.size and frame[0] == VERSION
        header = HEADER.pack(ERROR, *HEADER.unpack_from(frame)[1:]) if readable else HEADER.pack(ERROR, 0, 0, 0)
        self._answer(_binary(header + sentence.encode()), error=True)

    def _answer(self, message: Message, *, error: bool) -> None:
        self._service.counts.errors += error
        self._line.append(message)
        self._ready.set()

    async def _choose(self, text: str) -> None:
        """Changes this socket's model and greets it, or says why not."""
        try:
            entry = await self._service.engines.choose(read_choice(text))
        except (ValueError, UnknownModelError) as error:
            self._answer(_json({"error": str(error)}), error=True)
            return
        except Exception as error:
            _log.exception("A model could not be loaded for a live client")
            self._answer(_json({"error": f"The model could not be loaded ({type(error).__name__})."}), error=True)
            return
        if self._entry:
            self._service.engines.release(self._entry)
        self._entry = entry
        self._greet()


def origin_allowed(origin: str | None, host: str | None, allowed: Collection[str]) -> bool:
    """Whether a page of this origin may connect to this host; ports count, with http's and https's own left out.

    A browser always names the origin, and no page can forge it; what names none is no browser, and runs no stranger's
    page.
    """
    if origin is None:
        return True
    origin, host = origin.lower(), (host or "").lower()
    scheme, _, rest = origin.partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme)
    own = port is not None and host != "" and rest.removesuffix(port) == host.removesuffix(port)
    return own or origin in allowed


def vectors_limit(engine: Engine, limits: Limits) -> int:
    """The most vectors of one request, such that neither it nor its reply grows beyond request_bytes."""
    config = engine.config
    largest = max(prod(config.image_shape) + 4 * (2 * config.latent_dim + 2), 4 * config.code_dim)  # a reply, a request
    return max(1, min(limits.vectors, limits.request_bytes // largest))


def read_header(frame: bytes) -> tuple[Operation, int, int]:
    """Operation, n and id of a request. Raises ValueError with the sentence to reply."""
    if len(frame) < HEADER.size:
        raise ValueError(f"A request begins with a header of {HEADER.size} bytes; this frame has {len(frame)}.")
    version, code, n, identity = HEADER.unpack_from(frame)
    if version != VERSION:
        raise ValueError(f"This server speaks version {VERSION} of the live format, not {version}.")
    if code not in OPERATIONS:
        raise ValueError(f"Operation must be 1 decode, 2 encode, 3 reconstruct or 4 draw, not {code}.")
    return OPERATIONS[code], n, identity


def row_bytes(operation: Operation, config: ModelConfig) -> int:
    """Length of one vector or image of a request, with its label and noise."""
    if operation == "decode":
        return 4 * config.code_dim
    label = 2 if config.classes and operation != "encode" else 0
    noise = 4 * config.latent_dim if operation == "draw" else 0
    return prod(config.image_shape) + label + noise


def read_rows(frame: bytes, operation: Operation, n: int, engine: Engine) -> Array:
    """The n rows of a request, as a view of the frame. Raises ValueError with the sentence to reply.

    Shapes: (n, code_dim) float32 to decode, else (n, row_bytes) uint8.
    """
    config, pixels = engine.config, prod(engine.config.image_shape)
    size = row_bytes(operation, config)
    expected = HEADER.size + n * size
    if len(frame) != expected:
        raise ValueError(f"To {operation} {n} takes a frame of {expected} bytes for this model, not {len(frame)}.")
    rows: Array = np.frombuffer(frame, "u1", offset=HEADER.size).reshape(n, size)
    if operation == "decode":
        rows = rows.view("<f4")
        _check_reach(rows, "z")
    elif operation == "draw":
        _check_reach(rows[:, -4 * config.latent_dim :].copy().view("<f4"), "noise value")
    if operation in ("reconstruct", "draw") and config.classes:
        worst = int(rows[:, pixels : pixels + 2].copy().view("<u2").max())
        if worst >= config.classes:
            raise ValueError(f"Every label must be a number from 0 to {config.classes - 1}, not {worst}.")
    return rows


def _check_reach(values: Array, name: str) -> None:
    if not np.abs(values).max() <= LARGEST_Z:  # not true for NaN either
        raise ValueError(f"Every {name} must be a number from -{LARGEST_Z:g} to {LARGEST_Z:g}.")


def read_choice(text: str) -> str:
    """The model's name in a text frame. Raises ValueError with the sentence to reply."""
    try:
        choice = json.loads(text) if len(text) <= LONGEST_TEXT else None
    except (ValueError, RecursionError):
        choice = None
    if not isinstance(choice, dict) or not isinstance(choice.get("model"), str):
        raise ValueError(f'A text frame must be JSON such as {{"version": {VERSION}, "model": "mnist-z10"}}.')
    if choice.get("version") != VERSION:
        raise ValueError(f"This server speaks version {VERSION} of the live format, not {choice.get('version')!r}.")
    return str(choice["model"])


def _greeting(entry: Entry, limits: Limits) -> dict[str, object]:
    config = entry.engine.config
    vectors = vectors_limit(entry.engine, limits)
    return {
        "model": entry.live.name,
        "latent_dim": config.latent_dim,
        "classes": config.classes,
        "image_shape": config.image_shape,
        "kl": entry.live.kl,
        "device": entry.engine.device_name,
        "likelihood": config.likelihood,
        "limits": {
            "vectors": vectors,
            "requests_per_second": limits.requests_per_second,
            "frame_bytes": HEADER.size + vectors * max(row_bytes(operation, config) for operation in CODES),
        },
    }


def _json(value: dict[str, object]) -> Message:
    return {"type": "websocket.send", "text": json.dumps({"version": VERSION, **value})}


def _binary(data: bytes) -> Message:
    return {"type": "websocket.send", "bytes": data}


def _finish(jobs: list[Job]) -> None:
    for job in jobs:
        job.done = True
        job.on_done()


async def _forbid(socket: WebSocket, sentence: str) -> None:
    """Answers the handshake with 403, and with the reason where the server can send one."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(PlainTextResponse(sentence, 403))
    else:
        await socket.close()


def _abort(receive: Receive) -> None:
    """Cuts the connection at once, where the server is uvicorn.

    Returning from the application only asks for a close after all is sent, which whoever does not read would put off
    for ever; ASGI has no word for more.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()
