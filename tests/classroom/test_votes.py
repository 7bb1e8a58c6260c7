"""A vote is committed once, counted once, and hidden until the teacher shows it."""

import sqlite3

import pytest

from tests.support.classrooms import MODEL, NOW, sections_of, tables
from vae.classroom.codes import ClassError
from vae.classroom.state import classes, seats, sections, votes
from vae.classroom.state.votes import Ballot

OPTIONS = ["sharper", "duller", "no change"]


@pytest.fixture
def db() -> sqlite3.Connection:
    return tables()


@pytest.fixture
def code(db: sqlite3.Connection) -> str:
    """A class of five, who are asked a question."""
    code = classes.create(db, "Physics", MODEL, NOW).code
    for _ in range(5):
        seats.join(db, code, None, None, NOW)
    votes.ask(db, code, "Is more β better?", OPTIONS, 1)
    return code


def cast(db: sqlite3.Connection, code: str, choices: list[int], round_number: int = 1) -> None:
    """Seat 1 votes first; a choice of -1 is none."""
    for seat, choice in enumerate(choices, 1):
        if choice >= 0:
            votes.vote(db, code, seat, Ballot(1, round_number, choice))


def seen(db: sqlite3.Connection, code: str) -> dict[str, object]:
    found = votes.question(db, code)
    assert found is not None
    return found


def test_everybody_sees_the_question_and_how_many_have_answered(db: sqlite3.Connection, code: str) -> None:
    cast(db, code, [0, 2])
    asked = {"id": 1, "text": "Is more β better?", "options": OPTIONS, "round": 1, "open": True}
    assert seen(db, code) == asked | {"counts": None, "moved": None, "correct": None}
    assert votes.progress(db, code) == {"answered": 2, "of": 5}
    assert votes.tally(db, code) == {"counts": [[1, 0, 1]], "moved": None, "correct": 1}


def test_the_first_choice_counts_and_the_same_again_is_accepted(db: sqlite3.Connection, code: str) -> None:
    cast(db, code, [0])
    assert sections_of(db, lambda: cast(db, code, [0])) == set()
    with pytest.raises(ClassError, match="locked"):
        cast(db, code, [1])
    assert (votes.tally(db, code) or {})["counts"] == [[1, 0, 0]]


def test_a_vote_tells_the_class_only_how_many_have_answered(db: sqlite3.Connection, code: str) -> None:
    events = sections_of(db, lambda: cast(db, code, [0]))
    assert events == {("progress", None, None), ("tally", None, None), ("seats", 1, None), ("me", None, 1)}
    votes.set_shown(db, code, True)
    assert ("question", None, None) in sections_of(db, lambda: votes.vote(db, code, 2, Ballot(1, 1, 2)))


@pytest.mark.parametrize(
    ("ballot", "sentence"),
    [
        (Ballot(2, 1, 0), "no longer asked"),
        (Ballot(1, 2, 0), "round is over"),
        (Ballot(1, 0, 0), "round is over"),
        (Ballot(1, 1, 3), "no such option"),
        (Ballot(1, 1, -1), "no such option"),
    ],
)
def test_a_ballot_for_anything_else_is_refused(
    db: sqlite3.Connection, code: str, ballot: Ballot, sentence: str
) -> None:
    with pytest.raises(ClassError, match=sentence):
        votes.vote(db, code, 1, ballot)


def test_nobody_votes_while_the_vote_is_closed(db: sqlite3.Connection, code: str) -> None:
    cast(db, code, [0])
    votes.set_open(db, code, False)
    with pytest.raises(ClassError, match="vote is closed"):
        votes.vote(db, code, 2, Ballot(1, 1, 0))
    votes.vote(db, code, 1, Ballot(1, 1, 0))  # the same again, from a phone that has not heard of it
    votes.set_open(db, code, True)
    cast(db, code, [-1, 0])
    assert votes.progress(db, code)["answered"] == 2


def test_a_vote_that_was_counted_is_accepted_again_after_the_question(db: sqlite3.Connection, code: str) -> None:
    """A phone that was away has not heard that it was counted."""
    cast(db, code, [0])
    votes.ask(db, code, "And β = 10?", OPTIONS, None)
    cast(db, code, [0])


def test_the_second_round_stands_beside_the_first_with_who_moved(db: sqlite3.Connection, code: str) -> None:
    cast(db, code, [0, 0, 1, 2])
    votes.set_shown(db, code, True)
    votes.start_second_round(db, code)
    assert seen(db, code)["counts"] is None, "hidden again"
    assert votes.progress(db, code) == {"answered": 0, "of": 5}
    cast(db, code, [1, 0, 1, -1, 1], 2)
    assert votes.tally(db, code) == {
        "counts": [[2, 1, 1], [1, 3, 0]], "moved": [[1, 1, 0], [0, 1, 0], [0, 0, 0]], "correct": 1,
    }  # fmt: skip
    votes.set_shown(db, code, True)
    assert seen(db, code)["counts"] == [[2, 1, 1], [1, 3, 0]]
    with pytest.raises(ClassError, match="second round is on"):
        votes.start_second_round(db, code)
    assert votes.choices(db, code, 1) == {1: [0, 1]}
    assert votes.choices(db, code)[5] == [None, 1]


def test_the_right_option_is_told_when_it_is_revealed_and_no_vote_follows(db: sqlite3.Connection, code: str) -> None:
    assert "correct" in seen(db, code)
    assert seen(db, code)["correct"] is None
    votes.reveal(db, code)
    assert seen(db, code)["correct"] == 1
    for late in (lambda: cast(db, code, [1]), lambda: votes.set_open(db, code, True)):
        with pytest.raises(ClassError):
            late()
    with pytest.raises(ClassError, match="has been shown"):
        votes.start_second_round(db, code)


def test_a_question_without_a_right_option_has_nothing_to_reveal(db: sqlite3.Connection, code: str) -> None:
    votes.ask(db, code, "What do you expect?", OPTIONS, None)
    with pytest.raises(ClassError, match="show the results"):
        votes.reveal(db, code)


def test_a_reset_asks_the_present_round_again(db: sqlite3.Connection, code: str) -> None:
    cast(db, code, [0, 0])
    votes.start_second_round(db, code)
    cast(db, code, [1, 1], 2)
    votes.reveal(db, code)
    votes.reset(db, code)
    assert votes.tally(db, code) == {"counts": [[2, 0, 0], [0, 0, 0]], "moved": [[0] * 3] * 3, "correct": 1}
    assert (seen(db, code)["open"], seen(db, code)["correct"]) == (True, None)
    cast(db, code, [2], 2)
    assert votes.choices(db, code, 1) == {1: [0, 2]}


def test_another_question_begins_anew_and_the_last_one_can_be_dropped(db: sqlite3.Connection, code: str) -> None:
    cast(db, code, [0])
    assert votes.ask(db, code, "And β = 10?", OPTIONS, None) == 2
    me = sections.me(db, code, 1)
    assert me is not None
    assert (me["votes"], me["drawings"]) == ([None, None], {})
    with pytest.raises(ClassError, match="no longer asked"):
        cast(db, code, [-1, 0])
    votes.drop(db, code)
    assert votes.question(db, code) is None
    assert votes.tally(db, code) is None
    assert votes.progress(db, code) == {"answered": 0, "of": 5}
    with pytest.raises(ClassError, match="ask one first"):
        votes.drop(db, code)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("", OPTIONS, None), "A question has 1 to 500"),
        (("x" * 501, OPTIONS, None), "A question has 1 to 500"),
        (("Why?", ["a"], None), "2 to 8 different options"),
        (("Why?", [str(n) for n in range(9)], None), "2 to 8 different options"),
        (("Why?", ["a", "a"], None), "different options"),
        (("Why?", ["a", ""], None), "An option has 1 to 200"),
        (("Why?", ["a", "b"], 2), "one of the options"),
        (("Why?", ["a", "b"], True), "one of the options"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(
    db: sqlite3.Connection, code: str, asked: tuple[str, list[str], int | None], sentence: str
) -> None:
    with pytest.raises(ClassError, match=sentence):
        votes.ask(db, code, *asked)
    assert seen(db, code)["id"] == 1


def test_a_class_has_only_so_many_questions(db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes, "MOST_QUESTIONS", 1)
    with pytest.raises(ClassError, match="at most 1 questions"):
        votes.ask(db, code, "Why?", OPTIONS, None)


def name_of(db: sqlite3.Connection, code: str, seat: int) -> str:
    return str(seats.check(db, code, seat)["name"])
