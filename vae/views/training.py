"""What the film of a training shows beside the film itself, which comes by a route of its own."""

from typing import Any

from vae.storage.checkpoints import Checkpoint
from vae.views.shared import models, pages, scripts
from vae.views.shared.palette import PALETTE

MOST_TELLING = "mnist-z2"  # the whole latent space of its film can be seen
MOST_EPOCHS = 500  # of a curve
# Nats per image of the grey MNIST test images under two decoders. One always draws the mean of the training images, as
# after a full posterior collapse (the mean of the test images: 205.65), the other draws each image itself.
MNIST_REFERENCES = (
    {"term": "reconstruction", "value": 205.80, "label": "the mean training digit"},
    {"term": "reconstruction", "value": 45.53, "label": "the image itself"},
)
GREY_MNIST = ("mnist", "bernoulli", "none")  # data set, likelihood and binarisation for which these hold


def training_data(checkpoint: Checkpoint) -> dict[str, object]:
    """The component's data of a checkpoint, without the choice of films. history: its curves where it has no film."""
    return {
        "script": scripts.script_url(pages.TRAINING.script),
        "model": checkpoint.name,
        "most_telling": MOST_TELLING,
        "words": models.words(checkpoint),
        "history": None if checkpoint.film else history(checkpoint),
        "references": list(MNIST_REFERENCES) if is_grey_mnist(checkpoint) else [],
        "dataset_names": models.DATASET_NAMES,
        "palette": list(PALETTE),
    }


def is_grey_mnist(checkpoint: Checkpoint) -> bool:
    """Whether MNIST_REFERENCES hold for a model."""
    binarisation = checkpoint.training.get("binarisation")
    return (checkpoint.dataset, checkpoint.model_config.likelihood, binarisation) == GREY_MNIST


def history(checkpoint: Checkpoint) -> dict[str, Any]:
    """The curves of a checkpoint without a film: rows of epoch, reconstruction and KL of training and of validation."""
    lines = checkpoint.history
    kept = lines[:: -(-len(lines) // MOST_EPOCHS)]
    return {
        "name": checkpoint.name,
        "words": models.words(checkpoint),
        "rows": [
            [line[key] for key in ("epoch", "reconstruction", "kl", "validation_reconstruction", "validation_kl")]
            for line in (kept if kept[-1] is lines[-1] else [*kept, lines[-1]])
        ],
        "kl": checkpoint.kl_per_dimension,
    }
