"""The lesson beside the real page, alone: played to its end, resumed, by keyboard, on a laptop and on a phone, in the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import ROOT, opened, rest
from tests.support.lessons import LESSON
from vae.lab.file import lab_file
from vae.lab.model_blocks import ModelFiles
from vae.storage.checkpoints import read_checkpoint

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a lesson and one of the two models that it needs."""
    models = [ModelFiles(read_checkpoint(ROOT / "checkpoints" / "mnist-z10"))]
    path = tmp_path_factory.mktemp("home") / "lesson.html"
    path.write_bytes(lab_file(models, points=500, query="lesson=two-numbers", lesson=LESSON))
    return path


@contextmanager
def taken(browser: Browser, file: Path, **options: Any) -> Iterator[Page]:
    """The file, opened; the console shows no error."""
    with opened(browser, file.as_uri(), offline=True, **options) as page:
        expect(page.get_by_role("heading", name="Predict")).to_be_visible()
        rest(page)
        yield page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def predict(page: Page, option: int) -> None:
    page.get_by_role("radio").nth(option).check()
    press(page, "Commit my prediction")


def place(page: Page) -> str:
    """What the lesson's heading says."""
    return page.locator(".lesson-body h3").inner_text()


def test_the_file_plays_its_lesson_and_says_which_step_it_cannot_show(browser: Browser, file: Path) -> None:
    with taken(browser, file) as page:
        stage = page.locator(".lab-stage")
        expect(stage).to_have_attribute("inert", "")
        expect(page.get_by_text("Not here: mnist-z2.")).to_be_visible()
        predict(page, 0)
        expect(stage).not_to_have_attribute("inert", "")
        press(page, "Next")
        expect(page.get_by_text("This step needs the model mnist-z2, which is not here.")).to_be_visible()
        expect(page.get_by_role("button", name="Show me")).to_be_hidden()
        press(page, "Next")
        press(page, "Show me")
        expect(page.locator("h1")).to_have_text("Reconstruction")
        rest(page)
        link = {name: values[0] for name, values in parse_qs(urlparse(page.url).fragment).items()}
        assert {"lesson": "two-numbers", "page": "Reconstruction", "checkpoint": "mnist-z10"}.items() <= link.items()
        page.reload()
        expect(page.get_by_role("heading", name="Experiment, step 2 of 3")).to_be_visible()
        press(page, "Next")
        press(page, "Next")
        expect(page.get_by_text("It happened otherwise than you predicted.")).to_be_visible()
        press(page, "Next")
        page.get_by_role("radio").nth(1).check()
        press(page, "Commit my answer")
        press(page, "Next")
        assert place(page) == "The end"
        expect(page.get_by_text("You predicted A; what happened was C.")).to_be_visible()
