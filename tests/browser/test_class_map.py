"""The class's map on a phone: drawings where they are encoded, decoded by a tap or by keys alone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import attribute, box_of, changed, opened, pixels
from tests.support.classes import hand_in, taught
from vae.bench.live import Server

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
LABELS = ("7", "2", "a snowman")


def decoded(page: Page) -> str:
    """The picture that the chosen drawing's mean is decoded to."""
    return pixels(page, ".map-pair figure:nth-child(2) canvas")


def places(page: Page) -> list[list[float]]:
    """Where the drawings' means are on the page."""
    box = box_of(page.locator(".map-pad canvas"))
    pairs = attribute(page.locator(".map-pad canvas"), "data-places").split()
    offsets = [[float(part) for part in pair.split(",")] for pair in pairs]
    return [[box["x"] + x, box["y"] + y] for x, y in offsets]


def test_a_tap_decodes_a_drawing_and_so_do_keys_alone(app: Server, browser: Browser) -> None:
    with taught(app.address[1]) as (visits, code, teacher), visits.student(code) as classmate:
        for number, label in enumerate(LABELS):
            drawing = hand_in(app.address[1], classmate, number, label)
            teacher.do("drawing", drawing=drawing, state="approved")
        with opened(browser, f"{app.url}/c/{code}", bypass_csp=True, **PHONE) as page:
            page.get_by_role("button", name="Class map · 3").click()
            shared = page.get_by_role("application", name="Shared map with 3 drawings in 3 groups")
            expect(page.locator(".map-pad canvas")).to_have_attribute("data-drawings", "3")
            empty = decoded(page)
            x, y = places(page)[0]
            page.touchscreen.tap(x, y)
            expect(page.locator(".map-words")).to_contain_text("“7”, drawing 1. Its σ")
            first = changed(page, decoded, empty)
            for figure in page.locator(".map-pair figcaption").all():
                expect(figure).to_be_in_viewport()
            shared.focus()
            page.keyboard.press("Escape")
            expect(page.locator(".map-words").get_by_role("status")).to_have_text("Tap a drawing: its μ is decoded.")
            for name in ("2", "7", "a snowman"):  # the model's classes in their order, then own words
                page.keyboard.press("PageDown")
                expect(page.locator(".map-words")).to_contain_text(f"“{name}”, drawing")
            changed(page, decoded, first)
            group = page.get_by_role("button", name="a snowman, 1")
            page.keyboard.press("Tab")
            while not group.evaluate("node => node.matches(':focus')"):
                page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect(group).to_have_attribute("aria-pressed", "true")
            expect(group).to_be_focused()
            assert page.evaluate("document.documentElement.scrollWidth") == 360
