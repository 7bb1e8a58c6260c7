"""The lessons that the home page tells with pictures, and the rows of pictures on their cards."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from vae.lessons.answers import LessonSummary

# What a row of pictures shows. image: test images, one of each class; reconstruct: the same, from the mean of q(z|x);
# draw: draws from N(0, I), the first of the Sampling page; strongest: along the latent dimension with the largest KL;
# path: between the codes of two test images; blend: between their pixels.
Kind = Literal["image", "reconstruct", "draw", "strongest", "path", "blend"]


@dataclass(frozen=True)
class Row:
    """A row of pictures on a lesson's card. model: the checkpoint that makes them; "" where none does."""

    label: str
    kind: Kind
    model: str = ""


# By the lesson's name, in the order of the page.
ROWS = {
    "two-numbers": (Row("test images", "image"), Row("from two numbers", "reconstruct", "mnist-z2")),
    "one-slider": (
        Row("one slider", "strongest", "sprites-z6"),
        Row("one slider of another model", "strongest", "sprites-z6-tc"),
    ),
    "plain-autoencoder": (Row("autoencoder", "draw", "mnist-z10-ae"), Row("VAE, same z", "draw", "mnist-z10-b1")),
    "more-beta": (Row("β = 0.5", "reconstruct", "mnist-z10-b0.5"), Row("β = 10", "reconstruct", "mnist-z10-b10")),
    "every-draw": (Row("from the prior", "draw", "mnist-z10"), Row("from images", "reconstruct", "mnist-z10")),
    "halfway": (Row("latent space", "path", "mnist-z10"), Row("pixels", "blend")),
}


def needs(lesson: LessonSummary) -> set[str]:
    """The checkpoints without which the lesson cannot be told with its pictures and that may not be here."""
    return {*lesson["missing"], *(row.model for row in ROWS[lesson["name"]] if row.model)}


def told(lessons: Sequence[LessonSummary], usable: Collection[str]) -> list[LessonSummary]:
    """The lessons with pictures, in the order of ROWS, as far as their models are here."""
    by_name = {lesson["name"]: lesson for lesson in lessons if not lesson["problem"]}
    return [by_name[name] for name in ROWS if name in by_name and needs(by_name[name]) <= set(usable)]


def lacking(lessons: Sequence[LessonSummary], usable: Collection[str]) -> list[str]:
    """The models without which the others of them cannot be told."""
    named = set().union(*(needs(lesson) for lesson in lessons if lesson["name"] in ROWS))
    return sorted(named - set(usable))


def story_data(lesson: LessonSummary) -> dict[str, object]:
    """A lesson as the component takes it."""
    return {
        "name": lesson["name"],
        "title": lesson["title"],
        "minutes": lesson["minutes"],
        "question": lesson["question"],
        "options": lesson["options"],
        "rows": [asdict(row) for row in ROWS[lesson["name"]]],
    }
