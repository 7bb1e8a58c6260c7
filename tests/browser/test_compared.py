"""Models side by side in a real browser: all pictures follow one drag, and the link brings all of it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import PIXELS, box_of, go, moving, opened, rest
from vae.bench.live import Server

pytestmark = pytest.mark.browser
FOUR = "Explore?checkpoint=mnist-z10-b1&compare=mnist-z10-b0.5,mnist-z10-b4,mnist-z10-b10"


@contextmanager
def comparing(browser: Browser, app: Server, link: str, models: int, **options: Any) -> Iterator[Page]:
    """Explore with so many models, the pictures of all drawn."""
    with opened(browser, f"{app.url}/{link}", **options) as page:
        all_drawn(page, models)
        yield page


def all_drawn(page: Page, models: int) -> None:
    expect(page.locator("canvas.hero[data-frame]")).to_have_count(models)
    rest(page, pictures)


def pictures(page: Page) -> list[str]:
    """The pixels of each model's picture."""
    return [str(canvas.evaluate(PIXELS)) for canvas in page.locator("canvas.hero").all()]


def captions(page: Page) -> list[str]:
    return page.locator(".heroes figcaption").all_inner_texts()


def first_slider(page: Page) -> Locator:
    return page.locator(".row input[type=range]").first


def drag(page: Page, model: int, count: int = 4) -> None:
    """Holds the first slider and moves it until the picture of this model has changed so often."""
    box = box_of(first_slider(page))
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    moving(
        page, lambda step: page.mouse.move(box["x"] + 20 + (17 * step) % 150, y), lambda at: pictures(at)[model], count
    )


def linked(page: Page, name: str) -> str:
    return parse_qs(urlparse(page.url).query).get(name, [""])[0]


def test_the_picture_beside_follows_the_drag_and_the_link_brings_both_back(app: Server, browser: Browser) -> None:
    link = "Explore?checkpoint=mnist-z10-b1&compare=mnist-z10-b10&image=3"
    with comparing(browser, app, link, 2) as page:
        assert captions(page) == [
            "β = 1 spends 19.4 nats on z and 80.3 on the picture",
            "β = 10 spends 15.6 nats less on z and 61.0 more on the picture",
        ]
        expect(page.locator(".row .note").first).to_have_text("z₄ here is −z₅ there (|r| = 0.93)")
        drag(page, model=1)
        page.mouse.up()
        page.wait_for_url("**z=**")
        rest(page, pictures)
        shown = pictures(page)
        assert shown[0] != shown[1]
        page.reload()
        all_drawn(page, 2)
        assert pictures(page) == shown


@pytest.mark.slow
def test_all_of_four_follow_one_drag_and_what_is_the_same_input_is_in_the_link(app: Server, browser: Browser) -> None:
    with comparing(browser, app, FOUR, 4) as page:
        before = pictures(page)
        assert len(set(before)) == 4
        drag(page, model=3)
        page.mouse.up()
        rest(page, pictures)
        after = pictures(page)
        assert all(one != other for one, other in zip(before, after, strict=True))
        page.get_by_label("Same input", exact=True).select_option("z")
        page.wait_for_url("**input=z**")
        rest(page, pictures)
        same_numbers = pictures(page)
        assert (same_numbers[0], len(set(same_numbers))) == (after[0], 4)
        assert same_numbers[1:] != after[1:]
        page.reload()
        all_drawn(page, 4)
        assert pictures(page) == same_numbers
        expect(page.get_by_label("Same input", exact=True)).to_have_value("z")


@pytest.mark.slow
def test_models_are_chosen_beside_the_title_and_go_again(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint=mnist-z10-b1") as page:
        all_drawn(page, 1)
        assert page.locator(".heroes, .same-input, .note").count() == 0
        loaded = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
        assert [url for url in loaded if url.endswith("/explore.js")]
        assert not [url for url in loaded if url.endswith(("/beside.js", "/compared.js")) or "mnist-z10-b10" in url]
        alone = pictures(page)
        page.get_by_role("button", name="Compare with").click()
        page.get_by_role("combobox", name="Up to 3 other models").click()
        page.get_by_role("option", name="β = 10").click()
        all_drawn(page, 2)
        assert (pictures(page)[0], linked(page, "compare")) == (alone[0], "mnist-z10-b10")
        page.keyboard.press("Escape")
        go(page, "Sampling")
        go(page, "Explore")
        all_drawn(page, 2)
        page.get_by_role("button", name="Compare with").click()
        page.get_by_role("button", name="Clear all").or_(page.get_by_label("Clear all")).first.click()
        all_drawn(page, 1)
        expect(page.locator(".heroes, .same-input, .note")).to_have_count(0)
        assert (pictures(page), linked(page, "compare")) == (alone, "")


@pytest.mark.slow
def test_where_the_module_that_compares_does_not_load_the_page_says_so(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint=mnist-z10-b1", ("beside.js", "ERR_FAILED")) as page:
        all_drawn(page, 1)
        page.route("**/beside.js", lambda route: route.abort())
        page.get_by_role("button", name="Compare with").click()
        page.get_by_role("combobox", name="Up to 3 other models").click()
        page.get_by_role("option", name="β = 10").click()
        expect(page.locator(".notice")).to_have_text("The other models did not load. Reload the page.")
        all_drawn(page, 1)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(390, 844), (1280, 720)])
def test_four_pictures_stand_two_by_two_at_one_scale(app: Server, browser: Browser, size: tuple[int, int]) -> None:
    with comparing(browser, app, FOUR, 4, viewport={"width": size[0], "height": size[1]}) as page:
        boxes = [box_of(canvas) for canvas in page.locator("canvas.hero").all()]
        assert len({(box["width"], box["height"]) for box in boxes}) == 1
        a, b, c, d = boxes
        assert a["y"] == b["y"] < c["y"] == d["y"]
        assert a["x"] == c["x"] < b["x"] == d["x"]
        assert d["y"] + d["height"] < size[1]
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.slow
def test_a_picture_opened_from_reconstruction_is_encoded_by_every_model(app: Server, browser: Browser) -> None:
    """A drawing: no model starts at what it knows of a test image."""
    link = "Reconstruction?checkpoint=mnist-z10-b1&compare=mnist-z10-b0.5,mnist-z10-cond&image=3"
    with opened(browser, f"{app.url}/{link}") as page:
        expect(page.locator("canvas[data-frame]").first).to_be_visible()
        rest(page)
        page.get_by_role("button", name="Draw your own").click()
        surface = box_of(page.locator(".drawing-surface"))
        page.mouse.move(surface["x"] + surface["width"] / 2, surface["y"] + 20)
        page.mouse.down()
        page.mouse.move(surface["x"] + surface["width"] / 2, surface["y"] + surface["height"] - 20, steps=5)
        page.mouse.up()
        rest(page)
        page.get_by_role("link", name="Open μ in Explore").click()
        all_drawn(page, 3)
        expect(page.locator(".same-input")).to_contain_text("its own μ of the picture from Reconstruction")
        one, *others = (np.array([int(value) for value in shown.split(",")]) for shown in pictures(page))
        for other in others:  # all show the stroke, not the test image
            assert np.corrcoef(one, other)[0, 1] > 0.9


@pytest.mark.slow
def test_a_conditional_model_beside_decodes_as_the_image_s_class(app: Server, browser: Browser) -> None:
    link = "Explore?checkpoint=mnist-z10-b1&compare=mnist-z10-cond,mnist-z2&image=2"
    with comparing(browser, app, link, 3) as page:
        drag(page, model=1)
        page.mouse.up()
        expect(page.get_by_label("Same input", exact=True).locator("option")).to_have_count(
            2
        )  # not the same numbers: 2-D beside 10-D
        expect(page.locator(".heroes .problem")).to_have_text(["", ""])
