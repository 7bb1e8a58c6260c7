"""A lesson's texts in another language: what comes of them, and one sentence with its line for each mistake."""

import pytest

from tests.support.lessons import GERMAN, LESSON
from vae.lessons.reading import LessonFile, parse
from vae.lessons.translating import translate


@pytest.fixture(scope="module")
def original() -> LessonFile:
    return parse(LESSON, "lesson.md")


def test_texts_are_the_translation_s_and_settings_the_original_s(original: LessonFile) -> None:
    lesson, mistakes = translate(original, GERMAN)
    assert mistakes == []
    assert lesson is not None
    assert (lesson.title, lesson.minutes, lesson.question.answer) == ("Was bleibt?", 8, 1)
    assert [option.because for option in lesson.question.options] == ["Es speichert sie.", "Zwei Zahlen sagen wenig."]
    assert lesson.steps[0].do == ["Zeichne ", ["em", "deine"], " Ziffer."]
    assert lesson.steps[0].checks == original.steps[0].checks
    assert lesson.transfer is not None
    assert lesson.transfer.answer is None
    assert lesson.explanation == [["p", "Nur ", ["strong", "zwei Zahlen"], " kommen durch."]]


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        (
            "  - text: Eine Kopie\n    because: Es speichert sie.\n",
            "",
            4,
            "There are 1 options here and 2 in lesson.md",
        ),
        ("steps:\n", "steps:\n  - do: Eins\n    see: Zwei\n", 9, "There are 2 steps here and 1 in lesson.md"),
        ("    because: Es speichert sie.\n", "", 5, "This option needs a because, as in lesson.md"),
        ("{text: Schlechter}", "{text: S, because: x}", 14, "This option may have no because, as in lesson.md"),
        ("    see: Es hat {dimensions of small} Dimensionen.\n", "", 10, "Step 1 has no see"),
        (
            "title: Was bleibt?",
            "title: Was bleibt?\nminutes: 9",
            3,
            "minutes is a setting of lesson.md alone; remove it.",
        ),
        ("    see:", "    link: Explore\n    see:", 11, "There is no 'link' in step 1"),
        ("{dimensions of small}", "{KL of small}", 11, "This names KL of small, which lesson.md does not"),
        ("Nur **zwei", "# Nur **zwei", 16, "may not have a heading"),
        ("Nur **zwei Zahlen** kommen durch.\n", "", 16, "There is no explanation"),
        ("transfer:", "transport:", 12, "There is no 'transport' in the lesson; did you mean 'transfer'?"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(
    original: LessonFile, old: str, new: str, line: int, sentence: str
) -> None:
    lesson, mistakes = translate(original, GERMAN.replace(old, new, 1))
    assert lesson is None
    assert any(each.line == line and sentence in each.sentence for each in mistakes), mistakes
