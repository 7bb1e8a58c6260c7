"""The dictionaries: each text of the scripts has its translations, with the same places for values."""

import json
import re

import pytest

from vae.views.shared import words as dictionaries
from vae.views.shared.pages import VIEWS
from vae.views.shared.scripts import FRONTEND
from vae.views.shared.words import ENGLISH, LANGUAGES, WORDS, known_language, preferred, translated, words

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
TEXT = re.compile(r"""(?<![\w.$])t\(\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
TAGGED = re.compile(r"(?<![\w.$])t`")
PLACE = re.compile(r"\{\d\}")
LOOKED_UP = re.compile(r"(?<![\w.$])t\(\s*(?![\"'`)\s])")  # t(variable): no test could find its text


def keys_of(script: str) -> set[str]:
    """The keys of a script's texts: t("…") as they are, t`…` with {0}, {1}, … for the values."""
    plain = {
        json.loads(found) if found[0] == '"' else found[1:-1].replace("\\'", "'") for found in TEXT.findall(script)
    }
    return plain | {_tagged(script, found.end()) for found in TAGGED.finditer(script)}


def _tagged(script: str, start: int) -> str:
    """The key of the template that starts here; a value may contain templates itself."""
    key, at, value = "", start, 0
    while script[at] != "`":
        if script.startswith("${", at):
            at = _end_of_value(script, at + 2)
            key += f"{{{value}}}"
            value += 1
        elif script[at] == "\\":
            long = script[at + 1] == "u"  # \\u00a0
            key += chr(int(script[at + 2 : at + 6], 16)) if long else {"n": "\n"}.get(script[at + 1], script[at + 1])
            at += 6 if long else 2
        else:
            key += script[at]
            at += 1
    return key


def _end_of_value(script: str, at: int) -> int:
    """Behind the brace that ends a value."""
    while script[at] != "}":
        if script[at] == "{":
            at = _end_of_value(script, at + 1)
        elif script[at] in "\"'":
            quote, at = script[at], at + 1
            while script[at] != quote:
                at += 2 if script[at] == "\\" else 1
            at += 1
        elif script[at] == "`":
            at += 1
            while script[at] != "`":
                at = _end_of_value(script, at + 2) if script.startswith("${", at) else at + 1
            at += 1
        else:
            at += 1
    return at + 1


def without_comments(script: str) -> str:
    return re.sub(r"^\s*(?:/?\*.*|//.*)$", "", script, flags=re.MULTILINE)


SCRIPTS = {path: without_comments(path.read_text("utf-8")) for path in sorted(FRONTEND.rglob("*.js"))}
KEYS = {key for script in SCRIPTS.values() for key in keys_of(script)}


def test_every_way_to_write_a_text_is_found() -> None:
    script = """t("a \\"b\\" c"); at("no"); x.t("no");
    t`${n} of ${f({ a: "}" })} \\` ${n === 1 ? t("one") : t`${`x${m}`} many`}`;
    t(
      "long", 1);"""
    assert keys_of(script) == {'a "b" c', "{0} of {1} ` {2}", "one", "{0} many", "long"}


def test_no_script_asks_for_a_text_that_is_not_in_it() -> None:
    asking = {path.name for path, script in SCRIPTS.items() if LOOKED_UP.search(script) and path.name != "words.js"}
    assert not asking, "t takes a text itself; translate takes what the server says"


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_scripts_is_translated_and_none_is_left_over(language: str) -> None:
    texts = json.loads((WORDS / f"{language}.json").read_text("utf-8"))
    assert not KEYS - texts.keys(), f"words/{language}.json lacks these"
    assert not texts.keys() - KEYS, f"no script has these, which words/{language}.json translates"


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("part", ["texts", "sentences"])
def test_a_translation_has_the_places_of_its_text(language: str, part: str) -> None:
    found = words(language)
    assert found
    wrong = [key for key, value in found[part].items() if set(PLACE.findall(key)) != set(PLACE.findall(value))]
    assert not wrong


@pytest.mark.parametrize("part", ["texts", "sentences"])
def test_the_languages_translate_the_same_texts(part: str) -> None:
    first, *others = ((words(language) or {})[part].keys() for language in OTHERS)
    assert all(other == first for other in others)


def test_english_has_no_dictionary_and_an_unknown_language_is_english() -> None:
    assert words(ENGLISH) is None
    assert [known_language(code) for code in ("de", "xx", "../de", "", None)] == [
        "de",
        ENGLISH,
        ENGLISH,
        ENGLISH,
        ENGLISH,
    ]
    assert translated("Explore", ENGLISH) == translated("Explore", "xx" if "xx" in LANGUAGES else ENGLISH) == "Explore"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-CH, en;q=0.5", "de"),
        ("fr, es-MX;q=0.8, en;q=0.2", "es"),
        ("en-US,de", ENGLISH),
        ("fr", ENGLISH),
        ("", ENGLISH),
    ],
)
def test_a_browser_gets_the_first_language_that_both_know(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_every_view_s_title_and_question_are_translated() -> None:
    for language in OTHERS:
        known = (words(language) or {})["sentences"]
        assert {text for view in VIEWS for text in (view.title, view.question)} <= known.keys()
    assert dictionaries.translated("Explore", "de") == "Erkunden"
