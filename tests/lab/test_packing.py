"""Modules in one page: what is found in a module's text, the order, what is refused, the page's text."""

import base64
import gzip
import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from vae.lab import html, packing
from vae.lab.html import Block, html_page, json_block, module_blocks
from vae.lab.packing import WORKER, pack, read_module
from vae.lab.workers import PackingError
from vae.views.shared.scripts import FRONTEND

ROOT = Path(__file__).parents[2]
NAMES = ROOT / "tests" / "support" / "named_modules.js"
TOKENS = ROOT / "tests" / "support" / "tokens.js"
MODULES = sorted(path.relative_to(FRONTEND).as_posix() for path in FRONTEND.rglob("*.js"))
# Streamlit's host imports by an address that Python sends, the bootstrap by one that it has made: neither is packed.
UNPACKED = {"hosts/streamlit.js", html.BOOTSTRAP}


def front_end(root: Path, **texts: str) -> Path:
    """A folder with these modules: a="…" is a.js."""
    for name, text in texts.items():
        (root / f"{name}.js").write_text(text)
    return root


def block_text(page: bytes, name: str) -> str:
    """What a block of the page holds, as it stands there."""
    found = re.search(rf'<script type="text/plain" data-name="{re.escape(name)}"[^>]*>([^<]*)</script>', page.decode())
    assert found is not None
    return found[1]


def test_a_module_is_cut_where_it_names_others(tmp_path: Path) -> None:
    text = """import { a } from "./a.js";
import {
  long,
} from "./lib/b.js";
export * from "./c.js";
import "./d.js";
const late = () => import("./e.js");
const worker = new Worker(new URL("./f.js", import.meta.url), { type: "module" });
const table = new URL("table.bin", import.meta.url);
"""
    module = read_module("m.js", front_end(tmp_path, m=text))
    assert module.names == ("a.js", "lib/b.js", "c.js", "d.js", "e.js", "worker:f.js", "table.bin")
    left = re.sub(r'"[^"\n]+\.(js|bin)"', '""', text).replace('"module"', '"classic"')
    assert "".join(module.pieces[::2]) == left


def test_what_comments_and_texts_say_is_left_alone(tmp_path: Path) -> None:
    text = """/**
 * @import { A } from "./a.js"
 * @typedef {import("./b.js").B} B
 */
// import("./c.js"), or new URL("./d.js", import.meta.url)
const help = "write import('./e.js') from './f.js'";
"""
    assert read_module("m.js", front_end(tmp_path, m=text)).pieces == ("\n" * 5 + text.splitlines(keepends=True)[-1],)


def test_comments_go_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    text = (
        "/** One\n * line. */\nconst a = 1; // stays\n  // goes\nconst b = `\n// text\n`;\nf(/** @type {A} */ (b));\n"
    )
    assert read_module("m.js", front_end(tmp_path, m=text)).pieces == (
        "\n\nconst a = 1; // stays\n\nconst b = `\n// text\n`;\nf(/** @type {A} */ (b));\n",
    )


def test_without_its_comments_each_module_has_the_same_tokens(tmp_path: Path) -> None:
    def digests(root: Path) -> list[str]:
        files = [str(root / name) for name in MODULES]
        done = subprocess.run(
            [ROOT / ".venv/bin/node", "--expose-internals", TOKENS, *files], capture_output=True, text=True, check=True
        )
        return list(json.loads(done.stdout))

    for name in MODULES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(packing.without_comments((FRONTEND / name).read_text("utf-8")), "utf-8")
    assert digests(FRONTEND) == digests(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "const late = (name) => import(name);",
        "const here = import.meta.url;",
        "const late = import(`./a.js`);",
        'import a from "./a.json" with { type: "json" };',
        "import { a } from './a.js';",
        'if (true) { import("./a.js").then(run, import.meta) }',
        'const script = new URL("./a.js", import.meta.url);',
        'new Worker(new URL("./a.js", import.meta.url));',
    ],
)
def test_an_unknown_way_to_name_a_module_is_refused_with_its_line(line: str, tmp_path: Path) -> None:
    root = front_end(tmp_path, m=f"\n{line}\n", a="")
    with pytest.raises(PackingError, match=r"^m\.js, line 2: “.*” is in no form that can be packed"):
        read_module("m.js", root)


@pytest.mark.parametrize("name", ["plotly", "/a.js", "../a.js", "https://elsewhere.example/a.js", "./folder"])
def test_what_is_no_file_of_the_front_end_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PackingError, match="which is no file beneath the front end's folder"):
        read_module("m.js", front_end(tmp_path, m=f'import "{name}";\n'))


def test_each_module_comes_after_those_that_it_names(tmp_path: Path) -> None:
    root = front_end(
        tmp_path,
        entry='import "./a.js";\nimport "./b.js";\n',
        a='import "./c.js";\n',
        b='new Worker(new URL("./c.js", import.meta.url), { type: "module" });\nimport("./d.js");\n',
        c="",
        d='new URL("table.bin", import.meta.url);\n',
    )
    (root / "table.bin").write_bytes(b"")
    packed = pack("entry.js", root=root)
    assert [module.name for module in packed.modules] == ["c.js", "a.js", "worker:c.js", "d.js", "b.js", "entry.js"]
    assert packed.assets == ("table.bin",)


def test_a_circle_is_refused_and_named(tmp_path: Path) -> None:
    root = front_end(tmp_path, entry='import "./a.js";\n', a='import "./b.js";\n', b='import("./a.js");\n')
    with pytest.raises(PackingError, match=r"in a circle: a\.js → b\.js → a\.js; move what they share\."):
        pack("entry.js", root=root)


@pytest.mark.parametrize("text", ['import "./missing.js";', 'new URL("missing.bin", import.meta.url);'])
def test_what_is_not_there_is_refused(text: str, tmp_path: Path) -> None:
    root = front_end(tmp_path, entry=text)
    with pytest.raises(PackingError, match=r"missing\..* is not there\."):
        pack("entry.js", root=root)


def test_every_module_names_what_a_parser_of_javascript_finds_in_it() -> None:
    """Acorn is the parser that Node.js brings for its own use."""
    done = subprocess.run(
        [ROOT / ".venv/bin/node", "--expose-internals", NAMES, *(str(FRONTEND / name) for name in MODULES)],
        capture_output=True,
        text=True,
        check=True,
    )
    parsed: dict[str, list[str]] = json.loads(done.stdout)
    for name in MODULES:
        specifiers = parsed[str(FRONTEND / name)]
        if name in UNPACKED:
            assert "other" in specifiers
            with pytest.raises(PackingError):
                read_module(name)
        else:
            named = [each.removeprefix(WORKER) for each in read_module(name).names]
            assert named == [packing._resolved(each, name) for each in specifiers], name
    assert sum(map(len, parsed.values())) > 300


def test_a_page_holds_its_data_as_it_was(tmp_path: Path) -> None:
    packed = Block("table", bytes(range(256)))
    numbers = Block("numbers", b"abcdef", item=2)
    shown = json_block("about", {"title": "</script><!-- Ä"}, packed=False)
    page = html_page("A <title>", "", [packed, numbers, shown], connect="")
    assert gzip.decompress(base64.b64decode(block_text(page, "table"))) == bytes(range(256))
    assert gzip.decompress(base64.b64decode(block_text(page, "numbers"))) == b"acebdf"
    assert json.loads(block_text(page, "about")) == {"title": "</script><!-- Ä"}
    assert "<title>A &lt;title&gt;</title>" in page.decode()


@pytest.mark.parametrize("text", ["</script>", "</SCRIPT >", "<!-- <script>"])
def test_a_text_that_would_end_its_element_is_refused(text: str) -> None:
    with pytest.raises(PackingError, match="would end its element"):
        html_page("", "", [Block("about", text.encode(), packed=False)], connect="")


def test_one_script_runs_and_the_policy_has_its_hash() -> None:
    page = html_page("", "a { color: red; }", [Block("about", b"")], connect="'self'", later_styles=["b {}"]).decode()
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert found is not None
    rules = dict(rule.split(" ", 1) for rule in found[1].split("; "))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}' blob: 'wasm-unsafe-eval'"
    digests = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in (b"a { color: red; }", b"b {}")]
    assert rules["style-src"] == " ".join(f"'sha256-{digest}'" for digest in digests)
    assert rules["connect-src"] == "blob: data: 'self'"
    assert "unsafe-inline" not in found[1]


def test_the_same_modules_make_the_same_page_and_a_server_s_page_holds_no_asset(tmp_path: Path) -> None:
    root = front_end(tmp_path, entry='new URL("table.bin", import.meta.url);\n')
    (root / "table.bin").write_bytes(b"table")
    packed = pack("entry.js", root=root)
    pages = [html_page("", "", module_blocks(packed, folder=None), connect="") for _ in range(2)]
    assert pages[0] == pages[1]
    assert gzip.decompress(base64.b64decode(block_text(pages[0], "table.bin"))) == b"table"
    served = html_page("", "", module_blocks(packed, folder="live/frontend/1"), connect="'self'")
    assert json.loads(block_text(served, "modules"))["assets"] == {"table.bin": "live/frontend/1/table.bin"}
    assert b'data-name="table.bin"' not in served
