"""The light page's HTML."""

from vae.lab.page import light_page, settings
from vae.views.shared.pages import EXPLORE


def test_the_preloaded_weights_have_the_address_that_the_script_asks_for() -> None:
    name = "my model é&(1)"
    answers: dict[str, dict[str, object]] = {"explore": {"data": {"local": {"version": "abc"}}}}
    page = light_page(EXPLORE, settings([], name, {}, answers))
    escaped = "my%20model%20%C3%A9%26(1)"  # as JavaScript's encodeURIComponent writes it
    assert f'href="live/weights?model={escaped}&amp;v=abc&amp;part=decoder"' in page
