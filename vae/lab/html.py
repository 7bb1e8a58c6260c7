"""One HTML page with modules, styles and data in it, which needs no other file, and its Content-Security-Policy.

The page's one script that runs is hosts/lab/bootstrap.js. It reads the modules' texts from a block of data, imports the
entry, and gives it a function that reads the other blocks.
"""

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from vae.lab.packing import Packed
from vae.lab.workers import PackingError
from vae.views.shared.scripts import FRONTEND

BOOTSTRAP = "hosts/lab/bootstrap.js"
MODULES = "modules"  # the block with the modules' texts


@dataclass(frozen=True)
class Block:
    """Data of a page, which the entry reads by its name. packed: as gzip in base64, else as text.

    item: bytes of a number, where the content is numbers of one size. The first bytes of all numbers are then packed
    before the second ones, and so on, which takes a tenth less.
    """

    name: str
    content: bytes
    packed: bool = True
    item: int = 1

    def to_html(self) -> str:
        """The element that holds it. Raises PackingError for text that would end it."""
        name = html.escape(self.name)
        if self.packed:
            planes = b"".join(self.content[first :: self.item] for first in range(self.item))
            text = base64.b64encode(gzip.compress(planes, 9, mtime=0)).decode()
            return f'<script type="text/plain" data-name="{name}" data-packed="{self.item}">{text}</script>'
        return f'<script type="text/plain" data-name="{name}">{_safe(self.content.decode(), "script")}</script>'


def json_block(name: str, value: object, *, packed: bool = True) -> Block:
    """A value as JSON in which no character can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Block(name, text.encode(), packed)


def module_blocks(packed: Packed, *, folder: str | None) -> list[Block]:
    """The modules as data of a page.

    folder: the address, relative to the page's, where the front end's files are served; then the texts are plain, as
    the server compresses the page, and assets are fetched from there. None: assets are in the page, and all is packed.
    """
    value = {
        "entry": packed.entry,
        "assets": {name: folder and f"{folder}/{name}" for name in packed.assets},
        "modules": [[module.name, module.pieces] for module in packed.modules],
    }
    blocks = [json_block(MODULES, value, packed=folder is None)]
    if folder is None:
        blocks += [_asset(name, (packed.root / name).read_bytes()) for name in packed.assets]
    return blocks


def _asset(name: str, content: bytes) -> Block:
    return Block(name, content, item=4 if name.endswith(".safetensors") and len(content) % 4 == 0 else 1)


def html_page(
    title: str,
    style: str,
    blocks: Iterable[Block],
    *,
    connect: str,
    later_styles: Iterable[str] = (),
    head: str = "",
    language: str = "en",
) -> bytes:
    """A whole page. The same arguments give the same bytes.

    style: the text of its style sheet. connect: where the page may fetch from beside itself, "'self'", or "" for
    nowhere. later_styles: the texts of style elements that its modules make. head: more elements of the page's head.
    language: of its words, by its code.
    """
    script, style = _safe((FRONTEND / BOOTSTRAP).read_text("utf-8"), "script"), _safe(style, "style")
    parts = [
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(script, [style, *later_styles], connect)}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        f"<title>{html.escape(title)}</title>\n{head}<style>{style}</style>\n</head>\n<body>\n",
        *(f"{block.to_html()}\n" for block in blocks),
        f"<script>{script}</script>\n</body>\n</html>\n",
    ]
    return "".join(parts).encode()


def policy(script: str, styles: Iterable[str], connect: str) -> str:
    """What the page may do: run this one script and modules that it makes, and fetch from nowhere else."""
    rules = {
        "default-src": "'none'",
        "script-src": f"{_hash(script)} blob: 'wasm-unsafe-eval'",
        "worker-src": "blob:",
        "connect-src": f"blob: data: {connect}".strip(),
        "style-src": " ".join(map(_hash, styles)),
        "img-src": f"blob: data: {connect}".strip(),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _safe(text: str, element: str) -> str:
    """The text, which an element can hold as it is."""
    if re.search(rf"</{element}|<!--", text, re.IGNORECASE):
        raise PackingError(f"A text with </{element} or <!-- would end its element; write it in two pieces.")
    return text
