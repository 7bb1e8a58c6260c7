"""What every boundary checks the same way."""

import re
import sys
from math import inf
from typing import Any, TypeGuard, get_args

LONGEST_SHOWN = 200  # characters of a refused value: a request can be a megabyte


def require(condition: bool, name: str, value: object, expected: str) -> None:
    """Raises ValueError saying what was expected and what came, the beginning of a long one, unless it holds."""
    if not condition:
        came = repr(value)
        shown = came if len(came) <= LONGEST_SHOWN else f"{came[:LONGEST_SHOWN]}…"
        raise ValueError(f"{name} must be {expected}, not {shown}.")


def one_of(options: Any) -> str:
    """The values of a Literal in a sentence: "a, b or c"."""
    *first, last = get_args(options)
    return f"{', '.join(first)} or {last}"


def is_number(value: object, low: float = -inf, high: float = inf) -> TypeGuard[float]:
    """Whether this is a finite number from low to high; True is not one."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max and low <= value <= high


def is_whole(value: object, low: float = -inf, high: float = inf) -> TypeGuard[int]:
    """Whether this is a whole number from low to high; True and 2.0 are not."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def parse_whole(text: str, low: int, high: int) -> int | None:
    """The whole number from low to high that an address or a link says in at most ten digits; None for other text."""
    number = int(text) if re.fullmatch("[0-9]{1,10}", text) else None
    return number if is_whole(number, low, high) else None
