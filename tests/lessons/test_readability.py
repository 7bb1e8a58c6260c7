"""How hard a text is to read, checked against texts whose measure is known."""

import pytest

from tests.support.lessons import GERMAN, LESSON
from vae.lessons.readability import MOST_WORDS_BEFORE, measure, reading_ease, syllables
from vae.lessons.reading import LessonFile, parse
from vae.lessons.translating import translate


def lesson(text: str = LESSON) -> LessonFile:
    return parse(text, "lesson.md")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", {"cat": 1, "picture": 2, "number": 2, "dimension": 3, "reconstruction": 4, "autoencoder": 4, "7": 1}),
        ("de", {"Bild": 1, "Zahlen": 2, "Modell": 2, "Abbildung": 3, "Rekonstruktion": 5, "132.6": 1}),
        ("es", {"tres": 1, "modelo": 3, "dibujo": 3, "número": 3, "reconstrucción": 4}),
    ],
)
def test_syllables_are_those_of_a_dictionary_to_within_one(language: str, words: dict[str, int]) -> None:
    for word, count in words.items():
        assert abs(syllables(word, language) - count) <= (count > 3), word


def test_each_language_s_formula_gives_its_published_value() -> None:
    """ "The cat sat on the mat." is Flesch's easiest: 116. A German of one long word a sentence is beyond the scale."""
    assert reading_ease(6, 1, 6, "en") == pytest.approx(116.1, abs=0.1)
    assert reading_ease(100, 10, 150, "en") == pytest.approx(206.835 - 10.15 - 126.9)
    assert reading_ease(100, 10, 180, "de") == pytest.approx(180 - 10 - 105.3)
    assert reading_ease(100, 10, 200, "es") == pytest.approx(206.84 - 10.2 - 120)


def test_all_that_is_read_is_counted_and_a_fact_counts_as_a_number() -> None:
    reading = measure(
        lesson(LESSON.replace("Only **two numbers** pass. See [the paper](https://example.org).", "Two pass.")), "en"
    )
    assert reading.before == 3 + 5 + 2 + 3 + 3 + 4 + 3  # title, question, two options with their reasons, the first do
    assert reading.words == reading.before + 4 + 2 + 1 + 1 + 3 + 1 + 2 + 1
    assert reading.problems == []


def test_a_translation_is_measured_in_its_language() -> None:
    german, _ = translate(lesson(), GERMAN)
    assert german is not None
    assert measure(german, "de").problems == []
    with pytest.raises(ValueError, match="There is no measure for the language 'xx', only for en, de, es"):
        measure(german, "xx")


def test_a_hard_text_and_a_long_beginning_are_problems_in_one_sentence_each() -> None:
    hard = "Reconstructional considerations necessitate multidimensional representations. " * 20
    long = LESSON.replace("Draw *your* digit.", "Draw one. " * (MOST_WORDS_BEFORE // 2)).replace(
        "- one\n", f"- {hard}\n"
    )
    first, second = measure(lesson(long), "en").problems
    assert first.startswith("The reading ease is -")
    count = 20 + MOST_WORDS_BEFORE
    assert (
        second
        == f"There are {count} words before the first thing to do, and may be {MOST_WORDS_BEFORE}; leave some out."
    )
