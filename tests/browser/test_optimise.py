"""q of one image optimised on Reconstruction, in a real browser: seen falling, stopped, begun again, and split."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browsing import PIXELS, captured, new_page, opened, rest, until
from vae.bench.live import Server

pytestmark = pytest.mark.browser
LINK = "Reconstruction?checkpoint=mnist-z10-b1&image=18"
OFFERED = "Optimise q for this image"


def settled(page: Page) -> str:
    """The reconstruction's pixels, once the page has rested."""
    expect(page.locator("canvas.output[data-nats]")).to_be_visible()
    rest(page, picture)
    return picture(page)


def picture(page: Page) -> str:
    return str(page.locator("canvas.output").evaluate(PIXELS))


def elbo_now(page: Page) -> float:
    return float(captured(r"−ELBO ([\d.]+) =", page.locator(".optimised .now").inner_text()))


def split_of(page: Page) -> list[float]:
    """-ELBO, both gaps and the NLL, once they are there."""
    expect(page.locator(".split .numbers")).to_be_visible()
    return [
        float(text) for text in page.locator(".split .numbers b").all_inner_texts() if re.fullmatch(r"[\d.]+", text)
    ]


@pytest.mark.slow
def test_it_is_offered_for_a_picture_and_not_before_the_link_s_image_can_come(app: Server, browser: Browser) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with new_page(browser) as page:
        page.route("**/live/encoded?**", hold)
        page.goto(f"{app.url}/{LINK}")
        offered = page.get_by_role("button", name=OFFERED)
        until(page, lambda: len(held) > 0, "the page asks for the encoded test set")
        expect(offered).to_be_disabled()
        held.pop().continue_()
        expect(offered).to_be_enabled()
        page.get_by_role("button", name="Clear").click()
        expect(offered).to_be_disabled()


@pytest.mark.slow
def test_the_minus_elbo_is_seen_falling_and_then_split(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/{LINK}") as page:
        before = settled(page)
        expect(page.locator(".optimised")).to_be_hidden()
        page.get_by_role("button", name=OFFERED).click()
        expect(page.locator(".optimised .now")).to_contain_text("Step ")
        first = elbo_now(page)
        elbo, amortisation, approximation, nll = split_of(page)
        assert nll < elbo_now(page) < first
        assert amortisation + approximation + nll == pytest.approx(elbo, abs=0.16)  # each is rounded to a tenth
        assert amortisation > 1
        assert approximation > 0
        expect(page.locator("figcaption", has_text="Mean of the optimised q")).to_be_visible()
        assert picture(page) != before
        assert page.locator(".falling").get_attribute("points")
        page.get_by_role("button", name="The encoder’s q again").click()
        expect(page.locator(".optimised")).to_be_hidden()
        expect(page.get_by_role("button", name=OFFERED)).to_be_focused()
        assert settled(page) == before
        expect(page.locator("figcaption", has_text="Reconstruction: evaluation's sample")).to_be_visible()


@pytest.mark.slow
def test_it_can_be_stopped_and_begun_again_and_another_image_ends_it(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/{LINK}") as page:
        settled(page)
        page.get_by_role("button", name=OFFERED).click()
        expect(page.locator(".optimised .now")).to_contain_text("Step ")
        page.get_by_role("button", name="Stop").click()
        again = page.get_by_role("button", name="Optimise again")
        expect(again).to_be_visible()
        assert page.locator(".split .numbers").count() == 0
        again.click()
        found = split_of(page)
        again.click()
        expect(page.locator(".split .numbers")).to_have_count(0)
        assert split_of(page) == found  # the same noise
        again.click()
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        page.get_by_label("The mean μ").check()
        expect(again).to_be_visible()
        page.get_by_role("button", name="Next test image").click()
        expect(page.locator(".optimised")).to_be_hidden()
        expect(page.get_by_role("button", name=OFFERED)).to_be_visible()


@pytest.mark.slow
def test_the_light_page_optimises_too_and_a_conditional_model_with_its_class(app: Server, browser: Browser) -> None:
    query = "checkpoint=mnist-z10-cond&image=18"
    splits = []
    for link in (f"Reconstruction?{query}", f"lab/?page=Reconstruction&{query}"):
        with opened(browser, f"{app.url}/{link}") as page:
            settled(page)
            page.get_by_role("button", name=OFFERED).click()
            splits.append(split_of(page))
    assert splits[0] == splits[1]


@pytest.mark.slow
def test_a_plain_autoencoder_says_that_it_has_no_q(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Reconstruction?checkpoint=mnist-z10-ae") as page:
        settled(page)
        expect(page.get_by_role("button", name=OFFERED)).to_be_hidden()
        expect(page.locator(".optimise .caption")).to_have_text("A plain autoencoder has no q(z|x) to optimise.")
