"""The streams of gradient work: the routes called over a real connection, and the thread behind them."""

import asyncio
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from itertools import count
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.live import load, until
from tests.support.patience import PATIENCE
from vae.server.gradients import streams
from vae.server.gradients.streams import StreamLimits, Streams
from vae.server.gradients.worker import MOST_UNREAD, Work, Worker
from vae.server.live.inference import LiveModel

Json = dict[str, Any]


@dataclass
class Counting:
    """A work that counts to a number, without end for -1; it knows its threads and whether it was ended."""

    begun: int = 0
    ended: int = 0
    steps: int = 0
    threads: set[str] = field(default_factory=set)
    gate: threading.Event = field(default_factory=threading.Event)

    def lines(self, live: LiveModel, fields: Json) -> Iterator[Json]:
        if not isinstance(last := fields.get("to"), int):
            raise ValueError(f"to must be a whole number, not {last!r}.")
        return self._steps(live, last, "x" * fields.get("pad", 0))

    def _steps(self, live: LiveModel, last: int, pad: str) -> Iterator[Json]:
        self.begun += 1
        try:
            for number in count(1):
                self.gate.wait(PATIENCE)
                self.threads.add(threading.current_thread().name)
                self.steps += 1
                if last == number == 13:
                    raise RuntimeError("a secret path")
                yield {"model": live.name, "number": number, "pad": pad} if number % 2 else {}
                if number == last:
                    break
        finally:
            self.ended += 1


@dataclass
class Served:
    port: int
    work: Counting

    @contextmanager
    def ask(self, **fields: Any) -> Iterator[HTTPResponse]:
        headers, body = fields.pop("headers", {}), fields.pop("body", None)
        body = json.dumps({"version": 1, "model": "grey", **fields}) if body is None else body
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", "/lab/live/count", body=body, headers=headers)
        try:
            response = connection.getresponse()
            yield response
        finally:
            if connection.sock is not None:
                connection.sock.close()
            connection.close()

    def refused(self, **fields: Any) -> tuple[int, str]:
        with self.ask(**fields) as response:
            return response.status, response.read().decode()


@contextmanager
def serve(limits: StreamLimits | None = None) -> Iterator[Served]:
    work, found = Counting(), Streams(load, limits=limits)
    work.gate.set()

    async def counting(request: Request) -> Response:
        return await found.lines(request, work.lines)

    routes = [Route("/lab/live/count", counting, methods=["POST"])]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="critical"))
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)  # soon full if a client does not read
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until(lambda: server.started)
        yield Served(listening.getsockname()[1], work)
    finally:
        work.gate.set()
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as found:
        yield found


def numbers(response: HTTPResponse) -> list[int]:
    return [json.loads(line)["number"] for line in response.read().splitlines()]


def test_results_are_lines_that_no_proxy_collects(served: Served) -> None:
    with served.ask(to=4) as response:
        assert response.headers["content-type"].startswith("application/x-ndjson")
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["content-encoding"] == "identity"
        lines = [json.loads(line) for line in response.read().splitlines()]
    assert lines == [{"version": 1, "model": "grey", "number": number, "pad": ""} for number in (1, 3)]
    assert served.work.threads == {"gradients"}


def test_a_line_arrives_before_the_work_has_ended(served: Served) -> None:
    with served.ask(to=-1) as response:
        assert json.loads(response.readline())["number"] == 1
        assert not served.work.ended


def test_work_ends_when_its_page_closes_the_request(served: Served) -> None:
    with served.ask(to=-1) as response:
        response.readline()
    until(lambda: served.work.ended == 1)
    with served.ask(to=2) as response:
        assert numbers(response) == [1]


def test_pages_take_turns(served: Served) -> None:
    """The one that came last ends although the other never does."""
    with served.ask(to=-1) as first:
        first.readline()
        with served.ask(to=40) as second:
            until(lambda: bool(first.readline()) and served.work.ended == 1)
            assert numbers(second)[-1] == 39


def test_a_page_that_does_not_read_gets_no_more_steps() -> None:
    taken: list[int] = []

    def endless() -> Iterator[bytes]:
        for number in count():
            taken.append(number)
            yield b"piece"

    async def both() -> None:
        worker, unread = Worker(), Work(endless(), lambda _: b"")
        worker.add(unread)
        other = Work(iter([b"one"] * 20), lambda _: b"")
        worker.add(other)
        while await other.read() is not None:
            worker.wake()
        assert len(taken) == MOST_UNREAD
        await unread.read()
        worker.wake()
        last = Work(iter([b"one"]), lambda _: b"")  # its turn comes after the unread one's
        worker.add(last)
        while await last.read() is not None:
            worker.wake()
        assert len(taken) == MOST_UNREAD + 1
        unread.stopped = True
        worker.wake()

    asyncio.run(both())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, a thread has no priority of its own")
def test_the_thread_alone_gives_way_as_far_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    async def of_the_thread() -> bytes | None:
        work = Work((bytes([priority()]) for _ in range(1)), lambda _: b"")
        Worker().add(work)
        return await work.read()

    before = priority()
    monkeypatch.setenv("VAE_NICENESS", "19")
    assert asyncio.run(of_the_thread()) == bytes([19])
    assert priority() == before
    monkeypatch.setenv("VAE_NICENESS", "least")
    with pytest.raises(ValueError, match="VAE_NICENESS is 'least'"):
        Worker()


def test_a_client_that_stops_reading_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "READ_SECONDS", 0.2)
    with serve() as served, served.ask(to=-1, pad=2**16):
        until(lambda: served.work.ended == 1)
        assert served.work.steps > MOST_UNREAD


def test_a_failure_is_the_last_line_and_tells_no_secret(served: Served) -> None:
    with served.ask(to=13) as response:
        last = json.loads(response.read().splitlines()[-1])
    assert last == {"version": 1, "error": "The server failed to compute this (RuntimeError); try again."}
    with served.ask(to=2) as response:
        assert numbers(response) == [1]


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"model": "no", "to": 1}, 404, "There is no model 'no'."),
        ({"model": "broken", "to": 1}, 500, "The server could not begin (RuntimeError); try again."),
        ({"to": "ten"}, 400, "to must be a whole number, not 'ten'."),
        ({"version": 2}, 400, "This server speaks version 1 of this format, not 2."),
        ({"body": "[" * 9999}, 400, 'The body must be JSON such as {"version": 1, "model": "mnist-z10"}.'),
        ({"body": '{"version": 1}'}, 400, 'The body must be JSON such as {"version": 1, "model": "mnist-z10"}.'),
        ({"body": " " * (2**20 + 1)}, 413, "A request has at most 1,048,576 bytes."),
    ],
)
def test_a_bad_request_gets_a_sentence(served: Served, fields: Json, status: int, sentence: str) -> None:
    assert served.refused(**fields) == (status, sentence)


def test_a_page_of_another_site_has_nothing_computed(served: Served) -> None:
    status, sentence = served.refused(to=1, headers={"Origin": "https://evil.example"})
    assert status == 403
    assert "server.corsAllowedOrigins" in sentence
    assert not served.work.begun


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (StreamLimits(streams=1), streams.FULL),
        (StreamLimits(streams_per_address=1), streams.FULL_ADDRESS),
    ],
)
def test_a_full_server_says_so_and_has_room_again(limits: StreamLimits, sentence: str) -> None:
    with serve(limits) as served:
        with served.ask(to=-1) as response:
            response.readline()
            assert served.refused(to=1) == (503, sentence)
        until(lambda: served.refused(to=1)[0] == 200)
