"""A process that has imported torch and forks the processes of runs, which then start in milliseconds.

A forked run is as a started one: its own session, environment, log, signals and exit status. Only its nice level stays
as it is, so that a busy machine does not starve the runs of tests.

Wire: a message a line of JSON over a socket of packets, {"args", "env"} with the log's file, answered by {"pid"}, and
later by {"pid", "returncode"}.
"""

import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MOST_BYTES = 2**17  # of a message


class ForkedProcess:
    """What subprocess.Popen is for a process that was started."""

    def __init__(self, args: Sequence[str], pid: int) -> None:
        self.args, self.pid = args, pid
        self.returncode: int | None = None
        self.ended = threading.Event()

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it lives."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended. Raises TimeoutExpired."""
        if not self.ended.wait(timeout) or self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self.returncode

    def kill(self) -> None:
        """Kills it, if it lives."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Asks it to end, if it lives."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)


class Forks:
    """The client of a fork server."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._asking = threading.Lock()
        self._forked = threading.Condition()
        self._processes: dict[int, ForkedProcess] = {}
        self._newest: list[ForkedProcess] = []
        self._args: Sequence[str] = ()

    def start(self, args: Sequence[str], env: dict[str, str], log: Any) -> ForkedProcess:
        """A fork that does what `python -m MODULE ARGUMENT…` does. args: as those of Popen."""
        message = json.dumps({"args": list(args[2:]), "env": dict(env)}).encode()
        with self._asking, self._forked:
            self._args = args
            socket.send_fds(self._connection, [message], [log.fileno()])
            if not self._forked.wait_for(lambda: self._newest, 600):
                raise TimeoutError("the fork server does not answer")
            return self._newest.pop()

    def listen(self) -> None:
        """Notes what the server says, until it has ended."""
        while text := self._connection.recv(MOST_BYTES):
            message = json.loads(text)
            with self._forked:
                if "returncode" in message:
                    process = self._processes.pop(message["pid"])
                    process.returncode = message["returncode"]
                    process.ended.set()
                else:
                    process = ForkedProcess(self._args, message["pid"])
                    self._processes[process.pid] = process
                    self._newest.append(process)
                    self._forked.notify_all()


@contextmanager
def fork_server() -> Iterator[Forks]:
    """A fork server that ends with the block; its forks do not."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.support.forking", str(theirs.fileno())]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with ours, subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()]) as process:
        theirs.close()
        forks = Forks(ours)
        listening = threading.Thread(target=forks.listen)
        listening.start()
        try:
            yield forks
        finally:
            ours.shutdown(socket.SHUT_WR)
            listening.join()
            process.wait()


def serve(connection: socket.socket) -> None:
    """Forks on request, and says how the forks have ended, until the client has gone."""
    alive: dict[int, int] = {}  # pidfd -> pid
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd in alive:
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    pid, status = os.waitpid(alive.pop(key.fd), 0)
                    send(connection, {"pid": pid, "returncode": os.waitstatus_to_exitcode(status)})
                    continue
                text, (*files,), _, _ = socket.recv_fds(connection, MOST_BYTES, 1)
                if not text:
                    return
                if (pid := os.fork()) == 0:
                    connection.close()
                    become(json.loads(text), files[0])
                os.close(files[0])
                pidfd = os.pidfd_open(pid)
                alive[pidfd] = pid
                selector.register(pidfd, selectors.EVENT_READ)
                send(connection, {"pid": pid})


def send(connection: socket.socket, message: dict[str, int]) -> None:
    connection.send(json.dumps(message).encode())


def become(request: dict[str, Any], log: int) -> None:
    """Makes this fork the process of the request, to its end."""
    code = 1
    try:
        os.setsid()
        for number, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(request["env"])
        module, *sys.argv[1:] = request["args"]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    import vae.datasets.registry
    import vae.storage.checkpoints
    import vae.training.trainer  # noqa: F401 - what a run imports
    from vae.jobs import nice

    nice.lower_priority = lambda: None
    serve(socket.socket(fileno=int(sys.argv[1])))
