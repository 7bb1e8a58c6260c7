"""Measures in a real Chromium: from the start of the server to the first picture, and from a hand's input to pixels.

Needs the development requirements (Playwright) and a Chromium on the machine.
"""

import argparse
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import numpy as np

from vae.bench.live import Server, started

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, because tests run as root in containers; no GPU and nothing in the background, so that runs compare.
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
ROOT = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot"
# Moves the strongest dimension's slider once per animation frame, as a hand does, and notes each drawn picture.
DRAG = f"""seconds => new Promise(done => {{
    const root = {ROOT}, slider = root.querySelector(".row input[type=range]"), ms = [], at = [];
    const drawn = event => {{ ms.push(event.detail.ms); at.push(performance.now()); }};
    root.addEventListener("live-frame", drawn);
    const begin = performance.now();
    const step = now => {{
        slider.value = 3 * Math.sin((now - begin) / 400);
        slider.dispatchEvent(new Event("input", {{bubbles: true}}));
        if (now - begin < 1000 * seconds) requestAnimationFrame(step);
        else setTimeout(() => {{ root.removeEventListener("live-frame", drawn); done([ms, at]); }}, 500);
    }};
    requestAnimationFrame(step);
}})"""


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium under Playwright. Raises ValueError with the remedy where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ValueError("Playwright is missing; run `make test` once, which installs it.") from error
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise ValueError("There is no Chromium on this machine; on Debian: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


def run_drag(args: argparse.Namespace) -> dict[str, object]:
    """Input event to drawn pixels while one slider of Explore is dragged, in a browser beside the server."""
    with started(args.app) as server, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{server.url}/Explore?checkpoint={args.model}")
        page.wait_for_selector(DRAWN)
        page.wait_for_timeout(2000)
        page.evaluate(DRAG, 2)  # warm-up
        ms, at = page.evaluate(DRAG, args.seconds)
    p50, p95, p99 = np.percentile(ms, (50, 95, 99)).round(2).tolist()
    frames_per_second = round((len(at) - 1) / (at[-1] - at[0]) * 1000, 1)
    return {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "frames_per_second": frames_per_second}


def run_start(args: argparse.Namespace) -> dict[str, object]:
    """Seconds from `streamlit run` to a first decoded picture on Explore; the browser itself is running already."""
    rows = []
    with chromium() as browser:
        for _ in range(args.runs):
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            begin = time.perf_counter()
            with started(args.app) as server:
                answers = time.perf_counter() - begin
                _first_picture(page, server, args.model)
                rows.append((answers, time.perf_counter() - begin))
            page.close()
    answers, picture = (round(median(column), 2) for column in zip(*rows, strict=True))
    return {"runs": args.runs, "server_answers_seconds": answers, "first_picture_seconds": picture}


def _first_picture(page: Any, server: Server, model: str) -> None:
    page.goto(f"{server.url}/Explore?checkpoint={model}")
    page.wait_for_selector(DRAWN)
