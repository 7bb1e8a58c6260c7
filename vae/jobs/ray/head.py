"""The HTTP API of Ray Jobs, as Ray 2.60's dashboard answers it; every error is one sentence."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

ASK_SECONDS = 5.0
MOST_BYTES = 2**20  # of an answer
LONGEST = 300  # characters of a message that a sentence quotes
NO_JOB = "UNKNOWN_JOB"  # the error of a job of which the head knows nothing: the head was started anew
STATES = ("PENDING", "RUNNING", "SUCCEEDED", "STOPPED", "FAILED")


class HeadError(Exception):
    """The head of the cluster does not answer, or refuses; one sentence with the remedy."""


@dataclass(frozen=True)
class Job:
    """A job: one of STATES; the host that it was given; Ray's word for its error; the last line of its message."""

    status: str
    where: str = ""
    error: str = ""
    message: str = ""

    @property
    def ended(self) -> bool:
        """Whether its process is no more, or has been given up."""
        return self.status not in {"PENDING", "RUNNING"}


class Head:
    """The head at an address such as http://head:8265. token: what it wants to see, if anything."""

    def __init__(self, address: str, token: str = "") -> None:
        """Raises ValueError for anything but an address."""
        parts = urlsplit(address)
        try:
            fine = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:  # its port is no number
            fine = False
        if not fine or parts.query or parts.username or parts.fragment:
            raise ValueError(f"The address of the Ray head is {address!r}; it looks like http://head:8265.")
        self.address = address.rstrip("/")
        self._scheme, self._host, self._port = parts.scheme, str(parts.hostname), parts.port
        self._path = parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def submit(self, job: Mapping[str, object], seconds: float) -> None:
        """Submits a job. Raises HeadError, also where the head has not answered after so many seconds."""
        self._ask("POST", "/api/jobs/", job, seconds=seconds)

    def job(self, name: str) -> Job:
        """How a job is. Raises HeadError."""
        found = self._ask("GET", f"/api/jobs/{name}", missing=True)
        if found is None:
            return Job("FAILED", error=NO_JOB, message="The cluster knows nothing of it.")
        if found.get("status") not in STATES:
            raise self._no_head()
        address = _text(found, "driver_agent_http_address")
        where = urlsplit(address).hostname if address.startswith("http://") else None
        lines = _text(found, "message").strip().splitlines()
        return Job(found["status"], where or "", _text(found, "error_type"), lines[-1][:LONGEST] if lines else "")

    def stop(self, name: str) -> None:
        """Asks for the end of a job, as far as the head can be reached."""
        with suppress(HeadError):
            self._ask("POST", f"/api/jobs/{name}/stop", {}, missing=True)

    def _ask(
        self, method: str, path: str, body: object = None, *, seconds: float = 0.0, missing: bool = False
    ) -> dict[str, Any] | None:
        """The answer; None for 404 where something may be missing. seconds: 0 for ASK_SECONDS. Raises HeadError."""
        seconds = seconds or ASK_SECONDS
        kind = HTTPSConnection if self._scheme == "https" else HTTPConnection
        connection = kind(self._host, self._port, timeout=seconds)
        end = Timer(seconds, _cut, [connection])  # of a head that answers a byte at a time
        end.daemon = True
        try:
            end.start()
            content = None if body is None else json.dumps(body)
            connection.request(method, self._path + path, content, self._headers)
            response = connection.getresponse()
            status, text = response.status, response.read(MOST_BYTES + 1)
        except (OSError, HTTPException, ValueError, AttributeError) as error:  # the last: cut while it was read
            reason = str(error)[:LONGEST] or type(error).__name__
            raise HeadError(
                f"The Ray head at {self.address} does not answer ({reason}); check VAE_RAY, and that the cluster runs."
            ) from error
        finally:
            end.cancel()
            connection.close()
        if status == 404 and missing:
            return None
        return self._content(status, text)

    def _content(self, status: int, text: bytes) -> dict[str, Any]:
        if status in {401, 403}:
            raise HeadError(
                f"The Ray head at {self.address} refuses this token; set VAE_RAY_TOKEN_FILE to the file of its token."
            )
        if status != 200:
            lines = text[-4 * LONGEST :].decode(errors="replace").strip().splitlines()
            reason = lines[-1][:LONGEST] if lines else "it says nothing"
            raise HeadError(f"The Ray head at {self.address} refuses (status {status}: {reason}).")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or len(text) > MOST_BYTES:
            raise self._no_head()
        return found

    def _no_head(self) -> HeadError:
        return HeadError(
            f"What answers at {self.address} is no Ray head; set VAE_RAY to the address of its dashboard, such as "
            "http://head:8265."
        )


def _cut(connection: HTTPConnection) -> None:
    """Ends what waits for this connection."""
    if (socket := connection.sock) is not None:
        with suppress(OSError):
            socket.shutdown(2)


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
