"""The Training page in a real browser: a run started, watched, left alone, found again, and its model explored."""

import re
import shutil
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import APP, ROOT, box_of, choose, go, new_page, opened, pixels, rest, until
from tests.support.proxies import served
from tests.support.training_page import choose_in_dialog, fill, start
from vae.bench.live import Server, started
from vae.jobs.runs import Runs
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser
MAP = ".training canvas"  # the first of all is the map
FOLDER, FILES = "A folder of pictures", "A zip, or pictures"  # inputs that the uploader's buttons click
MANY = 2400  # more than a browser asks for at a time


def settle(page: Page) -> None:
    """Waits until the page's script has run."""
    rest(page)


def shown(page: Page) -> str:
    """Where the scrubber stands, in words."""
    return str(page.get_by_role("slider", name="Moment of the run").get_attribute("aria-valuetext"))


def test_a_run_is_watched_left_alone_found_again_and_explored(
    app: Server, browser: Browser, app_checkpoints: Path
) -> None:
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10") as page:
        start(page, "in-class", 600)
        expect(page.get_by_text("in-class: running")).to_be_visible()
        page.wait_for_selector(MAP)
        before, moment = pixels(page, MAP), shown(page)
        expect(page.get_by_role("slider", name="Moment of the run")).not_to_have_attribute("aria-valuetext", moment)
        assert pixels(page, MAP) != before
    with opened(browser, f"{app.url}/Training?film=in-class") as page:
        expect(page.get_by_text("in-class: running")).to_be_visible()
        run = Runs(app_checkpoints).find("in-class")
        assert run is not None
        Runs(app_checkpoints).send_command(run, "stop")  # as another user may
        expect(page.get_by_text("Done and saved.")).to_be_visible()
        expect(page.get_by_text("in-class: running")).to_have_count(0)
        last = shown(page)
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("slider", name="Moment of the run")).not_to_have_attribute("aria-valuetext", last)
        go(page, "Explore")
        choose(page, "in-class")
        page.wait_for_url("**checkpoint=in-class**")
        until(page, page.locator("canvas.hero[data-frame]").is_visible, "Explore shows the new model's picture")
    assert read_checkpoint(app_checkpoints / "in-class").film is not None


def film_of(page: Page) -> str:
    """Whose film is chosen."""
    return page.get_by_role("combobox", name="Film of").input_value()


@pytest.mark.slow
def test_a_card_starts_a_run_at_once_under_a_free_name(app: Server, browser: Browser, app_checkpoints: Path) -> None:
    runs = Runs(app_checkpoints)
    runs.root.mkdir(exist_ok=True)
    with (
        FileLock(runs.root / ".slot-0"),  # as while another run trains: these wait for their turn
        opened(browser, f"{app.url}/Training?checkpoint=mnist-z2", allowed=("/live/film",)) as page,
    ):
        for name in ("sprites-z6-tc-120s", "sprites-z6-tc-120s-2"):
            card = page.get_by_role("button", name="Disentangle the sprites")
            expect(card).to_have_attribute("title", f"Starts training at once, as {name}")
            card.click()
            expect(page.get_by_text(f"{name}: ")).to_be_visible()
            expect(page.locator(".film .code")).to_have_text(name)
            assert film_of(page) == name
            page.wait_for_url(f"**film={name}")
        found = [run for run, _ in runs.all() if run.name.startswith("sprites-z6-tc-120s")]
        assert [run.request()["seconds"] for run in found] == [120, 120]
        for run in found:
            runs.send_command(run, "discard")  # as another user may
        expect(page.get_by_text(re.compile("^sprites-z6-tc-120s.*: "))).to_have_count(0)


def test_the_form_s_button_is_seen_without_scrolling(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z2") as page:
        page.get_by_role("button", name="Train a model").click()
        button = page.get_by_role("button", name="Start training")
        for _ in range(2):
            expect(button).to_be_visible()
            settle(page)
            box = box_of(button)
            assert 0 < box["y"] < box["y"] + box["height"] <= 720
            page.get_by_role("dialog").get_by_text("More", exact=True).click()


@pytest.mark.slow
def test_buttons_pause_resume_and_stop_a_run_and_its_model_is_one_click_away(
    app: Server, browser: Browser, app_checkpoints: Path
) -> None:
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10") as page:
        start(page, "by-hand", 600)
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("by-hand: paused")).to_be_visible()
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text("by-hand: running")).to_be_visible()
        page.get_by_role("button", name="Stop and keep").click()
        page.get_by_role("link", name="Explore it").click()
        expect(page.locator("h1")).to_have_text("Explore")
        page.wait_for_url("**checkpoint=by-hand**")
    assert read_checkpoint(app_checkpoints / "by-hand").training["origin"] == "page"


@pytest.mark.slow
def test_a_run_is_discarded_after_a_question_and_leaves_nothing(
    app: Server, browser: Browser, app_checkpoints: Path
) -> None:
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10", allowed=("404",)) as page:
        start(page, "for-nothing", 600)
        expect(page.get_by_text("for-nothing: running")).to_be_visible()
        page.get_by_role("button", name="Discard").click()
        page.get_by_role("button", name="Discard it").click()
        expect(page.get_by_text("for-nothing: ")).to_have_count(0)
    assert Runs(app_checkpoints).all() == []
    assert not (app_checkpoints / "for-nothing").exists()


def folder_of(tmp_path: Path, count: int) -> Path:
    """So many small JPEGs of three classes, and what is no picture."""
    folder = tmp_path / "pets"
    for name in ("cat", "dog", "fish"):
        (folder / name).mkdir(parents=True)
    for i in range(count):
        Image.new("RGB", (8, 8), (i % 256, i // 256, 0)).save(folder / ("cat", "dog", "fish")[i % 3] / f"{i}.jpg")
    (folder / "README.txt").touch()
    return folder


def open_uploader(page: Page) -> None:
    page.get_by_role("button", name="Train a model").click()
    choose_in_dialog(page, "Dataset", "My own images")


@pytest.mark.slow
def test_a_folder_of_thousands_of_pictures_arrives_whole(app: Server, browser: Browser, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, MANY)
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10") as page:
        open_uploader(page)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a folder").press("Enter")
        chooser.value.set_files(folder)
        uploader = page.get_by_role("group", name="Your pictures")
        expect(uploader.get_by_text(f"{MANY:,} pictures, ")).to_be_visible()
        expect(uploader.get_by_text("Left out, as no pictures: 1 × .txt.")).to_be_visible()
        expect(page.get_by_text(f"{MANY * 8 // 10:,} training images")).to_be_visible()


@pytest.mark.slow
def test_an_upload_that_a_proxy_refuses_is_explained_and_can_be_tried_again(
    app: Server, browser: Browser, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, 30)
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10", allowed=("413",)) as page:
        page.route("**/live/upload?*", lambda route: route.fulfill(status=413, body="<html>", content_type="text/html"))
        open_uploader(page)
        page.get_by_label(FOLDER).set_input_files(folder)
        expect(page.get_by_role("alert").get_by_text("client_max_body_size 1m")).to_be_visible()
        page.unroute("**/live/upload?*")
        page.get_by_label(FOLDER).set_input_files(folder)
        expect(page.get_by_text("24 training images")).to_be_visible()
        expect(page.get_by_role("alert").get_by_text("client_max_body_size 1m")).to_have_count(0)


@pytest.mark.slow
def test_a_dropped_folder_is_uploaded_in_an_iframe_of_another_site(
    app: Server, browser: Browser, tmp_path: Path
) -> None:
    """To a browser, localhost and 127.0.0.1 are two sites: none of the app's cookies is sent here."""
    folder = folder_of(tmp_path, 360)  # a browser lists a hundred entries of a folder at a time
    html = f'<h1>Course</h1><iframe src="{app.url}/Training" width="1200" height="700"></iframe>'
    with served(html) as url, new_page(browser) as page:
        page.goto(url)
        frame = page.frame_locator("iframe")
        frame.get_by_role("button", name="Train a model").click()
        frame.get_by_role("combobox", name="Dataset").click()
        frame.get_by_role("option", name="My own images", exact=True).click()
        uploader = frame.get_by_role("group", name="Your pictures")
        uploader.hover()  # once it no longer moves
        box = box_of(uploader)
        drop(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, folder)
        expect(frame.get_by_text("288 training images")).to_be_visible()


def drop(page: Page, x: float, y: float, path: Path) -> None:
    """Drops a file or folder there, as from the system's file manager."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})


@pytest.mark.slow
def test_own_pictures_are_uploaded_previewed_and_trained_on(
    app: Server, browser: Browser, app_checkpoints: Path, tmp_path: Path
) -> None:
    with ZipFile(tmp_path / "mine.zip", "w") as archive:
        rng = np.random.default_rng(0)
        for i in range(60):
            picture = BytesIO()
            Image.fromarray(rng.integers(0, 256, (20, 24, 3), np.uint8)).save(picture, "PNG")
            archive.writestr(f"{('<b>cats', 'dogs')[i % 2]}/{i}.png", picture.getvalue())
    (tmp_path / "text.zip").write_text("This is not an archive.")
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10") as page:
        page.get_by_role("button", name="Train a model").click()
        choose_in_dialog(page, "Dataset", "My own images")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(FILES).set_input_files(tmp_path / "text.zip")
        expect(dialog.get_by_test_id("stAlert")).to_be_visible()
        dialog.get_by_role("button", name="Remove the upload").click()
        expect(dialog.get_by_test_id("stAlert")).to_have_count(0)
        dialog.get_by_label(FILES).set_input_files(tmp_path / "mine.zip")
        expect(dialog.get_by_text("48 training images")).to_be_visible()
        fill(page, "Side, in pixels", "16")
        fill(page, "Epochs", "2")
        fill(page, "Name of the new checkpoint", "my-pictures")
        dialog.get_by_role("button", name="Start training").click()
        expect(page.get_by_text("my-pictures is trained")).to_be_visible()
    checkpoint = read_checkpoint(app_checkpoints / "my-pictures")
    assert checkpoint.class_names == ("<b>cats", "dogs")
    assert checkpoint.model_config.image_shape == (3, 16, 16)
    assert checkpoint.dataset == "my own images"


@pytest.mark.slow
def test_photos_are_taken_one_by_one_turned_and_used_as_a_class(
    app: Server, browser: Browser, app_checkpoints: Path, tmp_path: Path
) -> None:
    photo, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6  # on its side
    Image.radial_gradient("L").resize((60, 40)).convert("RGB").save(photo, "JPEG", exif=exif)
    with opened(browser, f"{app.url}/Training?checkpoint=mnist-z10") as page:
        page.get_by_role("button", name="Train a model").click()
        choose_in_dialog(page, "Dataset", "My own images")
        dialog = page.get_by_role("dialog")
        camera = dialog.get_by_label("A photo", exact=True)
        expect(camera).to_have_attribute("capture", "environment")
        for taken in range(10):
            camera.set_input_files({"name": "image.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()})
            expect(dialog.get_by_role("list", name="Photos").get_by_role("listitem")).to_have_count(taken + 1)
            dialog.get_by_label("The next ones show").fill("leaves")
        dialog.get_by_role("button", name="Turn this photo").first.click()
        dialog.get_by_role("button", name="Use these 10").click()
        expect(dialog.get_by_text("8 training images")).to_be_visible()
        expect(dialog.get_by_text("2 classes: leaves (9), photos (1).")).to_be_visible()
        fill(page, "Epochs", "1")
        fill(page, "Name of the new checkpoint", "my-photos")
        with FileLock(Runs(app_checkpoints).root / ".slot-0"):  # so that the run keeps its pictures until they are read
            dialog.get_by_role("button", name="Start training").click()
            expect(page.get_by_text("my-photos: ")).to_be_visible()
            with ZipFile(app_checkpoints / ".runs" / "my-photos" / "upload.zip") as archive:
                first, second = (Image.open(BytesIO(archive.read(f"{name}.jpg"))) for name in ("photos/1", "leaves/2"))
                assert (first.size, dict(first.getexif())) == ((60, 40), {})  # upright, then turned once
                assert second.getexif()[0x0112] == 6
        expect(page.get_by_text("my-photos is trained")).to_be_visible()
    assert read_checkpoint(app_checkpoints / "my-photos").training["augmentation"]["versions"] == 200


@pytest.mark.slow
def test_a_form_that_is_being_filled_in_stays_while_others_start_and_stop_runs(
    app: Server, browser: Browser, app_checkpoints: Path
) -> None:
    gone = ("/live/film",)  # what is shown of a run may be asked for once more when it has just been discarded
    with (
        opened(browser, f"{app.url}/Training", gone) as page,
        opened(browser, f"{app.url}/Training", gone) as other,
    ):
        page.get_by_role("button", name="Train a model").click()
        fill(page, "Name of the new checkpoint", "half-written")
        start(other, "of-another", 600)
        expect(page.get_by_text("of-another: running")).to_be_visible()  # behind the form
        other.get_by_role("button", name="Discard").click()
        other.get_by_role("button", name="Discard it").click()
        expect(page.get_by_text("of-another")).to_have_count(0)
        settle(page)
        field = page.get_by_role("dialog").get_by_label("Name of the new checkpoint", exact=True)
        expect(field).to_have_value("half-written")
        fill(page, "Epochs", "7")
        expect(field).to_have_value("half-written")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.slow
def test_an_app_that_restarts_during_a_run_finds_it_again(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    shutil.copytree(ROOT / "checkpoints" / "digits-z2", tmp_path / "checkpoints" / "digits-z2")
    with started(APP) as first, opened(browser, f"{first.url}/Training") as page:
        start(page, "through-a-restart", 600)
        expect(page.get_by_text("through-a-restart: running")).to_be_visible()
        page.goto("about:blank")
    with started(APP) as second, opened(browser, f"{second.url}/Training?film=through-a-restart") as page:
        expect(page.get_by_text("through-a-restart: running")).to_be_visible()
        page.get_by_role("button", name="Stop and keep").click()
        expect(page.get_by_text("Done and saved.")).to_be_visible()
    assert read_checkpoint(tmp_path / "checkpoints" / "through-a-restart").film is not None
