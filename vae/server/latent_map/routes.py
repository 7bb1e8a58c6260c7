"""The latent map's data over the network: the encoded test set, its images, and projections as they are computed.

`routes` returns the routes, for the same origins as those of vae.server.live.decode. The wire format, version 1; all
integers and floats are little-endian, all arrays dense and in C order. An error is one sentence.

GET <base>/live/encoded?model=NAME
    The encoded test set: uint32 L, then L bytes of JSON, then zeros up to a multiple of 8, then the arrays, each at its
    "offset" from the body's first byte. It has an ETag.
        {"version": 1, "model": NAME, "n": n, "latent_dim": d, "classes": [names], "image_shape": [c, h, w],
         "images": k, "arrays": [{"name": "mean", "dtype": "<f4", "shape": [n, d], "offset": o}, …],
         "pca": {"mean": [d], "components": [[d], …], "explained": […]}}
    arrays: mean, logvar (n, d); labels "<u2", reconstruction, kl (n,), and of a model with a Bernoulli likelihood
    entropy (n,), the least that reconstruction can be, where it is known. images: the server has the first k of the n
    test images. pca: at most 3 components.
GET <base>/live/images?model=NAME&start=S&count=C
    Test images S to S + C - 1: C x c x h x w bytes, at most 1 MiB, or 404.
GET <base>/live/noise?model=NAME&start=S&count=C
    The noise of test images S to S + C - 1, of all n: C x d float32, at most 1 MiB, or 404. The stored reconstruction
    of an image is that of z = mean + exp(logvar / 2) * noise, as in the operation sample_posterior of the live service;
    a plain autoencoder's is that of its mean. The noise is not stored but generated from a seed: another version of
    torch may generate another.

GET <base>/live/projections?model=NAME&method=tsne&dims=2&…
    A projection that the checkpoint brings, or how far a plane of the latent space can be trusted, for pages that can
    open no WebSocket; else 404. The parameters are the fields of vae.projection.config.ProjectionConfig, axes as 0,1.
    Header and arrays as of the encoded test set: the header is the state "done" that the WebSocket sends, the array
    "layout" (n, dims), which raw and pca do not have.

POST <base>/live/projections
    Whether this page may open the WebSocket of the same address, as for vae.server.live.decode's.

WebSocket <base>/live/projections
    The client sends a request as a text frame, with the fields of vae.projection.config.ProjectionConfig; missing ones
    have their defaults. A request replaces the one before, as does a cancellation; a projection that no client waits
    for any more is cancelled.
        {"version": 1, "model": NAME, "method": "tsne", "dims": 2, "perplexity": 30, "seed": 0}
        {"version": 1, "cancel": true}
    The server answers each with text frames, the first of which precedes any layout:
        {"version": 1, "error": SENTENCE}                      a bad request; the one before is over, too
        {"version": 1, "state": "queued", "queue_position": 2}          another is computed first
        {"version": 1, "state": "running", "progress": 0.31}
        {"version": 1, "state": "done", "seconds": 7.1, "source": "computed here", "from the cache" or "shipped with
         the checkpoint", "quality": {"trustworthiness": …, "continuity": …, "neighbours_kept": …, "neighbours": 10,
         "protocol": "…"}}                        the numbers are null where nothing can be compared; protocol says why
        {"version": 1, "state": "failed", "error": SENTENCE}
        {"version": 1, "state": "cancelled"}
    each state but the last with the "model", "method" and "dims" of the request, and with "lowering": which parameter
    was lowered because there are too few points, in words, or "". Layouts are binary frames: uint32 dims, then n x dims
    float32. They come while it is computed, as fast as they are read and at most ten a second, and the final one always
    before "done". raw and pca have no layout frames: they are planes of the latent space, whose layout the client
    computes from the encoded test set (its means along the axes, or along the components of "pca", about its "mean");
    the server only measures their quality.
"""

import asyncio
import hashlib
import json
import logging
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from vae.projection.config import LINEAR, NAMES, ProjectionConfig
from vae.projection.methods import FloatArray
from vae.projection.service import BusyError, Done, Event, Failed, ProjectionService, Queued, Subscription
from vae.server.latent_map.data import VERSION, MapSource, Source, encoded_body, noise, projection_body, some_rows
from vae.server.live.inference import UnknownModelError
from vae.server.wire import (
    Admission,
    Json,
    OriginPolicy,
    OriginRule,
    SocketLimits,
    TokenBucket,
    abort,
    address_of,
    live_path,
    own_origin,
    read_text,
)

BODIES = 4  # encoded sets that are cached ready to send
BYTES = "application/octet-stream"

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class MapLimits(SocketLimits):
    """What clients may ask of the latent map's socket."""

    requests_per_second: float = 4.0
    burst: float = 20.0


def routes(
    source: Source,
    projections: ProjectionService,
    *,
    base_path: str = "",
    allows: OriginRule = own_origin,
    limits: MapLimits | None = None,
) -> list[BaseRoute]:
    """The routes <base_path>/live/encoded, …/images, …/noise and …/projections; options as for decode."""
    return service_routes(MapService(source, projections, allows, limits or MapLimits()), base_path)


def service_routes(service: "MapService", base_path: str = "") -> list[BaseRoute]:
    """The same for a service that the caller has made."""
    base = live_path(base_path)
    return [
        Route(f"{base}/encoded", service.encoded),
        Route(f"{base}/images", service.images),
        Route(f"{base}/noise", service.noise),
        WebSocketRoute(f"{base}/projections", service.projections),
        Route(f"{base}/projections", service.permission, methods=["POST"]),
        Route(f"{base}/projections", service.projection),
    ]


class MapService:
    """Answers all six; on the event loop of the server, with files and arrays in threads."""

    def __init__(self, source: Source, projections: ProjectionService, allows: OriginRule, limits: MapLimits) -> None:
        self.limits = limits
        self._projections = projections
        self._source = source
        self._origins = OriginPolicy(allows, "use the latent map")
        self.admission = Admission(self._origins, limits, "map clients")
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="maps")
        self._bodies: OrderedDict[tuple[str, str], tuple[str, bytes]] = OrderedDict()
        self._preparing: asyncio.Task[None] | None = None

    async def encoded(self, request: Request) -> Response:
        """The encoded test set of the requested model."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        try:
            tag, body = await self.in_thread(self._body, request.query_params.get("model", ""))
        except UnknownModelError as error:
            return self._origins.problem(request, str(error), 404)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", **self._origins.headers(request)}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=BYTES)

    async def images(self, request: Request) -> Response:
        """Some of the test images."""
        return await self._rows(request, lambda source: source.images, "max-age=3600")

    async def noise(self, request: Request) -> Response:
        """The noise with which some of the test images were evaluated."""
        # Not to be cached: a new checkpoint of the same name may have another latent_dim.
        return await self._rows(request, lambda source: noise(*source.encoded.mean.shape), "no-store")

    async def _rows(self, request: Request, array: Callable[[MapSource], NDArray[Any]], caching: str) -> Response:
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        query = request.query_params
        try:
            body = await self.in_thread(
                lambda: some_rows(array(self._source(query.get("model", ""))), query.get("start"), query.get("count"))
            )
        except ValueError as error:
            return self._origins.problem(request, str(error), 400)
        except LookupError as error:
            return self._origins.problem(request, str(error.args[0]), 404)
        headers = {"Cache-Control": f"private, {caching}", **self._origins.headers(request)}
        return Response(body, headers=headers, media_type=BYTES)

    async def projection(self, request: Request) -> Response:
        """A projection that need not be computed."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        try:
            name, config = read_query(request.query_params)
            body = await self._finished(name, config, address_of(request))
        except UnknownModelError as error:
            return self._origins.problem(request, str(error), 404)
        except LookupError as error:
            return self._origins.problem(request, str(error.args[0]), 404)
        except ValueError as error:
            return self._origins.problem(request, str(error), 400)
        except BusyError as error:
            return self._origins.problem(request, str(error), 503)
        headers = {"Cache-Control": "private, no-cache", **self._origins.headers(request)}
        return Response(body, headers=headers, media_type=BYTES)

    async def _finished(self, name: str, config: ProjectionConfig, owner: str) -> bytes:
        points, saved = await self.in_thread(self._points, name, config)
        if saved is None and config.method not in LINEAR:
            raise LookupError(f"This {NAMES[config.method]} must be computed, for which this page needs a WebSocket.")
        subscription = await self._projections.subscribe(points, config, saved, owner)
        try:
            async for event in subscription:
                if isinstance(event, Failed):
                    raise LookupError(event.sentence)
                if isinstance(event, Done):
                    layout = None if config.method in LINEAR else event.layout
                    return projection_body(name, config, len(points), layout, event.quality)
        finally:
            subscription.close()
        raise AssertionError("a projection ends as Done or Failed")

    async def permission(self, request: Request) -> Response:
        """Whether this page may open the socket."""
        return self._origins.permission(request)

    async def projections(self, socket: WebSocket) -> None:
        """Serves one socket until it closes."""
        if await self.admission.open(socket):
            try:
                await MapClient(self, socket).run()
            finally:
                self.admission.close(socket)

    async def subscribe(self, name: str, config: ProjectionConfig, owner: str) -> tuple[Subscription, int]:
        """Follows the projection of the model of this name, and says how many points it has.

        Raises UnknownModelError, ValueError, BusyError.
        """
        # Not earlier: it takes a core for some seconds, and pages that need no projection read the codes here.
        if config.method not in LINEAR and self._preparing is None:
            self._preparing = asyncio.create_task(self._projections.prepare())
            self._preparing.add_done_callback(_log_failure)
        points, saved = await self.in_thread(self._points, name, config)
        return await self._projections.subscribe(points, config, saved, owner), len(points)

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


class _GoneError(Exception):
    """The client is gone, or does not read."""


class MapClient:
    """One socket: it reads requests, while a task answers the latest of them."""

    def __init__(self, service: MapService, socket: WebSocket) -> None:
        self._service, self._socket, self._owner = service, socket, address_of(socket)
        self._bucket = TokenBucket(service.limits)
        self._answering: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None

    async def run(self) -> None:
        """Until either side ends."""
        try:
            while (message := await self._socket.receive())["type"] == "websocket.receive":
                await self._stop()
                await self._begin(message.get("text"))
                if wait := self._bucket.take(1):
                    await asyncio.sleep(wait)
        except _GoneError:
            pass
        finally:
            await self._stop()
            self._replace_subscription(None)

    async def _begin(self, text: str | None) -> None:
        """Starts to answer a frame, or says at once what is wrong with it."""
        try:
            request = read_request(text)
        except ValueError as error:
            await self._end({"error": str(error)})
            return
        if request is None:
            await self._end({"state": "cancelled"})
            return
        self._answering = asyncio.create_task(self._answer(*request))
        self._answering.add_done_callback(_log_failure)

    async def _end(self, answer: Json) -> None:
        self._replace_subscription(None)
        await self._send(answer)

    def _replace_subscription(self, subscription: Subscription | None) -> None:
        """Closes the one before only now, as both may follow the same projection, which must not be cancelled."""
        if self._subscription:
            self._subscription.close()
        self._subscription = subscription

    async def _stop(self) -> None:
        if self._answering:
            self._answering.cancel()
            await asyncio.wait([self._answering])
            self._answering = None

    async def _answer(self, name: str, config: ProjectionConfig) -> None:
        try:
            subscription, n = await self._service.subscribe(name, config, self._owner)
            self._replace_subscription(subscription)
            asked = {"model": name, "method": config.method, "dims": config.dims}
            await self._follow(asked | {"lowering": config.lowering(n)})
        except _GoneError:
            pass  # receiving will find out, too
        except (ValueError, BusyError, UnknownModelError) as error:
            await self._end({"error": str(error)})
        except Exception as error:
            _log.exception("A projection could not be started")
            await self._end({"error": f"The projection could not be started ({type(error).__name__})."})

    async def _follow(self, request: Json) -> None:
        assert self._subscription
        sent: FloatArray | None = None
        async for event in self._subscription:
            if isinstance(event, Done) and sent is None:
                await self._send({"state": "running", "progress": 1.0, **request})
            elif not isinstance(event, (Done, Failed)):
                await self._send(_state(event) | request)
            layout = getattr(event, "layout", None)
            if layout is not None and layout is not sent:
                sent = layout
                if request["method"] not in LINEAR:
                    await self._within_limit(self._socket.send_bytes(_frame(layout)))
            if isinstance(event, (Done, Failed)):
                await self._send(_state(event) | request)

    async def _send(self, message: Json) -> None:
        await self._within_limit(self._socket.send_text(json.dumps({"version": VERSION, **message})))

    async def _within_limit(self, sending: Any) -> None:
        """Disconnects a client that leaves a frame unread for too long."""
        try:
            async with asyncio.timeout(self._service.limits.send_seconds):
                await sending
        except TimeoutError:
            abort(self._socket._receive)
            raise _GoneError from None
        except (OSError, RuntimeError, WebSocketDisconnect):  # the client has closed it
            raise _GoneError from None


def read_request(text: str | None) -> tuple[str, ProjectionConfig] | None:
    """The model's name and the config in a text frame, or None for a cancellation.

    Raises ValueError with the sentence to reply.
    """
    request = read_text(text, VERSION, "the map's format", f'{{"version": {VERSION}, "model": …, "method": "tsne"}}')
    if request == {"cancel": True}:
        return None
    name = request.pop("model", None)
    if not isinstance(name, str):
        raise ValueError(f"model must be a checkpoint's name, not {name!r}.")
    return name, ProjectionConfig.from_json(request)


def read_query(query: Mapping[str, str]) -> tuple[str, ProjectionConfig]:
    """The model's name and the config in an address. Raises ValueError with the sentence to reply."""
    fields = {key: text if key == "method" else _numbers(key, text) for key, text in query.items() if key != "model"}
    return query.get("model", ""), ProjectionConfig.from_json(fields)


def _numbers(key: str, text: str) -> Any:
    """A number, or the numbers of axes."""
    try:
        return [int(part) for part in text.split(",") if part] if key == "axes" else json.loads(text)
    except ValueError:
        raise ValueError(f"{key} must be a number, not {text!r:.40}.") from None


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


def _log_failure(task: asyncio.Task[None]) -> None:
    """Logs the exception of a task that no code awaits."""
    if not task.cancelled() and (error := task.exception()) and not isinstance(error, _GoneError):
        _log.error("The latent map's service failed", exc_info=error)
