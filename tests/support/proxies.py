"""Proxies on this computer that remove a prefix from the path, as that of a JupyterHub does."""

import asyncio
import re
import shutil
import socket
import subprocess
import sys
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep

from tests.support.browsing import APP, ROOT
from vae.bench.live import free_port

PREFIX = "/user/student/proxy/8520"
START_SECONDS = 60.0
CHUNK = 65_536


@contextmanager
def stripping_proxy(app: str) -> Iterator[str]:
    """The address of the app at http://host:port behind a proxy that also replaces the Host header, as nginx does."""
    proxy = _Proxy(*app.removeprefix("http://").split(":"))
    thread = threading.Thread(target=proxy.run)
    thread.start()
    proxy.ready.wait()
    try:
        yield f"http://127.0.0.1:{proxy.port}{PREFIX}"
    finally:
        proxy.stop()
        thread.join()


class _Proxy:
    """One request for each connection, so that only its head has to be read; WebSockets are passed on as they are."""

    def __init__(self, host: str, port: str) -> None:
        self.host, self.app_port, self.port = host, int(port), 0
        self.ready = threading.Event()
        self.ended = asyncio.Event()

    def run(self) -> None:
        asyncio.run(self.serve())

    async def serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self.pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.ended.wait()
        server.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.ended.set)

    async def pass_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        streams = [writer]
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = self.rewritten(await reader.readuntil(b"\r\n\r\n"))
            if head is None:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                answers, requests = await asyncio.open_connection(self.host, self.app_port)
                streams.append(requests)
                requests.write(head)
                both = [asyncio.create_task(copy(reader, requests)), asyncio.create_task(copy(answers, writer))]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for task in both:
                    task.cancel()
        for stream in streams:
            stream.close()

    def rewritten(self, head: bytes) -> bytes | None:
        """The head for the app; None if the request is not beneath the prefix."""
        line, *headers = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, version = line.split(" ")
        if not path.startswith(f"{PREFIX}/"):
            return None
        upgrade = any(header.lower().startswith("upgrade:") for header in headers)
        dropped = ("host:",) if upgrade else ("host:", "connection:")
        kept = [header for header in headers if not header.lower().startswith(dropped)]
        kept += [f"Host: {self.host}:{self.app_port}", *([] if upgrade else ["Connection: close"])]
        return "\r\n".join([f"{method} {path.removeprefix(PREFIX)} {version}", *kept, "", ""]).encode("latin-1")


async def copy(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()


NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
access_log off;
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{documented}
}}
"""
DOCUMENTED = re.compile(r"```nginx\n(.*?)```", re.DOTALL)
CERTIFICATE = re.compile(r" *ssl_certificate.*\n")


@contextmanager
def nginx(
    folder: Path, app: str, outer: str, inner: str = "", *, host: str = "127.0.0.1", tls: bool = False
) -> Iterator[str]:
    """The app's address behind nginx, which replaces the prefix `inner` of its paths by `outer`.

    The configuration is that of docs/deployments.md, with these addresses in place of its own.
    """
    port, config = free_port(), folder / "nginx.conf"
    found = DOCUMENTED.search((ROOT / "docs/deployments.md").read_text("utf-8"))
    assert found is not None
    documented = CERTIFICATE.sub("", found[1])
    for here, there in (
        ("/course/ml/", f"{outer}/"),
        ("listen 443 ssl;", f"listen {host}:{port} ssl;\n{_certificate(folder)}" if tls else f"listen {host}:{port};"),
        ("http://127.0.0.1:8520/;", f"{app}{inner}/;"),
        ("proxy_redirect / ", f"proxy_redirect {inner}/ "),
    ):
        assert here in documented
        documented = documented.replace(here, there)
    config.write_text(NGINX.format(folder=folder, documented=documented))
    with subprocess.Popen([str(nginx_path()), "-c", str(config), "-e", str(folder / "error.log")]) as process:
        try:
            _wait_for_port(host.strip("[]"), port, process)
            yield f"{'https' if tls else 'http'}://{host}:{port}{outer}"
        finally:
            process.terminate()


def has_nginx() -> bool:
    """Whether `nginx` can be used here."""
    return nginx_path() is not None and shutil.which("openssl") is not None


def nginx_path() -> str | None:
    """Where nginx is: Debian keeps it where only root looks."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def _certificate(folder: Path) -> str:
    """Makes a certificate that nobody has signed; the directives with which nginx uses it."""
    made = ["-subj", "/CN=localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *made]
    subprocess.run(command, check=True, capture_output=True)
    return f"ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;"


def _wait_for_port(host: str, port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = monotonic() + START_SECONDS
    while process.poll() is None and monotonic() < deadline:
        with suppress(OSError), socket.create_connection((host, port), timeout=5):
            return
        sleep(0.05)
    raise AssertionError(f"Nothing answers at {host}:{port}.")


@contextmanager
def served(html: str) -> Iterator[str]:
    """The address of a page with this content, which a browser takes for another site than 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def app_with(base: str, host: str, *options: str) -> Iterator[str]:
    """The app's address, started with server.baseUrlPath, at an address of this computer, with more options."""
    port = free_port()
    address = ["--server.address", host.strip("[]"), "--server.port", str(port), "--server.baseUrlPath", base]
    command = [sys.executable, "-m", "streamlit", "run", APP.name, "--server.headless=true", *address, *options]
    with subprocess.Popen(command, cwd=APP.parent, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for_port(host.strip("[]"), port, process)
            yield f"http://{host}:{port}{base.rstrip('/')}"
        finally:
            process.terminate()
