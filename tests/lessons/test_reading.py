"""Reading a lesson's file: what comes out of it, and one sentence with its line for each mistake."""

import pytest

from vae.lessons.format.mistakes import LessonError
from vae.lessons.reading import MOST_BYTES, examine, parse

WHOLE = """---
title: What is kept?
minutes: 8
level: see
question: What does the model draw?
options:
  - text: A copy
    because: It stores it.
  - text: A typical digit
    because: Two numbers say little.
answer: 2
steps:
  - do: Draw *your* digit.
    link: Reconstruction?checkpoint=mnist-z2&image=3
    see: It costs {reconstruction of mnist-z2} nats.
    checks:
      - reconstruction of mnist-z2 = 132.6 ± 0.1
terms: [KL]
transfer:
  question: And with ten?
  options: [{text: Better, because: More room.}, {text: Worse}]
  answer: the class finds out
references:
  - text: A paper
    link: https://example.org/paper
---
Only **two numbers** pass. See [the paper](https://example.org).

- one
- two
"""


def mistakes_of(text: str) -> list[tuple[int, str]]:
    lesson, found = examine(text)
    assert (lesson is None) == bool(found)
    return [(mistake.line, mistake.sentence) for mistake in found]


def test_a_lesson_has_all_that_its_file_says() -> None:
    lesson = parse(WHOLE, "lesson.md")
    assert (lesson.title, lesson.minutes, lesson.level, lesson.order) == ("What is kept?", 8, "see", None)
    assert [option.text for option in lesson.question.options] == ["A copy", "A typical digit"]
    assert lesson.question.answer == 1
    (step,) = lesson.steps
    assert step.do == ["Draw ", ["em", "your"], " digit."]
    assert (step.link.page, step.link.checkpoint) == ("Reconstruction", "mnist-z2")
    assert [check.text for check in step.checks] == ["reconstruction of mnist-z2 = 132.6 ± 0.1"]
    assert lesson.transfer is not None
    assert lesson.transfer.answer is None
    assert [(fact.kind, fact.checkpoint, line) for fact, line in lesson.facts] == [
        ("reconstruction", "mnist-z2", 15),
        ("reconstruction", "mnist-z2", 17),
    ]
    assert lesson.explanation == [
        ["p", "Only ", ["strong", "two numbers"], " pass. See ", ["a", "https://example.org", "the paper"], "."],
        ["ul", ["li", "one"], ["li", "two"]],
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("title:", "titel:", 2, "There is no 'titel' in the lesson; did you mean 'title'?"),
        ("minutes: 8", "minutes: 0", 3, "minutes of the lesson must be a whole number from 1 to 60, not '0'."),
        ("level: see", "level: look", 4, "level of the lesson must be see, measure or mathematics, not 'look'."),
        (
            "level: see",
            "level: see\nlanguage: German",
            5,
            "language of the lesson must be two letters, such as de, not 'German'.",
        ),
        ("because: It stores it.", "why: It", 8, "There is no 'why' in option 1; its keys are text, because."),
        ("A typical digit", "A copy", 6, "Two options have the same text; change one of them."),
        ("answer: 2", "answer: 3", 11, "the number of an option, 1 to 2, or “the class finds out”, not '3'."),
        ("Reconstruction?", "Rekonstruktion?", 14, "There is no page 'Rekonstruktion'"),
        ("mnist-z2&image=3", "mnist-z2&image=3&image=4", 14, "The link says 'image' twice"),
        ("{reconstruction of mnist-z2}", "{beauty of mnist-z2}", 15, "There is no fact 'beauty'"),
        ("{reconstruction of mnist-z2}", "{reconstruction}", 15, "'reconstruction' is no fact"),
        ("= 132.6 ± 0.1", "is 132.6", 17, "is no assertion"),
        ("= 132.6 ± 0.1", "= many", 17, "'many' is no number"),
        ("[KL]", "[reconstruction]", 18, "There is no term 'reconstruction'; did you mean 'reconstruction error'?"),
        ("[KL]", "[QQQQ]", 18, "There is no term 'QQQQ'; choose one of those that a “?” explains."),
        ("https://example.org/paper", "javascript:alert(1)", 25, "an address that begins with https:// or http://"),
        ("Only **two", "# Only **two", 27, "may not have a heading"),
        ("Only **two", "<b>Only</b> **two", 27, "may not have HTML"),
        ("https://example.org)", "javascript:alert(1))", 27, "A link must begin with https:// or http://"),
        ("- two", "- ![two](https://example.org/x.png)", 30, "may not have a picture"),
        ("- two", "- {KL of dimension x of mnist-z2}", 30, "There is no fact 'KL of dimension x'"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(old: str, new: str, line: int, sentence: str) -> None:
    found = mistakes_of(WHOLE.replace(old, new, 1))
    assert any(at == line and sentence in told for at, told in found), found
    assert all(told.count("\n") == 0 and told.endswith((".", "?")) for _, told in found)


def test_every_mistake_of_a_file_is_found_at_once() -> None:
    found = mistakes_of(WHOLE.replace("minutes: 8", "minutes: x").replace("answer: 2", "answer: x"))
    assert [line for line, _ in found] == [3, 11]


def test_the_first_mistake_is_raised_with_the_file_s_name() -> None:
    with pytest.raises(LessonError, match=r"^own/lesson\.md, line 3: minutes of the lesson must be"):
        parse(WHOLE.replace("minutes: 8", "minutes: x"), "own/lesson.md")


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "A lesson begins with its settings between two lines of ---"),
        ("---\ntitle: x\n", 1, "A lesson begins with its settings between two lines of ---"),
        ("---\n- a\n- b\n---\nx", 2, "The lesson must be keys with values"),
        (
            "---\ntitle: a: b\n---\nx",
            2,
            "a text with a colon, or one that begins with a brace or a bracket, must be in quotes.",
        ),
        ("---\ntitle: x\n\tminutes: 3\n---\nx", 3, "indent with spaces, not with tabs"),
        ("---\ntitle: &a x\nquestion: *a\n---\nx", 3, "aliases are not allowed"),
        ("---\ntitle: x\ntitle: y\n---\nx", 3, "'title' stands twice in the lesson"),
        (f"---\ntitle: {'[' * 99}\n---\nx", 2, "nested more than 6 deep"),
        ("---\ntitle: a\x07b\n---\nx", 2, "a character that no text should"),
        (f"---\n---\n{'x' * MOST_BYTES}", 1, "A lesson may have 64 KiB, not 64; shorten it."),
    ],
)
def test_what_is_no_lesson_is_refused_in_one_sentence(text: str, line: int, sentence: str) -> None:
    assert any(at == line and sentence in told for at, told in mistakes_of(text)), mistakes_of(text)


def test_line_ends_of_windows_and_a_byte_order_mark_change_nothing() -> None:
    assert parse("\ufeff" + WHOLE.replace("\n", "\r\n"), "lesson.md") == parse(WHOLE, "lesson.md")


def test_a_lesson_without_an_explanation_says_where_to_write_it() -> None:
    assert mistakes_of(WHOLE[: WHOLE.index("Only")]) == [
        (27, "There is no explanation; write it below the second line of ---.")
    ]
