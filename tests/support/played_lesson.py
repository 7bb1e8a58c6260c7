"""A lesson for tests of what plays it, as the library of lessons would give it."""

import json
from typing import Any

from tests.support.pages import ROOT

LESSON: dict[str, Any] = json.loads((ROOT / "tests/js/lessons/two-numbers.json").read_text("utf-8"))


def lessons(name: str, language: str) -> dict[str, object]:
    """The one lesson, in any language. Raises LookupError for another name."""
    if name != LESSON["name"]:
        raise LookupError(f"There is no lesson called {name!r:.80}.")
    return LESSON | {"language": language or "en"}
