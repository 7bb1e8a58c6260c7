"""Numbers that the model has to be run for: what a picture costs, and the mutual information gap."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from vae.datasets.registry import is_available, load_dataset
from vae.evaluation.disentanglement import Mig
from vae.evaluation.registry import SCORES
from vae.lessons.format.facts import Fact
from vae.lessons.measured.measure import Encoded, Measure, there
from vae.model.latents import FloatArray
from vae.model.losses import kl_divergence, reconstruction_nll
from vae.model.networks import condition, to_unit
from vae.storage.checkpoints import Checkpoint

Images = NDArray[np.uint8]


@torch.inference_mode()
def costs(checkpoint: Checkpoint, images: Images) -> FloatArray:
    """What each picture costs with z at the posterior's mean: −log p(x | z = μ) + KL. Shapes: (n, c, h, w) -> (n,).

    Unit: nats. Of a plain autoencoder, without a KL. Raises ValueError for a conditional model, which needs a class.
    """
    config = checkpoint.model_config
    if config.classes:
        raise ValueError(f"{checkpoint.name} is conditional on a class, so a picture has no one cost; choose another.")
    model = checkpoint.load_model()
    x = to_unit(torch.from_numpy(images))
    mean, logvar = model.encode(x)
    parameters = model.decoder(condition(mean, None, 0))
    nll = reconstruction_nll(parameters, x, config, model.log_scale)
    return (nll if config.posterior == "point" else nll + kl_divergence(mean, logvar).sum(1)).numpy()


def _cost(fact: Fact, checkpoint: Checkpoint, _: Encoded) -> float:
    return float(costs(checkpoint, _picture(fact, checkpoint)[None])[0])


def _picture(fact: Fact, checkpoint: Checkpoint) -> Images:
    """The picture that a fact names. Shape: (c, h, w)."""
    shape = checkpoint.model_config.image_shape
    match fact.given["picture"]:
        case "black":
            return np.zeros(shape, np.uint8)
        case "white":
            return np.full(shape, 255, np.uint8)
        case "noise":
            return np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    examples = checkpoint.load_examples()
    if fact.given["picture"] == "the average digit":
        average: Images = np.round(examples.mean(0, dtype=np.float64)).astype(np.uint8)
        return average
    if fact.given["picture"] == "an inverted 7":
        inverted: Images = 255 - examples[_first_of("7", checkpoint)]
        return inverted
    row = int(fact.given["image"])
    if row >= len(examples):
        known = f"0 to {len(examples) - 1}"
        raise ValueError(
            f"{checkpoint.name} keeps the pictures of test images {known}, not {row}; choose one of these."
        )
    found: Images = examples[row]
    return found


def _first_of(name: str, checkpoint: Checkpoint) -> int:
    """The first test image of a class."""
    labels = checkpoint.load_encoded().labels[: len(checkpoint.load_examples())]
    numbers = [i for i, each in enumerate(checkpoint.class_names) if each == name]
    rows = np.flatnonzero(np.isin(labels, numbers))
    if len(rows) == 0:
        raise ValueError(f"{checkpoint.name} has no test image of a {name}; choose a model of digits.")
    return int(rows[0])


def _example_costs(choose: Callable[[FloatArray], object]) -> Measure:
    """Of the costs of the test images that ship with the checkpoint."""
    return lambda _, checkpoint, __: float(np.asarray(choose(costs(checkpoint, checkpoint.load_examples()))))


def _mig(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """As `python -m vae evaluate --metrics mig` says it. Raises ValueError for pictures without known factors."""
    if not is_available(checkpoint.dataset):
        raise ValueError(f"The MIG needs the data set {checkpoint.dataset}, which is not on this machine.")
    dataset = load_dataset(checkpoint.dataset)
    found = SCORES["mig"](checkpoint.load_model(), dataset, encoded(), 0)
    return there(found.value if isinstance(found, Mig) else None, fact)


MEASURES: dict[str, Measure] = {
    "cost": _cost,
    "least cost": _example_costs(np.min),
    "largest cost": _example_costs(np.max),
    "MIG": _mig,
}
