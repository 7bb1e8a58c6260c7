"""Saves a small checkpoint."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from vae.evaluation.metrics import evaluate
from vae.model.latents import EncodedSet, encode
from vae.model.losses import Objective
from vae.model.networks import VAE, ModelConfig
from vae.storage.checkpoints import save_checkpoint

GREY = ModelConfig((1, 5, 4), 2, "mlp", (8,))


CLASSES = ["cat", "dog", "ünïcode"]


OBJECTIVE = Objective("beta-tc", beta=4.0)


TRAINING = {"epochs": 1, "objective": asdict(OBJECTIVE)}


EPOCH = {
    "epoch": 1,
    "seconds": 0.5,
    "reconstruction": 9.0,
    "kl": 1.0,
    "validation_reconstruction": 9.5,
    "validation_kl": 1.5,
    "terms": {"loss": 10.0, "learning_rate": 1e-3, "beta": 1},
}


def save(
    path: Path,
    config: ModelConfig = GREY,
    n: int = 30,
    dataset: str = "noise",
    class_names: Sequence[str] = CLASSES,
) -> tuple[VAE, np.ndarray, EncodedSet]:
    """A checkpoint of random weights and noise images: what was saved."""
    torch.manual_seed(0)
    model, rng = VAE(config).eval(), np.random.default_rng(0)
    images = rng.integers(0, 256, (n, *config.image_shape), np.uint8)
    return (
        model,
        images,
        save_model(path, model, images, rng.integers(0, len(class_names), n), dataset, class_names=class_names),
    )


def save_model(
    path: Path,
    model: VAE,
    images: np.ndarray,
    labels: np.ndarray,
    dataset: str = "noise",
    *,
    class_names: Sequence[str] = CLASSES,
) -> EncodedSet:
    """A checkpoint of this model on these images: the encoded set that was saved."""
    encoded = encode(model, images, labels)
    save_checkpoint(
        path,
        model,
        dataset={"name": dataset, "content_hash": "abc123", "class_names": list(class_names)},
        training=TRAINING,
        metrics=asdict(evaluate(encoded, model.config)) | {"split": "test", "seconds": 0.5},
        history=[EPOCH, EPOCH | {"epoch": 2}],
        encoded=encoded,
        test_images=images,
    )
    return encoded
