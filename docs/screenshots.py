"""Makes the README's pictures from the running app: `make shots`. Needs a Chromium, as the browser tests do."""

from pathlib import Path

from vae.bench.browser import chromium
from vae.bench.live import started
from vae.ui.shared.page import PAGES

ROOT = Path(__file__).parents[1]
QUERIES = {
    "Explore": "?checkpoint=mnist-z10&image=8",
    "Latent_map": "?checkpoint=mnist-z10&method=t-SNE",
    "Training": "?checkpoint=mnist-z2",
}
DEFAULT_QUERY = "?checkpoint=mnist-z10"


def main() -> None:
    """Writes docs/<page>.png for the home page and every other one."""
    names = ["", *(Path(path).stem.partition("_")[2] for path, _, _ in PAGES)]
    with started(ROOT / "app.py") as server, chromium() as browser:
        for name in names:
            page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="light")
            page.goto(f"{server.url}/{name}{QUERIES.get(name, DEFAULT_QUERY)}")
            page.wait_for_selector("h1")
            page.wait_for_timeout(4000)  # plots and thumbnails come after the page's own run
            page.screenshot(path=ROOT / "docs" / f"{name.lower() or 'home'}.png")
            page.close()


if __name__ == "__main__":
    main()
