"""The light page's HTML."""

from vae.lab.page import light_page, settings
from vae.views.shared.pages import EXPLORE


def test_the_preloaded_weights_have_the_address_that_the_script_asks_for() -> None:
    name = "my model é&(1)"
    answers: dict[str, dict[str, object]] = {"explore": {"data": {"local": {"version": "abc"}}}}
    page = light_page(EXPLORE, settings([], name, {}, answers))
    escaped = "my%20model%20%C3%A9%26(1)"  # as JavaScript's encodeURIComponent writes it
    assert f'href="live/weights?model={escaped}&amp;v=abc&amp;part=decoder"' in page


def test_a_page_in_english_has_no_dictionary() -> None:
    page = light_page(EXPLORE, settings([], "m", {}, {}))
    assert '<html lang="en">' in page
    assert 'plain" data-name="words"' not in page


def test_a_page_in_another_language_has_its_dictionary_before_the_scripts_run() -> None:
    page = light_page(EXPLORE, settings([], "m", {}, {}, language="de"))
    assert '<html lang="de">' in page
    assert "<title>Erkunden · Latent Lab</title>" in page
    assert page.index('data-name="words">{"texts":{') < page.index("<script>")
    assert '"title":"Erkunden"' in page
