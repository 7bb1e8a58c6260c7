"""The ten questions: whether their links open what they say, and whether they fit a phone."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.patience import PATIENCE
from vae.classroom.questions import QUESTIONS, Question, question_data
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.ui.shared.page import PAGES

ROOT = Path(__file__).parents[2]
SHIPPED = {found.name for found in list_checkpoints(ROOT / "checkpoints") if isinstance(found, Checkpoint)}
SCRIPTS = {Path(path).stem.partition("_")[2]: path for path, _, _ in PAGES}


def titled(question: Question) -> str:
    return question.title


def test_there_are_ten_and_two_promise_no_outcome() -> None:
    assert len({question.title for question in QUESTIONS}) == 10
    open_ones = [question.title for question in QUESTIONS if question.correct is None]
    assert open_ones == ["Is every draw from the prior a digit?", "What is learnt first?"]


@pytest.mark.parametrize("question", QUESTIONS, ids=titled)
def test_a_question_has_few_short_predictions_one_of_them_right(question: Question) -> None:
    assert question.text.endswith("?")
    assert len(question.text) <= 120
    assert 3 <= len(set(question.options)) == len(question.options) <= 6
    assert all(0 < len(option) <= 60 for option in question.options)
    assert question.correct is None or 0 <= question.correct < len(question.options)


@pytest.mark.parametrize("question", QUESTIONS, ids=titled)
def test_a_link_opens_its_experiment_with_shipped_models_and_without_a_warning(question: Question) -> None:
    assert question.needs <= SHIPPED
    parts = urlsplit(question.link)
    query = dict(parse_qsl(parts.query))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.query_params.update(query)
    app.switch_page(SCRIPTS[parts.path]).run()
    assert [list(app.exception), list(app.error), list(app.warning)] == [[], [], []]
    assert app.session_state["chosen"] == question.checkpoint
    kept = {name: app.query_params[name] for name in query}
    assert {name: value[0] if isinstance(value, list) else value for name, value in kept.items()} == query


def test_a_question_s_data_has_its_link() -> None:
    data = question_data(QUESTIONS[4])
    assert data["link"] == "Compare?checkpoint=mnist-z10-b0.5&image=8&beta=0.5"
    assert data["options"] == ("They get sharper", "They get cleaner", "They get duller")
