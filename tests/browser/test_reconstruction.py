"""The Reconstruction component in a real browser: drawing, uploads, test images, and numbers that are right."""

import io
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.support.browsing import attribute, box_of, captured, choose, moving, opened, pixels, rest, swing, until
from tests.support.effort import first_in_make_test
from tests.support.models import nll_at_mean
from tests.support.photographs import SEVEN, line, photograph, written
from vae.bench.live import Server
from vae.datasets.drawing import resize_images
from vae.datasets.registry import load_dataset
from vae.evaluation.anomaly import anomaly_scores, corrected_scores
from vae.model.latents import encode
from vae.model.losses import Objective
from vae.model.networks import default_config
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig

pytestmark = pytest.mark.browser
MNIST = "Reconstruction?checkpoint=mnist-z10"
OUTPUT = "canvas.output"


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
def mnist(app_checkpoints: Path) -> Checkpoint:
    """The checkpoint that most tests look at."""
    return read_checkpoint(app_checkpoints / "mnist-z10")


@contextmanager
def reconstruction(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The Reconstruction page at this address, its test image reconstructed and its neighbours shown."""
    with opened(browser, url, **options) as page:
        expect(page.locator(".tiles button:enabled").first).to_be_visible()
        settle(page)
        yield page


def frames(page: Page) -> int:
    return int(page.locator(OUTPUT).get_attribute("data-frame") or 0)


def settle(page: Page) -> None:
    """Waits until no new reconstruction comes."""
    rest(page, frames)


def nats(page: Page) -> list[float]:
    """Reconstruction and KL, unrounded."""
    return [float(value) for value in attribute(page.locator(OUTPUT), "data-nats").split(",")]


def shown(page: Page, canvas: Any) -> np.ndarray:
    """What a canvas shows, (height, width) grey."""
    raw = canvas.evaluate(
        "c => [c.width, ...c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((_, i) => i % 4 === 0)]"
    )
    return np.array(raw[1:], np.uint8).reshape(-1, raw[0])


def model_sees(page: Page) -> np.ndarray:
    """The image that went into the encoder."""
    return shown(page, page.locator(".pictures figure canvas").first)


def on_pad(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a place of the pad lies, in parts of its sides."""
    box = box_of(page.locator(".drawing-surface"))
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw_line(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draws with the mouse; places as on_pad has them."""
    page.mouse.move(*on_pad(page, *start))
    page.mouse.down()
    page.mouse.move(*on_pad(page, *end))
    page.mouse.up()


def empty_pad(page: Page) -> None:
    page.get_by_role("button", name="Draw your own").click()
    expect(page.locator(".title")).to_contain_text("empty pad")
    settle(page)


@pytest.mark.slow
def test_the_numbers_of_a_test_image_at_the_mean_are_the_models_and_no_elbo(
    app: Server, browser: Browser, mnist: Checkpoint
) -> None:
    model, images, encoded = mnist.load_model(), mnist.load_examples()[:40], mnist.load_encoded()
    kl = encode(model, images, encoded.labels[:40]).kl
    nll = nll_at_mean(model, images)
    with reconstruction(browser, f"{app.url}/{MNIST}&image=17") as page:
        page.get_by_label("the mean").check()
        expect(page.locator(".numbers")).to_contain_text(f"{nll[17] + kl[17]:.2f}")
        expect(page.locator(".numbers")).to_contain_text("error + KL at z = μ, not a bound")
        assert "ELBO" not in page.locator(".numbers").inner_text()
        assert nats(page) == pytest.approx([nll[17], kl[17]], abs=1e-3)
        stored = encoded.reconstruction[17] + encoded.kl[17]
        expect(page.locator(".remarks")).to_contain_text(f"{stored:.2f}")
        page.get_by_role("button", name="Next test image").click()
        page.wait_for_url("**image=18**")
        expect(page.locator(".numbers")).to_contain_text(f"{nll[18] + kl[18]:.2f}")
        assert nats(page) == pytest.approx([nll[18], kl[18]], abs=1e-3)
        assert (model_sees(page) == images[18, 0]).all()
        page.reload()
        expect(page.locator(".title")).to_contain_text("Test image 18")


@pytest.mark.parametrize(
    ("name", "image"), first_in_make_test([("mnist-z10", 17), ("mnist-z10-cond", 4), ("sprites-z6", 3)])
)
def test_a_test_image_costs_what_the_evaluation_stored_for_it(
    app: Server, browser: Browser, app_checkpoints: Path, name: str, image: int
) -> None:
    encoded = read_checkpoint(app_checkpoints / name).load_encoded()
    elbo = encoded.reconstruction + encoded.kl
    with reconstruction(browser, f"{app.url}/Reconstruction?checkpoint={name}&image={image}") as page:
        expect(page.locator(".numbers")).to_contain_text(f"−ELBO {elbo[image]:.2f}")
        assert nats(page) == pytest.approx([encoded.reconstruction[image], encoded.kl[image]], abs=1e-3)
        same_noise = re.compile(rf"with this ε: {elbo[image]:.2f}, 0\.000\d away\.")
        expect(page.locator(".remarks")).to_contain_text(same_noise)
        page.get_by_text("The loss for this image").click()
        expect(page.locator(".formula .sum")).to_contain_text(f"{elbo[image]:.2f} nats")
        page.get_by_role("button", name="Next test image").click()
        expect(page.locator(".numbers")).to_contain_text(f"{elbo[image + 1]:.2f}")
        page.get_by_label("the mean").check()
        expect(page.locator(".formula .sum")).to_contain_text("not a bound")
        assert sum(nats(page)) != pytest.approx(elbo[image + 1], abs=1e-2)
        page.get_by_label("the evaluation's sample").check()
        expect(page.locator(".numbers")).to_contain_text(f"−ELBO {elbo[image + 1]:.2f}")


@pytest.mark.slow
def test_a_picture_that_was_never_evaluated_costs_what_python_says(
    app: Server, browser: Browser, mnist: Checkpoint
) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        empty_pad(page)
        expect(page.get_by_label("one fixed sample")).to_be_checked()
        black = np.zeros((1, 1, 28, 28), np.uint8)
        expected = float(anomaly_scores(mnist.load_model(), black)[0])
        assert sum(nats(page)) == pytest.approx(expected, abs=1e-3)
        page.get_by_text("Anomaly: how unlikely").click()
        expect(page.locator(".example")).to_contain_text(f"black picture scores {expected:.2f} nats")
        expect(page.locator(".example")).to_contain_text(re.compile(r"lower than (99\.\d|100\.0) %"))
        page.get_by_role("button", name="Next test image").click()
        expect(page.get_by_label("the evaluation's sample")).to_be_checked()


@pytest.mark.slow
def test_the_nearest_images_are_those_of_numpy(app: Server, browser: Browser, mnist: Checkpoint) -> None:
    mean = mnist.load_encoded().mean
    with reconstruction(browser, f"{app.url}/{MNIST}&image=17") as page:
        searched = int(captured(r"Searched: ([\d,]+)", page.locator(".recon").inner_text()).replace(",", ""))
        order = np.argsort(np.linalg.norm(mean[:searched] - mean[17], axis=1))
        labels = [attribute(tile, "aria-label") for tile in page.locator(".tiles button").all()]
        assert [int(captured(r"image (\d+)", label)) for label in labels] == order[1:9].tolist()
        page.locator(".tiles button").first.click()
        expect(page.locator(".title")).to_contain_text(f"Test image {order[1]:,} ")


@pytest.mark.slow
def test_worst_first_begins_with_the_largest_error_of_the_class(
    app: Server, browser: Browser, mnist: Checkpoint
) -> None:
    encoded = mnist.load_encoded()
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        page.get_by_label("Class of the test images").select_option("3")
        page.get_by_label("Order of the test images").select_option("worst")
        expect(page.locator(".title")).to_contain_text("1 of")
        title = page.locator(".title").inner_text()
        row = int(captured(r"image ([\d,]+)", title).replace(",", ""))
        count = int(captured(r"of ([\d,]+) worst", title).replace(",", ""))
        threes = np.flatnonzero(encoded.labels == 3)[:count]
        assert row == threes[np.argmax(encoded.reconstruction[threes])]


def test_the_reconstruction_follows_before_the_pen_lifts(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        empty_pad(page)
        page.mouse.move(*on_pad(page, 0.3, 0.2))
        page.mouse.down()
        pen = lambda step: page.mouse.move(*on_pad(page, 0.3 + 0.3 * swing(step), 0.2 + 0.4 * swing(step, 90)))  # noqa: E731
        moving(page, pen, lambda page: pixels(page, OUTPUT), 6)
        page.mouse.move(*on_pad(page, 0.5, 0.8))
        page.mouse.up()
        settle(page)
        expect(page.locator(".title")).to_have_text("Your drawing")
        drawn = model_sees(page)
        rows = np.flatnonzero(drawn.max(axis=1) > 24)
        assert rows[-1] - rows[0] + 1 == 20  # as MNIST's digits are
        page.get_by_label("Centre and scale like the data set").uncheck()
        settle(page)
        assert (model_sees(page) != drawn).any()
        page.get_by_role("button", name="Undo").click()
        settle(page)
        assert not model_sees(page).any()
        page.get_by_role("button", name="Undo").click()  # takes the emptying back
        expect(page.locator(".title")).to_contain_text("Test image 0")
        settle(page)
        assert model_sees(page).any()


@pytest.mark.slow
def test_a_drawing_stays_when_model_and_page_are_others(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}&image=3") as page:
        empty_pad(page)
        draw_line(page, (0.3, 0.2), (0.6, 0.8))
        settle(page)
        drawn = model_sees(page)
        choose(page, "mnist-z2")
        expect(page.locator(".meter")).to_contain_text("mnist-z2")
        expect(page.locator(".title")).to_have_text("Your drawing")
        settle(page)
        assert (model_sees(page) == drawn).all()
        page.get_by_role("link", name="Sampling").click()
        expect(page.locator("h1")).to_have_text("Sampling")
        page.get_by_role("link", name="Reconstruction").click()
        expect(page.locator(".title")).to_have_text("Your drawing")
        settle(page)
        assert (model_sees(page) == drawn).all()
        page.reload()
        expect(page.locator(".title")).to_have_text("Your drawing")


@pytest.mark.slow
def test_a_finger_draws_and_the_page_does_not_scroll(app: Server, browser: Browser) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with reconstruction(browser, f"{app.url}/{MNIST}", **phone) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Draw your own").tap()
        settle(page)
        for picture in (page.locator(".drawing-surface"), page.locator(OUTPUT)):  # both seen at once
            box = box_of(picture)
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= 844
        touch = page.context.new_cdp_session(page)
        top = box_of(page.locator(OUTPUT))["y"]

        def send(kind: str, *points: tuple[float, float]) -> None:
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

        send("touchStart", on_pad(page, 0.4, 0.15))
        pen = lambda step: send("touchMove", on_pad(page, 0.4 + 0.2 * swing(step), 0.15 + 0.6 * swing(step, 90)))  # noqa: E731
        moving(page, pen, lambda page: pixels(page, OUTPUT), 4)
        assert box_of(page.locator(OUTPUT))["y"] == top
        send("touchEnd")


@pytest.mark.slow
def test_keys_draw_too(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        empty_pad(page)
        for key in (" ", *["ArrowDown"] * 12, *["Shift+ArrowRight"] * 2, " ", "ArrowUp"):
            page.keyboard.press(key)
        settle(page)
        assert model_sees(page).max() == 255
        page.keyboard.press("Control+z")
        settle(page)
        assert not model_sees(page).any()


def same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether each picture is the other, but for specks so faint that they are cut off. (…, height, width) -> (…)."""
    return (np.abs(a.astype(int) - b) <= 24).all(axis=(-2, -1))


@pytest.mark.slow
def test_a_digit_stays_itself_under_the_drawings_centring(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        before = model_sees(page)
        page.get_by_label("Centre and scale like the data set").check()
        settle(page)
        assert same(model_sees(page), before).all()


def png(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, **({"format": "PNG"} | options))
    return file.getvalue()


@pytest.mark.slow
def test_pictures_of_strangers_get_a_picture_or_a_sentence(app: Server, browser: Browser) -> None:
    red = Image.new("RGB", (40, 30), "red")
    files = {
        "text.png": (b"this is no picture", "is not a picture"),
        "empty.png": (b"", "is not a picture"),
        "huge.png": (png(Image.new("1", (10_000, 10_000))), "100 million pixels"),
        "moving.gif": (png(red, format="GIF", save_all=True, append_images=[Image.new("RGB", (40, 30))]), ""),
        "print.jpg": (png(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), format="JPEG"), ""),
        "dot.png": (png(Image.new("RGB", (1, 1), "red")), ""),
        "clear.png": (png(Image.new("RGBA", (40, 30), (0, 0, 0, 0))), "No ink was found"),
    }
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        for name, (content, message) in files.items():
            top = box_of(page.locator(".drawing-surface"))
            page.get_by_label("Picture to upload").set_input_files({"name": name, "mimeType": "", "buffer": content})
            if message:
                expect(page.locator(".message")).to_contain_text(message)
            if not message or name == "clear.png":
                expect(page.locator(".title")).to_contain_text(f"{name}, ")
                settle(page)
                assert model_sees(page).mean() == pytest.approx(255 if message else 76, abs=3), name
            else:
                expect(page.locator(".message")).to_contain_text(name)
            assert box_of(page.locator(".drawing-surface")) == top, "the message lies over the page"
        page.get_by_role("button", name="Next test image").click()
        expect(page.locator(".message")).to_be_hidden()


@pytest.mark.slow
def test_the_test_images_nearest_to_a_photographed_digit_are_of_its_class(
    app: Server, browser: Browser, mnist: Checkpoint
) -> None:
    images, labels = mnist.load_examples()[:, 0], mnist.load_encoded().labels
    four, two = (images[np.flatnonzero(labels[:500] == label)[3]] for label in (4, 2))
    photos = {
        "7": photograph(line(SEVEN, 5)),
        "4": photograph(written(four), scene="shadow"),
        "2": photograph(written(two), scene="squared", darkness=0.45),
    }
    least = {"7": "[78]", "4": "[4-8]", "2": "[4-8]"}  # only the shipped 500 test images are searched
    with reconstruction(browser, f"{app.url}/{MNIST}&image=3") as page:
        for label, photo in photos.items():
            content = png(Image.fromarray(photo))
            file: FilePayload = {"name": f"{label}.png", "mimeType": "image/png", "buffer": content}
            page.get_by_label("Picture to upload").set_input_files(file)
            expect(page.locator(".title")).to_have_text(f"{label}.png, 450×600 pixels")
            expect(page.locator(".tiles + .caption")).to_contain_text(
                re.compile(rf"{least[label]} of 8 are of class {label}\.")
            )
            assert model_sees(page)[0].max() == 0


def upload_turned(page: Page) -> None:
    """Uploads a photograph that was taken with the camera held upright, as phones write it: lying, with a note."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it a quarter to the right
    lying = Image.fromarray(np.rot90(photograph(line(SEVEN, 6), scene="shadow")))
    file: FilePayload = {"name": "7.jpg", "mimeType": "", "buffer": png(lying, format="JPEG", exif=exif)}
    page.get_by_label("Picture to upload").set_input_files(file)
    expect(page.locator(".title")).to_have_text("7.jpg, 450×600 pixels")
    settle(page)


def steps(page: Page) -> dict[str, bool]:
    """The steps from the file to the model's input, and whether they are on."""
    boxes = page.get_by_role("group", name="From the file").get_by_role("checkbox").all()
    return {attribute(box, "name"): box.is_checked() for box in boxes}


STEPS = dict.fromkeys(("oriented", "levelled", "inverted", "stretched", "centred"), True)


@pytest.mark.slow
def test_each_step_from_a_photograph_to_the_input_is_shown_and_can_be_left_out(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}&image=3") as page:
        upload_turned(page)
        assert steps(page) == STEPS
        seen = model_sees(page)
        pictures = page.locator(".photo-steps canvas")
        assert len({pixels(page, f".photo-steps label:nth-child({i}) canvas") for i in range(1, 6)}) == 5
        assert same(shown(page, pictures.last), seen)
        page.get_by_label("Inverted").uncheck()
        page.get_by_label("Centred").uncheck()
        settle(page)
        expect(page.locator(".title")).to_have_text("7.jpg, 450×600 pixels, scaled to 28×28")
        assert np.median(model_sees(page)) > 200
        page.get_by_label("Inverted").check()
        page.get_by_label("Centred").press(" ")
        settle(page)
        assert (model_sees(page) == seen).all()
        page.get_by_label("Oriented").uncheck()
        settle(page)
        assert (model_sees(page) != seen).any()
        page.get_by_role("button", name="Next test image").click()
        expect(page.get_by_role("group", name="From the file")).to_be_hidden()


@pytest.mark.slow
def test_an_upload_and_its_steps_stay_when_model_and_page_are_others(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}&image=3") as page:
        upload_turned(page)
        page.get_by_label("Levelled").uncheck()
        settle(page)
        seen, chosen = model_sees(page), STEPS | {"levelled": False}

        def is_there() -> None:
            expect(page.locator(".title")).to_have_text("7.jpg, 450×600 pixels")
            settle(page)
            assert (model_sees(page) == seen).all()
            assert steps(page) == chosen

        for name in ("mnist-z2", "rgb-z16", "mnist-z10-b10"):
            choose(page, name)
            expect(page.locator(".meter")).to_contain_text(name)
            settle(page)
            if name == "rgb-z16":
                expect(page.locator(".title")).to_contain_text("scaled to 64×64")
                assert steps(page).keys() == {"oriented", "inverted", "stretched"}
            else:
                is_there()
        page.get_by_role("link", name="Explore", exact=True).first.click()
        expect(page.locator(".start-title")).to_contain_text("test image 3 ")
        page.get_by_role("link", name="Reconstruction", exact=True).first.click()
        is_there()
        page.reload()
        is_there()


@pytest.mark.slow
def test_the_damage_is_measured_and_a_patch_is_refilled(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        whole = model_sees(page)
        page.get_by_role("slider", name="Noise").fill("0.4")
        expect(page.locator(".remarks")).to_contain_text("undamaged")
        settle(page)
        shares = [float(part) for part in re.findall(r"([\d.]+) %", page.locator(".remarks").inner_text())]
        assert shares[0] == pytest.approx(100 * np.abs(model_sees(page).astype(float) - whole).mean() / 255, abs=0.1)
        assert shares[1] < shares[0]  # denoised
        page.get_by_role("button", name="Reset").click()
        settle(page)
        assert (model_sees(page) == whole).all()
        page.get_by_role("checkbox", name="Invert", exact=True).check()
        settle(page)
        assert (model_sees(page) == 255 - whole).all()
        page.get_by_role("button", name="Reset").click()
        page.get_by_label("Erase a patch").fill("0.4")
        page.get_by_role("button", name="Refill").click()
        expect(page.locator(".refilled")).to_contain_text("12 rounds")
        before, after = re.findall(r"([\d.]+) %", page.locator(".refilled p").inner_text())
        assert float(after) < float(before)


@pytest.mark.slow
def test_a_quarter_turn_four_times_and_a_shift_there_and_back(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        whole = model_sees(page)
        page.get_by_label("Rotate").fill("90")
        settle(page)
        assert (model_sees(page) == np.rot90(whole, -1)).all()
        page.get_by_label("Rotate").fill("0")
        page.get_by_label("Shift right").fill("3")
        page.get_by_label("Shift down").fill("-2")
        settle(page)
        assert (model_sees(page)[:-2, 3:] == whole[2:, :-3]).all()


@pytest.mark.slow
def test_samples_differ_and_the_switch_shows_one(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        evaluated = pixels(page, OUTPUT)
        page.get_by_label("the mean").check()
        settle(page)
        mean = pixels(page, OUTPUT)
        page.get_by_label("a sample").check()
        settle(page)
        first = pixels(page, OUTPUT)
        page.get_by_role("button", name="Show sample 5").click()
        settle(page)
        assert len({evaluated, mean, first, pixels(page, OUTPUT)}) == 4
        strip = shown(page, page.locator(".strip canvas")).astype(int)
        assert (np.abs(strip[28:, :28] - shown(page, page.locator(OUTPUT))) <= 1).all()  # z is rounded twice
        page.get_by_role("button", name="Draw again").click()
        until(page, lambda: not np.array_equal(shown(page, page.locator(".strip canvas")), strip))
        page.get_by_label("the evaluation's sample").check()
        assert pixels(page, OUTPUT) == evaluated


@pytest.mark.slow
def test_another_data_set_is_scored_as_its_images_are_on_the_page(
    app: Server, browser: Browser, mnist: Checkpoint
) -> None:
    images = resize_images(load_dataset("sprites").test.images, (1, 28, 28))
    model = mnist.load_model()
    with reconstruction(browser, f"{app.url}/{MNIST}&other=sprites") as page:
        expect(page.locator(".aurocs")).to_contain_text("500 images of sprites")
        chosen = page.locator(".others button").nth(2)
        row = int(captured(r"Image (\d+) of sprites", attribute(chosen, "aria-label")))
        rows = np.sort(np.random.default_rng(0).permutation(len(images))[:500])
        assert row == rows[2]  # at random, not the first
        chosen.click()
        expect(page.locator(".title")).to_contain_text(f"Image {row} of sprites")
        settle(page)
        scores = anomaly_scores(model, images[rows])
        assert sum(nats(page)) == pytest.approx(scores[2], abs=1e-2)
        corrected = corrected_scores(model, images[rows], scores)
        expect(page.locator(".recon")).to_contain_text(f"= {corrected[2]:.2f} nats".replace("-", "−"))
        page.get_by_label("the score corrected").check()
        expect(page.locator(".histogram + .caption")).to_contain_text("500 test images")


@pytest.mark.slow
def test_every_kind_of_model_is_followed_and_says_what_it_has(
    app: Server, browser: Browser, app_checkpoints: Path
) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        for name in ("point", "conditional", "z1", "rgb-z16", "mnist-z2", "mnist-z10"):
            choose(page, name)
            expect(page.locator(".meter")).to_contain_text(name)
            settle(page)
            page.get_by_role("button", name="Next test image").click()
            expect(page.locator(".title")).to_contain_text("Test image")
            settle(page)
            text = page.locator(".recon").inner_text()
            assert ("−ELBO" in text) == (name != "point"), name
            assert ("Decoded as class" in text) == (name == "conditional"), name
            expect(page.get_by_label("Centre and scale")).to_be_visible(visible=name not in ("rgb-z16", "z1"))
            config = read_checkpoint(app_checkpoints / name).model_config
            assert page.locator(OUTPUT).get_attribute("width") == str(config.image_shape[2])
            empty_pad(page)
            draw_line(page, (0.5, 0.2), (0.5, 0.8))
            settle(page)
            assert model_sees(page).max() > 200
            expect(page.locator(".title")).to_have_text("Your drawing")


@pytest.mark.slow
def test_a_small_projector_shows_large_pictures_the_loss_the_charts_and_the_choices_at_once(
    app: Server, browser: Browser
) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}") as page:
        pictures = [box_of(page.locator(place)) for place in (".drawing-surface", OUTPUT, "canvas.difference")]
        pictures.append(box_of(page.locator(".pictures canvas").first))
        assert min(box["width"] for box in pictures) >= 240
        assert max(box["y"] for box in pictures) - min(box["y"] for box in pictures) < 2  # in one row
        below = [box_of(page.locator(place)) for place in (".numbers", ".posterior canvas", ".plane canvas", ".tiles")]
        controls = [box_of(page.get_by_role("button", name=name)) for name in ("Draw your own", "Upload", "Draw again")]
        for box in pictures + below + controls:
            assert box["y"] + box["height"] <= 720


@pytest.mark.slow
def test_the_mark_on_the_plane_is_the_mean(app: Server, browser: Browser, app_checkpoints: Path) -> None:
    mean = read_checkpoint(app_checkpoints / "mnist-z2").load_encoded().mean
    with reconstruction(browser, f"{app.url}/Reconstruction?checkpoint=mnist-z2&image=4") as page:
        at = attribute(page.locator(".plane canvas"), "data-at").split(",")
        assert [float(part) for part in at] == pytest.approx(mean[4].tolist(), abs=2e-3)
        href = attribute(page.get_by_role("link", name="Open μ in Explore"), "href")
        z = parse_qs(urlparse(href).query)["z"][0].split(",")
        assert [float(part) for part in z] == pytest.approx(mean[4].tolist(), abs=2e-3)
        assert urllib.request.urlopen(href).status == 200


@pytest.mark.slow
def test_every_control_has_a_name(app: Server, browser: Browser) -> None:
    with reconstruction(browser, f"{app.url}/{MNIST}&other=digits") as page:
        for control in page.locator(".recon :is(button, input, select, a, canvas[role])").all():
            name = control.evaluate("c => c.ariaLabel || c.innerText || c.labels?.[0]?.innerText")
            assert name, control.evaluate("c => c.outerHTML")
