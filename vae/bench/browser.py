"""Measures in a real Chromium: from the start of the server to the first picture, and from a user's input to pixels.

Needs the development requirements (Playwright) and a Chromium on the machine.
"""

import argparse
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, sin
from statistics import median
from typing import Any

import numpy as np

from vae.bench.live import Server, started

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
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
WARM_UP_SECONDS = 2.0
# The page's own component: the bar's comes before it.
ROOT = "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].at(-1).shadowRoot"
# Records each picture that a page draws during a drag: milliseconds since the input, and when.
LISTEN = f"""() => {{
    const root = {ROOT}, seen = window.seen = {{ms: [], at: []}};
    window.drawn?.abort();
    window.drawn = new AbortController();
    const note = event => {{ seen.ms.push(event.detail.ms); seen.at.push(performance.now()); }};
    root.addEventListener("live-frame", note, {{signal: window.drawn.signal}});
}}"""
# Moves a slider once per animation frame, as a user's drag does.
DRAG = f"""([seconds, selector, low, high]) => new Promise(done => {{
    const slider = {ROOT}.querySelector(selector), begin = performance.now();
    const step = now => {{
        slider.value = low + (high - low) * (1 + Math.sin((now - begin) / 400)) / 2;
        slider.dispatchEvent(new Event("input", {{bubbles: true}}));
        if (now - begin < 1000 * seconds) requestAnimationFrame(step);
        else setTimeout(done, 500);
    }};
    requestAnimationFrame(step);
}})"""
FRAME_SECONDS = 1 / 60


@dataclass(frozen=True)
class Gesture:
    """What is dragged on a page: a slider between two values, or a pad in circles. button: clicked before."""

    path: str
    slider: str = ""
    limits: tuple[float, float] = (0.0, 1.0)
    pad: str = ""
    button: str = ""


GESTURES = {
    "explore": Gesture("Explore?", ".row input[type=range]", (-3.0, 3.0)),
    "sampling": Gesture("Sampling?view=one&", "input[aria-label=Temperature]", (0.0, 2.0)),
    "interpolation": Gesture("Interpolation?", "input[aria-label^='t: from A']"),
    "corners": Gesture("Interpolation?view=corners&", pad=".pad"),
    "drawing": Gesture("Reconstruction?", pad=".drawing-surface", button="Draw your own"),
}


@contextmanager
def chromium(*flags: str) -> Iterator[Any]:
    """A headless Chromium under Playwright, with more flags. Raises ValueError with the remedy where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ValueError("Playwright is missing; run `make test` once, which installs it.") from error
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise ValueError("There is no Chromium on this machine; on Debian: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
        yield browser
        browser.close()


def run_drag(args: argparse.Namespace) -> dict[str, object]:
    """Input event to drawn pixels while something is dragged, in a browser beside the server."""
    gesture = GESTURES[args.page]
    with started(args.app) as server, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{server.url}/{gesture.path}checkpoint={args.model}")
        page.wait_for_selector("canvas[data-frame]")
        page.wait_for_timeout(2000)
        if gesture.button:
            page.get_by_role("button", name=gesture.button).click()
        for seconds in (WARM_UP_SECONDS, args.seconds):
            page.evaluate(LISTEN)
            _drag(page, gesture, seconds)
        seen = page.evaluate("window.seen")
    p50, p95, p99 = np.percentile(seen["ms"], (50, 95, 99)).round(2).tolist()
    frames_per_second = round((len(seen["at"]) - 1) / (seen["at"][-1] - seen["at"][0]) * 1000, 1)
    return {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "frames_per_second": frames_per_second}


def _drag(page: Any, gesture: Gesture, seconds: float) -> None:
    if gesture.slider:
        page.evaluate(DRAG, [seconds, gesture.slider, *gesture.limits])
        return
    box = page.locator(gesture.pad).bounding_box()
    at = begin = time.perf_counter()
    while at - begin < seconds:
        turn = 5 * (at - begin)
        x = box["x"] + box["width"] * (0.5 + 0.3 * cos(turn))
        page.mouse.move(x, box["y"] + box["height"] * (0.5 + 0.3 * sin(turn)))
        if at == begin:
            page.mouse.down()
        time.sleep(max(0.0, at + FRAME_SECONDS - time.perf_counter()))
        at = time.perf_counter()
    page.mouse.up()
    page.wait_for_timeout(500)


def run_start(args: argparse.Namespace) -> dict[str, object]:
    """Seconds from `streamlit run` to a first decoded picture on Explore; the browser is already running."""
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
