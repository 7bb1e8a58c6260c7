"""Models side by side on Sampling: a grid of each, one set of controls."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import box_of, moving, opened, pixels, rest, swing
from vae.bench.live import Server

pytestmark = pytest.mark.browser
TWO = "checkpoint=mnist-z10-b1&compare=mnist-z10-b10"
FOUR = "checkpoint=mnist-z10-b1&compare=mnist-z10-b0.5,mnist-z10-b4,mnist-z10-b10"
GRIDS = ".panel:not([hidden]) canvas.grid"


@contextmanager
def comparing(browser: Browser, app: Server, query: str, models: int, **options: Any) -> Iterator[Page]:
    """Sampling with so many models, the pictures of all drawn."""
    with opened(browser, f"{app.url}/Sampling?{query}", **options) as page:
        expect(page.locator(f"{GRIDS}[data-frame]")).to_have_count(models)
        rest(page, grids)
        yield page


def grids(page: Page) -> tuple[str, ...]:
    """The pixels of each model's grid."""
    places = page.locator(".panel").evaluate_all("all => all.flatMap((each, i) => each.hidden ? [] : [i + 1])")
    return tuple(str(pixels(page, f".panel:nth-child({place}) canvas.grid")) for place in places)


def drag_temperature(page: Page) -> None:
    """Holds the slider and moves it until the last model's pictures have changed a few times."""
    box = box_of(page.get_by_role("slider", name="Temperature"))
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    moving(
        page,
        lambda step: page.mouse.move(box["x"] + box["width"] * (0.45 - 0.36 * swing(step)), y),
        lambda at: grids(at)[-1],
        4,
    )


@pytest.mark.slow
def test_both_models_follow_one_slider_and_the_link_brings_both_back(app: Server, browser: Browser) -> None:
    with comparing(browser, app, f"{TWO}&source=second&seed=3", 2) as page:
        assert page.locator(".model b").all_inner_texts() == ["β = 1", "β = 10"]
        expect(page.locator(".difference").last).to_have_text(
            "β = 10 spends 15.6 nats less on z and 61.0 more on the picture"
        )
        page.get_by_role("button", name="What is the distortion?").click()
        expect(page.locator(".help-note:popover-open .measured")).to_contain_text("β = 1: 99.7 nats = 80.3 nats")
        page.keyboard.press("Escape")
        expect(page.get_by_role("radio", name="Two sources")).to_be_hidden()
        expect(page.locator(".panel:not([hidden]) .bar")).to_have_count(20)  # ten classes of each
        before = grids(page)
        drag_temperature(page)
        page.mouse.up()
        page.wait_for_url("**temperature=**")
        rest(page, grids)
        shown = grids(page)
        assert len({*before, *shown}) == 4
        page.reload()
        expect(page.locator(f"{GRIDS}[data-frame]")).to_have_count(2)
        rest(page, grids)
        assert grids(page) == shown


@pytest.mark.slow
@pytest.mark.parametrize(("size", "rows"), [((390, 844), 2), ((1280, 720), 1)])
def test_four_grids_have_one_scale(app: Server, browser: Browser, size: tuple[int, int], rows: int) -> None:
    with comparing(browser, app, FOUR, 4, viewport={"width": size[0], "height": size[1]}) as page:
        boxes = [box_of(grid) for grid in page.locator(GRIDS).all()]
        assert len({(box["width"], box["height"]) for box in boxes}) == 1
        assert len({round(box["y"]) for box in boxes}) == rows
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.slow
def test_a_source_that_one_of_the_models_does_not_have_says_so(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Sampling?{TWO},mnist-z10-ae&source=image:3") as page:
        expect(page.locator(f"{GRIDS}[data-frame]")).to_have_count(2)
        expect(page.locator(".model").last).to_contain_text("This model has no such source.")


@pytest.mark.slow
def test_without_a_comparison_the_page_is_as_before(app: Server, browser: Browser) -> None:
    with comparing(browser, app, TWO, 2) as page:
        page.get_by_role("button", name="Compare with").click()
        page.get_by_label("Clear all").first.click()
        expect(page.locator(".model, .difference, .spent-signs")).to_have_count(0)
        expect(page.get_by_role("radio", name="Two sources")).to_be_checked()
        expect(page.get_by_role("combobox", name="B: where z comes from")).to_be_visible()
        rest(page, grids)
        with opened(browser, f"{app.url}/Sampling?checkpoint=mnist-z10-b1") as alone:
            expect(alone.locator(f"{GRIDS}[data-frame]")).to_have_count(2)
            rest(alone, grids)
            assert grids(alone) == grids(page)
            loaded = alone.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
            assert not [url for url in loaded if url.endswith(("/beside.js", "/compared.js", "/comparison-words.js"))]
