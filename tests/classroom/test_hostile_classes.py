"""Whatever a student or a stranger sends to a class is done or refused in a sentence, at once, and reaches nothing of
another's. `make prove` tries 20,000 cases of each."""

import asyncio
import base64
import errno
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed

from tests.support.classes import Running, serve
from tests.support.hostile import EDITS, JSON, NAMES, PATIENCE, PIECES, at_once, changed, documents, dumped
from tests.support.live import load
from vae.classroom.messages import commands
from vae.classroom.messages.checks import MessageError
from vae.classroom.messages.protocol import MAX_PICTURE_BYTES, Role
from vae.classroom.messages.reading import read_command, read_hello, read_picture
from vae.classroom.serving import transports
from vae.classroom.serving.limits import COMMANDS as RATES
from vae.classroom.serving.limits import ClassLimits, Rate
from vae.classroom.serving.routes import Pages, routes
from vae.classroom.serving.service import ClassService, Origin, Who
from vae.classroom.serving.work import work
from vae.classroom.state import classes, seats, sections
from vae.classroom.state.seats import Seat

ENDLESS = Rate(1e12, 1e12)
NAME = "Ada the victim"
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;",
    "\u202e",
    "{{7*7}}",
    "${x}",
    "'; DROP TABLE seats",
]
PICTURE = base64.b64encode(bytes(63)).decode()
VALID: dict[Role, list[dict[str, Any]]] = {
    "student": [
        {"do": "seen"},
        {"do": "rename", "name": "Eve"},
        {"do": "vote", "question": 1, "round": 1, "choice": 0},
        {"do": "hand_in", "key": "k", "picture": PICTURE, "shape": [1, 9, 7], "label": "a 3"},
        {"do": "withdraw", "drawing": 1},
        {"do": "tile", "page": "Explore", "model": "grey", "shape": [1, 9, 7], "pixels": PICTURE},
    ],
    "teacher": [
        {"do": "mode", "mode": "explore"},
        {"do": "freeze", "frozen": True},
        {"do": "show", "page": "Explore", "params": {"z": "1"}},
        {"do": "live", "view": "explore", "z": [1]},
        {"do": "ask", "text": "Why?", "options": ["a", "b"], "correct": 1},
        {"do": "lesson", "text": "---", "language": "de"},
        {"do": "phase", "phase": "experiment", "step": 1, "seen": True},
        {"do": "results", "shown": True},
        {"do": "rename_seat", "seat": 1, "name": "Eve"},
        {"do": "remove_seat", "seat": 1},
        {"do": "drawing", "drawing": 1, "state": "approved"},
        {"do": "delete_drawing", "drawing": 1},
        {"do": "present", "pieces": [{"drawing": 1}, {"seat": 1}]},
        {"do": "model", "model": "color"},
        {"do": "train", "name": "ours", "minutes": 1},
        {"do": "rehearse", "students": 1},
        {"do": "delete"},
        {"do": "close"},
        {"do": "co_teacher"},
    ],
    "presenter": [
        {"do": "freeze", "frozen": True},
        {"do": "show", "page": "Explore", "params": {"z": "1"}},
        {"do": "live", "view": "explore", "z": [1]},
        {"do": "phase", "phase": "experiment", "step": 1},
    ],
    "projector": [{"do": "seen"}],
    "check": [{"do": "report", "http": True, "socket_seconds": 60, "latency_ms": 4}],
}
WELL_FORMED = [{"version": 1, "id": "1", **command} for role in VALID.values() for command in role]


def marked(command: dict[str, Any], text: str) -> dict[str, Any]:
    """The command with this text in the place of all that a page shows of it."""
    return {**command, "name": text, "label": text, "page": text}


def spoilt(command: dict[str, Any], edits: list[Any]) -> str:
    """The command's text with pieces replaced."""
    return changed(dumped(command), edits).decode("utf-8", "replace")


COMMANDS = (
    st.sampled_from(WELL_FORMED).flatmap(documents)
    | st.sampled_from(WELL_FORMED)
    | st.builds(marked, st.sampled_from(WELL_FORMED), st.sampled_from(MARKUP))
    | JSON
).map(lambda found: dumped(found).decode()) | st.builds(spoilt, st.sampled_from(WELL_FORMED), EDITS)


def in_a_sentence(text: str) -> None:
    """What a page can show of an error: nothing of markup is its own, and it has an end."""
    text.encode()
    assert text[0].isupper() or text[0] == "“"
    assert text.endswith(".")
    assert len(text) < 1000


# ---- reading ---------------------------------------------------------------------------------------------------------


@given(text=COMMANDS | st.text(max_size=200), role=st.sampled_from(list(VALID)))
@example("9" * 100_000, "student")
@example("[" * 60_000, "student")
@example('{"version": 1, "do": "vote", "question": NaN, "round": 1, "choice": 1}', "student")
def test_any_text_is_a_command_or_refused(text: str, role: Role) -> None:
    with at_once(text):
        try:
            sent = read_command(text, role)
        except MessageError as error:
            in_a_sentence(str(error))
            return
    assert type(sent.command) in commands.COMMANDS[role].values()
    assert len(text) <= commands.MOST_BYTES[role]


HELLO = {"version": 1, "role": "student", "seat": "token", "after": 3}


@given(text=documents(HELLO).map(lambda found: dumped(found).decode()) | st.text(max_size=100))
def test_any_first_frame_says_who_it_is_or_is_refused(text: str) -> None:
    with at_once(text):
        try:
            hello = read_hello(text)
        except MessageError as error:
            in_a_sentence(str(error))
            return
    assert hello.role in VALID
    assert hello.after is None or hello.after >= 0


@given(text=st.text(max_size=100) | st.binary(max_size=63).map(lambda body: base64.b64encode(body).decode()))
def test_any_picture_has_its_shape_s_bytes_or_is_refused(text: str) -> None:
    try:
        assert len(read_picture(text, (1, 9, 7))) == 63
    except MessageError as error:
        in_a_sentence(str(error))


# ---- a class with a victim and a student who means harm ------------------------------------------------------------


@dataclass
class Lesson:
    """A class in this process, without a network."""

    service: ClassService
    app: Starlette
    code: str
    secret: str
    victim: Seat
    before: Any = None
    heard: list[str] = field(default_factory=list)  # by the one who means harm

    async def untouched(self) -> None:
        """What is the victim's and the teacher's is as it was, and nobody has heard of it."""
        assert await self.state() == self.before
        for text in self.heard:
            assert NAME not in text
            assert self.victim.token not in text
            assert self.secret not in text
        self.heard.clear()

    async def state(self) -> Any:
        """The victim's own section and the class's."""
        me = await self.service.run(sections.me, self.code, self.victim.id)
        found = await self.service.run(classes.described, self.code)
        question = (await self.service.run(sections.full, self.code, "projector"))["set"]["question"]
        return me, found, question


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as found:
        yield found


@pytest.fixture(scope="module")
def lesson(loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    limits = ClassLimits(failures=ENDLESS, seats=ENDLESS, classes=Rate(0, 1e-9), commands=dict.fromkeys(VALID, ENDLESS))
    service = ClassService(tmp_path_factory.mktemp("hostile") / "classes.sqlite", load, limits=limits)
    found = loop.run(begun(service))
    yield found
    loop.run(service.close())


async def begun(service: ClassService) -> Lesson:
    """A class whose question the victim has answered, with a drawing."""
    made = await service.create("Physics", "grey")
    seat = await service.run(seats.join, made.code, None, NAME, 0.0)
    who = Who(made.code, "student", Origin("", ""), seat.id)
    teacher = Who(made.code, "teacher", Origin("", ""), owner=True, secret=made.secret)
    await work(service, teacher, commands.Ask("Why?", ("a", "b"), 1))
    await work(service, who, commands.Vote(1, 1, 1))
    await work(service, who, commands.HandIn("k", PICTURE, (1, 9, 7), NAME))
    app = Starlette(routes=routes(service, Pages()))
    found = Lesson(service, app, made.code, made.secret, seat)
    found.before = await found.state()
    return found


async def talk(lesson: Lesson, hello: str | bytes, frames: list[str | bytes]) -> list[Any]:
    """All that a socket sends to a client that sends these frames and leaves once it has answered, or has ended."""
    last = json.dumps({"version": 1, "id": "the last", "do": "seen"})
    inbox: list[Any] = [{"type": "websocket.connect"}]
    for frame in (hello, *frames, last):
        inbox.append({"type": "websocket.receive", "text" if isinstance(frame, str) else "bytes": frame})
    sent: list[Any] = []
    over = asyncio.Event()

    async def receive() -> Any:
        if inbox:
            return inbox.pop(0)
        async with asyncio.timeout(PATIENCE / 2):
            await over.wait()
        return {"type": "websocket.disconnect", "code": 1005}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "websocket.close" or "the last" in message.get("text", ""):
            over.set()

    scope = {
        "type": "websocket", "path": f"/c/{lesson.code}/socket", "headers": [(b"host", b"lab.test")],
        "query_string": b"", "client": ("10.0.0.7", 1), "scheme": "ws", "extensions": {},
    }  # fmt: skip
    await lesson.app(scope, receive, send)
    return sent


@given(
    frames=st.lists(COMMANDS | st.binary(max_size=20), max_size=5),
    role=st.sampled_from(["student", "projector", "check"]),
)
def test_whatever_a_student_sends_each_command_has_one_reply_and_reaches_only_its_own(
    lesson: Lesson, loop: asyncio.Runner, frames: list[str | bytes], role: str
) -> None:
    async def attack() -> list[Any]:
        seat = await lesson.service.run(seats.join, lesson.code, None, None, 0.0)
        try:
            return await talk(lesson, json.dumps({"version": 1, "role": role, "seat": seat.token}), frames)
        finally:
            await lesson.service.run(seats.remove, lesson.code, seat.id)
            await asyncio.sleep(0)

    with at_once(frames):
        sent = loop.run(attack())
    messages = [json.loads(message["text"]) for message in sent if message["type"] == "websocket.send"]
    lesson.heard += [message["text"] for message in sent if message["type"] == "websocket.send"]
    replies = [message for message in messages if "reply" in message]
    ended = [message for message in messages if "error" in message and "reply" not in message]
    for message in (*replies, *ended):
        if "error" in message:
            in_a_sentence(message["error"])
    assert bool(ended) == any(isinstance(frame, bytes) or len(frame) > MAX_PICTURE_BYTES for frame in frames)
    if not ended:
        assert replies[-1] == {"reply": "the last"}
        assert len(replies) <= len(frames) + 1
    loop.run(lesson.untouched())


TOKENS = st.sampled_from(["", "guess", "x" * 200, "x" * 9000, "\0", "é"]) | st.text(max_size=30)


FORGED = st.builds(
    lambda role, token, after: json.dumps({"version": 1, "role": role, "seat": token, "after": after}),
    st.sampled_from(["student", "teacher"]),
    TOKENS,
    st.none() | st.integers(-(2**70), 2**70),
)


@given(hello=FORGED, frames=st.lists(COMMANDS, max_size=2))
def test_a_forged_token_or_secret_opens_nothing(
    lesson: Lesson, loop: asyncio.Runner, hello: str, frames: list[str | bytes]
) -> None:
    with at_once(hello):
        sent = loop.run(talk(lesson, hello, frames))
    texts = [message["text"] for message in sent if message["type"] == "websocket.send"]
    lesson.heard += texts
    (only,) = map(json.loads, texts)
    assert only["final"]
    in_a_sentence(only["error"])
    loop.run(lesson.untouched())


# ---- requests --------------------------------------------------------------------------------------------------------

PATHS = st.sampled_from([
    "", "classes", "CODE", "CODE/projector", "CODE/check", "CODE/class", "CODE/join", "CODE/socket", "CODE/events",
    "CODE/poll", "CODE/commands", "CODE/ping", "CODE/export.json", "CODE/votes.csv", "CODE/drawings.npz",
    "CODE/../classes", "nowhere",
]) | NAMES.map(lambda name: quote(name, errors="replace"))  # fmt: skip
VALUES = st.sampled_from([*VALID, "1", "-1", "9" * 30, "NaN", ""]) | st.text(max_size=9)
QUERIES = st.lists(st.tuples(st.sampled_from(["role", "after", "seat", "x"]), VALUES), max_size=3).map(
    lambda pairs: "&".join(f"{key}={quote(value, errors='replace')}" for key, value in pairs)
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"authorization", b"cookie", b"origin", b"user-agent", b"x-forwarded-proto", b"if-match"]),
        st.sampled_from([b"Bearer guess", b"Bearer", b"class-CODE=guess", b"class-CODE=\xff", b"http://evil.test"])
        | PIECES,
    ),
    max_size=3,
)
LESSON = b'{"name": "a", "model": "grey", "lesson": {"name": "a"}, "language": "de"}'
BODIES = (
    COMMANDS.map(lambda text: text.encode("utf-8", "replace"))
    | st.sampled_from(
        [b'{"seat": null}', b'{"secret": "guess"}', b'{"name": "a", "model": "grey"}', LESSON, b"", b"x" * 10**5]
    )
    | documents({"seat": None, "name": "Eve", "secret": "guess", "model": "grey"}).map(dumped)
)


@dataclass(frozen=True)
class Wanted:
    """A request. CODE in it stands for the class's code. mine: whether it names a seat of its own."""

    method: str
    path: str
    query: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    mine: bool

    def scope(self, code: str, token: str) -> Any:
        """As a web server has it."""
        own = [(b"authorization", f"Bearer {token}".encode())] if self.mine else []
        more = [(name, value.replace(b"CODE", code.encode())) for name, value in self.headers]
        return {
            "type": "http", "method": self.method, "path": f"/c/{self.path}".replace("CODE", code), "scheme": "http",
            "query_string": self.query.encode(), "headers": [(b"host", b"lab.test"), *own, *more],
            "client": ("10.0.0.7", 1), "server": ("lab.test", 80), "http_version": "1.1",
        }  # fmt: skip


REQUESTS = st.builds(
    Wanted,
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE"]),
    path=PATHS,
    query=QUERIES,
    headers=HEADERS,
    body=BODIES,
    mine=st.booleans(),
)


async def answered(lesson: Lesson, scope: Any, body: bytes) -> tuple[int, bytes]:
    """Status and body of an answer to a client that leaves after the first piece of a long one."""
    inbox: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    parts: list[bytes] = []
    status = 0
    leaving = asyncio.Event()

    async def receive() -> Any:
        if inbox:
            return inbox.pop()
        async with asyncio.timeout(PATIENCE / 2):
            await leaving.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))
            leaving.set()

    asyncio.get_running_loop().call_later(0.02, leaving.set)  # a poll would wait
    await lesson.app(scope, receive, send)
    return status, b"".join(parts)


@given(wanted=REQUESTS)
def test_whatever_is_requested_the_answer_is_a_sentence_or_nothing_of_another_s(
    lesson: Lesson, loop: asyncio.Runner, wanted: Wanted
) -> None:
    async def attack() -> tuple[int, bytes]:
        seat = await lesson.service.run(seats.join, lesson.code, None, None, 0.0)
        try:
            return await answered(lesson, wanted.scope(lesson.code, seat.token), wanted.body)
        finally:
            await lesson.service.run(seats.remove, lesson.code, seat.id)

    with at_once(wanted):
        status, content = loop.run(attack())
    assert status in (200, 204, 307, 400, 403, 404, 405, 429)
    if wanted.path.startswith("CODE/") and status in (400, 403, 429) and wanted.method != "HEAD":
        in_a_sentence(content.decode())
    lesson.heard.append(content.decode("utf-8", "replace"))
    loop.run(lesson.untouched())


# ---- the network -----------------------------------------------------------------------------------------------------

HANDSHAKE = (
    b"GET /c/CODE22/socket HTTP/1.1\r\nHost: lab.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FIRST = b'{"version": 1, "role": "projector"}'
READ_AHEAD = 2**16  # bytes of later requests that uvicorn takes while it answers one
WIRE_FRAMES = b"\x81" + bytes([0x80 | len(FIRST)]) + bytes(4) + FIRST
SENT = [
    HANDSHAKE,
    b"GET /c/CODE22/events?role=projector HTTP/1.1\r\nHost: lab.test\r\n\r\n",
    b"GET /c/CODE22/poll?role=projector&after=1 HTTP/1.1\r\nHost: lab.test\r\n\r\n",
    b'POST /c/CODE22/join HTTP/1.1\r\nHost: lab.test\r\nContent-Length: 14\r\n\r\n{"seat": null}',
]


@given(sent=st.sampled_from(SENT), edits=EDITS, cut=st.booleans(), in_frames=st.booleans())
def test_whatever_bytes_come_the_class_goes_on(
    wire: tuple[Running, str], sent: bytes, edits: list[Any], cut: bool, in_frames: bool
) -> None:
    running, code = wire
    frames = WIRE_FRAMES if sent is HANDSHAKE else b""
    content = sent + changed(frames, edits, cut) if in_frames else changed(sent, edits, cut) + frames
    content = content.replace(b"CODE22", code.encode())
    address = ("127.0.0.1", running.port)
    with at_once(content), suppress(ConnectionError), socket.create_connection(address, PATIENCE) as client:
        client.sendall(content)
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # the server has ended it already
                raise
        answer = b""
        while part := client.recv(2**16):
            answer = (answer + part)[: 2**16]
            if len(content) > READ_AHEAD and b"text/event-stream" in answer:
                break  # behind so much that it has not read, the server sees no end, and a stream of events has none


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    """A class on a port of its own, which serves to the end."""
    limits = ClassLimits(failures=ENDLESS, seats=ENDLESS)
    with serve(tmp_path_factory.mktemp("wire") / "classes.sqlite", limits=limits) as running:
        code, secret = running.open()
        yield running, code
        with running.connect(code, "teacher", secret=secret) as teacher:
            teacher.do("mode", mode="explore")


def test_who_has_lost_their_rights_does_nothing_more_even_without_reading(loop: asyncio.Runner, tmp_path: Path) -> None:
    service = ClassService(tmp_path / "classes.sqlite", load)
    app = Starlette(routes=routes(service, Pages()))

    async def attack() -> bool:
        made = await service.create("Physics", "grey")
        secret = await service.run(classes.add_co_teacher, made.code)
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        stuck = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "websocket.send" and not stuck.is_set():  # nobody reads it
                stuck.set()
                await asyncio.Event().wait()

        def say(fields: Any) -> None:
            inbox.put_nowait({"type": "websocket.receive", "text": json.dumps({"version": 1, **fields})})

        cookie = f"class-{made.code}={secret}".encode()
        scope = {
            "type": "websocket", "path": f"/c/{made.code}/socket", "query_string": b"", "client": ("10.0.0.7", 1),
            "headers": [(b"host", b"lab.test"), (b"cookie", cookie)], "scheme": "ws", "extensions": {},
        }  # fmt: skip
        inbox.put_nowait({"type": "websocket.connect"})
        say({"role": "teacher"})
        socket = asyncio.create_task(app(scope, inbox.get, send))
        await stuck.wait()
        await service.run(classes.revoke_co_teachers, made.code)
        (client,) = service.rooms[made.code].clients
        while not client.has_ended:
            await asyncio.sleep(0)
        say({"do": "freeze", "frozen": True})
        await socket
        frozen: bool = (await service.run(classes.described, made.code))["frozen"]
        await service.close()
        return frozen

    assert loop.run(attack()) is False


def test_a_flood_from_one_seat_ends_its_socket_and_delays_nobody_else(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "MOST_SLOWED", 0)
    limits = ClassLimits(commands={**RATES, "student": Rate(20, 1e-3)})
    with serve(tmp_path_factory.mktemp("flood") / "classes.sqlite", limits=limits) as running:
        code, secret = running.open()
        with (
            running.connect(code, "teacher", secret=secret) as teacher,
            running.student(code, "Eve") as eve,
            running.student(code) as ada,
        ):
            teacher.do("ask", text="Why?", options=["a", "b"])
            with suppress(ConnectionClosed):  # it has ended already
                for number in range(1000):
                    eve.send("rename", name=f"Eve {number}")
            ada.until(lambda state: state["question"])
            ada.do("vote", question=ada.state["question"]["id"], round=1, choice=0)
            teacher.until(lambda state: state["progress"]["answered"] == 1)
            eve.until(lambda _: eve.ended)
            assert eve.ended is not None
            assert "final" not in eve.ended
            assert len(eve.replies) <= 21
            with suppress(OSError):  # it is closed already
                eve.socket.socket.shutdown(socket.SHUT_RDWR)  # without a look at what it has sent in vain
            ada.do("seen")


def test_requests_from_one_seat_beyond_its_rate_are_refused_and_others_are_not(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    limits = ClassLimits(commands=dict.fromkeys(VALID, Rate(5, 1e-9)))
    with serve(tmp_path_factory.mktemp("flood") / "classes.sqlite", limits=limits) as running:
        code, _ = running.open()
        eve, ada = running.seat(code), running.seat(code)

        def statuses(seat: Any, times: int) -> list[int]:
            headers = {"Authorization": f"Bearer {seat['seat']}"}
            seen = {"version": 1, "id": "1", "do": "seen"}
            return [
                running.ask("POST", f"{code}/commands?role=student", seen, headers=headers).status for _ in range(times)
            ]

        assert statuses(eve, 7) == [200] * 5 + [429] * 2
        assert statuses(ada, 1) == [200]
