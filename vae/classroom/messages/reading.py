"""How commands and first frames are read. Raises MessageError with the sentence to reply."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, NamedTuple, get_args, get_type_hints

from vae.classroom.messages.checks import Check, MessageError, is_odd, one_of, or_null, require, text_of, whole_in
from vae.classroom.messages.commands import COMMANDS, LONG, MOST_BYTES, Command, Live, SetLesson
from vae.classroom.messages.protocol import (
    LARGEST_ID,
    MAX_COMMAND_BYTES,
    MAX_LESSON_BYTES,
    MAX_TEXT,
    VERSION,
    Json,
    Role,
    Shape,
)

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


def read_object(text: str | bytes, most: int = MAX_LESSON_BYTES) -> Json:
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
    found = read_object(text, MOST_BYTES[role])
    _check_version(found)
    identity = or_null(text_of(64))("id", found.pop("id", None))
    name = found.pop("do", None)
    kind = COMMANDS[role].get(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(COMMANDS[role])
        raise MessageError(f"A {role} has no command {str(name)[:40]!a}, only {known}.")
    if len(text) > (most := LONG.get(str(name), MAX_COMMAND_BYTES)):
        raise MessageError(f"This command may have at most {most:,} bytes.")
    command = Live(found) if kind is Live else _read_fields(kind, found)
    return Sent(identity, str(name), command)


def read_wanted(lesson: object, language: object) -> SetLesson:
    """The lesson with which a class is opened: {"name"} or {"text"}, None for none. Raises MessageError."""
    require(lesson is None or isinstance(lesson, dict), "lesson", '{"name": NAME}, {"text": TEXT} or null')
    found = _read_fields(SetLesson, {**(lesson if isinstance(lesson, dict) else {}), "language": language})
    assert isinstance(found, SetLesson)
    return found


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
