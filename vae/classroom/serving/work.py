"""What a command does: for whom it may, and what is replied."""

import asyncio
import time
from collections.abc import Callable
from sqlite3 import Connection
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from vae.classroom.codes import ClassError
from vae.classroom.messages import commands as c
from vae.classroom.messages.protocol import Json, Shape, Tile
from vae.classroom.messages.reading import read_picture
from vae.classroom.rooms.room import Room
from vae.classroom.serving.service import NOT_HERE, NOT_TEACHER, ClassService, NotAllowedError, Who
from vae.classroom.state import classes, drawings, lessons, seats, votes
from vae.classroom.state.drawings import Encoded, Picture
from vae.classroom.state.votes import Ballot
from vae.model.networks import to_unit
from vae.server.live.inference import LiveModel
from vae.views.shared.pages import VIEWS

TITLES = {view.address: view.title for view in VIEWS}

Operation = Callable[..., Any]


class Task(NamedTuple):
    """A command that is one operation on the tables. arguments: after its class's code. reply: its value's name."""

    operation: Operation
    arguments: Callable[[Any, Who], tuple[Any, ...]]
    reply: str = ""


def _ask(db: Connection, code: str, it: c.Ask) -> int:
    return lessons.ask(db, code, it.text, it.options, it.correct, part=it.part, now=time.time())


def _set_phase(db: Connection, code: str, it: c.SetPhase, who: Who) -> None:
    if who.role == "presenter" and it.phase != "experiment":
        raise NotAllowedError("Only the class's own page goes on to another phase; open it.")
    lessons.set_phase(db, code, it.phase, it.step, seen=it.seen, now=time.time())


TASKS: dict[type[c.Command], Task] = {
    c.Rename: Task(seats.rename, lambda it, who: (who.seat, it.name), "name"),
    c.Vote: Task(votes.vote, lambda it, who: (who.seat, Ballot(it.question, it.round, it.choice))),
    c.Withdraw: Task(drawings.withdraw, lambda it, who: (who.seat, it.drawing)),
    c.SetMode: Task(classes.set_mode, lambda it, _: (it.mode,)),
    c.Freeze: Task(classes.set_frozen, lambda it, _: (it.frozen,)),
    c.Show: Task(classes.set_shown, lambda it, _: (it.page, it.params)),
    c.Ask: Task(_ask, lambda it, _: (it,), "question"),
    c.SetPhase: Task(_set_phase, lambda it, who: (it, who)),
    c.SecondRound: Task(votes.start_second_round, lambda _, __: ()),
    c.Voting: Task(votes.set_open, lambda it, _: (it.open,)),
    c.Results: Task(votes.set_shown, lambda it, _: (it.shown,)),
    c.Reveal: Task(votes.reveal, lambda _, __: ()),
    c.Reset: Task(votes.reset, lambda _, __: ()),
    c.DropQuestion: Task(votes.drop, lambda _, __: ()),
    c.RenameSeat: Task(seats.rename, lambda it, _: (it.seat, it.name), "name"),
    c.ModerateDrawing: Task(drawings.set_state, lambda it, _: (it.drawing, it.state)),
    c.DeleteDrawing: Task(drawings.delete, lambda it, _: (it.drawing,)),
    c.Joinable: Task(classes.set_joinable, lambda it, _: (it.open,)),
    c.Close: Task(classes.close, lambda _, __: ()),
    c.Delete: Task(classes.delete, lambda _, __: ()),
    c.CoTeacher: Task(classes.add_co_teacher, lambda _, __: (), "secret"),
    c.RevokeCoTeachers: Task(classes.revoke_co_teachers, lambda _, __: ()),
}
OWNERS = (c.Delete, c.CoTeacher, c.RevokeCoTeachers)  # what a co-teacher may not do


async def work(service: ClassService, who: Who, command: c.Command) -> Json:
    """Does what a command of this role asks for. Gives the reply's fields. Raises ClassError, MessageError."""
    if isinstance(command, OWNERS) and not who.owner:
        raise NotAllowedError(NOT_TEACHER)
    if (task := TASKS.get(type(command))) is not None:
        value = await service.run(task.operation, who.code, *task.arguments(command, who))
        return {task.reply: value} if task.reply else {}
    room = service.room(who.code)
    match command:
        case c.Live():
            room.move(who.client, command.fields)
        case c.SendTile():
            _show_tile(room, who, command)
        case c.SendReport():
            _report(room, who, command)
        case c.HandIn():
            return {"drawing": await _hand_in(service, who, command)}
        case c.SetLesson():
            await _set_lesson(service, who.code, command)
        case c.RemoveSeat():
            await service.run(seats.remove, who.code, command.seat)
            room.remove(command.seat, seats.REMOVED)
        case c.Present():
            await service.run(drawings.present, who.code, _pieces(room, command))
        case c.UseModel():
            await _use_model(service, who.code, command.model)
        case c.Rehearse():
            await _rehearse(service, who.code, command.students)
        case c.Train():
            return {"run": await _train(service, who.code, command)}
    return {}


def _show_tile(room: Room, who: Who, command: c.SendTile) -> None:
    read_picture(command.pixels, command.shape)
    tile: Tile = {"page": command.page, "model": command.model, "shape": command.shape, "pixels": command.pixels}
    assert who.seat is not None
    room.show_tile(who.seat, tile)


def _report(room: Room, who: Who, command: c.SendReport) -> None:
    room.report(
        {
            "address": who.origin.address,
            "http": command.http,
            "socket_seconds": command.socket_seconds,
            "latency_ms": command.latency_ms,
            "transport": who.transport,
            "agent": who.origin.agent,
        }
    )


async def _set_lesson(service: ClassService, code: str, command: c.SetLesson) -> None:
    language = command.language or (await service.run(classes.described, code))["language"]
    lesson = await service.lesson(command, language)
    await service.run(_put_lesson, code, lesson, language)


def _put_lesson(db: Connection, code: str, lesson: Json | None, language: str) -> None:
    lessons.set_lesson(db, code, lesson)
    if classes.described(db, code)["language"] != language:
        classes.set_language(db, code, language)


def _pieces(room: Room, command: c.Present) -> list[Json]:
    """The pieces as they are kept: a seat's tile is the one that it shows now."""
    found: list[Json] = []
    for kind, number in command.pieces:
        if kind == "drawing":
            found.append({"drawing": number})
        elif (tile := room.tiles.get(number)) is not None:
            caption = TITLES.get(tile["page"], "")  # it is projected: not just any text of a student
            same = {"shape": list(tile["shape"]), "picture": tile["pixels"], "caption": caption}
            found.append({"kind": "tile", "seat": number, **same})
        else:
            raise ClassError("This student shows nothing right now; choose another.")
    return found


async def _rehearse(service: ClassService, code: str, students: int) -> None:
    if service.rehearse is None:
        raise ClassError(NOT_HERE)
    await service.rehearse(service, code, students)


async def _train(service: ClassService, code: str, command: c.Train) -> str:
    if service.train is None:
        raise ClassError(NOT_HERE)
    return await service.train(service, code, command.name, command.minutes)


# ---- drawings --------------------------------------------------------------------------------------------------------


async def _hand_in(service: ClassService, who: Who, command: c.HandIn) -> int:
    assert who.seat is not None
    picture = Picture(read_picture(command.picture, command.shape), command.shape)
    key, label = command.key, command.label
    known, model = await service.run(_before_encoding, who.code, who.seat, key, label)
    if known is not None:
        return known
    encoded = await _encoded(service, model, picture)
    return await service.run(drawings.hand_in, who.code, who.seat, encoded, key=key, label=label, now=time.time())


def _before_encoding(db: Connection, code: str, seat: int, key: str, label: str) -> tuple[int | None, str]:
    """The drawing that this key has already, and the class's model. Raises ClassError where none may be handed in."""
    return drawings.handed_in(db, code, seat, key=key, label=label), classes.described(db, code)["model"]


async def _use_model(service: ClassService, code: str, name: str) -> None:
    """The class goes on with this model; its drawings come back as soon as each is encoded anew."""
    await service.model(name)
    await service.run(classes.set_model, code, name)
    service.do(_encode_anew(service, code, name))


async def _encode_anew(service: ClassService, code: str, name: str) -> None:
    try:
        for number, picture in (await service.run(drawings.unencoded, code)).items():
            encoded = await _encoded(service, name, picture)
            await service.run(drawings.set_encoded, code, number, encoded)
    except ClassError:
        return  # the class is gone, or the model; the drawings are encoded with the next one


async def _encoded(service: ClassService, name: str, picture: Picture) -> Encoded:
    """A drawing at q(z|x), by the model of this name. Raises ClassError."""
    live = await service.model(name)
    return await asyncio.get_running_loop().run_in_executor(service.encoding, _encode, live, picture)


def _encode(live: LiveModel, picture: Picture) -> Encoded:
    device = next(live.model.parameters()).device
    pixels = fitted(np.frombuffer(picture.pixels, np.uint8).reshape(picture.shape), live.model.config.image_shape)
    with torch.inference_mode():
        mean, logvar = live.model.encode(to_unit(torch.from_numpy(pixels)[None].to(device)))
    kept = Picture(pixels.tobytes(), live.model.config.image_shape)
    return Encoded(kept, live.name, mean[0].tolist(), logvar[0].tolist())


def fitted(pixels: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """A picture as a model takes it: of its size, grey or in colour. Shapes: (c, h, w) -> shape."""
    channels, height, width = shape
    if pixels.shape == shape:
        return pixels.copy()
    image = torch.from_numpy(pixels.astype("f4"))[None]
    if image.shape[1] != channels:
        image = image.mean(1, keepdim=True).repeat(1, channels, 1, 1)
    image = functional.interpolate(image, (height, width), mode="bilinear", antialias=True, align_corners=False)
    found: NDArray[np.uint8] = image[0].round().clamp(0, 255).to(torch.uint8).numpy()
    return found
