"""A packed page in Chromium: its modules, workers and files, and what its policy forbids."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import new_page
from vae.lab.html import Block, html_page, json_block, module_blocks
from vae.lab.packing import Packed, pack

pytestmark = pytest.mark.browser

ENTRY = """import { doubled } from "./lib/doubled.js";

const TABLE = new URL("table.bin", import.meta.url);

export default async function start(read, importModule) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const answer = new Promise((resolve) => worker.addEventListener("message", ({ data }) => resolve(data)));
  worker.postMessage(21);
  const late = await import("./late.js");
  const same = (await importModule("late.js")) === late;
  const table = new Uint8Array(await (await fetch(TABLE)).arrayBuffer());
  const { title } = JSON.parse(new TextDecoder().decode(await read("about")));
  const numbers = [...(await read("numbers"))];
  const foreign = await fetch("http://127.0.0.1:9/").then(() => "fetched", (error) => error.name);
  const seen = { here: doubled(2), worker: await answer, late: late.name };
  const found = { ...seen, same, table: [...table], title, numbers, foreign };
  document.body.append(Object.assign(document.createElement("output"), { textContent: JSON.stringify(found) }));
}
"""
FOUND = {
    "here": 4,
    "worker": 42,
    "late": "late",
    "same": True,
    "table": [0, 255, 10],
    "title": "</script> Ä",
    "numbers": [1, 2, 3, 4],
    "foreign": "TypeError",
}


@pytest.fixture
def packed(tmp_path: Path) -> Packed:
    """An entry that uses a module here and in a worker, one more by import(), and a table."""
    texts = {
        "entry.js": ENTRY,
        "worker.js": 'import { doubled } from "./lib/doubled.js";\n\n'
        'addEventListener("message", ({ data }) => postMessage(doubled(data)));\n',
        "late.js": 'export const name = "late";\n',
        "lib/doubled.js": "export const doubled = (number) => 2 * number;\n",
    }
    (tmp_path / "frontend" / "lib").mkdir(parents=True)
    for name, text in texts.items():
        (tmp_path / "frontend" / name).write_text(text)
    (tmp_path / "frontend" / "table.bin").write_bytes(b"\x00\xff\n")
    return pack("entry.js", "late.js", root=tmp_path / "frontend")


def page_of(packed: Packed) -> bytes:
    blocks = [
        *module_blocks(packed, folder=None),
        json_block("about", {"title": FOUND["title"]}),
        Block("numbers", b"\x01\x02\x03\x04", item=2),
    ]
    return html_page("Packed", "output { color: rgb(1, 2, 3); }", blocks, connect="")


def test_modules_workers_and_files_work_from_a_folder_without_network(
    packed: Packed, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "a page #1.html"
    file.write_bytes(page_of(packed))
    with new_page(browser, offline=True) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        expect(page.locator("output")).to_have_css("color", "rgb(1, 2, 3)")
        assert json.loads(page.locator("output").inner_text()) == FOUND
        assert {address.split(":")[0] for address in asked} <= {"file", "blob"}


def test_a_script_that_the_page_s_text_or_a_module_brings_does_not_run(
    packed: Packed, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    spoilt = b"<script>title.textContent = 'run'</script><img src=x onerror=\"title.textContent = 'run'\"></body>"
    file.write_bytes(page_of(packed).replace(b"</body>", spoilt))
    with new_page(browser, offline=True) as page:
        page.goto(file.as_uri())
        expect(page.locator("output")).to_be_visible()
        page.evaluate(
            "document.body.append(Object.assign(document.createElement(`script`), {text: `document.title = 1`}))"
        )
        assert page.title() == "Packed"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("delete window.DecompressionStream", "this browser is too old: it cannot unpack the page"),
        ("window.atob = () => ''", "Latent Lab did not start: "),
    ],
)
def test_a_page_that_cannot_start_says_so(
    spoil: str, sentence: str, packed: Packed, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(page_of(packed))
    with new_page(browser, offline=True) as page:
        page.add_init_script(spoil)
        page.goto(file.as_uri())
        expect(page.get_by_role("alert")).to_contain_text(sentence)
        expect(page.get_by_role("alert")).to_contain_text("Open it in a current Firefox, Chrome, Edge or Safari.")
