"""Modules of the front end and all that they need, cut into pieces that a page can put together; see vae.lab.html.

A module's text is as it is on the disk, cut where it names another one, without its comments, which are a third of it;
each line keeps its number. In the browser hosts/lab/bootstrap.js joins each text with the blob: addresses of what it
names, leaf first, and imports the entry. So the modules work from a server and from file://. What names others, always
relative to the module's own folder:

    import … from "./a.js";   export … from "./a.js";   import("./a.js")
    new URL("table.bin", import.meta.url)                                    any file that is no module: an asset
    new Worker(new URL("./w.js", import.meta.url), { type: "module" })       a worker

A worker becomes one classic script, as vae.lab.workers describes: in a page from file:// only Firefox lets one import
modules.
"""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vae.lab.workers import PackingError, script_of
from vae.views.shared.scripts import FRONTEND

WORKER = "worker:"  # before the name of a module that is to run as a worker

# A formatted module has its import statements at the left margin.
_STATEMENT = re.compile(r"""^(?:import|export)\s(?:[^"';]*?\sfrom\s)?"(?P<name>[^"\n]+)";""", re.MULTILINE)
_CALL = re.compile(r"""\bimport\(\s*"(?P<name>[^"\n]+)"\s*\)""")
_ADDRESS = re.compile(r"""\bnew URL\(\s*"(?P<name>[^"\n:]+)",\s*import\.meta\.url\s*\)""")
_WORKER = re.compile(rf"""\bnew Worker\(\s*{_ADDRESS.pattern},\s*{{\s*type: "(?P<type>module)\"""")
_COMMENT_OR_TEXT = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""", re.DOTALL
)
_COMMENT_LINES = re.compile(r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*$", re.MULTILINE | re.DOTALL)
_NAMING = re.compile(r"""\bimport\b|\bfrom\s*(?=["'])""")


@dataclass(frozen=True)
class Module:
    """A module's text in pieces: text, name of what it names there, text, name, …, text."""

    name: str
    pieces: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What it names: modules, workers and assets, relative to the front end's folder, as often as it names them."""
        return self.pieces[1::2]


@dataclass(frozen=True)
class Packed:
    """An entry and all that it needs. modules: each after those that it names. assets: names of other files in root."""

    root: Path
    entry: str
    modules: tuple[Module, ...]
    assets: tuple[str, ...]


def pack(*entries: str, root: Path = FRONTEND) -> Packed:
    """The entry module, "hosts/lab/file.js", others that it imports by name, and all that these need.

    Raises PackingError for a module that is missing, that names another in an unknown way, or that needs itself.
    """
    done: dict[str, Module] = {}
    assets: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " → ".join((*path[path.index(name) :], name))
            raise PackingError(f"These modules import each other in a circle: {circle}; move what they share.")
        if name in done:
            return
        module = _worker(name, root) if name.startswith(WORKER) else read_module(name, root)
        for needed in module.names:
            if needed.endswith(".js"):
                visit(needed, (*path, name))
            elif not (root / needed).is_file():
                raise PackingError(f"{name} names {needed}, which is not there.")
            else:
                assets[needed] = None
        done[name] = module

    for name in entries:
        visit(name, ())
    return Packed(root, entries[0], tuple(done.values()), tuple(assets))


def read_module(name: str, root: Path = FRONTEND) -> Module:
    """A module, cut where it names others. Raises PackingError."""
    try:
        return _cut(name, (root / name).read_text("utf-8"))
    except FileNotFoundError as error:
        raise PackingError(f"The module {name} is not there.") from error


@lru_cache(maxsize=1024)  # more modules than there are: each page and each file is packed from many of the same
def _cut(name: str, text: str) -> Module:
    text = without_comments(text)
    pieces, end = [""], 0
    for found in _found(text, name):
        target = _resolved(found["name"], name)
        pieces[-1] += text[end : found.start("name")]
        end = found.end("name")
        if found.re is _WORKER:
            pieces += [WORKER + target, f"{text[end : found.start('type')]}classic"]
            end = found.end("type")
        else:
            pieces += [target, ""]
    pieces[-1] += text[end:]
    return Module(name, tuple(pieces))


def without_comments(text: str) -> str:
    """A script whose comments that have lines of their own are empty lines."""
    comments = {found.start("comment") for found in _COMMENT_OR_TEXT.finditer(text) if found["comment"]}

    def emptied(found: re.Match[str]) -> str:
        start = found.start() + len(found[0]) - len(found[0].lstrip())
        return "\n" * found[0].count("\n") if start in comments else found[0]

    return _COMMENT_LINES.sub(emptied, text)


def _worker(name: str, root: Path) -> Module:
    """A worker's modules as one classic script, which names assets alone."""
    packed = pack(name.removeprefix(WORKER), root=root)
    return Module(name, script_of([(module.name, module.pieces) for module in packed.modules]))


def _found(text: str, name: str) -> list[re.Match[str]]:
    """Where a module names others, in the order of its text."""
    skipped = list(_COMMENT_OR_TEXT.finditer(text))
    comments = [each.span() for each in skipped if each["comment"]]
    found: list[re.Match[str]] = []
    for pattern in (_STATEMENT, _CALL, _WORKER, _ADDRESS):
        known = [match.span() for match in found]
        found += [m for m in pattern.finditer(text) if not _inside(m.start(), comments + known)]
    known, ignored = [match.span() for match in found], [each.span() for each in skipped]
    wrong = [word for word in _NAMING.finditer(text) if not _inside(word.start(), known + ignored)]
    wrong += [match for match in found if match.re is _ADDRESS and match["name"].endswith(".js")]
    if wrong:
        line = text.count("\n", 0, wrong[0].start()) + 1
        raise PackingError(
            f"{name}, line {line}: “{wrong[0][0].strip()}” is in no form that can be packed; see vae.lab.packing."
        )
    return sorted(found, key=lambda match: match.start())


def _inside(place: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _resolved(specifier: str, name: str) -> str:
    """What a specifier means in this module, relative to the front end's folder."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), specifier))
    if specifier.startswith(("/", "http")) or target.startswith("../") or not Path(specifier).suffix:
        raise PackingError(f'{name} names "{specifier}", which is no file beneath the front end\'s folder.')
    return target
