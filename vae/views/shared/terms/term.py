"""A term of the pages: a sentence, a formula, and the lines of the source that compute its value.

A formula is a text in which {key:symbol} is a part of its own: the pages colour it by its key, and put what they have
measured in its place: "{sum:−ELBO(x)} = {reconstruction:−log p(x|z)} + {kl:KL(q(z|x) ‖ p(z))}".
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vae.views.shared.scripts import FRONTEND

ROOT = Path(__file__).parents[4]
PART = re.compile(r"\{(?P<key>[a-z]+):(?P<symbol>[^{}]+)\}")


@dataclass(frozen=True)
class Lines:
    """Lines of a function of this package: all, or from the first that begins with `first` to one with `last`."""

    of: Callable[..., Any] | property | type
    first: str = ""
    last: str = ""


@dataclass(frozen=True)
class Script:
    """A function of a module of the front end, which computes what the server is not asked for."""

    module: str
    function: str


Code = Lines | Script


@dataclass(frozen=True)
class Term:
    """What a page says of a number or a word.

    article: before the name in a question. code: what computes it. by_likelihood: instead, where that depends on the
    model's likelihood.
    """

    name: str
    sentence: str
    formula: str = ""
    code: tuple[Code, ...] = ()
    article: str = ""
    by_likelihood: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The keys of the formula's parts, in order, each once."""
        return list(dict.fromkeys(found["key"] for found in PART.finditer(self.formula)))


def listing(code: Code) -> dict[str, object]:
    """The lines with the file's name and the number of the first. Raises ValueError where they are not there."""
    return _script(code) if isinstance(code, Script) else _lines(code)


def _lines(code: Lines) -> dict[str, object]:
    function = code.of.fget if isinstance(code.of, property) else code.of
    assert function is not None, "every property of this package can be read"
    lines, line = inspect.getsourcelines(function)
    file = Path(inspect.getfile(inspect.unwrap(function))).resolve().relative_to(ROOT).as_posix()
    start = _place(lines, code.first, 0, file) if code.first else 0
    end = _place(lines, code.last, start, file) + 1 if code.last else len(lines)
    return {"file": file, "line": line + start, "code": "".join(lines[start:end]).rstrip()}


def _script(code: Script) -> dict[str, object]:
    """A function or a method that the formatter has laid out: it ends at a brace as far in as its first line."""
    lines = (FRONTEND / code.module).read_text("utf-8").splitlines()
    first = re.compile(rf"(?P<indent> *)(?:export )?(?:async )?(?:function )?{re.escape(code.function)}\(.*\{{$")
    found = [(i, match["indent"]) for i, text in enumerate(lines) if (match := first.match(text))]
    if len(found) != 1:
        raise ValueError(f"{code.module} has {len(found)} functions {code.function}, not 1.")
    start, indent = found[0]
    end = start + _place([f"{text}\n" for text in lines[start:]], f"{indent}}}\n", 0, code.module)
    return {"file": f"vae/frontend/{code.module}", "line": start + 1, "code": "\n".join(lines[start : end + 1])}


def _place(lines: list[str], beginning: str, start: int, file: str) -> int:
    """The first line from `start` on that begins with this text; a text that ends its line has its own indentation."""
    for i in range(start, len(lines)):
        if (lines[i] if beginning.endswith("\n") else lines[i].lstrip()).startswith(beginning):
            return i
    raise ValueError(f"{file} has no line there that begins with {beginning!r}.")
