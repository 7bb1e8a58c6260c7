"""Ten questions for a class: what people predict, the page on which it is tried out, and what it shows."""

from dataclasses import asdict, dataclass, field
from urllib.parse import urlencode


@dataclass(frozen=True)
class Question:
    """A question with the predictions that people make, and the experiment that decides between them.

    correct: the place of the right prediction in `options`; None where the class is to find out. page: its address in
    the app. settings: the link's parameters beside the checkpoint.
    """

    title: str
    text: str
    options: tuple[str, ...]
    correct: int | None
    page: str
    checkpoint: str
    experiment: str
    explanation: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def link(self) -> str:
        """The experiment's link, relative to the app's address."""
        return f"{self.page}?{urlencode({'checkpoint': self.checkpoint, **self.settings}, safe=':,')}"

    @property
    def needs(self) -> set[str]:
        """The checkpoints without which the experiment cannot be made."""
        others = self.settings.get("compare", "")
        return {self.checkpoint, *filter(None, others.split(","))}


QUESTIONS = (
    Question(
        title="What survives two numbers?",
        text="Your handwritten digit must pass through two numbers. What does the model draw from them?",
        options=("An exact copy of it", "Garbage", "A typical digit of its kind"),
        correct=2,
        page="Reconstruction",
        checkpoint="mnist-z2",
        settings={"compare": "mnist-z10"},
        experiment="Draw your own digit: mnist-z2 keeps two numbers of it, mnist-z10 ten (132.6 against 78.5 nats).",
        explanation="Only what pays for itself is kept.",
    ),
    Question(
        title="Does a slider mean one thing?",
        text="Each slider moves one latent dimension of a model of small figures. What changes with one slider?",
        options=("One property, such as size or place", "A mixture of several properties", "Nothing"),
        correct=1,
        page="Explore",
        checkpoint="sprites-z6",
        settings={"compare": "sprites-z6-tc"},
        experiment="Move the sliders of sprites-z6, then those of sprites-z6-tc, which uses 3 of its 6 dimensions.",
        explanation="The axes of a plain VAE need not mean anything.",
    ),
    Question(
        title="Dot or cloud?",
        text="The encoder gives a mean and a spread. What does the model draw from ten samples of that cloud?",
        options=("The same picture ten times", "Slightly different pictures", "Other digits"),
        correct=1,
        page="Reconstruction",
        checkpoint="mnist-z10",
        experiment="Decode the mean, then samples of q(z|x); the ellipse shows σ to scale.",
        explanation="The noise in training makes neighbours decode alike.",
    ),
    Question(
        title="Does a plain autoencoder generate?",
        text="A plain autoencoder copies digits well. From which z does it draw a new digit?",
        options=("From any z", "Only from z near the codes of real digits", "From none"),
        correct=1,
        page="Sampling",
        checkpoint="mnist-z10-ae",
        settings={"view": "two", "source": "prior", "against": "aggregate"},
        experiment="mnist-z10-ae from N(0, I) beside the mixture of its codes; then the same with mnist-z10-b1.",
        explanation="Better copies, but nobody has planned the space between them.",
    ),
    Question(
        title="Is more β better?",
        text="β is the price of each nat that z carries. What happens to the pictures when β grows?",
        options=("They get sharper", "They get cleaner", "They get duller"),
        correct=2,
        page="Compare",
        checkpoint="mnist-z10-b0.5",
        settings={"image": "8", "beta": "0.5"},
        experiment="Turn the dial: β 0.5, 1, 4, 10. Reconstruction 77, 80, 103, 141 nats; KL 24.0, 19.4, 9.6, 3.8.",
        explanation="Rate against distortion: of ten dimensions, 10, 10, 9 and 5 stay active.",
    ),
    Question(
        title="Is every draw from the prior a digit?",
        text="We draw z from the prior, N(0, I), and decode it. How many of the pictures are digits?",
        options=("All of them", "Most of them", "Few of them"),
        correct=None,
        page="Sampling",
        checkpoint="mnist-z10",
        settings={"view": "two", "source": "prior", "against": "aggregate"},
        experiment="The prior beside the aggregate posterior, from the same noise. Count the digits.",
        explanation="The average posterior is not the prior.",
    ),
    Question(
        title="Halfway between a 3 and an 8?",
        text="On the straight line through latent space, halfway from a 3 to an 8: what is there?",
        options=("The ghosts of both", "A third digit", "Something in between"),
        correct=2,
        page="Interpolation",
        checkpoint="mnist-z10",
        settings={"view": "ends", "from": "18", "to": "61", "path": "linear", "t": "0.5"},
        experiment="The path through latent space above a fade of the same images; linear beside spherical.",
        explanation="Decoding bends the line; the norm of z matters more as dimensions grow.",
    ),
    Question(
        title="May I read distances?",
        text="Two groups of points lie far apart on this map, and one is larger. What may you conclude?",
        options=(
            "The two groups differ much",
            "The larger group varies more",
            "Neither: the map keeps some neighbours, not distances",
        ),
        correct=2,
        page="Latent_map",
        checkpoint="mnist-z10",
        settings={"method": "t-SNE"},
        experiment="True neighbours kept: PCA 2 %, UMAP 23 %, t-SNE 46 %. Look at the lines to true neighbours.",
        explanation="Maps keep some neighbours, not distances.",
    ),
    Question(
        title="Which picture surprises the model least?",
        text="Of which picture does the model of digits say: nothing surprises me less?",
        options=("A clean 1", "The average digit", "Noise", "An empty picture"),
        correct=3,
        page="Reconstruction",
        checkpoint="mnist-z10",
        experiment="At z = μ: an empty picture 24 nats, test digits 30 to 172, noise 2,734, an inverted 7 7,188.",
        explanation="A likelihood does not say how much a picture is a digit.",
    ),
    Question(
        title="What is learnt first?",
        text="A model begins with random weights. What of the pictures does it learn first?",
        options=("The details", "Everything at once", "The average of all pictures"),
        correct=None,
        page="Training",
        checkpoint="mnist-z2",
        settings={"film": "mnist-z2"},
        experiment="The film of mnist-z2 from its first frame, then β = 1 beside β = 10.",
        explanation="Coarse before fine, if the film shows it.",
    ),
)


def question_data(question: Question) -> dict[str, object]:
    """A question as the component takes it."""
    return asdict(question) | {"link": question.link}
