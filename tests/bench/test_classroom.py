"""The benchmark of a full classroom: what a lesson counts, and how its run and its projection ended."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.support.browsing import APP
from tests.support.patience import PATIENCE
from vae.__main__ import main
from vae.bench import classroom
from vae.bench.classroom import Lesson
from vae.bench.live import Server
from vae.jobs.run import Run
from vae.jobs.runs import Runs
from vae.storage.checkpoints import read_checkpoint


class DigitsRuns(Runs):
    """Trains on images that take next to no time."""

    dataset = "digits"

    def start(self, name: str, request: Any, *arguments: Any) -> Run:
        return super().start(name, request | {"dataset": {"name": self.dataset}}, *arguments)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson in which all students have arrived and think for moments only."""
    monkeypatch.setattr(classroom, "ARRIVE_SECONDS", 0.0)
    monkeypatch.setattr(classroom, "THINK_SECONDS", (0.0, 0.3))
    monkeypatch.setattr(classroom, "DRAG_SECONDS", 0.1)
    monkeypatch.setattr(classroom, "CHANGE_CHECKPOINT", 0.5)


def nothing_else(*_: object) -> Any:
    async def done() -> str:
        return "not in this lesson"

    return done()


@pytest.mark.usefixtures("hurried")
def test_a_lesson_counts_pages_pictures_and_what_was_lost(
    app: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classroom, "started", lambda _: nullcontext(app))
    monkeypatch.setattr(classroom, "_train", nothing_else)
    monkeypatch.setattr(classroom, "_project", nothing_else)
    assert main(["bench", "classroom", "--students", "1", "--seconds", "1", "--app", str(APP), "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (numbers["students"], numbers["seconds"]) == (1, 1.0)
    assert (numbers["page_exceptions"], numbers["students_lost"], numbers["first_problem"]) == (0, 0, None)
    assert numbers["growth_percent"] == pytest.approx(
        100 * (numbers["rss_end_mb"] / numbers["rss_settled_mb"] - 1), abs=0.1
    )
    assert numbers["run"] == numbers["projection"] == "not in this lesson"


@pytest.mark.usefixtures("hurried")
def test_a_student_opens_pages_and_drags_until_the_lesson_is_over(app: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classroom, "DRAGGING", 1.0)
    lesson = Lesson()

    async def attend() -> None:
        student = asyncio.create_task(classroom._student(app, lesson, ["mnist-z2", "digits-z2"], 0))
        while not (len(lesson.clicks.reruns) > 2 and lesson.latencies) and not student.done():
            await asyncio.sleep(0.01)
        student.cancel()
        assert isinstance((await asyncio.gather(student, return_exceptions=True))[0], asyncio.CancelledError)

    asyncio.run(asyncio.wait_for(attend(), PATIENCE))
    assert (lesson.lost, lesson.clicks.exceptions) == (0, 0)
    assert min(lesson.latencies) > 0


def test_a_student_who_fails_is_lost_and_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def fail(*_: object) -> None:
        raise ConnectionError("no more sockets")

    for name, work in (("_student", fail), ("_train", nothing_else), ("_project", nothing_else)):
        monkeypatch.setattr(classroom, name, work)
    numbers = asyncio.run(classroom._lesson(Server("", 0), tmp_path, 2, 0.01))
    assert (numbers["students_lost"], numbers["first_problem"]) == (2, "ConnectionError: no more sockets")
    assert numbers["drag_p50_ms"] is numbers["page_run_p50_seconds"] is None
    assert numbers["pictures"] == 0


# ---- the run ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_run_of_a_lesson_becomes_a_checkpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(classroom, "Runs", DigitsRuns)
    monkeypatch.setattr(classroom, "RUN_SECONDS", 0.1)
    assert asyncio.run(asyncio.wait_for(classroom._train(tmp_path), PATIENCE)) == "trained"
    assert read_checkpoint(tmp_path / "in-class").model_config.latent_dim == 6


def test_a_run_that_fails_or_disappears_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Ends(Runs):
        def start(self, name: str, *_: Any, **__: Any) -> Run:
            run = Run(self.root / name)
            if tmp_path == self.root.parent:
                run.path.mkdir(parents=True)
                (run.path / "status.json").write_text('{"state": "failed", "sentence": "The disk is full."}')
            return run

    monkeypatch.setattr(classroom, "Runs", Ends)
    assert asyncio.run(classroom._train(tmp_path)) == "failed: The disk is full."
    assert asyncio.run(classroom._train(tmp_path / "elsewhere")) == "gone"


# ---- the projection --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def map_that_says(heard: list[Any], *messages: Any) -> AsyncIterator[Server]:
    async def answer(connection: ServerConnection) -> None:
        heard.append((connection.request.path, json.loads(await connection.recv())))  # type: ignore[union-attr]
        for message in messages:
            await connection.send(message if isinstance(message, bytes) else json.dumps(message))

    async with serve(answer, "127.0.0.1", 0) as server:
        yield Server(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 0)


@pytest.mark.parametrize(
    ("messages", "reported"),
    [
        (({"state": "running"}, b"a layout", {"state": "done"}), "done in "),
        (({"error": "There is no such model."},), "failed: There is no such model."),
        (({"state": "running"},), "the socket was closed"),
    ],
)
def test_the_projection_of_a_lesson_is_reported_as_it_ended(messages: tuple[Any, ...], reported: str) -> None:
    heard: list[Any] = []

    async def project() -> str:
        async with map_that_says(heard, *messages) as server:
            return await classroom._project(server)

    assert asyncio.run(asyncio.wait_for(project(), PATIENCE)).startswith(reported)
    ((path, asked),) = heard
    assert path == "/live/projections"
    assert (asked["method"], asked["perplexity"]) == ("tsne", 25)


@pytest.mark.parametrize("students", [0, -1])
def test_a_lesson_without_students_is_refused(capsys: pytest.CaptureFixture[str], students: int) -> None:
    assert main(["bench", "classroom", "--students", str(students)]) == 1
    assert capsys.readouterr().err == f"vae bench: --students must be above 0, not {students}.\n"
