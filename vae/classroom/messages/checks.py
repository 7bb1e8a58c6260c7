"""What a field of a command may be: each check takes a field's name and its value, and gives the value.

Raises MessageError, with what the field must be.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args

from vae.classroom.messages.protocol import LARGEST_ID, Shape
from vae.validation import is_number, is_whole

Check = Callable[[str, Any], Any]


class MessageError(ValueError):
    """A message is no such; the sentence to reply."""


def require(condition: bool, name: str, expected: str) -> None:
    """Raises MessageError saying what the field must be, unless it is so."""
    if not condition:
        raise MessageError(f"“{name}” must be {expected}.")


def whole_in(low: int, high: int) -> Check:
    """A whole number."""

    def check(name: str, value: Any) -> int:
        require(is_whole(value, low, high), name, f"a whole number from {low} to {high}")
        return int(value)

    return check


def number_in(low: float, high: float) -> Check:
    """A finite number."""

    def check(name: str, value: Any) -> float:
        require(is_number(value, low, high), name, f"a number from {low:g} to {high:g}")
        return float(value)

    return check


def a_flag(name: str, value: Any) -> bool:
    """true or false."""
    require(isinstance(value, bool), name, "true or false")
    return bool(value)


def text_of(most: int, least: int = 1) -> Check:
    """Text of so many characters, none of which breaks other programs."""

    def check(name: str, value: Any) -> str:
        require(isinstance(value, str) and least <= len(value) <= most, name, f"text of {least} to {most} characters")
        found = str(value)
        require(not any(map(is_odd, found)), name, "readable text")
        return found

    return check


def is_odd(sign: str) -> bool:
    """Whether a character is half of one, which nobody can be sent, or a zero byte, which ends a text elsewhere."""
    return sign == "\0" or "\ud800" <= sign <= "\udfff"


def one_of(kind: Any) -> Check:
    """One of the values of a Literal."""
    options = get_args(kind)

    def check(name: str, value: Any) -> Any:
        require(isinstance(value, type(options[0])) and value in options, name, " or ".join(map(str, options)))
        return value

    return check


def or_null(inner: Check) -> Check:
    """null, or what the other check takes."""
    return lambda name, value: None if value is None else inner(name, value)


def list_of(inner: Check, least: int, most: int) -> Check:
    """A list with so many items."""

    def check(name: str, value: Any) -> tuple[Any, ...]:
        require(isinstance(value, list) and least <= len(value) <= most, name, f"a list of {least} to {most}")
        return tuple(inner(name, each) for each in value)

    return check


def shape_in(side: int) -> Check:
    """A picture's shape, no side longer than this."""

    def check(name: str, value: Any) -> Shape:
        good = isinstance(value, list) and len(value) == 3 and all(is_whole(each, 1, side) for each in value)
        require(good and value[0] in (1, 3), name, f"[1 or 3, height, width], each side at most {side}")
        channels, height, width = value
        return channels, height, width

    return check


def link_params(name: str, value: Any) -> dict[str, str]:
    """The parameters of a link."""
    good = isinstance(value, dict) and len(value) <= 24
    require(good, name, "an object of at most 24 texts")
    texts = text_of(2048, 0)
    return {text_of(40)(name, key): texts(name, text) for key, text in value.items()}


def a_piece(name: str, value: Any) -> tuple[Literal["drawing", "seat"], int]:
    """{"drawing": ID} or {"seat": ID}."""
    good = isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("drawing", "seat")
    require(good, name, 'a list of {"drawing": ID} and {"seat": ID}')
    ((kind, identity),) = value.items()
    return kind, whole_in(1, LARGEST_ID)(name, identity)
