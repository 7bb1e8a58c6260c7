"""How hard a lesson is to read: the usual formula of its language, and the words before there is something to do.

All three formulas are Flesch's, fitted anew to each language; the higher, the easier. Flesch calls 60 to 70 plain
English, which thirteen- to fifteen-year-olds read; levels B1 and B2 of a learner are usually put at 60 and above.
Syllables are counted with the patterns for hyphenation that Pyphen brings, which divide no word where two vowels meet,
as in "idea": where one in twenty is missed, a text seems easier by some 6.
"""
# Pyphen is imported where it is used: it is no requirement of the app.

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from vae.lessons.format.facts import PLACEHOLDER
from vae.lessons.format.rich import Rich, plain, texts
from vae.lessons.reading import LessonFile, Question

LEAST_EASE = 60.0  # of the text as a whole
MOST_WORDS_BEFORE = 120
PATTERNS = {"en": "en_US", "de": "de_DE", "es": "es"}
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|[:;](?=\s)")


@dataclass(frozen=True)
class Reading:
    """What was counted. ease: by the language's formula; before: words before the first thing to do, that included."""

    ease: float
    words: int
    sentences: int
    syllables: int
    before: int

    @property
    def problems(self) -> list[str]:
        """Why it is too hard, one sentence each."""
        found = []
        if self.ease < LEAST_EASE:
            length, syllables = self.words / self.sentences, self.syllables / self.words
            per = f"{length:.1f} words a sentence, {syllables:.2f} syllables a word"
            found.append(
                f"The reading ease is {self.ease:.0f}, not at least {LEAST_EASE:.0f} ({per}); use shorter ones."
            )
        if self.before > MOST_WORDS_BEFORE:
            before = f"{self.before} words before the first thing to do"
            found.append(f"There are {before}, and may be {MOST_WORDS_BEFORE}; leave some out.")
        return found


def measure(lesson: LessonFile, language: str) -> Reading:
    """How hard a lesson is to read. Raises ValueError for a language without a formula."""
    if language not in PATTERNS:
        raise ValueError(f"There is no measure for the language {language!r}, only for {', '.join(PATTERNS)}.")
    sentences = [sentence for part in [*_before(lesson), *_after(lesson)] for sentence in _sentences(part)]
    words = [word for sentence in sentences for word in sentence]
    count = sum(syllables(word, language) for word in words)
    ease = reading_ease(len(words), len(sentences), count, language)
    before = sum(len(sentence) for part in _before(lesson) for sentence in _sentences(part))
    return Reading(ease, len(words), len(sentences), count, before)


def reading_ease(words: int, sentences: int, count: int, language: str) -> float:
    """The ease of a text with so many words, sentences and syllables.

    Sources: Flesch 1948, "A new readability yardstick", for English; Amstad 1978, "Wie verständlich sind unsere
    Zeitungen?", for German; Fernández Huerta 1959, "Medidas sencillas de lecturabilidad", for Spanish.
    """
    length, per_word = words / max(1, sentences), count / max(1, words)
    match language:
        case "de":
            return 180.0 - length - 58.5 * per_word
        case "es":
            return 206.84 - 1.02 * length - 60.0 * per_word
    return 206.835 - 1.015 * length - 84.6 * per_word


def syllables(word: str, language: str) -> int:
    """How many syllables a word has; a number counts as one, as its length says nothing of how hard it is."""
    if not word[0].isalpha():
        return 1
    return sum(len(_patterns(language).positions(part.lower())) + 1 for part in re.split(r"[-.,]", word) if part)


def _sentences(text: str) -> Iterator[list[str]]:
    """The words of each sentence of a text; a fact counts as a number."""
    for sentence in _SENTENCE_END.split(PLACEHOLDER.sub("7", text)):
        if words := _WORD.findall(sentence):
            yield words


def _before(lesson: LessonFile) -> list[str]:
    """What is read before the prediction, and the first thing to do in the experiment."""
    return [lesson.title, *_question(lesson.question), *(plain(step.do) for step in lesson.steps[:1])]


def _after(lesson: LessonFile) -> list[str]:
    steps = [plain(text) for step in lesson.steps for text in (step.do, step.see)][1:]
    transfer = [] if lesson.transfer is None else _question(lesson.transfer)
    return [*steps, *_blocks(lesson.explanation), *transfer]


def _question(question: Question) -> list[str]:
    return [question.text, *(text for option in question.options for text in (option.text, option.because))]


def _blocks(tree: Rich) -> Iterator[str]:
    """Each paragraph and each item of a list."""
    for node in tree:
        if isinstance(node, str):
            yield node
        elif node[0] in ("ul", "ol"):
            yield from ("".join(texts([item])) for item in node[1:])
        else:
            yield plain([node])


@cache
def _patterns(language: str) -> "_Patterns":
    return _Patterns(language)


class _Patterns:
    """The places where a word may be divided."""

    def __init__(self, language: str) -> None:
        try:
            from pyphen import Pyphen
        except ImportError:
            raise ValueError("Counting syllables needs Pyphen: run pip install -r requirements-dev.txt.") from None
        self._pyphen = Pyphen(lang=PATTERNS[language], left=1, right=1)

    def positions(self, word: str) -> list[int]:
        """Of a word's divisions, in letters from its beginning."""
        return list(map(int, self._pyphen.positions(word)))
