"""Whatever stands in a lesson's file becomes a harmless lesson or a sentence with its line, at once."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.effort import first_in_make_test
from tests.support.hostile import EDITS, at_once, changed, documents, in_little_memory
from tests.support.lessons import GERMAN, LESSON, library_of
from vae.lessons.format.mistakes import MOST
from vae.lessons.format.rich import TAGS, is_web_link
from vae.lessons.library import Library
from vae.lessons.reading import MOST_BYTES, examine, parse
from vae.lessons.routes import preview
from vae.lessons.translating import translate

MANY = MOST_BYTES - 1000
HEAD, BODY = LESSON.split("\n---\n")
ORIGINAL = parse(LESSON, "lesson.md")
# What a lesson's settings are, as JSON, which is YAML too.
SETTINGS = {
    "title": "What is kept?",
    "minutes": 8,
    "level": "see",
    "question": "What does it draw?",
    "options": [{"text": "A copy", "because": "It stores it."}, {"text": "A digit", "because": "Two numbers."}],
    "answer": 2,
    "steps": [{"do": "Draw *it*.", "link": "Explore?checkpoint=small", "checks": ["dimensions of small = 2"]}],
    "terms": ["KL"],
    "transfer": {"question": "And?", "options": [{"text": "Better"}, {"text": "Worse"}], "answer": 1},
    "references": [{"text": "A paper", "link": "https://example.org"}],
}
MARKUP = st.lists(
    st.sampled_from(["\n", "\n\n", " ", "    ", "\t", "[a]: javascript:x", "{KL of small}", "| a |", "\u202e", "\x00"])
    | st.sampled_from(
        [
            "*",
            "**",
            "_",
            "`",
            "``",
            "[",
            "](",
            ")",
            "!",
            "<",
            ">",
            "<b>",
            "</b>",
            "<!--",
            "-->",
            "<script>",
            "&lt;",
            "&#0;",
            "\\",
            "#",
            "---",
            "```",
            "{",
            "}",
            "a",
            "'",
            '"',
        ]
    )
    | st.sampled_from(
        ["- ", "1. ", "> ", "javascript:alert(1)", "JaVaScRiPt:x", "https://example.org", "data:text/html,x"]
    )
    | st.sampled_from(["//example.org", "&#106;avascript:x", "https://", "http://\\", "vbscript:x"]),
    max_size=30,
).map("".join)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder: Path = tmp_path_factory.mktemp("hostile")
    return library_of(folder)


def harmless(tree: list[Any]) -> None:
    """A tree of known tags, whose links lead into the web."""
    for node in tree:
        if isinstance(node, str):
            continue
        tag, *inside = node
        if tag == "a":
            assert is_web_link(inside[0])
            assert re.match("https?://", inside[0])
            inside = inside[1:]
        else:
            assert tag in TAGS
        harmless(inside)


def used_or_refused(library: Library, text: str) -> None:
    """As the page would answer a text."""
    lines = text.count("\n") + text.count("\r") + 1
    with at_once(text), in_little_memory(text):
        answer = preview(library, text, "en")
    json.dumps(answer, ensure_ascii=False).encode()
    if "problem" in answer:
        assert 1 <= answer["line"] <= lines + 1
        assert len(answer["problem"]) < 600
        assert "\n" not in answer["problem"]
        return
    lesson = answer["lesson"]
    for tree in (lesson["explanation"], *(part for step in lesson["steps"] for part in (step["do"], step["see"]))):
        harmless(tree)
    assert all(re.match("https?://|$", each["link"]) for each in lesson["references"])
    assert all(re.match(r"[A-Z][A-Za-z_]+(\?|$)", step["link"]) for step in lesson["steps"])


@given(edits=EDITS)
def test_a_damaged_file_is_a_lesson_or_refused_in_a_sentence(library: Library, edits: Any) -> None:
    used_or_refused(library, changed(LESSON.encode(), edits).decode(errors="replace"))


@given(settings=documents(SETTINGS))
def test_settings_of_any_kind_are_a_lesson_s_or_refused_in_a_sentence(library: Library, settings: Any) -> None:
    try:
        text = json.dumps(settings)
    except ValueError:  # of a number of more digits than Python prints
        return
    used_or_refused(library, f"---\n{text}\n---\nText.\n")


@example(markup="[a](javascript:alert(1))")
@example(markup="[a](<javascript:alert(1)>)")
@example(markup="[a][b]\n\n[b]: javascript:alert(1)")
@example(markup="<javascript:alert(1)>")
@example(markup="![a](javascript:alert(1))")
@example(markup="[a](https:javascript:alert(1))")
@given(markup=MARKUP)
def test_markup_of_any_kind_becomes_known_elements_or_is_refused(library: Library, markup: str) -> None:
    used_or_refused(library, f"{HEAD}\n---\n{markup}")
    one_line = json.dumps(markup)
    used_or_refused(library, LESSON.replace("It has {dimensions of small} dimensions.", one_line))


@given(edits=EDITS)
def test_a_damaged_translation_is_one_or_refused_in_a_sentence(edits: Any) -> None:
    text = changed(GERMAN.encode(), edits).decode(errors="replace")
    with at_once(text), in_little_memory(text):
        lesson, mistakes = translate(ORIGINAL, text)
    assert (lesson is None) == bool(mistakes)
    assert all("\n" not in each.sentence for each in mistakes)


LONG_MARKUP = [
    "![",
    "_*",
    "[a](",
    "*a ",
    "**a",
    "[",
    "`",
    ">",
    "- ",
    "1. ",
    "<",
    "&amp;",
    "\\",
    "[a]: b\n",
    "{",
    "{KL of small}",
]
LONG_MARKUP += ["- a\n", "a\n", "<!--", "~~~a\n", "<div>\n", "[![a](b)", "\n", " "]
LONG_YAML = [
    f"title: {piece * (MANY // len(piece))}" for piece in ("[", "{", "- ", "? ", "a: ", "&a ", "! ", "a ", "{a")
]
LONG_YAML += [
    piece * (MANY // len(piece)) for piece in ("- ", "? ", "? a\n", "? [a]\n: b\n", "%a b\n", "# a\n", ":", "*a ")
]
LONG_YAML += [f"title: [{piece * (MANY // len(piece))}]" for piece in ("a,", "[a],")]
LONG_YAML += ['title: "' + "\\0" * (MANY // 2) + '"', "title: |\n" + " a\n" * (MANY // 3)]
LONG_YAML += ["\n".join(f"k{i}: v" for i in range(5000)), "".join(f"{' ' * i}k:\n" for i in range(300))]


@pytest.mark.slow
@pytest.mark.parametrize("piece", LONG_MARKUP)
def test_markup_as_long_as_a_file_is_read_at_once(library: Library, piece: str) -> None:
    text = f"{HEAD}\n---\n{piece * ((MANY - len(HEAD)) // len(piece))}"
    with at_once(piece, most=5.0):
        preview(library, text, "en")


@pytest.mark.parametrize("yaml", first_in_make_test(LONG_YAML), ids=lambda text: text[:16])
def test_yaml_as_long_as_a_file_is_refused_at_once(yaml: str) -> None:
    with at_once(yaml[:40], most=5.0):
        lesson, mistakes = examine(f"---\n{yaml}\n---\nx")
    assert lesson is None
    assert 1 <= len(mistakes) <= MOST


@pytest.mark.parametrize("escape", ["\\0", "\\x1b", "\\ud800", "\\u202e", "\\uffff", "\\x7f"])
def test_characters_that_no_text_should_have_are_refused(library: Library, escape: str) -> None:
    answer = preview(library, LESSON.replace("What is kept?", f'"a{escape}b"'), "en")
    assert answer == {"problem": "title of the lesson holds a character that no text should; remove it.", "line": 2}
