"""The made data sets by name."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from vae.datasets.made import emoji, faces, glyphs
from vae.datasets.made.storage import Made
from vae.datasets.pictures import Progress


class Recipe(NamedTuple):
    """make: builds the data set, given the data directory. content: Dataset.content_hash of what it gave when the
    models in checkpoints/ were trained."""

    make: Callable[[Path, Progress], Made]
    content: str


RECIPES = {
    "glyphs": Recipe(glyphs.make, glyphs.CONTENT),
    "faces": Recipe(faces.make, faces.CONTENT),
    "emoji": Recipe(emoji.make, emoji.CONTENT),
}
MADE: tuple[str, ...] = tuple(RECIPES)
