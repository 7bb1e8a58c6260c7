"""Two replicas in processes of their own behind a proxy, one killed while a class votes, and started again.

The students are the page's own connections, a third of them by each way: they come back by themselves.
"""

import json
import random
import sqlite3
import subprocess
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import ROOT
from tests.support.class_replicas import Replicas
from tests.support.classes import Visits
from tests.support.live import until
from tests.support.patience import PATIENCE

Json = dict[str, Any]
STUDENTS = 9
WAYS = {"websocket", "events", "poll"}


class Voters:
    """A class of students that vote, and their teacher, at the proxy's port."""

    def __init__(self, port: int, code: str, secret: str) -> None:
        script = ROOT / "tests/js/support/voters.js"
        command = [str(ROOT / ".venv/bin/node"), str(script), f"http://127.0.0.1:{port}", code, secret, str(STUDENTS)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.said: list[Json] = []

    def ask(self, questions: int) -> None:
        """The teacher asks so many questions more, one after the other."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"?" * questions)
        self._process.stdin.flush()

    def listen(self, kind: str, count: int) -> None:
        """Until so many more votes are `answered`, or so many more questions are `done`."""
        assert self._process.stdout is not None
        while count:
            self.said.append(json.loads(self._process.stdout.readline()))
            count -= kind in self.said[-1]

    def leave(self) -> None:
        """Ends them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_replica_that_is_killed_while_its_class_votes_loses_no_answer_and_gets_its_class_back(
    seed: int, tmp_path: Path
) -> None:
    replicas = Replicas(tmp_path / "classes.sqlite", 2)
    with replicas.proxied() as port, ExitStack() as stack:
        stack.callback(replicas.stop)
        home, other = map(Visits, replicas.start(2, 1))
        code, secret = home.open()
        voters = Voters(port, code, secret)
        stack.callback(voters.leave)
        voters.ask(9)
        voters.listen("answered", random.Random(seed).randrange(2 * STUDENTS, 6 * STUDENTS))
        replicas.kill(2)
        while voters.said[-1] != {"done": 9}:
            voters.listen("done", 1)
        assert other.ask("GET", f"{code}/ping").status == 204
        (home,) = map(Visits, replicas.start(2))
        until(lambda: home.ask("GET", f"{code}/ping").status == 204)
        assert other.ask("GET", f"{code}/ping").status == 503
        voters.ask(3)
        voters.listen("done", 3)
    assert not [line for line in voters.said if "refused" in line]
    answered = [line for line in voters.said if "answered" in line]
    assert len(answered) == 12 * STUDENTS
    assert {line["way"] for line in answered[-STUDENTS:]} == WAYS
    columns = ("question", "round", "seat", "choice")
    with closing(sqlite3.connect(tmp_path / "classes-2.sqlite")) as db:
        kept = db.execute(f"SELECT {', '.join(columns)} FROM votes").fetchall()
    assert sorted(tuple(line["answered"][column] for column in columns) for line in answered) == sorted(kept)
