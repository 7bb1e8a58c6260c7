"""The latent map's data over the network: the encoded test set, its images, and projections as they are computed.

`routes` returns the routes, beside those of vae.server.decode and under the same rule for a page's origin. The wire
format, version 1; all integers and floats are little-endian, all arrays dense and in C order. An error is one sentence.

GET <base>/live/encoded?model=NAME
    The encoded test set: uint32 L, then L bytes of JSON, then zeros up to a multiple of 8, then the arrays, each at its
    "offset" from the body's first byte. It has an ETag.
        {"version": 1, "model": NAME, "n": n, "latent_dim": d, "classes": [names], "image_shape": [c, h, w],
         "images": k, "arrays": [{"name": "mean", "dtype": "<f4", "shape": [n, d], "offset": o}, …],
         "pca": {"mean": [d], "components": [[d], …], "explained": […]}}
    arrays: mean, logvar (n, d); labels "<u2", reconstruction, kl (n,). images: the server has the first k of the n test
    images. pca: at most 3 components.
GET <base>/live/images?model=NAME&start=S&count=C
    Test images S to S + C - 1: C x c x h x w bytes, at most 1 MiB, or 404.
GET <base>/live/noise?model=NAME&start=S&count=C
    The noise of test images S to S + C - 1, of all n: C x d float32, at most 1 MiB, or 404. The stored reconstruction
    of an image is that of z = mean + exp(logvar / 2) * noise, as in the operation draw of vae.server.decode; a plain
    autoencoder's is that of its mean. The noise is not stored but drawn anew: another version of torch may draw
    otherwise.

WebSocket <base>/live/projections
    The client asks with a text frame, the fields being those of vae.projection.methods.ProjectionConfig; what is
    left out has its default. A request takes the place of the one before, as does a cancellation; what
    no other client has asked for stops being computed then.
        {"version": 1, "model": NAME, "method": "tsne", "dims": 2, "perplexity": 30, "seed": 0}
        {"version": 1, "cancel": true}
    The server answers each with text frames, of which the first precedes any layout:
        {"version": 1, "error": SENTENCE}                      a bad request; what went on before is over
        {"version": 1, "state": "queued", "queue_position": 2}          one other is computed first
        {"version": 1, "state": "running", "progress": 0.31}
        {"version": 1, "state": "done", "seconds": 7.1, "source": "computed here", "from the cache" or "shipped with
         the checkpoint", "quality": {"trustworthiness": …, "continuity": …, "neighbours_kept": …, "protocol": "…"}}
        {"version": 1, "state": "failed", "error": SENTENCE}
        {"version": 1, "state": "cancelled"}
    each state but the last with the "model", "method" and "dims" that were asked for. Layouts are binary frames: uint32
    dims, then n x dims float32. They come while it is computed, as fast as they are read and at most ten a second, and
    the final one always before "done".
"""

import asyncio
import hashlib
import json
import logging
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from vae.model.latents import EncodedSet, posterior_noise
from vae.projection.methods import FloatArray, ProjectionConfig, fit_pca
from vae.projection.service import BusyError, Done, Event, Failed, Layouts, Queued, Watch
from vae.server.decode import Bucket, origin_allowed
from vae.server.inference import UnknownModelError

VERSION = 1
ALIGNMENT = 8
ROWS_BYTES = 2**20
LONGEST_TEXT = 4096
BODIES = 4  # encoded sets, and as many sets of noise, that are kept ready to send
BYTES = "application/octet-stream"
FOREIGN = "This page may not use the latent map here: its origin is not allowed."

Json = dict[str, Any]
Result = TypeVar("Result")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MapSource:
    """What there is to draw of one model.

    version: differs where anything else does. images: the first k <= n test images, (k, c, h, w). saved: the layout
    that was shipped for a config, or None.
    """

    name: str
    version: str
    encoded: EncodedSet
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    images: NDArray[np.uint8]
    saved: Callable[[ProjectionConfig], FloatArray | None]


# Called in a thread, at each request: cache what is slow, and treat the name as a stranger's input.
Source = Callable[[str], MapSource]


@dataclass(frozen=True)
class Limits:
    """What clients may ask for. clients, clients_per_address: open sockets; a class behind one router is one address.

    requests_per_second, burst: of one socket; more are read more slowly. send_seconds: how long a frame may wait for
    its reader.
    """

    clients: int = 1024
    clients_per_address: int = 512
    requests_per_second: float = 4.0
    burst: float = 20.0
    send_seconds: float = 10.0


def routes(
    source: Source,
    layouts: Layouts,
    *,
    base_path: str = "",
    allowed_origins: Collection[str] = (),
    limits: Limits | None = None,
) -> list[BaseRoute]:
    """The routes <base_path>/live/encoded, …/images, …/noise and …/projections; options as for decode."""
    service = Service(source, layouts, allowed_origins, limits or Limits())
    path = base_path.strip("/")
    base = f"/{path}/live" if path else "/live"
    return [
        Route(f"{base}/encoded", service.encoded),
        Route(f"{base}/images", service.images),
        Route(f"{base}/noise", service.noise),
        WebSocketRoute(f"{base}/projections", service.projections),
    ]


class Service:
    """Answers all three; on the event loop of the server, with files and arrays in threads."""

    def __init__(self, source: Source, layouts: Layouts, allowed_origins: Collection[str], limits: Limits) -> None:
        self.layouts = layouts
        self.limits = limits
        self._source = source
        self._allowed = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="maps")
        self._bodies: OrderedDict[tuple[str, str], tuple[str, bytes]] = OrderedDict()
        self._addresses: Counter[str] = Counter()
        self._preparing: asyncio.Task[None] | None = None

    async def encoded(self, request: Request) -> Response:
        """The encoded test set of the model asked for."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        try:
            tag, body = await self.in_thread(self._body, request.query_params.get("model", ""))
        except UnknownModelError as error:
            return PlainTextResponse(str(error), 404)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", **self._shared(request)}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=BYTES)

    async def images(self, request: Request) -> Response:
        """Some of the test images."""
        return await self._rows(request, lambda source: source.images, "max-age=3600")

    async def noise(self, request: Request) -> Response:
        """The noise with which some of the test images were evaluated."""
        # Not to be cached: a new checkpoint of the same name may have another latent_dim.
        return await self._rows(request, lambda source: _noise(*source.encoded.mean.shape), "no-store")

    async def _rows(self, request: Request, array: Callable[[MapSource], NDArray[Any]], caching: str) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        query = request.query_params
        try:
            body = await self.in_thread(
                lambda: _some(array(self._source(query.get("model", ""))), query.get("start"), query.get("count"))
            )
        except ValueError as error:
            return PlainTextResponse(str(error), 400)
        except LookupError as error:
            return PlainTextResponse(str(error.args[0]), 404)
        headers = {"Cache-Control": f"private, {caching}", **self._shared(request)}
        return Response(body, headers=headers, media_type=BYTES)

    async def projections(self, socket: WebSocket) -> None:
        """Serves one socket until it closes."""
        address = socket.client.host if socket.client else ""
        if not origin_allowed(socket.headers.get("origin"), socket.headers.get("host"), self._allowed):
            await _forbid(socket)
            return
        await socket.accept()
        if (
            self._addresses.total() >= self.limits.clients
            or self._addresses[address] >= self.limits.clients_per_address
        ):
            await socket.close(1013, "The server has as many map clients as it can serve; try again later.")
            return
        self._addresses[address] += 1
        try:
            await Client(self, socket, address).run()
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    async def open(self, name: str, config: ProjectionConfig, owner: str) -> Watch:
        """Watches the projection of the model of this name. Raises UnknownModelError, ValueError, BusyError."""
        # Not before: it takes a core for some seconds, and pages that need no projection come here for the codes.
        if config.method in ("tsne", "umap") and self._preparing is None:
            self._preparing = asyncio.create_task(self.layouts.prepare())
            self._preparing.add_done_callback(_complain)
        points, saved = await self.in_thread(self._points, name, config)
        return await self.layouts.open(points, config, saved, owner)

    async def in_thread(self, call: Callable[..., Result], *args: object) -> Result:
        """What the call returns, without the event loop waiting for it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)

    def _points(self, name: str, config: ProjectionConfig) -> tuple[FloatArray, FloatArray | None]:
        source = self._source(name)
        return source.encoded.mean, source.saved(config)

    def _body(self, name: str) -> tuple[str, bytes]:
        source = self._source(name)
        key = source.name, source.version
        if (found := self._bodies.get(key)) is None:
            body = encoded_body(source)
            found = self._bodies[key] = f'"{hashlib.sha256(body).hexdigest()[:32]}"', body
            while len(self._bodies) > BODIES:
                self._bodies.popitem(last=False)
        return found

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        if origin_allowed(headers.get("origin"), headers.get("host"), self._allowed):
            return None
        return PlainTextResponse(FOREIGN, 403)

    def _shared(self, request: Request) -> dict[str, str]:
        """Lets a page of another host that is allowed read the answer."""
        origin = request.headers.get("origin")
        return {"Vary": "Origin", **({"Access-Control-Allow-Origin": origin} if origin else {})}


class _GoneError(Exception):
    """The client does not read any more."""


class Client:
    """One socket: it reads requests, while a task of its own tells how the latest of them gets on."""

    def __init__(self, service: Service, socket: WebSocket, owner: str) -> None:
        self._service, self._socket, self._owner = service, socket, owner
        self._bucket = Bucket(service.limits.requests_per_second, service.limits.burst)
        self._telling: asyncio.Task[None] | None = None
        self._watch: Watch | None = None

    async def run(self) -> None:
        """Until either side ends."""
        try:
            while (message := await self._socket.receive())["type"] == "websocket.receive":
                await self._stop()
                await self._heed(message.get("text"))
                if wait := self._bucket.take(1):
                    await asyncio.sleep(wait)
        except _GoneError:
            pass
        finally:
            await self._stop()
            self._turn_to(None)

    async def _heed(self, text: str | None) -> None:
        """Begins what a frame asks for, or says at once what is wrong with it."""
        try:
            asked = read_request(text)
        except ValueError as error:
            await self._end({"error": str(error)})
            return
        if asked is None:
            await self._end({"state": "cancelled"})
            return
        self._telling = asyncio.create_task(self._answer(*asked))
        self._telling.add_done_callback(_complain)

    async def _end(self, answer: Json) -> None:
        self._turn_to(None)
        await self._say(answer)

    def _turn_to(self, watch: Watch | None) -> None:
        """Leaves what was watched before: not until the next is there, for that may be the same."""
        if self._watch:
            self._watch.close()
        self._watch = watch

    async def _stop(self) -> None:
        if self._telling:
            self._telling.cancel()
            await asyncio.wait([self._telling])
            self._telling = None

    async def _answer(self, name: str, config: ProjectionConfig) -> None:
        try:
            self._turn_to(await self._service.open(name, config, self._owner))
            await self._follow({"model": name, "method": config.method, "dims": config.dims})
        except _GoneError:
            pass  # as receiving will find too
        except (ValueError, BusyError, UnknownModelError) as error:
            await self._end({"error": str(error)})
        except Exception as error:
            _log.exception("A projection could not be started")
            await self._end({"error": f"The projection could not be started ({type(error).__name__})."})

    async def _follow(self, asked: Json) -> None:
        assert self._watch
        sent: FloatArray | None = None
        async for event in self._watch:
            if isinstance(event, Done) and sent is None:
                await self._say({"state": "running", "progress": 1.0, **asked})
            elif not isinstance(event, (Done, Failed)):
                await self._say(_state(event) | asked)
            layout = getattr(event, "layout", None)
            if layout is not None and layout is not sent:
                sent = layout
                await self._within_limit(self._socket.send_bytes(_frame(layout)))
            if isinstance(event, (Done, Failed)):
                await self._say(_state(event) | asked)

    async def _say(self, message: Json) -> None:
        await self._within_limit(self._socket.send_text(json.dumps({"version": VERSION, **message})))

    async def _within_limit(self, sending: Any) -> None:
        """Disconnects whoever leaves a frame unread for too long."""
        try:
            async with asyncio.timeout(self._service.limits.send_seconds):
                await sending
        except TimeoutError:
            _abort(self._socket)
            raise _GoneError from None
        except (OSError, RuntimeError, WebSocketDisconnect):  # closed meanwhile
            raise _GoneError from None


def encoded_body(source: MapSource) -> bytes:
    """The body of GET …/encoded."""
    encoded = source.encoded
    n, latent_dim = encoded.mean.shape
    pca = fit_pca(encoded.mean, min(3, latent_dim))
    arrays = {name: np.ascontiguousarray(getattr(encoded, name), "<f4") for name in ("mean", "logvar")}
    arrays["labels"] = np.ascontiguousarray(encoded.labels, "<u2")
    arrays |= {name: np.ascontiguousarray(getattr(encoded, name), "<f4") for name in ("reconstruction", "kl")}
    header = {
        "version": VERSION,
        "model": source.name,
        "n": n,
        "latent_dim": latent_dim,
        "classes": source.class_names,
        "image_shape": source.image_shape,
        "images": len(source.images),
        "pca": {key: value.tolist() for key, value in asdict(pca).items()},
    }
    return _packed(header, arrays)


def _packed(header: Json, arrays: dict[str, NDArray[Any]]) -> bytes:
    """Header and arrays as one body. The offsets are part of the header: it is padded until they hold."""
    length = 0
    while True:
        offset, places, parts = _aligned(4 + length), [], []
        for name, array in arrays.items():
            places.append({"name": name, "dtype": array.dtype.str, "shape": array.shape, "offset": offset})
            parts.append(array.tobytes().ljust(_aligned(array.nbytes), b"\0"))
            offset += _aligned(array.nbytes)
        text = json.dumps({**header, "arrays": places}).encode()
        if len(text) <= length:
            text = text.ljust(length)  # spaces after JSON mean nothing
            return b"".join([struct.pack("<I", length), text, bytes(_aligned(4 + length) - 4 - length), *parts])
        length = len(text)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def read_request(text: str | None) -> tuple[str, ProjectionConfig] | None:
    """The model's name and the config in a text frame, or None for a cancellation.

    Raises ValueError with the sentence to reply.
    """
    try:
        request = json.loads(text) if text is not None and len(text) <= LONGEST_TEXT else None
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise ValueError(f'A request must be JSON such as {{"version": {VERSION}, "model": …, "method": "tsne"}}.')
    if request.pop("version", None) != VERSION:
        raise ValueError(f"This server speaks version {VERSION} of the map's format alone.")
    if request == {"cancel": True}:
        return None
    name = request.pop("model", None)
    if not isinstance(name, str):
        raise ValueError(f"model must be a checkpoint's name, not {name!r}.")
    known = {field.name for field in fields(ProjectionConfig)}
    if unknown := request.keys() - known:
        raise ValueError(f"{min(unknown)!r} is no field of a request; there are {', '.join(sorted(known))}.")
    if isinstance(request.get("axes"), list):
        request["axes"] = tuple(request["axes"])
    try:
        return name, ProjectionConfig(**request)
    except (TypeError, OverflowError) as error:  # such as a number of 400 digits
        raise ValueError("A field of the request has a value of the wrong kind.") from error


def _state(event: Event) -> Json:
    match event:
        case Queued(position):
            return {"state": "queued", "queue_position": position}
        case Done(_, quality, seconds, source):
            return {"state": "done", "seconds": seconds, "source": source, "quality": asdict(quality)}
        case Failed(sentence):
            return {"state": "failed", "error": sentence}
        case _:
            return {"state": "running", "progress": event.progress}


def _frame(layout: FloatArray) -> bytes:
    return struct.pack("<I", layout.shape[1]) + np.ascontiguousarray(layout, "<f4").tobytes()


@lru_cache(maxsize=BODIES)
def _noise(n: int, latent_dim: int) -> FloatArray:
    return posterior_noise(n, latent_dim)


def _some(rows: NDArray[Any], start: str | None, count: str | None) -> bytes:
    """Rows of the test set. Raises ValueError for a bad request, LookupError where there are no such rows."""
    most = max(1, ROWS_BYTES // rows[0].nbytes)
    first, number = _count(start, "start", 0, 10**9), _count(count, "count", 1, most)
    if first + number > len(rows):
        raise LookupError(f"The server has the first {len(rows)} test images of this model alone.")
    return rows[first : first + number].tobytes()


def _count(text: str | None, name: str, low: int, high: int) -> int:
    value = int(text) if text and text.isascii() and text.isdigit() and len(text) <= 10 else -1
    if not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return value


def _complain(task: asyncio.Task[None]) -> None:
    """Logs what went wrong in a task that nobody waits for."""
    if not task.cancelled() and (error := task.exception()) and not isinstance(error, _GoneError):
        _log.error("The latent map's service failed", exc_info=error)


async def _forbid(socket: WebSocket) -> None:
    """Answers the handshake with 403, and with the reason where the server can send one."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(PlainTextResponse(FOREIGN, 403))
    else:
        await socket.close()


def _abort(socket: WebSocket) -> None:
    """Cuts the connection at once, where the server is uvicorn; as vae.server.decode does, and for the same reason."""
    transport = getattr(getattr(socket._receive, "__self__", None), "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()
