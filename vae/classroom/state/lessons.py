"""The lesson of a class: where the class is in it, and what of it everybody may see by then.

A lesson is what vae.lessons makes of a lesson's file, as JSON. Its phases come one after another, and back. The
question of "predict" and of "transfer" is asked as any other (see votes) and marked as the lesson's.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Literal, get_args
from urllib.parse import parse_qsl

from vae.classroom.codes import ClassError
from vae.classroom.state import votes
from vae.classroom.state.classes import find_open, set_shown
from vae.classroom.state.schema import Json, emit

Phase = Literal["predict", "experiment", "explain", "transfer", "end"]
Part = Literal["predict", "transfer"]  # phases with a question

PHASES: tuple[Phase, ...] = get_args(Phase)
LONGEST_LESSON = 2**18  # characters of JSON
MOST_PHASES = 1000  # of one class that are noted
NO_LESSON = "The class has no lesson; choose one first."


def set_lesson(db: sqlite3.Connection, code: str, lesson: Json | None) -> None:
    """The class has this lesson from now on, at its beginning, or none. Raises ClassError."""
    last = find_open(db, code)["last_question"]
    db.execute("DELETE FROM lessons WHERE code = ?", (code,))
    if lesson is not None:
        content = json.dumps(_checked(lesson))
        if len(content) > LONGEST_LESSON:
            raise ClassError(f"A lesson has at most {LONGEST_LESSON:,} characters; shorten it.")
        values = (code, content, last)
        db.execute("INSERT INTO lessons (code, content, after_question) VALUES (?, ?, ?)", values)
    for section in ("lesson", "plan", "me"):
        emit(db, code, section)


def set_phase(
    db: sqlite3.Connection, code: str, phase: Phase, step: int = 0, *, seen: bool = False, now: float
) -> None:
    """The class comes to a phase of its lesson, in "experiment" to a step, counted from 1, whose page is shown.

    seen: everybody learns what there was to be seen in the step. A question of another phase is no longer on the
    screens; that of a phase to which the class comes back is there again, with its votes. now: in seconds since 1970.
    """
    about, (row, lesson) = find_open(db, code), _current(db, code)
    steps = lesson["steps"]
    if phase == "experiment" and not 1 <= step <= len(steps):
        raise ClassError(f"This lesson has steps 1 to {len(steps)}; choose one of them.")
    if phase == "transfer" and lesson["transfer"] is None:
        raise ClassError("This lesson has no second question; go on to its end.")
    step = step if phase == "experiment" else 0
    is_elsewhere = (phase, step) != (row["phase"], row["step"])
    votes.put(db, code, _asked(db, row, phase) if phase in get_args(Part) else None)
    _enter(db, row, phase, step, now, seen=seen and step > 0)
    if step and is_elsewhere and not about["frozen"]:
        page, _, query = steps[step - 1]["link"].partition("?")
        set_shown(db, code, page, dict(parse_qsl(query, keep_blank_values=True)))


def ask(
    db: sqlite3.Connection,
    code: str,
    text: object,
    options: Sequence[object],
    correct: int | None,
    *,
    part: Part | None,
    now: float,
) -> int:
    """Asks a question, see votes.ask, and gives its number. part: it is the lesson's own, whose phase that is."""
    number = votes.ask(db, code, text, options, correct)
    if part is not None:
        row, lesson = _current(db, code)
        values = (_name(lesson), part, code, number)
        db.execute("UPDATE questions SET lesson = ?, part = ? WHERE code = ? AND id = ?", values)
        _enter(db, row, part, 0, now)
    return number


# ---- what there is to see --------------------------------------------------------------------------------------------


def public(db: sqlite3.Connection, code: str) -> Json | None:
    """What everybody may see of the lesson: no more than its phase has reached."""
    row = _row(db, code)
    if row is None:
        return None
    lesson, phase, step = json.loads(row["content"]), row["phase"], row["step"]
    found: Json = {key: lesson[key] for key in ("title", "minutes", "level")}
    found |= {"phase": phase, "step": step, "steps": len(lesson["steps"]), "begun": row["begun"]}
    found["question"] = _asked(db, row, phase)
    now = lesson["steps"][step - 1] if step else {}
    found |= {key: now.get(key) for key in ("do", "link", "page", "checkpoint")}
    found["see"] = now.get("see") if row["seen"] else None
    found["outcome"] = _outcome(db, row, lesson) if PHASES.index(phase) >= PHASES.index("explain") else None
    found["transfer"] = _question(lesson["transfer"]) if phase == "end" and lesson["transfer"] else None
    return found


def plan(db: sqlite3.Connection, code: str) -> Json | None:
    """The whole lesson, for teachers."""
    row = _row(db, code)
    return None if row is None else dict(json.loads(row["content"]))


def own(db: sqlite3.Connection, code: str, seat: int) -> Json:
    """What a student has chosen last of the lesson's questions: {"predicted", "transferred"}, null where nothing."""
    chosen = dict(
        db.execute(
            "SELECT part, choice FROM lessons JOIN questions USING (code) JOIN votes ON votes.code = questions.code"
            " AND question = id WHERE lessons.code = ? AND id > after_question AND part NOT NULL AND seat = ?"
            " ORDER BY id, votes.round",
            (code, seat),
        ).fetchall()
    )
    return {"predicted": chosen.get("predict"), "transferred": chosen.get("transfer")}


def noted(db: sqlite3.Connection, code: str) -> list[Json]:
    """When the class came to each phase: {"lesson", "phase", "step", "at"}."""
    found = db.execute("SELECT lesson, phase, step, at FROM phases WHERE code = ? ORDER BY rowid", (code,))
    return [dict(row) for row in found]


def _outcome(db: sqlite3.Connection, row: sqlite3.Row, lesson: Json) -> Json:
    """What happened: the right prediction, what was seen, and why."""
    seen = [{key: step[key] for key in ("do", "see", "checks")} for step in lesson["steps"]]
    why = {key: lesson[key] for key in ("explanation", "terms", "references")}
    return (
        _question(lesson)
        | {"predictions": votes.last_counts(db, row["code"], _asked(db, row, "predict"))}
        | ({"seen": seen} | why)
    )


def _question(asked: Json) -> Json:
    return {
        "question": asked["question"],
        "options": [option["text"] for option in asked["options"]],
        "answer": asked["answer"],
    }


# ---- the tables ------------------------------------------------------------------------------------------------------


def _row(db: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute("SELECT * FROM lessons WHERE code = ?", (code,)).fetchone()
    return row


def _current(db: sqlite3.Connection, code: str) -> tuple[sqlite3.Row, Json]:
    row = _row(db, code)
    if row is None:
        raise ClassError(NO_LESSON)
    return row, json.loads(row["content"])


def _asked(db: sqlite3.Connection, row: sqlite3.Row, part: str) -> int | None:
    """The number of the lesson's question of this part that was asked last."""
    wanted = "SELECT MAX(id) FROM questions WHERE code = ? AND id > ? AND part = ?"
    found: int | None = db.execute(wanted, (row["code"], row["after_question"], part)).fetchone()[0]
    return found


def _enter(
    db: sqlite3.Connection, row: sqlite3.Row, phase: Phase, step: int, now: float, *, seen: bool = False
) -> None:
    code, lesson = row["code"], _name(json.loads(row["content"]))
    db.execute(
        "UPDATE lessons SET phase = ?, step = ?, seen = ?, begun = COALESCE(begun, ?) WHERE code = ?",
        (phase, step, seen, now, code),
    )
    is_news = row["begun"] is None or (phase, step) != (row["phase"], row["step"])
    if is_news and db.execute("SELECT COUNT(*) FROM phases WHERE code = ?", (code,)).fetchone()[0] < MOST_PHASES:
        db.execute("INSERT INTO phases VALUES (?, ?, ?, ?, ?)", (code, lesson, phase, step, now))
    emit(db, code, "lesson")


def _name(lesson: Json) -> str:
    """What a lesson is called in an export: its folder, or the title of one that was written in the page."""
    return str(lesson["name"] or lesson["title"])


def _checked(lesson: Json) -> Json:
    """The lesson, whose questions can be asked. Raises ClassError."""
    for asked in filter(None, (lesson, lesson["transfer"])):
        votes.check(asked["question"], [option["text"] for option in asked["options"]], asked["answer"])
    return lesson
