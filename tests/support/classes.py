"""Classes on a server in this process, and clients that speak to them."""

import json
import socket
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.live import load, until
from tests.support.patience import PATIENCE
from vae.classroom.serving.limits import ClassLimits, Rate
from vae.classroom.serving.routes import Pages, routes
from vae.classroom.serving.service import ClassService

Json = dict[str, Any]


@dataclass
class Asked:
    """An answer over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Json:
        """The body."""
        found: Json = json.loads(self.body)
        return found

    @property
    def text(self) -> str:
        """The body."""
        return self.body.decode()


@dataclass
class Socket:
    """A client on its socket: what it knows, and what came besides."""

    socket: ClientConnection
    state: Json = field(default_factory=dict)
    seq: int | None = None
    live: list[Json] = field(default_factory=list)
    tiles: Json = field(default_factory=dict)
    replies: dict[str, Json] = field(default_factory=dict)
    ended: Json | None = None
    count: int = 0

    def take(self) -> Json:
        """The next message."""
        message: Json = json.loads(self.socket.recv(PATIENCE))
        self.learn(message)
        return message

    def learn(self, message: Json) -> None:
        """Notes what a message says."""
        if "live" in message:
            self.live.append(message["live"])
        elif "tiles" in message:
            self.tiles |= message["tiles"]
        elif "reply" in message:
            self.replies[message["reply"]] = message
        elif "error" in message:
            self.ended = message
        else:
            apply(self.state, message)
            self.seq = message["seq"]

    def until(self, condition: Any) -> None:
        """Takes messages until this holds of what is known."""
        while not condition(self.state):
            self.take()

    def send(self, name: str, /, **fields: Any) -> str:
        """Sends a command. Gives its id."""
        self.count += 1
        self.socket.send(json.dumps({"version": 1, "id": f"{self.count}", "do": name, **fields}))
        return f"{self.count}"

    def ask(self, name: str, /, **fields: Any) -> Json:
        """The reply to a command."""
        identity = self.send(name, **fields)
        while identity not in self.replies:
            self.take()
        return self.replies[identity]

    def do(self, name: str, /, **fields: Any) -> Json:
        """The reply to a command that is done."""
        reply = self.ask(name, **fields)
        assert "error" not in reply, reply
        return reply


def apply(state: Json, message: Json) -> None:
    """Takes a message of what is so into what is known."""
    if message.get("full"):
        state.clear()
    state.update(message.get("set", {}))
    for section, changed in message.get("items", {}).items():
        held = state.setdefault(section, {})
        for key, value in changed.items():
            held.pop(key, None)
            if value is not None:
                held[key] = value


@dataclass
class Visits:
    """What teachers and students do with an app's classes over the network."""

    port: int

    def ask(
        self, method: str, path: str, fields: Any = None, *, headers: Json | None = None, body: bytes | None = None
    ) -> Asked:
        """An answer over HTTP. path: below /c/."""
        content = json.dumps(fields).encode() if body is None and fields is not None else body
        with self.connection() as connection:
            connection.request(method, f"/c/{path}", content, headers or {})
            answer = connection.getresponse()
            return Asked(answer.status, answer.read(), {key.lower(): value for key, value in answer.getheaders()})

    def connection(self) -> AbstractContextManager[HTTPConnection]:
        """For requests over HTTP."""
        return closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE))

    def open(self, name: str = "Physics", model: str = "grey") -> tuple[str, str]:
        """A new class: its code and the teacher's secret."""
        made = self.ask("POST", "classes", {"name": name, "model": model})
        assert made.status == 201, made.text
        return made.json["code"], made.json["secret"]

    def seat(self, code: str, name: str | None = None, token: str | None = None) -> Json:
        """A seat in the class."""
        found = self.ask("POST", f"{code}/join", {"seat": token, "name": name})
        assert found.status == 200, found.text
        return found.json

    @contextmanager
    def connect(self, code: str, role: str, after: int | None = None, **who: str) -> Iterator[Socket]:
        """A client that has its first message. who: seat, a token, or secret, a teacher's."""
        headers = {"Cookie": f"class-{code}={who['secret']}"} if "secret" in who else {}
        address = f"ws://127.0.0.1:{self.port}/c/{code}/socket"
        with connect(
            address, additional_headers=headers, compression=None, open_timeout=PATIENCE, max_queue=None
        ) as client:
            with suppress(ConnectionClosed):  # a server that refuses a class does not wait; its message says so
                client.send(json.dumps({"version": 1, "role": role, "seat": who.get("seat"), "after": after}))
            found = Socket(client)
            found.take()
            yield found

    @contextmanager
    def student(self, code: str, name: str | None = None) -> Iterator[Socket]:
        """A new student."""
        with self.connect(code, "student", seat=self.seat(code, name)["seat"]) as found:
            yield found


@contextmanager
def taught(port: int, model: str = "mnist-z2") -> Iterator[tuple[Visits, str, Socket]]:
    """The classes of the app at this port, the code of a new one, and its teacher; the class is deleted at the end."""
    visits = Visits(port)
    code, secret = visits.open("Physics 11b", model)
    with visits.connect(code, "teacher", secret=secret) as teacher:
        yield visits, code, teacher
        teacher.send("delete")


def hand_in(port: int, student: Socket, number: int, label: str, model: str = "mnist-z2") -> int:
    """A student of the app at this port hands in a test image; gives the drawing's number."""
    pixels = urlopen(f"http://127.0.0.1:{port}/live/images?model={model}&start={number}&count=1").read()
    picture, shape = b64encode(pixels).decode(), [1, 28, 28]
    return int(student.do("hand_in", key=f"{number}", picture=picture, shape=shape, label=label)["drawing"])


@dataclass
class Running(Visits):
    """A server of classes in this process."""

    service: ClassService
    stop: Callable[[], None]


@contextmanager
def serve(path: Path, pages: Pages | None = None, **options: Any) -> Iterator[Running]:
    """Classes kept in this file, on a port of their own."""
    options.setdefault("limits", ClassLimits(classes=Rate(1e6, 1e6)))
    service = ClassService(path, load, **options)
    with serving(routes(service, pages or Pages()), service) as (port, stop):
        yield Running(port, service, stop)


@contextmanager
def serving(found: Sequence[BaseRoute], service: ClassService) -> Iterator[tuple[int, Callable[[], None]]]:
    """The routes on a port of their own, and how to end them; the service ends with the server, as in the app."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.close()

    app = Starlette(routes=found, lifespan=lifespan)
    settings: Any = {"ws": "websockets-sansio", "ws_per_message_deflate": False, "log_level": "critical"}
    server = uvicorn.Server(uvicorn.Config(app, port=0, **settings))
    with closing(socket.create_server(("127.0.0.1", 0), backlog=1024)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive()

        try:
            until(lambda: server.started)
            yield listening.getsockname()[1], stop
        finally:
            stop()
