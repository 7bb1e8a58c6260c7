"""What each role may see; and that who asks for what has changed knows the same as who asks for all."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from tests.support.classrooms import MODEL, NOW, encoded, lesson, tables
from tests.support.effort import EXAMPLES
from vae.classroom.codes import ClassError
from vae.classroom.state import classes, drawings, lessons, schema, seats, sections, votes
from vae.classroom.state.schema import Change, emit, events_after, last_event
from vae.classroom.state.sections import Role
from vae.classroom.state.votes import Ballot

Json = dict[str, Any]


@pytest.fixture
def db() -> sqlite3.Connection:
    return tables()


@pytest.fixture
def code(db: sqlite3.Connection) -> str:
    """A class of Ada and Bob, who have answered a question and handed in a drawing each."""
    code = classes.create(db, "Physics", MODEL, NOW).code
    for name in ("Ada", "Bob"):
        seats.join(db, code, None, name, NOW)
    votes.ask(db, code, "Why?", ["yes", "no"], 1)
    for seat in (1, 2):
        votes.vote(db, code, seat, Ballot(1, 1, 0))
        drawings.hand_in(db, code, seat, encoded(seat), key="a", label=f"label {seat}", now=NOW)
    return code


# ---- who sees what ---------------------------------------------------------------------------------------------------


def test_each_role_has_its_sections(db: sqlite3.Connection, code: str) -> None:
    everybody = {"class", "shown", "people", "question", "progress", "lesson", "presented"}
    for role, own, items in (
        ("teacher", {"tally", "plan"}, {"map", "seats", "drawings"}),
        ("student", {"me"}, {"map"}),
        ("projector", set[str](), {"map"}),
    ):
        seen = sections.full(db, code, role, 1)  # type: ignore[arg-type]
        assert seen["full"] is True
        assert seen["set"].keys() == everybody | own
        assert seen["items"].keys() == items
    check = sections.full(db, code, "check")
    assert (check["set"].keys(), check["items"]) == ({"class"}, {})


def test_a_student_has_their_own_part_and_nobody_else_s(db: sqlite3.Connection, code: str) -> None:
    seen = sections.full(db, code, "student", 2)
    assert seen["set"]["me"] == {
        "seat": 2, "name": "Bob", "votes": [0, None], "predicted": None, "transferred": None,
        "drawings": {"2": {"state": "waiting", "label": "label 2"}},
    }  # fmt: skip
    assert "Ada" not in str(seen)
    assert "label 1" not in str(seen)
    assert sections.full(db, code, "student", None)["set"]["me"] is None
    assert sections.full(db, code, "student", 99)["set"]["me"] is None


def test_a_message_without_news_is_empty(db: sqlite3.Connection, code: str) -> None:
    newest = last_event(db, code)
    for role in ("student", "teacher", "projector"):
        assert sections.after(db, code, role, 1, newest) == {"seq": newest, "set": {}, "items": {}}


def test_another_student_s_news_are_not_sent(db: sqlite3.Connection, code: str) -> None:
    before = last_event(db, code)
    seats.rename(db, code, 1, "Eve")
    for role, seat in (("student", 2), ("projector", None)):
        message = sections.after(db, code, role, seat, before)  # type: ignore[arg-type]
        assert message == {"seq": last_event(db, code), "set": {}, "items": {}}
    assert sections.after(db, code, "student", 1, before)["set"]["me"]["name"] == "Eve"
    assert sections.after(db, code, "teacher", None, before)["items"]["seats"].keys() == {"1"}


@pytest.mark.parametrize("number", [None, 0, -1, 999, 2**80])
def test_who_asks_after_an_unknown_event_gets_everything(db: sqlite3.Connection, code: str, number: int | None) -> None:
    other = classes.create(db, "Chemistry", MODEL, NOW).code
    assert sections.after(db, code, "student", 1, number) == sections.full(db, code, "student", 1)
    assert sections.after(db, code, "student", 1, last_event(db, other))["full"] is True, "another class's event"


def test_who_was_away_for_long_gets_everything(db: sqlite3.Connection, code: str) -> None:
    before = last_event(db, code)
    for drawing in range(1000, 1000 + sections.MOST_CHANGES + 1):
        emit(db, code, "map", drawing)
    assert sections.after(db, code, "projector", None, before)["full"] is True
    assert "full" not in sections.after(db, code, "projector", None, before + 1)


def test_old_events_are_removed(db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MOST_EVENTS", 50)
    monkeypatch.setattr(schema, "PRUNE_EVERY", 10)
    before = last_event(db, code)
    for _ in range(200):
        classes.set_frozen(db, code, True)
    assert db.execute("SELECT COUNT(*) FROM events").fetchone()[0] <= 60
    assert sections.after(db, code, "projector", None, before)["full"] is True
    assert "full" not in sections.after(db, code, "projector", None, last_event(db, code) - 40)


def test_a_quiet_class_keeps_its_place_beside_one_with_many_events(
    db: sqlite3.Connection, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MOST_EVENTS", 50)
    monkeypatch.setattr(schema, "PRUNE_EVERY", 10)
    before, other = last_event(db, code), classes.create(db, "Chemistry", MODEL, NOW).code
    gone = classes.create(db, "Biology", MODEL, NOW).code
    classes.delete(db, gone)
    for _ in range(200):
        classes.set_frozen(db, other, True)
    assert sections.full(db, code, "projector")["seq"] == before
    assert "full" not in sections.after(db, code, "projector", None, before)
    assert last_event(db, gone) == 0, "nothing is kept of a deleted class"


# ---- any lesson ------------------------------------------------------------------------------------------------------


@dataclass
class Client:
    """Knows of the class what messages have told it."""

    role: Role
    seat: int | None = None
    seq: int | None = None
    values: Json = field(default_factory=dict)
    items: dict[str, Json] = field(default_factory=dict)

    def take(self, message: Json) -> None:
        if message.get("full"):
            self.values, self.items = {}, {}
        self.seq = message["seq"]
        self.values |= message["set"]
        for section, changed in message["items"].items():
            kept = self.items.get(section, {}) | changed
            self.items[section] = {key: value for key, value in kept.items() if value is not None}

    def knows(self, everything: Json) -> bool:
        return (self.values, self.items) == (everything["set"], everything["items"])


class Lesson(RuleBasedStateMachine):
    """A teacher and students do anything in any order; what they may not is refused with a sentence."""

    students = Bundle[int]("students")
    handed_in = Bundle[int]("handed_in")

    @initialize(target=students)
    def open(self) -> Any:
        self.db = tables()
        self.code = classes.create(self.db, "Physics", MODEL, NOW).code
        self.clients = [Client("teacher"), Client("projector")]
        self.away = [Client("teacher"), Client("projector")]
        self.secrets: dict[int, str] = {}
        self.model = 0
        self.ask(2, 1)
        return multiple(*(self.sit_down(name, False) for name in ("Ada", "Bob", "Cyd")))

    def act(self, operation: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """The operation in a savepoint, as the store runs it; its events go to the clients."""
        before = last_event(self.db)
        self.db.execute("SAVEPOINT task")
        refusal, result = "", None
        try:
            result = operation(self.db, self.code, *args, **more)
        except ClassError as error:
            refusal = str(error)
            self.db.execute("ROLLBACK TO task")
        self.db.execute("RELEASE task")
        assert refusal == "" or refusal.endswith(".")
        self.publish(events_after(self.db, before))
        return result

    def publish(self, changes: list[Change]) -> None:
        for client in self.clients:
            if client.seq is None:
                client.take(sections.full(self.db, self.code, client.role, client.seat))
            elif changes:
                client.take(sections.changed(self.db, self.code, client.role, client.seat, changes))

    @rule(target=students, name=st.sampled_from(["Ada", "<b>", None]), simulated=st.booleans())
    def join(self, name: str | None, simulated: bool) -> Any:
        return self.sit_down(name, simulated)

    def sit_down(self, name: str | None, simulated: bool) -> Any:
        seat = self.act(seats.join, None, name, NOW, simulated=simulated)
        if seat is None:
            return multiple()
        self.secrets[seat.id] = seat.token
        self.clients.append(Client("student", seat.id))
        self.away.append(Client("student", seat.id))
        return seat.id

    @rule(seat=students)
    def come_back(self, seat: int) -> None:
        back = self.act(seats.join, self.secrets[seat], None, NOW)
        assert back is None or back.id == seat or back.new

    @rule(seat=students, name=st.sampled_from(["Eve", "ada", ""]))
    def rename(self, seat: int, name: str) -> None:
        self.act(seats.rename, seat, name)

    @rule(seat=students)
    def remove(self, seat: int) -> None:
        self.act(seats.remove, seat)

    @rule()
    def end_rehearsal(self) -> None:
        self.act(seats.remove_simulated)

    @rule(options=st.integers(1, 3), correct=st.sampled_from([None, -1, 0, 1, 1]))
    def ask(self, options: int, correct: int | None) -> None:
        self.act(votes.ask, "Why?", [f"option {n}" for n in range(options)], correct)

    @rule(which=st.sampled_from(["one", "two", None]))
    def choose_lesson(self, which: str | None) -> None:
        self.act(lessons.set_lesson, None if which is None else lesson(which))

    @rule(phase=st.sampled_from(lessons.PHASES), step=st.integers(0, 3), seen=st.booleans())
    def enter(self, phase: lessons.Phase, step: int, seen: bool) -> None:
        self.act(lessons.set_phase, phase, step, seen=seen, now=NOW)

    @rule(part=st.sampled_from(["predict", "transfer"]))
    def ask_lesson(self, part: lessons.Part) -> None:
        self.act(lessons.ask, "What?", ["a", "b"], 1, part=part, now=NOW)

    @rule(seat=students, choice=st.integers(0, 2))
    def vote(self, seat: int, choice: int) -> None:
        asked = votes.question(self.db, self.code) or {"id": 0, "round": 1}
        self.act(votes.vote, seat, Ballot(asked["id"], asked["round"], choice))

    @rule(seat=students, number=st.integers(1, 3), choice=st.integers(-1, 3))
    def vote_late(self, seat: int, number: int, choice: int) -> None:
        self.act(votes.vote, seat, Ballot(1, number, choice))

    @rule(what=st.sampled_from([votes.start_second_round, votes.reveal, votes.reset, votes.drop]))
    def steer(self, what: Callable[..., None]) -> None:
        self.act(what)

    @rule(shown=st.booleans())
    def show_results(self, shown: bool) -> None:
        self.act(votes.set_shown, shown)

    @rule(what=st.sampled_from([votes.set_open, classes.set_frozen, classes.set_joinable]), on=st.booleans())
    def switch(self, what: Callable[..., None], on: bool) -> None:
        self.act(what, on)

    @rule(mode=st.sampled_from(["follow", "explore"]), page=st.sampled_from(["Explore", "Latent map"]))
    def show(self, mode: str, page: str) -> None:
        self.act(classes.set_mode, mode)
        self.act(classes.set_shown, page, {"z": mode})

    @rule(target=handed_in, seat=students, key=st.sampled_from("ab"))
    def hand_in(self, seat: int, key: str) -> Any:
        model = classes.find(self.db, self.code)["model"]
        number = self.act(drawings.hand_in, seat, encoded(seat % 200, model), key=key, label="3", now=NOW)
        return multiple() if number is None else number

    @rule(seat=students, drawing=handed_in)
    def withdraw(self, seat: int, drawing: int) -> None:
        self.act(drawings.withdraw, seat, drawing)

    @rule(drawing=handed_in, state=st.sampled_from(["approved", "approved", "hidden", "waiting", "lost"]))
    def moderate(self, drawing: int, state: str) -> None:
        self.act(drawings.set_state, drawing, state)

    @rule(drawing=handed_in)
    def delete_drawing(self, drawing: int) -> None:
        self.act(drawings.delete, drawing)

    @rule(drawing=handed_in, seat=students)
    def present(self, drawing: int, seat: int) -> None:
        tile = {"kind": "tile", "seat": seat, "picture": "AAAA", "shape": [1, 1, 3], "caption": "Explore"}
        self.act(drawings.present, [{"drawing": drawing}, tile])

    @rule(encode=st.booleans())
    def change_model(self, encode: bool) -> None:
        self.model += 1
        self.act(classes.set_model, f"model {self.model}")
        for drawing in drawings.unencoded(self.db, self.code) if encode else ():
            self.act(drawings.set_encoded, drawing, encoded(5, f"model {self.model}"))

    @precondition(lambda self: self.model == 2)
    @rule()
    def close(self) -> None:
        self.act(classes.close)

    @rule(index=st.integers(0, 20))
    def come_online(self, index: int) -> None:
        client = self.away[index % len(self.away)]
        message = sections.after(self.db, self.code, client.role, client.seat, client.seq)
        json.dumps(message)
        client.take(message)
        assert client.knows(sections.full(self.db, self.code, client.role, client.seat))

    @invariant()
    def who_is_told_of_changes_knows_everything(self) -> None:
        for client in self.clients:
            if client.seq is not None:
                assert client.knows(sections.full(self.db, self.code, client.role, client.seat)), client

    @invariant()
    def nobody_knows_more_than_they_may(self) -> None:
        question = votes.question(self.db, self.code, teacher=True)
        names = {row["name"] for row in self.db.execute("SELECT name FROM seats WHERE name <> ''")}
        for client in self.clients[1:]:
            if client.seq is not None and (seen := client.values["question"]) is not None:
                assert question is not None
                assert (seen["counts"] is not None) == question["shown"]
                assert (seen["correct"] is not None) <= question["revealed"]
            own = (client.values.get("me") or {}).get("name")
            text = json.dumps([client.values, client.items])
            assert not any(f'"{name}"' in text for name in names - {own}), client
        public = self.clients[1].values["lesson"] if self.clients[1].seq is not None else None
        if public is not None:
            whole, reached = lesson(public["title"]), lessons.PHASES.index(public["phase"])
            texts = json.dumps(public)
            for number, step in enumerate(whole["steps"], 1):
                told = reached >= 2 or (number == public["step"] and public["see"] is not None)
                assert (step["see"][0] in texts) == told
            assert (public["outcome"] is not None) == (reached >= 2)
            assert (whole["transfer"]["question"] in texts) == (reached == 4)
            assert "because" not in texts
        states = dict(self.db.execute("SELECT id, state FROM drawings").fetchall())
        assert all(states[int(number)] == "approved" for number in self.clients[1].items.get("map", {}))

    @invariant()
    def votes_and_counts_agree(self) -> None:
        tally = votes.tally(self.db, self.code)
        if tally is not None:
            progress = votes.progress(self.db, self.code)
            assert sum(tally["counts"][-1]) == progress["answered"] <= progress["of"]
            if tally["moved"] is not None:
                assert sum(map(sum, tally["moved"])) <= min(sum(counts) for counts in tally["counts"])


Lesson.TestCase.settings = settings(stateful_step_count=60, max_examples=2 * EXAMPLES)
TestLesson = Lesson.TestCase
