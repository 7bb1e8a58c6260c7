"""A class's lesson: one phase after another and back, and nobody learns before its time what it shows."""

import csv
import io
import json
import sqlite3
from typing import Any

import pytest

from tests.support.classrooms import MODEL, NOW, lesson, sections_of, tables
from vae.classroom.codes import ClassError
from vae.classroom.state import classes, exports, lessons, seats, sections, votes
from vae.classroom.state.lessons import PHASES
from vae.classroom.state.sections import Role
from vae.classroom.state.votes import Ballot

Json = dict[str, Any]
OPTIONS = ("a copy", "garbage", "a digit")
EVERYBODY: tuple[Role, ...] = ("student", "projector", "presenter")


@pytest.fixture
def db() -> sqlite3.Connection:
    return tables()


@pytest.fixture
def code(db: sqlite3.Connection) -> str:
    """A class of two, with a lesson of two steps."""
    code = classes.create(db, "Physics", MODEL, NOW).code
    for name in ("Ada", "Bob"):
        seats.join(db, code, None, name, NOW)
    lessons.set_lesson(db, code, lesson())
    return code


def predict(db: sqlite3.Connection, code: str, now: float = NOW) -> int:
    return lessons.ask(db, code, "What survives two-numbers?", OPTIONS, 2, part="predict", now=now)


def public(db: sqlite3.Connection, code: str, role: Role = "student") -> Json:
    found: Json = sections.full(db, code, role, 1)["set"]["lesson"]
    return found


def told(db: sqlite3.Connection, code: str, role: Role = "student") -> str:
    """All that this role is sent of the class."""
    return json.dumps(sections.full(db, code, role, 1), ensure_ascii=False)


# ---- one phase after another -----------------------------------------------------------------------------------------


def test_a_class_begins_its_lesson_with_the_prediction_and_the_clock_with_the_first_that_is_done(
    db: sqlite3.Connection, code: str
) -> None:
    found = public(db, code)
    assert (found["title"], found["minutes"], found["steps"]) == ("two-numbers", 8, 2)
    assert (found["phase"], found["step"], found["begun"], found["question"]) == ("predict", 0, None, None)
    number = predict(db, code, NOW + 60)
    assert public(db, code)["question"] == number
    lessons.set_phase(db, code, "experiment", 1, now=NOW + 120)
    assert public(db, code)["begun"] == NOW + 60


def test_a_step_is_shown_on_the_screens_and_its_question_is_gone(db: sqlite3.Connection, code: str) -> None:
    predict(db, code)
    lessons.set_phase(db, code, "experiment", 2, now=NOW)
    found = public(db, code)
    assert (found["do"], found["page"], found["link"]) == (["Do 2."], "Explore", f"Explore?checkpoint={MODEL}&z=2")
    assert votes.question(db, code) is None
    assert classes.shown(db, code) == {"page": "Explore", "params": {"checkpoint": MODEL, "z": "2"}}


def test_what_is_frozen_stays_on_the_screens_and_so_does_what_the_teacher_went_on_to(
    db: sqlite3.Connection, code: str
) -> None:
    lessons.set_phase(db, code, "experiment", 1, now=NOW)
    classes.set_shown(db, code, "Sampling", {})
    lessons.set_phase(db, code, "experiment", 1, seen=True, now=NOW)
    assert (classes.shown(db, code) or {})["page"] == "Sampling", "the same step again"
    classes.set_frozen(db, code, True)
    lessons.set_phase(db, code, "experiment", 2, now=NOW)
    assert (classes.shown(db, code) or {})["page"] == "Sampling"


def test_back_at_the_prediction_its_votes_are_there_and_closed(db: sqlite3.Connection, code: str) -> None:
    number = predict(db, code)
    votes.vote(db, code, 1, Ballot(number, 1, 0))
    votes.set_shown(db, code, True)
    for phase in ("explain", "predict"):
        lessons.set_phase(db, code, phase, now=NOW)
    asked = votes.question(db, code) or {}
    assert (asked["id"], asked["open"], asked["counts"]) == (number, False, [[1, 0, 0]])
    with pytest.raises(ClassError, match="closed"):
        votes.vote(db, code, 2, Ballot(number, 1, 0))


def test_each_student_s_prediction_stays_beside_what_happened_and_nobody_else_s(
    db: sqlite3.Connection, code: str
) -> None:
    number = predict(db, code)
    votes.vote(db, code, 1, Ballot(number, 1, 0))
    votes.start_second_round(db, code)
    votes.vote(db, code, 1, Ballot(number, 2, 2))
    votes.vote(db, code, 2, Ballot(number, 2, 1))
    lessons.set_phase(db, code, "explain", now=NOW)
    mine, other = sections.me(db, code, 1) or {}, sections.me(db, code, 2) or {}
    assert (mine["predicted"], mine["transferred"], other["predicted"]) == (2, None, 1)
    lessons.ask(db, code, "And elsewhere?", ("a", "b"), 1, part="transfer", now=NOW)
    votes.vote(db, code, 1, Ballot(number + 1, 1, 1))
    assert public(db, code)["phase"] == "transfer"
    found = sections.me(db, code, 1) or {}
    assert (found["predicted"], found["transferred"], found["votes"]) == (2, 1, [1, None])


def test_the_class_s_predictions_are_told_with_the_outcome_if_they_were_shown(
    db: sqlite3.Connection, code: str
) -> None:
    number = predict(db, code)
    votes.vote(db, code, 1, Ballot(number, 1, 0))
    lessons.set_phase(db, code, "explain", now=NOW)
    assert public(db, code)["outcome"]["predictions"] is None
    lessons.set_phase(db, code, "predict", now=NOW)
    votes.set_shown(db, code, True)
    lessons.set_phase(db, code, "explain", now=NOW)
    assert public(db, code)["outcome"]["predictions"] == [1, 0, 0]


def test_another_lesson_begins_anew_and_none_is_none(db: sqlite3.Connection, code: str) -> None:
    votes.vote(db, code, 1, Ballot(predict(db, code), 1, 0))
    lessons.set_phase(db, code, "end", now=NOW)
    lessons.set_lesson(db, code, lesson("other"))
    found = public(db, code)
    assert (found["title"], found["phase"], found["begun"]) == ("other", "predict", None)
    assert (sections.me(db, code, 1) or {})["predicted"] is None
    assert sections_of(db, lambda: lessons.set_lesson(db, code, None)) == {
        ("lesson", None, None), ("plan", None, None), ("me", None, None),
    }  # fmt: skip
    assert public(db, code) is None
    assert sections.full(db, code, "teacher")["set"]["plan"] is None


def test_what_a_lesson_does_not_have_is_refused(db: sqlite3.Connection, code: str) -> None:
    for step in (0, 3, 99):
        with pytest.raises(ClassError, match="steps 1 to 2"):
            lessons.set_phase(db, code, "experiment", step, now=NOW)
    lessons.set_lesson(db, code, lesson(transfer=None))
    with pytest.raises(ClassError, match="no second question"):
        lessons.set_phase(db, code, "transfer", now=NOW)
    lessons.set_lesson(db, code, None)
    for act in (lambda: lessons.set_phase(db, code, "end", now=NOW), lambda: predict(db, code)):
        with pytest.raises(ClassError, match="choose one first"):
            act()
    classes.close(db, code)
    with pytest.raises(ClassError, match="over"):
        lessons.set_lesson(db, code, lesson())


def test_a_lesson_whose_question_cannot_be_asked_is_refused_before_the_class(db: sqlite3.Connection, code: str) -> None:
    twice = [{"text": "same", "because": ""}] * 2
    for changes in ({"question": "x" * 501}, {"options": twice}, {"answer": 7}):
        with pytest.raises(ClassError):
            lessons.set_lesson(db, code, lesson(**changes))
    with pytest.raises(ClassError, match="shorten"):
        lessons.set_lesson(db, code, lesson(explanation=[["p", "x" * lessons.LONGEST_LESSON]]))


# ---- who learns what, and when ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", EVERYBODY)
def test_nobody_is_sent_what_the_phase_has_not_reached(db: sqlite3.Connection, code: str, role: Role) -> None:
    one, two, why, last = "You see 1 of", "You see 2 of", "Why two-numbers.", "And two-numbers elsewhere?"

    def knows(*texts: str) -> None:
        heard = told(db, code, role)
        assert [text for text in (one, two, why, last) if text in heard] == list(texts)
        assert "because" not in heard
        assert ('"answer"' in heard) == (why in heard)

    knows()
    predict(db, code)
    knows()
    lessons.set_phase(db, code, "experiment", 1, now=NOW)
    knows()
    lessons.set_phase(db, code, "experiment", 1, seen=True, now=NOW)
    knows(one)
    lessons.set_phase(db, code, "experiment", 2, now=NOW)
    knows()
    lessons.set_phase(db, code, "explain", now=NOW)
    knows(one, two, why)
    lessons.set_phase(db, code, "transfer", now=NOW)
    knows(one, two, why)
    lessons.set_phase(db, code, "end", now=NOW)
    knows(one, two, why, last)
    lessons.set_phase(db, code, "predict", now=NOW)
    knows()


def test_a_teacher_has_the_whole_lesson_from_the_beginning_and_the_check_nothing(
    db: sqlite3.Connection, code: str
) -> None:
    assert sections.full(db, code, "teacher")["set"]["plan"] == lesson()
    assert "lesson" not in sections.full(db, code, "check")["set"]
    assert all("plan" not in sections.full(db, code, role, 1)["set"] for role in EVERYBODY)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202e!", "'; DROP TABLE classes; --", "{{7*7}}"])
def test_a_text_in_a_lesson_is_text(db: sqlite3.Connection, code: str, text: str) -> None:
    written = lesson(title=text, name=None, question=text, explanation=[["p", text]])
    lessons.set_lesson(db, code, written)
    lessons.set_phase(db, code, "explain", now=NOW)
    found = public(db, code)
    assert (found["title"], found["outcome"]["explanation"]) == (text, [["p", text]])
    assert exports.as_json(db, code)["phases"] == [{"lesson": text, "phase": "explain", "step": 0, "at": NOW}]


# ---- what is taken away ----------------------------------------------------------------------------------------------


def test_an_export_says_when_the_class_came_to_each_phase_and_which_question_was_the_lesson_s(
    db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(db, code)
    for seen in (False, True):
        lessons.set_phase(db, code, "experiment", 1, seen=seen, now=NOW + 60)
    votes.ask(db, code, "Lunch?", ("yes", "no"), None)
    monkeypatch.setattr(lessons, "MOST_PHASES", 3)
    for phase in PHASES[2:]:
        lessons.set_phase(db, code, phase, now=NOW + 90)
    found = json.loads(json.dumps(exports.as_json(db, code)))
    assert [(each["phase"], each["step"], each["at"] - NOW) for each in found["phases"]] == [
        ("predict", 0, 0), ("experiment", 1, 60), ("explain", 0, 90),
    ]  # fmt: skip
    assert [(each["lesson"], each["part"]) for each in found["questions"]] == [("two-numbers", "predict"), (None, None)]


def test_the_table_of_votes_says_of_which_lesson_a_question_was(db: sqlite3.Connection, code: str) -> None:
    votes.vote(db, code, 1, Ballot(predict(db, code), 1, 2))
    votes.vote(db, code, 2, Ballot(votes.ask(db, code, "Lunch?", ("yes", "no"), None), 1, 0))
    lines = csv.DictReader(io.StringIO(exports.votes_csv(db, code)))
    assert [(line["lesson"], line["part"]) for line in lines] == [("two-numbers", "predict"), ("", "")]
