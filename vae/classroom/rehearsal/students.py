"""What simulated students do, and when.

They do what students do by the same commands: vote, more of them right in the second round; explore, which brings
tiles; hand in a drawing, a test image that lies a little elsewhere.
"""

from base64 import b64encode
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import torch
from numpy.typing import NDArray

from vae.classroom.messages.commands import HandIn, SendTile, Vote
from vae.classroom.messages.protocol import TILE_SIDE
from vae.classroom.state import classes, votes
from vae.classroom.state.drawings import LONGEST_LABEL
from vae.model.networks import condition, to_uint8
from vae.server.latent_map.data import MapSource, Source
from vae.server.live.inference import Loader

THINK = 2.0, 12.0  # seconds from a round's beginning to a vote
DRAW = 5.0, 60.0  # seconds from joining to the drawing
TILE = 2.5, 5.0  # seconds between two tiles
RIGHT_FIRST = 0.45  # how many choose the right option at first
CONVINCED = 0.55  # how many of the others choose it in the second round
SPAN = 2.5  # how far from 0 they drag each dimension
STRIDE = 0.3  # of one dimension between two tiles
SHIFT = 2  # pixels that a drawing lies elsewhere than its test image

Choice = Vote | HandIn | SendTile


class Scene(NamedTuple):
    """What the students go by. question: with correct, whether or not that is revealed; or None.

    voted: seats that have a vote in the present round.
    """

    model: str
    exploring: bool
    closed: bool
    question: dict[str, Any] | None
    voted: frozenset[int]


def look(db: Connection, code: str) -> Scene:
    """The class at this moment. Raises UnknownClassError."""
    found, question, voted = classes.described(db, code), votes.question(db, code), frozenset[int]()
    if question is not None:
        question |= {"correct": (votes.tally(db, code) or {})["correct"]}
        chosen = votes.choices(db, code).items()
        voted = frozenset(seat for seat, both in chosen if both[question["round"] - 1] is not None)
    exploring = found["mode"] == "explore" and not found["frozen"]
    return Scene(found["model"], exploring, found["closed"], question, voted)


class World:
    """A model and its test images, from which tiles and drawings come. Raises UnknownModelError where it has none."""

    def __init__(self, name: str, load: Loader, source: Source) -> None:
        self.name, self._model, found = name, load(name).model, source(name)
        self.shape, self._images = found.image_shape, found.images
        self._names = _names(found)

    @property
    def code_dim(self) -> int:
        """Latent dimensions."""
        return self._model.config.latent_dim

    def seen(self, zs: NDArray[np.float32], rng: np.random.Generator) -> list[SendTile]:
        """What students see at these z, of a conditional model for random classes. Shape: (n, latent_dim)."""
        kinds = self._model.config.classes
        labels = torch.from_numpy(rng.integers(0, kinds, len(zs))) if kinds else None
        device = next(self._model.parameters()).device
        with torch.inference_mode():
            given = condition(torch.from_numpy(zs), labels, kinds).to(device)
            pictures = to_uint8(self._model.decode(given)).cpu().numpy()
        step = -(-max(self.shape[1:]) // TILE_SIDE)
        return [_tile(self.name, picture[:, ::step, ::step]) for picture in pictures]

    def drawing(self, rng: np.random.Generator) -> HandIn:
        """A test image that was moved by a few pixels, with what it shows."""
        number = int(rng.integers(len(self._images)))
        moved = np.roll(self._images[number], rng.integers(-SHIFT, SHIFT + 1, 2), axis=(1, 2))
        return HandIn(str(uuid4()), b64encode(moved.tobytes()).decode(), self.shape, self._names[number])


def _names(source: MapSource) -> list[str]:
    """What each test image shows."""
    names, labels = source.class_names, source.encoded.labels[: len(source.images)]
    return [(names[label] if label < len(names) else str(label))[:LONGEST_LABEL] for label in labels.tolist()]


def _tile(model: str, pixels: NDArray[np.uint8]) -> SendTile:
    channels, height, width = pixels.shape
    return SendTile("Explore", model, (channels, height, width), b64encode(pixels.tobytes()).decode())


@dataclass(eq=False)
class Student:
    """One simulated student. tile_at, draw_at: when the next is due, in seconds of a clock."""

    seat: int
    rng: np.random.Generator
    tile_at: float
    draw_at: float
    z: NDArray[np.float32] | None = None
    _first: tuple[int, int] | None = None  # the last question, and the choice of its first round
    _due: tuple[tuple[int, int], float] | None = None

    def vote(self, question: dict[str, Any], now: float) -> Vote | None:
        """The vote, once this student has thought about the present round; None before."""
        key = question["id"], question["round"]
        if self._due is None or self._due[0] != key:
            self._due = key, now + self.rng.uniform(*THINK)
        if now < self._due[1]:
            return None
        self._due, choice = None, self._choice(question)
        if question["round"] == 1:
            self._first = question["id"], choice
        return Vote(*key, choice)

    def _choice(self, question: dict[str, Any]) -> int:
        right = question["correct"]
        if question["round"] == 2 and self._first is not None and self._first[0] == question["id"]:
            return self._first[1] if right is None or self.rng.random() >= CONVINCED else int(right)
        if right is not None and self.rng.random() < RIGHT_FIRST:
            return int(right)
        return int(self.rng.choice([n for n in range(len(question["options"])) if n != right]))

    def drag(self, dims: int, now: float) -> NDArray[np.float32]:
        """Where the sliders are now; the next tile is due later. Shape: (dims,)."""
        if self.z is None or len(self.z) != dims:
            self.z = self.rng.standard_normal(dims).astype(np.float32)
        self.z = np.clip(self.z + self.rng.normal(0, STRIDE, dims), -SPAN, SPAN).astype(np.float32)
        self.tile_at = now + self.rng.uniform(*TILE)
        return self.z


def step(students: list[Student], scene: Scene, world: World | None, now: float) -> list[tuple[Student, Choice]]:
    """What they do at this moment: who, and by which command. world: None where there are no pictures."""
    acts: list[tuple[Student, Choice]] = []
    if scene.question is not None and scene.question["open"]:
        asked = [student for student in students if student.seat not in scene.voted]
        found = ((student, student.vote(scene.question, now)) for student in asked)
        acts += [(student, vote) for student, vote in found if vote is not None]
    if world is None:
        return acts
    for student in students:
        if now >= student.draw_at:
            student.draw_at = np.inf
            acts.append((student, world.drawing(student.rng)))
    moving = [student for student in students if scene.exploring and now >= student.tile_at]
    if moving:
        zs = np.stack([student.drag(world.code_dim, now) for student in moving])
        seen = world.seen(zs, moving[0].rng)
        acts += zip(moving, seen, strict=True)
    return acts
