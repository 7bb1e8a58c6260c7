"""One image under several models on Reconstruction, in a real browser: live while drawing, with each model's nats."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import PIXELS, attribute, box_of, moving, opened, rest, swing
from vae.bench.live import Server
from vae.evaluation.anomaly import anomaly_scores
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
NAMES = ("mnist-z10-b0.5", "mnist-z10-b1", "mnist-z10-b4", "mnist-z10-b10")
FOUR = f"Reconstruction?checkpoint={NAMES[0]}&compare={','.join(NAMES[1:])}"


def outputs(page: Page) -> list[Locator]:
    """What each model makes of the image, the first model's first."""
    return page.locator("canvas.output").all()


def pictures(page: Page) -> list[str]:
    return [str(canvas.evaluate(PIXELS)) for canvas in outputs(page)]


def all_drawn(page: Page, models: int) -> None:
    expect(page.locator("canvas.output[data-nats]")).to_have_count(models)
    rest(page, pictures)


def spent(page: Page) -> list[float]:
    """-ELBO of the image under each model, unrounded."""
    return [sum(map(float, attribute(canvas, "data-nats").split(","))) for canvas in outputs(page)]


def model_sees(page: Page) -> np.ndarray:
    canvas = page.locator(".pictures canvas").first
    grey = canvas.evaluate("c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0)]")
    return np.array(grey, np.uint8).reshape(1, 1, 28, 28)


def draw(page: Page) -> None:
    """A line under which the picture of every model has changed some times before the pen is lifted."""
    box = box_of(page.locator(".drawing-surface"))

    def pen(step: int) -> None:
        page.mouse.move(
            box["x"] + box["width"] * (0.3 + 0.3 * swing(step)),
            box["y"] + box["height"] * (0.2 + 0.5 * swing(step, 30)),
        )

    pen(0)
    page.mouse.down()
    for model in range(len(NAMES)):
        moving(page, pen, lambda shown, model=model: pictures(shown)[model], 3)  # type: ignore[misc]
    page.mouse.up()
    rest(page, pictures)


@pytest.mark.slow
def test_a_drawing_under_four_betas_is_live_in_one_screen_and_costs_what_python_says(
    app: Server, browser: Browser
) -> None:
    with opened(browser, f"{app.url}/{FOUR}") as page:
        all_drawn(page, 4)
        page.get_by_role("button", name="Draw your own").click()
        draw(page)
        image = model_sees(page)
        expected = [
            anomaly_scores(read_checkpoint(ROOT / "checkpoints" / name).load_model(), image)[0] for name in NAMES
        ]
        assert spent(page) == pytest.approx(expected, abs=0.01)
        numbers = page.locator(".pictures .nats")
        expect(numbers).to_have_text([re.compile(rf"−ELBO {nats:.1f} = [\d.]+ \+ KL [\d.]+ nats") for nats in expected])
        expect(page.locator(".pictures figure").nth(4)).to_contain_text(
            re.compile(r"β = 10 spends [\d.]+ nats less on z and [\d.]+ (more|less) on the picture\.")
        )
        boxes = [box_of(canvas) for canvas in outputs(page)]
        assert len({(box["width"], box["height"]) for box in boxes}) == 1
        assert box_of(numbers.last)["y"] + box_of(numbers.last)["height"] < 720


@pytest.mark.slow
def test_the_link_brings_the_models_back_and_every_way_to_decode_is_all_models(app: Server, browser: Browser) -> None:
    link = "Reconstruction?checkpoint=mnist-z10-b1&compare=mnist-z2,mnist-z10-ae,mnist-z10-cond&image=18"
    with opened(browser, f"{app.url}/{link}") as page:
        all_drawn(page, 4)
        evaluated = pictures(page)
        expect(page.locator(".nats")).to_have_text([re.compile(r"[\d.]+ nats")] * 4)
        encoded = [
            read_checkpoint(ROOT / "checkpoints" / name).load_encoded() for name in ("mnist-z10-b1", "mnist-z10-cond")
        ]
        stored = [float((each.reconstruction + each.kl)[18]) for each in encoded]
        found = spent(page)
        assert [found[0], found[3]] == pytest.approx(stored, abs=0.01)
        expect(page.locator(".nats").last).to_contain_text("as class 3")
        page.get_by_label("The mean μ").check()
        rest(page, pictures)
        mean = pictures(page)
        assert [one == other for one, other in zip(mean, evaluated, strict=True)] == [False, False, True, False]
        expect(page.locator(".nats").first).to_contain_text("at z = μ")
        page.get_by_label("A sample μ + σε").check()
        rest(page, pictures)
        assert [one == other for one, other in zip(pictures(page), mean, strict=True)] == [False, False, True, False]
        page.reload()
        all_drawn(page, 4)
        assert pictures(page) == evaluated


@pytest.mark.slow
def test_on_a_phone_the_pictures_stand_two_by_two(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/{FOUR}", viewport={"width": 390, "height": 844}) as page:
        all_drawn(page, 4)
        pad, (first, second, third, fourth) = (
            box_of(page.locator(".drawing-surface")),
            map(box_of, outputs(page)),
        )
        assert pad["x"] < first["x"] == second["x"] == fourth["x"]
        assert third["x"] == pytest.approx(pad["x"], abs=1)
        assert third["y"] == fourth["y"] > second["y"] > first["y"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_without_a_comparison_nothing_of_it_is_loaded_or_shown(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Reconstruction?checkpoint={NAMES[1]}&image=18") as page:
        all_drawn(page, 1)
        loaded = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
        assert [url for url in loaded if url.endswith("/reconstruction.js")]
        assert not [url for url in loaded if url.endswith(("/beside.js", "/compared.js"))]
        assert page.locator(".nats").count() == 0
        alone = pictures(page)
        page.get_by_role("button", name="Compare with", exact=True).click()
        page.get_by_role("combobox", name="Up to 3 other models").click()
        page.get_by_role("option", name="β = 10").click()
        all_drawn(page, 2)
        assert pictures(page)[0] == alone[0]


@pytest.mark.slow
def test_the_light_page_shows_the_same_pictures(app: Server, browser: Browser) -> None:
    query = f"checkpoint={NAMES[1]}&compare={NAMES[3]}&image=18"
    with opened(browser, f"{app.url}/Reconstruction?{query}") as page:
        all_drawn(page, 2)
        shown = pictures(page)
    with opened(browser, f"{app.url}/lab/?page=Reconstruction&{query}") as page:
        all_drawn(page, 2)
        assert pictures(page) == shown
        expect(page.locator(".pictures figure").nth(2)).to_contain_text("β = 10 spends")
