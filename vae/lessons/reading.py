"""The text of a lesson's file as a lesson, or every mistake in it.

A file is settings between two lines of ---, then the explanation:

    ---
    title: What survives two numbers?
    minutes: 8
    level: see                    of LEVELS
    order: 1                      among the shipped lessons; optional
    language: de                  of the texts, two letters; English without it
    question: What does the model draw?
    options: [{text, because}]    2 to 6
    answer: 3                     the right option, counted from 1, or: the class finds out
    steps: [{do, link, see, checks}]     1 to 8; see and checks are optional
    terms: [KL]                   of vae.views.shared.terms, explained with the lesson; optional
    transfer: {question, options: [{text, because}], answer}     optional
    references: [{text, link}]    optional
    ---
    The explanation in Markdown.

Texts may have {facts}: see vae.lessons.format.facts.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from vae.lessons.format.facts import PLACEHOLDER, Check, Fact, parse_check, parse_fact
from vae.lessons.format.links import StepLink, parse_link
from vae.lessons.format.mistakes import LessonError, Mistake, Mistakes
from vae.lessons.format.nodes import Fields, Text, compose, is_strange
from vae.lessons.format.rich import Rich, blocks, inline, is_web_link
from vae.views.shared.terms.catalogue import TERMS

MOST_BYTES = 2**16
LEVELS = ("see", "measure", "mathematics")
LANGUAGE = re.compile("[a-z]{2}")
OPEN = "the class finds out"
MOST_OPTIONS, MOST_STEPS, MOST_CHECKS, MOST_TERMS, MOST_REFERENCES = 6, 8, 8, 12, 12
LONGEST = {"title": 90, "question": 300, "option": 200, "because": 300, "do": 600, "see": 900, "reference": 300}
MOST_FACTS = 100


@dataclass(frozen=True)
class Option:
    """A prediction that can be chosen. because: why somebody would choose it; "" where that is not said."""

    text: str
    because: str


@dataclass(frozen=True)
class Step:
    """What to do in the experiment, where, and what is to be seen then. line: of its link."""

    do: Rich
    link: StepLink
    see: Rich
    checks: tuple[Check, ...]
    line: int


@dataclass(frozen=True)
class Question:
    """A question with options. answer: the right one, counted from 0; None where it is open."""

    text: str
    options: tuple[Option, ...]
    answer: int | None


@dataclass(frozen=True)
class Reference:
    """What to read. link: "" where there is none."""

    text: str
    link: str


@dataclass(frozen=True)
class LessonFile:
    """A lesson as its file has it, facts still by their names.

    order: among the shipped lessons; None for any other. language: of the texts; "" where the file does not say.
    facts: each that a text or a check names, with its line.
    """

    title: str
    minutes: int
    level: str
    order: int | None
    language: str
    question: Question
    steps: tuple[Step, ...]
    explanation: Rich
    terms: tuple[str, ...]
    transfer: Question | None
    references: tuple[Reference, ...]
    facts: tuple[tuple[Fact, int], ...]


def parse(text: str, where: str) -> LessonFile:
    """The lesson of a file's text. where: the file, as an error names it. Raises LessonError for the first mistake."""
    lesson, mistakes = examine(text)
    if lesson is None:
        raise LessonError(where, mistakes[0])
    return lesson


def examine(text: str) -> tuple[LessonFile | None, list[Mistake]]:
    """The lesson of a file's text, or None and every mistake in it, by line."""
    mistakes = Mistakes()
    lesson = Reader(mistakes).lesson(text)
    found = sorted(set(mistakes.found))
    return (None if found else lesson), found


@dataclass(frozen=True)
class Parts:
    """A file's text in two. line: where the explanation begins; the settings begin in line 2."""

    settings: str
    body: str
    line: int


def split(text: str, mistakes: Mistakes) -> Parts | None:
    """The two parts of a file. None, with a mistake, where it is too long or has no settings."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if (size := len(text.encode("utf-8", "surrogatepass"))) > MOST_BYTES:
        mistakes.add(1, f"A lesson may have {MOST_BYTES // 1024} KiB, not {size // 1024}; shorten it.")
        return None
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines) if number and line.rstrip() == "---"]
    if lines[0].rstrip() != "---" or not ends:
        mistakes.add(1, "A lesson begins with its settings between two lines of ---; add them.")
        return None
    return Parts("\n".join(lines[1 : ends[0]]), "\n".join(lines[ends[0] + 1 :]), ends[0] + 2)


class Reader:
    """Takes the parts of one file, noting facts and mistakes."""

    def __init__(self, mistakes: Mistakes) -> None:
        self.mistakes = mistakes
        self.facts: list[tuple[Fact, int]] = []

    def lesson(self, text: str) -> LessonFile | None:
        """The lesson; None where the file has no settings at all."""
        opened = self.open(text)
        if opened is None:
            return None
        parts, fields = opened
        found = LessonFile(
            fields.text("title", LONGEST["title"]).text,
            fields.whole("minutes", 1, 60) or 1,
            fields.choice("level", LEVELS),
            fields.whole("order", 1, 999, needed=False),
            self._language(fields),
            self._question(fields),
            tuple(map(self._step, fields.parts("steps", "step", 1, MOST_STEPS))),
            self.body(parts),
            tuple(map(self._term, fields.texts("terms", MOST_TERMS, 60))),
            self._transfer(fields),
            tuple(map(self._reference, fields.parts("references", "reference", 0, MOST_REFERENCES, needed=False))),
            tuple(self.facts),
        )
        fields.done()
        return found

    def open(self, text: str) -> tuple[Parts, Fields] | None:
        """The file's two parts, and the settings by their keys; None where it has no settings."""
        parts = split(text, self.mistakes)
        node = parts and compose(parts.settings, 2, self.mistakes)
        if parts is None or (node is None and self.mistakes.found):
            return None
        return parts, Fields(node, "the lesson", 2, self.mistakes)

    def _language(self, fields: Fields) -> str:
        text = fields.text("language", 40, needed=False).text
        if text and not LANGUAGE.fullmatch(text):
            fields.refuse("language", "two letters, such as de", text)
        return text

    def _question(self, fields: Fields) -> Question:
        text = self.told(fields.text("question", LONGEST["question"]))
        options = tuple(map(self.option, fields.parts("options", "option", 2, MOST_OPTIONS)))
        texts = [option.text for option in options]
        if len(set(texts)) < len(texts):
            self.mistakes.add(fields.line_of("options"), "Two options have the same text; change one of them.")
        return Question(text, options, self._answer(fields, len(options)))

    def option(self, fields: Fields) -> Option:
        """One option of a question."""
        option = Option(
            self.told(fields.text("text", LONGEST["option"])),
            self.told(fields.text("because", LONGEST["because"], needed=False)),
        )
        fields.done()
        return option

    def _answer(self, fields: Fields, options: int) -> int | None:
        text = fields.text("answer", 40).text
        if not text or text == OPEN:
            return None
        if text.isascii() and text.isdigit() and 1 <= int(text) <= options:
            return int(text) - 1
        fields.refuse("answer", f"the number of an option, 1 to {options}, or “{OPEN}”", text)
        return None

    def _step(self, fields: Fields) -> Step:
        step = Step(
            self.rich(fields.text("do", LONGEST["do"])),
            self._link(fields.text("link", 5000)),
            self.rich(fields.text("see", LONGEST["see"], needed=False)),
            tuple(filter(None, map(self._check, fields.texts("checks", MOST_CHECKS, 300)))),
            fields.line_of("link"),
        )
        fields.done()
        return step

    def _link(self, text: Text) -> StepLink:
        try:
            link = parse_link(text.text) if text.text else StepLink("", "", "", ())
        except ValueError as error:
            self.mistakes.add(text.line, str(error))
            return StepLink("", "", "", ())
        return link

    def _check(self, text: Text) -> Check | None:
        try:
            check = parse_check(text.text, text.line)
        except ValueError as error:
            self.mistakes.add(text.line, str(error))
            return None
        for fact in check.facts:
            self.name(fact, text.line)
        return check

    def _term(self, text: Text) -> str:
        if text.text and text.text not in TERMS:
            near = get_close_matches(text.text, TERMS, 1, 0.4)
            remedy = f"did you mean {near[0]!r}?" if near else "choose one of those that a “?” explains."
            self.mistakes.add(text.line, f"There is no term {text.text!r}; {remedy}")
        return text.text

    def _transfer(self, fields: Fields) -> Question | None:
        part = fields.part("transfer", "the transfer")
        if part is None:
            return None
        question = self._question(part)
        part.done()
        return question

    def _reference(self, fields: Fields) -> Reference:
        found = Reference(fields.text("text", LONGEST["reference"]).text, fields.text("link", 2000, needed=False).text)
        if found.link and not is_web_link(found.link):
            fields.refuse("link", "an address that begins with https:// or http://", found.link)
        fields.done()
        return found

    def body(self, parts: Parts) -> Rich:
        """The explanation."""
        tree = blocks(parts.body, parts.line, self.mistakes)
        if not tree:
            self.mistakes.add(parts.line, "There is no explanation; write it below the second line of ---.")
        for number, line in enumerate(parts.body.split("\n"), parts.line):
            self.told(Text(line, number))
            if is_strange(line):
                self.mistakes.add(number, "The explanation holds a character that no text should; remove it.")
        return tree

    def rich(self, text: Text) -> Rich:
        """The tree of a text of one paragraph; its facts are noted."""
        self.told(text)
        return inline(text.text, text.line, self.mistakes)

    def told(self, text: Text) -> str:
        """The text; its facts are noted."""
        for name in PLACEHOLDER.findall(text.text):
            try:
                self.name(parse_fact(name), text.line)
            except ValueError as error:
                self.mistakes.add(text.line, str(error))
        return text.text

    def name(self, fact: Fact, line: int) -> None:
        """Notes a fact that the file names."""
        if len(self.facts) == MOST_FACTS:
            self.mistakes.add(line, f"A lesson may name {MOST_FACTS} facts; leave some out.")
        self.facts.append((fact, line))
