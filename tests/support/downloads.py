"""The Download menu of a page in a real browser."""

from playwright.sync_api import Download, Page, expect


def downloaded(page: Page, name: str) -> Download:
    """The file that the menu's entry of this name gives. The menu is opened before and closes by itself."""
    menu = page.get_by_role("button", name="Download", exact=True)
    if menu.get_attribute("aria-expanded") == "false":
        menu.click()
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    expect(menu).to_have_attribute("aria-expanded", "false")
    return download.value
