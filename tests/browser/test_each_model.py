"""Each model that ships, and one in colour with 62 classes, on each page of the app and of the light page."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import changed, opened, pixels, rest, shows_model
from tests.support.checkpoints import save
from vae.bench.live import Server
from vae.model.networks import ModelConfig
from vae.ui.shared.page import PAGES
from vae.views.shared.pages import VIEWS

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2] / "checkpoints"
LETTERS = "letters"
CLASSES = [*"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"]
NAMES = [LETTERS, *sorted(path.parent.name for path in ROOT.glob("*/config.json"))]
PATHS = [Path(path).stem.partition("_")[2] for path, _, _ in PAGES]
PICTURES = (
    "canvas[data-frame]:visible, .plot[data-points], .history .curve, canvas.pairs[data-epoch], .opening, .library"
)


@pytest.fixture(scope="module", autouse=True)
def letters(app_checkpoints: Path) -> Iterator[None]:
    """A conditional model of pictures in colour, 64 × 64, with more classes than a palette has colours."""
    path = app_checkpoints / LETTERS
    config = ModelConfig((3, 64, 64), 4, "conv", (16,), (4, 4, 4, 4), classes=len(CLASSES))
    save(path, config, 3 * len(CLASSES), "letters", CLASSES)
    yield
    shutil.rmtree(path)


def has_picture(page: Page) -> None:
    """Waits until the page has its picture, plot or list."""
    expect(page.locator(PICTURES).first).to_be_visible()
    rest(page)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_model_opens_on_every_page_without_an_error(app: Server, browser: Browser, name: str) -> None:
    with opened(browser, f"{app.url}/?checkpoint={name}") as page:
        for path in PATHS:
            page.goto(f"{app.url}/{path}?checkpoint={name}")
            has_picture(page)
            shows_model(page, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
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
    with opened(browser, f"{app.url}/lab/?checkpoint={LETTERS}", bypass_csp=True) as page:
        has_picture(page)
        swatches = page.locator(".comparison .legend .swatch")
        expect(swatches).to_have_count(len(CLASSES))
        looks = "nodes => nodes.map(node => node.style.backgroundColor + node.dataset.shape)"
        assert len(set(swatches.evaluate_all(looks))) == len(CLASSES)
        expect(page.locator(f".classes-grid[data-classes='{len(CLASSES)}']")).to_be_visible()
        before = pixels(page)
        page.locator(".classes-pad").click(position={"x": 3, "y": 3})
        page.wait_for_url("**class_told=0**")
        expect(page.get_by_role("combobox", name="Decode as class")).to_have_value("0")
        changed(page, pixels, before)
