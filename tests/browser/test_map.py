"""The latent map in a real browser: it decodes wherever one points, and says how far the map can be trusted."""

import gzip
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import (
    attribute,
    box_of,
    captured,
    changed,
    choose,
    explore,
    moving,
    opened,
    pixels,
    rest,
    swing,
    until,
)
from tests.support.downloads import downloaded
from vae.bench.live import Server
from vae.model.geometry.metric import change_per_step, pullback_metric
from vae.model.latents import EncodedSet, code
from vae.projection.config import ProjectionConfig
from vae.projection.methods import fit_pca, project
from vae.storage.checkpoints import Checkpoint, read_checkpoint

pytestmark = pytest.mark.browser
Z10 = "Latent_map?checkpoint=mnist-z10"
HASH = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .reduce((hash, value) => (Math.imul(hash, 31) + value) | 0, 7)"""
# Keeps a hash of every picture of the points that is on the screen from now on.
WATCH = f"""canvas => {{
    window.seen = new Set();
    const look = () => {{ window.seen.add(({HASH})(canvas)); requestAnimationFrame(look); }};
    look();
}}"""
# From now on a frame takes the page's animations 20 ms further: on a busy machine, too, none is over before it is seen.
SLOWED = """() => {
    const draw = requestAnimationFrame;
    let now = performance.now();
    performance.now = () => now;
    window.requestAnimationFrame = callback => draw(() => callback((now += 20)));
}"""


@contextmanager
def mapped(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The map at this address, its points drawn and its axes there."""
    with opened(browser, url, **options) as page:
        ready(page)
        yield page


def ready(page: Page, method: str = "") -> None:
    """Waits until the projection has come and its points have arrived."""
    wanted = f"[data-method={method}]" if method else ""
    page.wait_for_selector(f".plot[data-state=done]{wanted}")
    still(page)


def still(page: Page) -> None:
    """Waits until the points have come to rest."""
    rest(page, drawn)


def drawn(page: Page) -> int:
    """How often the points have been drawn."""
    return int(page.locator(".points-layer").get_attribute("data-frame") or 0)


def view(page: Page) -> list[float]:
    """The middle of what the plot shows, and layout units per pixel."""
    return [float(value) for value in (page.locator(".plot").get_attribute("data-view") or "").split(",")]


def decoded(page: Page) -> int:
    """How many pictures the card has shown."""
    return int(page.locator(".card .decoded").get_attribute("data-frame") or 0)


def points(page: Page) -> int:
    """Tells one picture of the points from another."""
    return int(page.locator(".points-layer").evaluate(HASH))


def spot(page: Page, across: float, down: float) -> tuple[float, float]:
    """A place on the screen, given as shares of the plot's width and height."""
    box = box_of(page.locator(".area"))
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def pinned(page: Page) -> str:
    """The picture of the pinned place, and where the panel's links lead."""
    links = [link.get_attribute("href") for link in page.locator(".links a").all()]
    return f"{links} {pixels(page, '.pinned-picture')}"


def look(page: Page, across: float, down: float) -> None:
    """Moves the mouse there, and waits for the picture."""
    count = decoded(page)
    page.mouse.move(*spot(page, across, down))
    changed(page, decoded, count)


def lasso(page: Page, *corners: tuple[float, float]) -> None:
    """Draws around these places."""
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(*spot(page, *corners[0]))
    page.mouse.down()
    for corner in (*corners[1:], corners[0]):
        page.mouse.move(*spot(page, *corner), steps=8)
    page.mouse.up()
    expect(page.locator(".selection")).to_be_visible()


def linked_z(page: Page) -> list[float]:
    """The z that Python has put into the address."""
    return [float(value) for value in parse_qs(urlparse(page.url).query).get("z", [""])[0].split(",") if value]


@pytest.fixture(scope="module")
def shipped(app_checkpoints: Path) -> Checkpoint:
    """The checkpoint of most of these tests."""
    return read_checkpoint(app_checkpoints / "mnist-z10")


@pytest.fixture(scope="module")
def encoded(shipped: Checkpoint) -> EncodedSet:
    """Its encoded test set."""
    return shipped.load_encoded()


def test_hovering_over_a_point_says_what_it_is_and_decodes_it(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        expect(page.locator(".card")).to_be_hidden()
        look(page, 0.5, 0.5)
        expect(page.locator(".card p")).to_contain_text("test image")
        card = page.locator(".card")
        assert len(set(pixels(page, ".card .decoded").split(","))) > 20  # a picture, not a blank
        page.mouse.move(5, 5)
        expect(card).to_be_hidden()


@pytest.mark.slow
def test_the_test_image_is_shown_beside_the_decoded_one(
    app: Server, browser: Browser, shipped: Checkpoint, encoded: EncodedSet
) -> None:
    plane = fit_pca(encoded.mean, 2).project(encoded.mean)
    with mapped(browser, f"{app.url}/{Z10}") as page:
        x, y, unit = view(page)
        box = box_of(page.locator(".area"))
        kept = plane[:500]  # of these the checkpoint itself carries the images
        reach = 0.45 * unit * np.array([box["width"], box["height"]])
        shown = np.flatnonzero((np.abs(kept - [x, y]) < reach).all(axis=1))
        apart = np.linalg.norm(kept[shown, None] - plane, axis=2)
        row = int(shown[np.partition(apart, 1)[:, 1].argmax()])  # the one with most room around it
        across = 0.5 + (float(plane[row, 0]) - x) / unit / box["width"]
        down = 0.5 - (float(plane[row, 1]) - y) / unit / box["height"]
        look(page, across, down)
        expect(page.locator(".card p")).to_contain_text(f"test image {row} · {encoded.labels[row]}")
        page.wait_for_selector(".card .original[data-frame]")
        image = ",".join(f"{value},{value},{value},255" for value in shipped.load_examples()[row].ravel())
        assert pixels(page, ".card .original") == image


@pytest.mark.slow
def test_the_card_never_leaves_the_window(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        card = page.locator(".card")
        for across, down in ((0.01, 0.02), (0.5, 0.5), (0.99, 0.98), (0.01, 0.98), (0.99, 0.02)):
            look(page, across, down)
            rest(page, decoded)
            box = box_of(card)
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= 1280
            assert box["y"] + box["height"] <= 720


def test_moving_over_empty_space_decodes_live_without_a_run_of_the_page(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        sent: list[Any] = []
        page.on("request", lambda request: sent.append(request.url))
        look(page, 0.02, 0.04)
        expect(page.locator(".card p")).to_contain_text("exact: component 1 =")
        expect(page.locator(".card .original")).to_be_hidden()
        across = lambda step: page.mouse.move(*spot(page, 0.02 + 0.9 * swing(step), 0.04))  # noqa: E731
        moving(page, across, lambda page: pixels(page, ".card .decoded"), 8)
        assert linked_z(page) == []
        assert [url for url in sent if "/live/images" not in url] == []


@pytest.mark.slow
def test_a_click_pins_and_its_link_to_explore_shows_the_same_picture(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        page.mouse.click(*spot(page, 0.06, 0.3))
        page.wait_for_url("**z=**")
        expect(page.locator(".pinned h2")).to_have_text("Pinned place")
        rest(page, pinned)
        z, picture = linked_z(page), pixels(page, ".pinned-picture")
        address = attribute(page.get_by_role("link", name="Explore").last, "href")
        with explore(browser, address) as other:
            assert linked_z(other) == pytest.approx(z, abs=1e-4)
            assert pixels(other) == picture
        with mapped(browser, page.url) as other:
            expect(other.locator(".pinned")).to_be_visible()
            rest(other, pinned)
            assert pixels(other, ".pinned-picture") == picture
        page.locator(".plot").focus()
        page.keyboard.press("Escape")
        expect(page.locator(".pinned")).to_be_hidden()
        until(page, lambda: linked_z(page) == [])


@pytest.mark.slow
def test_beside_the_decoded_picture_of_a_pin_is_its_image_or_the_nearest_one(
    app: Server, browser: Browser, shipped: Checkpoint, encoded: EncodedSet
) -> None:
    images, codes = shipped.load_examples(), encoded.mean[:500]  # those that the checkpoint itself carries
    grey = lambda row: ",".join(f"{value},{value},{value},255" for value in images[row].ravel())  # noqa: E731
    with mapped(browser, f"{app.url}/{Z10}&z={','.join(str(value) for value in codes[7] + 0.001)}") as page:
        expect(page.locator(".pinned figcaption")).to_have_text([f"Nearest image · {encoded.labels[7]}", "Decoded"])
        until(page, lambda: pixels(page, ".pinned-image") == grey(7))
        page.get_by_role("button", name="Zoom in").click()
        page.mouse.click(*spot(page, 0.5, 0.5))
        expect(page.locator(".pinned h2")).to_contain_text("Test image")
        row = int(captured(r"image (\d+)", page.locator(".pinned h2").inner_text()))
        caption = page.locator(".pinned figcaption").first
        if row < 500:
            expect(caption).to_have_text("Image")
            until(page, lambda: pixels(page, ".pinned-image") == grey(row))
        else:
            expect(caption).to_have_text("The server has no image from 500 on")
            expect(page.locator(".pinned-image")).to_be_hidden()


@pytest.mark.slow
def test_two_pins_are_the_ends_of_an_interpolation(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        page.mouse.click(*spot(page, 0.3, 0.5))
        page.wait_for_url("**z=**")
        rest(page, pinned)
        first = pinned(page)
        page.mouse.click(*spot(page, 0.7, 0.5))
        changed(page, pinned, first)
        rest(page, pinned)
        address = attribute(page.locator(".links a", has_text="Interpolation"), "href")
        query = parse_qs(urlparse(address).query)
        assert query["from"] != query["to"]
        assert query["checkpoint"] == ["mnist-z10"]


@pytest.mark.slow
def test_a_clicked_point_names_its_true_neighbours(app: Server, browser: Browser, encoded: EncodedSet) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        before = pixels(page, ".marks-layer")
        page.mouse.click(*spot(page, 0.5, 0.5))
        expect(page.locator(".neighbours")).to_contain_text("true neighbours in latent space")
        page.mouse.move(5, 5)
        rest(page, lambda page: pixels(page, ".marks-layer"))
        assert pixels(page, ".marks-layer") != before
        row = int(captured(r"image (\d+)", page.locator(".pinned h2").inner_text()))
        kept = int(captured(r"(\d+) of its 10", page.locator(".neighbours").inner_text()))
        assert kept == kept_neighbours(encoded.mean, row)
        assert linked_z(page) == pytest.approx(encoded.mean[row].tolist(), abs=1e-4)


def kept_neighbours(mean: Any, row: int) -> int:
    """How many of a row's 10 nearest are also its 10 nearest in the plane of the first two principal components."""
    from sklearn.decomposition import PCA

    nearest = [
        set(np.argsort(np.linalg.norm(rows - rows[row], axis=1))[1:11]) for rows in (mean, PCA(2).fit_transform(mean))
    ]
    return len(nearest[0] & nearest[1])


@pytest.mark.slow
def test_the_legend_hides_and_shows_classes(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        whole, named = points(page), pixels(page, ".marks-layer")
        zero = page.locator(".legend button").first
        zero.click()
        still(page)
        assert zero.get_attribute("aria-pressed") == "false"
        assert points(page) != whole
        assert pixels(page, ".marks-layer") != named  # its name is gone, too
        zero.click()
        still(page)
        assert points(page) == whole
        assert pixels(page, ".marks-layer") == named
        zero.dblclick()
        still(page)
        assert page.locator(".legend button[aria-pressed=true]").count() == 1


@pytest.mark.slow
def test_points_are_coloured_by_class_error_kl_or_a_dimension(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        seen = {points(page)}
        for choice in ("excess", "reconstruction", "kl", "z3"):
            page.get_by_label("Colour of the points").select_option(choice)
            still(page)
            seen.add(points(page))
            expect(page.locator(".ramp-row")).to_be_visible()
        assert len(seen) == 5
        page.get_by_label("Colour of the points").select_option("class")
        still(page)
        assert points(page) in seen


@pytest.mark.slow
def test_a_lasso_s_numbers_and_files_agree_with_the_data(
    app: Server, browser: Browser, encoded: EncodedSet, tmp_path: Path
) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        lasso(page, (0, 0), (0.5, 0), (0.5, 1), (0, 1))
        downloaded(page, "NPZ").save_as(tmp_path / "selection.npz")
        with np.load(tmp_path / "selection.npz", allow_pickle=False) as file:
            rows, label, latents, projection = (file[key] for key in ("index", "label", "latents", "projection"))
        assert 1000 < len(rows) < 9000
        assert np.array_equal(label, encoded.labels[rows])
        assert np.array_equal(latents, encoded.mean[rows])
        assert projection.shape == (len(rows), 2)
        expect(page.locator(".selection h2")).to_have_text(f"{len(rows):,} images selected")
        counts = [text.replace(",", "").split() for text in page.locator(".counts li").all_inner_texts()]
        assert {name: int(count) for name, count in counts} == {
            str(k): int(n) for k, n in enumerate(np.bincount(label, minlength=10)) if n
        }
        error = encoded.reconstruction[rows]
        expect(page.locator(".selection")).to_contain_text(f"error {error.mean():.1f} ± {error.std():.1f} nats")
        downloaded(page, "CSV").save_as(tmp_path / "selection.csv")
        lines = (tmp_path / "selection.csv").read_text().splitlines()
        assert len(lines) == len(rows) + 1
        assert lines[0].split(",")[:3] == ["index", "label", "z0"]
        page.get_by_role("button", name="use as A").click()
        expect(page.locator(".selection")).to_contain_text("are group A now")


PLANES = {
    "method=Raw&across=z[4]&up=z[1]": ProjectionConfig("raw", axes=(4, 1)),
    "method=PCA": ProjectionConfig("pca"),
    "method=PCA&dims=3-D": ProjectionConfig("pca", 3),
}


@pytest.mark.slow
@pytest.mark.parametrize("query", PLANES)
def test_a_plane_of_the_latent_space_is_drawn_where_python_has_it_and_waits_for_no_answer(
    app: Server, browser: Browser, encoded: EncodedSet, tmp_path: Path, query: str
) -> None:
    config = PLANES[query]
    with opened(browser, app.url) as page:
        page.route_web_socket("**/projections", lambda _: None)  # opens, and never says anything
        page.goto(f"{app.url}/{Z10}&{query}")
        page.wait_for_selector(f".plot[data-points='10000'][data-method={config.method}]")
        page.get_by_label("Select all images of a class").fill("7")
        page.keyboard.press("Enter")
        downloaded(page, "NPZ").save_as(tmp_path / "selection.npz")
    with np.load(tmp_path / "selection.npz", allow_pickle=False) as file:
        found, rows = file["projection"], file["index"]
    np.testing.assert_allclose(found, project(encoded.mean, config)[rows], atol=2e-6)


@pytest.mark.slow
def test_searching_a_class_selects_all_of_it(app: Server, browser: Browser, encoded: EncodedSet) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        page.get_by_label("Select all images of a class").fill("7")
        page.keyboard.press("Enter")
        count = int((encoded.labels == 7).sum())
        expect(page.locator(".selection h2")).to_have_text(f"{count:,} images selected")
        expect(page.locator(".counts li")).to_have_count(1)
        page.get_by_label("Clear the selection").click()
        expect(page.locator(".selection")).to_be_hidden()


def test_the_keyboard_moves_a_crosshair_that_decodes_and_pins(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        page.locator(".plot").focus()
        view = points(page)
        keys = lambda step: page.keyboard.press("Shift+ArrowLeft" if step % 12 < 6 else "Shift+ArrowRight")  # noqa: E731
        moving(page, keys, decoded, 4)
        page.keyboard.press("Enter")
        page.wait_for_url("**z=**")
        page.keyboard.press("+")
        still(page)
        assert points(page) != view
        page.keyboard.press("0")  # all points
        still(page)
        page.keyboard.press("0")  # without outliers, as at first
        still(page)
        assert points(page) == view
        for control in page.locator(".latent-map button, .latent-map input, .latent-map select").all():
            assert control.get_attribute("aria-label") or control.inner_text(), control.evaluate("c => c.outerHTML")


@pytest.mark.slow
def test_a_change_of_method_morphs_and_ends_at_the_new_layout(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        first = points(page)
        page.evaluate(SLOWED)
        page.locator(".points-layer").evaluate(WATCH)
        page.get_by_text("Raw", exact=True).click()
        ready(page, "raw")
        last, seen = points(page), page.evaluate("[...window.seen]")
        assert len(seen) >= 5
        assert (seen[0], seen[-1]) == (first, last)
        with mapped(browser, page.url) as other:
            assert points(other) == last


@pytest.mark.slow
def test_reduced_motion_morphs_at_once(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}", reduced_motion="reduce") as page:
        before = drawn(page)
        page.get_by_text("Raw", exact=True).click()
        ready(page, "raw")
        assert drawn(page) <= before + 8


@pytest.mark.slow
def test_dragging_pans_and_the_wheel_zooms(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}") as page:
        page.wait_for_selector(".nsewdrag", state="attached")
        ticks = page.locator(".xtick").all_text_contents()
        seen = {points(page)}
        page.mouse.move(*spot(page, 0.5, 0.5))
        page.mouse.down()
        page.mouse.move(*spot(page, 0.7, 0.6), steps=8)
        page.mouse.up()
        still(page)
        seen.add(points(page))
        page.mouse.wheel(0, -600)
        still(page)
        seen.add(points(page))
        assert len(seen) == 3
        assert page.locator(".xtick").all_text_contents() != ticks
        expect(page.locator(".pinned")).to_be_hidden()  # a drag is no click


@pytest.mark.slow
def test_drags_move_the_points_before_plotly_is_there_and_afterwards(app: Server, browser: Browser) -> None:
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    with opened(browser, app.url) as page:
        page.route("**/plotly.min.js", hold)
        page.goto(f"{app.url}/{Z10}")
        page.wait_for_selector(".plot[data-method=pca]")
        still(page)
        for there in (False, True):
            if there:
                for route in held:
                    route.continue_()
                page.wait_for_selector(".nsewdrag", state="attached")
            assert held
            before = view(page)
            page.mouse.move(*spot(page, 0.5, 0.5))
            page.mouse.down()
            page.mouse.move(*spot(page, 0.7, 0.6), steps=8)
            page.mouse.up()
            still(page)
            moved = view(page)
            assert moved[0] < before[0]
            assert moved[1] > before[1]
            assert moved[2] == pytest.approx(before[2])
            page.mouse.wheel(0, -600)
            still(page)
            assert view(page)[2] < moved[2]
            assert (page.locator(".nsewdrag").count() == 1) == there


@pytest.mark.slow
def test_three_dimensions_turn_and_decode(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/{Z10}&dims=3-D") as page:
        page.wait_for_selector(".plot[data-dims='3']")
        still(page)
        before = points(page)
        page.mouse.move(*spot(page, 0.5, 0.5))
        page.mouse.down()
        page.mouse.move(*spot(page, 0.7, 0.6), steps=8)
        page.mouse.up()
        still(page)
        turned = points(page)
        assert turned != before
        page.locator(".plot").focus()
        page.keyboard.press("Shift+ArrowLeft")
        still(page)
        assert points(page) != turned
        look(page, 0.05, 0.05)
        expect(page.locator(".card p")).to_contain_text("exact")


@pytest.mark.slow
def test_a_running_projection_is_animated_and_can_be_cancelled(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/{Z10}&method=t-SNE&perplexity=77") as page:
        expect(page.locator(".progress")).to_contain_text(re.compile(r"t-SNE: [1-9]\d* %"))
        seen = points(page)
        for _ in range(3):
            seen = changed(page, points, seen)
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator(".notice")).to_contain_text("was cancelled")
        expect(page.locator(".progress")).to_be_hidden()
        still(page)
        last = points(page)
        page.wait_for_timeout(1000)
        assert points(page) == last
        page.get_by_role("button", name="Compute again").click()
        expect(page.locator(".progress")).to_be_visible()


@pytest.mark.slow
def test_away_from_the_points_of_t_sne_no_error_is_given(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=digits-z2&method=t-SNE") as page:
        look(page, 0.02, 0.96)
        card = page.locator(".card p")
        expect(card).to_have_text(re.compile("^no image is near: z is a guess from images of "))
        card_box = box_of(card)
        assert card_box["y"] + card_box["height"] < 720  # nothing is cut off
        expect(page.locator(".quality")).to_have_text(
            re.compile(
                r"Trustworthiness [01]\.\d\d\? · continuity [01]\.\d\d\? · "
                r"\d+ % of the true 10 nearest neighbours kept\?"
            )
        )
        assert "10" in attribute(page.locator(".quality span").first, "title")
        page.get_by_text("what these mean").click()
        expect(page.get_by_text("Trustworthiness: 1 if")).to_be_visible()
        page.mouse.click(*spot(page, 0.02, 0.96))
        expect(page.locator(".pinned p").first).to_have_text(re.compile(r"\(no image near\)$"))
        page.wait_for_url("**z=**")


@pytest.mark.slow
def test_a_model_of_two_latents_opens_as_it_is_on_decoded_pictures(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=mnist-z2") as page:
        page.wait_for_selector(".plot[data-method=raw][data-manifold]")
        still(page)
        shown = pixels(page, ".pictures-layer")
        assert len(set(shown.split(","))) > 50
        density = page.get_by_label("Decoded pictures under the points, per side")
        density.fill("7")
        page.wait_for_selector(".plot[data-manifold='7']")
        still(page)
        assert pixels(page, ".pictures-layer") != shown
        density.fill("0")
        still(page)
        assert set(pixels(page, ".pictures-layer").split(",")) == {"0"}
        expect(page.locator(".mismatch")).to_contain_text("nats")


@pytest.mark.slow
def test_the_ground_is_how_much_the_picture_changes_per_step_and_stays_in_the_link(
    app: Server, app_checkpoints: Path, browser: Browser
) -> None:
    model = read_checkpoint(app_checkpoints / "digits-z2").load_model()
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=digits-z2") as page:
        assert page.locator(".shading").is_hidden()
        page.get_by_role("checkbox", name="Change per step").check()
        page.wait_for_url("**shading=on*")
        until(
            page, lambda: int(page.locator(".shading").get_attribute("data-cells") or 0) > 2000, "all cells are there"
        )
        still(page)
        assert len(set(pixels(page, ".pictures-layer").split(",")[3::4])) > 20  # opacities
        expect(page.locator(".shading")).to_contain_text("grey levels per unit of z, on a log scale")
        page.get_by_label("Decoded pictures under the points, per side").wait_for(state="hidden")
        look(page, 0.02, 0.05)  # where no point is
        text = page.locator(".card p").inner_text()
        z = [float(number) for number in re.findall(r"= ([−0-9.-]+)", text.replace("−", "-"))]
        codes = code(model, np.array([z], np.float32))
        expected = float(change_per_step(pullback_metric(model, codes, torch.eye(2))))
        shown = float(re.findall(r"([0-9.]+) grey levels per step of z", text)[0])
        assert shown == pytest.approx(expected, rel=0.3)  # of the cell's middle, in two digits
        page.get_by_role("checkbox", name="Change per step").uncheck()
        page.wait_for_function("() => !location.search.includes('shading')")
        expect(page.locator(".shading")).to_be_hidden()


@pytest.mark.slow
def test_points_on_pictures_are_as_faint_and_large_as_the_user_wants_also_after_a_reload(
    app: Server, browser: Browser
) -> None:
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=mnist-z2") as page:
        first = points(page)
        page.get_by_label("Point opacity").fill("0.2")
        still(page)
        faint = points(page)
        page.get_by_label("Point size").fill("2")
        still(page)
        large = points(page)
        assert len({first, faint, large}) == 3
        page.reload()
        ready(page)
        assert points(page) == large
        assert page.get_by_label("Point opacity").input_value() == "0.2"


@pytest.mark.slow
def test_the_first_view_is_three_sigma_of_the_prior_says_how_many_are_outside_and_can_show_all(
    app: Server, browser: Browser
) -> None:
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=mnist-z2") as page:
        outside = page.locator(".outside")
        expect(outside).to_have_text(re.compile(r"^[1-9]\d* of them outside this view$"))
        first, box = view(page), box_of(page.locator(".area"))
        assert first[:2] == [0, 0]
        assert 6 < first[2] * min(box["width"], box["height"]) < 6.6
        page.get_by_role("button", name="Show all points").click()
        expect(outside).to_have_text("")
        still(page)
        assert view(page)[2] > first[2]
        page.get_by_role("button", name="Show all points").click()
        still(page)
        assert view(page) == first


@pytest.mark.slow
def test_models_of_one_two_and_many_dimensions_are_drawn(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=z1") as page:
        expect(page.locator(".quality")).to_contain_text("One latent dimension")
        look(page, 0.02, 0.04)
        expect(page.locator(".card p")).to_contain_text("exact: z₀")
        for name in ("rgb-z16", "mnist-z2", "z1"):
            choose(page, name)
            expect(page.locator(".stage")).to_be_visible()
            page.wait_for_function("name => new URL(location).searchParams.get('checkpoint') === name", arg=name)
            rest(page)
            ready(page)
            look(page, 0.02 if name == "z1" else 0.03, 0.04)
            page.mouse.move(5, 5)


@pytest.mark.slow
def test_plotly_comes_from_our_own_server_compressed_and_to_be_kept(app: Server, browser: Browser) -> None:
    asked: list[str] = []
    with opened(browser, f"{app.url}/{Z10}") as page:
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        ready(page)
    assert all(urlparse(url).netloc == urlparse(app.url).netloc for url in asked if url.startswith("http"))
    url = next(url for url in asked if url.endswith("plotly.min.js"))
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        assert "immutable" in response.headers["Cache-Control"]
        assert gzip.decompress(response.read()).startswith(b"/**\n* plotly.js")


def test_names_are_text_and_never_markup(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=rgb-z16") as page:
        expect(page.locator(".legend")).to_contain_text("<b>nine</b>")
        assert page.locator(".latent-map b", has_text="nine").count() == 0


@pytest.mark.slow
def test_on_a_phone_a_pin_opens_a_sheet_from_below_that_does_not_cover_its_place(app: Server, browser: Browser) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with mapped(browser, f"{app.url}/Latent_map?checkpoint=mnist-z2", **phone) as page:
        sheet = page.locator(".pinned")
        expect(sheet).to_be_hidden()
        for down in (0.95, 0.5):
            page.touchscreen.tap(*spot(page, 0.3, down))
            expect(sheet).to_be_visible()
            rest(page, pinned)
            box = box_of(sheet)
            assert box["y"] + box["height"] == pytest.approx(844, abs=1)
            assert box["height"] <= 0.45 * 844 + 1
            assert 48 < spot(page, 0.3, down)[1] < box["y"]
            close = box_of(page.get_by_label("Remove the pin"))
            assert min(close["width"], close["height"]) >= 44
        page.get_by_label("Remove the pin").tap()
        expect(sheet).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_touch_probes_pans_and_pinches(app: Server, browser: Browser) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with mapped(browser, f"{app.url}/{Z10}", **phone) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        touch = page.context.new_cdp_session(page)

        def send(kind: str, *fingers: tuple[float, float]) -> None:
            at = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(spot(page, *finger) for finger in fingers)]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
            page.wait_for_timeout(40)

        send("touchStart", (0.1, 0.1))
        moving(page, lambda step: send("touchMove", (0.1 + 0.35 * swing(step, 7), 0.1)), decoded, 5)
        send("touchEnd")
        page.wait_for_url("**z=**")  # where the finger lifts is pinned
        page.get_by_role("button", name="Move", exact=True).click()
        for fingers in ([(0.4, 0.5)], [(0.4, 0.5), (0.6, 0.5)]):
            before = points(page)
            send("touchStart", *fingers)
            for k in range(6):
                send("touchMove", *[(x + (0.03 * k if i else -0.03 * k), y) for i, (x, y) in enumerate(fingers)])
            send("touchEnd")
            still(page)
            assert points(page) != before


@pytest.mark.slow
def test_on_a_small_projector_the_map_takes_the_room_and_a_presentation_leaves_out_the_fine_print(
    app: Server, browser: Browser
) -> None:
    with mapped(browser, f"{app.url}/{Z10}&method=Raw") as page:
        plot, height = page.locator(".plot"), lambda page: box_of(page.locator(".plot"))["height"]
        before = height(page)
        assert before >= 0.7 * 720
        head = box_of(page.locator(".st-key-head"))
        axes = box_of(page.get_by_role("button", name="Axes"))
        assert head["y"] <= axes["y"] < axes["y"] + axes["height"] <= head["y"] + head["height"]
        page.get_by_role("button", name="Present", exact=True).click()
        expect(page.locator(".source")).to_be_hidden()
        changed(page, height, before)
        rest(page, height)
        assert height(page) > before
        assert box_of(plot)["y"] + height(page) <= 720
        page.keyboard.press("Escape")
        expect(page.locator(".source")).to_be_visible()
        until(page, lambda: height(page) == before)


@pytest.mark.slow
def test_the_axes_are_chosen_in_a_panel_that_stays_open(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}&method=Raw&dims=3-D") as page:
        page.get_by_role("button", name="Axes").click()
        for label, axis in (("Across", "z[1]"), ("Depth", "z[9]")):
            page.get_by_role("combobox", name=label).click()
            page.get_by_role("option", name=axis, exact=True).click()
            page.wait_for_url(f"**{label.lower()}={axis.replace('[', '*').replace(']', '*')}**")
        expect(page.get_by_role("combobox", name="Up")).to_be_visible()


@pytest.mark.slow
def test_the_hero_is_above_the_fold_in_both_themes_and_follows_a_change(app: Server, browser: Browser) -> None:
    with mapped(browser, f"{app.url}/{Z10}", color_scheme="light") as page:
        box = box_of(page.locator(".plot"))
        assert box["y"] + box["height"] <= 720
        foot = box_of(page.locator(".quality"))
        assert foot["y"] + foot["height"] <= 720
        page.mouse.click(*spot(page, 0.06, 0.3))
        page.wait_for_url("**z=**")
        rest(page, pinned)
        picture = pixels(page, ".pinned-picture")
        light = page.locator(".latent-map").evaluate("e => getComputedStyle(e).color")
        page.emulate_media(color_scheme="dark")
        expect(page.locator(".latent-map")).not_to_have_css("color", light)
        rest(page, pinned)
        colour = page.locator(".latent-map").evaluate("e => getComputedStyle(e).color")
        assert int(colour.split("(")[1].split(",")[0]) > 200
        ground = page.locator(".plot .bg").first.evaluate("e => e.style.fill")
        assert int(ground.split("(")[1].split(",")[0]) < 80
        assert pixels(page, ".pinned-picture") == picture
