"""Measures the latent map in a real Chromium: frames per second while it is panned and zoomed, and decoding on the way.

Needs the development requirements (Playwright) and a Chromium on the machine.
"""

import argparse
from typing import Any

import numpy as np

from vae.bench.browser import ROOT, chromium
from vae.bench.live import started

READY = ".plot[data-state=done]"
# Acts once per animation frame, as a hand does, and counts the frames in which the points were drawn anew.
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
        deltaY: Math.floor(t) % 2 ? 20 : -20}}));
    return ({ACT})(root, seconds, () => {{}}, wheel, () => {{}});
}}"""
# Moves the pointer around the edge, where there are few points, and notes the ms to each decoded picture.
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
    """Frames per second while panning and zooming, and milliseconds from pointer to decoded picture."""
    with started(args.app) as server, chromium() as browser:
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
        "pan_frames_per_second": round(pan, 1),
        "zoom_frames_per_second": round(zoom, 1),
        "decode_p50_ms": p50,
        "decode_p95_ms": p95,
    }


def _warm(page: Any, script: str, seconds: float) -> Any:
    page.evaluate(script, 1)
    return page.evaluate(script, seconds)
