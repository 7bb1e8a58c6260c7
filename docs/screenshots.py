"""Makes the README's pictures from the running app: `make shots`. Needs a Chromium, as the browser tests do."""

from pathlib import Path
from typing import Any

from tests.support.browsing import IDLE_SCRIPT, PATIENCE, rest
from vae.bench.browser.chromium import chromium
from vae.bench.live import started
from vae.ui.shared.page import PAGES

ROOT = Path(__file__).parents[1]
QUERIES = {
    "Explore": "?checkpoint=mnist-z10&image=8",
    "Latent_map": "?checkpoint=mnist-z10&method=t-SNE",
    "Compare": "?checkpoint=mnist-z10-b1&beta=4&compare=mnist-z10-b10&image=18",
    "Training": "?checkpoint=mnist-z2",
}
DEFAULT_QUERY = "?checkpoint=mnist-z10"
DRAWN = "canvas[data-frame]:visible, canvas.pairs[data-epoch], [data-testid=stTable], .opening, .library[data-lesson]"
STUDENTS = 30  # of a rehearsal, as the page proposes
# What comes later than the first picture.
FINISHED = {
    "Explore": ("canvas.hero[data-frame]",),
    "Compare": (".plane [data-own]",),
    "Latent_map": (".plot[data-state=done]", ".js-plotly-plot .main-svg:visible"),
}


def main() -> None:
    """Writes docs/<page>.png for the home page and every other one."""
    names = ["", *(Path(path).stem.partition("_")[2] for path, _, _ in PAGES)]
    with started(ROOT / "app.py") as server, chromium() as browser:
        for name in names:
            size = {"width": 1280, "height": 720}
            page = browser.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
            page.set_default_timeout(1000 * PATIENCE)
            page.add_init_script(path=IDLE_SCRIPT)
            page.goto(f"{server.url}/{name}{QUERIES.get(name, DEFAULT_QUERY)}")
            for selector in (DRAWN, *FINISHED.get(name, ())):
                page.wait_for_selector(selector)
            if name == "Class":
                lead_a_vote(page)  # simulated students never rest
            else:
                rest(page, drawn_frames)
            page.screenshot(path=ROOT / "docs" / f"{name.lower() or 'home'}.png")
            page.close()


def lead_a_vote(page: Any) -> None:
    """Opens a class of simulated students with a lesson, whose question it votes on twice."""
    page.get_by_label("Lesson", exact=True).select_option("more-beta")
    page.get_by_role("button", name="Open the class").click()
    page.get_by_role("tab", name="Room").click()
    page.get_by_role("button", name="Rehearse").click()
    page.get_by_role("tab", name="Question").click()
    page.wait_for_selector(f".people:text('{STUDENTS} here')")
    step = page.locator(".next")
    step.get_by_role("button", name="Ask it now").click()
    for vote, then in (("", "Vote again"), ("Second vote: ", "Show the result")):
        page.wait_for_selector(f".answered:text-is('{vote}{STUDENTS} of {STUDENTS} answered')")
        step.get_by_role("button", name="End the").click()
        step.get_by_role("button", name=then).click()
    page.wait_for_selector(".next[data-step=go-on]")


def drawn_frames(page: Any) -> object:
    """How many frames each canvas has drawn: a map that moves its points is not finished."""
    return page.locator("canvas[data-frame]").evaluate_all("all => all.map((canvas) => canvas.dataset.frame).join()")


if __name__ == "__main__":
    main()
