"""Six questions for a class: what people guess, what to show first, what to ask then, and the link that shows it."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Literal
from urllib.parse import urlencode

# What a row of pictures shows. image: test images, one of each class; reconstruct: the same, from the mean of q(z|x);
# draw: draws from N(0, I), the first of the Sampling page; strongest, weakest: along the latent dimension with the
# largest or the smallest KL; path: between the codes of two test images; blend: between their pixels.
Kind = Literal["image", "reconstruct", "draw", "strongest", "weakest", "path", "blend"]


@dataclass(frozen=True)
class Row:
    """A row of pictures on a story's card. model: the checkpoint that makes them; "" where none does."""

    label: str
    kind: Kind
    model: str = ""


@dataclass(frozen=True)
class Story:
    """A question, the wrong answers that people give among the right one, and a link.

    page: its address in the app. settings: the link's parameters beside the checkpoint.
    """

    title: str
    minutes: int
    question: str
    guesses: tuple[str, str, str]
    first: str
    ask: str
    page: str
    checkpoint: str
    settings: dict[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()

    @property
    def link(self) -> str:
        """The link, relative to the app's address."""
        return f"{self.page}?{urlencode({'checkpoint': self.checkpoint, **self.settings}, safe=':,')}"

    @property
    def needs(self) -> set[str]:
        """The checkpoints without which the story cannot be told."""
        return {self.checkpoint, *(row.model for row in self.rows if row.model)}


PRIOR_AND_CODES = {"view": "two", "source": "prior", "against": "aggregate"}

STORIES = (
    Story(
        title="Your own digit",
        minutes=8,
        question="What is left of your digit when it must pass through two numbers?",
        guesses=("an exact copy", "a typical digit", "garbage"),
        first="Draw a digit on the pad. The model makes two numbers of it, and a digit of these two numbers.",
        ask="Draw one that nobody draws, a 7 with a loop. What did the two numbers throw away?",
        page="Reconstruction",
        checkpoint="mnist-z2",
        rows=(Row("test images", "image"), Row("from two numbers", "reconstruct", "mnist-z2")),
    ),
    Story(
        title="Plain autoencoder against VAE",
        minutes=8,
        question="A plain autoencoder copies digits well. Can it make new ones?",
        guesses=("from any z", "only near codes of images", "never"),
        first="Left, z from N(0, I). Right, z from where the model's own codes lie.",
        ask="Now choose the VAE of the same size, β = 1. Why does the left side become readable?",
        page="Sampling",
        checkpoint="mnist-z10-ae",
        settings=PRIOR_AND_CODES,
        rows=(Row("autoencoder", "draw", "mnist-z10-ae"), Row("VAE, same z", "draw", "mnist-z10-b1")),
    ),
    Story(
        title="β, the price of information",
        minutes=8,
        question="Is more β better?",
        guesses=("pictures get sharper", "pictures get cleaner", "pictures get duller"),
        first="One image under β = 0.5. Turn the dial to 1, 4 and 10, and watch its point on the plane.",
        ask="The KL falls while the reconstruction gets worse. Which of them would you pay for?",
        page="Compare",
        checkpoint="mnist-z10-b0.5",
        settings={"image": "8", "beta": "0.5"},
        rows=(Row("β = 0.5", "reconstruct", "mnist-z10-b0.5"), Row("β = 10", "reconstruct", "mnist-z10-b10")),
    ),
    Story(
        title="Posterior collapse",
        minutes=6,
        question="This model has ten numbers for a digit. How many does it use?",
        guesses=("all ten", "about half", "one"),
        first="Move the sliders from the top to the bottom, one by one.",
        ask="β is 10 here. When is a dimension no longer worth its price?",
        page="Explore",
        checkpoint="mnist-z10-b10",
        rows=(Row("one dimension", "strongest", "mnist-z10-b10"), Row("another one", "weakest", "mnist-z10-b10")),
    ),
    Story(
        title="Holes in the prior",
        minutes=8,
        question="Is every draw from the prior a digit?",
        guesses=("all of them", "most of them", "hardly any"),
        first="64 draws from the prior beside 64 from the codes of real images, with the same noise.",
        ask="Where do the bad ones lie, and why did training never go there?",
        page="Sampling",
        checkpoint="mnist-z10",
        settings=PRIOR_AND_CODES,
        rows=(Row("from the prior", "draw", "mnist-z10"), Row("from images", "reconstruct", "mnist-z10")),
    ),
    Story(
        title="Interpolation against blend",
        minutes=7,
        question="Halfway between a 3 and an 8: what is there?",
        guesses=("ghosts of both", "something in between", "a third digit"),
        first="The path through latent space, above the same images faded into each other.",
        ask="Which of the two halves could somebody have written? What does the decoder know that a fade does not?",
        page="Interpolation",
        checkpoint="mnist-z10",
        settings={"view": "ends", "from": "18", "to": "61", "path": "linear", "t": "0.5"},
        rows=(Row("latent space", "path", "mnist-z10"), Row("pixels", "blend")),
    ),
)


def told(usable: Collection[str]) -> list[Story]:
    """The stories whose models there are."""
    return [story for story in STORIES if story.needs <= set(usable)]


def lacking(usable: Collection[str]) -> list[str]:
    """The models without which the other stories cannot be told."""
    return sorted(set().union(*(story.needs for story in STORIES)) - set(usable))


def story_data(story: Story) -> dict[str, object]:
    """A story as the component takes it."""
    return asdict(story) | {"link": story.link}
