"""The “?” beside a number: its panel by keys and by touch, on phone and laptop, light and dark, and in the file."""

import re
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.axe import FINDINGS
from tests.support.browsing import box_of, new_page, opened
from tests.support.effort import first_in_make_test
from vae.bench.live import Server
from vae.lab.file import lab_file, save_page
from vae.lab.model_blocks import ModelFiles
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser
OPEN = ".help-note:popover-open"
MEASURED = re.compile(r"^Here: [\d.]+ nats = [\d.]+ nats \+ [\d.]+ nats$")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}}


def sign(page: Page, term: str) -> Locator:
    return page.get_by_role("button", name=f"What is {term}?", exact=True).first


def focused(page: Page) -> str:
    """The label of what has the focus, in shadow trees too."""
    return str(
        page.evaluate("""() => {
            let node = document.activeElement;
            while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
            return node.ariaLabel;
        }""")
    )


def shows_the_loss(page: Page) -> Locator:
    """The panel of −ELBO with its numbers and its code, opened by keys."""
    question = sign(page, "−ELBO")
    question.focus()
    question.press("Enter")
    panel = page.locator(OPEN)
    expect(panel.locator(".measured")).to_have_text(MEASURED)
    panel.locator("summary").press("Enter")
    expect(panel.locator("figcaption").first).to_contain_text("vae/evaluation/metrics.py, line ")
    return panel


@pytest.mark.parametrize("scheme", first_in_make_test(["light", "dark"]))
@pytest.mark.parametrize("size", first_in_make_test([PHONE, LAPTOP]))
def test_a_number_s_panel_fits_and_axe_finds_nothing(
    browser: Browser, app: Server, size: dict[str, Any], scheme: Literal["light", "dark"]
) -> None:
    url = f"{app.url}/lab/?page=Reconstruction&checkpoint=digits-z2&image=3"
    with opened(browser, url, color_scheme=scheme, **size) as page:
        expect(page.locator("canvas.output[data-frame]")).to_be_visible()
        panel = shows_the_loss(page)
        box, (width, height) = box_of(panel), (size["viewport"]["width"], size["viewport"]["height"])
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(FINDINGS) == []
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        assert focused(page) == "What is −ELBO?"


def test_a_tap_opens_the_sign_that_it_hits(browser: Browser, app: Server) -> None:
    url = f"{app.url}/lab/?page=Reconstruction&checkpoint=digits-z2&image=3"
    with opened(browser, url, **PHONE) as page:
        expect(page.locator("canvas.output[data-frame]")).to_be_visible()
        for term in ("−ELBO", "the reconstruction error", "KL"):
            sign(page, term).tap()
            expect(page.locator(OPEN)).to_contain_text("Here: ")
            page.keyboard.press("Escape")


def test_the_bar_explains_the_model_s_numbers(browser: Browser, app: Server) -> None:
    with opened(browser, f"{app.url}/lab/?page=Explore&checkpoint=digits-z2", **PHONE) as page:
        page.get_by_role("button", name="More", exact=True).click()
        inside = page.locator(".more-panel")
        inside.get_by_role("button", name="What is KL?").click()
        expect(page.locator(OPEN)).to_contain_text("Here: ")
        page.locator(f"{OPEN} summary").click()
        page.keyboard.press("Escape")
        expect(inside).to_be_visible()
        assert focused(page) == "What is KL?"


@pytest.mark.slow
def test_the_file_has_the_code_too(browser: Browser, app_checkpoints: Path, tmp_path: Path) -> None:
    save_page(tmp_path / "lab.html", lab_file([ModelFiles(read_checkpoint(app_checkpoints / "digits-z2"))], points=100))
    with new_page(browser) as page:
        page.goto(f"{(tmp_path / 'lab.html').as_uri()}#/Reconstruction?checkpoint=digits-z2&image=3")
        expect(page.locator("canvas.output[data-frame]")).to_be_visible()
        shows_the_loss(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="More", exact=True).click()
        more = page.locator(".more-panel")
        expect(more.get_by_role("checkbox")).to_have_count(0)  # there is no server that could decode
        more.get_by_role("button", name="What is the size of a picture?").click()
        expect(page.locator(f"{OPEN} .measured")).to_have_text("Here: 64 = 8 · 8 · 1")


@pytest.mark.slow
def test_the_form_for_a_new_run_explains_its_numbers_and_escape_closes_the_panel_alone(
    browser: Browser, app: Server
) -> None:
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z2", **LAPTOP) as page:
        page.get_by_role("button", name="Train a model", exact=True).click()
        start = page.get_by_role("button", name="Start training")
        expect(start).to_be_visible()
        form = page.get_by_role("dialog", name="Train a model")
        form.get_by_role("button", name="What is the number of epochs?").press("Enter")
        expect(page.locator(f"{OPEN} .measured")).to_have_text("Here: 220 = 20 · 1297 / 128")
        page.keyboard.press("Escape")
        expect(page.locator(OPEN)).to_have_count(0)
        expect(start).to_be_visible()
        page.keyboard.press("Escape")
        expect(start).to_be_hidden()
