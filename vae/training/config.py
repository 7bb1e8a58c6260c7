"""How a model is trained: optimiser, schedules, objective, seed."""

from dataclasses import asdict, dataclass, field
from math import cos, pi
from typing import Any, Literal, NamedTuple, get_args

from vae.datasets.splits import Binarisation
from vae.datasets.user_images.augmentation import Augmentation
from vae.model.losses import Objective
from vae.validation import is_whole, one_of, require

Optimizer = Literal["adam", "adamw", "sgd"]
Weights = Literal["float32", "float16"]
Schedule = Literal["cosine", "constant"]

# Where each optimiser learns fast without diverging, on losses of some hundred nats per image.
LEARNING_RATES: dict[Optimizer, float] = {"adam": 5e-3, "adamw": 5e-3, "sgd": 1e-4}
RATE_WARMUP = 0.1  # share of the run: allows higher rates without divergence, which gain 1 to 2 nats on MNIST


class ScheduledValues(NamedTuple):
    """What the schedules set for one step: capacity in nats; kl_multiplier, which the KL is multiplied by."""

    learning_rate: float
    beta: float
    capacity: float
    kl_multiplier: float


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained.

    schedule: the learning rate rises to learning_rate over the first tenth of the run and then falls to 0 along a half
    cosine (cosine), or stays (constant). binarisation: of the images; dynamic draws again at every step. augmentation:
    of the training images alone. seed: of the weights, the augmentation, the order of the images and the noise.
    device: auto, cpu, cuda or mps. weights: what the trained weights are rounded to before the model is measured and
    saved; float16 halves the file. Raises ValueError, with the accepted range, for any value outside it.
    """

    epochs: int = 10
    batch_size: int = 128
    optimizer: Optimizer = "adam"
    learning_rate: float = LEARNING_RATES["adam"]
    schedule: Schedule = "cosine"
    objective: Objective = field(default_factory=Objective)
    binarisation: Binarisation = "none"
    seed: int = 0
    device: str = "auto"
    augmentation: Augmentation = field(default_factory=Augmentation)
    weights: Weights = "float32"

    def __post_init__(self) -> None:
        require(is_whole(self.epochs, 1, 10_000), "epochs", self.epochs, "1 to 10000")
        size = self.batch_size
        require(is_whole(size, 2, 65_536), "batch_size", size, "2 to 65536")
        require(self.optimizer in get_args(Optimizer), "optimizer", self.optimizer, one_of(Optimizer))
        require(0 < self.learning_rate <= 1, "learning_rate", self.learning_rate, "above 0 and at most 1")
        require(self.schedule in get_args(Schedule), "schedule", self.schedule, one_of(Schedule))
        require(self.binarisation in get_args(Binarisation), "binarisation", self.binarisation, one_of(Binarisation))
        require(is_whole(self.seed, 0, 2**32 - 1), "seed", self.seed, "0 to 4294967295")
        require(self.device in ("auto", "cpu", "cuda", "mps"), "device", self.device, "auto, cpu, cuda or mps")
        require(self.weights in get_args(Weights), "weights", self.weights, one_of(Weights))

    def settings(self) -> dict[str, Any]:
        """All values by name, as a checkpoint keeps them; augmentation and weights where they are not the default."""
        found = asdict(self)
        if self.weights == TrainingConfig.weights:
            del found["weights"]
        if self.augmentation.versions == 1:
            del found["augmentation"]
        return found

    def scheduled_at(self, progress: float) -> ScheduledValues:
        """The values of the schedules at this progress of the run, 0 to 1."""
        rise = min(1.0, progress / RATE_WARMUP)
        fall = 0.5 * (1 + cos(pi * max(0.0, progress - RATE_WARMUP) / (1 - RATE_WARMUP)))
        rate = self.learning_rate * (min(rise, fall) if self.schedule == "cosine" else 1.0)
        of = self.objective
        return ScheduledValues(rate, of.beta_at(progress), of.capacity_at(progress), of.kl_multiplier_at(progress))
