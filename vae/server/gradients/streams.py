"""What all routes by gradient steps share: requests and their limits, and answers that come piece by piece.

POST <base>/live/WORK
    The body is JSON, at most MAX_BODY_BYTES: {"version": 1, "model": NAME, …}, with the fields that the route names.
    The answer is application/x-ndjson: a line of JSON, {"version": 1, …}, for each result as soon as it is there, the
    last one the best. A line {"version": 1, "error": SENTENCE} ends a stream that has failed.

The routes answer the same origins as vae.server.live.decode. An error before the first piece is one sentence, as plain
text: 400 for a field that is no such, 404 for a model that is not there or cannot be used, 403 for a foreign page, 413
for too long a body, 503 where too many requests are being answered. A client ends its work by closing its request.
One thread takes the steps of all clients in turn (see worker); a client that does not read gets no more steps, and is
cut off after READ_SECONDS.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vae.server.gradients.worker import Work, Worker
from vae.server.live.inference import LiveModel, Loader, UnknownModelError
from vae.server.wire import Json, OriginPolicy, OriginRule, abort, address_of, own_origin

VERSION = 1
MAX_BODY_BYTES = 2**20
BODY_SECONDS = 10.0
READ_SECONDS = 10.0
NDJSON = "application/x-ndjson"
FULL = "The server computes for as many pages as it can; try again in a moment."
FULL_ADDRESS = "The server computes for as many pages of your network as one address may have; try again in a moment."

_log = logging.getLogger(__name__)

# From the model and a request's other fields to the work. Called in a thread; raises ValueError with the sentence to
# reply. It checks the fields at once, so it is no generator itself but returns one.
Lines = Callable[[LiveModel, Json], Iterator[Json]]


@dataclass(frozen=True, kw_only=True)
class StreamLimits:
    """Requests that are answered at once: of all clients, and of one address, which may be a whole class."""

    streams: int = 64
    streams_per_address: int = 40


class Streams:
    """Answers the requests of all routes by gradient steps, which share one thread. On the server's event loop.

    load: the model of a name, as for vae.server.live.decode.
    """

    def __init__(self, load: Loader, *, allows: OriginRule = own_origin, limits: StreamLimits | None = None) -> None:
        self._load = load
        self._limits = limits or StreamLimits()
        self._origins = OriginPolicy(allows, "have the server compute")
        self._worker = Worker()
        self._addresses: Counter[str] = Counter()

    async def lines(self, request: Request, lines: Lines) -> Response:
        """The answer to a POST: what `lines` yields for its body; an empty result is a step without one."""
        if (refusal := self._origins.refusal(request)) is not None:
            return refusal
        if full := self._full(address_of(request)):
            return self._origins.problem(request, full, 503)
        try:
            with self._counted(address_of(request)):
                name, fields = await _body(request)
                found = await asyncio.to_thread(lambda: lines(self._load(name), fields))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:
            return self._origins.problem(request, *_problem(error))
        headers = {
            **self._origins.headers(request),
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",  # nginx would collect the pieces
            "Content-Encoding": "identity",  # Streamlit's compression would, too
        }
        steps = (_line(values) if values else b"" for values in found)
        return _Answer(self, Work(steps, _failed_line), headers, NDJSON)

    @contextmanager
    def _counted(self, address: str) -> Iterator[None]:
        self._addresses[address] += 1
        try:
            yield
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def _full(self, address: str) -> str:
        if self._addresses.total() >= self._limits.streams:
            return FULL
        return FULL_ADDRESS if self._addresses[address] >= self._limits.streams_per_address else ""

    async def serve(self, work: Work, address: str, send: Callable[[bytes], Any]) -> None:
        """Passes the pieces on until the last; the work ends with this call, however that ends."""
        with self._counted(address):
            self._worker.add(work)
            try:
                while (piece := await work.read()) is not None:
                    self._worker.wake()
                    async with asyncio.timeout(READ_SECONDS):
                        await send(piece)
            finally:
                work.stopped = True
                self._worker.wake()


class _Answer(Response):
    """An answer that comes piece by piece and ends when its client has gone."""

    def __init__(self, streams: Streams, work: Work, headers: Mapping[str, str], kind: str) -> None:
        super().__init__(headers=headers, media_type=kind)
        del self.headers["content-length"]
        self._streams, self._work = streams, work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

        async def piece(body: bytes) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": True})

        address = address_of(Request(scope))
        serving = asyncio.create_task(self._streams.serve(self._work, address, piece))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((serving, leaving), return_when=asyncio.FIRST_COMPLETED)
            if serving.done() and not isinstance(serving.exception(), TimeoutError | OSError):
                serving.result()
                await send({"type": "http.response.body", "body": b""})
            elif serving.done():
                abort(receive)
        finally:
            for task in (serving, leaving):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(serving, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    """Ends when the client has closed its request."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _TooLongError(ValueError):
    """A body is longer than MAX_BODY_BYTES."""


def _problem(error: Exception) -> tuple[str, int]:
    """Sentence and status for what went wrong before the first piece."""
    if isinstance(error, _TooLongError):
        return str(error), 413
    if isinstance(error, UnknownModelError):
        return str(error), 404
    if isinstance(error, ValueError):
        return str(error), 400
    _log.error("A request for gradient steps failed", exc_info=error)
    return f"The server could not begin ({type(error).__name__}); try again.", 500


async def _body(request: Request) -> tuple[str, Json]:
    """Model and other fields. Raises ValueError, ClientDisconnect."""
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > MAX_BODY_BYTES:
                    raise _TooLongError(f"A request has at most {MAX_BODY_BYTES:,} bytes.")
    except TimeoutError:
        raise ValueError(f"The request took more than {BODY_SECONDS:.0f} s to arrive; try again.") from None
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not isinstance(fields.get("model"), str):
        raise ValueError('The body must be JSON such as {"version": 1, "model": "mnist-z10"}.')
    if (spoken := fields.pop("version", None)) != VERSION:
        raise ValueError(f"This server speaks version {VERSION} of this format, not {spoken!r}.")
    return fields.pop("model"), fields


def _line(values: Json) -> bytes:
    return json.dumps({"version": VERSION, **values}, separators=(",", ":")).encode() + b"\n"


def _failed_line(error: Exception) -> bytes:
    return _line({"error": f"The server failed to compute this ({type(error).__name__}); try again."})
