"""One member of a class, without a browser: requests, and a socket that keeps the state of the class.

The frames of a class go to hundreds of clients in this process, so that each different text is parsed once.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

from vae.bench.live import TEXT, Server, Socket

VERSION = 1
BEAT_SECONDS = 10.0  # between two signs of life
WAIT_SECONDS = 30.0  # for an answer; what takes longer is an error
MOST_TEXTS = 256  # parsed, that are kept

Json = dict[str, Any]


class ClassError(Exception):
    """The server has refused something, with this sentence."""


@dataclass(frozen=True)
class Answer:
    """What a request brought. headers: names in lower case; of several of one name, the last."""

    status: int
    headers: dict[str, str]
    body: bytes

    def content(self) -> Any:
        """The JSON in it. Raises ClassError with the server's sentence where it refused."""
        if self.status >= 400:
            raise ClassError(f"{self.status} {self.body.decode('utf-8', 'replace')[:200]}")
        return json.loads(self.body or b"null")


async def request(server: Server, method: str, path: str, body: object = None, headers: tuple[str, ...] = ()) -> Answer:
    """One request on a connection of its own, as HTTP/1.1. path: below the app's base path. body: sent as JSON.

    Raises ConnectionError where the answer is not whole, TimeoutError after WAIT_SECONDS.
    """
    host, port, base = server.address
    content = b"" if body is None else json.dumps(body).encode()
    kind = [] if body is None else ["Content-Type: application/json"]
    lines = [f"{method} {base}{path} HTTP/1.1", f"Host: {host}:{port}", "Connection: close", *kind, *headers]
    lines += [f"Content-Length: {len(content)}", "", ""]
    async with asyncio.timeout(WAIT_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write("\r\n".join(lines).encode() + content)
            return read_answer(await reader.read(-1))
        finally:
            writer.close()


def read_answer(data: bytes) -> Answer:
    """The answer in all that came on a connection. Raises ConnectionError where it is not whole."""
    head, end, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        body = _joined(body)
    if not end or len(body) != int(headers.get("content-length", len(body))):
        raise ConnectionError(f"The server broke its answer off after {len(data)} bytes.")
    return Answer(int(first.split(" ")[1]), headers, body)


def _joined(chunks: bytes) -> bytes:
    """A chunked body as one."""
    parts: list[bytes] = []
    while True:
        size, end, rest = chunks.partition(b"\r\n")
        if not end or len(rest) < int(size, 16) + 2:
            raise ConnectionError("The server broke its answer off within a chunk.")
        if not (length := int(size, 16)):
            return b"".join(parts)
        parts.append(rest[:length])
        chunks = rest[length + 2 :]


@lru_cache(MOST_TEXTS)
def parsed(text: bytes) -> Json:
    """A message; shared by all that get the same text, so nobody may change it."""
    message: Json = json.loads(text)
    return message


class Member(Socket):
    """The socket of a student, teacher or projector.

    state: each section's present value, of sections with items a dictionary by id. seq: of the newest message. ready:
    done once the state is known. heard: called with every message, before it changes the
    state. ended: why the socket is closed, if it is. busy:
    commands without an answer yet.
    """

    def __init__(self, server: Server, code: str, hello: Json, cookie: str = "") -> None:
        host, port, base = server.address
        headers = [f"Cookie: {cookie}"] if cookie else []
        super().__init__(f"{host}:{port}", f"{base}/c/{code}/socket", headers)
        self.state: Json = {}
        self.seq: int | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard: Callable[[Json], None] = lambda _: None
        self.ended: ConnectionError | None = None
        self.busy: dict[str, asyncio.Future[Json]] = {}
        self._hello, self._ids = {"version": VERSION, "after": None} | hello, count()
        self._waits: list[tuple[Callable[[Json], object], asyncio.Future[None]]] = []
        self._beat: asyncio.TimerHandle | None = None

    async def command(self, name: str, **fields: object) -> Json:
        """The answer to a command. Raises ClassError with the sentence of a refusal, ConnectionError, TimeoutError."""
        if self.ended:
            raise self.ended
        identity = str(next(self._ids))
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.busy[identity] = answer
        self.tell(name, id=identity, **fields)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await answer
        finally:
            self.busy.pop(identity, None)

    def tell(self, name: str, **fields: object) -> None:
        """Sends a command that brings no answer."""
        self.send(TEXT, json.dumps({"version": VERSION, "do": name, **fields}).encode())

    async def until(self, holds: Callable[[Json], object], what: str) -> None:
        """Waits until this holds of the state. Raises TimeoutError that names it, ConnectionError."""
        if holds(self.state):
            return
        if self.ended:
            raise self.ended
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits.append((holds, waiting))
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await waiting
        except TimeoutError:
            raise TimeoutError(f"within {WAIT_SECONDS:.0f} s not: {what}") from None
        finally:
            self._waits = [wait for wait in self._waits if wait[1] is not waiting]

    def opened(self) -> None:
        """Says who is here, and from now on that it still is."""
        self.send(TEXT, json.dumps(self._hello).encode())
        self._beat = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._seen)

    def received(self, opcode: int, payload: bytes) -> None:
        """Takes a message."""
        message = parsed(payload)
        self.heard(message)
        if "reply" in message:
            self._answer(message)
        elif "error" in message:
            self.lost(ConnectionError(message["error"]))
        elif "seq" in message:
            self._change(message)

    def lost(self, error: ConnectionError) -> None:
        """Fails all that waits."""
        self.ended = self.ended or error
        if self._beat:
            self._beat.cancel()
        pending: list[asyncio.Future[Any]] = [self.ready, *self.busy.values(), *(wait for _, wait in self._waits)]
        for waiting in pending:
            if not waiting.done():
                waiting.set_exception(self.ended)
        if not self.ready.cancelled():
            self.ready.exception()  # not everybody who leaves has waited for it

    def _seen(self) -> None:
        self.tell("seen")
        self._beat = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._seen)

    def _answer(self, message: Json) -> None:
        waiting = self.busy.get(message["reply"])
        if waiting is None or waiting.done():
            return
        if "error" in message:
            waiting.set_exception(ClassError(message["error"]))
        else:
            waiting.set_result(message)

    def _change(self, message: Json) -> None:
        if message.get("full"):
            self.state = {}
        self.seq = message["seq"]
        self.state |= message.get("set", {})
        for section, items in message.get("items", {}).items():
            kept = self.state.get(section, {}) | items
            self.state[section] = {key: value for key, value in kept.items() if value is not None}
        if not self.ready.done():
            self.ready.set_result(None)
        for holds, waiting in list(self._waits):
            if not waiting.done() and holds(self.state):
                waiting.set_result(None)


async def connect(server: Server, code: str, hello: Json, cookie: str = "") -> Member:
    """A member whose state is known. Raises ConnectionError, also with the server's sentence; TimeoutError."""
    host, port, _ = server.address
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(WAIT_SECONDS):
        _, member = await loop.create_connection(lambda: Member(server, code, hello, cookie), host, port)
        try:
            await asyncio.shield(member.ready)
        except BaseException:
            member.close()
            raise
    return member
