"""Networks between phones and the app that let through what those of schools do, and sometimes nothing."""

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from tests.support.patience import PATIENCE
from vae.bench.live import Server

CHUNK = 65_536
CHUNKS_BEFORE_A_CUT = 3  # of a socket: the answer to its request, and two messages
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Network:
    """A port that leads to the app, one request for each connection.

    sockets: "cut": each soon after it has brought something. streams: "held": nothing of an event stream arrives.
    cuts, refusals: of sockets so far.
    """

    def __init__(self, host: str, port: int) -> None:
        self.sockets: Literal["open", "refused", "cut"] = "open"
        self.streams: Literal["open", "held"] = "open"
        self.cuts = self.refusals = 0
        self.port = 0
        self._app, self._is_down = (host, port), False
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._links: dict[asyncio.Task[None], list[StreamWriter]] = {}
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    @property
    def url(self) -> str:
        """The app's address in this network."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """From now on it is there."""
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    def stop(self) -> None:
        """It is no more."""
        self.fall()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(PATIENCE)
        self._loop.close()

    def fall(self) -> None:
        """Every connection ends, and none is accepted."""
        self._is_down = True
        self._loop.call_soon_threadsafe(self._abort)

    def rise(self) -> None:
        """Connections are accepted again."""
        self._is_down = False

    def _abort(self) -> None:
        for writers in self._links.values():
            for writer in writers:
                writer.transport.abort()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        self._abort()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = self._links[task] = [writer]
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._pass_on(reader, writer, writers)
        finally:
            for each in writers:
                each.transport.abort()
            del self._links[task]

    async def _pass_on(self, reader: StreamReader, writer: StreamWriter, writers: list[StreamWriter]) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        is_socket = b"\r\nupgrade: websocket" in head.lower()
        if self._is_down:
            return
        if is_socket and self.sockets == "refused":
            self.refusals += 1
            writer.write(REFUSED)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            return
        answers, requests = await asyncio.open_connection(*self._app)
        writers.append(requests)
        requests.write(head if is_socket else _alone(head))
        most = CHUNKS_BEFORE_A_CUT if is_socket and self.sockets == "cut" else None
        held = self.streams == "held" and b"/events?" in head.partition(b"\r\n")[0]
        ways = [
            asyncio.create_task(_copy(reader, requests)),
            asyncio.create_task(_copy(answers, None if held else writer, most)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self.cuts += most is not None
        if not is_socket:
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


def _alone(head: bytes) -> bytes:
    """The head of a request, after which the connection ends."""
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


async def _copy(reader: StreamReader, writer: StreamWriter | None, most: int | None = None) -> None:
    """All that comes, or so many chunks of it; to nobody without a writer."""
    with suppress(OSError):
        while (most is None or most > 0) and (data := await reader.read(CHUNK)):
            if writer is not None:
                writer.write(data)
                await writer.drain()
            most = None if most is None else most - 1


@contextmanager
def network(app: Server) -> Iterator[Network]:
    """A network in which the app is reached."""
    host, port, _ = app.address
    found = Network(host, port)
    found.start()
    try:
        yield found
    finally:
        found.stop()
