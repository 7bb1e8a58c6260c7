"""The Lessons page: which lessons its component gets, and what is part of the link."""

import pytest

from tests.support.pages import open_page, send, sent_data

PAGE = "pages/0_Lessons.py"


def test_the_component_gets_all_lessons_in_the_link_s_language() -> None:
    data = sent_data(open_page(PAGE))
    assert {"two-numbers", "more-beta"} <= {found["name"] for found in data["lessons"]}
    assert (data["language"], data["lesson"]) == ("en", None)
    assert sent_data(open_page(PAGE, lang="de"))["language"] == "de"


def test_what_the_user_chooses_stands_in_the_link_and_comes_back_to_the_component() -> None:
    app = send(open_page(PAGE), chosen={"lesson": "more-beta", "language": "de"})
    assert not app.exception
    assert (app.query_params["lesson"], app.query_params["lang"]) == ("more-beta", "de")
    assert (sent_data(app)["lesson"], sent_data(app)["language"]) == ("more-beta", "de")
    app = send(app, chosen={"lesson": None, "language": "en"})
    assert "lesson" not in app.query_params
    assert "lang" not in app.query_params


@pytest.mark.parametrize(
    "sent", [None, 7, {}, {"lesson": 3, "language": []}, {"lesson": "x" * 100, "language": "y" * 100}]
)
def test_nonsense_from_a_browser_chooses_nothing(sent: object) -> None:
    app = send(open_page(PAGE, lesson="two-numbers"), chosen=sent)
    assert not app.exception
    assert sent_data(app)["language"] == "en"
