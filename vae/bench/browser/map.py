"""Measures the latent map in a real Chromium: how soon it can be used, frames per second while it is panned and zoomed,
and decoding.

The app has a copy of the checkpoint without the projections that ship with it, and a cache of its own, so that what
comes from the cache has been computed here. Needs the development requirements (Playwright) and a Chromium.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np

from vae.bench.browser.chromium import DRAWN, ROOT, chromium
from vae.bench.live import Server, started
from vae.validation import require

READY = ".plot[data-state=done]"
PATIENCE_MS = 120_000
MOMENTS = {"mounted": "mounted", "firstPoint": "first_point", "interactive": "interactive"}
CACHED = {"tsne": "t-SNE", "umap": "UMAP"}  # the page's names
# Runs before any other script of a page. Records, in ms since navigation by address or link, when Streamlit has
# mounted the map, when the first points were drawn, and when they were first moved without being scaled,
# as by dragging.
WATCH = """(() => {
    let before = null, asked = 0;
    const follow = event => { if (event.target.closest?.("a")) asked = performance.now(); };
    addEventListener("click", follow, {capture: true});
    const step = () => {
        const root = [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')].at(-1)?.shadowRoot;
        const plot = root?.querySelector(".latent-map .plot"), now = performance.now() - asked;
        if (plot) window.mounted ??= now;
        if (plot?.querySelector(".points-layer").dataset.frame) window.firstPoint ??= now;
        const [x, , unit] = plot?.dataset.view?.split(",").map(Number) ?? [];
        const alike = before && Math.abs(unit / before.unit - 1) < 1e-6;
        if (alike && Math.abs(x - before.x) > unit) window.interactive ??= now;
        before = unit ? { x, unit } : null;
        if (!window.interactive) requestAnimationFrame(step);
    };
    step();
})()"""
# Records the ms from the next click to the first frame of the points once the method is the one that was clicked.
CLICKED = f"""method => {{
    const plot = {ROOT}.querySelector(".plot"), points = plot.querySelector(".points-layer");
    window.firstPoint = null;
    addEventListener("click", () => {{
        const clicked = performance.now();
        let before = null;
        const step = () => {{
            if (plot.dataset.method === method) before ??= points.dataset.frame;
            if (before !== null && points.dataset.frame !== before) window.firstPoint = performance.now() - clicked;
            else requestAnimationFrame(step);
        }};
        step();
    }}, {{capture: true, once: true}});
}}"""
# Acts once per animation frame, as a user's drag does, and counts the frames in which the points were redrawn.
ACT = """(root, seconds, begin, act, end) => new Promise(done => {
    const points = root.querySelector(".points-layer"), start = performance.now();
    const drawn = () => Number(points.dataset.frame), before = drawn();
    begin();
    const step = now => {
        if (now - start < 1000 * seconds) { act((now - start) / 1000); requestAnimationFrame(step); return; }
        end();
        done((drawn() - before) / (now - start) * 1000);
    };
    requestAnimationFrame(step);
})"""
MOUSE = """
    const root = ROOT, drag = root.querySelector(".nsewdrag"), box = drag.getBoundingClientRect();
    const middle = [box.left + box.width / 2, box.top + box.height / 2];
    const mouse = (target, type, t, more) => target.dispatchEvent(new MouseEvent(type, {
        bubbles: true, composed: true, cancelable: true, buttons: 1,
        clientX: middle[0] + 90 * Math.sin(3 * t), clientY: middle[1] + 60 * Math.sin(4 * t), ...more}));
""".replace("ROOT", ROOT)
PAN = f"""seconds => {{ {MOUSE}
    return ({ACT})(root, seconds, () => mouse(drag, "mousedown", 0),
        t => mouse(document.querySelector(".dragcover") ?? document, "mousemove", t),
        () => mouse(document.querySelector(".dragcover") ?? document, "mouseup", 0));
}}"""
ZOOM = f"""seconds => {{ {MOUSE}
    const wheel = t => drag.dispatchEvent(new WheelEvent("wheel", {{
        bubbles: true, composed: true, cancelable: true, clientX: middle[0], clientY: middle[1],
        deltaY: Math.floor(2 * t) % 2 ? 20 : -20}}));  // in and out again
    return ({ACT})(root, seconds, () => {{}}, wheel, () => {{}});
}}"""
# Moves the pointer around the edge, where there are few points, and records the ms to each decoded picture.
DECODE = f"""seconds => {{ {MOUSE}
    const plot = root.querySelector(".plot"), ms = [];
    const drawn = event => ms.push(event.detail.ms);
    root.addEventListener("live-frame", drawn);
    const move = t => plot.dispatchEvent(new PointerEvent("pointermove", {{bubbles: true, pointerType: "mouse",
        clientX: middle[0] + 0.45 * box.width * Math.sin(2 * t),
        clientY: middle[1] + 0.45 * box.height * Math.cos(2 * t)}}));
    return ({ACT})(root, seconds, () => {{}}, move, () => root.removeEventListener("live-frame", drawn)).then(() => ms);
}}"""


def run(args: argparse.Namespace) -> dict[str, object]:
    """The numbers by name.

    mounted, first_point, interactive_seconds: from asking for the page until Streamlit has mounted the map, until its
    first points, and until a drag has moved them; medians of the visits except the first one, when nothing of the app
    is in the browser's cache. from_explore_seconds: the last of the three after a click on the page's name.
    cached_*_seconds: from the click on a method to the first frame of its points, the layout being in the cache.
    """
    with _app(args) as server, chromium() as browser:
        first, *later = _visits(browser, server, args)
        clicked = _visits(browser, server, args, click=True)
        cached = {f"cached_{method}_seconds": _click(browser, server, args, method) for method in CACHED}
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{server.url}/Latent_map?checkpoint={args.model}")
        page.wait_for_selector(READY)
        page.wait_for_selector(".nsewdrag", state="attached")
        page.wait_for_timeout(2000)
        points = page.evaluate(f"{ROOT}.querySelector('.plot').dataset.points")
        pan, zoom, milliseconds = (_warm(page, script, args.seconds) for script in (PAN, ZOOM, DECODE))
    p50, p95 = np.percentile(milliseconds, (50, 95)).round(2).tolist()
    return {
        "points": int(points),
        **{f"{key}_seconds": round(median(visit[name] for visit in later), 3) for name, key in MOMENTS.items()},
        "interactive_first_visit_seconds": round(first["interactive"], 3),
        "from_explore_seconds": round(median(visit["interactive"] for visit in clicked), 3),
        **cached,
        "pan_frames_per_second": round(pan, 1),
        "zoom_frames_per_second": round(zoom, 1),
        "decode_p50_ms": p50,
        "decode_p95_ms": p95,
    }


@contextmanager
def _app(args: argparse.Namespace) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        checkpoints, cache = Path(folder) / "checkpoints", Path(folder) / "cache"
        shipped = args.app.resolve().parent / "checkpoints" / args.model
        shutil.copytree(shipped, checkpoints / args.model, ignore=shutil.ignore_patterns("projections"))
        given = {"VAE_CHECKPOINTS": str(checkpoints), "VAE_CACHE": str(cache)}
        with patch.dict(os.environ, given), started(args.app) as server:
            yield server


def _visits(browser: Any, server: Server, args: argparse.Namespace, click: bool = False) -> list[dict[str, float]]:
    """Seconds until the map is mounted, until its first points, until a drag has moved them; for each visit of one
    browser, by the page's address or by a click on Explore."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.add_init_script(WATCH)
    visits = []
    for _ in range(args.visits):
        page = context.new_page()
        first = "Explore" if click else "Latent_map"
        page.goto(f"{server.url}/{first}?checkpoint={args.model}", wait_until="commit")
        if click:
            page.wait_for_selector(DRAWN)
            page.wait_for_timeout(1000)
            page.get_by_role("link", name="Latent map").click()
        deadline = perf_counter() + PATIENCE_MS / 1000
        while not page.evaluate("window.interactive"):
            require(perf_counter() < deadline, "the map", "still", "moved by a drag within two minutes")
            page.mouse.move(600, 400)
            page.mouse.down()
            page.mouse.move(640, 400)
            page.mouse.up()
        visits.append({name: page.evaluate(f"window.{name}") / 1000 for name in MOMENTS})
        page.close()
    context.close()
    return visits


def _click(browser: Any, server: Server, args: argparse.Namespace, method: str) -> float:
    """Seconds from a click on the method to its first points; the first visit computes them, the others do not."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(PATIENCE_MS)  # a computation
    seconds = []
    for visit in range(args.visits):
        page.goto(f"{server.url}/Latent_map?checkpoint={args.model}")
        page.wait_for_selector(READY)
        page.wait_for_timeout(1000)
        page.evaluate(CLICKED, method)
        page.get_by_role("radio", name=CACHED[method], exact=True).click()
        page.wait_for_selector(f".plot[data-state=done][data-method={method}]")
        page.wait_for_function("window.firstPoint")
        if visit:
            seconds.append(page.evaluate("window.firstPoint") / 1000)
    page.close()
    return round(float(median(seconds)), 3)


def _warm(page: Any, script: str, seconds: float) -> Any:
    page.evaluate(script, 1)
    return page.evaluate(script, seconds)
