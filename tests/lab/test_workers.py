"""A worker's modules as one script: what becomes of import and export statements, what is refused."""

import subprocess
from pathlib import Path

import pytest

from vae.lab.packing import WORKER, pack, read_module
from vae.lab.workers import PackingError, script_of
from vae.views.shared.scripts import FRONTEND

ROOT = Path(__file__).parents[2]
WORKERS = sorted(
    {
        name.removeprefix(WORKER)
        for path in FRONTEND.rglob("*.js")
        if "new Worker(" in path.read_text("utf-8")
        for name in read_module(path.relative_to(FRONTEND).as_posix()).names
        if name.startswith(WORKER)
    }
)


def script(text: str, *named: str) -> str:
    """What becomes of a module that names these modules and files, in this order."""
    pieces: list[str] = []
    for name in named:
        before, text = text.split(name, 1)
        pieces += [before, name]
    (only,) = script_of([("m.js", [*pieces, text])])
    return only.removeprefix('"use strict";\nconst modules = {};\n')


def test_imports_become_constants_and_exports_the_fields_of_a_module() -> None:
    text = """import { a, b as c } from "a.js";
import * as all from "b.js";
import only from "c.js";
import "d.js";

/** Says import. */
export async function load() {}
export class Map {}
export default class View {}
export const SIDE = 2;
export { a, c as d };
"""
    expected = """modules['m.js'] = (() => {
const { a, b: c } = modules['a.js'];
const all = modules['b.js'];
const { default: only } = modules['c.js'];
;

/** Says import. */
async function load() {}
class Map {}
class View {}
const SIDE = 2;

return { load, Map, default: View, SIDE, a, d: c };
})();
"""
    assert script(text, "a.js", "b.js", "c.js", "d.js") == expected


def test_files_stay_named() -> None:
    end = '", import.meta.url);\n'
    pieces = ['const a = new URL("', "a.bin", f'{end}const b = new URL("', "b.bin", end]
    first, *others = script_of([("m.js", pieces)])
    assert first.endswith('const a = new URL("')
    assert others[:3] == ["a.bin", '", location.href);\nconst b = new URL("', "b.bin"]


@pytest.mark.parametrize(
    "text",
    [
        "export let count = 0;",
        "export const { a, b } = both;",
        "export default function () {}",
        'export * from "a.js";',
        'export { a } from "a.js";',
        'const late = import("a.js");',
    ],
)
def test_what_cannot_be_said_in_a_function_is_refused(text: str) -> None:
    with pytest.raises(PackingError, match=r"^m\.js: a worker .*; see vae\.lab\.workers\.$"):
        script(text, *(["a.js"] if "a.js" in text else []))


@pytest.mark.parametrize("name", WORKERS)
def test_each_worker_is_a_script_without_errors_of_syntax(name: str, tmp_path: Path) -> None:
    module = pack(name).modules[-1]
    pieces = script_of([(module.name, module.pieces) for module in pack(name).modules])
    assert module.name == name
    (tmp_path / "worker.cjs").write_text("".join(pieces))
    node = ROOT / ".venv/bin/node"
    done = subprocess.run([node, "--check", tmp_path / "worker.cjs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
