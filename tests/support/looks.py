"""What a page must look like on every screen: sizes of text and controls, nothing cut off, nothing covered."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SIZES = [[390, 844], [1280, 720], [1920, 1080], [3840, 2160]]
SMALLEST_TEXT = 0.85  # of the page's text
# Small on purpose: a picture of a strip is as large as the strip; a box to tick has a label to press.
SMALL = ".thumb, [data-small]"
FOUND = Path(__file__).with_name("looks.js").read_text("utf-8")


def screen(size: Sequence[int]) -> dict[str, Any]:
    """Options of a browser session with a screen of this size; the narrow one is a phone's."""
    width, height = size
    phone = width < 500
    return {"viewport": {"width": width, "height": height}, "has_touch": phone, "is_mobile": phone}


def faults(page: Page) -> list[str]:
    """What is too small, cut off or covered on the page as it stands, in words."""
    found: list[str] = page.evaluate(
        f"options => {{ {FOUND}; return window.faults(options); }}", {"smallest": SMALLEST_TEXT, "small": SMALL}
    )
    return found
