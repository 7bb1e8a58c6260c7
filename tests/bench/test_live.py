"""The live benchmark: its raw client speaks WebSocket as the library does, and its numbers are the server's."""

import asyncio
import json
import math
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_sockets
from websockets.frames import Frame, Opcode

from tests.support.browsing import APP
from tests.support.live import Running, serve
from tests.support.patience import PATIENCE
from vae.__main__ import main
from vae.bench import live
from vae.bench.live import BINARY, DECODE, TEXT, Drag, Server, connect_drag
from vae.bench.sessions import Clicks, click_through, finished
from vae.server.live.decode_frames import HEADER, OK, VERSION

SIZES = [0, 125, 126, 65_535, 65_536]  # either side of where the length takes more bytes
GREETING = json.dumps({"latent_dim": 2, "classes": 0})
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with serve() as running:
        yield running


def bench(capsys: Captured, *arguments: object) -> Any:
    assert main(["bench", "live", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


# ---- the raw client --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_the_frames_it_sends_are_those_that_the_library_reads(size: int) -> None:
    payload = np.random.default_rng(0).bytes(size)
    left = bytearray(live.frame(BINARY, payload))

    def read(n: int) -> Generator[None, None, bytes]:
        yield from ()
        taken = bytes(left[:n])
        del left[:n]
        return taken

    parsing = Frame.parse(read, mask=True)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    frame = done.value.value
    assert (frame.opcode, frame.data, frame.fin, bytes(left)) == (Opcode.BINARY, payload, True, b"")


@pytest.mark.parametrize("size", SIZES)
def test_it_takes_the_library_s_frames_once_they_are_whole_and_not_before(size: int) -> None:
    payload = np.random.default_rng(0).bytes(size)
    whole = Frame(Opcode.TEXT, payload).serialize(mask=False)
    for cut in {0, 1, 2, 3, 5, 9, len(whole) - 1} & set(range(len(whole))):
        inbox = bytearray(whole[:cut])
        assert live.take_frame(inbox) is None
        assert inbox == whole[:cut]
    inbox = bytearray(whole + b"next")
    assert live.take_frame(inbox) == (TEXT, payload)
    assert inbox == b"next"


@asynccontextmanager
async def answering(handler: Callable[[ServerConnection], Any], **options: Any) -> Any:
    """A WebSocket server of the library's making."""
    async with serve_sockets(handler, "127.0.0.1", 0, **options) as server:
        yield Server(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 0)


def test_it_greets_answers_a_ping_and_leaves_when_the_server_does() -> None:
    heard: list[Any] = []

    async def handler(connection: ServerConnection) -> None:
        heard.append(json.loads(await connection.recv()))
        await connection.send(GREETING)
        heard.append(await (await connection.ping(b"there?")) >= 0)

    async def talk() -> None:
        async with answering(handler) as server:
            client = await connect_drag(server, "some model")
            while not client.transport.is_closing():
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(talk(), PATIENCE))
    assert heard == [{"version": VERSION, "model": "some model"}, True]


def test_whoever_gives_up_before_the_greeting_leaves_no_socket_open() -> None:
    async def talk() -> None:
        came, left = asyncio.Event(), asyncio.Event()

        async def handler(connection: ServerConnection) -> None:
            came.set()
            await connection.wait_closed()
            left.set()

        async with answering(handler) as server:
            client = asyncio.create_task(connect_drag(server, "any"))
            await came.wait()
            client.cancel()
            await asyncio.gather(client, return_exceptions=True)
            await left.wait()

    asyncio.run(asyncio.wait_for(talk(), PATIENCE))


def test_a_server_without_such_a_socket_is_a_connection_error_with_what_it_said() -> None:
    def refuse(connection: ServerConnection, _: Any) -> Any:
        return connection.respond(HTTPStatus.NOT_FOUND, "not here")

    async def talk() -> None:
        async with answering(lambda _: None, process_request=refuse) as server:
            await connect_drag(server, "any")

    with pytest.raises(ConnectionError, match=r"closed the socket: b'HTTP/1\.1 404 Not Found"):
        asyncio.run(asyncio.wait_for(talk(), PATIENCE))


def test_an_unknown_model_is_the_service_s_sentence(service: Running, capsys: Captured) -> None:
    url = f"http://127.0.0.1:{service.port}"
    assert main(["bench", "live", "--url", url, "--model", "nonsense"]) == 1
    assert capsys.readouterr().err == "vae bench: There is no model 'nonsense'.\n"


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def abort(self) -> None:
        self.written.append(b"aborted")


def greeted() -> tuple[Drag, Wire]:
    """A client of a server that has just greeted it, and what it writes from now on."""
    client, wire = Drag("host", "/live", "model"), Wire()
    client.connection_made(wire)
    head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + Frame(Opcode.TEXT, GREETING.encode()).serialize(mask=False)
    client.data_received(head[:20])
    assert not client.greeted.done()
    client.data_received(head[20:])
    assert client.greeted.result() == {"latent_dim": 2, "classes": 0}
    wire.written.clear()
    return client, wire


def picture(status: int = OK, text: bytes = b"") -> bytes:
    payload = HEADER.pack(status, DECODE, 1, 0) + text
    return Frame(Opcode.BINARY, payload).serialize(mask=False)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


def test_one_request_is_in_flight_and_the_newest_z_waits_for_its_picture() -> None:
    async def drag() -> None:
        client, wire = greeted()
        client.recording = True
        client.drag(0.001, 0.0)
        await until(lambda: client._made_at > 0)  # a second z has been made
        assert len(wire.written) == 1
        client.data_received(picture())
        assert len(wire.written) == 2
        client.rest()
        client.data_received(picture())
        await asyncio.sleep(0.01)
        assert len(wire.written) == 2
        assert len(client.latencies) == 2
        assert all(seconds > 0 for seconds in client.latencies)
        client.close()
        assert wire.written[-1] == b"aborted"

    asyncio.run(drag())


def test_an_error_in_place_of_a_picture_is_the_server_s_sentence() -> None:
    async def drag() -> None:
        client, _ = greeted()
        client.data_received(picture(OK + 1, b"The model is gone."))

    with pytest.raises(ConnectionError, match=r"^The model is gone\.$"):
        asyncio.run(drag())


# ---- the server ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost:8501", ("localhost", 8501, "")),
        ("http://lab.example", ("lab.example", 80, "")),
        ("http://lab.example/vae/", ("lab.example", 80, "/vae")),
        ("127.0.0.1:90/a/b", ("127.0.0.1", 90, "/a/b")),
    ],
)
def test_an_address_is_host_port_and_base_path(url: str, address: tuple[str, int, str]) -> None:
    assert Server(url, 0).address == address


def test_time_and_memory_are_the_process_s_own_and_unknown_without_its_number() -> None:
    here, elsewhere = Server("", os.getpid()), Server("", 0)
    before = here.cpu_seconds()
    begun = time.process_time()
    while time.process_time() < begun + 0.1:
        pass
    assert here.cpu_seconds() - before >= 0.08  # in hundredths of a second
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    assert here.rss_kib() == pytest.approx(pages * os.sysconf("SC_PAGE_SIZE") / 1024, rel=0.1)
    assert math.isnan(elsewhere.cpu_seconds())
    assert math.isnan(elsewhere.rss_kib())


def test_an_app_that_is_not_there_is_one_sentence(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "app.py"
    assert main(["bench", "live", "--app", str(path)]) == 1
    assert capsys.readouterr().err == f"vae bench: --app must be the file of the app, not '{path}'.\n"


def test_an_app_that_ends_at_once_is_a_sentence_with_its_status(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionError, match="ended at once, with status 1"), live.started(APP, port):
            pass
    assert str(port) in capfd.readouterr().err


def test_an_app_that_does_not_serve_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(live, "START_SECONDS", 0.1)
    (tmp_path / "app.py").write_text("")
    with (
        pytest.raises(ConnectionError, match=r"did not serve http://127.*/live/metrics"),
        live.started(tmp_path / "app.py"),
    ):
        pass


# ---- what is measured ------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No warming up, no settling."""
    for name in ("WARM_UP_SECONDS", "SETTLE_SECONDS", "CLICK_SECONDS"):
        monkeypatch.setattr(live, name, 0.05)
    monkeypatch.setattr(live, "SETTLING_CONNECTS", 3)
    monkeypatch.setattr(live, "AT_ONCE", 2)


@pytest.mark.usefixtures("quick")
def test_idle_clients_are_counted_while_they_are_connected(service: Running, capsys: Captured) -> None:
    here = ("--url", f"http://127.0.0.1:{service.port}", "--pid", os.getpid(), "--model", "grey")
    numbers = bench(capsys, "--idle", "--clients", 3, *here)
    assert list(numbers) == ["clients", "kib_per_idle_client", "server_rss_mb"]
    assert numbers["clients"] == 3
    assert numbers["server_rss_mb"] > 1


@pytest.mark.usefixtures("quick")
def test_churn_connects_as_often_as_it_says(service: Running, capsys: Captured) -> None:
    here = ("--url", f"http://127.0.0.1:{service.port}", "--pid", os.getpid(), "--model", "grey")
    numbers = bench(capsys, "--churn", 5, *here)
    assert list(numbers) == ["connects", "rss_before_mb", "rss_after_mb"]
    assert numbers["connects"] == 5


def test_where_no_picture_came_there_is_no_latency() -> None:
    async def summary() -> dict[str, object]:
        clients = [Drag("", "", ""), Drag("", "", "")]
        none = live._summary(clients, 30.0, 2.0)
        clients[0].latencies += [0.001, 0.003]
        assert live._summary(clients, 30.0, 2.0)["p50_ms"] == 2.0
        return none

    none = asyncio.run(summary())
    assert none["p50_ms"] is none["p99_ms"] is None
    assert none["frames_per_second_mean"] == 0


@pytest.mark.usefixtures("quick")
def test_people_who_open_pages_are_counted_beside_the_drags(
    app: Server, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "started", lambda _: nullcontext(app))
    numbers = bench(capsys, "--clients", 1, "--seconds", 0.2, "--sessions", 1)
    assert numbers["clients"] == 1
    assert numbers["page_exceptions"] == 0
    assert {"page_runs", "page_run_p50_seconds", "server_cpu_percent"} <= set(numbers)


@pytest.mark.slow
def test_a_person_opens_one_page_after_the_other(app: Server) -> None:
    clicks = Clicks()

    async def visit() -> None:
        person = asyncio.create_task(click_through(app.url, 0.01, clicks, 0))
        while len(clicks.reruns) < 2 and not person.done():
            await asyncio.sleep(0.01)
        person.cancel()
        with suppress(asyncio.CancelledError):
            await person

    asyncio.run(asyncio.wait_for(visit(), PATIENCE))
    assert clicks.exceptions == 0
    assert all(seconds > 0 for seconds in clicks.reruns)


def test_the_boxes_that_report_an_exception_are_counted_and_the_end_of_a_run_is_seen() -> None:
    clicks, shown, over = Clicks(), ForwardMsg(), ForwardMsg()
    shown.delta.new_element.exception.message = "no"
    over.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    assert not finished(shown.SerializeToString(), clicks)
    assert finished(over.SerializeToString(), clicks)
    for status in (ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN):
        over.script_finished = status
        assert not finished(over.SerializeToString(), clicks)
    assert clicks.exceptions == 1


def test_the_times_of_pages_are_their_percentiles_and_none_where_there_are_none() -> None:
    assert Clicks([0.1, 0.2, 0.3], 4).summary() == {
        "page_runs": 3, "page_run_p50_seconds": 0.2, "page_run_p95_seconds": 0.29, "page_exceptions": 4,
    }  # fmt: skip
    assert Clicks().summary()["page_run_p95_seconds"] is None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for the process below /proc")
def test_a_run_trains_beside_the_block_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with live.training():
        (folder,) = tmp_path.iterdir()
        run = folder / ".runs" / "beside"
        assert json.loads((run / "status.json").read_text())["state"] == "running"
    assert list(tmp_path.iterdir()) == []
