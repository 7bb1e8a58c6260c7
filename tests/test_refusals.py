"""What Python says to a page without Streamlit has its translations: refusals, and why something did not work."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae.server.wire import OriginPolicy
from vae.views.shared.words import ENGLISH, LANGUAGES, words

PACKAGE = Path(__file__).parents[1] / "vae"
OTHERS = [code for code in LANGUAGES if code != ENGLISH]
# What these say is read by who writes a program or runs the app, on a page in English or in its log.
NOT_FOR_PAGES = {
    "classroom/messages/checks.py",
    "classroom/messages/reading.py",
    "classroom/rehearsal/rehearsals.py",
    "lab/html.py",
    "lab/packing.py",
    "lab/workers.py",
    "server/health.py",
    "server/live/decode_frames.py",
    "server/live/prometheus.py",
}
FILES = [
    path
    for folder in ("classroom", "lab", "server")
    for path in sorted((PACKAGE / folder).rglob("*.py"))
    if path.relative_to(PACKAGE).as_posix() not in NOT_FOR_PAGES
] + [PACKAGE / "lessons" / name for name in ("routes.py", "library.py")]
# By their beginnings: what a teacher is told on the Class page, and who runs the app or writes a program.
IN_ENGLISH = (
    "Training needs",
    "A run takes up to",
    "A class has at most",
    "A question has",
    "The right answer",
    "The second round is on;",
    "This question has no right answer",
    "There is no question;",
    "The class has no lesson;",
    "This lesson has",
    "A lesson is named or written",
    "A lesson has at most",
    "This app has {0} classes",
    "Too many classes were opened",
    "The class has {0} links",
    "The mode is",
    "The parameters of a page",
    "At most {0} pieces",
    "A drawing is waiting",
    "Only an approved drawing",
    "What a student sees",
    "This student shows nothing",
    "The classes' file",
    "Another app has the classes",
    "Another app is replica",
    "VAE_REPLICA is",
    "There are {0} replicas",
    "Classes cannot be kept",
    "Send text frames",
    "A file has no other data sets.",
    "A model alone has no other.",
    "{0}: could not be written",
    "{0} must be a",
    "The body must be JSON",
    "A text frame must be JSON",
    "This server speaks version",
    "Choose a model first:",
    "Ask for ",
    "The upload is empty;",
    "Another piece of this upload",
    "A piece ",
    "A lesson may have",
    "This is no file;",
    "The file ",
    "{0}, line {1}:",
)


def text_of(node: ast.AST) -> str | None:
    """A text as a dictionary has it, {0}, {1}, … for its values; None for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("{}", "{0}")
    if not isinstance(node, ast.JoinedStr):
        return None
    text, values = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            text += f"{{{values}}}"
            values += 1
    return text


def sentences_of(script: str) -> Iterator[str]:
    """Every text that is a sentence, but for docstrings and pieces of other texts."""
    tree = ast.parse(script)
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        whole = isinstance(node, ast.JoinedStr) or id(node) not in parts
        if whole and id(node) not in alone and (text := text_of(node)) and is_sentence(text):
            yield text


def is_sentence(text: str) -> bool:
    return re.match(r"[A-Z{“]", text) is not None and " " in text and re.search(r"\.$|: \{\d\}$", text) is not None


SENTENCES = {sentence for path in FILES for sentence in sentences_of(path.read_text("utf-8"))}


def test_every_sentence_is_found_and_nothing_else() -> None:
    script = '''"""This is a docstring."""
def f(n):
    """Gives nothing."""
    log("no sentence", "One.", FAILED.format("x"))
    raise ValueError(f"There are {n:,} of {f('Two. ')}; take fewer.") or f"It failed: {n}"
FAILED = "The app could not do this ({}); try again."
'''
    expected = {"There are {0} of {1}; take fewer.", "It failed: {0}", "The app could not do this ({0}); try again."}
    assert set(sentences_of(script)) == expected


@pytest.mark.parametrize("language", OTHERS)
def test_what_pages_are_told_is_translated(language: str) -> None:
    known = (words(language) or {})["sentences"]
    missing = {each for each in SENTENCES - known.keys() if not each.startswith(IN_ENGLISH)}
    assert not missing, f"frontend/words/server.{language}.json lacks these"


def test_no_exception_is_left_over() -> None:
    unused = {beginning for beginning in IN_ENGLISH if not any(each.startswith(beginning) for each in SENTENCES)}
    assert not unused


@pytest.mark.parametrize("language", OTHERS)
def test_what_a_page_may_not_do_is_translated_too(language: str) -> None:
    known = (words(language) or {})["sentences"]
    scripts = [path.read_text("utf-8") for path in FILES]
    named = [json.loads(each) for script in scripts for each in re.findall(r'OriginPolicy\(\w+, (".*?")\)', script)]
    named += [json.loads(each) for script in scripts for each in re.findall(r'Admission\(.*, (".*?")[,)]', script)]
    assert len(named) >= 15
    assert not set(named) - known.keys()
    assert "({0})" in known[OriginPolicy(lambda *_: True, "{0}").sentence]
