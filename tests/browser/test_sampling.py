"""The Sampling component in a real browser: pictures that follow the pointer, numbers that Python agrees with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect
from scipy.stats import norm, truncnorm
from sklearn.neighbors import KNeighborsClassifier

from tests.support.browsing import box_of, choose, moving, opened, pixels, rest, swing
from tests.support.checkpoints import save
from tests.support.downloads import downloaded
from tests.support.effort import first_in_make_test
from vae.bench.live import Server
from vae.datasets.registry import load_dataset
from vae.evaluation.pictures.classifier import classify, load_classifier, read_reliability
from vae.model.latents import decode, sample
from vae.model.losses import Objective
from vae.model.networks import default_config
from vae.model.samplers import (
    Mixture,
    per_class,
    posterior_of,
    sample_aggregate_posterior,
    standard_normal,
)
from vae.projection.methods import fit_pca
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig

pytestmark = pytest.mark.browser
Z2, Z10 = "checkpoint=digits-z2", "checkpoint=mnist-z10"
GRIDS = "canvas.grid"
WHICH = np.add.outer(16 * np.arange(8), np.arange(8)).ravel()  # the noise that the cells of an 8 x 8 grid have

Arrays = dict[str, NDArray[Any]]


@pytest.fixture(scope="module", autouse=True)
def odd_kinds(app_checkpoints: Path) -> None:
    """A plain autoencoder and a conditional model beside the app's checkpoints."""
    digits = load_dataset("digits")
    kinds: dict[str, tuple[dict[str, Any], Objective]] = {
        "point": ({"posterior": "point"}, Objective("autoencoder")),
        "conditional": ({"classes": 10}, Objective()),
    }
    for name, (options, objective) in kinds.items():
        if not (app_checkpoints / name).exists():
            config = default_config(digits.image_shape, 3, **options)
            settings = TrainingConfig(epochs=2, device="cpu", objective=objective)
            list(train_checkpoint(digits, config, settings, app_checkpoints / name))


@pytest.fixture(scope="module")
def z2(app_checkpoints: Path) -> Checkpoint:
    """The checkpoint that most tests look at."""
    return read_checkpoint(app_checkpoints / "digits-z2")


@contextmanager
def sampling(browser: Browser, app: Server, query: str, **options: Any) -> Iterator[Page]:
    """The Sampling page that this query asks for, its pictures drawn."""
    with opened(browser, f"{app.url}/Sampling?{query}", **options) as page:
        page.wait_for_selector(f"{GRIDS}[data-frame]")
        settle(page)
        yield page


def drawn(page: Page) -> int:
    """How often the first grid has been drawn."""
    return int(page.locator(GRIDS).first.get_attribute("data-frame") or 0)


def settle(page: Page) -> None:
    """Waits until no new pictures come, and every grid shows what is chosen."""
    rest(page, drawn)
    expect(page.locator(".stage.stale")).to_have_count(0)


def both(page: Page) -> list[str]:
    """The pixels of the two grids."""
    return [str(pixels(page, f".panel:nth-child({place}) {GRIDS}")) for place in (1, 2)]


def linked(page: Page) -> dict[str, str]:
    """What Python has put into the address."""
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def arrays(page: Page, folder: Path) -> Arrays:
    """The downloaded NPZ, as NumPy reads it."""
    downloaded(page, "NPZ").save_as(folder / "samples.npz")
    with np.load(folder / "samples.npz", allow_pickle=False) as file:
        return dict(file)


def slide(page: Page, name: str, value: float) -> None:
    """Moves a slider there, in one step."""
    page.get_by_role("slider", name=name).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')) }", value
    )
    settle(page)


def source(page: Page, panel: str = "A") -> Locator:
    return page.get_by_role("combobox", name=f"{panel}: where z comes from")


# ---- the pointer -----------------------------------------------------------------------------------------------------


def test_pictures_morph_during_a_drag_and_python_hears_of_the_release(app: Server, browser: Browser) -> None:
    sliders = {"Temperature": "temperature", "Truncation": "truncation", "Value of the held latent": "hold"}
    with sampling(browser, app, Z2) as page:
        for name, parameter in sliders.items():
            before = linked(page)
            box = box_of(page.get_by_role("slider", name=name))
            y = box["y"] + box["height"] / 2
            page.mouse.move(box["x"] + box["width"] / 2, y)
            page.mouse.down()

            def move(step: int, box: FloatRect = box, y: float = y) -> None:
                page.mouse.move(box["x"] + box["width"] * (0.45 - 0.36 * swing(step)), y)

            moving(page, move, lambda page: tuple(both(page)), 8)
            settle(page)
            assert linked(page) == before  # no run of the page while the pointer is down
            page.mouse.up()
            page.wait_for_url(f"**{parameter}=**")
            assert set(linked(page)) - set(before) == {parameter}


@pytest.mark.slow
def test_the_link_reproduces_the_pictures_bit_by_bit(app: Server, browser: Browser) -> None:
    query = f"{Z2}&seed=7&side=5&temperature=0.7&truncation=1.5&source=class:3&against=image:11&hold=0:0.25"
    with sampling(browser, app, query) as page, sampling(browser, app, query) as other:
        assert both(page) == both(other)
        assert linked(page) == dict(pair.split("=") for pair in query.split("&"))
        page.get_by_role("button", name="Draw new noise").click()
        settle(page)
        assert both(page) != both(other)
        assert linked(page)["seed"] == "8"
        link = page.url
        field = page.get_by_role("spinbutton", name="Seed of the noise")
        assert field.input_value() == "8"
        field.fill("7")
        field.press("Enter")
        settle(page)
        assert both(page) == both(other)
        other.goto(link)
        other.wait_for_selector(f"{GRIDS}[data-frame]")
        settle(other)
        assert both(page) != both(other)
        assert other.get_by_role("spinbutton", name="Seed of the noise").input_value() == "8"


# ---- the numbers -----------------------------------------------------------------------------------------------------


def mixtures(checkpoint: Checkpoint) -> dict[str, Mixture]:
    """The sources as vae.model.samplers makes them."""
    encoded = checkpoint.load_encoded()
    codes = sample_aggregate_posterior(encoded.mean, encoded.logvar, 0)
    third, shipped = per_class(codes, encoded.labels, 10)[3], checkpoint.load_fit(encoded)
    assert third is not None
    assert shipped is not None
    return {
        "prior": standard_normal(2),
        "aggregate": shipped.mixture,
        "class:3": third,
        "image:11": posterior_of(encoded.mean[11], encoded.logvar[11]),
    }


def test_z_is_what_the_samplers_draw_from_the_same_seed(
    app: Server, browser: Browser, z2: Checkpoint, tmp_path: Path
) -> None:
    with sampling(browser, app, f"{Z2}&view=one&seed=3&temperature=1.2") as page:
        for name, mixture in mixtures(z2).items():
            if name == "image:11":
                source(page).select_option("image")
                page.get_by_role("spinbutton", name="A: test image").fill("11")
                page.keyboard.press("Enter")
                page.wait_for_url(re.compile(r"source=image(:|%3A)11\b"))
            else:
                source(page).select_option(name)
            settle(page)
            found = arrays(page, tmp_path)
            expected = mixture.sample(256, 3, 1.2)[WHICH]
            np.testing.assert_allclose(found["z"], expected, atol=1e-5, err_msg=name)
            pictures = decode(z2.load_model(), found["z"])
            assert found["images"].dtype == np.uint8
            assert np.abs(found["images"].astype(int) - pictures).max() <= 1
            assert found["seed"] == 3


@pytest.mark.slow
def test_a_number_that_is_being_typed_stays_whatever_comes_from_python(app: Server, browser: Browser) -> None:
    with sampling(browser, app, f"{Z2}&view=one") as page:
        number = page.get_by_role("spinbutton", name="A: test image")
        source(page).evaluate(  # in one go: what Python has of image 0 comes after the number
            """source => {
              source.value = "image";
              source.dispatchEvent(new Event("change"));
              const number = source.parentElement.querySelector("[role=spinbutton]");
              number.value = 99999;
              number.dispatchEvent(new Event("input"));
            }"""
        )
        settle(page)
        expect(number).to_have_value("99999")
        expect(page.locator(GRIDS).first).to_have_attribute("aria-label", re.compile(r"image 0\b"))  # what is seen
        number.dispatch_event("change")
        expect(number).to_have_attribute("aria-invalid", "true")  # there are 300
        expect(number).to_have_value("99999")
        number.fill("299")
        number.press("Enter")
        page.wait_for_url(re.compile(r"source=image(:|%3A)299\b"))
        expect(number).to_have_attribute("aria-invalid", "false")


@pytest.mark.slow
def test_a_download_names_the_seed_of_the_pictures_that_are_seen(app: Server, browser: Browser, tmp_path: Path) -> None:
    with sampling(browser, app, f"{Z2}&view=one&seed=3") as page:
        with page.expect_download() as download:  # in one go: those of seed 9 cannot be here yet
            page.get_by_role("spinbutton", name="Seed of the noise").evaluate(
                """field => {
                  field.value = 9;
                  field.dispatchEvent(new Event("change"));
                  const named = (button) => button.textContent.startsWith("NPZ");
                  [...field.getRootNode().querySelectorAll("button")].find(named).click();
                }"""
            )
        assert download.value.suggested_filename == "digits-z2-samples-seed3.npz"
        download.value.save_as(tmp_path / "samples.npz")
        with np.load(tmp_path / "samples.npz", allow_pickle=False) as early:
            assert early["seed"] == 3
            np.testing.assert_allclose(early["z"], sample(256, 2, 3)[WHICH], atol=1e-5)
        settle(page)
        late = arrays(page, tmp_path)
        assert late["seed"] == 9
        np.testing.assert_allclose(late["z"], sample(256, 2, 9)[WHICH], atol=1e-5)


@pytest.mark.slow
def test_truncated_noise_keeps_its_quantiles(app: Server, browser: Browser, tmp_path: Path) -> None:
    with sampling(browser, app, f"{Z2}&view=one&truncation=0.8") as page:
        expected = truncnorm.ppf(norm.cdf(sample(256, 2, 0)[WHICH].astype(float)), -0.8, 0.8)
        np.testing.assert_allclose(arrays(page, tmp_path)["z"], expected, atol=1e-5)
        slide(page, "Truncation", 4)
        np.testing.assert_array_equal(arrays(page, tmp_path)["z"], sample(256, 2, 0)[WHICH])


@pytest.mark.slow
def test_a_cell_keeps_its_noise_when_the_grid_grows_and_a_held_latent_its_value(
    app: Server, browser: Browser, tmp_path: Path
) -> None:
    with sampling(browser, app, f"{Z2}&view=one&side=3") as page:
        small = arrays(page, tmp_path)["z"].reshape(3, 3, 2)
        slide(page, "Grid", 16)
        large = arrays(page, tmp_path)["z"].reshape(16, 16, 2)
        np.testing.assert_array_equal(large[:3, :3], small)
        page.get_by_role("combobox", name="Latent to hold").select_option("1")
        slide(page, "Value of the held latent", -1.5)
        held = arrays(page, tmp_path)["z"].reshape(16, 16, 2)
        assert set(held[..., 1].ravel()) == {-1.5}
        np.testing.assert_array_equal(held[..., 0], large[..., 0])
        assert linked(page)["hold"] == "1:-1.5"
        page.get_by_role("button", name="Let this latent vary").click()
        settle(page)
        np.testing.assert_array_equal(arrays(page, tmp_path)["z"].reshape(16, 16, 2), large)


@pytest.mark.slow
def test_the_manifold_stands_at_normal_quantiles(app: Server, browser: Browser, tmp_path: Path) -> None:
    quantiles = norm.ppf((np.arange(8) + 0.5) / 8)
    with sampling(browser, app, f"{Z2}&view=plane") as page:
        z = arrays(page, tmp_path)["z"].reshape(8, 8, 2)
        np.testing.assert_allclose(z[..., 0], np.tile(quantiles, (8, 1)), atol=1e-6)
        np.testing.assert_allclose(z[..., 1], np.tile(-quantiles[:, None], 8), atol=1e-6)
        before = pixels(page, GRIDS)
        slide(page, "Temperature", 0)
        assert pixels(page, GRIDS) != before
        assert not arrays(page, tmp_path)["z"].any()


@pytest.mark.slow
def test_the_manifold_lies_along_principal_components(
    app: Server, browser: Browser, app_checkpoints: Path, tmp_path: Path
) -> None:
    encoded = read_checkpoint(app_checkpoints / "mnist-z10").load_encoded()
    pca = fit_pca(encoded.mean, 3)
    spread = pca.project(encoded.mean).std(axis=0)
    with sampling(browser, app, f"{Z10}&view=plane&side=5") as page:
        for axis, value in (("across", "pc2"), ("up", "pc3")):
            page.get_by_role("combobox", name=f"Manifold: {axis}").select_option(value)
        settle(page)
        assert linked(page)["plane"] == "pc2,pc3"
        across, up = pca.project(arrays(page, tmp_path)["z"])[:, 1:].reshape(5, 5, 2).transpose(2, 0, 1)
        quantiles = norm.ppf((np.arange(5) + 0.5) / 5)
        np.testing.assert_allclose(across, np.tile(spread[1] * quantiles, (5, 1)), atol=1e-4)
        np.testing.assert_allclose(up, np.tile(-spread[2] * quantiles[:, None], 5), atol=1e-4)


@pytest.mark.slow
def test_the_nearest_test_images_are_the_nearest(app: Server, browser: Browser, z2: Checkpoint, tmp_path: Path) -> None:
    encoded, images = z2.load_encoded(), load_dataset("digits").test.images
    with sampling(browser, app, f"{Z2}&view=one") as page:
        found = arrays(page, tmp_path)
        card = page.locator(".card")
        expect(card).to_be_hidden()
        for cell in (0, 27):
            box = box_of(page.locator(GRIDS).first)
            across, down = box["width"] * (cell % 8 + 0.5) / 8, box["height"] * (cell // 8 + 0.5) / 8
            page.mouse.move(box["x"] + across, box["y"] + down)
            apart = np.linalg.norm(encoded.mean - found["z"][cell], axis=1)
            differences = ((images.astype(float) - found["images"][cell]) ** 2).mean(axis=(1, 2, 3)) ** 0.5 / 255
            nearest = [int(apart.argmin()), int(differences.argmin())]
            for place, row in enumerate(nearest):
                figure = card.locator("figure").nth(place + 1)
                expect(figure).to_have_attribute("data-image", str(row))
                expect(figure).to_contain_text(f"Image {row} · {z2.class_names[encoded.labels[row]]}")
            expect(card.locator("figure").nth(1)).to_contain_text(f"{apart.min():.2f} σ of the prior away")
            expect(card.locator("figure").nth(2)).to_contain_text(f"RMS {100 * differences.min():.1f} % apart")
        page.mouse.move(5, 5)
        expect(card).to_be_hidden()


def test_a_picture_is_chosen_by_click_and_by_key(app: Server, browser: Browser) -> None:
    with sampling(browser, app, Z2) as page:
        stage, card, frames = page.locator(".stage").first, page.locator(".card"), page.locator(".frame")
        stage.click(position={"x": 5, "y": 5})
        page.mouse.move(5, 5)
        expect(card).to_contain_text("Row 1, column 1")
        expect(frames.nth(0)).to_be_visible()
        expect(frames.nth(1)).to_be_visible()  # the same ε
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        expect(card).to_contain_text("Row 2, column 2")
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        expect(frames.nth(0)).to_be_hidden()


@pytest.mark.slow
def test_classes_are_those_of_the_nearest_codes(app: Server, browser: Browser, z2: Checkpoint, tmp_path: Path) -> None:
    encoded = z2.load_encoded()
    votes = KNeighborsClassifier(15).fit(encoded.mean, encoded.labels)
    with sampling(browser, app, f"{Z2}&view=one&temperature=0.8") as page:
        bars = page.locator(".panel .bar").first.locator("..").locator(".bar")
        expect(bars).to_have_count(10)
        titles = [bar.get_attribute("title") or "" for bar in bars.all()]
        shown = [int(title.split(": ")[1].split(" of ")[0]) for title in titles]
        assert sum(shown) == 64
        expected = np.bincount(votes.predict(arrays(page, tmp_path)["z"]), minlength=10)
        assert np.abs(np.array(shown) - expected).sum() <= 6  # where two classes have as many votes, the rules differ
        expect(page.locator(".beneath").first).to_contain_text("Class by vote of 15 nearest codes")
        expect(page.locator(".about")).to_contain_text("not what the picture shows")
        assert titles[0].endswith(f"{100 * (encoded.labels == 0).mean():.1f} % of the test set")


@pytest.mark.slow
def test_pictures_of_mnist_are_counted_by_the_classifier(
    app: Server, browser: Browser, app_checkpoints: Path, tmp_path: Path
) -> None:
    with sampling(browser, app, f"{Z10}&view=one&temperature=0.8") as page:
        bars = page.locator(".bars .bar")
        expect(bars).to_have_count(10)
        shown = [int((bar.get_attribute("title") or "").split(": ")[1].split(" of ")[0]) for bar in bars.all()]
        images = arrays(page, tmp_path)["images"]
        np.testing.assert_array_equal(shown, np.bincount(classify(load_classifier(), images), minlength=10))
        percent = f"{100 * read_reliability().accuracy:.1f} %"
        expect(page.locator(".beneath").first).to_contain_text(f"Class by classifier, {percent} right")
        expect(page.locator(".about")).to_contain_text(f"right on {percent} of the 10,000 test images")


@pytest.mark.slow
def test_where_the_server_lacks_a_test_image_its_reconstruction_is_shown_and_named(
    app: Server, browser: Browser, app_checkpoints: Path, tmp_path: Path
) -> None:
    checkpoint = read_checkpoint(app_checkpoints / "mnist-z10")
    means, shipped = checkpoint.load_encoded().mean, len(checkpoint.load_examples())
    with sampling(browser, app, f"{Z10}&view=one&source=image:9000") as page:
        expect(page.get_by_text("Its reconstruction").first).to_be_visible()
        thumb = page.get_by_role("img", name="A: reconstruction of that test image")
        assert_shows(thumb, decode(checkpoint.load_model(), means[9000:9001])[0, 0])
        nearest = [int(((means - z) ** 2).sum(axis=1).argmin()) for z in arrays(page, tmp_path)["z"]]
        cell = next(cell for cell, row in enumerate(nearest) if row >= shipped)
        box = box_of(page.locator(GRIDS).first)
        page.mouse.move(
            box["x"] + box["width"] * (cell % 8 + 0.5) / 8, box["y"] + box["height"] * (cell // 8 + 0.5) / 8
        )
        figure = page.locator(".card figure").nth(1)
        expect(figure).to_contain_text(f"reconstruction: the server has no image from {shipped} on")
        row = nearest[cell]
        expect(figure).to_have_attribute("data-image", str(row))
        assert_shows(figure.get_by_role("img"), decode(checkpoint.load_model(), means[row : row + 1])[0, 0])


def assert_shows(canvas: Locator, picture: NDArray[np.uint8]) -> None:
    """Waits until a canvas shows this grey picture, within one level."""
    canvas.page.wait_for_function(
        """([canvas, expected]) => {
          if (canvas.width !== 28) return false;
          const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
          return expected.every((level, i) => Math.abs(data[4 * i] - level) <= 1);
        }""",
        arg=[canvas.element_handle(), picture.ravel().tolist()],
    )


# ---- the files -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_both_sources_are_in_the_files_and_the_png_is_the_grid(app: Server, browser: Browser, tmp_path: Path) -> None:
    with sampling(browser, app, Z2) as page:
        found = arrays(page, tmp_path)
        assert sorted(found) == ["images", "images_against", "seed", "z", "z_against"]
        assert found["images_against"].shape == (64, 1, 8, 8)
        assert found["z_against"].dtype == np.float32
        download = downloaded(page, "PNG all pictures")
        assert download.suggested_filename == "digits-z2-samples-seed0.png"
        download.save_as(tmp_path / "grid.png")
        sheet = np.asarray(Image.open(tmp_path / "grid.png"))[::7, ::7]  # 56 pixels to a picture of 8
        assert sheet.shape[:2] == (71, 71 + 8 + 71)
        np.testing.assert_array_equal(sheet[:8, :8, 0], found["images"][0, 0])
        np.testing.assert_array_equal(sheet[63:, -8:, 1], found["images_against"][63, 0])
        page.locator(".stage").nth(1).click(position={"x": 5, "y": 5})
        download = downloaded(page, "PNG the framed picture")
        assert download.suggested_filename == "digits-z2-samples-seed0-B-row1-column1.png"
        download.save_as(tmp_path / "one.png")
        one = np.asarray(Image.open(tmp_path / "one.png"))
        assert one.shape[:2] == (64, 64)
        np.testing.assert_array_equal(one[::8, ::8, 2], found["images_against"][0, 0])


# ---- every kind of checkpoint ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_conditional_model_gets_classes(app: Server, browser: Browser, app_checkpoints: Path, tmp_path: Path) -> None:
    model = read_checkpoint(app_checkpoints / "conditional").load_model()
    with sampling(browser, app, "checkpoint=conditional&source=prior&against=prior&against_told=3") as page:
        found = arrays(page, tmp_path)
        np.testing.assert_array_equal(found["z"], found["z_against"])
        np.testing.assert_array_equal(found["told"], np.tile(np.arange(10), 10))
        assert set(found["told_against"]) == {3}
        for suffix in ("", "_against"):
            expected = decode(model, found["z"], found["told" + suffix].astype(np.int64))
            assert np.abs(found["images" + suffix].astype(int) - expected).max() <= 1
        expect(page.locator(".bars").first).to_contain_text("Not counted: the decoder is given the class.")
        page.get_by_role("combobox", name="A: class given to the decoder").select_option(label="As 7")
        settle(page)
        assert linked(page)["told"] == "7"


@pytest.mark.slow
def test_a_plain_autoencoder_has_no_prior_and_no_mismatch(app: Server, browser: Browser, tmp_path: Path) -> None:
    with sampling(browser, app, "checkpoint=point") as page:
        expect(page.locator(".mismatch")).to_contain_text("No prior")
        expect(source(page)).to_have_value("prior")  # left, as of every model
        expect(source(page, "B")).to_have_value("aggregate")
        whole = "s => { const width = s.offsetWidth; s.style.maxWidth = 'none'; return s.offsetWidth - width; }"
        assert source(page).evaluate(whole) == 0  # where there is room, its name is not cut
        expect(page.locator(".beneath").first).not_to_contain_text("prior")
        assert "image" not in [option.get_attribute("value") for option in source(page).locator("option").all()]
        assert arrays(page, tmp_path)["z"].shape == (64, 3)


@pytest.mark.slow
def test_the_component_follows_a_change_of_checkpoint(app: Server, browser: Browser) -> None:
    with sampling(browser, app, f"{Z2}&temperature=0.5&source=class:3") as page:
        choose(page, "rgb-z16")
        grid = page.locator(GRIDS).first
        expect(grid).to_have_attribute("width", str(8 * 66 - 2))
        expect(source(page)).to_contain_text("Class <b>nine</b>")  # text, not markup
        assert page.get_by_role("slider", name="Temperature").input_value() == "0.5"
        choose(page, "z1")
        expect(grid).to_have_attribute("width", str(8 * 29 - 1))
        page.get_by_role("radio", name="Manifold").check()
        settle(page)
        expect(page.locator(".plane-note")).to_contain_text("in reading order")
        assert pixels(page, GRIDS)


@pytest.mark.slow
def test_the_mismatch_is_between_two_bounds(app: Server, browser: Browser) -> None:
    with sampling(browser, app, Z10) as page:
        expect(page.locator(".mismatch")).to_contain_text("Between")
        expect(page.locator(".mismatch")).to_contain_text("nats from the prior to the aggregate posterior")
        page.locator(".mismatch").click()
        expect(page.locator(".about")).to_contain_text("used neither to fit it nor to choose")


@pytest.mark.slow
def test_the_second_stage_draws_what_python_draws(
    app: Server, browser: Browser, z2: Checkpoint, tmp_path: Path
) -> None:
    encoded = z2.load_encoded()
    fit = z2.load_fit(encoded)
    assert fit is not None
    second = z2.load_second_stage(encoded, fit)
    assert second is not None
    with sampling(browser, app, f"{Z2}&view=one&seed=4&source=second&temperature=0.8") as page:
        expect(source(page).locator("option:checked")).to_have_text("Second-stage prior")
        found = arrays(page, tmp_path)
    expected = second.sample(256, seed=4, temperature=0.8)[WHICH]
    np.testing.assert_allclose(found["z"], expected, atol=1e-4)
    np.testing.assert_allclose(found["images"].astype(int), decode(z2.load_model(), expected).astype(int), atol=1)


@pytest.mark.slow
def test_how_good_the_samples_are_stands_above_them_while_they_are_drawn_as_measured(
    app: Server, browser: Browser
) -> None:
    with sampling(browser, app, f"{Z10}&against=second") as page:
        scores = page.locator(".score")
        expect(scores.first).to_have_text("Precision\u00a00.76? · recall\u00a00.71? · Fréchet\u00a032.8?")
        expect(scores.last).to_have_text("Precision\u00a00.92 · recall\u00a00.61 · Fréchet\u00a04.9")
        page.locator(".mismatch").click()
        rows = page.locator(".scores tr")
        expect(rows).to_have_count(6)
        expect(rows.nth(4)).to_have_text(re.compile("Gap, nats.*1.81 to 10.47.*0.22 to 8.88.*0.00 to 8.66"))
        slide(page, "Temperature", 0.5)
        expect(scores.first).to_be_hidden()
        slide(page, "Temperature", 1)
        expect(scores.first).to_be_visible()


# ---- everyone --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_on_a_phone_everything_fits_and_a_finger_chooses(app: Server, browser: Browser) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with sampling(browser, app, Z2, **options) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator(".stage").first.tap(position={"x": 60, "y": 60})
        card = page.locator(".card")
        expect(card).to_be_visible()
        box = box_of(card)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        slider = page.get_by_role("slider", name="Temperature")
        slider.scroll_into_view_if_needed()
        box = box_of(slider)
        touch, y = page.context.new_cdp_session(page), box["y"] + box["height"] / 2

        def finger(kind: str, x: float) -> None:
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})

        middle = box["x"] + box["width"] / 2
        finger("touchStart", middle)
        moving(page, lambda step: finger("touchMove", middle - 24 - 32 * swing(step, 4)), drawn, 4)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        settle(page)
        assert float(linked(page)["temperature"]) < 1


@pytest.mark.slow
@pytest.mark.parametrize("width", first_in_make_test([390, 1280, 1920]))
def test_large_pictures_long_names_and_their_card_stay_on_the_screen(
    app: Server, browser: Browser, app_checkpoints: Path, width: int
) -> None:
    if not (app_checkpoints / "large").exists():
        save(app_checkpoints / "large", default_config((3, 256, 256), 4, "conv"), 30)
    height = {390: 844, 1280: 720, 1920: 1080}[width]
    viewport = {"width": width, "height": height}
    with sampling(browser, app, "checkpoint=large&side=3&against=image:3", viewport=viewport) as page:
        beyond = """everything => everything.filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
            .map(e => e.outerHTML.slice(0, 80))"""
        assert page.locator(".sampling *").evaluate_all(beyond) == []
        for grid in page.locator(GRIDS).all():
            box = box_of(grid)
            for across, down in ((2, 2), (box["width"] - 2, box["height"] - 2)):
                grid.hover(position={"x": across, "y": down})
                expect(page.locator(".card figure").nth(2)).to_contain_text("RMS")
                expect(page.locator(".card .stale")).to_have_count(0)
                card = box_of(page.locator(".card"))
                assert card["x"] >= 0
                assert card["x"] + card["width"] <= width
                assert card["y"] >= 0
                assert card["y"] + card["height"] <= height


@pytest.mark.slow
def test_the_controls_stand_at_the_right_and_stay_there_when_the_grid_changes(app: Server, browser: Browser) -> None:
    with sampling(browser, app, f"{Z10}&source=image:11") as page:
        stages, grid = page.locator(".stage"), page.get_by_role("slider", name="Grid")
        before = box_of(grid)
        left, right = box_of(stages.first), box_of(stages.last)
        assert left["width"] == right["width"] == 2 * (8 * 29 - 1)  # whole screen pixels
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] < right["x"]
        assert right["x"] + right["width"] < before["x"]
        assert max(right["y"] + right["height"], before["y"] + before["height"]) < 720
        slide(page, "Grid", 5)
        assert box_of(stages.last)["width"] != right["width"]
        assert box_of(grid) == before  # else the thumb would leave the pointer
        page.set_viewport_size({"width": 800, "height": 720})
        settle(page)
        pictures = box_of(page.locator(".panels"))
        assert box_of(page.locator(".controls"))["y"] > pictures["y"] + pictures["height"]


@pytest.mark.slow
def test_every_control_has_a_name_and_the_page_fits_one_screen(app: Server, browser: Browser) -> None:
    with sampling(browser, app, Z10, color_scheme="dark") as page:
        for control in page.locator(".sampling :is(input, select, button, canvas, .stage):visible").all():
            name = control.get_attribute("aria-label") or control.evaluate("c => (c.closest('label') ?? c).textContent")
            assert name, control.evaluate("c => c.outerHTML")
        box = box_of(page.locator(".mismatch"))
        assert box["y"] + box["height"] <= 720
        colour = page.locator(".sampling").evaluate("e => getComputedStyle(e).color")
        assert int(colour.split("(")[1].split(",")[0]) > 200
