"""A lesson's file, its German translation, and a library of one."""

from pathlib import Path

from tests.support import checkpoints
from vae.lessons.library import Library
from vae.lessons.measured.values import Values
from vae.storage.checkpoints import list_checkpoints

LESSON = """---
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
    link: Reconstruction?checkpoint=small&image=3
    see: It has {dimensions of small} dimensions.
    checks:
      - dimensions of small = 2
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

GERMAN = """---
title: Was bleibt?
question: Was zeichnet das Modell?
options:
  - text: Eine Kopie
    because: Es speichert sie.
  - text: Eine typische Ziffer
    because: Zwei Zahlen sagen wenig.
steps:
  - do: Zeichne *deine* Ziffer.
    see: Es hat {dimensions of small} Dimensionen.
transfer:
  question: Und mit zehn?
  options: [{text: Besser, because: Mehr Platz.}, {text: Schlechter}]
---
Nur **zwei Zahlen** kommen durch.
"""


def write(folder: Path, name: str, text: str = LESSON, **translations: str) -> Path:
    """The folder of a lesson with this text, and its translations by their languages."""
    place = folder / name
    place.mkdir(parents=True)
    for file, content in {
        "lesson.md": text,
        **{f"lesson.{key}.md": told for key, told in translations.items()},
    }.items():
        (place / file).write_text(content, "utf-8")
    return place


def library_of(folder: Path, own: Path | None = None) -> Library:
    """The library of the lessons in folder/lessons and of own ones, with one checkpoint called small."""
    if not (folder / "checkpoints").exists():
        checkpoints.save(folder / "checkpoints" / "small")
    values = Values(lambda: list_checkpoints(folder / "checkpoints"))
    return Library(values, folder / "lessons", own or folder / "own")
