"""A lesson's texts in another language, put in their places.

A translation lies beside lesson.md as lesson.de.md. It has the same keys with the same number of options, steps and
references, but only texts: links, answers, checks, minutes and the like are those of lesson.md.
"""

from dataclasses import replace

from vae.lessons.format.mistakes import Mistake, Mistakes
from vae.lessons.format.nodes import Fields
from vae.lessons.format.rich import Rich
from vae.lessons.reading import LONGEST, LessonFile, Option, Question, Reader, Reference, Step

SETTINGS = ("minutes", "level", "order", "language", "answer", "terms")


def translate(lesson: LessonFile, text: str) -> tuple[LessonFile | None, list[Mistake]]:
    """The lesson with the texts of a translation, or None and every mistake in it, by line.

    The facts are then those that the translation names; they are among the lesson's own.
    """
    mistakes = Mistakes()
    translated = _Translator(lesson, Reader(mistakes)).lesson(text)
    found = sorted(set(mistakes.found))
    return (None if found else translated), found


class _Translator:
    """Reads one translation of one lesson."""

    def __init__(self, original: LessonFile, reader: Reader) -> None:
        self._original, self._reader = original, reader

    def lesson(self, text: str) -> LessonFile | None:
        """The lesson; None where the translation has no settings at all."""
        opened = self._reader.open(text)
        if opened is None:
            return None
        (parts, fields), original = opened, self._original
        found = replace(
            original,
            title=fields.text("title", LONGEST["title"]).text,
            question=self._question(fields, original.question),
            steps=tuple(
                self._step(part, step)
                for part, step in zip(
                    self._parts(fields, "steps", "step", len(original.steps)), original.steps, strict=False
                )
            ),
            explanation=self._reader.body(parts),
            transfer=self._transfer(fields),
            references=self._references(fields),
        )
        self._refuse_settings(fields)
        fields.done()
        self._compare_facts()
        return replace(found, facts=tuple(self._reader.facts))

    def _question(self, fields: Fields, original: Question) -> Question:
        text = self._reader.told(fields.text("question", LONGEST["question"]))
        parts = self._parts(fields, "options", "option", len(original.options))
        options = tuple(self._option(part, option) for part, option in zip(parts, original.options, strict=False))
        if len({option.text for option in options}) < len(options):
            self._reader.mistakes.add(fields.line_of("options"), "Two options have the same text; change one of them.")
        return Question(text, options, original.answer)

    def _option(self, fields: Fields, original: Option) -> Option:
        option = self._reader.option(fields)
        if bool(option.because) != bool(original.because):
            expected = "needs a because" if original.because else "may have no because"
            self._reader.mistakes.add(fields.line, f"This option {expected}, as in lesson.md; change it.")
        return option

    def _step(self, fields: Fields, original: Step) -> Step:
        do = self._reader.rich(fields.text("do", LONGEST["do"]))
        see: Rich = []
        if original.see:
            see = self._reader.rich(fields.text("see", LONGEST["see"]))
        fields.done()
        return replace(original, do=do, see=see)

    def _transfer(self, fields: Fields) -> Question | None:
        original = self._original.transfer
        if original is None:
            return None
        part = fields.part("transfer", "the transfer")
        if part is None:
            self._reader.mistakes.add(fields.line, "The translation has no transfer, which lesson.md has; add it.")
            return original
        question = self._question(part, original)
        part.done()
        return question

    def _references(self, fields: Fields) -> tuple[Reference, ...]:
        """Those of lesson.md where the translation has none."""
        original = self._original.references
        parts = self._parts(fields, "references", "reference", len(original), needed=False)
        found = []
        for part, reference in zip(parts, original, strict=False):
            found.append(replace(reference, text=part.text("text", LONGEST["reference"]).text))
            part.done()
        return tuple(found) or original

    def _parts(self, fields: Fields, key: str, what: str, count: int, *, needed: bool = True) -> list[Fields]:
        """A list that must be as long as in lesson.md."""
        parts = fields.parts(key, what, 0, 99, needed=needed)
        if len(parts) != count and (parts or needed):
            sentence = f"There are {len(parts)} {key} here and {count} in lesson.md; make them as many."
            self._reader.mistakes.add(fields.line_of(key), sentence)
        return parts

    def _refuse_settings(self, fields: Fields) -> None:
        for key in SETTINGS:
            if fields.has(key):
                sentence = f"{key} is a setting of lesson.md alone; remove it."
                self._reader.mistakes.add(fields.line_of(key), sentence)

    def _compare_facts(self) -> None:
        known = {fact for fact, _ in self._original.facts}
        for fact, line in self._reader.facts:
            if fact not in known:
                sentence = (
                    f"This names {fact.name} of {fact.checkpoint}, which lesson.md does not; name the same facts."
                )
                self._reader.mistakes.add(line, sentence)
