"""haproxy with the shipped configuration before servers that only say who they are: no app is started."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.support.patience import PATIENCE
from tests.support.replicas import CONFIG, HAPROXY, haproxy, needs_haproxy, until, up
from vae.bench.live import free_port
from vae.classroom.codes import ALPHABET
from vae.classroom.serving.homes import AWAY, Replica

pytestmark = needs_haproxy
INSIDE = ("/metrics", "/readyz", "/live/metrics", "/_stcore/metrics", "/c/homes/1", "/%6detrics", "/c/home%73/2")


class Quiet(ThreadingHTTPServer):
    """Takes it that haproxy resets connections after its checks."""

    def handle_error(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def stand_in(number: int) -> Iterator[int]:
    """The port of a server that is ready, has the home of this number, and answers all else with its number, its
    visitor's address and whether it was asked by https."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            home = re.fullmatch("/c/homes/(.)", self.path)
            text = " ".join([str(number), *(self.headers[f"X-Forwarded-{name}"] or "" for name in ("For", "Proto"))])
            self.send_response(200 if home is None else 204 if home[1] == str(number) else 503)
            self.send_header("Content-Length", "0" if home else str(len(text)))
            self.end_headers()
            self.wfile.write(b"" if home else text.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class Proxy:
    """haproxy's address."""

    def __init__(self, port: int, stats: int) -> None:
        self._port, self._stats = port, stats

    def homes(self) -> list[set[str]]:
        """The servers of each home."""
        return [up(self._stats, f"home_{number}") for number in (1, 2)]

    def ask(self, path: str, **headers: str) -> tuple[int, str, Message]:
        """Status, text and headers of an answer; 0 where nobody answers."""
        try:
            with urlopen(Request(f"http://127.0.0.1:{self._port}{path}", headers=headers), timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers
        except (URLError, ConnectionError):
            return 0, "", Message()


@contextmanager
def proxied(folder: Path, ports: dict[int, int]) -> Iterator[Proxy]:
    """haproxy before servers at these ports."""
    listen, stats = free_port(), free_port()
    environment = {f"REPLICA_{number}": f"127.0.0.1:{port}" for number, port in ports.items()}
    environment |= {"LISTEN": f"127.0.0.1:{listen}", "STATS": f"127.0.0.1:{stats}"}
    with haproxy(environment, folder / "haproxy.log"):
        proxy = Proxy(listen, stats)
        until(lambda: proxy.ask("/healthz")[0], "haproxy answers")
        yield proxy


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with ExitStack() as stack:
        ports = {number: stack.enter_context(stand_in(number)) for number in (1, 2)}
        found = stack.enter_context(proxied(tmp_path_factory.mktemp("haproxy"), ports))
        until(lambda: found.homes() == [{"r1"}, {"r2"}], "haproxy knows where each home is")
        yield found


def test_the_configuration_is_valid() -> None:
    checked = subprocess.run([str(HAPROXY), "-c", "-V", "-f", str(CONFIG)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stdout + checked.stderr


def test_haproxy_knows_the_place_of_each_letter_of_a_code() -> None:
    lines = (CONFIG.parent / "homes.map").read_text().splitlines()
    assert lines[1:] == [f"{letter} {place}" for place, letter in enumerate(ALPHABET)]
    letters = re.search(r"is_class var\(txn.code\) -m reg \^\[(.*)\]\{6\}\$", CONFIG.read_text())
    assert letters is not None
    assert set(re.findall(f"[{letters[1]}]", "".join(map(chr, range(128))))) == set(ALPHABET)


@pytest.mark.parametrize("cookie", ["replica=r1", "replica=r2"])
def test_a_class_is_asked_for_at_its_home_however_its_code_is_typed(proxy: Proxy, cookie: str) -> None:
    for letter in ALPHABET:
        home = str(Replica(1, 2).home(f"{letter}BC234"))
        asked = [f"{letter}BC234", f"{letter.lower()}bc-234", f"-{letter}%20BC234/socket"]
        asked.append(f"%{ord(letter):x}BC23%34/poll?after=1")
        assert [proxy.ask(f"/c/{code}", Cookie=cookie)[1][:1] for code in asked] == [home] * len(asked)


@pytest.mark.parametrize("path", ["/", "/c", "/c/", "/c/classes", "/lab/?x=/c/ABC234", "/c/ABC2345", "/c/ABC23I"])
def test_all_else_is_asked_for_where_the_visitor_is(proxy: Proxy, path: str) -> None:
    assert [proxy.ask(path, Cookie=f"replica=r{number}")[1][:1] for number in (1, 2)] == ["1", "2"]


def test_a_new_visitor_is_given_a_replica(proxy: Proxy) -> None:
    status, number, headers = proxy.ask("/Explore")
    assert status == 200
    assert headers["Set-Cookie"] == f"replica=r{number[:1]}; path=/; HttpOnly; SameSite=Lax"
    assert "Set-Cookie" not in proxy.ask("/Explore", Cookie=f"replica=r{number[:1]}")[2]


@pytest.mark.parametrize("path", INSIDE)
def test_what_operators_ask_is_not_told_outside(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path)[0] == 404
    assert proxy.ask("/healthz")[0] == 200


def test_what_a_visitor_says_of_proxies_is_replaced(proxy: Proxy) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    assert proxy.ask("/", **forged)[1][2:] == "127.0.0.1 http"


def test_without_a_replica_each_says_so(tmp_path: Path) -> None:
    with proxied(tmp_path, {1: free_port(), 2: free_port()}) as proxy:
        until(lambda: proxy.ask("/healthz")[0] == 503, "haproxy knows that nobody serves")
        until(lambda: proxy.homes() == [set(), set()], "haproxy knows that nobody has a class")
        status, text, headers = proxy.ask("/c/ABC234")
        assert (status, text, headers["Retry-After"], headers["Refresh"]) == (503, AWAY, "1", "1")
