"""A server that answers as the jobs API of Ray 2.60 does, on loopback. A job waits until the test lets it start."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.patience import PATIENCE

TOKEN = "a token of the tests"


class JobsServer:
    """Its jobs by name, as the API shows them, and what it was asked. answers: else than usual, status and text."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.answer: tuple[int, str] | None = None
        self.silent = False
        self.released = threading.Event()
        self.address = ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def submit(self, request: dict[str, Any]) -> None:
        """Takes a job into the queue."""
        name = request["submission_id"]
        self.jobs[name] = request | {"type": "SUBMISSION", "status": "PENDING", "message": None, "error_type": None}

    def starts(self, name: str, *, where: str = "10.0.0.7") -> None:
        """A node has the job; no process is started."""
        self.jobs[name] |= {"status": "RUNNING", "driver_agent_http_address": f"http://{where}:-1"}

    def has(self, name: str, number: int) -> bool:
        """Whether it has the job of this name, the number-th of its run."""
        return name in self.jobs and name.endswith(f"-{number}")

    def fails(self, name: str, error: str, message: str = "") -> None:
        """The job is over."""
        self.jobs[name] |= {"status": "FAILED", "error_type": error, "message": message}

    def carries_out(self, name: str) -> "subprocess.Popen[bytes]":
        """A node has the job, and starts its command."""
        self.starts(name)
        job = self.jobs[name]
        environment = job["runtime_env"]["env_vars"] | {"PYTHONPATH": ":".join(filter(None, sys.path))}
        process = subprocess.Popen(job["entrypoint"], shell=True, env=environment, start_new_session=True)
        self.processes[name] = process
        return process

    def respond(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        """Status and text of an answer."""
        self.asked.append((method, path))
        if self.silent:
            self.released.wait(PATIENCE)
        if self.answer is not None:
            return self.answer
        if (method, path) == ("POST", "/api/jobs/"):
            self.submit(json.loads(body))
            return 200, json.dumps({"job_id": "x", "submission_id": json.loads(body)["submission_id"]})
        name = path.removeprefix("/api/jobs/").removesuffix("/stop")
        if name not in self.jobs:
            return 404, f"Job {name} does not exist"
        return 200, json.dumps({"stopped": True} if path.endswith("/stop") else self.jobs[name])


@contextmanager
def jobs_server() -> Iterator[JobsServer]:
    """A server, which ends with the block, with the processes that it has started."""
    state = JobsServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") not in {None, f"Bearer {TOKEN}"}:
                status, text = 403, "Forbidden: Invalid authentication token"
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, text = state.respond(self.command, self.path, body)
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        state.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            state.released.set()
            server.shutdown()
            thread.join(PATIENCE)
            for process in state.processes.values():
                process.kill()
                process.wait(PATIENCE)
