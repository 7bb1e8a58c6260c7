"""The Interpolation component in a real browser: all follows the pointer; numbers and files are right."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations, starmap
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, FloatRect, Locator, Page, Route, expect

from tests.support.browsing import (
    attribute,
    box_of,
    changed,
    choose,
    go,
    moving,
    opened,
    pixels,
    rest,
    swing,
    until,
)
from tests.support.checkpoints import save
from tests.support.downloads import downloaded
from vae.bench.live import Server
from vae.datasets.splits import Dataset, Split
from vae.model.geometry.geodesic import POINTS, path_length
from vae.model.latents import Curve, code, decode, interpolate
from vae.model.losses import Objective
from vae.model.networks import default_config
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig
from vae.views.shared.scripts import script_url

pytestmark = pytest.mark.browser
# Moves a pressed pointer across the pad in 16 steps: the pictures seen, and how much was sent because of them. One that
# rests sends later.
ACROSS = """async pad => {
    const before = window.sends;
    const { x, y, width, height } = pad.getBoundingClientRect(), hero = pad.getRootNode().querySelector(".hero");
    const seen = Array.from({length: 16}, (_, i) => {
        const at = {clientX: x + (0.15 + 0.05 * i) * width, clientY: y + height / 2};
        pad.dispatchEvent(new PointerEvent("pointermove", {pointerId: 1, ...at}));
        return hero.getContext("2d").getImageData(0, 0, hero.width, hero.height).data.join();
    });
    await new Promise(done => setTimeout(done));
    return [seen, window.sends - before];
}"""
CURVES: tuple[Curve, ...] = ("linear", "spherical")
ROOT = "document.querySelector('.st-key-interpolation [data-testid=stBidiComponentIsolated]').shadowRoot"


@pytest.fixture(scope="module")
def models(app_checkpoints: Path, digits: Dataset) -> Path:
    """Small models of every kind beside the app's: ten dimensions, a plain autoencoder, with classes, in colour."""
    shape = digits.image_shape
    plain = Objective("autoencoder")
    for name, epochs, dataset, config, objective in (
        ("ten", 8, digits, default_config(shape, 10), Objective()),
        ("plain", 2, digits, default_config(shape, 2, posterior="point"), plain),
        ("with-classes", 2, digits, default_config(shape, 3, classes=10), Objective()),
        ("rgb", 2, _noise(), default_config((3, 16, 16), 1, "conv"), Objective()),
    ):
        training = TrainingConfig(epochs=epochs, device="cpu", objective=objective)
        list(train_checkpoint(dataset, config, training, app_checkpoints / name))
    return app_checkpoints


def _noise() -> Dataset:
    rng = np.random.default_rng(0)
    train, validation, test = (
        Split(rng.integers(0, 256, (64, 3, 16, 16), np.uint8), rng.integers(0, 2, 64)) for _ in range(3)
    )
    return Dataset("noise", train, validation, test, ("plain", "<b>nine</b>"))


@pytest.fixture(scope="module")
def lab(app: Server, models: Path) -> Server:
    """The running app with these checkpoints."""
    assert models.is_dir()
    return app


@contextmanager
def interpolation(browser: Browser, lab: Server, query: str = "checkpoint=ten", **options: Any) -> Iterator[Page]:
    """The page at this address, its first pictures drawn."""
    with opened(browser, f"{lab.url}/Interpolation?{query}", **options) as page:
        page.wait_for_selector(".interpolation .hero[data-frame]")
        settle(page)
        yield page


def settle(page: Page) -> None:
    """Waits until no picture of the shown view changes: what is decoded at rest waits 150 ms."""
    drawn = "canvases => canvases.map(canvas => canvas.dataset.frame).join()"
    rest(page, lambda page: page.locator(".interpolation canvas").evaluate_all(drawn))


def linked(page: Page, key: str) -> str | None:
    """What the address says."""
    return parse_qs(urlparse(page.url).query).get(key, [None])[0]


def pictures(page: Page, selector: str, side: int = 8) -> list[str]:
    """The pictures of a strip, each as its pixels."""
    cut = """(canvas, side) => Array.from({length: canvas.width / side}, (_, i) =>
        Array.from(canvas.getContext("2d").getImageData(i * side, 0, side, side).data).join())"""
    return list(page.locator(selector).first.evaluate(cut, side))


def drag(page: Page, target: Locator, first: float, last: float, pictures: int) -> None:
    """Drags across a control, to and fro until so many pictures have come and then to the last place; holds on."""
    box = box_of(target)
    go = lambda share: page.mouse.move(  # noqa: E731
        box["x"] + (first + (last - first) * share) * box["width"], box["y"] + box["height"] / 2
    )
    go(0)
    page.mouse.down()
    moving(page, lambda step: go(swing(step)), lambda page: pixels(page, ".hero"), pictures)
    go(1)


def saved(page: Page, entry: str) -> tuple[str, bytes]:
    """What this entry of the menu downloads: the file's name and content."""
    download = downloaded(page, entry)
    return download.suggested_filename, Path(download.path()).read_bytes()


def test_the_picture_follows_the_scrub_and_python_hears_of_the_release(lab: Server, browser: Browser) -> None:
    with interpolation(browser, lab) as page:
        strips = {name: pictures(page, f".strip >> nth={i}") for i, name in enumerate(("linear", "arc", "pixels"))}
        assert len(strips["linear"]) == 13
        assert len({strip[0] for strip in strips.values()}) == 1  # the rows share their ends
        assert len({strip[-1] for strip in strips.values()}) == 1
        assert len({strip[6] for strip in strips.values()}) == 3
        drag(page, page.locator(".scrubber"), 0.1, 0.9, pictures=8)
        assert linked(page, "t") is None
        page.mouse.up()
        page.wait_for_url("**t=*")
        page.locator(".scrubber").focus()
        for key, end in (("Home", 0), ("End", 12)):
            page.keyboard.press(key)
            settle(page)
            assert pixels(page, ".hero") == strips["linear"][end]
            assert pixels(page, ".ghost") == strips["linear"][end]
        page.keyboard.press("PageDown")
        settle(page)
        assert pixels(page, ".hero") == strips["linear"][11]
        assert pixels(page, ".ghost") == strips["pixels"][11]
        page.get_by_role("radio", name="Spherical").check()
        settle(page)
        assert pixels(page, ".hero") == strips["arc"][11]
        page.wait_for_url("**path=spherical**")
        expect(page.locator(".chart-label").first).to_contain_text("RMS √10 = 3.16")
        assert page.locator(".numbers tr").count() == 14


def test_the_ways_are_those_of_the_engine_and_the_arc_keeps_the_norm(lab: Server, browser: Browser) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 10))
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    with interpolation(browser, lab) as page:
        walk = """async ([script, a, b]) => {
            const {linear, spherical} = await import(script), t = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1];
            return [linear, spherical].map(way => t.map(share => way(a, b, share)));
        }"""
        script = f"{lab.url}/{script_url('lib/math.js')}"
        line, arc = np.array(page.evaluate(walk, [script, a.tolist(), b.tolist()]))
        assert np.allclose(line, interpolate(a.astype(np.float32), b.astype(np.float32), 9), atol=1e-6)
        assert np.allclose(arc, interpolate(a.astype(np.float32), b.astype(np.float32), 9, "spherical"), atol=1e-6)
        assert np.allclose(np.linalg.norm(arc, axis=1), np.linalg.norm(a))
        for other in (np.zeros(10), a, -a):  # no arc between these
            ways = np.array(page.evaluate(walk, [script, a.tolist(), other.tolist()]))
            assert np.isfinite(ways).all()
            assert np.allclose(ways[0], ways[1])


@pytest.mark.slow
def test_the_downloads_are_the_chosen_way(lab: Server, models: Path, browser: Browser) -> None:
    checkpoint = read_checkpoint(models / "ten")
    mean = checkpoint.load_encoded().mean
    with interpolation(browser, lab, "checkpoint=ten&from=3&to=5&path=spherical&steps=7") as page:
        page.get_by_text("Download", exact=True).click()
        page.get_by_label("Frames from A to B").fill("7")
        page.get_by_label("Frames/s").select_option("20")
        name, data = saved(page, "NPZ")
        arrays = np.load(io.BytesIO(data), allow_pickle=False)
        assert name == "ten-spherical.npz"
        assert np.allclose(arrays["z"], interpolate(mean[3], mean[5], 7, "spherical"), atol=1e-5)
        assert np.allclose(arrays["t"], np.linspace(0, 1, 7))
        images = arrays["images"]
        assert np.abs(images.astype(int) - decode(checkpoint.load_model(), arrays["z"])).max() <= 1
        page.get_by_text("Numbers of every step").click()
        rows = [row.locator("td").all_inner_texts() for row in page.locator(".numbers tr").all()[1:]]
        assert [float(row[2]) for row in rows] == pytest.approx(np.linalg.norm(arrays["z"], axis=1), abs=0.006)
        changes = np.abs(np.diff(images.astype(float), axis=0)).mean(axis=(1, 2, 3)) / 2.55
        assert [float(row[4]) for row in rows[1:]] == pytest.approx(changes, abs=0.006)
        for back, frames in ((False, 7), (True, 12)):
            page.get_by_label("loop").set_checked(back)
            animation = Image.open(io.BytesIO(saved(page, "GIF")[1]))
            shown = [np.asarray(frame.convert("L"))[::28, ::28] for frame in ImageSequence.Iterator(animation)]
            order = [0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1][:frames]
            assert (np.stack(shown) == images[order, 0]).all()  # exact, and so they differ from each other
            assert animation.info["duration"] == 50
            assert animation.info["loop"] == 0  # for ever
        strip = Image.open(io.BytesIO(saved(page, "PNG")[1])).convert("L").reduce(28)
        assert (np.asarray(strip) == images[:, 0].transpose(1, 0, 2).reshape(8, 56)).all()


def lengths(page: Page) -> list[float]:
    """The lengths of the straight, the spherical and the shortest path, once the last one is found."""
    page.wait_for_selector(".lengths[data-state=done]")
    return [float(number) for number in re.findall(r"[a-z] ([0-9.]+)", page.locator(".lengths").inner_text())]


@pytest.mark.slow
def test_the_shortest_path_is_found_beside_the_others_and_follows_an_end_that_is_dragged(
    lab: Server, models: Path, browser: Browser
) -> None:
    checkpoint = read_checkpoint(models / "ten")
    mean, model = checkpoint.load_encoded().mean, checkpoint.load_model()
    with interpolation(browser, lab, "checkpoint=ten&from=3&to=5") as page:
        assert page.locator(".strip").count() == 3
        page.get_by_role("radio", name="Shortest").check()
        found = lengths(page)
        expected = [path_length(model, code(model, interpolate(mean[3], mean[5], POINTS, name))) for name in CURVES]
        assert found[:2] == pytest.approx(expected, abs=0.1)
        assert found[2] <= min(found[:2])
        page.wait_for_url("**path=shortest*")
        settle(page)
        assert page.locator(".strip").count() == 4
        linear, *_, blend = (pictures(page, f".strip >> nth={i}") for i in range(4))
        shortest = pictures(page, ".strip >> nth=2")
        assert (shortest[0], shortest[-1]) == (linear[0], linear[-1])
        assert shortest[6] not in {linear[6], blend[6]}
        text = page.locator(".lengths").inner_text()
        handle = box_of(page.get_by_role("button", name="End A"))
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        read = lambda page: page.locator(".lengths").inner_text()  # noqa: E731
        moving(page, lambda step: page.mouse.move(x - 30 * swing(step), y), read, 3)
        page.mouse.up()
        page.wait_for_url("**from=z*")
        page.get_by_role("button", name="End B").press("ArrowRight")
        page.wait_for_url("**to=z*")
        moved = lengths(page)
        assert moved[2] <= min(moved[:2])
        assert read(page) != text
        settle(page)
        strip = pictures(page, ".strip >> nth=2")
        with interpolation(browser, lab, urlparse(page.url).query) as other:
            assert lengths(other) == pytest.approx(moved, abs=0.2)
            settle(other)
            assert pictures(other, ".strip")[0] == strip[0]


@pytest.mark.slow
def test_models_side_by_side_have_the_same_pictures_at_their_own_codes(
    lab: Server, models: Path, browser: Browser
) -> None:
    with interpolation(browser, lab, "checkpoint=ten&from=3&to=5&compare=digits-z2") as page:
        expect(page.locator(".row-label:not(.chart-label, .number)")).to_have_count(2)
        expect(page.locator(".differences li")).to_have_count(2)
        page.wait_for_selector(".strip >> nth=1")
        settle(page)
        for name, i in (("ten", 0), ("digits-z2", 1)):
            checkpoint = read_checkpoint(models / name)
            mean = checkpoint.load_encoded().mean
            expected = decode(checkpoint.load_model(), interpolate(mean[3], mean[5], 13))
            shown = [np.array(text.split(",")[::4], int) for text in pictures(page, f".strip >> nth={i}")]
            assert np.abs(np.stack(shown) - expected.reshape(13, -1)).max() <= 1
        other = ".hero.other"
        drag(page, page.locator(".scrubber"), 0.5, 0.9, 2)
        before = pixels(page, other)
        moving(page, lambda step: move_to(page, swing(step)), lambda page: pixels(page, other), 3)
        page.mouse.up()
        assert pixels(page, other) != before
        page.get_by_role("radio", name="Shortest").check()
        page.wait_for_selector(".lengths[data-state=done]")
        settle(page)
        assert page.locator(".strip").count() == 2
        page.wait_for_url("**path=shortest*")
        assert linked(page, "compare") == "digits-z2"


def move_to(page: Page, share: float) -> None:
    """Moves the pointer along the scrubber."""
    box = box_of(page.locator(".scrubber"))
    page.mouse.move(box["x"] + (0.1 + 0.8 * share) * box["width"], box["y"] + box["height"] / 2)


@pytest.mark.slow
def test_groups_and_the_classes_of_codes_are_those_of_the_encoded_set(
    lab: Server, models: Path, browser: Browser
) -> None:
    encoded = read_checkpoint(models / "ten").load_encoded()
    with interpolation(browser, lab) as page:
        asked = """async ([space, data]) => {
            const {Space} = await import(space), {loadEncoded} = await import(data);
            const encoded = await loadEncoded("/live/encoded?model=ten");
            const lab = new Space({encoded, classes: 0, prior: true, lassos: {A: [1, 2, 5]}});
            const groups = [3, -1, -2].map(group => lab.centre(lab.group(group)));
            return [Array.from({length: 60}, (_, i) => lab.classOf(lab.mean(i), i)), groups, lab.closestClasses()];
        }"""
        scripts = [f"{lab.url}/{script_url(name)}" for name in ("interpolation/space.js", "lib/encoded-set.js")]
        classes, centres, closest = page.evaluate(asked, scripts)
    distances = np.linalg.norm(encoded.mean[:60, None] - encoded.mean[None], axis=2)
    np.fill_diagonal(distances, np.inf)  # an image is not its own neighbour
    nearest = encoded.labels[np.argsort(distances, axis=1, kind="stable")[:, :15]]
    assert classes == [Counter(votes.tolist()).most_common(1)[0][0] for votes in nearest]
    rows = [encoded.labels == 3, slice(None), [1, 2, 5]]
    assert np.allclose(centres, [encoded.mean[group].mean(axis=0) for group in rows], atol=1e-5)
    means = np.stack([encoded.mean[encoded.labels == label].mean(axis=0) for label in range(10)])
    apart = np.linalg.norm(means[:, None] - means[None], axis=2) + np.diag([np.inf] * 10)
    assert sorted(closest) == sorted(np.unravel_index(apart.argmin(), apart.shape))


@pytest.mark.slow
@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_play_moves_there_and_back_in_a_loop_and_a_drag_stops_it(lab: Server, browser: Browser, motion: str) -> None:
    with interpolation(browser, lab, "checkpoint=ten&steps=5", reduced_motion=motion) as page:
        page.get_by_text("Download", exact=True).click()
        page.get_by_label("Frames from A to B").fill("5")
        page.keyboard.press("Escape")
        page.get_by_label("loop").check()
        page.get_by_role("button", name="Play or pause").click()
        places: list[float] = []

        def turned() -> bool:
            places.append(float(page.locator(".scrubber").input_value()))
            return {-1.0, 1.0} <= set(np.sign(np.diff(places)))

        until(page, turned)
        assert (set(places) <= {0, 0.25, 0.5, 0.75, 1}) == (motion == "reduce")  # picture by picture
        page.locator(".strip").first.click(position={"x": 5, "y": 5})
        settle(page)
        assert float(page.locator(".scrubber").input_value()) == 0
        expect(page.get_by_role("button", name="Play or pause")).to_have_text("▶ Play")


@pytest.mark.slow
def test_the_corner_pad_costs_nothing_to_drag_and_is_exact_at_rest(lab: Server, browser: Browser) -> None:
    with interpolation(browser, lab, "checkpoint=ten&view=corners", server=True) as page:
        settle(page)
        page.evaluate(
            "() => { const send = WebSocket.prototype.send; window.sends = 0;"
            "WebSocket.prototype.send = function (...all) { if (/live$/.test(this.url)) window.sends++;"
            "return send.apply(this, all); } }"
        )
        box = box_of(page.locator(".pad"))
        before = pixels(page, ".hero")
        page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2)
        page.mouse.down()
        seen, sends = page.locator(".pad").evaluate(ACROSS)  # faster than a decoder
        assert sends == 0
        assert len(set(seen)) == 16
        page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
        changed(page, lambda page: pixels(page, ".hero"), before)
        page.mouse.up()
        page.wait_for_url("**x=*")
        settle(page)
        assert page.evaluate("window.sends") >= 1
        expect(page.get_by_text("decoded from this mixture")).to_be_visible()
        page.locator(".pad").focus()
        for _ in range(20):
            page.keyboard.press("Shift+ArrowLeft")
            page.keyboard.press("Shift+ArrowUp")
        expect(page.locator(".corner-hero figcaption")).to_have_text("A 100 % · B 0 % · C 0 % · D 0 %")
        settle(page)
        corner = pixels(page, ".hero")
        page.get_by_role("radio", name="Two ends").check()
        settle(page)
        assert pictures(page, ".strip")[0] == corner


@pytest.mark.slow
def test_arithmetic_counts_its_failures_and_a_minus_a_leaves_c_alone(lab: Server, browser: Browser) -> None:
    with interpolation(browser, lab, "checkpoint=ten&view=arithmetic&plus=9&minus=4&apply=4") as page:
        moved = pixels(page, ".hero")
        evidence = page.locator(".evidence")
        expect(evidence).to_contain_text("of 20 changed their class")
        count = int(attribute(evidence, "data-changed"))
        outcomes = [page.locator(f".name.{outcome}").count() for outcome in ("reached", "other", "same")]
        assert sum(outcomes) == 20
        assert outcomes[0] + outcomes[1] == count
        assert count >= 5  # a step from one class's mean to another's moves many, in any model worth the name
        drag(page, page.get_by_label("Strength s").last, 0.4, 0.6, pictures=6)
        page.mouse.up()
        page.wait_for_url("**strength=*")
        page.get_by_label("Strength s").last.fill("0")
        settle(page)
        still = pixels(page, ".hero")
        assert still != moved
        expect(evidence).to_contain_text("0 of 20 changed")
        page.get_by_label("Strength s").last.fill("2.5")
        page.get_by_label("A: the group added").select_option("4")
        page.wait_for_url("**plus=4*")
        settle(page)
        assert pixels(page, ".hero") == still
        expect(evidence).to_contain_text("0 of 20 changed")


@pytest.mark.slow
def test_an_end_is_drawn_by_touch_and_everything_follows_before_the_pen_lifts(lab: Server, browser: Browser) -> None:
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with interpolation(browser, lab, **options) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        touch = page.context.new_cdp_session(page)
        send = lambda kind, *points: touch.send(  # noqa: E731
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )
        before = pixels(page, ".hero")
        page.get_by_role("button", name="Choose B from anywhere").tap()
        page.get_by_role("radio", name="Draw").check()
        surface = page.locator(".drawing-surface")
        surface.scroll_into_view_if_needed()
        box = box_of(surface)
        send("touchStart", (box["x"] + 30, box["y"] + 40))
        pen = lambda step: send(  # noqa: E731
            "touchMove", (box["x"] + 30 + 130 * swing(step), box["y"] + 40 + 130 * swing(step, 90))
        )
        moving(page, pen, lambda page: pixels(page, ".previews figure:nth-child(2) canvas"), 4)
        changed(page, lambda page: pixels(page, ".hero"), before)
        send("touchEnd")
        page.get_by_role("button", name="Done").tap()
        expect(page.locator(".end-title").last).to_have_text("B drawing")
        scrubber = page.locator(".scrubber")
        scrubber.scroll_into_view_if_needed()
        box = box_of(scrubber)
        y = box["y"] + box["height"] / 2
        send("touchStart", (box["x"] + box["width"] / 2, y))
        finger = lambda step: send("touchMove", (box["x"] + box["width"] / 2 + 24 + 32 * swing(step, 4), y))  # noqa: E731
        moving(page, finger, lambda page: pixels(page, ".hero"), 4)
        send("touchEnd")


def files(folder: Path) -> dict[str, Path]:
    """Pictures, and what only pretends to be one."""
    colours = Image.effect_noise((40, 60), 90).convert("RGB")
    colours.save(folder / "animated.gif", save_all=True, append_images=[colours.rotate(90)])
    colours.convert("CMYK").save(folder / "cmyk.jpg")
    Image.new("RGB", (1, 1), "white").save(folder / "tiny.png")
    Image.new("L", (10_000, 10_000)).save(folder / "large.png")
    (folder / "text.png").write_text("not a picture")
    return {path.stem: path for path in folder.iterdir()}


@pytest.mark.slow
def test_uploads_become_ends_or_a_sentence(lab: Server, browser: Browser, tmp_path: Path) -> None:
    with interpolation(browser, lab) as page:
        page.get_by_role("button", name="Choose A from anywhere").click()
        page.get_by_role("radio", name="File").check()
        found = files(tmp_path)
        given = page.locator(".previews canvas").first
        for name, sentence in (("text", "not a picture"), ("large", "100 million pixels")):
            page.get_by_label("Picture file").set_input_files(found[name])
            expect(page.get_by_role("alert")).to_contain_text(sentence)
        for name in ("animated", "cmyk", "tiny"):
            drawn = given.get_attribute("data-frame") or "0"
            page.get_by_label("Picture file").set_input_files(found[name])
            expect(given).not_to_have_attribute("data-frame", drawn)
            expect(page.get_by_role("alert")).to_have_text("")
        page.get_by_label("Invert").check()
        expect(given).to_have_attribute("data-frame", "4")
        assert set(pixels(page, ".previews canvas").split(",")) == {"0", "255"}  # white became black; opaque
        page.get_by_role("button", name="Done").click()
        expect(page.locator(".end-title").first).to_have_text("A upload")
        page.wait_for_url("**from=z*")


@pytest.mark.slow
def test_ends_come_from_the_gallery_samples_and_z_and_the_link_brings_them_back(lab: Server, browser: Browser) -> None:
    with interpolation(browser, lab) as page:
        page.get_by_role("button", name="Choose A from anywhere").click()
        page.get_by_label("Class", exact=True).select_option("3")
        title = attribute(page.locator(".gallery .thumb").nth(2), "title")
        assert title.endswith("· 3")
        page.locator(".gallery .thumb").nth(2).click()
        expect(page.locator(".end-title").first).to_have_text(f"A {title}")
        page.get_by_role("button", name="Choose B from anywhere").click()
        page.get_by_role("radio", name="Sample").check()
        page.get_by_role("button", name="Sample 5", exact=True).click()
        expect(page.locator(".end-title").last).to_have_text("B sample")
        page.wait_for_url("**to=z*")
        settle(page)
        strip = pictures(page, ".strip")
        with interpolation(browser, lab, urlparse(page.url).query) as other:
            assert pictures(other, ".strip") == strip
            expect(other.locator(".end-title").last).to_have_text("B pinned z")
        page.get_by_role("button", name="Choose A from anywhere").click()
        page.get_by_role("radio", name="z", exact=True).check()
        page.get_by_label("z: 10 numbers").fill("1, 2")
        page.get_by_role("button", name="Use this z").click()
        expect(page.get_by_role("alert")).to_contain_text("must be 10 numbers")
        page.get_by_label("z: 10 numbers").fill(" ".join(["0.5"] * 10))
        page.get_by_role("button", name="Use this z").click()
        page.wait_for_url("**from=z0.5*")
        page.get_by_role("button", name="Another A of the same kind").click()
        expect(page.locator(".end-title").first).to_have_text("A sample")


@pytest.mark.slow
def test_the_page_follows_the_checkpoint_and_comes_back_as_it_was_left(lab: Server, browser: Browser) -> None:
    z = ",".join(["0.5"] * 10)
    with interpolation(browser, lab, f"checkpoint=ten&from=z{z}&to=7&view=corners") as page:
        link = attribute(page.get_by_role("link", name="Open in Explore"), "href")
        assert len(parse_qs(urlparse(link).query)["z"][0].split(",")) == 10
        choose(page, "plain")
        expect(page.locator(".notice")).to_contain_text("A as chosen does not fit this model")
        settle(page)
        expect(page.locator(".meter")).to_contain_text("plain")
        expect(page.locator(".end-title").nth(2)).to_contain_text("B test image 7")
        page.get_by_role("radio", name="Two ends").check()
        page.wait_for_url("**view=ends**")
        assert linked(page, "from") is None
        settle(page)
        strip = pictures(page, ".strip")
        go(page, "Explore")
        expect(page.locator(".interpolation")).to_have_count(0)
        go(page, "Interpolation")
        page.wait_for_selector(".interpolation .hero[data-frame]")
        settle(page)
        assert pictures(page, ".strip") == strip
        assert linked(page, "to") == "7"


@pytest.mark.slow
@pytest.mark.parametrize("view", ["ends", "corners", "arithmetic"])
def test_the_pictures_have_their_place_before_they_come(lab: Server, browser: Browser, view: str) -> None:
    with opened(browser, lab.url) as page:
        held: list[Route] = []
        page.route("**/live/encoded?**", lambda route: held.append(route))  # noqa: PLW0108 Playwright marks it
        page.goto(f"{lab.url}/Interpolation?checkpoint=ten&view={view}")
        until(page, lambda: bool(held))
        place = page.locator(".main")
        before = box_of(place)
        held[0].continue_()
        page.wait_for_selector(".interpolation .hero[data-frame]")
        settle(page)
        after = box_of(place)
        assert before["height"] >= 720 * 0.8
        assert after["height"] - before["height"] <= 60  # what is beneath the pictures: the numbers, folded
        assert [after[key] for key in ("x", "y", "width")] == [before[key] for key in ("x", "y", "width")]


@pytest.mark.slow
def test_the_way_to_explore_stays_in_place_while_the_numbers_beside_it_change(lab: Server, browser: Browser) -> None:
    with interpolation(browser, lab, "checkpoint=ten&view=corners") as page:
        link = page.get_by_role("link", name="Open in Explore")
        expect(page.locator(".meter")).not_to_contain_text("frames/s")
        before = box_of(link)
        page.locator(".pad").press("Shift+ArrowRight")
        expect(page.locator(".meter")).to_contain_text("frames/s")
        assert box_of(link) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "with-classes", "rgb"])
def test_every_kind_of_model_has_all_three_views(lab: Server, browser: Browser, name: str) -> None:
    with interpolation(browser, lab, f"checkpoint={name}", color_scheme="dark") as page:
        if name == "plain":
            expect(page.locator(".chart-label").first).to_contain_text("no prior")
        if name == "with-classes":
            before = pixels(page, ".hero")
            page.get_by_label("Decode A as class").select_option("As 1")
            settle(page)
            assert pixels(page, ".hero") != before
            page.wait_for_url("**from=0%401*")
        for view in ("Four corners", "Arithmetic", "Two ends"):
            page.get_by_role("radio", name=view).check()
            settle(page)
            assert len(set(pixels(page, ".hero").split(","))) > 2
            for control in page.locator(".interpolation :is(input, select, button)").all():
                label = "c => c.ariaLabel || c.textContent || c.labels?.[0]?.textContent"
                assert control.evaluate(label), control.evaluate("c => c.outerHTML")
        assert page.locator(".interpolation b", has_text="nine").count() == 0
        animation = Image.open(io.BytesIO(saved(page, "GIF")[1]))
        assert getattr(animation, "n_frames", 1) == 24


@pytest.mark.slow
@pytest.mark.parametrize("side", [28, 64, 128, 256])
def test_pictures_of_every_size_stay_on_the_page_and_apart(
    lab: Server, models: Path, browser: Browser, side: int
) -> None:
    save(models / f"side-{side}", default_config((3, side, side), 4, "conv"), 12)
    for width, height in ((390, 844), (1280, 720), (1920, 1080)):
        viewport = {"width": width, "height": height}
        with interpolation(browser, lab, f"checkpoint=side-{side}", viewport=viewport) as page:
            boxes = [box_of(picture) for picture in page.locator(".stage canvas").all()]
            assert len(boxes) == 4
            assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes), boxes
            assert not any(starmap(_overlap, combinations(boxes, 2))), boxes


@pytest.mark.slow
def test_on_a_phone_the_downloads_stay_on_the_screen_and_the_dialog_says_what_is_reconstructed(
    lab: Server, models: Path, browser: Browser
) -> None:
    save(models / "many", n=520)  # of test images, a checkpoint brings 500
    phone = {"width": 390, "height": 844}
    with interpolation(browser, lab, "checkpoint=many&from=510", viewport=phone) as page:
        page.get_by_text("Download", exact=True).click()
        within = lambda box: box["x"] >= 0 and box["x"] + box["width"] <= phone["width"]  # noqa: E731
        until(page, lambda: within(box_of(page.locator(".download-panel"))))
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Choose A from anywhere").click()
        page.get_by_label("Class", exact=True).select_option("All classes")
        for _ in range(500 // 40):
            page.get_by_role("button", name="Later images").click()
        expect(page.locator(".picker .quiet").last).to_contain_text("the server has the first 500 test images")
        titles = page.locator(".thumb").evaluate_all("thumbs => thumbs.map(thumb => thumb.title)")
        assert titles[0].startswith("test image 480")
        assert [title.endswith("decoded: the server has no original") for title in titles] == [False] * 20 + [True] * 20
        page.get_by_role("button", name="Earlier images").click()
        expect(page.locator(".picker .quiet").last).to_be_empty()


def _overlap(one: FloatRect, other: FloatRect) -> bool:
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 0 and down > 0


def test_a_link_that_means_nothing_says_so_and_shows_test_images(lab: Server, browser: Browser) -> None:
    query = "checkpoint=ten&from=z1,2&to=999999&t=nan&steps=1e9&view=%3Cb%3E&strength=-7&plus=nobody&x=2"
    with interpolation(browser, lab, query) as page:
        expect(page.locator(".notice")).to_contain_text("A, B as chosen do not fit this model")
        expect(page.locator(".end-title").first).to_contain_text("A test image 0")
        assert len(pictures(page, ".strip")) == 13
        assert json.loads(page.locator(".scrubber").input_value()) == 0.5
