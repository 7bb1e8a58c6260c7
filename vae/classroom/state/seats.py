"""Who is in a class: a seat is found by its token, from any browser, network or tab."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from vae.classroom.codes import (
    ClassError,
    RemovedSeatError,
    clean_name,
    digest,
    free_name,
    new_secret,
    propose_name,
)
from vae.classroom.state.classes import find, find_open
from vae.classroom.state.schema import emit, next_number

MOST_SEATS = 1000  # of one class, simulated students included
LEFT = 60.0  # seconds after joining, in which a seat waits for its first connection
REMOVED = "Your teacher has removed you from this class; talk to your teacher."


@dataclass(frozen=True)
class Seat:
    """A student's place. token: the secret by which its browser comes back to it. new: it was made just now."""

    id: int
    token: str
    name: str
    simulated: bool = False
    new: bool = False


def join(
    db: sqlite3.Connection,
    code: str,
    token: str | None,
    name: object,
    now: float,
    *,
    simulated: bool = False,
    here: Collection[int] = (),
) -> Seat:
    """The seat of this token, or a new one. name: None for a proposed one; a known seat keeps its own.

    here: seats that are connected. In a full class one that is not, and has neither voted nor drawn, gives way.

    Raises RemovedSeatError for a seat that the teacher has removed, ClassError where nobody may join any more.
    """
    find(db, code)
    if token is not None and (known := by_token(db, code, token)) is not None:
        return known
    if not find_open(db, code)["joinable"]:
        raise ClassError("Nobody can join this class now; ask your teacher to open it for others.")
    taken = _names(db, code)
    if len(taken) >= MOST_SEATS and not _gives_way(db, code, now, here):
        raise ClassError(f"This class has {MOST_SEATS} students, which is as many as it can have.")
    name = propose_name(taken) if name is None else free_name(clean_name(name), taken)
    seat = Seat(next_number(db, code, "last_seat"), new_secret(), name, simulated, new=True)
    values = (code, seat.id, digest(seat.token), name, now, simulated)
    db.execute("INSERT INTO seats (code, id, token, name, joined, simulated) VALUES (?, ?, ?, ?, ?, ?)", values)
    _changed(db, code, seat.id)
    return seat


def by_token(db: sqlite3.Connection, code: str, token: str) -> Seat | None:
    """The seat of this token; None if the class has no such seat. Raises RemovedSeatError."""
    found = db.execute("SELECT * FROM seats WHERE code = ? AND token = ?", (code, digest(token))).fetchone()
    if found is None:
        return None
    if found["removed"]:
        raise RemovedSeatError(REMOVED)
    return Seat(found["id"], token, found["name"], bool(found["simulated"]))


def check(db: sqlite3.Connection, code: str, seat: int) -> sqlite3.Row:
    """The row of a seat. Raises RemovedSeatError if it is not in the class, or no longer."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM seats WHERE code = ? AND id = ?", (code, seat)).fetchone()
    if row is None or row["removed"]:
        raise RemovedSeatError(REMOVED if row else "The class has no such seat; load the page again.")
    return row


def rename(db: sqlite3.Connection, code: str, seat: int, name: object) -> str:
    """Another name for the seat, with a number where someone else has it. Gives the name."""
    find_open(db, code)
    own = check(db, code, seat)["name"]
    name = free_name(clean_name(name), _names(db, code) - {own.casefold()})
    db.execute("UPDATE seats SET name = ? WHERE code = ? AND id = ?", (name, code, seat))
    emit(db, code, "seats", seat)
    emit(db, code, "me", seat=seat)
    return name


def remove(db: sqlite3.Connection, code: str, seat: int) -> None:
    """Takes the student out of the class, with votes, drawings and name. Its token never opens a seat again."""
    find(db, code)
    check(db, code, seat)
    _content_goes(db, code, seat)
    db.execute("DELETE FROM votes WHERE code = ? AND seat = ?", (code, seat))
    db.execute("DELETE FROM drawings WHERE code = ? AND seat = ?", (code, seat))
    db.execute("UPDATE seats SET removed = 1, name = '' WHERE code = ? AND id = ?", (code, seat))
    _changed(db, code, seat)


def remove_simulated(db: sqlite3.Connection, code: str | None = None) -> int:
    """Deletes the simulated students of one class, or of all. Gives how many there were."""
    rows = db.execute("SELECT code, id FROM seats WHERE simulated AND code = COALESCE(?, code)", (code,)).fetchall()
    for row in rows:
        _content_goes(db, row["code"], row["id"])
        db.execute("DELETE FROM seats WHERE code = ? AND id = ?", (row["code"], row["id"]))
        _changed(db, row["code"], row["id"])
    return len(rows)


def _gives_way(db: sqlite3.Connection, code: str, now: float, here: Collection[int]) -> bool:
    """Deletes the oldest seat that was left without anything in it. Says whether there was one."""
    empty = (
        "SELECT id FROM seats WHERE code = ? AND NOT removed AND joined < ?"
        " AND NOT EXISTS (SELECT 1 FROM votes WHERE votes.code = seats.code AND seat = id)"
        " AND NOT EXISTS (SELECT 1 FROM drawings WHERE drawings.code = seats.code AND seat = seats.id) ORDER BY id"
    )
    rows = db.execute(empty, (code, now - LEFT))
    seat = next((row["id"] for row in rows if row["id"] not in here), None)
    if seat is not None:
        db.execute("DELETE FROM seats WHERE code = ? AND id = ?", (code, seat))
        _changed(db, code, seat)
    return seat is not None


def count(db: sqlite3.Connection, code: str) -> int:
    """How many have joined."""
    return int(db.execute("SELECT COUNT(*) FROM seats WHERE code = ? AND NOT removed", (code,)).fetchone()[0])


def _names(db: sqlite3.Connection, code: str) -> set[str]:
    rows = db.execute("SELECT name FROM seats WHERE code = ? AND NOT removed", (code,))
    return {row["name"].casefold() for row in rows}


def _changed(db: sqlite3.Connection, code: str, seat: int) -> None:
    for section in ("people", "progress"):
        emit(db, code, section)
    emit(db, code, "seats", seat)
    emit(db, code, "me", seat=seat)


def _content_goes(db: sqlite3.Connection, code: str, seat: int) -> None:
    """Says that the seat's votes and drawings are about to be deleted."""
    for drawing in db.execute("SELECT id FROM drawings WHERE code = ? AND seat = ?", (code, seat)).fetchall():
        for section in ("map", "drawings"):
            emit(db, code, section, drawing["id"])
    for section in ("question", "tally", "presented", "lesson"):
        emit(db, code, section)
