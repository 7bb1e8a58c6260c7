"""What strangers send, for hypothesis to generate, and what a reader of it may not do."""

import faulthandler
import gc
import json
import signal
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

SECONDS, PATIENCE = 1.0, 600
LOOPS, LOOPS_SECONDS = 200_000, 0.17  # of `slowness`, and what they take on a fast processor
MOST_BYTES = 2**26  # that a case may allocate

TOKENS = [
    b"", b"\0", b"\xff", b"\xff" * 8, b'"', b"[", b"{", b"}", b",", b"-", b"NaN", b"Infinity", b"1e999", b"null",
    b"true", b"9" * 400, b"9" * 5000, b"[" * 3000, b"[" * 100_000, b'{"a":' * 3000, b"\\ud800", b"\xed\xa0\x80",
    b"../" * 20,
]  # fmt: skip
PIECES = st.binary(max_size=8) | st.sampled_from(TOKENS)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), PIECES), min_size=1, max_size=4)
NAMES = st.sampled_from(
    [
        "",
        ".",
        "..",
        "/",
        "\\",
        "a",
        "a/b",
        "../a",
        "/etc/passwd",
        "C:\\a",
        "a\0b",
        "é",
        "x" * 300,
        "x" * 70_000,
        "\ud800",
    ]
) | st.text(max_size=50)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, 10**12, 10**300, 10**400, 1e308])
ATOMS = st.none() | st.booleans() | NUMBERS | NAMES | st.sampled_from(["<script>", "![](//x.test)", "9" * 5000])
JSON = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=5
)
GONE = object()


def changed(content: bytes, edits: list[tuple[float, int, bytes]], cut: bool = False, head: int | None = None) -> bytes:
    """The content with pieces replaced within its first `head` bytes, and perhaps without its rest."""
    found, end = content, min(head or len(content), len(content))
    for place, removed, piece in edits:
        at = round(place * end)
        found = found[:at] + piece + found[at + removed :]
    return found[: round(edits[0][0] * len(found))] if cut else found


def kept(content: bytes, *_: object) -> bytes:
    """The content as it is."""
    return content


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON document."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@st.composite
def documents(draw: st.DrawFn, document: Any) -> Any:
    """The JSON document with up to three of its values replaced, removed, or joined by another."""
    found = json.loads(json.dumps(document))
    for _ in range(draw(st.integers(1, 3))):
        if not (there := list(places(found))):
            break
        *outer, last = draw(st.sampled_from(there))
        target = found
        for key in outer:
            target = target[key]
        value = draw(JSON | st.just(GONE))
        if value is GONE:
            del target[last]
        elif isinstance(target, dict) and draw(st.integers(0, 9)) == 0:
            target[draw(NAMES)] = value
        else:
            target[last] = value
    return found


def dumped(document: Any) -> bytes:
    """As JSON, also where Python would not print a number's digits; what it escapes stays escaped."""
    try:
        return json.dumps(document).encode()
    except ValueError:
        return b"9" * 5000


def slowness() -> float:
    """How many times longer this process takes now than a fast processor, for work of the same kind."""
    began = time.process_time()
    for number in range(LOOPS):
        json.loads(f"[{number}]")
    return (time.process_time() - began) / LOOPS_SECONDS


@contextmanager
def at_once(case: object, most: float = SECONDS) -> Iterator[None]:
    """Fails a case that takes more than a second of a fast processor's time, or waits for ten minutes.

    Only those seconds count through which this process was not itself stopped, and none of a full collection, which
    looks at all that thousands of cases have left. The signal comes every second, for after one, a
    page's test runner would wait for the page to end; and it is shown what every thread does.
    """
    seen, collecting, collected = 0, 0.0, 0.0

    def give_up(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == PATIENCE:
            faulthandler.dump_traceback(2)
        if seen >= PATIENCE:
            pytest.fail(f"hangs: {case!r:.2000}")

    def watch(phase: str, info: dict[str, int]) -> None:
        nonlocal collecting, collected
        if info["generation"] == 2:
            now = time.process_time()
            collecting, collected = now, collected + (now - collecting) * (phase == "stop")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    gc.callbacks.append(watch)
    began = time.process_time()
    try:
        yield
        took = time.process_time() - began - collected
    finally:
        gc.callbacks.remove(watch)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if took > most and took > most * slowness():
        pytest.fail(f"takes {took:.1f} s: {case!r:.2000}")


@contextmanager
def in_little_memory(case: object, most: int = MOST_BYTES) -> Iterator[None]:
    """Fails a case that allocates more.

    Not counted is Python's table of the names that pathlib interns: now and then one more name makes it grow by MBs.
    """
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
        if peak > most:
            kept = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*pathlib*")])
            peak -= sum(trace.size for trace in kept.traces)
    finally:
        tracemalloc.stop()
    if peak > most:
        pytest.fail(f"allocates {peak:,} bytes: {case!r:.2000}")


@contextmanager
def spoiling(path: Path, content: bytes) -> Iterator[None]:
    """Puts this content in the place of the file's for a while."""
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(whole)


def traces(folder: Path) -> set[tuple[str, int]]:
    """Everything below a folder, with its size."""
    return {(str(path), path.lstat().st_size) for path in folder.rglob("*")}


def in_a_sentence(error: Exception, start: object = "", most: int = 3000) -> None:
    """What a page shows of an error can be sent to it, says what it is about, and is not longer than one reads."""
    text = str(error)
    text.encode()
    assert text.startswith(str(start))
    assert len(text) < most
