"""What comes down is what protocol.py says, in types and words; what goes up is read as it says."""

import json
import typing
from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union

import pytest

from tests.support.classes import Json, Running, serve
from tests.support.classrooms import lesson
from vae.classroom.messages import protocol
from vae.classroom.messages.checks import MessageError
from vae.classroom.messages.commands import COMMANDS, Ask, Command, Live
from vae.classroom.messages.protocol import Role
from vae.classroom.messages.reading import read_command, reply_id
from vae.lessons.answers import Lesson
from vae.views.shared.words import LANGUAGES

SECTIONS: dict[str, Any] = {
    "class": protocol.Class,
    "shown": protocol.Shown | None,
    "people": protocol.People,
    "question": protocol.Question | None,
    "progress": protocol.Progress,
    "lesson": protocol.ClassLesson | None,
    "presented": list[protocol.Piece],
    "map": dict[str, protocol.Drawing],
}
TEACHER: dict[str, Any] = {
    "question": protocol.TeacherQuestion | None,
    "seats": dict[str, protocol.Seat],
    "drawings": dict[str, protocol.TeacherDrawing],
    "tally": protocol.Tally | None,
    "check": dict[str, protocol.Report],
    "rehearsal": protocol.Rehearsal,
    "plan": Lesson | None,
}


def fits(value: Any, hint: Any) -> bool:
    """Whether JSON is of a type: all of a TypedDict's keys and no other."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if typing.is_typeddict(hint):
        hints = typing.get_type_hints(hint)
        found = value.keys() == hints.keys() and all(fits(value[key], each) for key, each in hints.items())
    elif origin is Literal:
        found = value in arguments
    elif origin in (UnionType, Union):
        found = any(fits(value, each) if value is not None else each is type(None) for each in arguments)
    elif hint is Any:
        found = True
    elif origin is dict:
        found = all(fits(each, arguments[1]) for each in value.values())
    elif origin is list:
        found = all(fits(each, arguments[0]) for each in value)
    elif origin is tuple:
        found = len(value) == len(arguments) and all(map(fits, value, arguments))
    else:
        found = type(value) in ((int, float) if hint is float else (hint,))
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("classes") / "classes.sqlite"
    with serve(file, read_lesson=lambda name, _, __: lesson(name or "written")) as found:
        yield found


def test_every_section_is_as_the_protocol_says(running: Running) -> None:
    code, secret = running.open()
    drawing = {"key": "k", "picture": "AAAA" * 21, "shape": [1, 9, 7], "label": "a 3"}
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "check") as phone,
        running.student(code, "Ada") as ada,
    ):
        number = ada.do("hand_in", **drawing)["drawing"]
        teacher.do("drawing", drawing=number, state="approved")
        teacher.do("present", pieces=[{"drawing": number}])
        teacher.do("show", page="Explore", params={"z": "1"})
        question = teacher.do("ask", text="Why?", options=["a", "b"], correct=0)["question"]
        ada.do("vote", question=question, round=1, choice=0)
        teacher.do("round")
        ada.do("vote", question=question, round=2, choice=1)
        teacher.do("results", shown=True)
        teacher.do("reveal")
        teacher.do("lesson", name="two-numbers")
        phone.do("report", http=True, socket_seconds=1, latency_ms=1.5)
        ada.until(lambda state: state["question"] and state["question"]["correct"] == 0 and state["presented"])
        teacher.until(
            lambda state: state["check"] and state["seats"] and state["map"] and state["question"]["revealed"]
        )
        for client in (ada, teacher):
            client.until(lambda state: state["lesson"])
        with running.connect(code, "projector") as projector, running.connect(code, "teacher", secret=secret) as again:
            for client, sections in [
                (ada, SECTIONS | {"me": protocol.Me}),
                (projector, SECTIONS),
                (teacher, SECTIONS | TEACHER),
                (again, SECTIONS | TEACHER),
            ]:
                assert client.state.keys() == sections.keys()
                for name, hint in sections.items():
                    assert fits(client.state[name], hint), (name, client.state[name])


def test_a_lesson_is_as_the_protocol_says_in_each_phase(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher, running.student(code, "Ada") as ada:
        teacher.do("lesson", name="two-numbers")
        for phase in typing.get_args(protocol.Phase):
            teacher.do("phase", phase=phase, step=1, seen=True)
            ada.until(lambda state, phase=phase: state["lesson"] and state["lesson"]["phase"] == phase)
            assert fits(ada.state["lesson"], protocol.ClassLesson)


def test_a_class_may_have_each_language() -> None:
    assert set(typing.get_args(protocol.Language)) == set(LANGUAGES)


def test_the_protocol_s_words_name_each_command() -> None:
    for kinds in COMMANDS.values():
        for kind in kinds.values():
            assert kind.__doc__
            assert kind in typing.get_args(Command)


def sent(**fields: Any) -> str:
    return json.dumps({"version": 1, "id": "1", **fields})


@pytest.mark.parametrize(
    ("role", "text", "sentence"),
    [
        ("student", "", "JSON"),
        ("student", "[]", "JSON"),
        ("student", '{"do": "seen"}', "version 1"),
        ("student", sent(do="fly"), "no command 'fly'"),
        ("student", sent(do=7), "no command"),
        ("student", sent(do="vote", question=1, round=1), "“choice”"),
        ("student", sent(do="vote", question=1, round=3, choice=0), "“round” must be a whole number from 1 to 2"),
        ("student", sent(do="vote", question=True, round=1, choice=0), "“question”"),
        ("student", sent(do="vote", question=1.0, round=1, choice=0), "“question”"),
        ("student", sent(do="seen", more=1), "no field 'more'"),
        ("student", sent(do="rename", name="\ud800"), "readable"),
        ("student", sent(do="rename", name="a\0"), "readable"),
        ("student", sent(do="rename", name="x" * 5000), "4,096"),
        ("teacher", sent(do="mode", mode="sleep"), "follow or explore"),
        ("teacher", sent(do="ask", text="Why?", options=["a"]), "a list of 2 to 8"),
        ("teacher", sent(do="present", pieces=[{"drawing": 1, "seat": 1}]), "pieces"),
        ("teacher", sent(do="show", page="a", params={"z": 1}), "params"),
        ("teacher", sent(do="freeze", frozen=1), "true or false"),
        ("teacher", "x" * 10**6, "bytes"),
    ],
)
def test_what_is_wrong_with_a_command_is_said(role: Role, text: str, sentence: str) -> None:
    with pytest.raises(MessageError) as caught:
        read_command(text, role)
    assert sentence in str(caught.value)


def test_a_command_is_read_with_its_defaults() -> None:
    found = read_command(sent(do="ask", text="Why?", options=["a", "b"]), "teacher")
    assert found == ("1", "ask", Ask("Why?", ("a", "b"), None))


def test_what_the_teacher_moves_is_passed_on_as_it_is() -> None:
    fields: Json = {"view": "explore", "z": [1.5], "anything": {"else": None}}
    assert read_command(sent(do="live", **fields), "teacher").command == Live(fields)


def test_a_refused_command_s_id_is_found_where_there_is_one() -> None:
    assert reply_id('{"id": "7", "do": 3}') == "7"
    assert reply_id('{"id": 7}') is reply_id("[") is reply_id('{"id": "\\ud800"}') is None
