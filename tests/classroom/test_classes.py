"""A class is opened, shown, frozen, closed and deleted by who has its secret; students come back to their seats."""

import sqlite3
from collections.abc import Callable

import pytest

from tests.support.classrooms import MODEL, NOW, encoded, sections_of, tables
from vae.classroom.codes import ClassError, RemovedSeatError, UnknownClassError
from vae.classroom.state import classes, drawings, exports, seats, sections, votes


@pytest.fixture
def db() -> sqlite3.Connection:
    return tables()


@pytest.fixture
def code(db: sqlite3.Connection) -> str:
    return classes.create(db, "Physics", MODEL, NOW).code


def rows(db: sqlite3.Connection) -> int:
    """How many rows all tables but that of events have."""
    names = ("classes", "co_teachers", "seats", "questions", "votes", "drawings")
    return sum(int(db.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]) for name in names)


# ---- the class -------------------------------------------------------------------------------------------------------


def test_a_new_class_follows_its_teacher_and_can_be_joined(db: sqlite3.Connection, code: str) -> None:
    texts = {"code": code, "name": "Physics", "model": MODEL, "mode": "follow", "language": "en"}
    assert classes.described(db, code) == texts | {"frozen": False, "joinable": True, "closed": False}
    assert classes.shown(db, code) is None


@pytest.mark.parametrize("name", ["", " ", "x" * 61, None, 5])
def test_a_class_has_a_name(db: sqlite3.Connection, name: object) -> None:
    with pytest.raises(ClassError, match="name of a class has 1 to 60"):
        classes.create(db, name, MODEL, NOW)


def test_only_so_many_classes_are_open_at_once(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "MOST_CLASSES", 2)
    for name in ("a", "b"):
        classes.create(db, name, MODEL, NOW)
    with pytest.raises(ClassError, match="delete one"):
        classes.create(db, "c", MODEL, NOW)


def test_where_there_are_too_many_a_class_that_nobody_has_joined_gives_way(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classes, "MOST_CLASSES", 3)
    joined, old, older = (classes.create(db, name, MODEL, NOW - at).code for name, at in [("a", 9), ("b", 1), ("c", 2)])
    seats.join(db, joined, None, None, NOW)
    later = NOW + classes.UNUSED
    new = [classes.create(db, "d", MODEL, later).code for _ in range(2)]
    assert set(classes.all_codes(db)) == {joined, *new}
    assert {old, older}.isdisjoint(classes.all_codes(db))
    with pytest.raises(ClassError, match="delete one"):
        classes.create(db, "e", MODEL, later)


def test_two_classes_never_have_one_code(db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([code, code, "222222"])
    monkeypatch.setattr(classes, "new_code", lambda _: next(drawn))
    assert classes.create(db, "Chemistry", MODEL, NOW).code == "222222"
    assert classes.all_codes(db) == sorted([code, "222222"])


def test_the_teacher_s_rights_hang_on_a_secret(db: sqlite3.Connection) -> None:
    made, other = (classes.create(db, name, MODEL, NOW) for name in "ab")
    assert classes.teacher_of(db, made.code, made.secret) == "teacher"
    assert not any(
        classes.is_teacher(db, made.code, wrong) for wrong in (other.secret, "", made.secret[:-1], made.code)
    )
    assert not classes.is_teacher(db, "222222", made.secret)


def test_a_co_teacher_s_secret_can_be_revoked(db: sqlite3.Connection) -> None:
    made = classes.create(db, "Physics", MODEL, NOW)
    both = [classes.add_co_teacher(db, made.code) for _ in range(2)]
    assert [classes.teacher_of(db, made.code, secret) for secret in both] == ["co-teacher"] * 2
    assert sections_of(db, lambda: classes.revoke_co_teachers(db, made.code)) == {("co_teachers", None, None)}
    assert not any(classes.is_teacher(db, made.code, secret) for secret in both)
    assert classes.is_teacher(db, made.code, made.secret)


def test_co_teachers_are_limited(db: sqlite3.Connection, code: str) -> None:
    for _ in range(classes.MOST_CO_TEACHERS):
        classes.add_co_teacher(db, code)
    with pytest.raises(ClassError, match="withdraw them"):
        classes.add_co_teacher(db, code)


def test_freezing_lasts_until_it_is_released_or_the_mode_changes(db: sqlite3.Connection, code: str) -> None:
    classes.set_frozen(db, code, True)
    assert classes.described(db, code)["frozen"] is True
    classes.set_mode(db, code, "explore")
    assert (classes.described(db, code)["mode"], classes.described(db, code)["frozen"]) == ("explore", False)
    with pytest.raises(ClassError, match="follow or explore"):
        classes.set_mode(db, code, "fly")


def test_what_the_teacher_shows_is_a_page_with_the_parameters_of_its_link(db: sqlite3.Connection, code: str) -> None:
    classes.set_shown(db, code, "Explore", {"checkpoint": "mnist-z2", "z": "0.5,-1"})
    assert classes.shown(db, code) == {"page": "Explore", "params": {"checkpoint": "mnist-z2", "z": "0.5,-1"}}
    with pytest.raises(ClassError, match="are texts"):
        classes.set_shown(db, code, "Explore", {"z": [1]})
    with pytest.raises(ClassError, match="at most 8192"):
        classes.set_shown(db, code, "Explore", {"z": "1" * 9000})


def test_a_closed_class_can_be_seen_and_exported_but_not_changed(db: sqlite3.Connection, code: str) -> None:
    seat = seats.join(db, code, None, "Ada", NOW)
    number = votes.ask(db, code, "Why?", ["a", "b"], 1)
    classes.close(db, code)
    refused: list[Callable[[], object]] = [
        lambda: classes.set_mode(db, code, "follow"),
        lambda: classes.set_joinable(db, code, True),
        lambda: votes.ask(db, code, "Why?", ["a", "b"], 1),
        lambda: votes.vote(db, code, seat.id, votes.Ballot(number, 1, 0)),
        lambda: drawings.hand_in(db, code, seat.id, encoded(), key="a", label="3", now=NOW),
        lambda: seats.rename(db, code, seat.id, "Eve"),
    ]
    for change in refused:
        with pytest.raises(ClassError, match="class is over"):
            change()
    with pytest.raises(ClassError, match="class is over"):
        seats.join(db, code, None, "Bob", NOW)
    assert seats.join(db, code, seat.token, None, NOW).id == seat.id
    assert sections.full(db, code, "student", seat.id)["set"]["class"]["closed"] is True
    assert exports.as_json(db, code)["seats"][0]["name"] == "Ada"


def test_a_deleted_class_leaves_only_the_event_of_it(db: sqlite3.Connection, code: str) -> None:
    other = classes.create(db, "Chemistry", MODEL, NOW)
    kept = rows(db)
    seat = seats.join(db, code, None, "Ada", NOW)
    classes.add_co_teacher(db, code)
    number = votes.ask(db, code, "Why?", ["a", "b"], 1)
    votes.vote(db, code, seat.id, votes.Ballot(number, 1, 0))
    drawings.hand_in(db, code, seat.id, encoded(), key="a", label="3", now=NOW)
    assert sections_of(db, lambda: classes.delete(db, code)) == {("deleted", None, None)}
    assert rows(db) == kept - 1
    assert classes.all_codes(db) == [other.code]
    everything: list[Callable[[], object]] = [
        lambda: classes.find(db, code),
        lambda: classes.close(db, code),
        lambda: classes.delete(db, code),
        lambda: seats.join(db, code, seat.token, None, NOW),
        lambda: seats.remove(db, code, seat.id),
        lambda: votes.drop(db, code),
        lambda: drawings.set_state(db, code, 1, "approved"),
        lambda: drawings.unencoded(db, code),
        lambda: sections.full(db, code, "projector"),
        lambda: sections.after(db, code, "projector", None, 1),
        lambda: exports.as_json(db, code),
        lambda: exports.votes_csv(db, code),
        lambda: exports.drawings_npz(db, code),
    ]
    for look in everything:
        with pytest.raises(UnknownClassError, match="There is no class with this code"):
            look()


def test_a_class_is_deleted_a_day_after_it_was_opened(db: sqlite3.Connection, code: str) -> None:
    later = classes.create(db, "Chemistry", MODEL, NOW + 3600).code
    assert classes.expire(db, NOW + 24 * 3600 - 1) == []
    assert classes.expire(db, NOW + 24 * 3600) == [code]
    assert classes.all_codes(db) == [later]
    assert classes.expire(db, NOW - 10 * 24 * 3600) == [later], "the clock was wrong when it was opened"


# ---- seats -----------------------------------------------------------------------------------------------------------


def test_a_token_comes_back_to_its_seat_from_anywhere(db: sqlite3.Connection, code: str) -> None:
    ada, bob = (seats.join(db, code, None, name, NOW) for name in ("Ada", "Bob"))
    assert (ada.id, bob.id, ada.new) == (1, 2, True)
    events = sections_of(db, lambda: seats.join(db, code, ada.token, "Eve", NOW))
    assert events == set()
    back = seats.join(db, code, ada.token, "Eve", NOW)
    assert (back.id, back.name, back.new) == (1, "Ada", False)
    assert seats.count(db, code) == 2


def test_a_token_of_another_class_opens_a_new_seat(db: sqlite3.Connection, code: str) -> None:
    other = classes.create(db, "Chemistry", MODEL, NOW).code
    seats.join(db, code, None, "Bob", NOW)
    ada = seats.join(db, code, None, "Ada", NOW)
    elsewhere = seats.join(db, other, ada.token, "Ada", NOW)
    assert (elsewhere.id, elsewhere.new) == (1, True)
    assert elsewhere.token != ada.token
    assert seats.by_token(db, other, ada.token) is None


def test_a_name_is_proposed_and_is_nobody_else_s(db: sqlite3.Connection, code: str) -> None:
    names = [seats.join(db, code, None, name, NOW).name for name in ("Ada", "ada", None, None)]
    assert names[:2] == ["Ada", "ada 2"]
    assert len({name.casefold() for name in names}) == 4


def test_a_student_or_the_teacher_renames_a_seat(db: sqlite3.Connection, code: str) -> None:
    ada, bob = (seats.join(db, code, None, name, NOW) for name in ("Ada", "Bob"))
    assert seats.rename(db, code, bob.id, "ADA") == "ADA 2"
    assert seats.rename(db, code, bob.id, "bob") == "bob"
    assert seats.rename(db, code, ada.id, "ADA") == "ADA"
    events = sections_of(db, lambda: seats.rename(db, code, ada.id, "Eve"))
    assert events == {("seats", ada.id, None), ("me", None, ada.id)}
    with pytest.raises(ClassError, match="A nickname"):
        seats.rename(db, code, ada.id, "<script>")


def test_a_class_that_nobody_may_join_takes_back_those_who_have_a_seat(db: sqlite3.Connection, code: str) -> None:
    ada = seats.join(db, code, None, "Ada", NOW)
    classes.set_joinable(db, code, False)
    with pytest.raises(ClassError, match="ask your teacher"):
        seats.join(db, code, None, "Bob", NOW)
    with pytest.raises(ClassError, match="ask your teacher"):
        seats.join(db, code, "forged", "Bob", NOW)
    assert seats.join(db, code, ada.token, None, NOW).id == ada.id
    classes.set_joinable(db, code, True)
    assert seats.join(db, code, None, "Bob", NOW).id == 2


def test_a_class_has_only_so_many_seats(db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "MOST_SEATS", 2)
    for _ in range(2):
        seats.join(db, code, None, None, NOW)
    with pytest.raises(ClassError, match="2 students"):
        seats.join(db, code, None, None, NOW)


def test_in_a_full_class_a_seat_that_was_left_empty_gives_way(
    db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "MOST_SEATS", 4)
    here, voted, drew, left = (seats.join(db, code, None, None, NOW) for _ in range(4))
    number = votes.ask(db, code, "Why?", ["a", "b"], 1)
    votes.vote(db, code, voted.id, votes.Ballot(number, 1, 0))
    drawings.hand_in(db, code, drew.id, encoded(), key="a", label="3", now=NOW)
    later = NOW + seats.LEFT + 1
    new = seats.join(db, code, None, None, later, here={here.id})
    assert [*sections.all_seats(db, code)] == [f"{seat.id}" for seat in (here, voted, drew, new)]
    assert seats.by_token(db, code, left.token) is None
    with pytest.raises(ClassError, match="4 students"):
        seats.join(db, code, None, None, later, here={here.id})


def test_a_removed_student_is_gone_with_votes_drawings_and_name(db: sqlite3.Connection, code: str) -> None:
    ada, bob = (seats.join(db, code, None, name, NOW) for name in ("Ada", "Bob"))
    number = votes.ask(db, code, "Why?", ["a", "b"], 1)
    for seat in (ada, bob):
        votes.vote(db, code, seat.id, votes.Ballot(number, 1, 0))
    drawing = drawings.hand_in(db, code, ada.id, encoded(), key="a", label="3", now=NOW)
    drawings.set_state(db, code, drawing, "approved")
    drawings.present(db, code, [{"drawing": drawing}, tile(ada.id), tile(bob.id)])
    seats.remove(db, code, ada.id)
    seen = sections.full(db, code, "teacher")
    assert seen["items"]["seats"].keys() == {str(bob.id)}
    assert seen["items"]["drawings"] == {}
    assert seen["set"]["tally"]["counts"] == [[1, 0]]
    assert seen["set"]["progress"] == {"answered": 1, "of": 1}
    assert [piece["kind"] for piece in seen["set"]["presented"]] == ["tile"]
    assert sections.me(db, code, ada.id) is None
    assert "Ada" not in str(seen)
    for again in (lambda: seats.join(db, code, ada.token, None, NOW), lambda: seats.remove(db, code, ada.id)):
        with pytest.raises(RemovedSeatError, match="talk to your teacher"):
            again()
    with pytest.raises(RemovedSeatError):
        votes.vote(db, code, ada.id, votes.Ballot(number, 1, 0))
    assert seats.join(db, code, None, "Ada", NOW).id == 3, "a number is never used again"


def test_a_seat_that_never_was_is_refused(db: sqlite3.Connection, code: str) -> None:
    votes.ask(db, code, "Why?", ["a", "b"], 1)
    for act in (lambda: votes.vote(db, code, 9, votes.Ballot(1, 1, 0)), lambda: seats.rename(db, code, 9, "Eve")):
        with pytest.raises(RemovedSeatError, match="no such seat"):
            act()


def test_simulated_students_are_removed_without_a_trace(db: sqlite3.Connection, code: str) -> None:
    ada = seats.join(db, code, None, "Ada", NOW)
    number = votes.ask(db, code, "Why?", ["a", "b"], 1)
    for _ in range(3):
        robot = seats.join(db, code, None, None, NOW, simulated=True)
        votes.vote(db, code, robot.id, votes.Ballot(number, 1, 0))
        drawings.hand_in(db, code, robot.id, encoded(), key="a", label="3", now=NOW)
    assert sections.full(db, code, "teacher")["items"]["seats"][str(robot.id)]["simulated"] is True
    assert seats.remove_simulated(db) == 3
    assert seats.remove_simulated(db, code) == 0
    seen = sections.full(db, code, "teacher")
    assert seen["items"]["seats"].keys() == {str(ada.id)}
    assert seen["items"]["drawings"] == {}
    assert seen["set"]["tally"]["counts"] == [[0, 0]]
    assert seen["set"]["people"] == {"joined": 1}


def tile(seat: int) -> dict[str, object]:
    return {"kind": "tile", "seat": seat, "picture": "AAAA", "shape": [1, 1, 3], "caption": "Explore"}
