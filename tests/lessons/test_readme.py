"""The README's example of a lesson is one, and tells the truth."""

import re

from tests.support.pages import ROOT
from vae.lessons.checking import untruths
from vae.lessons.format.facts import KINDS, parse_fact
from vae.lessons.measured.values import Values
from vae.lessons.reading import parse
from vae.storage.checkpoints import list_checkpoints

TEXT = (ROOT / "README.md").read_text("utf-8")


def test_the_example_of_a_lesson_is_one_and_all_of_it_is_so() -> None:
    example = re.search(r"```\n(---\ntitle: .*?\n)```", TEXT, re.DOTALL)
    assert example is not None
    lesson = parse(example[1], "README.md")
    assert untruths(lesson, Values(lambda: list_checkpoints(ROOT / "checkpoints"))) == []


def test_the_table_of_facts_has_every_kind_and_nothing_else() -> None:
    table = TEXT[TEXT.index("| of | facts |") : TEXT.index("The page shows a preview while you write")]
    assert {parse_fact(f"{name} of small").kind for name in re.findall(r"`([^`]+)`", table)} == set(KINDS)
