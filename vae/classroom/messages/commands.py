"""Commands, as they go up: a class for each, and how they are read. protocol.py says how they travel."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints

from vae.classroom.messages.checks import (
    Check,
    MessageError,
    a_flag,
    a_piece,
    is_odd,
    link_params,
    list_of,
    number_in,
    one_of,
    or_null,
    shape_in,
    text_of,
    whole_in,
)
from vae.classroom.messages.protocol import (
    LARGEST_ID,
    MAX_COMMAND_BYTES,
    MAX_PICTURE_BYTES,
    MAX_REHEARSAL,
    MAX_TEXT,
    TILE_SIDE,
    VERSION,
    DrawingState,
    Json,
    Mode,
    Role,
    Shape,
)
from vae.classroom.state.drawings import LONGEST_KEY, LONGEST_LABEL, MOST_PRESENTED
from vae.classroom.state.votes import LONGEST_OPTION, LONGEST_QUESTION, MOST_OPTIONS
from vae.model.networks import MAX_IMAGE_SIDE

Id = Annotated[int, whole_in(1, LARGEST_ID)]
Name = Annotated[str, text_of(MAX_TEXT, 0)]
Flag = Annotated[bool, a_flag]
Choice = Annotated[int, whole_in(0, MOST_OPTIONS - 1)]
Pixels = Annotated[str, text_of(MAX_PICTURE_BYTES)]
Base64Shape = Annotated[Shape, shape_in(MAX_IMAGE_SIDE)]


# ---- commands, as they go up -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rename:
    """Student: another nickname; the reply has the name as it was cleaned."""

    name: Name


@dataclass(frozen=True)
class Vote:
    """Student: the choice of a round. The first counts; another one is refused, the same again is accepted."""

    question: Id
    round: Annotated[int, whole_in(1, 2)]
    choice: Choice


@dataclass(frozen=True)
class HandIn:
    """Student: a drawing, which the server encodes with the class's model. key: made by the client; a second drawing
    under the same key is the first. picture: shape's bytes in base64, of the model's shape. Reply: {"drawing": ID}."""

    key: Annotated[str, text_of(LONGEST_KEY)]
    picture: Pixels
    shape: Base64Shape
    label: Annotated[str, text_of(LONGEST_LABEL)]


@dataclass(frozen=True)
class Withdraw:
    """Student: an own drawing is deleted."""

    drawing: Id


@dataclass(frozen=True)
class SendTile:
    """Student: what is seen right now."""

    page: Annotated[str, text_of(40)]
    model: Annotated[str, text_of(MAX_TEXT)]
    shape: Annotated[Shape, shape_in(TILE_SIDE)]
    pixels: Pixels


@dataclass(frozen=True)
class Seen:
    """Anyone: still here."""


@dataclass(frozen=True)
class SetMode:
    """Teacher: follow what is shown, or explore."""

    mode: Annotated[Mode, one_of(Mode)]


@dataclass(frozen=True)
class Freeze:
    """Teacher: the present view stays, or is released."""

    frozen: Flag


@dataclass(frozen=True)
class Show:
    """Teacher: what is shown at rest, as the light page's link."""

    page: Annotated[str, text_of(40)]
    params: Annotated[dict[str, str], link_params]


@dataclass(frozen=True)
class Live:
    """Teacher: what moves right now. It is passed on as it is: {"view", "model", …}."""

    fields: Json


@dataclass(frozen=True)
class Ask:
    """Teacher: a new question, open for its first round. correct: the right option's index, if there is one."""

    text: Annotated[str, text_of(LONGEST_QUESTION)]
    options: Annotated[tuple[str, ...], list_of(text_of(LONGEST_OPTION), 2, MOST_OPTIONS)]
    correct: Annotated[int | None, or_null(whole_in(0, MOST_OPTIONS - 1))] = None


@dataclass(frozen=True)
class SecondRound:
    """Teacher: everybody votes once more."""


@dataclass(frozen=True)
class Voting:
    """Teacher: votes are taken, or not."""

    open: Flag


@dataclass(frozen=True)
class Results:
    """Teacher: everybody sees the counts, or not."""

    shown: Flag


@dataclass(frozen=True)
class Reveal:
    """Teacher: everybody sees which option is right."""


@dataclass(frozen=True)
class Reset:
    """Teacher: the present round begins again."""


@dataclass(frozen=True)
class DropQuestion:
    """Teacher: there is no question any more."""


@dataclass(frozen=True)
class RenameSeat:
    """Teacher: gives a student another name."""

    seat: Id
    name: Name


@dataclass(frozen=True)
class RemoveSeat:
    """Teacher: a student leaves, with votes and drawings."""

    seat: Id


@dataclass(frozen=True)
class ModerateDrawing:
    """Teacher: who sees a drawing."""

    drawing: Id
    state: Annotated[DrawingState, one_of(DrawingState)]


@dataclass(frozen=True)
class DeleteDrawing:
    """Teacher: a drawing is deleted."""

    drawing: Id


@dataclass(frozen=True)
class Present:
    """Teacher: shows these to everybody, in this order, without names; a seat stands for its last tile."""

    pieces: Annotated[tuple[tuple[Literal["drawing", "seat"], int], ...], list_of(a_piece, 0, MOST_PRESENTED)]


@dataclass(frozen=True)
class UseModel:
    """Teacher: the class's model from now on."""

    model: Annotated[str, text_of(MAX_TEXT)]


@dataclass(frozen=True)
class Joinable:
    """Teacher: whether new students are let in."""

    open: Flag


@dataclass(frozen=True)
class Close:
    """Teacher: the class is over; it can still be read and exported."""


@dataclass(frozen=True)
class Delete:
    """Teacher: the class and all that is kept of it is gone."""


@dataclass(frozen=True)
class CoTeacher:
    """Teacher: a second link. Reply: {"secret"}."""


@dataclass(frozen=True)
class RevokeCoTeachers:
    """Teacher: second links are worth nothing any more."""


@dataclass(frozen=True)
class Rehearse:
    """Teacher: so many simulated students take part; 0 ends the rehearsal."""

    students: Annotated[int, whole_in(0, MAX_REHEARSAL)]


@dataclass(frozen=True)
class Train:
    """Teacher: starts a training run on the approved drawings. Reply: {"run": NAME}."""

    name: Name
    minutes: Annotated[float, number_in(0.1, 24 * 60)]


@dataclass(frozen=True)
class SendReport:
    """Check: how this phone reaches the app."""

    http: Flag
    socket_seconds: Annotated[float, number_in(0, 86_400)]
    latency_ms: Annotated[float, number_in(0, 600_000)]


Command = (
    Rename | Vote | HandIn | Withdraw | SendTile | Seen | SetMode | Freeze | Show | Live | Ask | SecondRound | Voting
    | Results | Reveal | Reset | DropQuestion | RenameSeat | RemoveSeat | ModerateDrawing | DeleteDrawing | Present
    | UseModel | Joinable | Close | Delete | CoTeacher | RevokeCoTeachers | Rehearse | Train | SendReport
)  # fmt: skip

_EVERYBODY: dict[str, type[Command]] = {"seen": Seen}
_SHOWING: dict[str, type[Command]] = {"mode": SetMode, "freeze": Freeze, "show": Show, "live": Live}
COMMANDS: dict[Role, dict[str, type[Command]]] = {
    "student": {
        **_EVERYBODY,
        "rename": Rename,
        "vote": Vote,
        "hand_in": HandIn,
        "withdraw": Withdraw,
        "tile": SendTile,
    },
    "presenter": _EVERYBODY | _SHOWING,
    "teacher": {
        **_EVERYBODY,
        **_SHOWING,
        "ask": Ask,
        "round": SecondRound,
        "voting": Voting,
        "results": Results,
        "reveal": Reveal,
        "reset": Reset,
        "drop_question": DropQuestion,
        "rename_seat": RenameSeat,
        "remove_seat": RemoveSeat,
        "drawing": ModerateDrawing,
        "delete_drawing": DeleteDrawing,
        "present": Present,
        "model": UseModel,
        "joinable": Joinable,
        "close": Close,
        "delete": Delete,
        "co_teacher": CoTeacher,
        "revoke_co_teachers": RevokeCoTeachers,
        "rehearse": Rehearse,
        "train": Train,
    },
    "projector": _EVERYBODY,
    "check": {**_EVERYBODY, "report": SendReport},
}
QUIET = (Live, SendTile)  # commands without a reply
LONG = {"hand_in", "tile", "live", "show"}
NO_SUCH = 'Send a command as JSON, such as {"version": 1, "id": "1", "do": "seen"}.'


class Sent(NamedTuple):
    """A command as it came: id for its reply, None if it wants none."""

    id: str | None
    name: str
    command: Command


class Hello(NamedTuple):
    """A socket's first frame. after: the last sequence number that the client has; None for all."""

    role: Role
    seat: str | None
    after: int | None


# ---- reading ---------------------------------------------------------------------------------------------------------


def read_object(text: str | bytes, most: int = MAX_PICTURE_BYTES) -> Json:
    """A JSON object of at most so many bytes. Raises MessageError."""
    try:
        found = json.loads(text, parse_constant=_no_constant) if len(text) <= most else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise MessageError(NO_SUCH if len(text) <= most else f"A message may have at most {most:,} bytes.")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def read_hello(text: str | bytes) -> Hello:
    """A socket's first frame. Raises MessageError."""
    found = read_object(text, MAX_COMMAND_BYTES)
    _check_version(found)
    seat = or_null(text_of(MAX_TEXT))("seat", found.get("seat"))
    return Hello(read_role(found.get("role")), seat, read_after(found.get("after")))


def read_role(value: object) -> Role:
    """student, teacher, projector or check. Raises MessageError."""
    role: Role = one_of(Role)("role", value)
    return role


def read_after(value: object) -> int | None:
    """A sequence number, None for null and for one that no server can have given. Raises MessageError."""
    found: int | None = or_null(whole_in(-LARGEST_ID, LARGEST_ID))("after", value)
    return found if found is not None and found >= 0 else None


def reply_id(text: str | bytes) -> str | None:
    """The id of a command that may be no good, for the sentence that says so."""
    try:
        found = read_object(text).get("id")
    except MessageError:
        return None
    return found if isinstance(found, str) and len(found) <= 64 and not any(map(is_odd, found)) else None


def read_command(text: str | bytes, role: Role) -> Sent:
    """A command of this role. Raises MessageError with what is wrong with it."""
    found = read_object(text)
    _check_version(found)
    identity = or_null(text_of(64))("id", found.pop("id", None))
    name = found.pop("do", None)
    kind = COMMANDS[role].get(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(COMMANDS[role])
        raise MessageError(f"A {role} has no command {str(name)[:40]!a}, only {known}.")
    if len(text) > MAX_COMMAND_BYTES and name not in LONG:
        raise MessageError(f"This command may have at most {MAX_COMMAND_BYTES:,} bytes.")
    command = Live(found) if kind is Live else _read_fields(kind, found)
    return Sent(identity, str(name), command)


def _check_version(found: Json) -> None:
    if (spoken := found.pop("version", None)) != VERSION:
        raise MessageError(f"This server speaks version {VERSION} of the class's messages, not {str(spoken)[:40]!a}.")


def _checks(kind: type[Any]) -> dict[str, tuple[Check, bool]]:
    """Of each field: what checks it, and whether it may be left out."""
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: (get_args(hints[each.name])[1], each.default is not MISSING) for each in fields(kind)}


_CHECKS = {kind: _checks(kind) for kinds in COMMANDS.values() for kind in kinds.values() if kind is not Live}


def _read_fields(kind: type[Command], found: Mapping[str, Any]) -> Command:
    checks = _CHECKS[kind]
    if unknown := found.keys() - checks.keys():
        raise MessageError(f"This command has no field {min(unknown)[:40]!a}.")
    if missing := [name for name, (_, optional) in checks.items() if name not in found and not optional]:
        raise MessageError(f"This command needs “{missing[0]}”.")
    return kind(**{name: checks[name][0](name, value) for name, value in found.items()})


def read_picture(text: str, shape: Shape) -> bytes:
    """The bytes of a picture of this shape. Raises MessageError."""
    channels, height, width = shape
    try:
        found = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise MessageError("A picture must be its bytes in base64.") from None
    if len(found) != channels * height * width:
        raise MessageError(
            f"A picture of shape {list(shape)} has {channels * height * width:,} bytes, not {len(found):,}."
        )
    return found
