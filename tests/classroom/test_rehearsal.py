"""Simulated students: what they do and when, by a clock of the test's own; and a rehearsal from beginning to end."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tests.support.classes import apply
from tests.support.live import CONDITIONAL, GREY, MODELS, load
from tests.support.patience import PATIENCE
from vae.classroom.codes import ClassError
from vae.classroom.messages.commands import HandIn, Rehearse, SendTile, Vote
from vae.classroom.messages.protocol import Json
from vae.classroom.rehearsal import rehearsals, students
from vae.classroom.rehearsal.rehearsals import Rehearsals
from vae.classroom.rehearsal.students import Scene, Student, World, step
from vae.classroom.rooms.clients import Client
from vae.classroom.serving import homes, service
from vae.classroom.serving.homes import Replica
from vae.classroom.serving.service import ClassService, Origin, Who
from vae.classroom.serving.work import work
from vae.classroom.state import classes, seats, votes
from vae.classroom.state.store import AwayError
from vae.model.latents import EncodedSet
from vae.server.latent_map.data import MapSource
from vae.server.live.inference import UnknownModelError

NAMES = ("a ring", "<b>a bar</b>")
QUESTION = {"id": 3, "round": 1, "open": True, "options": ["this", "that", "neither"], "correct": 2}


def source(name: str) -> MapSource:
    """Five test images of each model: one bright pixel, number 9 in the first, in each next one further."""
    if name not in MODELS:
        raise UnknownModelError(f"There is no model {name!r}.")
    shape = MODELS[name].model.config.image_shape
    images = np.zeros((5, *shape), np.uint8)
    for number, image in enumerate(images):
        image[0].flat[9 + number] = 255
    zeros = np.zeros((5, 2), np.float32)
    encoded = EncodedSet(zeros, zeros, np.array([0, 1, 0, 1, 2]), zeros[:, 0], zeros[:, 0])
    return MapSource(name, "1", encoded, NAMES, shape, images, lambda _: None)


def student(seed: int, **more: Any) -> Student:
    return Student(seed, np.random.default_rng(seed), **({"tile_at": np.inf, "draw_at": np.inf} | more))


def scene(**more: Any) -> Scene:
    return Scene("grey", False, False, None, frozenset())._replace(**more)


# ---- votes -----------------------------------------------------------------------------------------------------------


def voted(people: list[Student], question: dict[str, Any], begin: float) -> dict[int, int]:
    """Who has chosen what until everybody has thought."""
    found: dict[int, int] = {}
    for now in np.arange(begin, begin + students.THINK[1] + 0.5, 0.25):
        moment = scene(question=question, voted=frozenset(found))
        for who, command in step(people, moment, None, float(now)):
            assert isinstance(command, Vote)
            assert (command.question, command.round) == (question["id"], question["round"])
            assert who.seat not in found
            assert now >= begin + students.THINK[0]
            found[who.seat] = command.choice
    return found


def test_each_votes_once_a_round_after_thinking_and_more_are_right_the_second_time() -> None:
    people = [student(seed) for seed in range(400)]
    first, second = voted(people, QUESTION, 100.0), voted(people, QUESTION | {"round": 2}, 200.0)
    assert len(first) == len(second) == 400
    assert set(first.values()) == {0, 1, 2}
    right = [sum(choice == 2 for choice in found.values()) for found in (first, second)]
    assert 130 < right[0] < 230 < right[1]
    assert all(second[seat] in {choice, 2} for seat, choice in first.items())


def test_without_a_right_answer_they_keep_to_what_they_chose() -> None:
    people, open_end = [student(seed) for seed in range(20)], QUESTION | {"correct": None}
    assert voted(people, open_end, 0.0) == voted(people, open_end | {"round": 2}, 50.0)


def test_nobody_votes_where_no_vote_is_taken() -> None:
    people = [student(seed) for seed in range(20)]
    assert voted(people, QUESTION | {"open": False}, 0.0) == {}
    assert list(step(people, scene(), None, 1000.0)) == []


# ---- tiles and drawings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "config"), [("grey", GREY), ("conditional", CONDITIONAL)])
def test_who_explores_shows_a_picture_that_the_model_decodes_and_another_one_later(name: str, config: Any) -> None:
    world, people = World(name, load, source), [student(1, tile_at=10.0), student(2, tile_at=11.0)]
    exploring = scene(model=name, exploring=True)
    assert list(step(people, exploring, world, 9.0)) == []
    ((who, tile),) = step(people, exploring, world, 10.5)
    assert isinstance(tile, SendTile)
    assert (who.seat, tile.page, tile.model, tile.shape) == (1, "Explore", name, config.image_shape)
    assert len(b64decode(tile.pixels)) == np.prod(config.image_shape)
    later = [(who.seat, cast(SendTile, command)) for who, command in step(people, exploring, world, 10.5 + 60)]
    assert [seat for seat, _ in later] == [1, 2]
    assert later[0][1].pixels != tile.pixels
    assert list(step(people, exploring._replace(exploring=False), world, 1000.0)) == []


def test_a_large_picture_is_made_small_enough_for_a_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(students, "TILE_SIDE", 4)
    world = World("grey", load, source)  # 9 by 7
    (tile,) = world.seen(np.zeros((1, GREY.latent_dim), np.float32), np.random.default_rng(0))
    assert tile.shape == (1, 3, 3)
    assert len(b64decode(tile.pixels)) == 9


def test_each_hands_in_one_test_image_that_lies_a_little_elsewhere() -> None:
    world, one = World("grey", load, source), student(1, draw_at=5.0)
    assert list(step([one], scene(), world, 4.0)) == []
    ((who, drawing),) = step([one], scene(), world, 5.0)
    assert isinstance(drawing, HandIn)
    assert (who, drawing.shape) == (one, GREY.image_shape)
    assert drawing.label in {*NAMES, "2"}
    assert sorted(b64decode(drawing.picture))[-2:] == [0, 255]
    assert list(step([one], scene(), world, 500.0)) == []
    assert len({world.drawing(np.random.default_rng(seed)).picture for seed in range(40)}) > 5


# ---- a rehearsal -----------------------------------------------------------------------------------------------------


class Lesson:
    """A class of the model “grey” with its teacher there, and what becomes of it."""

    def __init__(self, service: ClassService, code: str) -> None:
        self.service, self.code = service, code
        self.state: Json = {}
        self.tiles: Json = {}
        self.teacher = Client("teacher", transport="websocket")

    async def rehearse(self, students: int) -> None:
        """As a teacher's command."""
        await work(self.service, Who(self.code, "teacher", Origin("", "")), Rehearse(students))

    async def run(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        return await self.service.run(operation, self.code, *arguments)

    async def until(self, holds: Callable[[Json], object]) -> None:
        """Takes messages until this holds of the teacher's state."""
        while not (self.state and holds(self.state)):
            await self.take()

    async def take(self) -> None:
        """Takes the teacher's next messages."""
        for text in await self.teacher.take():
            message = json.loads(text)
            self.tiles |= message.get("tiles", {})
            if "seq" in message:
                apply(self.state, message)


Rehearsing = Callable[[Callable[[Lesson], Awaitable[None]]], None]


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rehearsing:
    """Runs a test in a lesson whose simulated students come and act at once."""
    monkeypatch.setattr(rehearsals, "TICK_SECONDS", 0.001)
    monkeypatch.setattr(students, "THINK", (0.0, 0.0))
    for name in ("DRAW", "TILE"):
        monkeypatch.setattr(rehearsals, name, (0.0, 0.0))

    async def hold(test: Callable[[Lesson], Awaitable[None]]) -> None:
        service = ClassService(tmp_path / "classes.sqlite", load, rehearse=Rehearsals(load, source))
        try:
            one = Lesson(service, (await service.create("Rehearsal", "grey")).code)
            await service.room(one.code).join(one.teacher)
            await test(one)
        finally:
            await service.close()

    return lambda test: asyncio.run(asyncio.wait_for(hold(test), PATIENCE))


def test_students_come_vote_draw_show_tiles_and_leave(lesson: Rehearsing) -> None:
    async def rehearse(one: Lesson) -> None:
        await one.rehearse(25)
        await one.until(lambda state: state["rehearsal"] == {"students": 25} and len(state["seats"]) == 25)
        await one.until(lambda state: state["people"] == {"joined": 25, "connected": 25})
        assert all(seat["simulated"] and seat["transport"] is None for seat in one.state["seats"].values())
        await one.until(lambda state: {each["seat"] for each in state["drawings"].values()} == set(range(1, 26)))
        await one.run(votes.ask, "Which?", ["this", "that"], 1)
        await one.until(lambda state: state["tally"] and sum(state["tally"]["counts"][0]) == 25)
        await one.run(votes.reset)
        while (await one.run(votes.progress))["answered"] < 25:
            await one.take()
        await one.run(votes.start_second_round)
        await one.until(lambda state: sum(map(sum, state["tally"]["moved"] or [])) == 25)
        await one.run(classes.set_mode, "explore")
        await one.until(lambda _: len(one.tiles) == 25)
        await one.rehearse(3)
        await one.until(lambda state: len(state["seats"]) == 3 and state["people"] == {"joined": 3, "connected": 3})
        await one.rehearse(0)
        await one.until(lambda state: not state["seats"] and state["rehearsal"] == {"students": 0})
        assert list(one.service.room(one.code).clients) == [one.teacher]

    lesson(rehearse)


def test_nobody_is_simulated_in_a_class_that_lets_nobody_in(lesson: Rehearsing) -> None:
    async def rehearse(one: Lesson) -> None:
        await one.run(classes.set_joinable, False)
        with pytest.raises(ClassError, match="Nobody can join"):
            await one.rehearse(5)
        await one.run(classes.set_joinable, True)
        await one.rehearse(5)
        await one.until(lambda state: len(state["seats"]) == 5)

    lesson(rehearse)


def test_all_classes_of_an_app_have_so_many_simulated_students(
    lesson: Rehearsing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsals, "MAX_REHEARSAL", 5)

    async def rehearse(one: Lesson) -> None:
        other = Lesson(one.service, (await one.service.create("Another", "grey")).code)
        await one.rehearse(3)
        with pytest.raises(ClassError, match="at most 5 students, 3 of them in other classes"):
            await other.rehearse(3)
        await one.rehearse(5)
        await one.rehearse(0)
        await other.rehearse(5)

    lesson(rehearse)


def test_a_student_whom_the_teacher_removes_does_not_come_back(lesson: Rehearsing) -> None:
    async def rehearse(one: Lesson) -> None:
        await one.rehearse(2)
        await one.until(lambda state: len(state["seats"]) == 2)
        await one.run(seats.remove, 1)
        await one.run(votes.ask, "Which?", ["this", "that"], 1)
        await one.until(lambda state: state["rehearsal"] == {"students": 1} and list(state["seats"]) == ["2"])
        await one.until(lambda state: state["progress"]["answered"] == 1)

    lesson(rehearse)


def test_it_ends_with_the_class(lesson: Rehearsing) -> None:
    async def rehearse(one: Lesson) -> None:
        await one.rehearse(2)
        await one.run(classes.close)
        await one.until(lambda state: state["rehearsal"] == {"students": 0})

    lesson(rehearse)


def test_nothing_happens_while_nobody_looks(lesson: Rehearsing) -> None:
    async def rehearse(one: Lesson) -> None:
        room = one.service.room(one.code)
        room.leave(one.teacher)
        await one.rehearse(20)
        await one.run(votes.ask, "Which?", ["this", "that"], 1)
        while len(room.clients) < 20:
            await asyncio.sleep(0.001)
        assert (await one.run(votes.progress))["answered"] == 0
        await room.join(again := Client("projector", transport="events"))
        while (await one.run(votes.progress))["answered"] < 20:
            await again.take()

    lesson(rehearse)


def test_a_model_that_is_gone_leaves_the_votes(lesson: Rehearsing) -> None:
    async def rehearse(one: Lesson) -> None:
        await one.run(classes.set_model, "gone")
        await one.run(votes.ask, "Which?", ["this", "that"], None)
        await one.rehearse(3)
        await one.until(lambda state: state["progress"]["answered"] == 3)
        assert one.state["drawings"] == {}

    lesson(rehearse)


def test_a_rehearsal_ends_where_its_class_moves_and_another_may_begin_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsals, "TICK_SECONDS", 0.001)
    monkeypatch.setattr(homes, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(service, "CHORES_SECONDS", 0.01)

    def replica(number: int) -> ClassService:
        rehearse = Rehearsals(load, source)
        return ClassService(tmp_path / "classes.sqlite", load, rehearse=rehearse, replica=Replica(number, 2))

    async def rehearsed(found: ClassService, code: str, number: int) -> None:
        assert found.rehearse is not None
        assert await found.run(seats.count, code) == 0
        await found.rehearse(found, code, number)
        while await found.run(seats.count, code) < number:
            await asyncio.sleep(0)

    async def lesson() -> None:
        home = replica(2)
        code = (await home.create("Rehearsal", "grey")).code
        await rehearsed(home, code, 3)
        await home.close()
        other = replica(1)
        await rehearsed(other, code, 12)
        home = replica(2)
        await rehearsed(home, code, 5)
        with pytest.raises(AwayError):
            await other.run(seats.count, code)
        for each in (home, other):
            await each.close()

    asyncio.run(asyncio.wait_for(lesson(), PATIENCE))
