"""Each kind of model on each page of the app and of the light page."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import changed, choose, opened, pixels, rest, shows_model
from tests.support.effort import THOROUGH, first_in_make_test
from vae.bench.live import Server
from vae.ui.shared.page import ADDRESSES
from vae.views.shared.pages import VIEWS

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2] / "checkpoints"
PICTURES = (
    "canvas[data-frame]:visible, .plot[data-points], .history .curve, canvas.pairs[data-epoch], .opening, .library"
)


def kinds() -> list[str]:
    """A shipped model of each architecture and objective, and two that the app of the tests adds.

    Models that differ in β or in the data set alone are of one kind.
    """
    found: dict[tuple[str, str], str] = {}
    for path in sorted(ROOT.glob("*/config.json")):
        config = json.loads(path.read_text())
        found.setdefault((str(config["model"]), config["training"]["objective"]["name"]), path.parent.name)
    return [*found.values(), "rgb-z16", "z1"]


KINDS = kinds()


def has_picture(page: Page) -> None:
    """Waits until the page has its picture, plot or list."""
    expect(page.locator(PICTURES).first).to_be_visible()
    rest(page)


@pytest.mark.scaled
@pytest.mark.parametrize("name", first_in_make_test(["", *ADDRESSES]))
def test_the_page_follows_to_each_kind_of_model_and_puts_it_into_the_address(
    app: Server, browser: Browser, name: str
) -> None:
    with opened(browser, f"{app.url}/{name}?checkpoint=mnist-z10-b4") as page:
        has_picture(page)
        for kind in KINDS if THOROUGH else KINDS[::4]:
            choose(page, kind)
            page.wait_for_url(f"**checkpoint={kind}**")
            has_picture(page)
            shows_model(page, kind)
            expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_the_model_opens_in_every_view_of_the_light_page_without_an_error(
    app: Server, browser: Browser, name: str
) -> None:
    with opened(browser, f"{app.url}/lab/?checkpoint={name}", bypass_csp=True) as page:
        for view in VIEWS:
            page.goto(f"{app.url}/lab/?page={view.address}&checkpoint={name}")
            expect(page.locator("h1")).to_have_text(view.title)
            has_picture(page)
            shows_model(page, name)


@pytest.mark.slow
def test_each_of_62_classes_has_a_mark_in_the_legend_and_a_picture_that_chooses_it(
    app: Server, browser: Browser
) -> None:
    with opened(browser, f"{app.url}/lab/?checkpoint=glyphs-cond", bypass_csp=True) as page:
        has_picture(page)
        swatches = page.locator(".comparison .legend .swatch")
        expect(swatches).to_have_count(62)
        looks = "nodes => nodes.map(node => node.style.backgroundColor + node.dataset.shape)"
        assert len(set(swatches.evaluate_all(looks))) == 62
        expect(page.locator(".classes-grid[data-classes='62']")).to_be_visible()
        before = pixels(page)
        page.locator(".classes-pad").click(position={"x": 3, "y": 3})
        page.wait_for_url("**class_told=0**")
        expect(page.get_by_role("combobox", name="Decode as class")).to_have_value("0")
        changed(page, pixels, before)
