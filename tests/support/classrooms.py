"""Classes for tests: their tables in memory, and what students hand in."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from vae.classroom.state.drawings import Encoded, Picture
from vae.classroom.state.schema import Change, events_after, last_event, prepare
from vae.classroom.state.store import Store

NOW = 1_700_000_000.0
MODEL = "digits-z2"
T = TypeVar("T")


def tables() -> sqlite3.Connection:
    """The tables of no class, in memory."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys = ON")
    prepare(db)
    return db


def encoded(value: int = 7, model: str = MODEL, side: int = 8, dims: int = 2) -> Encoded:
    """A grey picture of one value, at a place that follows from it."""
    picture = Picture(bytes([value]) * side * side, (1, side, side))
    return Encoded(picture, model, [value / 8] * dims, [-1.0] * dims)


def lesson(name: str | None = "two-numbers", steps: int = 2, **changes: Any) -> dict[str, Any]:
    """A lesson as vae.lessons makes it. What each step shows, why, and its last question are texts of this name."""
    options = [{"text": text, "because": f"because of {text}"} for text in ("a copy", "garbage", "a digit")]
    shown = [
        {
            "do": [f"Do {number}."], "link": f"Explore?checkpoint={MODEL}&z={number}", "page": "Explore",
            "checkpoint": MODEL, "see": [f"You see {number} of {name}."], "checks": [],
        }
        for number in range(1, steps + 1)
    ]  # fmt: skip
    last = {"question": f"And {name} elsewhere?", "options": options[:2], "answer": 1}
    return {
        "name": name, "language": "en", "languages": ["en"], "title": name, "minutes": 8, "level": "see",
        "question": f"What survives {name}?", "options": options, "answer": 2, "steps": shown,
        "explanation": [["p", f"Why {name}."]], "terms": ["KL"], "transfer": last, "references": [], "missing": [],
    } | changes  # fmt: skip


def sections_of(db: sqlite3.Connection, act: Callable[[], object]) -> set[tuple[str, int | None, int | None]]:
    """Section, item and seat of the events that act adds."""
    before = last_event(db)
    act()
    return {(change.section, change.item, change.seat) for change in events_after(db, before)}


@contextmanager
def opened(path: Path, changes: list[list[Change]] | None = None) -> Iterator[Store]:
    """A store, closed at the end. changes: gets the events of each transaction."""
    store = Store(path, (changes if changes is not None else []).append)
    try:
        yield store
    finally:
        store.close()


def in_loop(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine gives, in an event loop of its own."""
    return asyncio.run(work)
