"""The documents name files and functions that exist."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "deploy/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
FUNCTION = re.compile(r"`([A-Za-z_]\w*(?:\.\w+)?)`")
FOLDERS = "vae|pages|tests|docs|checkpoints"
# `vae/ui/pages/explore.py`, `tests/browser/`, `CHANGELOG.md`; not `tests/PACKAGE/`, which stands for several.
FILE = re.compile(rf"`((?:{FOLDERS})/[\w./-]*|[\w-]+\.(?:py|md|toml|json|txt|lock))`")
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b")
MADE_LATER = {"request.json", "status.json", "checkpoints/.runs/"}  # by a run
METHOD = re.compile(r"^  (?:static |async |get |set )*(\w+)\(", re.MULTILINE)
JAVASCRIPT = re.compile(r"^(?:export )?(?:default )?(?:async )?(function|class) (\w+)", re.MULTILINE)


def links(document: Path) -> list[tuple[str, Path]]:
    """Text and target of each link to a file of the project."""
    found = LINK.findall(document.read_text("utf-8"))
    return [
        (text, (document.parent / target.partition("#")[0]).resolve())
        for text, target in found
        if not re.match("[a-z]+:|#", target)
    ]


@cache
def defined(path: Path) -> frozenset[str]:
    """Classes and functions of a file, methods as Class.method."""
    text = path.read_text("utf-8")
    return frozenset(_python(text) if path.suffix == ".py" else _javascript(text))


def _python(text: str) -> set[str]:
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (part for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)))
            found |= {f"{node.name}.{method.name}" for method in methods}
    return found


def _javascript(text: str) -> set[str]:
    """Of a file as Biome formats it: a class ends at the first line that is only a brace, methods are indented by 2."""
    text = text.replace("export default", "export")
    found = set()
    for match in JAVASCRIPT.finditer(text):
        kind, name = match.groups()
        found.add(name)
        if kind == "class":
            body = text[match.end() : text.index("\n}", match.end())]
            found |= {f"{name}.{method}" for method in METHOD.findall(body)}
    return found


def test_the_pattern_finds_functions_classes_and_methods_of_javascript() -> None:
    text = """export default class Explore {
  async move(z) {
    if (z) {
    }
  }
  static of({ a, b }, c) {
  }
  get base() {
  }
  send(/** @type {Job} */ job) {
  }
}
export async function load(address) {
}
function inner() {
}
"""
    members = {"Explore.move", "Explore.of", "Explore.base", "Explore.send"}
    assert _javascript(text) == {"Explore", *members, "load", "inner"}


def test_every_link_leads_to_a_file() -> None:
    for document in DOCS:
        for text, target in links(document):
            assert target.exists(), f"{document.name}: [{text}] leads to {target}"


def test_every_linked_function_is_defined_where_the_link_says() -> None:
    seen = 0
    for document in DOCS:
        for text, target in links(document):
            named = FUNCTION.fullmatch(text)
            if named and target.suffix in {".py", ".js"}:
                seen += 1
                assert named[1] in defined(target), f"{document.name}: {named[1]} is not in {target}"
    assert seen > 50, "the pattern finds the functions of architecture.md"


def test_every_file_named_exists() -> None:
    for document in [*DOCS, ROOT / "CHANGELOG.md"]:
        for name in FILE.findall(document.read_text("utf-8")):
            stands_for_several = PLACEHOLDER.search(name) and "/" in name
            if not stands_for_several and name not in MADE_LATER:
                assert (ROOT / name).exists(), f"{document.name} names {name}"


def test_every_row_of_hostile_input_selects_tests() -> None:
    """Its last column is a pytest -k expression: words of test names, joined by `or`."""
    rows = re.findall(r"^\|.*\| `([\w ]+)` \|$", (ROOT / "docs" / "reliability.md").read_text("utf-8"), re.MULTILINE)
    names = ("test_hostile.py", "classroom/test_hostile_classes.py", "lessons/test_hostile_lessons.py")
    files = [ROOT / "tests" / name for name in names]
    tests = [name for file in files for name in defined(file) if name.startswith("test_")]
    assert len(rows) > 20
    for word in (word for row in rows for word in row.split(" or ")):
        assert any(word in name for name in tests), f"no hostile test has {word!r} in its name"
