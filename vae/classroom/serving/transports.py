"""The three ways to a class: a WebSocket, server-sent events, and polls.

Each takes from a client of a room what waits for it. vae.classroom.messages.protocol says how they speak.
"""

import asyncio
import logging
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vae.classroom.codes import ClassError
from vae.classroom.messages.checks import MessageError
from vae.classroom.messages.commands import MOST_BYTES, QUIET
from vae.classroom.messages.protocol import (
    EVENTS_SECONDS,
    MAX_PICTURE_BYTES,
    POLL_SECONDS,
    Json,
    Transport,
    dumped,
)
from vae.classroom.messages.reading import Hello, read_command, read_hello, reply_id
from vae.classroom.rooms.clients import Client, EndedError
from vae.classroom.serving.service import ClassService, Origin, Who
from vae.classroom.serving.work import work
from vae.classroom.state.store import AwayError
from vae.server.wire import abort

HELLO_SECONDS = 10.0
HOLD_SECONDS = 0.002  # that a poll waits for more, for each request that is open
MOST_SLOWED = 100  # commands in a row that came too fast, before the socket ends
UNSENT_BYTES = 2**14  # that the system may hold for a client before the server waits
TOO_FAST = "Too many messages came at once; wait a moment."
LATE = "Nothing came for ten seconds; load the page again."
FAILED = "The app could not do this ({}); try again."

_log = logging.getLogger(__name__)


async def reply_to(service: ClassService, who: Who, text: str | bytes) -> str | None:
    """Has a command done. Gives its reply, with the reason where it was refused; None where none is wanted.

    Raises AwayError where the class moves to another replica: the client sends it again, there.
    """
    identity: str | None = None
    try:
        sent = read_command(text, who.role)
        identity = sent.id
        fields = await work(service, who, sent.command)
    except AwayError:
        raise
    except (ClassError, MessageError) as error:
        return dumped({"reply": identity or reply_id(text), "error": str(error)})
    except Exception as error:
        _log.exception("A command of a class failed")
        return dumped({"reply": identity, "error": FAILED.format(type(error).__name__)})
    quiet = identity is None or isinstance(sent.command, QUIET)
    return None if quiet else dumped({"reply": identity, **fields})


@asynccontextmanager
async def joined(
    service: ClassService, who: Who, transport: Transport, after: int | None, **known: int | None
) -> AsyncIterator[Client]:
    """A client of the class's room, for as long as it is connected. after, known: its seq, mark and tile."""
    client = Client(who.role, who.seat, transport, after, key=who.secret, **known)
    room = service.room(who.code)
    await room.join(client)
    try:
        yield client
    finally:
        room.leave(client)


def heard(service: ClassService, who: Who) -> None:
    """A student has said something."""
    if who.seat is not None and (room := service.rooms.get(who.code)) is not None:
        room.attendance.heard(who.seat)


def ending(error: Exception) -> Json:
    """The last message: why a connection ends."""
    if isinstance(error, EndedError):
        return {"error": str(error)} | ({"final": True} if error.final else {})
    if isinstance(error, ClassError):
        return {"error": str(error)} | ({"final": True} if error.status < 429 else {})
    return {"error": str(error), "final": True}


# ---- WebSocket -------------------------------------------------------------------------------------------------------


class SocketServer:
    """Serves one socket, which is open and admitted, until it ends."""

    def __init__(self, service: ClassService, receive: Receive, send: Send) -> None:
        self._service, self._receive, self._send = service, receive, send
        self._sending_since = 0.0

    async def serve(self, code: Awaitable[str], secret: Callable[[str], str], origin: Origin) -> None:
        """Until either side ends. code: the class's. secret: a teacher's, of a class.

        The first frame says who it is.
        """
        _keep_little(self._receive)
        try:
            found = await code
            hello = await self._hello()
            who = await self._service.who(found, hello.role, hello.seat, secret(found), origin)
            async with joined(self._service, who, "websocket", hello.after) as client:
                await self._both(replace(who, client=client, transport="websocket"), client)
        except _GoneError:  # before it has said who it is
            return
        except (ClassError, MessageError, EndedError) as error:
            await self._say_last(error)

    async def _hello(self) -> Hello:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                return read_hello(await self._read())
        except TimeoutError:
            raise MessageError(LATE) from None

    async def _both(self, who: Who, client: Client) -> None:
        """Reads and writes until one of them ends; raises EndedError and what the tables raise."""
        tasks = [asyncio.create_task(each) for each in (self._commands(who, client), self._messages(client))]
        try:
            timeout = self._service.limits.connections.send_seconds
            while not (await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED))[0]:
                if self._sending_since and monotonic() - self._sending_since > timeout:
                    abort(self._receive)
                    return
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for error in results:
            if isinstance(error, Exception) and not isinstance(error, _GoneError | OSError):
                raise error

    async def _read(self, most: int = MAX_PICTURE_BYTES) -> str:
        """The next text frame, of at most so many bytes. Raises _GoneError at the end."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise _GoneError
        text = message.get("text")
        if text is None or len(text) > most:
            raise MessageError(f"Send text frames of at most {most:,} bytes.")
        return str(text)

    async def _commands(self, who: Who, client: Client) -> None:
        rates = self._service.commands[who.role]
        key, slowed = who.seat or client, 0
        while True:
            text = await self._read(MOST_BYTES[who.role])
            client.check()  # who does not read may not have seen the end
            heard(self._service, who)
            if (reply := await reply_to(self._service, who, text)) is not None:
                client.reply(reply)
            wait = rates.take((who.code, key))
            slowed = slowed + 1 if wait else 0
            if slowed > MOST_SLOWED:
                client.end(TOO_FAST, final=False)
            await asyncio.sleep(wait)
            while client.is_crowded:
                await client.drained.wait()

    async def _messages(self, client: Client) -> None:
        while True:
            for text in await client.take():
                self._sending_since = monotonic()
                await self._send({"type": "websocket.send", "text": text})
                self._sending_since = 0.0

    async def _say_last(self, error: Exception) -> None:
        try:
            async with asyncio.timeout(self._service.limits.connections.send_seconds):
                await self._send({"type": "websocket.send", "text": dumped(ending(error))})
                await self._send({"type": "websocket.close", "code": 1000})
        except TimeoutError:
            abort(self._receive)
        except (RuntimeError, OSError):
            pass  # it has gone already


class _GoneError(Exception):
    """The client has closed its socket."""


def _keep_little(receive: Receive) -> None:
    """Has the server and the system keep little that a client has not read, if the web server is uvicorn.

    What waits there is old: the newest is taken from the room once the client reads again.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        return
    transport.set_write_buffer_limits(0)
    found: Any = transport.get_extra_info("socket")
    if found is not None and hasattr(sockets, "TCP_NOTSENT_LOWAT"):
        with suppress(OSError):
            found.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


# ---- server-sent events ----------------------------------------------------------------------------------------------

UNCOMPRESSED = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would collect the pieces
    "Content-Encoding": "identity",  # Streamlit's compression would, too
}


class Events(Response):
    """Messages as events, until either side ends."""

    def __init__(
        self, service: ClassService, who: Who, after: int | None, counted: AbstractAsyncContextManager[None]
    ) -> None:
        super().__init__(headers=UNCOMPRESSED, media_type="text/event-stream")
        del self.headers["content-length"]
        self._service, self._who, self._after, self._counted = service, who, after, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _keep_little(receive)
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        leaving = asyncio.create_task(_left(receive))
        serving = asyncio.create_task(self._serve(send))
        async with self._counted:
            try:
                await asyncio.wait((leaving, serving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (leaving, serving):
                    task.cancel()
                results = await asyncio.gather(leaving, serving, return_exceptions=True)
        if isinstance(results[1], TimeoutError):
            abort(receive)
        elif isinstance(results[1], Exception) and not isinstance(results[1], OSError):
            raise results[1]

    async def _serve(self, send: Send) -> None:
        async def pass_on(text: str, more: bool = True) -> None:
            async with asyncio.timeout(self._service.limits.connections.send_seconds):
                await send({"type": "http.response.body", "body": text.encode(), "more_body": more})

        try:
            async with joined(self._service, self._who, "events", self._after) as client:
                await pass_on(":\n\n")
                while True:
                    texts = await _take(client, EVENTS_SECONDS)
                    await pass_on("".join(f"data: {text}\n\n" for text in texts) or ":\n\n")
        except (ClassError, EndedError) as error:
            await pass_on(f"data: {dumped(ending(error))}\n\n", more=False)


async def _left(receive: Receive) -> None:
    """Ends when the client has closed its request."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _take(client: Client, seconds: float) -> list[str]:
    """What waits for a client; nothing, if nothing comes in this time."""
    try:
        async with asyncio.timeout(seconds):
            return await client.take()
    except TimeoutError:
        return []


# ---- polls -----------------------------------------------------------------------------------------------------------


async def poll(service: ClassService, who: Who, request: Request, after: int | None, **known: int | None) -> str:
    """What is newer, or comes until the poll ends, as JSON text. after, known: as for joined.

    Raises ClassError, EndedError.
    """
    async with joined(service, who, "poll", after, **known) as client:
        taking = asyncio.create_task(_take(client, POLL_SECONDS))
        leaving = asyncio.create_task(_left(request.receive))
        try:
            await asyncio.wait((taking, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not taking.done():
                taking.cancel()
        texts = [] if taking.cancelled() or not taking.done() else taking.result()
        if texts:  # the more poll, the longer each waits for more, so that together they do not ask without end
            await asyncio.sleep(HOLD_SECONDS * len(service.requests))
            texts += client.more()
    return f'{{"messages":[{",".join(texts)}],"mark":{dumped(client.mark)},"tile":{dumped(client.tile)}}}'
