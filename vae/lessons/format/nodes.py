"""YAML with line numbers: the settings of a lesson, each taken by its key.

Nothing is constructed from YAML: it is read as a tree of nodes, which know their lines. Aliases, with which a few lines
describe gigabytes, nesting deeper than a lesson's and keys that stand twice are refused. A number or a date is a text
here until a setting asks for a number.
"""
# PyYAML is imported where it is used: most pages of the app need no lesson.

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from vae.lessons.format.mistakes import Mistakes
from vae.validation import parse_whole

if TYPE_CHECKING:
    from yaml import Node

DEEPEST = 6  # options of the transfer are at 3
SHOWN = 40  # characters of a refused value
# Control characters, which YAML lets one write as "\0", those that turn the direction of the text around them, and what
# is no character.
_STRANGE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_NULL = "tag:yaml.org,2002:null"
_QUOTES = "a text with a colon, or one that begins with a brace or a bracket, must be in quotes"
_REASONS = {
    "found character '\\t' that cannot start any token": "indent with spaces, not with tabs",
}


class _TooDeepError(Exception):
    pass


@dataclass(frozen=True)
class Text:
    """A text and the line where it begins."""

    text: str
    line: int


def is_strange(text: str) -> bool:
    """Whether a line has a character that no text should have; a tab is none."""
    return _STRANGE.search(text.replace("\t", " ")) is not None


def compose(source: str, first_line: int, mistakes: Mistakes) -> "Node | None":
    """The tree of a YAML text. None, with a mistake, for what is no YAML or goes beyond a lesson's.

    first_line: the file's line in which the text begins.
    """
    import yaml

    try:
        node: Node | None = yaml.compose(source, Loader=_loader())
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + first_line
        mistakes.add(line, "The settings hold a character that no text should; remove it.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = _REASONS.get(error.problem or "", f"{error.problem or 'it cannot be read'}; {_QUOTES}")
        mistakes.add(first_line + (mark.line if mark else 0), f"The settings are not YAML here: {reason}.")
    except (_TooDeepError, RecursionError):
        mistakes.add(
            first_line, f"The settings are nested more than {DEEPEST} deep, which no lesson is; use fewer levels."
        )
    else:
        return node
    return None


@cache
def _loader() -> Any:
    """PyYAML's class of loaders, with refusals."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Refuses aliases and deep nesting."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark
                raise yaml.MarkedYAMLError(problem="aliases are not allowed; repeat the text", problem_mark=mark)
            self.depth += 1
            if self.depth > DEEPEST:
                raise _TooDeepError
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    return Loader


class Fields:
    """A mapping's values, each taken once by its key. What is wrong is noted, and something harmless returned instead.

    what: what the mapping describes, as in "step 2 has no do".
    """

    def __init__(self, node: "Node | None", what: str, first_line: int, mistakes: Mistakes) -> None:
        import yaml

        self._first, self._mistakes, self._what = first_line, mistakes, what
        self._nodes: dict[str, Node] = {}
        self._lines: dict[str, int] = {}
        self._taken: list[str] = []
        self.line = first_line if node is None else self._line_of(node)
        if not isinstance(node, yaml.MappingNode):
            mistakes.add(self.line, f"{what.capitalize()} must be keys with values, such as “title: …”.")
            return
        for key, value in node.value:
            self._add(key, value)

    def _add(self, key: "Node", value: "Node") -> None:
        name, line = str(key.value)[:SHOWN] if isinstance(key.value, str) else "", self._line_of(key)
        if not name:
            self._mistakes.add(line, f"A key of {self._what} must be a word.")
        elif name in self._nodes:
            self._mistakes.add(line, f"{name!r} stands twice in {self._what}; keep one of them.")
        else:
            self._nodes[name], self._lines[name] = value, line

    def line_of(self, key: str) -> int:
        """The line of a key; the mapping's own where it has none."""
        return self._lines.get(key, self.line)

    def has(self, key: str) -> bool:
        """Whether there is such a key; it then counts as taken."""
        self._taken += [key] if key in self._nodes else []
        return key in self._nodes

    def text(self, key: str, longest: int, *, needed: bool = True) -> Text:
        """A text of at most this many characters; "" where there is none."""
        node = self._take(key, needed)
        return Text("", self.line_of(key)) if node is None else self._as_text(node, key, longest)

    def whole(self, key: str, least: int, largest: int, *, needed: bool = True) -> int | None:
        """A whole number from least to largest; None where there is none."""
        text = self.text(key, SHOWN, needed=needed).text
        number = parse_whole(text, least, largest)
        if text and number is None:
            self.refuse(key, f"a whole number from {least} to {largest}", text)
        return number

    def choice(self, key: str, names: Sequence[str]) -> str:
        """One of these words; the first of them where there is none."""
        text = self.text(key, SHOWN).text
        if text and text not in names:
            self.refuse(key, f"{', '.join(names[:-1])} or {names[-1]}", text)
        return text if text in names else names[0]

    def texts(self, key: str, most: int, longest: int) -> list[Text]:
        """A list of texts; empty where there is none."""
        nodes = self._list(key, 0, most, needed=False)
        return [self._as_text(node, f"each of {key}", longest) for node in nodes]

    def parts(self, key: str, what: str, least: int, most: int, *, needed: bool = True) -> list["Fields"]:
        """A list of mappings. what: one of them, as in "option"."""
        nodes = self._list(key, least, most, needed)
        return [Fields(node, f"{what} {i}", self._first, self._mistakes) for i, node in enumerate(nodes, 1)]

    def part(self, key: str, what: str) -> "Fields | None":
        """A mapping; None where there is none."""
        node = self._take(key, needed=False)
        return None if node is None else Fields(node, what, self._first, self._mistakes)

    def refuse(self, key: str, expected: str, came: str) -> None:
        """Notes that a value is not what was expected."""
        shown = came if len(came) <= SHOWN else f"{came[:SHOWN]}…"
        self._mistakes.add(self.line_of(key), f"{key} of {self._what} must be {expected}, not {shown!r}.")

    def done(self) -> None:
        """Notes each key that nobody took."""
        known = list(dict.fromkeys(self._taken))
        for name in self._nodes:
            if name not in known:
                near = get_close_matches(name, known, 1)
                remedy = f"did you mean {near[0]!r}?" if near else f"its keys are {', '.join(known)}."
                self._mistakes.add(self._lines[name], f"There is no {name!r} in {self._what}; {remedy}")

    def _take(self, key: str, needed: bool) -> "Node | None":
        self._taken.append(key)
        node = self._nodes.get(key)
        if node is not None and node.tag == _NULL and not node.value:
            node = None
        if node is None and needed:
            self._mistakes.add(self.line_of(key), f"{self._what.capitalize()} has no {key}; add “{key}: …”.")
        return node

    def _list(self, key: str, least: int, most: int, needed: bool) -> "list[Node]":
        import yaml

        node = self._take(key, needed)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._mistakes.add(self.line_of(key), f"{key} of {self._what} must be a list: begin each with “- ”.")
            return []
        if not least <= len(node.value) <= most:
            count = f"{least} to {most}" if least else f"at most {most}"
            self._mistakes.add(self.line_of(key), f"{key} of {self._what} must be {count}, not {len(node.value)}.")
        return list(node.value[:most])

    def _as_text(self, node: "Node", key: str, longest: int) -> Text:
        import yaml

        line = self._line_of(node)
        if not isinstance(node, yaml.ScalarNode):
            self._mistakes.add(
                line, f"{key} of {self._what} must be a text; put one with a colon or brackets in quotes."
            )
            return Text("", line)
        text = re.sub(r"\s+", " ", node.value).strip()
        if _STRANGE.search(text):
            self._mistakes.add(line, f"{key} of {self._what} holds a character that no text should; remove it.")
            text = _STRANGE.sub("", text)
        if len(text) > longest:
            many = f"{len(text)} characters long and may be {longest}"
            self._mistakes.add(line, f"{key} of {self._what} is {many}; shorten it.")
            text = text[:longest]
        return Text(text, line)

    def _line_of(self, node: "Node") -> int:
        return self._first + int(node.start_mark.line)
