"""The ten lessons that ship: each link opens, each assertion holds, each text is plain and takes the time it says."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from vae.lessons.checking import untruths
from vae.lessons.format.mistakes import Mistake
from vae.lessons.format.rich import plain
from vae.lessons.measured.values import MEASURES, SLOW, Values
from vae.lessons.readability import MOST_WORDS_BEFORE, measure
from vae.lessons.reading import LessonFile, examine
from vae.storage.checkpoints import list_checkpoints
from vae.views.shared.terms.catalogue import TERMS

ROOT = Path(__file__).parents[2]
TEN = (
    *("two-numbers", "one-slider", "dot-or-cloud", "plain-autoencoder", "more-beta"),
    *("every-draw", "halfway", "distances", "least-surprise", "learnt-first"),
)
OPEN = {"every-draw", "learnt-first"}  # the class finds out
WORDS_PER_MINUTE = 130  # read slowly, in a foreign language
STEP_MINUTES, QUESTION_MINUTES = 0.8, 0.5  # to try it, and to decide


def file_of(name: str) -> Path:
    return ROOT / "lessons" / name / "lesson.md"


def located(name: str, mistakes: list[Mistake]) -> list[str]:
    """Each mistake as lessons/NAME/lesson.md, line 3: sentence."""
    return [f"{file_of(name).relative_to(ROOT)}, line {each.line}: {each.sentence}" for each in mistakes]


def lesson_of(name: str) -> LessonFile:
    """The lesson of this name; the test fails with every mistake in its file."""
    lesson, mistakes = examine(file_of(name).read_text("utf-8"))
    assert lesson is not None, "\n".join(located(name, mistakes))
    return lesson


@pytest.fixture(scope="module")
def values() -> Values:
    """What the shipped checkpoints measure."""
    return Values(lambda: list_checkpoints(ROOT / "checkpoints"))


def test_the_ten_are_there_in_their_order() -> None:
    folders = [path.parent.name for path in (ROOT / "lessons").glob("*/lesson.md")]
    assert sorted(folders, key=lambda name: lesson_of(name).order or 1000) == list(TEN)


@pytest.mark.parametrize("name", TEN)
def test_a_lesson_promises_an_answer_only_where_there_is_one(name: str) -> None:
    lesson = lesson_of(name)
    assert (lesson.question.answer is None) == (name in OPEN)
    assert all(option.because for option in lesson.question.options), "each option says why somebody would choose it"
    assert lesson.transfer is not None
    assert lesson.transfer.answer is not None
    assert lesson.references
    assert set(lesson.terms) <= set(TERMS)
    assert 2 <= len(lesson.steps) <= 5
    assert all(step.checks and plain(step.see) for step in lesson.steps)


@pytest.mark.parametrize("name", TEN)
def test_each_link_opens_and_each_assertion_holds(name: str, values: Values) -> None:
    assert located(name, untruths(lesson_of(name), values)) == []


@pytest.mark.slow  # neighbours among 10,000 codes and the MIG take most of a minute each
@pytest.mark.parametrize("name", TEN)
def test_the_numbers_that_checkpoints_keep_are_those_that_they_measure(name: str, values: Values) -> None:
    checkpoints = values.checkpoints()
    for fact in {fact for fact, _ in lesson_of(name).facts if fact.kind in SLOW}:
        checkpoint = checkpoints[fact.checkpoint]
        measured = MEASURES[fact.kind](fact, checkpoint, checkpoint.load_encoded)
        assert values.of(fact, checkpoints) == pytest.approx(measured, rel=1e-3), fact.name


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("compare=mnist-z10", "compare=mnist-z11", "line 28: “compare=mnist-z11” does not fit"),
        (
            "Reconstruction?checkpoint=mnist-z2\n",
            "Reconstruction?checkpoint=mnist-z3\n",
            "line 17: The link names 'mnist-z3'",
        ),
        (
            "mnist-z2 = 132.6",
            "mnist-z2 = 123.6",
            "line 21: “reconstruction of mnist-z2 = 123.6 ± 0.1” is not so: it is 132.6",
        ),
        ("answer: 3", "answer: 4", "line 14: "),
    ],
)
def test_a_lesson_that_no_longer_tells_the_truth_is_named_with_its_line(
    before: str, after: str, says: str, values: Values
) -> None:
    text = file_of("two-numbers").read_text("utf-8").replace(before, after, 1)
    lesson, mistakes = examine(text)
    if lesson is not None:
        mistakes = untruths(lesson, values)
    assert any(f"lessons/two-numbers/lesson.md, {says}" in each for each in located("two-numbers", mistakes)), mistakes


@pytest.mark.parametrize("name", TEN)
def test_a_lesson_is_plain_english_and_soon_gives_something_to_do(name: str) -> None:
    reading = measure(lesson_of(name), "en")
    assert reading.problems == []
    assert reading.before <= MOST_WORDS_BEFORE


@pytest.mark.parametrize("name", TEN)
def test_a_lesson_takes_the_minutes_that_it_says(name: str) -> None:
    lesson = lesson_of(name)
    words = measure(lesson, "en").words
    needed = words / WORDS_PER_MINUTE + STEP_MINUTES * len(lesson.steps) + 2 * QUESTION_MINUTES
    assert 5 <= lesson.minutes <= 10
    assert lesson.minutes == pytest.approx(needed, abs=1), f"{words} words need {needed:.1f} minutes"


@pytest.mark.parametrize("name", TEN)
def test_a_step_opens_before_what_it_asks_for(name: str) -> None:
    for step in lesson_of(name).steps:
        asked = plain(step.do)
        params = dict(parse_qsl(step.link.text.partition("?")[2]))
        if re.match(r"Turn|Choose|Move", asked):
            done = [key for key in ("beta", "path") if key in params and re.search(rf"\b{params[key]}\b", asked)]
            assert not done, f"“{asked}” is done already by {step.link.text}"
        assert "slider t" not in asked or params["t"] == "0", "a slider that is to be moved stands at its start"
