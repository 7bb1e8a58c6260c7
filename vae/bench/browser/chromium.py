"""A real Chromium, and how a page's component is found in it.

Needs the development requirements (Playwright) and a Chromium on the machine.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# The shell is the same engine without windows, which take a third of the processor time of a page.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# No sandbox, because tests run as root in containers; no GPU and no background work, so that runs are comparable.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DRAWN = "canvas.hero[data-frame]"
# The page's own component: the bar's comes before it.
ROOT = "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].at(-1).shadowRoot"


@contextmanager
def chromium(*flags: str) -> Iterator[Any]:
    """A headless Chromium under Playwright, with more flags. Raises ValueError with the remedy where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ValueError("Playwright is missing; run `make test` once, which installs it.") from error
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise ValueError("There is no Chromium on this machine; on Debian: apt-get install chromium-headless-shell.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
        yield browser
        browser.close()
