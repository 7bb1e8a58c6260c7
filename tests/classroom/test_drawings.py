"""A drawing is handed in once, seen by the class once it is approved, and taken away with its class or its student."""

import base64
import csv
import io
import json
import sqlite3
from typing import Any

import numpy as np
import pytest

from tests.support.classrooms import MODEL, NOW, encoded, sections_of, tables
from vae.classroom.codes import ClassError
from vae.classroom.state import classes, drawings, exports, seats, sections, votes
from vae.classroom.state.drawings import Encoded, Picture


@pytest.fixture
def db() -> sqlite3.Connection:
    return tables()


@pytest.fixture
def code(db: sqlite3.Connection) -> str:
    """A class of Ada and Bob."""
    code = classes.create(db, "Physics", MODEL, NOW).code
    for name in ("Ada", "Bob"):
        seats.join(db, code, None, name, NOW)
    return code


def hand_in(db: sqlite3.Connection, code: str, seat: int = 1, key: str = "a", **more: Any) -> int:
    given: dict[str, Any] = {"encoded": encoded(), "key": key, "label": "3", "now": NOW}
    return drawings.hand_in(db, code, seat, **(given | more))


# ---- handing in ------------------------------------------------------------------------------------------------------


def test_a_drawing_waits_until_the_teacher_approves_it(db: sqlite3.Connection, code: str) -> None:
    number = hand_in(db, code)
    assert drawings.on_map(db, code) == {}
    assert drawings.of_seat(db, code, 1) == {"1": {"state": "waiting", "label": "3"}}
    drawings.set_state(db, code, number, "approved")
    placed = {
        "label": "3", "picture": base64.b64encode(bytes([7]) * 64).decode(), "shape": [1, 8, 8], "mean": [0.875, 0.875],
        "logvar": [-1.0, -1.0],
    }  # fmt: skip
    assert drawings.on_map(db, code) == {"1": placed}
    assert drawings.for_teachers(db, code) == {"1": placed | {"seat": 1, "state": "approved"}}
    drawings.set_state(db, code, number, "hidden")
    assert drawings.on_map(db, code) == {}
    with pytest.raises(ClassError, match="waiting, approved or hidden"):
        drawings.set_state(db, code, number, "gone")


def test_sending_a_drawing_twice_hands_it_in_once(db: sqlite3.Connection, code: str) -> None:
    first = hand_in(db, code)
    assert sections_of(db, lambda: hand_in(db, code, label="4")) == set()
    assert hand_in(db, code) == first
    assert hand_in(db, code, key="b") != first
    assert hand_in(db, code, seat=2) != first, "another student's key is another's"


def test_a_drawing_concerns_its_student_the_teachers_and_the_map(db: sqlite3.Connection, code: str) -> None:
    events = sections_of(db, lambda: hand_in(db, code, 2))
    assert events == {("map", 1, None), ("drawings", 1, None), ("seats", 2, None), ("me", None, 2)}


def test_a_student_takes_back_only_their_own(db: sqlite3.Connection, code: str) -> None:
    number = hand_in(db, code)
    for seat, drawing in ((2, number), (1, 99)):
        with pytest.raises(ClassError, match="no such drawing"):
            drawings.withdraw(db, code, seat, drawing)
    drawings.withdraw(db, code, 1, number)
    assert drawings.for_teachers(db, code) == {}
    assert hand_in(db, code, key="b") == number + 1, "a number is never used again"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"label": ""}, "What a drawing shows has 1 to 40"),
        ({"label": "x" * 41}, "What a drawing shows has 1 to 40"),
        ({"key": ""}, "key of a drawing"),
        ({"key": "ä"}, "key of a drawing"),
        ({"key": "k" * 65}, "key of a drawing"),
        ({"key": 5}, "key of a drawing"),
        ({"encoded": encoded(model="mnist-z10")}, "changed to another model"),
    ],
)
def test_a_drawing_that_is_refused_says_why(
    db: sqlite3.Connection, code: str, more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ClassError, match=sentence):
        hand_in(db, code, **more)
    assert drawings.for_teachers(db, code) == {}


@pytest.mark.parametrize(
    ("length", "shape"),
    [
        (63, (1, 8, 8)),
        (0, (1, 0, 8)),
        (128, (2, 8, 8)),
        (64, (1, -8, -8)),
        (64, (8, 8)),
        (3 * 129 * 129, (3, 129, 129)),
    ],
)
def test_a_picture_is_one_byte_for_each_pixel_and_channel(length: int, shape: Any) -> None:
    with pytest.raises(ClassError, match="one byte for each pixel"):
        Picture(bytes(length), shape)


@pytest.mark.parametrize(
    ("mean", "logvar"), [([], []), ([1.0], []), ([float("nan")], [0.0]), ([0.0], [float("inf")]), ([1e38], [0.0])]
)
def test_what_no_model_gives_is_refused(mean: list[float], logvar: list[float]) -> None:
    with pytest.raises(ClassError, match="cannot encode"):
        Encoded(Picture(bytes(4), (1, 2, 2)), MODEL, mean, logvar)


def test_all_drawings_of_a_model_have_its_shape(db: sqlite3.Connection, code: str) -> None:
    hand_in(db, code)
    for other in (encoded(side=9), encoded(dims=3)):
        with pytest.raises(ClassError, match="shape of the model's pictures"):
            hand_in(db, code, key="b", encoded=other)


def test_a_student_and_a_class_have_only_so_many(
    db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawings, "MOST_PER_SEAT", 2)
    monkeypatch.setattr(drawings, "MOST_DRAWINGS", 3)
    for key in "ab":
        hand_in(db, code, 1, key)
    with pytest.raises(ClassError, match="take one back first"):
        hand_in(db, code, 1, "c")
    hand_in(db, code, 2)
    with pytest.raises(ClassError, match="The class has 3 drawings"):
        hand_in(db, code, 2, "b")


# ---- another model ---------------------------------------------------------------------------------------------------


def test_drawings_leave_the_map_until_the_class_s_new_model_has_encoded_them(db: sqlite3.Connection, code: str) -> None:
    number = hand_in(db, code)
    drawings.set_state(db, code, number, "approved")
    events = sections_of(db, lambda: classes.set_model(db, code, "big"))
    assert {("map", number, None), ("drawings", number, None), ("class", None, None)} <= events
    assert drawings.on_map(db, code) == {}
    assert drawings.unencoded(db, code) == {number: encoded().picture}
    drawings.set_encoded(db, code, number, encoded(9, "third", 16, 10))
    assert drawings.on_map(db, code) == {}, "the class has another model by now"
    drawings.set_encoded(db, code, number, encoded(9, "big", 16, 10))
    assert drawings.on_map(db, code)["1"]["shape"] == [1, 16, 16]
    assert drawings.unencoded(db, code) == {}
    drawings.delete(db, code, number)
    drawings.set_encoded(db, code, number, encoded(9, "big", 16, 10))
    assert drawings.for_teachers(db, code) == {}


# ---- presenting ------------------------------------------------------------------------------------------------------


def test_what_is_presented_has_no_names_and_goes_with_what_it_shows(db: sqlite3.Connection, code: str) -> None:
    number = hand_in(db, code)
    with pytest.raises(ClassError, match="approve it first"):
        drawings.present(db, code, [{"drawing": number}])
    drawings.set_state(db, code, number, "approved")
    tile = {"kind": "tile", "seat": 2, "picture": "AAAA", "shape": [1, 1, 3], "caption": "Explore"}
    drawings.present(db, code, [tile, {"drawing": number}])
    shown = drawings.presented(db, code)
    assert shown[0] == {key: tile[key] for key in ("kind", "picture", "shape", "caption")}
    assert shown[1] | {"picture": ""} == {"kind": "drawing", "picture": "", "shape": [1, 8, 8], "caption": "3"}
    events = sections_of(db, lambda: drawings.set_state(db, code, number, "hidden"))
    assert ("presented", None, None) in events
    assert [piece["kind"] for piece in drawings.presented(db, code)] == ["tile"]
    drawings.present(db, code, [])
    assert drawings.presented(db, code) == []


def test_only_a_few_small_pieces_are_presented(db: sqlite3.Connection, code: str) -> None:
    tile = {"kind": "tile", "seat": 2, "picture": "AAAA", "shape": [1, 1, 3], "caption": "Explore"}
    with pytest.raises(ClassError, match="take fewer"):
        drawings.present(db, code, [tile] * 13)
    with pytest.raises(ClassError, match="3 x 64 x 64"):
        drawings.present(db, code, [tile | {"picture": "A" * 20_000}])
    with pytest.raises(ClassError, match="no such drawing"):
        drawings.present(db, code, [{"drawing": 5}])


# ---- exports ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lesson(db: sqlite3.Connection, code: str) -> str:
    """A class with two questions, votes, drawings, and a simulated and a removed student."""
    robot = seats.join(db, code, None, "Robot", NOW, simulated=True)
    gone = seats.join(db, code, None, "Mallory", NOW)
    votes.ask(db, code, "=1+1?", ["2", "@x"], 0)
    for seat, choice in ((1, 0), (2, 1), (robot.id, 1), (gone.id, 1)):
        votes.vote(db, code, seat, votes.Ballot(1, 1, choice))
    votes.start_second_round(db, code)
    votes.vote(db, code, 1, votes.Ballot(1, 2, 0))
    votes.ask(db, code, "Why, „so“?\n", ["a", "b"], None)
    votes.vote(db, code, 2, votes.Ballot(2, 1, 1))
    for seat, key in ((1, "a"), (2, "b"), (robot.id, "c"), (gone.id, "d")):
        hand_in(db, code, seat, key, encoded=encoded(seat), label=f"label {seat}")
    drawings.set_state(db, code, 2, "approved")
    seats.remove(db, code, gone.id)
    return code


def test_the_class_as_json_has_everything_but_secrets(db: sqlite3.Connection, lesson: str) -> None:
    found = json.loads(json.dumps(exports.as_json(db, lesson)))
    assert found["class"] == {"code": lesson, "name": "Physics", "model": MODEL, "language": "en", "opened": NOW}
    assert found["phases"] == []
    assert found["seats"] == [{"id": 1, "name": "Ada", "joined": NOW}, {"id": 2, "name": "Bob", "joined": NOW}]
    assert [question["text"] for question in found["questions"]] == ["=1+1?", "Why, „so“?"]
    cast = [(vote["round"], vote["seat"], vote["choice"]) for vote in found["questions"][0]["votes"]]
    assert cast == [(1, 1, 0), (1, 2, 1), (2, 1, 0)]
    assert [(one["name"], one["label"], one["state"]) for one in found["drawings"]] == [
        ("Ada", "label 1", "waiting"), ("Bob", "label 2", "approved"),
    ]  # fmt: skip
    assert found["drawings"][1]["mean"] == [0.25, 0.25]


def test_the_votes_are_a_table_in_which_nothing_is_a_formula(db: sqlite3.Connection, lesson: str) -> None:
    seats.rename(db, lesson, 1, "＝Ada")
    seats.rename(db, lesson, 2, "-Bob")
    lines = list(csv.reader(io.StringIO(exports.votes_csv(db, lesson))))
    assert lines == [
        ["question", "text", "round", "seat", "name", "choice", "option", "right", "lesson", "part"],
        ["1", "'=1+1?", "1", "1", "'＝Ada", "0", "2", "true", "", ""],
        ["1", "'=1+1?", "1", "2", "'-Bob", "1", "'@x", "false", "", ""],
        ["1", "'=1+1?", "2", "1", "'＝Ada", "0", "2", "true", "", ""],
        ["2", "Why, „so“?", "1", "2", "'-Bob", "1", "b", "", "", ""],
    ]


def test_the_drawings_are_arrays_that_numpy_reads_without_pickle(db: sqlite3.Connection, lesson: str) -> None:
    found = np.load(io.BytesIO(exports.drawings_npz(db, lesson)), allow_pickle=False)
    assert (found["pictures"].shape, found["pictures"].dtype) == ((2, 1, 8, 8), np.uint8)
    assert found["pictures"][:, 0, 0, 0].tolist() == [1, 2]
    assert (found["mean"].shape, found["logvar"].dtype) == ((2, 2), np.float32)
    assert found["labels"].tolist() == ["label 1", "label 2"]
    assert found["states"].tolist() == ["waiting", "approved"]
    assert (found["names"].tolist(), found["seat"].tolist(), found["id"].tolist()) == (["Ada", "Bob"], [1, 2], [1, 2])


def test_a_class_without_anything_exports_empty_tables(db: sqlite3.Connection) -> None:
    code = classes.create(db, "Physics", MODEL, NOW).code
    assert exports.as_json(db, code)["questions"] == []
    assert exports.votes_csv(db, code).count("\n") == 1
    found = np.load(io.BytesIO(exports.drawings_npz(db, code)), allow_pickle=False)
    assert all(len(found[name]) == 0 for name in found.files)


def test_what_a_teacher_sees_of_a_seat_counts_its_drawings(db: sqlite3.Connection, lesson: str) -> None:
    seen = sections.all_seats(db, lesson)
    assert seen["1"] == {"name": "Ada", "simulated": False, "votes": [None, None], "drawings": 1}
    assert seen["2"]["votes"] == [1, None]
    assert sections.all_seats(db, lesson, 2) == {"2": seen["2"]}
