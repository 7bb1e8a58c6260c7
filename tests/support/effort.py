"""How much tests try: little in `make test`, more in `make test-all`. The chosen Hypothesis profile says it."""

from typing import Any

import pytest
from hypothesis import settings

EXAMPLES = settings().max_examples
THOROUGH = EXAMPLES >= 100  # make test-all
PROVING = EXAMPLES > 1000  # make prove
KILLS = 20 if THOROUGH else 4


def first_in_make_test(values: Any) -> list[Any]:
    """Parameters of a test that takes seconds: `make test` tries the first, `make test-all` every one.

    A tuple has the values of several parameters; a screen's size is one value, a list.
    """
    first, *rest = values
    marked = [value if isinstance(value, tuple) else (value,) for value in rest]
    return [first, *(pytest.param(*value, marks=pytest.mark.slow) for value in marked)]
