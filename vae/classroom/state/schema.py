"""The tables of all classes, and the events that say what has changed.

Secrets and tokens are kept as SHA-256 alone. An event says which section of which class has changed, and for whom; its
content is read from the tables when someone asks, so that nothing is kept twice and nothing private is in an event.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any, Literal

VERSION = 2
MOST_EVENTS = 20_000  # kept of all classes: who was away longer gets the whole state
PRUNE_EVERY = 1024
# Numbers that an app skips when it starts. After a power cut the last transactions may be gone: a client that has seen
# their events then asks with a number that no event has, and gets the whole state.
SKIPPED = 1_000_000

Json = dict[str, Any]
Numbered = Literal["last_seat", "last_question", "last_drawing"]

TABLES = """
CREATE TABLE classes (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, model TEXT NOT NULL, opened REAL NOT NULL, secret BLOB NOT NULL,
    mode TEXT NOT NULL DEFAULT 'follow', frozen INTEGER NOT NULL DEFAULT 0, joinable INTEGER NOT NULL DEFAULT 1,
    closed INTEGER NOT NULL DEFAULT 0, shown TEXT, presented TEXT NOT NULL DEFAULT '[]', question INTEGER,
    last_seat INTEGER NOT NULL DEFAULT 0, last_question INTEGER NOT NULL DEFAULT 0,
    last_drawing INTEGER NOT NULL DEFAULT 0, language TEXT NOT NULL DEFAULT 'en'
);
CREATE TABLE co_teachers (
    code TEXT NOT NULL REFERENCES classes ON DELETE CASCADE, secret BLOB NOT NULL, PRIMARY KEY (code, secret)
);
CREATE TABLE seats (
    code TEXT NOT NULL REFERENCES classes ON DELETE CASCADE, id INTEGER NOT NULL, token BLOB NOT NULL,
    name TEXT NOT NULL, joined REAL NOT NULL, simulated INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (code, id), UNIQUE (code, token)
);
CREATE TABLE questions (
    code TEXT NOT NULL REFERENCES classes ON DELETE CASCADE, id INTEGER NOT NULL, text TEXT NOT NULL,
    options TEXT NOT NULL, correct INTEGER, round INTEGER NOT NULL DEFAULT 1, open INTEGER NOT NULL DEFAULT 1,
    shown INTEGER NOT NULL DEFAULT 0, revealed INTEGER NOT NULL DEFAULT 0, lesson TEXT, part TEXT,
    PRIMARY KEY (code, id)
);
CREATE TABLE votes (
    code TEXT NOT NULL, question INTEGER NOT NULL, round INTEGER NOT NULL, seat INTEGER NOT NULL,
    choice INTEGER NOT NULL, PRIMARY KEY (code, question, round, seat),
    FOREIGN KEY (code, question) REFERENCES questions ON DELETE CASCADE,
    FOREIGN KEY (code, seat) REFERENCES seats ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX votes_of_seats ON votes (code, seat);
CREATE TABLE drawings (
    code TEXT NOT NULL, id INTEGER NOT NULL, seat INTEGER NOT NULL, key TEXT NOT NULL, picture BLOB NOT NULL,
    channels INTEGER NOT NULL, height INTEGER NOT NULL, width INTEGER NOT NULL, label TEXT NOT NULL,
    model TEXT NOT NULL, mean BLOB NOT NULL, logvar BLOB NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    made REAL NOT NULL, PRIMARY KEY (code, id), UNIQUE (code, seat, key),
    FOREIGN KEY (code, seat) REFERENCES seats ON DELETE CASCADE
);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, section TEXT NOT NULL, item INTEGER, seat INTEGER
);
CREATE INDEX events_of_classes ON events (code, seq);
INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 0);
"""
# A class's lesson is not in its own row, which is read at each vote.
LESSONS = """
CREATE TABLE lessons (
    code TEXT PRIMARY KEY REFERENCES classes ON DELETE CASCADE, content TEXT NOT NULL,
    phase TEXT NOT NULL DEFAULT 'predict', step INTEGER NOT NULL DEFAULT 0, seen INTEGER NOT NULL DEFAULT 0,
    after_question INTEGER NOT NULL, begun REAL
);
CREATE TABLE phases (
    code TEXT NOT NULL REFERENCES classes ON DELETE CASCADE, lesson TEXT NOT NULL, phase TEXT NOT NULL,
    step INTEGER NOT NULL, at REAL NOT NULL
);
CREATE INDEX phases_of_classes ON phases (code);
"""
# What makes version 2 of a file of version 1.
FROM_1 = f"""
ALTER TABLE classes ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE questions ADD COLUMN lesson TEXT;
ALTER TABLE questions ADD COLUMN part TEXT;
{LESSONS}
"""


@dataclass(frozen=True)
class Change:
    """An event: this section of the class has changed, or this item of it; seat: only this student sees that.

    Two more sections are for the server alone: "deleted", the class is gone; "co_teachers", their secrets are revoked.
    """

    seq: int
    code: str
    section: str
    item: int | None
    seat: int | None


def prepare(db: sqlite3.Connection) -> None:
    """Makes the tables in a new file, or what an old one lacks; in any, skips some numbers of events.

    Raises ValueError for a file of another version.
    """
    db.execute("BEGIN IMMEDIATE")  # another process may be at it
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    missing = {0: TABLES + LESSONS, 1: FROM_1, VERSION: ""}.get(found)
    if missing is None:
        db.execute("ROLLBACK")
        raise ValueError(f"it is of version {found}, and this app reads version {VERSION}")
    for statement in filter(str.strip, missing.split(";")):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'events'", (SKIPPED,))
    db.execute("COMMIT")


def emit(db: sqlite3.Connection, code: str, section: str, item: int | None = None, seat: int | None = None) -> None:
    """Adds an event. Old ones are removed from time to time; each class keeps its newest, at which its clients are."""
    values = (code, section, item, seat)
    seq = db.execute("INSERT INTO events (code, section, item, seat) VALUES (?, ?, ?, ?)", values).lastrowid or 0
    if seq % PRUNE_EVERY == 0:
        oldest = "SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET ?"
        newest = "SELECT MAX(seq) FROM events JOIN classes USING (code) GROUP BY code"
        db.execute(f"DELETE FROM events WHERE seq <= ({oldest}) AND seq NOT IN ({newest})", (MOST_EVENTS,))


def events_after(db: sqlite3.Connection, seq: int) -> list[Change]:
    """All events of all classes with a larger number."""
    return [Change(*row) for row in db.execute("SELECT * FROM events WHERE seq > ? ORDER BY seq", (seq,))]


def last_event(db: sqlite3.Connection, code: str | None = None) -> int:
    """The number of the newest event, of one class or of all; 0 if there is none."""
    where, values = ("WHERE code = ?", (code,)) if code is not None else ("", ())
    return int(db.execute(f"SELECT COALESCE(MAX(seq), 0) FROM events {where}", values).fetchone()[0])


def next_number(db: sqlite3.Connection, code: str, kind: Numbered) -> int:
    """A number that no other seat, question or drawing of the class has, or had before it was deleted."""
    db.execute(f"UPDATE classes SET {kind} = {kind} + 1 WHERE code = ?", (code,))
    return int(db.execute(f"SELECT {kind} FROM classes WHERE code = ?", (code,)).fetchone()[0])


def one_or_all(column: str, number: int | None) -> tuple[str, tuple[int, ...]]:
    """What follows a WHERE that is to find one number or, for None, all; and its values."""
    return ("", ()) if number is None else (f" AND {column} = ?", (number,))
