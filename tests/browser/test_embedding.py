"""The page of docs/embedding.md does what the document says."""

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import changed, new_page, pixels
from vae.server.weights import weights_file
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]


class Quiet(SimpleHTTPRequestHandler):
    """A web server that writes no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a web server for the files of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_page_of_the_document_decodes_while_its_slider_moves(browser: Browser, tmp_path: Path) -> None:
    html = re.search(r"```html\n(.*?)```", (ROOT / "docs" / "embedding.md").read_text("utf-8"), re.DOTALL)
    assert html is not None
    (tmp_path / "index.html").write_text(html[1], "utf-8")
    shutil.copytree(ROOT / "vae" / "frontend" / "lib", tmp_path / "lib")
    model = read_checkpoint(ROOT / "checkpoints" / "mnist-z10")
    (tmp_path / "mnist-z10.safetensors").write_bytes(weights_file(model, "whole"))
    with served(tmp_path) as address, new_page(browser) as page:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/index.html")
        expect(page.locator("canvas[data-frame]")).to_be_visible()
        before = pixels(page, "canvas")
        page.get_by_role("slider").press("End")
        changed(page, lambda page: pixels(page, "canvas"), before)
        expect(page.get_by_role("alert")).to_have_text("")
        assert errors == []
