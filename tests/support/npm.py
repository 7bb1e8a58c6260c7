"""A registry of packages on this machine, as npm's."""

import base64
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Mapping


def pack(files: Mapping[str, bytes], folder: str = "package") -> bytes:
    """The .tgz of a package with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def integrity(packed: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(packed).digest()).decode()}"


class Registry:
    """Serves `files` (path → bytes) on the loopback and counts the requests; `cut` stops each answer halfway."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.cut = False
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                content = outer.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if outer.cut else content)

            def log_message(self, *_: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def publish(self, package: str, version: str, files: Mapping[str, bytes]) -> str:
        """Offers a package; returns its integrity."""
        packed = pack(files)
        self.files[f"/{package}/-/{package.rpartition('/')[2]}-{version}.tgz"] = packed
        return integrity(packed)

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()
