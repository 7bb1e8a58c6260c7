"""What a teacher takes away: the class as JSON, its votes as CSV, its drawings as NPZ. No simulated students."""

import csv
import io
import json
import sqlite3
from typing import Any

import numpy as np

from vae.classroom.state import lessons
from vae.classroom.state.classes import described, find
from vae.classroom.state.drawings import shape_of
from vae.classroom.state.schema import Json

# Of a real student who is still in the class.
PRESENT = "JOIN seats s ON s.code = x.code AND s.id = x.seat WHERE x.code = ? AND NOT s.removed AND NOT s.simulated"


def as_json(db: sqlite3.Connection, code: str) -> Json:
    """Seats, questions with their votes, phases of lessons, and drawings without pictures; no secret, no token.

    at: in seconds since 1970. part: of the lesson of this name.

    Raises UnknownClassError.
    """
    wanted = "SELECT id, name, joined FROM seats WHERE code = ? AND NOT removed AND NOT simulated ORDER BY id"
    return {
        "class": {key: described(db, code)[key] for key in ("code", "name", "model", "language")}
        | {"opened": find(db, code)["opened"]},
        "seats": [dict(row) for row in db.execute(wanted, (code,))],
        "phases": lessons.noted(db, code),
        "questions": [_question(db, row) for row in _questions(db, code)],
        "drawings": [_drawing(row) for row in _drawings(db, code)],
    }


def votes_csv(db: sqlite3.Connection, code: str) -> str:
    """One line for each vote, in a table that spreadsheets read; a text that they would compute begins with '.

    lesson, part: of a lesson's question, as in as_json.

    Raises UnknownClassError.
    """
    find(db, code)
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(("question", "text", "round", "seat", "name", "choice", "option", "right", "lesson", "part"))
    names = {row["id"]: row["name"] for row in db.execute("SELECT id, name FROM seats WHERE code = ?", (code,))}
    for row in _questions(db, code):
        question = _question(db, row)
        for vote in question["votes"]:
            option, right = question["options"][vote["choice"]], question["correct"]
            is_right = "" if right is None else str(vote["choice"] == right).lower()
            asked, who = (question["id"], _plain(question["text"])), (vote["seat"], _plain(names[vote["seat"]]))
            of_lesson = _plain(question["lesson"] or ""), question["part"] or ""
            lines.writerow((*asked, vote["round"], *who, vote["choice"], _plain(option), is_right, *of_lesson))
    return file.getvalue()


def drawings_npz(db: sqlite3.Connection, code: str) -> bytes:
    """The drawings that the class's model has encoded, in one NPZ that numpy reads without pickle.

    pictures (n, c, h, w) uint8; mean, logvar (n, latent_dim) float32; labels, states, names: (n,) text; id, seat: (n,)
    numbers. Raises UnknownClassError.
    """
    model = find(db, code)["model"]
    rows = [row for row in _drawings(db, code) if row["model"] == model]
    shape = shape_of(rows[0]) if rows else (1, 0, 0)
    pictures = np.frombuffer(b"".join(row["picture"] for row in rows), np.uint8).reshape(len(rows), *shape)
    vectors = {
        key: np.frombuffer(b"".join(row[key] for row in rows), "<f4").reshape(len(rows), -1 if rows else 0)
        for key in ("mean", "logvar")
    }
    numbers = {key: np.array([row[key] for row in rows], np.int64) for key in ("id", "seat")}
    texts = {f"{key}s": np.array([row[key] for row in rows], np.str_) for key in ("label", "state", "name")}
    arrays: dict[str, Any] = {"pictures": pictures, **vectors, **numbers, **texts}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _questions(db: sqlite3.Connection, code: str) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM questions WHERE code = ? ORDER BY id", (code,)).fetchall()


def _question(db: sqlite3.Connection, row: sqlite3.Row) -> Json:
    votes = f"SELECT x.round, x.seat, x.choice FROM votes x {PRESENT} AND x.question = ? ORDER BY x.round, x.seat"
    texts = {"id": row["id"], "text": row["text"], "options": json.loads(row["options"]), "correct": row["correct"]}
    texts |= {"lesson": row["lesson"], "part": row["part"]}
    return texts | {"votes": [dict(vote) for vote in db.execute(votes, (row["code"], row["id"]))]}


def _drawings(db: sqlite3.Connection, code: str) -> list[sqlite3.Row]:
    return db.execute(f"SELECT x.*, s.name FROM drawings x {PRESENT} ORDER BY x.id", (code,)).fetchall()


def _drawing(row: sqlite3.Row) -> Json:
    same = {key: row[key] for key in ("id", "seat", "name", "label", "state", "model")}
    return same | {key: np.frombuffer(row[key], "<f4").tolist() for key in ("mean", "logvar")}


def _plain(text: str) -> str:
    """The text, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(tuple("=+-@＝＋－＠")) else text
