"""The words of the field on the pages, in a real browser: each has a "?" that opens a sentence on the screen."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import box_of, opened, rest, until
from tests.support.effort import first_in_make_test
from vae.bench.live import Server

pytestmark = pytest.mark.browser
MNIST = "checkpoint=mnist-z10"
WHERE = {
    f"Explore?{MNIST}": ("z", "the KL of a dimension"),
    "Explore?checkpoint=mnist-z10-ae": ("z", "the spread of μ"),
    f"Sampling?{MNIST}": ("Temperature", "Truncation", "Hold", "precision", "the prior", "the aggregate posterior"),
    f"Interpolation?{MNIST}": ("|z|",),
    f"Reconstruction?{MNIST}": ("KL", "−ELBO", "μ", "σ", "q(z|x)"),
    "Latent_map?checkpoint=mnist-z2&method=Raw": ("trustworthiness",),
}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def question(page: Page, term: str) -> Locator:
    return page.get_by_role("button", name=f"What is {term}?", exact=True)


def is_on_the_screen(page: Page, panel: Locator) -> bool:
    box, size = box_of(panel), page.viewport_size
    assert size is not None
    across = box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    return across and box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


@pytest.mark.parametrize("query", first_in_make_test(WHERE))
def test_each_word_is_explained_once_on_a_page_and_the_sentence_stays_on_a_phone_s_screen(
    app: Server, browser: Browser, query: str
) -> None:
    with opened(browser, f"{app.url}/{query}", **PHONE) as page:
        page.wait_for_selector("canvas[data-frame], .plot[data-points]")
        rest(page)
        for term in WHERE[query]:
            button = question(page, term)
            expect(button).to_have_count(1)
            button.tap()
            note = page.get_by_role("note").filter(visible=True)
            expect(note).to_have_count(1)  # what was open before has closed
            expect(note).to_contain_text(f"{term.removeprefix('the ')}: ")
            until(page, lambda note=note: is_on_the_screen(page, note), "the sentence is on the screen")  # type: ignore[misc]
            expect(button).to_have_attribute("aria-expanded", "true")
        asked = [button.get_attribute("aria-label") for button in page.get_by_role("button", name="What is").all()]
        assert len(set(asked)) == len(asked) >= len(WHERE[query])
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_keys_and_pointer_open_and_close_a_sentence(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Sampling?{MNIST}") as page:
        page.wait_for_selector("canvas.grid[data-frame]")
        rest(page)
        asked, note = question(page, "Temperature"), page.get_by_role("note").filter(visible=True)
        for close in (
            lambda: page.keyboard.press("Escape"),
            lambda: page.keyboard.press("Enter"),
            lambda: page.keyboard.press("Shift+Tab"),  # out of the sentence, whose code the next Tab reaches
            lambda: page.locator("h1").click(),
        ):
            asked.focus()
            page.keyboard.press("Enter")
            expect(note).to_contain_text("Temperature: ")
            close()
            expect(note).to_have_count(0)
            expect(asked).to_have_attribute("aria-expanded", "false")


@pytest.mark.slow
def test_a_source_s_question_is_about_that_source(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Sampling?checkpoint=digits-z2&view=one") as page:
        page.wait_for_selector("canvas.grid[data-frame]")
        source = page.get_by_role("combobox", name="A: where z comes from")
        for value, term in (("aggregate", "the aggregate posterior"), ("image", "q(z|x)"), ("class:3", None)):
            source.select_option(value)
            questions = page.locator(".from").get_by_role("button", name="What is").filter(visible=True)
            expect(questions).to_have_count(int(term is not None))
            if term:
                expect(questions).to_have_attribute("aria-label", f"What is {term}?")
