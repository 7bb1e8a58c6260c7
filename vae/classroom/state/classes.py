"""A class: opened by a teacher, shown, frozen, closed, deleted; and its teachers' secrets.

What a teacher asks for is done by a function (db, code, …) that raises UnknownClassError where there is no such class,
and ClassError, with the remedy, where it cannot be done.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from vae.classroom.codes import (
    ALPHABET,
    ClassError,
    UnknownClassError,
    clean_text,
    digest,
    is_among,
    new_code,
    new_secret,
)
from vae.classroom.state.schema import Json, emit

Mode = Literal["follow", "explore"]
Teacher = Literal["teacher", "co-teacher"]

MOST_CLASSES = 200  # of one app
MOST_CO_TEACHERS = 20
LIFETIME = 24 * 3600.0  # seconds
UNUSED = 3600.0  # seconds without anybody, after which a class gives way to a new one where there are too many
LONGEST_NAME = 60
LONGEST_MODEL = 100
LONGEST_SHOWN = 8192  # characters of JSON
ENGLISH = "en"


@dataclass(frozen=True)
class Created:
    """A new class: its join code, and the teacher's secret, which is told this once."""

    code: str
    secret: str


def create(
    db: sqlite3.Connection, name: object, model: object, now: float, language: str = ENGLISH, *, first: str = ALPHABET
) -> Created:
    """Opens a class with this model. now: in seconds since 1970. language: of its students' pages.

    first: the letters with which its code may begin.
    """
    name = clean_text(name, "The name of a class", LONGEST_NAME)
    model = clean_text(model, "The name of a model", LONGEST_MODEL)
    codes = {row["code"] for row in db.execute("SELECT code FROM classes")}
    if len(codes) >= MOST_CLASSES and not _gives_way(db, now):
        raise ClassError(f"This app has {MOST_CLASSES} classes already; delete one that is over.")
    code, secret = new_code(first), new_secret()
    while code in codes:
        code = new_code(first)
    columns = "code, name, model, opened, secret, language"
    values = (code, name, model, now, digest(secret), language)
    db.execute(f"INSERT INTO classes ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)
    emit(db, code, "class")
    return Created(code, secret)


def find(db: sqlite3.Connection, code: str) -> sqlite3.Row:
    """The row of a class. Raises UnknownClassError."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM classes WHERE code = ?", (code,)).fetchone()
    if row is None:
        raise UnknownClassError("There is no class with this code; check it, or ask your teacher.")
    return row


def find_open(db: sqlite3.Connection, code: str) -> sqlite3.Row:
    """The row of a class that goes on. Raises ClassError for one that is closed."""
    row = find(db, code)
    if row["closed"]:
        raise ClassError("This class is over; your teacher can open another.")
    return row


def all_codes(db: sqlite3.Connection) -> list[str]:
    """The codes of all classes, the oldest first."""
    return [row["code"] for row in db.execute("SELECT code FROM classes ORDER BY opened, code")]


def described(db: sqlite3.Connection, code: str) -> Json:
    """The class as everybody in it may see it."""
    row = find(db, code)
    texts = {key: row[key] for key in ("code", "name", "model", "mode", "language")}
    return texts | {key: bool(row[key]) for key in ("frozen", "joinable", "closed")}


def shown(db: sqlite3.Connection, code: str) -> Json | None:
    """The page that the teacher shows, and its parameters."""
    text = find(db, code)["shown"]
    return None if text is None else dict(json.loads(text))


# ---- who teaches -----------------------------------------------------------------------------------------------------


def teacher_of(db: sqlite3.Connection, code: str, secret: str) -> Teacher | None:
    """Whose secret this is, if anyone's. A co-teacher may do all but invite others, and delete the class."""
    row = find(db, code)
    if is_among(secret, [row["secret"]]):
        return "teacher"
    others = [bytes(other["secret"]) for other in db.execute("SELECT secret FROM co_teachers WHERE code = ?", (code,))]
    return "co-teacher" if is_among(secret, others) else None


def is_teacher(db: sqlite3.Connection, code: str, secret: str) -> bool:
    """Whether this is the secret of the class's teacher or a co-teacher; False where there is no such class."""
    try:
        return teacher_of(db, code, secret) is not None
    except UnknownClassError:
        return False


def co_teachers(db: sqlite3.Connection, code: str) -> int:
    """How many links for co-teachers there are."""
    return int(db.execute("SELECT COUNT(*) FROM co_teachers WHERE code = ?", (code,)).fetchone()[0])


def add_co_teacher(db: sqlite3.Connection, code: str) -> str:
    """A secret for a second teacher, which is told this once."""
    find(db, code)
    if co_teachers(db, code) >= MOST_CO_TEACHERS:
        raise ClassError(f"The class has {MOST_CO_TEACHERS} links for co-teachers; withdraw them and make new ones.")
    secret = new_secret()
    db.execute("INSERT INTO co_teachers (code, secret) VALUES (?, ?)", (code, digest(secret)))
    return secret


def revoke_co_teachers(db: sqlite3.Connection, code: str) -> None:
    """Co-teachers lose their rights."""
    find(db, code)
    db.execute("DELETE FROM co_teachers WHERE code = ?", (code,))
    emit(db, code, "co_teachers")


# ---- what the teacher does with it -----------------------------------------------------------------------------------


def set_mode(db: sqlite3.Connection, code: str, mode: object) -> None:
    """Students follow the teacher, or explore on their own. Nothing stays frozen."""
    find_open(db, code)
    if mode not in get_args(Mode):
        raise ClassError("The mode is follow or explore.")
    db.execute("UPDATE classes SET mode = ?, frozen = 0 WHERE code = ?", (mode, code))
    emit(db, code, "class")


def set_frozen(db: sqlite3.Connection, code: str, frozen: bool) -> None:
    """The present view stays on every screen, or is released."""
    find_open(db, code)
    _set(db, code, "frozen", frozen)


def set_joinable(db: sqlite3.Connection, code: str, joinable: bool) -> None:
    """Whether others may still join; who has a seat comes back to it."""
    find_open(db, code)
    _set(db, code, "joinable", joinable)


def set_model(db: sqlite3.Connection, code: str, model: object) -> None:
    """The class goes on with another model; drawings wait until they are encoded by it."""
    find_open(db, code)
    _set(db, code, "model", clean_text(model, "The name of a model", LONGEST_MODEL))
    for drawing in db.execute("SELECT id FROM drawings WHERE code = ?", (code,)).fetchall():
        for section in ("map", "drawings"):
            emit(db, code, section, drawing["id"])
    emit(db, code, "presented")


def set_language(db: sqlite3.Connection, code: str, language: str) -> None:
    """The language of the students' pages; those that are open load themselves anew in it."""
    find_open(db, code)
    _set(db, code, "language", language)


def set_shown(db: sqlite3.Connection, code: str, page: object, params: Mapping[str, object]) -> None:
    """The page that the teacher shows, with the parameters of its link, which are texts."""
    find_open(db, code)
    page = clean_text(page, "The name of a page", LONGEST_NAME)
    if not all(isinstance(text, str) for pair in params.items() for text in pair):
        raise ClassError("The parameters of a page are texts.")
    text = json.dumps({"page": page, "params": dict(params)})
    if len(text) > LONGEST_SHOWN:
        raise ClassError(f"The parameters of a page have at most {LONGEST_SHOWN} characters; show it without them.")
    db.execute("UPDATE classes SET shown = ? WHERE code = ?", (text, code))
    emit(db, code, "shown")


def close(db: sqlite3.Connection, code: str) -> None:
    """Ends the class: what there is can still be seen and exported."""
    find(db, code)
    db.execute("UPDATE classes SET closed = 1, joinable = 0, frozen = 0, mode = 'explore' WHERE code = ?", (code,))
    db.execute("UPDATE questions SET open = 0 WHERE code = ?", (code,))
    emit(db, code, "class")
    emit(db, code, "question")


def delete(db: sqlite3.Connection, code: str) -> None:
    """Deletes the class with all that it has."""
    find(db, code)
    db.execute("DELETE FROM classes WHERE code = ?", (code,))
    db.execute("DELETE FROM events WHERE code = ?", (code,))
    emit(db, code, "deleted")


def expire(db: sqlite3.Connection, now: float) -> list[str]:
    """Deletes the classes that were opened a day ago. Gives their codes."""
    rows = db.execute("SELECT code FROM classes WHERE opened <= ? OR opened > ?", (now - LIFETIME, now + LIFETIME))
    codes = [row["code"] for row in rows.fetchall()]
    for code in codes:
        delete(db, code)
    return codes


def _gives_way(db: sqlite3.Connection, now: float) -> bool:
    """Deletes the oldest class that nobody has joined since it was opened, a while ago. Says whether there was one."""
    unused = "SELECT code FROM classes WHERE last_seat = 0 AND opened < ? ORDER BY opened LIMIT 1"
    found = db.execute(unused, (now - UNUSED,)).fetchone()
    if found is not None:
        delete(db, found["code"])
    return found is not None


def _set(db: sqlite3.Connection, code: str, column: str, value: object) -> None:
    db.execute(f"UPDATE classes SET {column} = ? WHERE code = ?", (value, code))
    emit(db, code, "class")
