"""The pages for who sees little or has no mouse: axe-core finds nothing serious, keys reach and work everything."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import FINDINGS
from tests.support.browsing import opened, rest, until
from tests.support.effort import first_in_make_test
from vae.bench.live import Server

pytestmark = pytest.mark.browser
DRAWN = (
    "canvas[data-frame]:visible, canvas.pairs[data-epoch], [data-testid=stTable], .opening, .class-view, "
    ".library[data-lesson]"
)
# Whether no transition of colours is under way; what turns for ever does not count.
UNANIMATED = """() => [document, ...[...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    .map(({shadowRoot}) => shadowRoot)].every(root => root.getAnimations().every(({playState, effect}) =>
        playState !== "running" || effect.getTiming().iterations === Infinity))"""
SCHEMES: tuple[tuple[Literal["light", "dark"], list[str] | None], ...] = (
    ("light", None), ("dark", ["color-contrast"]),  # all else is the same in the dark
)  # fmt: skip
KEYBOARD = """() => {
    const roots = () => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].map(e => e.shadowRoot);
    const all = selector => roots().flatMap(root => [...root.querySelectorAll(selector)]);
    const name = e => (e.ariaLabel || e.labels?.[0]?.innerText || e.innerText).trim();
    const reached = new Set();
    // The names of our controls that the focus has not been on.
    window.missed = () => all("button, input, select, textarea, summary, a[href], [tabindex='0']")
        .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 && (e.type !== "radio" || e.checked))
        .filter(e => !reached.has(e)).map(name);
    // Our control that has the focus, if it never had it before.
    window.arrived = () => {
        let e = document.activeElement;
        while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
        if (!(e?.getRootNode() instanceof ShadowRoot) || reached.has(e)) return null;
        reached.add(window.arrival = e);
        const end = {range: e.value === e.min, "select-one": e.selectedIndex === e.length - 1}[e.type];
        const opens = e.ariaExpanded === "false" || (e.tagName === "SUMMARY" && !e.parentElement.open);
        const style = `${e.tagName} ${e.className} in ${e.parentElement.className}`;
        return {name: name(e), kind: e.type ?? e.tagName, style, end, opens};
    };
    // Where it is outlined, or for a hidden radio its label.
    window.place = () => {
        const seen = getComputedStyle(arrival).opacity > 0 ? arrival : arrival.parentElement;
        const {x, y, width, height} = seen.getBoundingClientRect();
        return {x: x - 5, y: y - 5, width: width + 10, height: height + 10};
    };
    // Tells what all our pictures and charts show from anything else they could show.
    window.pictured = () => {
        let hash = 7;
        const add = value => hash = (Math.imul(hash, 31) + value) | 0;
        for (const canvas of all("canvas").filter(e => e.checkVisibility() && e.width && e.height)) {
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            new Uint32Array(data.buffer).forEach(add);
        }
        for (const chart of all("svg")) for (const letter of chart.outerHTML) add(letter.charCodeAt(0));
        return hash;
    };
}"""
KEYS = {"range": "ArrowLeft", "number": "ArrowUp", "select-one": "ArrowDown", "checkbox": "Space"}
KEYS |= dict.fromkeys(("DIV", "CANVAS"), "Shift+ArrowRight")
OTHER_WAY = {"range": "ArrowRight", "select-one": "ArrowUp"}
# What these set is seen elsewhere or later: who decodes, when the film plays, in the file, when the pen is down, when a
# latent is held, a place pinned, a patch erased, or a class open or opened. The tests of their pages try them then.
LATER = (
    "Lesson",
    "Language",
    "Rehearse it first",
    "As a light page",
    "Decode in this browser",
    "Erase a patch",
    "loop",
    "Loop",
    "Speed",
    "Frames",
    "Pixel blend",
    "Input image",
    "Line",
    "Centre and scale",
    "Latent to hold",
    "The latent coordinates outside",
    "The image as the model sees it",
)
MNIST = "checkpoint=mnist-z10"
FILM = "Training?checkpoint=mnist-z2&film=mnist-z2"


def ready(page: Page) -> None:
    """Waits until the page has drawn what it shows, and its script has run."""
    expect(page.locator(DRAWN).first).to_be_visible()
    rest(page)


# ---- axe-core --------------------------------------------------------------------------------------------------------


def press(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=name).first.click()


def view(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("radio", name=name).press("Space")


def tick(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("checkbox", name=name).press("Space")


def optimise(page: Page) -> None:
    page.get_by_role("button", name="Optimise q for this image").press("Enter")
    expect(page.locator(".split .numbers")).to_be_visible()


def open_tab(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("tab", name=name).click()


def unfold(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_text(name).first.click()


def pin(page: Page) -> None:
    page.locator(".plot").press("Shift+ArrowLeft")
    page.locator(".plot").press("Enter")
    page.get_by_label("Select all images of a class").fill("7")
    page.keyboard.press("Enter")


def choose_own_pictures(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("combobox", name="Dataset").click()
    page.get_by_role("option", name="My own images", exact=True).click()
    expect(page.get_by_role("group", name="Your pictures")).to_be_visible()


def choose_a_sample(page: Page) -> None:
    page.locator(".stage").first.press("ArrowRight")


def wrong_text(page: Page) -> None:
    page.get_by_label("Text of the lesson").fill("no lesson")
    expect(page.locator(".editor[data-checked=wrong]")).to_be_visible()


STATES: dict[str, list[Callable[[Page], None]]] = {
    "": [unfold("All models")],
    f"Explore?{MNIST}": [unfold("more (2)")],
    f"Explore?{MNIST}&compare=mnist-z10-b10,mnist-z2": [press("Compare with")],
    f"Latent_map?{MNIST}": [pin, tick("Change per step")],
    f"Sampling?{MNIST}": [choose_a_sample, view("manifold")],
    f"Interpolation?{MNIST}": [
        unfold("Download"),
        view("Shortest"),
        view("Four corners"),
        view("Arithmetic"),
        press("Choose C from anywhere"),
    ],
    f"Reconstruction?{MNIST}": [unfold("The loss for this image"), optimise],
    f"Reconstruction?{MNIST}&compare=mnist-z10-b10,mnist-z2": [],
    "Lessons": [unfold("All of it, with the answer"), press("Write your own"), wrong_text],
    "Class": [press("Open the class"), *map(open_tab, ("Lesson", "Question", "Students", "Drawings", "Room"))],
    FILM: [press("Play or pause the film"), press("Train a model"), choose_own_pictures],
}


@contextmanager
def examined(browser: Browser, url: str) -> Iterator[Page]:
    """The page at this address, drawn, with axe-core in it."""
    with opened(browser, url, color_scheme="light") as page:
        ready(page)
        page.evaluate(AXE_SCRIPT)
        yield page


@pytest.mark.parametrize("query", first_in_make_test(STATES))
def test_no_page_has_a_serious_finding_in_any_state(app: Server, browser: Browser, query: str) -> None:
    with examined(browser, f"{app.url}/{query}") as page:
        for change in (None, *STATES[query]):
            if change is not None:
                change(page)
            for scheme, rules in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                rest(page)
                page.wait_for_function(UNANIMATED)
                expect(page.locator(".stale")).to_have_count(0)  # what is still sought is faint until it is there
                assert page.evaluate(FINDINGS, rules) == [], scheme


@pytest.mark.slow
@pytest.mark.parametrize("query", STATES)
def test_no_page_has_a_serious_finding_on_any_screen(app: Server, browser: Browser, query: str) -> None:
    with examined(browser, f"{app.url}/{query}") as page:
        for width, height in ((390, 844), (3840, 2160), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            rest(page)
            assert page.evaluate(FINDINGS) == [], width


# ---- the keyboard ----------------------------------------------------------------------------------------------------


def walk(page: Page) -> Iterator[dict[str, Any]]:
    """Our controls in the order in which Tab comes to them. Fails if it does not come to all that are shown."""
    page.evaluate(KEYBOARD)
    for _ in range(200):
        if not page.evaluate("missed()"):
            return
        page.keyboard.press("Tab")
        if control := page.evaluate("arrived()"):
            yield control
    assert page.evaluate("missed()") == []


def is_outlined(page: Page) -> bool:
    """Whether the focus shows: as many pixels change with it as a line around half of the control has."""
    clip = page.evaluate("place()")
    with_focus = grey(page.screenshot(clip=clip))
    page.evaluate("arrival.blur()")
    without = grey(page.screenshot(clip=clip))
    page.evaluate("arrival.focus({focusVisible: true})")
    return int((np.abs(with_focus - without) > 30).sum()) > clip["width"] + clip["height"]


def grey(png: bytes) -> Any:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("L"), np.int16)


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        f"Explore?{MNIST}",
        f"Latent_map?{MNIST}",
        "Sampling?checkpoint=digits-z2",
        *(f"Interpolation?{MNIST}&view={name}" for name in ("ends", "corners", "arithmetic")),
        f"Reconstruction?{MNIST}",
        FILM,
        "Lessons",
        "Class",
    ],
)
def test_keys_reach_every_control_show_where_they_are_and_change_the_picture(
    app: Server, browser: Browser, query: str
) -> None:
    with opened(browser, f"{app.url}/{query}") as page:
        ready(page)
        styles = set()
        for control in walk(page):
            name, kind, style = control["name"], control["kind"], control["style"]
            assert style in styles or is_outlined(page), name
            styles.add(style)
            if control["opens"]:
                page.keyboard.press("Enter")
            elif kind in KEYS and not name.startswith(LATER):
                before = page.evaluate("pictured()")
                page.keyboard.press(OTHER_WAY[kind] if control["end"] else KEYS[kind])
                until(page, lambda before=before: page.evaluate("pictured()") != before, f"{name} changes a picture")  # type: ignore[misc]
            else:
                continue
            rest(page)  # so that all that the key changes is there
