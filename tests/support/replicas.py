"""Replicas of the app behind Debian's haproxy, with the configuration in deploy/ and addresses of the test's own."""

import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from unittest.mock import patch
from urllib.error import HTTPError, URLError

import pytest

from tests.support.browsing import APP, ROOT
from tests.support.patience import PATIENCE
from vae.bench.live import Server, free_port, started

CONFIG = ROOT / "deploy" / "haproxy.cfg"
HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")  # where Debian keeps it
needs_haproxy = pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed (Debian: apt-get install haproxy)")


class Site:
    """Two replicas behind haproxy, on one folder of checkpoints. url: of the whole; replicas: by their numbers."""

    def __init__(self, folder: Path, checkpoints: Path) -> None:
        self.checkpoints, self._folder = checkpoints, folder
        self.port, self._stats, self._ports = free_port(), free_port(), {1: free_port(), 2: free_port()}
        self.url = f"http://127.0.0.1:{self.port}"
        self.replicas: dict[int, Server] = {}
        self._exits: dict[int, ExitStack] = {}

    def environment(self) -> dict[str, str]:
        """What haproxy's configuration takes from outside."""
        replicas = {f"REPLICA_{number}": f"127.0.0.1:{port}" for number, port in self._ports.items()}
        return {"LISTEN": f"127.0.0.1:{self.port}", "STATS": f"127.0.0.1:{self._stats}", **replicas}

    def start(self, number: int) -> None:
        """Starts a replica; it serves once this returns."""
        own = {"VAE_REPLICA": f"{number}/{len(self._ports)}", "VAE_CHECKPOINTS": str(self.checkpoints)}
        own |= {
            "VAE_CACHE": str(self._folder / f"cache-{number}"),
            "VAE_CLASSES": str(self._folder / "classes.sqlite"),
        }
        exits = self._exits[number] = ExitStack()
        with patch.dict(os.environ, own):
            self.replicas[number] = exits.enter_context(started(APP, self._ports[number]))

    def kill(self, number: int) -> None:
        """Ends a replica at once, as a machine that loses its power."""
        os.kill(self.replicas.pop(number).pid, signal.SIGKILL)
        self._exits.pop(number).close()

    def close(self) -> None:
        """Ends all replicas."""
        for exits in self._exits.values():
            exits.close()

    def up(self, backend: str) -> set[str]:
        """The replicas that haproxy uses for a backend."""
        return up(self._stats, backend)

    def ask(self, path: str, replica: int | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, text and new cookie of an answer. replica: where the visitor was before."""
        cookie = {"Cookie": f"replica=r{replica}"} if replica else {}
        request = urllib.request.Request(f"{self.url}{path}", headers={**cookie, **headers})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode(), answer.headers.get("Set-Cookie", "")
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers.get("Set-Cookie", "")


def up(stats: int, backend: str) -> set[str]:
    """The servers that haproxy uses for a backend, by the statistics at this port."""
    with urllib.request.urlopen(f"http://127.0.0.1:{stats}/stats;csv", timeout=PATIENCE) as answer:
        rows = [line.split(",") for line in answer.read().decode().splitlines()]
    return {row[1] for row in rows if row[0] == backend and row[17].startswith("UP") and row[1] != "BACKEND"}


def until(condition: Callable[[], object], what: str) -> None:
    """Waits until a condition holds."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, f"waited {PATIENCE} s in vain until {what}"
        sleep(0.05)


@contextmanager
def haproxy(environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """haproxy with the shipped configuration."""
    with log.open("wb") as out:
        command = [str(HAPROXY), "-f", str(CONFIG)]
        with subprocess.Popen(command, env=os.environ | environment, stdout=out, stderr=out) as process:
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def replicated(folder: Path, checkpoints: Path) -> Iterator[Site]:
    """Two replicas, ready to serve behind haproxy."""
    site = Site(folder, checkpoints)
    try:
        for number in (1, 2):
            site.start(number)
        log = folder / "haproxy.log"
        with haproxy(site.environment(), log) as process:

            def serves() -> bool:
                assert process.poll() is None, log.read_text()
                try:
                    return site.ask("/healthz")[0] == 200 and site.up("pages") == {"r1", "r2"}
                except (URLError, ConnectionError):
                    return False

            until(serves, "both replicas serve")
            yield site
    finally:
        site.close()
