"""A whole lesson over the wire: who sees what, and when."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.classes import Running, serve
from tests.support.classrooms import lesson
from vae.classroom.messages.protocol import MAX_LESSON_TEXT

Json = dict[str, Any]


def read(name: str | None, text: str | None, language: str) -> Json:
    """A lesson of this name, or of what a file says."""
    if text is not None and not text.startswith("---"):
        raise ValueError("Line 1: a lesson begins with ---.")
    return lesson(name or "written", language=language)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("classes") / "classes.sqlite", read_lesson=read) as found:
        yield found


def test_a_question_is_voted_on_twice_and_shown_when_the_teacher_wants(running: Running) -> None:
    code, secret = running.open()
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "projector") as projector,
        running.student(code, "Ada") as ada,
        running.student(code) as bob,
    ):
        teacher.do("ask", text="What survives?", options=["all", "little"], correct=1)
        ada.until(lambda state: state["question"])
        number = ada.state["question"]["id"]
        ada.do("vote", question=number, round=1, choice=0)
        bob.until(lambda state: state["question"])
        bob.do("vote", question=number, round=1, choice=1)
        teacher.until(lambda state: state["tally"] and state["tally"]["counts"] == [[1, 1]])
        projector.until(lambda state: state["progress"]["answered"] == 2)
        assert projector.state["question"]["counts"] is None
        assert "locked" in ada.ask("vote", question=number, round=1, choice=1)["error"]
        ada.do("vote", question=number, round=1, choice=0)

        teacher.do("round")
        ada.until(lambda state: state["question"]["round"] == 2)
        ada.do("vote", question=number, round=2, choice=1)
        ada.until(lambda state: state["me"]["votes"] == [0, 1])
        teacher.do("results", shown=True)
        projector.until(lambda state: state["question"]["counts"])
        assert projector.state["question"]["counts"] == [[1, 1], [0, 1]]
        assert projector.state["question"]["moved"] == [[0, 1], [0, 0]]
        assert projector.state["question"]["correct"] is None
        teacher.do("reveal")
        ada.until(lambda state: state["question"]["correct"] == 1)
        assert {seat["name"] for seat in teacher.state["seats"].values()} >= {"Ada"}


def test_what_the_teacher_moves_comes_to_everybody_else_while_the_class_follows(running: Running) -> None:
    code, secret = running.open()
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "projector") as projector,
        running.student(code) as student,
    ):
        teacher.send("live", view="explore", z=[1, 2])
        for client in (student, projector):
            client.until(lambda _, client=client: client.live)
            assert client.live == [{"view": "explore", "z": [1, 2]}]
        teacher.do("mode", mode="explore")
        student.until(lambda state: state["class"]["mode"] == "explore")
        teacher.send("live", view="explore", z=[3, 4])
        teacher.do("show", page="Explore", params={"z": "3,4"})
        student.until(lambda state: state["shown"])
        assert student.state["shown"] == {"page": "Explore", "params": {"z": "3,4"}}
        assert len(student.live) == 1
        assert teacher.live == []


def opened(running: Running, **fields: Any) -> tuple[str, str]:
    """A class that was opened with these besides."""
    made = running.ask("POST", "classes", {"name": "Physics", "model": "grey", **fields})
    assert made.status == 201, made.text
    return made.json["code"], made.json["secret"]


def test_a_class_plays_a_lesson_to_its_end_and_its_screens_follow(running: Running) -> None:
    code, secret = opened(running, lesson={"name": "two-numbers"}, language="de")
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "presenter", secret=secret) as presenter,
        running.connect(code, "projector") as projector,
        running.student(code, "Ada") as ada,
    ):
        assert ada.state["class"]["language"] == teacher.state["plan"]["language"] == "de"
        number = teacher.do("ask", text="What?", options=["a", "b"], correct=1, part="predict")["question"]
        ada.do("vote", question=number, round=1, choice=0)
        teacher.do("phase", phase="experiment", step=1)
        ada.until(lambda state: state["shown"] and state["lesson"]["step"] == 1 and state["question"] is None)
        assert ada.state["shown"]["page"] == ada.state["lesson"]["page"] == "Explore"
        presenter.do("phase", phase="experiment", step=2, seen=True)
        projector.until(lambda state: state["lesson"]["see"] == ["You see 2 of two-numbers."])
        for phase in ("predict", "explain", "transfer", "end"):
            assert "own page" in presenter.ask("phase", phase=phase)["error"]
        teacher.do("phase", phase="explain")
        ada.until(lambda state: state["lesson"]["outcome"])
        assert (ada.state["me"]["predicted"], ada.state["lesson"]["outcome"]["answer"]) == (0, 2)
        number = teacher.do("ask", text="And?", options=["a", "b"], correct=1, part="transfer")["question"]
        ada.do("vote", question=number, round=1, choice=1)
        teacher.do("phase", phase="end")
        ada.until(lambda state: state["lesson"]["transfer"] and state["me"]["transferred"] == 1)
        assert "Ada" not in str(projector.state)
        teacher.do("lesson")
        ada.until(lambda state: state["lesson"] is None)
        assert ada.state["class"]["language"] == "de"


def test_a_lesson_that_was_written_comes_with_the_class_or_later_and_a_mistake_in_it_is_told(running: Running) -> None:
    whole = "---\n" + "a" * (MAX_LESSON_TEXT - 4)
    code, secret = opened(running, lesson={"text": whole})
    with running.connect(code, "teacher", secret=secret) as teacher:
        assert teacher.state["plan"]["title"] == "written"
        teacher.do("lesson", text=whole, language="es")
        teacher.until(lambda state: state["class"]["language"] == "es")
        mistakes: list[tuple[Json, str]] = [
            ({"text": "title: x"}, "Line 1: a lesson begins"),
            ({"text": whole + "x"}, "“text” must be text"),
            ({"text": "---", "name": "both"}, "not both"),
            ({"name": "x", "language": "xx"}, "“language” must be"),
            ({"name": 7}, "“name” must be"),
        ]
        for fields, sentence in mistakes:
            assert sentence in teacher.ask("lesson", **fields)["error"]
        assert teacher.state["plan"]["title"] == "written"
    for wrong in ("two-numbers", {"file": "/etc/passwd"}, {"text": "x"}):
        refused = running.ask("POST", "classes", {"name": "a", "model": "grey", "lesson": wrong})
        assert (refused.status, refused.text[-1]) == (400, ".")


def test_where_an_app_has_no_lessons_a_class_is_told_so(tmp_path: Path) -> None:
    with serve(tmp_path / "classes.sqlite") as alone:
        code, secret = alone.open()
        with alone.connect(code, "teacher", secret=secret) as teacher:
            assert "start the whole app" in teacher.ask("lesson", name="two-numbers")["error"]
            assert "choose one first" in teacher.ask("phase", phase="end")["error"]
