"""The light page and a student's page in another language: every text that people meet goes through the dictionary.

The language of these tests is a dictionary whose translations are the texts themselves in ⟦ ⟧. What is shown without
these marks is no word of the dictionary, or one of those that no language translates.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browsing import new_page, opened, rest
from tests.support.classes import Visits
from tests.support.effort import first_in_make_test
from vae.bench.live import Server
from vae.views.shared.models import DATASET_NAMES
from vae.views.shared.pages import VIEWS
from vae.views.shared.words import words

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "bypass_csp": True}
FIRST_PICTURE = "canvas[data-frame], canvas[data-epoch], .plot[data-points]"
# Each text, title, label and description on the page, and where: also what a panel shows later.
TEXTS = """() => {
    const roots = [document], found = new Set();
    const take = (text, where) => text?.trim() && found.add(`${text.trim().replace(/\\s+/g, " ")} — ${where}`);
    for (const root of roots) for (const node of root.querySelectorAll("body *, :host > *, *")) {
        if (node.shadowRoot) roots.push(node.shadowRoot);
        if (node.closest("script, style, head, pre, code")) continue;
        const where = `${node.localName}.${node.className?.baseVal ?? node.className}`;
        for (const child of node.childNodes) if (child.nodeType === 3) take(child.data, where);
        for (const name of ["title", "ariaLabel", "ariaDescription", "alt", "placeholder"])
            take(node[name], `${where} ${name}`);
    }
    return [...found];
}"""
WRAPPED = re.compile(r"⟦[^⟦⟧]*⟧")
OPEN = re.compile(r"⟦[^⟦⟧]*$|^[^⟦⟧]*⟧")
# What no language translates: names of models, data sets, classes, methods and files, symbols, units, formulas,
# languages.
NAMES = re.compile(
    "|".join([*map(re.escape, sorted(DATASET_NAMES.values(), key=len, reverse=True)), ""])
    + r"Latent Lab|English|Deutsch|Español|noise\b|"
    r"[A-Za-z-]*MNIST|mnist[-\w]*|digits[-\w]*|sprites[-\w]*|\w+-z\d+[-\w.]*|"
    r"β-TC|IWAE of \d+|nats?\b|KL\b|ELBO|NLL|AUROC|MIG|PCA|t-SNE|UMAP|PNG|GIF|NPZ|CSV|HTML|WebSocket|"
    r"q\(z\|x\)|p\(z\)|log p\(x\|?z?\)|N\(0, I\)|I\(z; x\)|RMS|ms\b|min\b|px\b|cpu|conv|mlp|"
    r"\b[a-zA-Z]\b|\bpc\d\b"
)
# A nickname, and the middle of a text that is shown in three parts.
EXCEPTED = (" — button.strip-seat", " — span.score")
WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")


def pseudo() -> str:
    """The dictionary whose translations are its texts in ⟦ ⟧, as an element of a page."""
    found = words("de")
    assert found
    marked = {part: {text: f"⟦{text}⟧" for text in texts} for part, texts in found.items()}
    block = json.dumps(marked, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="text/plain" data-name="words">{block}</script>'


def untranslated(texts: list[str], models: Path | None = None) -> list[str]:
    """Those that have words outside of all marks, names excepted; also what is a value within marks.

    models: the app's checkpoints, to which other tests add some of their own.
    """
    names = sorted((path.name for path in models.iterdir()) if models else (), key=len, reverse=True)
    model = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names) or "(?!)")
    said = [text for text in texts if not text.endswith(EXCEPTED)]
    return [
        text for text in sorted(said) if WORD.search(NAMES.sub("", model.sub("", plain(text.rpartition(" — ")[0]))))
    ]


def plain(text: str) -> str:
    """What is left of a text without all that is marked, from the innermost marks outwards.

    A text that is shown in several parts, such as lines in a drawing, opens its marks in the first and closes
    them in the last.
    """
    while (shorter := OPEN.sub("", WRAPPED.sub("", text))) != text:
        text = shorter
    return text


@contextmanager
def in_pseudo(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The page at this address with that dictionary."""

    def translate(route: Route) -> None:
        response = route.fetch()
        body = response.text().replace("<body>", f"<body>{pseudo()}", 1).replace('<html lang="en">', '<html lang="xx">')
        for view in VIEWS:  # the server translates these
            for name, text in (("title", view.title), ("question", view.question)):
                body = body.replace(f'"{name}":"{text}"', f'"{name}":"⟦{text}⟧"')
        route.fulfill(response=response, body=body)

    with new_page(browser, **options) as page:
        page.route(lambda address: address == url, translate)
        page.goto(url)
        expect(page.locator("html")).to_have_attribute("lang", "xx")
        page.locator(FIRST_PICTURE).filter(visible=True).first.wait_for()
        rest(page)
        yield page


def test_a_text_that_is_in_no_dictionary_is_found() -> None:
    found = [
        "⟦Share⟧ — b",
        "⟦{0} of ⟦x⟧⟧ 3 nats — p",
        "Not translated — p",
        "⟦a⟧ missed — p title",
        "MNIST · 10-D — span",
    ]
    assert untranslated(found) == ["Not translated — p", "⟦a⟧ missed — p title"]


LINKS = (
    *(f"page={view.address}&checkpoint=mnist-z10" for view in VIEWS),
    *(f"page={view.address}&checkpoint=mnist-z10-ae&compare=mnist-z10,mnist-z10-cond" for view in VIEWS),
    *(f"page={view.address}&checkpoint=mnist-z10-cond" for view in VIEWS),
    "page=Latent_map&checkpoint=mnist-z10&method=t-SNE&image=3",
    "page=Sampling&checkpoint=mnist-z10&view=plane",
    "page=Interpolation&checkpoint=mnist-z10&view=corners",
    "page=Interpolation&checkpoint=mnist-z10&view=arithmetic",
    "page=Reconstruction&checkpoint=nothing&image=x&z=1",
)


@pytest.mark.parametrize("link", first_in_make_test(LINKS))
def test_every_text_of_a_view_is_translated(app: Server, app_checkpoints: Path, browser: Browser, link: str) -> None:
    with in_pseudo(browser, f"{app.url}/lab/?{link}", viewport={"width": 1280, "height": 720}, bypass_csp=True) as page:
        assert untranslated(page.evaluate(TEXTS), app_checkpoints) == []


def test_every_text_of_a_student_s_page_is_translated(app: Server, app_checkpoints: Path, browser: Browser) -> None:
    visits = Visits(app.address[1])
    code, secret = visits.open("⟦Physics 3b⟧", "digits-z2")
    with visits.connect(code, "teacher", secret=secret) as teacher:
        teacher.do("mode", mode="explore")
        teacher.do("ask", text="⟦Why?⟧", options=["⟦because⟧", "⟦it is so⟧"], correct=0)
        with in_pseudo(browser, f"{app.url}/c/{code}", **PHONE) as page:
            page.locator(".strip-seat[data-connected=true]").wait_for()
            page.get_by_role("radio").first.wait_for()
            assert untranslated(page.evaluate(TEXTS), app_checkpoints) == []


@pytest.mark.slow
def test_the_menu_in_the_bar_changes_the_language_and_a_link_keeps_it(app: Server, browser: Browser) -> None:
    with opened(browser, f"{app.url}/lab/?page=Explore&checkpoint=digits-z2", bypass_csp=True) as page:
        page.locator(FIRST_PICTURE).filter(visible=True).first.wait_for()
        page.get_by_label("Language").select_option("de")
        expect(page.locator("h1")).to_have_text("Erkunden")
        page.get_by_role("link", name="Rekonstruktion", exact=True).click()
        expect(page.locator("h1")).to_have_text("Rekonstruktion")
        rest(page)
        assert "lang=de" in page.url
        assert page.get_by_label("Sprache").input_value() == "de"
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "de")
