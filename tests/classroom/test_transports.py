"""Socket, events and polls say the same; a break costs nothing; nothing queues for who does not read."""

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import Message
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.classes import Json, Running, Socket, apply, serve
from tests.support.live import load, until
from tests.support.patience import PATIENCE
from vae.classroom.messages.protocol import LARGEST_ID
from vae.classroom.rooms import room
from vae.classroom.serving.routes import Pages, routes
from vae.classroom.serving.service import ClassService, Origin
from vae.classroom.serving.transports import SocketServer
from vae.validation import parse_whole


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("classes") / "classes.sqlite") as found:
        yield found


@contextmanager
def events(running: Running, code: str, role: str, headers: Json) -> Iterator[Iterator[Json]]:
    """The messages of an event stream, as they come."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
    connection.request("GET", f"/c/{code}/events?role={role}", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    yield (json.loads(line[6:]) for line in lines(answer) if line.startswith("data: "))
    answer.close()
    connection.close()


def lines(answer: HTTPResponse) -> Iterator[str]:
    while line := answer.readline():
        yield line.decode().rstrip("\n")


def bearer(seat: Json) -> Json:
    return {"Authorization": f"Bearer {seat['seat']}"}


def command(running: Running, code: str, role: str, headers: Json, name: str, /, **fields: Any) -> Json:
    body = {"version": 1, "id": "7", "do": name, **fields}
    found = running.ask("POST", f"{code}/commands?role={role}", body, headers=headers)
    assert found.status == 200, found.text
    return found.json


def test_events_bring_what_a_socket_brings(running: Running) -> None:
    code, secret = running.open()
    seat = running.seat(code, "Ada")
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        events(running, code, "student", bearer(seat)) as messages,
    ):
        state: Json = {}
        apply(state, next(messages))
        assert state["me"]["name"] == "Ada"
        teacher.do("ask", text="Why?", options=["a", "b"])
        while not state["question"]:
            apply(state, next(messages))
        number = state["question"]["id"]
        vote = {"question": number, "round": 1, "choice": 1}
        assert command(running, code, "student", bearer(seat), "vote", **vote) == {"reply": "7"}
        while state["me"]["votes"] != [1, None]:
            apply(state, next(messages))
        teacher.send("live", view="explore")
        assert any(message == {"live": {"view": "explore"}} for message in messages)
        teacher.until(lambda state: state["seats"][f"{seat['id']}"]["transport"] == "events")


def test_a_poll_brings_what_is_new_or_waits_for_it(running: Running) -> None:
    code, secret = running.open()
    seat = running.seat(code, "Ada")
    state: Json = {}

    mark: int | None = None

    def poll(after: int | None = None) -> list[Json]:
        nonlocal mark
        query = "".join(f"&{name}={n}" for name, n in (("after", after), ("mark", mark)) if n is not None)
        found = running.ask("GET", f"{code}/poll?role=student{query}", headers=bearer(seat))
        assert found.status == 200, found.text
        messages: list[Json] = found.json["messages"]
        mark = found.json["mark"]
        for message in messages:
            apply(state, message)
        return messages

    with running.connect(code, "teacher", secret=secret) as teacher:
        (first,) = poll()
        assert first["full"]
        teacher.until(lambda state: state["seats"][f"{seat['id']}"]["transport"] == "poll")
        for _ in range(3):  # presence has no number: what a poll has said, the next does not say at once
            poll(first["seq"]) if state["people"]["connected"] < 1 else None
        teacher.do("mode", mode="explore")
        while state["class"]["mode"] != "explore":
            poll(first["seq"])
        reply = command(running, code, "student", bearer(seat), "rename", name="Eve")
        assert reply == {"reply": "7", "name": "Eve"}
        while state["me"]["name"] != "Eve":
            poll(first["seq"])


def test_a_poll_knows_again_what_it_was_told_of_what_has_no_number(running: Running) -> None:
    newest = 2 ** (room.MARK_BITS + 1)
    assert parse_whole(f"{newest}", 0, LARGEST_ID) == newest, "an address has so many digits"
    code, secret = running.open()
    with ThreadPoolExecutor(1) as waiting, running.connect(code, "teacher", secret=secret) as teacher:
        polled = running.ask("GET", f"{code}/poll?role=projector").json
        address = f"{code}/poll?role=projector&after={polled['messages'][0]['seq']}&mark={polled['mark']}"
        told = waiting.submit(running.ask, "GET", address)
        teacher.do("mode", mode="explore")
        (message,) = told.result().json["messages"]
        assert message["set"]["class"]["mode"] == "explore", "nothing else was new"


def test_two_projectors_of_one_address_are_both_told_who_is_there(running: Running) -> None:
    code, _ = running.open()
    polled = running.ask("GET", f"{code}/poll?role=projector").json
    address = f"{code}/poll?role=projector&after={polled['messages'][0]['seq']}&mark={polled['mark']}"
    with running.student(code) as student:
        student.until(lambda state: state["people"] == {"joined": 1, "connected": 1})
        for _ in range(2):
            told: Json = {}
            for message in running.ask("GET", address).json["messages"]:
                apply(told, message)
            assert told["people"] == {"joined": 1, "connected": 1}


def test_a_client_that_was_away_gets_what_has_changed(running: Running) -> None:
    code, secret = running.open()
    seat = running.seat(code)
    with running.connect(code, "teacher", secret=secret) as teacher:
        with running.connect(code, "student", seat=seat["seat"]) as student:
            number = student.seq
        teacher.do("show", page="Sampling", params={})
        teacher.do("freeze", frozen=True)
        with running.connect(code, "student", number, seat=seat["seat"]) as student:
            assert student.state["shown"] == {"page": "Sampling", "params": {}}
            assert student.state["class"]["frozen"]
            assert "presented" not in student.state
        with running.connect(code, "student", 10**9, seat=seat["seat"]) as student:
            assert student.state["presented"] == []  # an unknown number: everything


def test_a_reload_comes_back_to_the_same_seat_and_vote(running: Running) -> None:
    code, secret = running.open()
    seat = running.seat(code, "Ada")
    with running.connect(code, "teacher", secret=secret) as teacher:
        teacher.do("ask", text="Why?", options=["a", "b"])
        with running.connect(code, "student", seat=seat["seat"]) as student:
            student.until(lambda state: state["question"])
            student.do("vote", question=student.state["question"]["id"], round=1, choice=0)
        again = running.seat(code, "Someone else", seat["seat"])
        assert again == seat
        with running.connect(code, "student", seat=again["seat"]) as student:
            assert student.state["me"]["votes"] == [0, None]
        assert teacher.state["people"]["joined"] == 1


def test_two_tabs_are_one_seat_and_a_third_of_many_ends_the_oldest(running: Running) -> None:
    code, secret = running.open()
    seat = running.seat(code)["seat"]
    with running.connect(code, "teacher", secret=secret) as teacher, running.connect(code, "student", seat=seat) as tab:
        tabs = []
        for _ in range(8):
            cm = running.connect(code, "student", seat=seat)
            cm.__enter__()
            tabs.append(cm)
        tab.until(lambda _: tab.ended)
        assert "too many tabs" in str(tab.ended)
        teacher.until(lambda state: state["people"] == {"joined": 1, "connected": 1})
        for cm in tabs:
            cm.__exit__(None, None, None)
        teacher.until(lambda state: state["people"] == {"joined": 1, "connected": 0})


def test_a_student_who_goes_is_no_longer_connected(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher:
        with running.student(code) as student:
            number = f"{student.state['me']['seat']}"
            teacher.until(lambda state: state["seats"].get(number, {}).get("connected"))
            assert teacher.state["seats"][number]["transport"] == "websocket"
        teacher.until(lambda state: not state["seats"][number]["connected"])
        assert teacher.state["seats"][number]["transport"] is None


@pytest.mark.parametrize(
    "hello", ["", "[]", "{}", '{"version": 2, "role": "student"}', '{"version": 1, "role": "king"}', "9" * 5000]
)
def test_a_first_frame_that_is_none_is_answered_with_a_sentence(running: Running, hello: str) -> None:
    code, _ = running.open()
    with connect(f"ws://127.0.0.1:{running.port}/c/{code}/socket") as client:
        client.send(hello)
        ended = json.loads(client.recv(PATIENCE))
        assert ended["error"].endswith(".")
        assert ended["final"]
        with pytest.raises(ConnectionClosed):
            client.recv(PATIENCE)


def test_nothing_queues_for_a_client_that_stops_reading(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PUBLISH_SECONDS", 0.0)
    code, secret = running.open()
    seat = running.seat(code)["seat"]
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", running.port))
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        connect(f"ws://127.0.0.1:{running.port}/c/{code}/socket", sock=slow, max_queue=1, compression=None) as client,
    ):
        client.send(json.dumps({"version": 1, "role": "student", "seat": seat}))
        student = Socket(client)
        student.take()
        for number in range(40):
            teacher.do("show", page=f"{number}", params={"much": "x" * 2000, "more": "x" * 2000, "too": "x" * 2000})
            teacher.until(lambda state, number=number: state["shown"] and state["shown"]["page"] == f"{number}")
        messages = 0
        while not student.state["shown"] or student.state["shown"]["page"] != "39":
            student.take()
            messages += 1
        assert messages < 25


def test_an_app_that_ends_ends_every_connection_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "classes.sqlite"
    with serve(path) as running:
        code, secret = running.open()
        seat = running.seat(code, "Ada")
        with ExitStack() as stack:
            student = stack.enter_context(running.connect(code, "student", seat=seat["seat"]))
            messages = stack.enter_context(events(running, code, "projector", {}))
            waiting = stack.enter_context(ThreadPoolExecutor())
            next(messages)
            address = f"{code}/poll?role=projector&after={student.seq}"
            polls = [waiting.submit(running.ask, "GET", address) for _ in range(2)]
            # The app has both: each waits there, beside the stream, or is answered.
            until(lambda: sum(poll.done() for poll in polls) + len(running.service.rooms[code].of("projector")) >= 3)
            running.stop()
            assert list(messages)[-1]["error"].startswith("The app is closing")
            assert {poll.result().status for poll in polls} <= {200, 503}
            with pytest.raises(ConnectionClosed):
                student.until(lambda _: False)
    with serve(path) as running:
        assert running.seat(code, None, seat["seat"]) == seat
        with running.connect(code, "teacher", secret=secret) as teacher:
            assert teacher.state["people"] == {"joined": 1, "connected": 0}


@pytest.mark.parametrize("hello", ['{"version": 1, "role": "king"}', '{"version": 1, "role": "projector"}'])
def test_a_client_that_goes_while_it_is_told_something_is_no_failure(tmp_path: Path, hello: str) -> None:
    service = ClassService(tmp_path / "classes.sqlite", load)
    app = Starlette(routes=routes(service, Pages()))

    async def visit() -> None:
        code = (await service.create("Physics", "grey")).code
        inbox: list[Json] = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": hello}]

        async def receive() -> Json:
            if not inbox:
                await asyncio.Event().wait()
            return inbox.pop(0)

        async def send(message: Any) -> None:
            if message["type"] == "websocket.send":
                raise OSError("The client has gone.")

        scope: Json = {
            "type": "websocket",
            "path": f"/c/{code}/socket",
            "headers": [],
            "query_string": b"",
            "client": None,
        }
        async with asyncio.timeout(PATIENCE):
            await app(scope, receive, send)
        assert not service.room(code).clients
        await service.close()

    asyncio.run(visit())


def test_a_socket_that_closes_before_it_says_who_it_is_is_no_error() -> None:
    async def code() -> str:
        return "ABCDEF"

    async def receive() -> Message:
        return {"type": "websocket.disconnect"}

    async def send(message: Message) -> None:
        pytest.fail(f"{message} is sent to nobody")

    service: Any = None  # it is not asked
    asyncio.run(SocketServer(service, receive, send).serve(code(), lambda _: "", Origin("", "")))
