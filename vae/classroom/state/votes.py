"""Questions and their votes: commit alone, discuss, vote again; the counts stay here until the teacher shows them."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from vae.classroom.codes import ClassError, clean_text
from vae.classroom.state import seats
from vae.classroom.state.classes import find, find_open
from vae.classroom.state.schema import Json, emit, next_number, one_or_all

LONGEST_QUESTION = 500
LONGEST_OPTION = 200
MOST_OPTIONS = 8
MOST_QUESTIONS = 200  # of one class


@dataclass(frozen=True)
class Ballot:
    """A student's choice, the index of an option, in a round, 1 or 2, of a question."""

    question: int
    round: int
    choice: int


def ask(db: sqlite3.Connection, code: str, text: object, options: Sequence[object], correct: int | None) -> int:
    """Asks a question, in place of the one before, and opens its first round. correct: index of the right option.

    Gives its number.
    """
    find_open(db, code)
    text, texts = check(text, options, correct)
    number = next_number(db, code, "last_question")
    if number > MOST_QUESTIONS:
        raise ClassError(f"A class has at most {MOST_QUESTIONS} questions; open another class.")
    values = (code, number, text, json.dumps(texts), correct)
    db.execute("INSERT INTO questions (code, id, text, options, correct) VALUES (?, ?, ?, ?, ?)", values)
    _make_current(db, code, number)
    return number


def check(text: object, options: Sequence[object], correct: int | None) -> tuple[str, list[str]]:
    """Question and options as they are kept. Raises ClassError for those that cannot be asked."""
    text = clean_text(text, "A question", LONGEST_QUESTION)
    texts = [clean_text(option, "An option", LONGEST_OPTION) for option in options[: MOST_OPTIONS + 1]]
    if not 2 <= len(texts) <= MOST_OPTIONS or len(set(texts)) < len(texts):
        raise ClassError(f"A question has 2 to {MOST_OPTIONS} different options; change them.")
    if correct is not None and (isinstance(correct, bool) or correct not in range(len(texts))):
        raise ClassError("The right answer is one of the options, or none; choose it again.")
    return text, texts


def vote(db: sqlite3.Connection, code: str, seat: int, ballot: Ballot) -> None:
    """Commits a student's choice in the present round. The first counts; the same again changes nothing."""
    find_open(db, code)
    seats.check(db, code, seat)
    key = (code, ballot.question, ballot.round, seat)
    where = "WHERE code = ? AND question = ? AND round = ? AND seat = ?"
    before = db.execute(f"SELECT choice FROM votes {where}", key).fetchone()
    if before is not None:
        if before["choice"] != ballot.choice:
            raise ClassError("Your vote is locked: the first counts. Wait for the next round.")
        return
    row = _current(db, code)
    if row is None or row["id"] != ballot.question:
        raise ClassError("This question is no longer asked; answer the one on your screen.")
    if ballot.choice not in range(len(json.loads(row["options"]))):
        raise ClassError("The question has no such option; choose one of those on your screen.")
    if row["round"] != ballot.round:
        raise ClassError("This round is over; answer the one on your screen.")
    if not row["open"]:
        raise ClassError("The vote is closed; wait for the next one.")
    db.execute("INSERT INTO votes (code, question, round, seat, choice) VALUES (?, ?, ?, ?, ?)", (*key, ballot.choice))
    for section in ("progress", "tally", *(("question",) if row["shown"] else ())):
        emit(db, code, section)
    emit(db, code, "seats", seat)
    emit(db, code, "me", seat=seat)


def start_second_round(db: sqlite3.Connection, code: str) -> None:
    """Opens the second round. The counts are hidden again until it is shown, so that nobody follows the crowd."""
    row = _asked(db, code)
    if row["round"] == 2:
        raise ClassError("The second round is on; reset it, or ask another question.")
    if row["revealed"]:
        raise ClassError("The right answer has been shown; ask another question.")
    _set(db, row, round=2, open=1, shown=0)
    _everybody_again(db, code)


def set_open(db: sqlite3.Connection, code: str, is_open: bool) -> None:
    """Opens or closes the present round."""
    row = _asked(db, code)
    if is_open and row["revealed"]:
        raise ClassError("The right answer has been shown; reset the round, or ask another question.")
    _set(db, row, open=int(is_open))


def set_shown(db: sqlite3.Connection, code: str, is_shown: bool) -> None:
    """Shows the counts to everybody, or hides them."""
    _set(db, _asked(db, code), shown=int(is_shown))


def reveal(db: sqlite3.Connection, code: str) -> None:
    """Shows which option is right, and closes the vote."""
    row = _asked(db, code)
    if row["correct"] is None:
        raise ClassError("This question has no right answer to reveal; show the results.")
    _set(db, row, revealed=1, open=0)


def reset(db: sqlite3.Connection, code: str) -> None:
    """The present round again, without its votes."""
    row = _asked(db, code)
    db.execute("DELETE FROM votes WHERE code = ? AND question = ? AND round = ?", (code, row["id"], row["round"]))
    _set(db, row, open=1, shown=0, revealed=0)
    _everybody_again(db, code)


def drop(db: sqlite3.Connection, code: str) -> None:
    """Takes the question away; its votes stay for the export."""
    _asked(db, code)
    _make_current(db, code, None)


def put(db: sqlite3.Connection, code: str, number: int | None) -> None:
    """The question of this number is the present one again, and closed; or there is none."""
    if find_open(db, code)["question"] != number:
        db.execute("UPDATE questions SET open = 0 WHERE code = ?", (code,))
        _make_current(db, code, number)


# ---- what there is to see --------------------------------------------------------------------------------------------


def question(db: sqlite3.Connection, code: str, teacher: bool = False) -> Json | None:
    """The present question as everybody may see it, or with what only teachers know."""
    row = _current(db, code)
    if row is None:
        return None
    counts, moved = _counts(db, row) if row["shown"] else (None, None)
    found: Json = {"id": row["id"], "text": row["text"], "options": json.loads(row["options"]), "round": row["round"]}
    found |= {"open": bool(row["open"]), "counts": counts, "moved": moved}
    found["correct"] = row["correct"] if row["revealed"] else None
    return found | ({"shown": bool(row["shown"]), "revealed": bool(row["revealed"])} if teacher else {})


def tally(db: sqlite3.Connection, code: str) -> Json | None:
    """What only teachers may see of the present question: counts of each round, who moved, the right answer."""
    row = _current(db, code)
    if row is None:
        return None
    counts, moved = _counts(db, row)
    return {"counts": counts, "moved": moved, "correct": row["correct"]}


def progress(db: sqlite3.Connection, code: str) -> Json:
    """How many of those in the class have answered in the present round."""
    row = _current(db, code)
    values = () if row is None else (code, row["id"], row["round"])
    votes = "SELECT COUNT(*) FROM votes WHERE code = ? AND question = ? AND round = ?"
    return {"answered": db.execute(votes, values).fetchone()[0] if values else 0, "of": seats.count(db, code)}


def choices(db: sqlite3.Connection, code: str, seat: int | None = None) -> dict[int, list[int | None]]:
    """What each seat, or one, has chosen of the present question: in the first round, in the second."""
    row = _current(db, code)
    return {} if row is None else _choices(db, row, seat)


def _choices(db: sqlite3.Connection, row: sqlite3.Row, seat: int | None) -> dict[int, list[int | None]]:
    found: dict[int, list[int | None]] = {}
    where, values = one_or_all("seat", seat)
    asked = f"SELECT * FROM votes WHERE code = ? AND question = ? AND round IN (1, 2){where}"
    for voted in db.execute(asked, (row["code"], row["id"], *values)):
        found.setdefault(voted["seat"], [None, None])[voted["round"] - 1] = voted["choice"]
    return found


def last_counts(db: sqlite3.Connection, code: str, number: int | None) -> list[int] | None:
    """The votes per option of a question's last round; None for no question, and while they are not shown."""
    row = db.execute("SELECT * FROM questions WHERE code = ? AND id = ? AND shown", (code, number)).fetchone()
    return None if row is None else _counts(db, row)[0][-1]


def _counts(db: sqlite3.Connection, row: sqlite3.Row) -> tuple[list[list[int]], list[list[int]] | None]:
    """Votes per option of each round so far; in the second, how many went from option i to option j."""
    options = range(len(json.loads(row["options"])))
    counts = [[0 for _ in options] for _ in range(row["round"])]
    moved = [[0 for _ in options] for _ in options]
    for first, second in _choices(db, row, None).values():
        if first is not None:
            counts[0][first] += 1
        if second is not None:
            counts[1][second] += 1
        if first is not None and second is not None:
            moved[first][second] += 1
    return counts, moved if row["round"] == 2 else None


def _current(db: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    values = (code, find(db, code)["question"])
    row: sqlite3.Row | None = db.execute("SELECT * FROM questions WHERE code = ? AND id = ?", values).fetchone()
    return row


def _asked(db: sqlite3.Connection, code: str) -> sqlite3.Row:
    find_open(db, code)
    row = _current(db, code)
    if row is None:
        raise ClassError("There is no question; ask one first.")
    return row


def _set(db: sqlite3.Connection, row: sqlite3.Row, **columns: int) -> None:
    assignments = ", ".join(f"{column} = ?" for column in columns)
    values = (*columns.values(), row["code"], row["id"])
    db.execute(f"UPDATE questions SET {assignments} WHERE code = ? AND id = ?", values)
    emit(db, row["code"], "question")


def _make_current(db: sqlite3.Connection, code: str, number: int | None) -> None:
    db.execute("UPDATE questions SET open = 0 WHERE code = ? AND id IS NOT ?", (code, number))
    db.execute("UPDATE classes SET question = ? WHERE code = ?", (number, code))
    emit(db, code, "question")
    _everybody_again(db, code)


def _everybody_again(db: sqlite3.Connection, code: str) -> None:
    """Nobody has voted now: their own votes, the counts and the progress begin anew."""
    for section in ("progress", "tally", "seats", "me"):
        emit(db, code, section)
