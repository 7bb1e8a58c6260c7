"""What every boundary checks the same way."""

from typing import Any, get_args


def require(condition: bool, name: str, value: object, expected: str) -> None:
    """Raises ValueError saying what was expected and what came, unless the condition holds."""
    if not condition:
        raise ValueError(f"{name} must be {expected}, not {value!r}.")


def one_of(options: Any) -> str:
    """The values of a Literal, for people: "a, b or c"."""
    *first, last = get_args(options)
    return f"{', '.join(first)} or {last}"


def is_whole(value: object) -> bool:
    """Whether this is a whole number; True and 2.0 are not."""
    return isinstance(value, int) and not isinstance(value, bool)
