"""The benchmark of a class: its clients speak the class's protocol, and its numbers are what they measured."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.support.patience import PATIENCE
from vae.__main__ import main
from vae.bench.classes import client
from vae.bench.classes.client import Answer, ClassError, Member, connect, parsed, read_answer, request
from vae.bench.classes.lesson import milliseconds, summary
from vae.bench.classes.people import Measured
from vae.bench.live import Server

HELLO = {"role": "student", "seat": "a token"}
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


# ---- requests --------------------------------------------------------------------------------------------------------


def test_an_answer_is_read_with_its_length_without_it_and_in_chunks() -> None:
    sized = read_answer(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nSet-Cookie: a=b; Path=/c/\r\n\r\n[]")
    assert (sized.status, sized.body, sized.headers["set-cookie"]) == (201, b"[]", "a=b; Path=/c/")
    assert read_answer(b"HTTP/1.1 204 No Content\r\n\r\n").content() is None
    assert read_answer(CHUNKED + b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n").content() == [1, 2]


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[]", CHUNKED + b"3\r\n[1", CHUNKED + b"3\r\n[1]\r\n"]
)
def test_an_answer_that_is_not_whole_is_a_connection_error(data: bytes) -> None:
    with pytest.raises(ConnectionError, match="broke its answer off"):
        read_answer(data)


def test_a_refusal_is_the_server_s_sentence() -> None:
    with pytest.raises(ClassError, match=r"^404 There is no class ABC234\.$"):
        Answer(404, {}, b"There is no class ABC234.").content()


def test_a_request_says_what_it_wants() -> None:
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head + await reader.readexactly(len(b'{"name": "Ada"}')))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id": 1}')
        writer.close()

    async def ask() -> Any:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            here = Server(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/base", 0)
            return (await request(here, "POST", "/c/ABC234/join", {"name": "Ada"}, ("Cookie: a=b",))).content()

    assert asyncio.run(asyncio.wait_for(ask(), PATIENCE)) == {"id": 1}
    head, _, body = heard[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "POST /base/c/ABC234/join HTTP/1.1"
    assert {"Content-Type: application/json", "Cookie: a=b", "Connection: close", "Content-Length: 15"} <= set(lines)
    assert json.loads(body) == {"name": "Ada"}


# ---- the socket ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def classroom(answer: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[Server]:
    """A server that answers as it is told."""
    async with serve(answer, "127.0.0.1", 0) as server:
        yield Server(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 0)


def talk(answer: Callable[[ServerConnection], Awaitable[None]], say: Callable[[Server], Awaitable[Any]]) -> Any:
    async def both() -> Any:
        async with classroom(answer) as server:
            return await say(server)

    return asyncio.run(asyncio.wait_for(both(), PATIENCE))


def test_a_member_says_who_it_is_and_keeps_the_newest_of_each_section() -> None:
    heard: list[Any] = []
    messages = [
        {"seq": 4, "full": True, "set": {"class": {"mode": "follow"}}, "items": {"map": {"1": "a", "2": "b"}}},
        {"live": {"z": [1]}},
        {"seq": 6, "set": {"class": {"mode": "explore"}}, "items": {"map": {"1": None, "3": "c"}}},
        {"seq": 9, "full": True, "set": {"class": {"mode": "over"}}},
    ]

    async def answer(connection: ServerConnection) -> None:
        assert connection.request is not None
        heard.append((connection.request.path, connection.request.headers["cookie"]))
        heard.append(json.loads(await connection.recv()))
        for message in messages:
            await connection.send(json.dumps(message))
            if message != messages[-1]:
                await connection.recv()
        await connection.wait_closed()

    async def say(server: Server) -> list[Any]:
        member = await connect(server, "ABC234", HELLO, "class-ABC234=secret")
        seen, others = [dict(member.state)], list[Any]()
        member.heard = others.append
        for mode in ("explore", "over"):
            member.tell("seen")
            if mode == "explore":
                member.tell("seen")
            await member.until(lambda state, mode=mode: state["class"]["mode"] == mode, mode)  # type: ignore[misc]
            seen.append(dict(member.state))
        member.close()
        assert others == messages[1:]
        assert member.seq == 9
        return seen

    assert talk(answer, say) == [
        {"class": {"mode": "follow"}, "map": {"1": "a", "2": "b"}},
        {"class": {"mode": "explore"}, "map": {"2": "b", "3": "c"}},
        {"class": {"mode": "over"}},
    ]
    assert heard == [
        ("/c/ABC234/socket", "class-ABC234=secret"),
        {"version": 1, "role": "student", "seat": "a token", "after": None},
    ]


def test_commands_get_their_own_answers_in_any_order_and_a_refusal_is_a_sentence() -> None:
    async def answer(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"seq": 1, "full": true}')
        first, second, third = [json.loads(await connection.recv()) for _ in range(3)]
        assert (first["do"], first["choice"], first["version"]) == ("vote", 1, 1)
        await connection.send(json.dumps({"reply": third["id"], "error": "This seat has voted."}))
        await connection.send(json.dumps({"reply": second["id"], "drawing": 7}))
        await connection.send(json.dumps({"reply": first["id"]}))

    async def say(server: Server) -> list[Any]:
        member = await connect(server, "ABC234", HELLO)
        commands = member.command("vote", choice=1), member.command("hand_in"), member.command("vote", choice=2)
        answers = await asyncio.gather(*commands, return_exceptions=True)
        assert member.busy == {}
        return list(answers)

    first, second, third = talk(answer, say)
    assert (first["reply"], second["drawing"]) == ("0", 7)
    assert (type(third), str(third)) == (ClassError, "This seat has voted.")


def test_who_is_refused_or_left_alone_learns_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"error": "This seat was removed."}')

    async def leave(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"seq": 1, "full": true}')
        await connection.recv()
        await connection.close(1013, "Too many.")

    async def enter(server: Server) -> None:
        await connect(server, "ABC234", HELLO)

    async def wait(server: Server) -> list[Any]:
        member = await connect(server, "ABC234", HELLO)
        waits = member.until(lambda _: False, "never"), member.command("vote")
        found = await asyncio.gather(*waits, return_exceptions=True)
        late = await asyncio.gather(member.command("vote"), member.until(lambda _: False, ""), return_exceptions=True)
        return [*found, *late]

    with pytest.raises(ConnectionError, match=r"^This seat was removed\.$"):
        talk(refuse, enter)
    assert {str(error) for error in talk(leave, wait)} == {"The server closed the socket: 1013 Too many."}
    monkeypatch.setattr(client, "WAIT_SECONDS", 0.05)

    async def silent(connection: ServerConnection) -> None:
        await connection.send('{"seq": 1, "full": true}')
        await connection.wait_closed()

    async def hope(server: Server) -> None:
        member = await connect(server, "ABC234", HELLO)
        with pytest.raises(TimeoutError):
            await member.command("vote")
        await member.until(lambda _: False, "a question is open")

    with pytest.raises(TimeoutError, match=r"not: a question is open$"):
        talk(silent, hope)


def test_a_member_says_now_and_then_that_it_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BEAT_SECONDS", 0.01)
    beats: list[Any] = []

    async def answer(connection: ServerConnection) -> None:
        await connection.send('{"seq": 1, "full": true}')
        await connection.recv()
        for _ in range(2):
            beats.append(json.loads(await connection.recv()))
        await connection.send('{"seq": 2, "set": {"enough": true}}')
        await connection.wait_closed()

    async def say(server: Server) -> None:
        member: Member = await connect(server, "ABC234", HELLO)
        await member.until(lambda state: state.get("enough"), "two signs of life")
        member.close()

    talk(answer, say)
    assert beats == [{"version": 1, "do": "seen"}] * 2


def test_one_text_that_comes_to_many_is_parsed_once() -> None:
    assert parsed(b'{"live": {"z": [0.5]}}') is parsed(bytes(bytearray(b'{"live": {"z": [0.5]}}')))


# ---- the numbers -----------------------------------------------------------------------------------------------------


def test_times_are_percentiles_and_none_where_there_are_none() -> None:
    assert milliseconds([]) == [None, None, None]
    assert milliseconds([n / 1000 for n in range(101)]) == [50, 95, 99]
    numbers = summary(Measured(followed=[0.01, 0.03], expected=4))
    assert (numbers["followed_p50_ms"], numbers["counted_p95_ms"], numbers["frames_percent"]) == (20, None, 50)
    assert (numbers["errors"], numbers["first_problem"]) == (0, None)
    assert summary(Measured())["frames_percent"] is None


def test_what_fails_is_a_problem_with_its_name() -> None:
    measured = Measured()

    async def fail(error: Exception) -> None:
        raise error

    async def attempts() -> None:
        await measured.attempt("vote", fail(ClassError("This seat has voted.")))
        await measured.attempt("join", fail(TimeoutError()))

    asyncio.run(attempts())
    assert measured.problems == ["vote: This seat has voted.", "join: TimeoutError"]
    assert summary(measured)["first_problem"] == "vote: This seat has voted."


@pytest.mark.parametrize("option", ["--students", "--minutes"])
def test_a_class_without_students_or_time_is_refused(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert main(["bench", "class", option, "0"]) == 1
    assert capsys.readouterr().err.startswith(f"vae bench: {option} must be above 0, not 0")


# ---- a lesson in the app ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_lesson_counts_all_votes_and_drawings_and_loses_nobody(
    app: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    here = ("--url", app.url, "--pid", str(app.pid), "--model", "digits-z2")
    assert main(["bench", "class", "--students", "4", "--minutes", "0.1", *here, "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (numbers["students"], numbers["errors"], numbers["first_problem"]) == (4, 0, None)
    measured = ("joined", "followed", "answered", "counted", "drawn", "back")
    assert all(numbers[f"{name}_p50_ms"] <= numbers[f"{name}_p99_ms"] for name in measured)
    assert 0 < numbers["frames_percent"] <= 100
    assert numbers["drag_quiet_p95_ms"] > 0
    assert {"kib_per_student", "drag_in_class_p95_ms", "server_cpu_percent", "server_rss_mb"} <= set(numbers)


@pytest.mark.slow
def test_an_unknown_model_is_the_service_s_sentence(app: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "class", "--url", app.url, "--model", "nonsense"]) == 1
    assert "nonsense" in capsys.readouterr().err
