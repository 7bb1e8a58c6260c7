"""The Training page's form in a browser."""

from playwright.sync_api import Page, expect

from tests.support.browsing import rest


def start(page: Page, name: str, seconds: int) -> None:
    """Starts the 2-D preset on the digits."""
    page.get_by_role("button", name="Train a model").click()
    page.get_by_role("radio", name="2-D in 30 seconds").click()
    expect(page.get_by_label("Seconds, at most", exact=True)).to_have_value("30")
    choose_in_dialog(page, "Dataset", "Digits")
    fill(page, "Seconds, at most", str(seconds))
    fill(page, "Name of the new checkpoint", name)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def choose_in_dialog(page: Page, label: str, option: str) -> None:
    """Chooses an option of one of the form's lists."""
    page.get_by_role("dialog").get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    rest(page)


def fill(page: Page, label: str, value: str) -> None:
    """Fills in one of the form's fields."""
    field = page.get_by_role("dialog").get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")
    rest(page)
