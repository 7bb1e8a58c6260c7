"""A class as one role may see it: whole, or what has changed since an event.

A message is {"seq", "set": {section: value}, "items": {section: {item: value or None}}}; with "full": True it replaces
all that was known before. Who is connected is not in here: that is in memory alone.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable
from typing import Literal

from vae.classroom.codes import RemovedSeatError
from vae.classroom.state import classes, drawings, lessons, seats, votes
from vae.classroom.state.schema import Change, Json, last_event, one_or_all

Role = Literal["student", "teacher", "presenter", "projector", "check"]

MOST_SINGLE = 20  # items that are read one by one; of more, all are read at once
MOST_CHANGES = 400  # beyond these, the whole state is no longer than what has changed

EVERYBODY = ("class", "shown", "people", "question", "progress", "lesson", "map", "presented")
SECTIONS: dict[Role, tuple[str, ...]] = {
    "student": (*EVERYBODY, "me"),
    "teacher": (*EVERYBODY, "seats", "drawings", "tally", "plan"),
    "presenter": EVERYBODY,
    "projector": EVERYBODY,
    "check": ("class",),
}


def full(db: sqlite3.Connection, code: str, role: Role, seat: int | None = None) -> Json:
    """All that this role may see; seat: whose "me" a student's is. Raises UnknownClassError."""
    classes.find(db, code)
    names = SECTIONS[role]
    return {
        "seq": last_event(db, code),
        "full": True,
        "set": {name: _value(db, code, name, role, seat) for name in names if name not in ITEMS},
        "items": {name: ITEMS[name](db, code, None) for name in names if name in ITEMS},
    }


def after(db: sqlite3.Connection, code: str, role: Role, seat: int | None, number: int | None) -> Json:
    """What has changed since the event of this number; all, where the number is None, unknown or long ago.

    Raises UnknownClassError.
    """
    classes.find(db, code)
    known = number is not None and -(2**63) <= number < 2**63
    if not known or not db.execute("SELECT 1 FROM events WHERE code = ? AND seq = ?", (code, number)).fetchone():
        return full(db, code, role, seat)
    newest = "SELECT MAX(seq), code, section, item, seat FROM events WHERE code = ? AND seq > ?"
    rows = db.execute(f"{newest} AND (seat IS NULL OR seat = ?) GROUP BY section, item, seat", (code, number, seat))
    changes = [change for row in rows if _concerns(change := Change(*row), role, seat)]
    if len(changes) > MOST_CHANGES:
        return full(db, code, role, seat)
    return changed(db, code, role, seat, changes) | {"seq": last_event(db, code)}


def changed(db: sqlite3.Connection, code: str, role: Role, seat: int | None, changes: Iterable[Change]) -> Json:
    """The present content of what these events name, as far as this role may see it. Raises UnknownClassError.

    Its "seq" is that of the last of the events, so that nothing is missed that came after them.
    """
    classes.find(db, code)
    changes = list(changes)
    seen = [change for change in changes if _concerns(change, role, seat)]
    found: Json = {"seq": max((change.seq for change in changes), default=0), "set": {}, "items": {}}
    for name in dict.fromkeys(change.section for change in seen):
        if name in ITEMS:
            found["items"][name] = _items(db, code, name, {change.item for change in seen if change.section == name})
        else:
            found["set"][name] = _value(db, code, name, role, seat)
    return found


def me(db: sqlite3.Connection, code: str, seat: int) -> Json | None:
    """A student's own part; None for a seat that is not in the class any more."""
    try:
        row = seats.check(db, code, seat)
    except RemovedSeatError:
        return None
    chosen = votes.choices(db, code, seat).get(seat, [None, None])
    found: Json = {"seat": seat, "name": row["name"], "votes": chosen} | lessons.own(db, code, seat)
    return found | {"drawings": drawings.of_seat(db, code, seat)}


def all_seats(db: sqlite3.Connection, code: str, seat: int | None = None) -> dict[str, Json]:
    """Who is in the class, or one of them, for teachers."""
    chosen = votes.choices(db, code, seat)
    where, values = one_or_all("seat", seat)
    counted = f"SELECT seat, COUNT(*) n FROM drawings WHERE code = ?{where} GROUP BY seat"
    counts = {row["seat"]: row["n"] for row in db.execute(counted, (code, *values))}
    where, values = one_or_all("id", seat)
    return {
        str(row["id"]): {
            "name": row["name"],
            "simulated": bool(row["simulated"]),
            "votes": chosen.get(row["id"], [None, None]),
            "drawings": counts.get(row["id"], 0),
        }
        for row in db.execute(f"SELECT * FROM seats WHERE code = ? AND NOT removed{where} ORDER BY id", (code, *values))
    }


ITEMS: dict[str, Callable[[sqlite3.Connection, str, int | None], dict[str, Json]]] = {
    "map": drawings.on_map,
    "drawings": drawings.for_teachers,
    "seats": all_seats,
}
VALUES: dict[str, Callable[[sqlite3.Connection, str], object]] = {
    "class": classes.described,
    "shown": classes.shown,
    "people": lambda db, code: {"joined": seats.count(db, code)},
    "progress": votes.progress,
    "lesson": lessons.public,
    "presented": drawings.presented,
    "tally": votes.tally,
    "plan": lessons.plan,
}


def _concerns(change: Change, role: Role, seat: int | None) -> bool:
    return change.section in SECTIONS[role] and change.seat in (None, seat)


def _value(db: sqlite3.Connection, code: str, name: str, role: Role, seat: int | None) -> object:
    if name == "me":
        return None if seat is None else me(db, code, seat)
    if name == "question":
        return votes.question(db, code, teacher=role == "teacher")
    return VALUES[name](db, code)


def _items(db: sqlite3.Connection, code: str, name: str, wanted: Collection[int | None]) -> dict[str, Json | None]:
    """The items of these numbers, None for one that is gone. Where a number is None, all there are besides."""
    numbers = [number for number in wanted if number is not None]
    found: dict[str, Json | None] = {str(number): None for number in numbers}
    for part in [None] if None in wanted or len(numbers) > MOST_SINGLE else numbers:
        read = ITEMS[name](db, code, part)
        found |= read if None in wanted else {key: item for key, item in read.items() if key in found}
    return found
