"""A worker's modules as one classic script, for pages from file://: each module becomes a function that is called once.

    import { a, b as c } from "./x.js";   →   const { a, b: c } = modules["lib/x.js"];
    export function a() { … }             →   function a() { … }          and at its end   return { a };

The import and export statements of a formatted module stand at the left margin, each alone in its lines; nothing else
of the text is changed. What cannot be said so is refused: import(), exports that change, export … from.
"""

import re
from collections.abc import Iterable, Sequence

_IMPORT = re.compile(r'^import (?:(?P<what>[^"]*?) from )?"$', re.DOTALL)
_EXPORT = re.compile(
    r"^export (?P<default>default )?(?P<declared>(?:async )?(?:function\*?|class|const) (?P<name>[\w$]+)\b)",
    re.MULTILINE,
)
_LIST = re.compile(r"^export \{(?P<names>[^}]*)\};\n", re.MULTILINE)
_MARGIN = re.compile(r"^import\b|^export\b", re.MULTILINE)


class PackingError(ValueError):
    """A module that cannot be packed: one sentence."""


def script_of(modules: Iterable[tuple[str, Sequence[str]]]) -> tuple[str, ...]:
    """The script of these modules, each after those that it imports, in pieces as those of vae.lab.packing's Module.

    The names among its pieces are of assets alone. Raises PackingError.
    """
    pieces = ['"use strict";\nconst modules = {};\n']
    for name, own in modules:
        first, *others = _function(name, own)
        pieces[-1] += first
        pieces += others
    return tuple(pieces)


def _function(name: str, pieces: Sequence[str]) -> list[str]:
    """A module's pieces, as a function that is called at once."""
    text, assets, skipped = "", [], 0
    for before, named in zip(pieces[::2], (*pieces[1::2], ""), strict=True):
        text += before[skipped:]
        skipped = 0
        if named.endswith(".js"):
            text, skipped = _imported(text, named, name), len('"')
        elif named:
            assets.append(named)
            text += "\0"
    text, exported = _without_exports(text.replace("import.meta.url", "location.href"))
    if wrong := _MARGIN.search(text):
        line = text[wrong.start() :].partition("\n")[0]
        raise PackingError(f"{name}: a worker cannot have “{line}”; see vae.lab.workers.")
    body = f"modules[{name!r}] = (() => {{\n{text}\nreturn {{ {', '.join(exported)} }};\n}})();\n"
    texts = body.split("\0")
    return [texts[0], *(piece for pair in zip(assets, texts[1:], strict=True) for piece in pair)]


def _imported(text: str, named: str, name: str) -> str:
    """The text up to a specifier, its import statement rewritten; the quote after the specifier is to be left out."""
    start = max((found.start() for found in _MARGIN.finditer(text)), default=0)
    found = _IMPORT.match(text[start:])
    if not found:
        raise PackingError(f"{name}: a worker imports {named} by no import statement; see vae.lab.workers.")
    what = found["what"]
    if what is None:
        return text[:start]
    if what.startswith("* as "):
        pattern = what.removeprefix("* as ")
    elif what.startswith("{"):
        pattern = re.sub(r"([\w$]+) as ([\w$]+)", r"\1: \2", what)
    else:
        pattern = f"{{ default: {what} }}"
    return f"{text[:start]}const {pattern} = modules[{named!r}]"


def _without_exports(text: str) -> tuple[str, list[str]]:
    """The text without the word export, and what was exported, as the fields of an object."""
    exported = []
    for found in _EXPORT.finditer(text):
        exported.append(f"default: {found['name']}" if found["default"] else found["name"])
    for found in _LIST.finditer(text):
        exported += [_field(each) for each in found["names"].split(",") if each.strip()]
    return _LIST.sub("", _EXPORT.sub(r"\g<declared>", text)), exported


def _field(listed: str) -> str:
    own, _, name = listed.strip().partition(" as ")
    return f"{name}: {own}" if name else own
