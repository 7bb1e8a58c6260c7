"""What foreign pages and clients on the network can reach of the running app."""

import os
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlparse

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.browsing import APP
from tests.support.patience import PATIENCE
from vae.bench.live import Server, free_port
from vae.server.live.decode_frames import HEADER, DecodeLimits

SOCKETS = ("/live", "/live/projections", "/_stcore/stream")
PAGES = ("/", "/live/runs", "/live/metrics", "/live/encoded?model=digits-z2", "/live/film?kind=run&name=x", "/Explore")


def answer(app: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Status and body; the path is sent unchanged; urllib would normalise it."""
    where = urlparse(app.url)
    connection = HTTPConnection(str(where.hostname), int(where.port or 80), timeout=PATIENCE)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def handshake(app: Server, path: str, *, origin: str | None = None, host: str | None = None, **headers: str) -> int:
    """The status that answers a WebSocket handshake; 101 if it opens."""
    where = urlparse(app.url)
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as raw:
        lines = [f"GET {path} HTTP/1.1", f"Host: {host or where.netloc}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13"]
        lines += [f"Origin: {origin}"] if origin else []
        lines += [f"{name}: {value}" for name, value in headers.items()]
        raw.sendall(("\r\n".join([*lines, "", ""])).encode())
        return int(raw.recv(100).split()[1])


@pytest.mark.parametrize("path", SOCKETS)
def test_a_page_of_another_site_opens_no_socket(app: Server, path: str) -> None:
    assert handshake(app, path, origin=app.url) == 101
    for origin in ("https://evil.example", "null", app.url.replace("http://", "http://evil.")):
        assert handshake(app, path, origin=origin) == 403


@pytest.mark.parametrize("path", SOCKETS)
def test_a_page_at_another_port_of_this_computer_may_do_what_streamlit_lets_it_do(app: Server, path: str) -> None:
    """A proxy on this computer is one; what can open Streamlit's socket can use the whole app anyway."""
    assert handshake(app, path, origin="http://localhost:1") == 101


@pytest.mark.parametrize("path", SOCKETS[:2])
def test_only_a_page_that_may_open_a_socket_gets_a_yes(app: Server, path: str) -> None:
    assert answer(app, path, "POST", Origin=app.url) == (204, b"")
    status, body = answer(app, path, "POST", Origin="https://evil.example")
    assert status == 403
    assert b"server.corsAllowedOrigins" in body


@pytest.mark.parametrize("path", SOCKETS)
def test_no_forwarded_header_opens_a_socket(app: Server, path: str) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    assert handshake(app, path, origin="https://evil.example", **forged) == 403
    assert handshake(app, path, origin=app.url, **forged) == 101


@pytest.mark.parametrize("path", SOCKETS)
def test_a_page_after_dns_rebinding_opens_no_socket(app: Server, path: str) -> None:
    port = urlparse(app.url).port
    assert handshake(app, path, origin=f"http://evil.example:{port}", host=f"evil.example:{port}") in (400, 403)
    assert handshake(app, path, origin=f"http://localhost:{port}", host=f"localhost:{port}") == 101


@pytest.mark.parametrize("path", PAGES)
def test_a_page_after_dns_rebinding_reads_nothing(app: Server, path: str) -> None:
    status, body = answer(app, path, Host="evil.example")
    assert status == 400
    assert b"server.allowedHosts" in body
    assert answer(app, path, Host=f"localhost:{urlparse(app.url).port}")[0] in (200, 404)


@pytest.mark.parametrize("path", PAGES[1:4])
def test_a_page_of_another_site_reads_none_of_our_routes(app: Server, path: str) -> None:
    status, body = answer(app, path, Origin="https://evil.example")
    assert status == 403 or path == "/live/metrics"  # counters, without a header that would let the page read them
    assert status == 403 or b"latent_lab" in body or b"live" in body


@pytest.mark.parametrize(
    "path",
    [
        "/live/upload",
        "/live/metric",
        "/live/geodesic",
        "/live/runs",
        "/live/film",
        "/live/encoded",
        "/live/images",
        "/live/metrics",
        "/",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_form_of_another_site_changes_nothing(app: Server, path: str, method: str) -> None:
    assert answer(app, path, method, Origin="https://evil.example")[0] in (403, 405)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_form_of_another_site_uploads_nothing(app: Server, method: str) -> None:
    status, _ = answer(app, "/_stcore/upload_file/session/file", method, Origin="https://evil.example")
    assert status in (400, 403, 405)


def test_a_stranger_uploads_nothing(app: Server) -> None:
    """Without the secret of a page's session, from outside a browser or after DNS rebinding."""
    path = "/live/upload?upload=a&offset=0&total=1&pictures=&name=a.zip"
    assert answer(app, path, "POST", **{"Upload-Ticket": "guess"})[0] == 404
    assert answer(app, path, "POST", Host="evil.example")[0] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/live/frontend/x/../../../../etc/passwd",
        "/live/frontend/x/%2e%2e/%2e%2e/%2e%2e/app.py",
        "/live/frontend/x/..%2f..%2f..%2fapp.py",
        "/live/frontend/x//etc/passwd",
        "/live/plotly/x/../../../../etc/passwd",
        "/live/film?kind=checkpoint&name=../../etc",
        "/live/film?kind=run&name=../mnist-z2",
        "/live/film?kind=run&name=.slot-0",
        "/live/encoded?model=../../../etc/passwd",
        "/live/images?model=%2e%2e%2fmnist-z2&start=0&count=1",
        "/app/static/../../../etc/passwd",
        "/component/x/../../../../etc/passwd",
        "/media/../../../etc/passwd",
    ],
)
def test_no_path_leads_out_of_its_folder(app: Server, path: str) -> None:
    status, body = answer(app, path)
    assert b"root:" not in body
    assert b"def home" not in body
    assert status in (400, 403, 404) or b"<!DOCTYPE html>" in body or b"<!doctype html>" in body  # Streamlit's own page


def test_the_app_is_open_to_this_computer_alone_and_logs_no_visitor(tmp_path: Path) -> None:
    """Started as the README says; neither of its outputs contains what was requested."""
    port, secret = free_port(), "n0body-may-read-this"
    command = [sys.executable, "-m", "streamlit", "run", APP.name, f"--server.port={port}"]
    log = tmp_path / "log"
    with log.open("wb") as out, subprocess.Popen(command, cwd=APP.parent, stdout=out, stderr=out) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process)
            listening = subprocess.run(["cat", "/proc/net/tcp"], capture_output=True, text=True, check=False).stdout
            addresses = {line.split()[1] for line in listening.splitlines()[1:] if line.split()[3] == "0A"}
            assert f"0100007F:{port:04X}" in addresses
            assert f"00000000:{port:04X}" not in addresses
            for path in (f"/?z={secret}", f"/live/film?kind=run&name={secret}", f"/live/encoded?model={secret}"):
                answer(Server(url, 0), path, Cookie=f"session={secret}", Origin=f"http://{secret}.example")
            with pytest.raises(InvalidStatus):
                connect(f"ws://127.0.0.1:{port}/live?token={secret}", origin=Origin(f"https://{secret}.example"))
        finally:
            process.terminate()
    assert secret not in log.read_text()


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/live/metrics", timeout=PATIENCE).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            sleep(0.1)
    raise AssertionError(f"The app did not answer at {url}; {os.getpid()} waited {PATIENCE:.0f} s.")


def test_the_server_takes_the_longest_live_frame_and_not_much_more() -> None:
    options = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text())["server"]
    longest = HEADER.size + DecodeLimits().request_bytes
    assert longest <= options["maxMessageSize"] * 10**6 <= 2 * longest
