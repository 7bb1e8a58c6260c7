"""Everything that a user chooses of a run: on the Training page, on the command line, in a run's request.json."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from vae.datasets import registry
from vae.datasets.pictures import Framing, Progress
from vae.datasets.splits import Dataset
from vae.datasets.user_images.augmentation import Augmentation
from vae.datasets.user_images.names import ENCODINGS
from vae.model.losses import Objective, ObjectiveName
from vae.model.networks import Architecture, Likelihood, ModelConfig, default_config
from vae.storage.checkpoints import Checkpoint
from vae.training.config import TrainingConfig
from vae.validation import is_whole, require

MAX_SECONDS = 86_400
WEIGHED: tuple[ObjectiveName, ...] = ("vae", "beta-tc")  # in which β is the weight of the KL, or of a part of it
Json = dict[str, Any]


@dataclass(frozen=True)
class DatasetRequest:
    """Which images. For the user's own alone: image_size in pixels; color, None for grey if all are; encoding of names;
    turn, whole, keep: what is kept of each, as Framing has it.

    Raises ValueError for a value of another type; load checks the rest.
    """

    name: str
    image_size: int = 32
    color: bool | None = None
    encoding: str | None = None
    turn: int = 0
    whole: bool = False
    keep: float = 1.0

    def __post_init__(self) -> None:
        require(isinstance(self.name, str), "dataset name", self.name, "a text")
        require(is_whole(self.image_size), "image_size", self.image_size, "a whole number of pixels")
        require(self.color is None or isinstance(self.color, bool), "color", self.color, "True, False or None")
        known = ", ".join(ENCODINGS.values())
        require(
            self.encoding is None or self.encoding in ENCODINGS.values(), "encoding", self.encoding, f"one of {known}"
        )
        self.framing()

    def framing(self) -> Framing:
        """What is kept of each picture."""
        return Framing(self.turn, self.whole, self.keep)

    def load(
        self,
        upload: Path | None = None,
        data_dir: Path | None = None,
        progress: Progress | None = None,
    ) -> Dataset:
        """The images; where `upload`, a zip, is given, those in it, under this name. Raises DataError."""
        return registry.load_dataset(
            str(upload or self.name),
            data_dir,
            image_size=self.image_size,
            color=self.color,
            progress=progress,
            title=self.name,
            encoding=self.encoding,
            framing=self.framing(),
        )


@dataclass(frozen=True)
class ModelRequest:
    """Which model: ModelConfig without what follows from data set and objective. hidden, channels: () for the defaults.

    conditional: the decoder also gets the image's class. TrainingRequest.model_config checks the other values.
    """

    latent_dim: int = 10
    architecture: Architecture = "mlp"
    hidden: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    likelihood: Likelihood = ModelConfig.likelihood
    sigma: float = ModelConfig.sigma
    batch_norm: bool = ModelConfig.batch_norm
    conditional: bool = False

    def __post_init__(self) -> None:
        require(isinstance(self.conditional, bool), "conditional", self.conditional, "True or False")


@dataclass(frozen=True)
class TrainingRequest:
    """A run to train. seconds: a time budget, up to a day, in place of the epochs of `training`.

    Raises ValueError, with the accepted range, for any value outside it.
    """

    dataset: DatasetRequest
    model: ModelRequest
    training: TrainingConfig
    seconds: float | None = None

    def __post_init__(self) -> None:
        allowed = self.seconds is None or 0 < self.seconds <= MAX_SECONDS
        require(allowed, "seconds", self.seconds, f"above 0 and at most {MAX_SECONDS}")

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """The request that to_json has written; other keys beside its own are ignored. Raises ValueError.

        Of what has defaults in the configs, an older file may lack some; it never lacks latent_dim.
        """
        try:
            model, training = {**found["model"]}, {**found["training"]}  # not dict(): it takes an empty list
            model |= {name: tuple(model.get(name, ())) for name in ("hidden", "channels")}
            objective = Objective(**training.pop("objective"))
            augmentation = Augmentation(**training.pop("augmentation", {}))
            return cls(
                DatasetRequest(**found["dataset"]),
                ModelRequest(model.pop("latent_dim"), **model),
                TrainingConfig(**training, objective=objective, augmentation=augmentation),
                found.get("seconds"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"The request cannot be read ({error!r}); discard the run and train again.") from error

    def to_json(self) -> Json:
        """The request as JSON has it, every default written out."""
        return asdict(self)

    def with_beta(self, beta: float) -> Self:
        """The same with another β. Raises ValueError for the same β, one out of range, or an objective without β."""
        objective = self.training.objective
        if objective.name not in WEIGHED:
            raise ValueError(f"The objective {objective.name} has no β; train one with the objective vae.")
        if beta == objective.beta:
            raise ValueError(f"β is {beta:g} there already; choose another.")
        return replace(self, training=replace(self.training, objective=replace(objective, beta=beta)))

    def model_config(self, dataset: Dataset) -> ModelConfig:
        """The model for these images and this objective. Raises ValueError for a value outside its range."""
        options = asdict(self.model)
        classes = len(dataset.class_names) if options.pop("conditional") else 0
        return default_config(
            dataset.image_shape, **options, classes=classes, posterior=self.training.objective.posterior
        )


def request_of(checkpoint: Checkpoint) -> TrainingRequest:
    """The request that this checkpoint was trained for, as far as it keeps it; the device is chosen anew.

    Raises ValueError where its images belong to no named data set, or its settings are out of range.
    """
    named = checkpoint.dataset in registry.DATASETS or re.fullmatch(r"celeba:\w+", checkpoint.dataset)
    if not named:
        raise ValueError(f"The images of {checkpoint.name} are not kept here; choose them again in the form.")
    config, known = checkpoint.model_config, {field.name for field in fields(TrainingConfig)} - {"device"}
    same = [field.name for field in fields(ModelRequest) if field.name != "conditional"]
    return TrainingRequest.from_json(
        {
            "dataset": {"name": checkpoint.dataset},
            "model": {name: getattr(config, name) for name in same} | {"conditional": config.classes > 0},
            "training": {name: value for name, value in checkpoint.training.items() if name in known},
            "seconds": checkpoint.training.get("seconds"),
        }
    )
