"""The file to take home in Chromium, from a folder and without any network: all seven views."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import ROOT, box_of, changed, choose, opened, pixels, rest, until
from vae.bench.live import Server
from vae.lab.file import lab_file
from vae.lab.model_blocks import ModelFiles
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser
POINTS = 1000
NAMES = ("mnist-z10", "digits-z2", "mnist-z10-b10")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file, of three models, two of them of the same pictures."""
    folder = tmp_path_factory.mktemp("home")
    models = [ModelFiles(read_checkpoint(ROOT / "checkpoints" / name)) for name in NAMES]
    query = "page=Sampling&checkpoint=mnist-z10&seed=3&side=4"
    (folder / "lab.html").write_bytes(lab_file(models, points=POINTS, query=query))
    return folder


@contextmanager
def taken(browser: Browser, folder: Path, link: str = "") -> Iterator[Page]:
    """The file, opened at this link. It asks for nothing outside of itself, and the console shows no error."""
    asked: list[str] = []
    url = (folder / "lab.html").as_uri()
    with opened(browser, f"{url}#{link}" if link else url, offline=True) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        rest(page)
        yield page
    assert {address.split(":")[0] for address in asked} <= {"file", "blob", "data"}


def link_of(page: Page) -> dict[str, str]:
    """The link's parameters, which are in the address's fragment."""
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).fragment).items()}


def to(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
    expect(page.locator("h1")).to_have_text(title)
    rest(page)


def test_it_opens_as_the_page_that_it_was_made_from_and_keeps_what_is_chosen_then(
    browser: Browser, folder: Path
) -> None:
    with taken(browser, folder) as page:
        expect(page.locator("h1")).to_have_text("Sampling")
        assert {"page": "Sampling", "seed": "3", "side": "4"}.items() <= link_of(page).items()
        before = pixels(page, "canvas.grid")
        page.get_by_role("button", name="Draw new noise").click()
        changed(page, lambda shown: pixels(shown, "canvas.grid"), before)
        page.wait_for_url("**seed=4**")
        rest(page)
        drawn = pixels(page, "canvas.grid")
        page.reload()
        expect(page.locator("canvas.grid[data-frame]").first).to_be_visible()
        until(page, lambda: pixels(page, "canvas.grid") == drawn)
        assert link_of(page)["seed"] == "4"
        note = page.get_by_text("this file's own: the app draws another one from this seed.")
        expect(note).to_have_count(0)
        seed = page.get_by_role("spinbutton", name="Seed")
        seed.fill("77")
        seed.press("Enter")
        changed(page, lambda shown: pixels(shown, "canvas.grid"), drawn)
        expect(note).to_be_visible()


def test_a_slider_decodes_while_it_is_dragged(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Explore&checkpoint=mnist-z10&image=3") as page:
        expect(page.locator(".meter")).to_contain_text("this browser")
        before = pixels(page)
        box = box_of(page.get_by_role("slider", name="z").first)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2, steps=5)
        changed(page, pixels, before)
        page.mouse.up()
        page.wait_for_url("**z=*")
        assert link_of(page)["image"] == "3"


@pytest.mark.slow
def test_models_of_the_same_pictures_stand_side_by_side(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Explore&checkpoint=mnist-z10&compare=mnist-z10-b10&image=3") as page:
        expect(page.locator("canvas.hero[data-frame]")).to_have_count(2)
        expect(page.locator(".heroes figcaption").last).to_have_text(
            "β = 10 spends 15.7 nats less on z and 62.8 more on the picture"
        )
        rest(page)
        before = pixels(page, "canvas.other")
        box = box_of(page.get_by_role("slider", name="z").first)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2, steps=5)
        changed(page, lambda shown: pixels(shown, "canvas.other"), before)
        page.mouse.up()
        page.wait_for_url("**z=*")
        assert link_of(page)["compare"] == "mnist-z10-b10"


@pytest.mark.slow
def test_one_image_is_reconstructed_by_the_models_side_by_side(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Reconstruction&checkpoint=mnist-z10&compare=mnist-z10-b10&image=3") as page:
        expect(page.locator("canvas.output[data-nats]")).to_have_count(2)
        expect(page.locator(".pictures figure").nth(2)).to_contain_text("β = 10 spends")


@pytest.mark.slow
def test_a_film_plays_from_the_file_and_a_model_without_one_says_which_there_are(
    browser: Browser, folder: Path
) -> None:
    with taken(browser, folder, "page=Training&film=mnist-z10-b10&frame=12") as page:
        pairs = page.locator("canvas.pairs")
        expect(pairs).to_have_attribute("data-epoch", re.compile(r"^1\."))
        before = pixels(page, "canvas.points")
        page.get_by_role("slider", name="Moment of the run").press("End")
        expect(pairs).to_have_attribute("data-epoch", "20")
        changed(page, lambda shown: pixels(shown, "canvas.points"), before)
    with taken(browser, folder, "page=Training&checkpoint=digits-z2") as page:
        note = "This file has no film of digits-z2. This is the film of mnist-z10-b10."
        expect(page.locator(".lab-notices")).to_have_text(note)
        expect(page.locator("canvas.pairs[data-epoch]")).to_be_visible()


@pytest.mark.slow
def test_a_link_to_another_view_opens_the_file_again_in_a_new_tab(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Reconstruction&checkpoint=mnist-z10&image=3") as page:
        link = page.get_by_role("link", name="Open μ in Explore")
        expect(link).to_have_attribute("href", re.compile(r"lab\.html#/Explore\?checkpoint=mnist-z10&image=3&z="))
        href = link.get_attribute("href") or ""
        link.click()
        expect(page.locator("h1")).to_have_text("Explore")
        page.goto(href)
        page.reload()
        expect(page.locator("canvas.hero[data-frame]")).to_be_visible()
        assert {"page": "Explore", "image": "3"}.items() <= link_of(page).items()


@pytest.mark.slow
def test_a_drawn_digit_is_encoded_and_reconstructed(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Reconstruction&checkpoint=mnist-z10") as page:
        expect(page.locator(".optimise .caption")).to_contain_text("needs the app")
        page.get_by_role("button", name="Draw your own").click()
        expect(page.locator(".title")).to_contain_text("empty pad")
        rest(page)
        before = pixels(page, "canvas[data-nats]")
        box = box_of(page.locator(".drawing-surface"))
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
        page.mouse.up()
        expect(page.locator(".title")).to_have_text("Your drawing")
        changed(page, lambda shown: pixels(shown, "canvas[data-nats]"), before)


@pytest.mark.slow
def test_a_path_between_two_images_is_decoded(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Interpolation&checkpoint=mnist-z10&from=3&to=5") as page:
        before = pixels(page)
        slider = page.get_by_role("slider").first
        slider.focus()
        slider.press("End")
        changed(page, pixels, before)


@pytest.mark.slow
def test_every_place_of_the_map_is_decoded_and_shipped_projections_are_there(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Latent_map&checkpoint=mnist-z10") as page:
        plot = page.locator(".plot")
        expect(plot).to_have_attribute("data-state", "done")
        expect(page.locator(".axes text").first).to_be_visible()
        area = box_of(page.locator(".area"))
        page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
        expect(page.locator(".card p")).to_contain_text("test image")
        before = plot.get_attribute("data-view")
        page.mouse.wheel(0, -600)
        changed(page, lambda shown: shown.locator(".plot").get_attribute("data-view"), before)
        page.get_by_role("radio", name="t-SNE").check()
        expect(page.locator(".plot[data-method=tsne][data-state=done]")).to_be_visible()
        expect(page.locator(".foot")).to_contain_text("Trustworthiness 0.")
        page.locator(".lab-controls").get_by_role("button", name="Parameters").click()
        perplexity = page.get_by_role("spinbutton", name="Perplexity")
        perplexity.fill("50")
        perplexity.press("Enter")
        expect(page.get_by_text("This file has no such t-SNE: only the app can compute one.")).to_be_visible()


@pytest.mark.slow
def test_what_needs_the_app_is_left_out(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Explore&checkpoint=mnist-z10") as page:
        expect(page.get_by_role("button", name="Model: ")).to_be_visible()
        expect(page.get_by_role("button", name="Share", exact=True)).to_have_count(0)
        page.get_by_role("button", name="Download").click()
        expect(page.get_by_role("group", name="Download").get_by_role("button")).to_have_count(1)
        to(page, "Reconstruction")
        expect(page.get_by_label("Compare with data set")).to_have_count(0)
        to(page, "Latent map")
        page.get_by_role("checkbox", name="Change per step").check()
        expect(page.get_by_text("The change per step needs the app, whose server measures it.")).to_be_visible()
        to(page, "Interpolation")
        page.get_by_role("radio", name="Shortest").check()
        expect(
            page.get_by_text("The shortest path needs the app, whose server searches for it. Here is the straight one.")
        ).to_be_visible()


def test_another_model_of_the_file_is_chosen_in_the_bar(browser: Browser, folder: Path) -> None:
    with taken(browser, folder, "page=Explore&checkpoint=mnist-z10") as page:
        choose(page, "digits-z2")
        page.wait_for_url("**checkpoint=digits-z2**")
        rest(page)
        expect(page.locator("canvas.hero")).to_have_js_property("width", 8)


@pytest.mark.slow
def test_a_page_of_the_app_is_taken_home_by_its_download_menu(app: Server, browser: Browser, tmp_path: Path) -> None:
    with opened(browser, f"{app.url}/Explore?checkpoint=digits-z2&image=3") as page:
        page.wait_for_selector("canvas.hero[data-frame]")
        rest(page)
        picture = pixels(page)
        page.get_by_role("button", name="Download").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="HTML this page with the model, to take home").click()
        assert download.value.suggested_filename == "digits-z2.html"
        download.value.save_as(tmp_path / "lab.html")
    with taken(browser, tmp_path) as page:
        expect(page.locator("h1")).to_have_text("Explore")
        assert {"checkpoint": "digits-z2", "image": "3"}.items() <= link_of(page).items()
        expect(page.locator("canvas.hero[data-frame]")).to_be_visible()
        until(page, lambda: pixels(page) == picture)
