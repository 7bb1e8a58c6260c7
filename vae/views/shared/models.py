"""What is said about a model: its name in words, what it is for, its numbers, and a strip of pictures."""

import io
import re
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
import torch

from vae.model.latents import EncodedSet
from vae.model.networks import VAE, ModelConfig, condition, to_uint8
from vae.storage.checkpoints import BrokenCheckpoint, Checkpoint

STRIP = 7  # pictures
FRAMES = 25  # pictures of a traversal
STRIP_END = 3.0  # of the latent dimension, at both ends
STRIP_SIDE = 64  # CSS pixels: smaller pictures are enlarged by whole numbers, crisp
DATASET_NAMES = {
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "kmnist": "KMNIST",
    "cifar10": "CIFAR-10",
    "svhn": "SVHN",
    "celeba": "CelebA",
    "digits": "Digits",
    "sprites": "Sprites",
    "glyphs": "Glyphs",
    "faces": "Faces",
    "emoji": "Emoji",
}


def in_order(names: Iterable[str]) -> list[str]:
    """Names in the order in which people count: b0.5, b1, b4, b10."""
    return sorted(names, key=lambda name: [_part(text) for text in re.findall(r"\d+(?:\.\d+)?|\D+", name)])


def _part(text: str) -> tuple[bool, float, str]:
    return (True, float(text), "") if text[0].isdigit() else (False, 0.0, text)


def words(checkpoint: Checkpoint) -> str:
    """The model in words: "MNIST · 10-D · β = 4"."""
    return f"{dataset_name(checkpoint)} · {kind(checkpoint)}"


def kind(checkpoint: Checkpoint) -> str:
    """The same without the data set: "10-D · β = 4"."""
    return f"{checkpoint.model_config.latent_dim}-D · {objective_name(checkpoint)}"


def dataset_name(checkpoint: Checkpoint) -> str:
    """The data set's name as people write it."""
    return DATASET_NAMES.get(checkpoint.dataset, checkpoint.dataset)


def objective_name(checkpoint: Checkpoint) -> str:
    """What the checkpoint was trained to minimise, in a few words."""
    objective = checkpoint.objective
    named = {"autoencoder": "plain autoencoder", "iwae": f"IWAE of {objective.samples}", "beta-tc": "β-TC, "}
    weighed = f"β = {objective.beta:g}" if objective.name in ("vae", "beta-tc") else ""
    kind = named.get(objective.name, "" if weighed else objective.name) + weighed
    cooled = ", KL cooled" if objective.warmup == "cooling" else ""
    return kind + cooled + (", conditional on the class" if checkpoint.model_config.classes else "")


def purpose(checkpoint: Checkpoint) -> str:
    """What to look at with this model, in one line."""
    objective, config = checkpoint.objective, checkpoint.model_config
    beta = objective.beta if objective.name == "vae" else 1.0
    reasons = (
        (config.classes > 0, "The decoder knows the class: z holds the style alone."),
        (objective.name == "autoencoder", "No prior: good copies, and holes between the codes."),
        (objective.name == "beta-tc", "Trained so that each dimension varies one property."),
        (config.latent_dim <= 2, "The whole latent space fits into one picture."),
        (beta < 1, "Spends more nats on z: sharper copies, less like the prior."),
        (beta > 1, "Spends fewer nats on z: duller copies, unused dimensions."),
        (True, "The usual VAE: a good one to start with."),
    )
    return next(sentence for holds, sentence in reasons if holds)


def numbers(checkpoint: Checkpoint) -> str:
    """The test set's results in nats per image."""
    metrics, config = checkpoint.metrics, checkpoint.model_config
    if metrics["kl"] is None:
        return f"reconstruction {metrics['reconstruction']:.1f} nats; no KL, no prior"
    bound = f"−ELBO {metrics['negative_elbo']:.1f}"
    if config.classes:
        bound += f" given the class, {with_label(metrics['negative_elbo'], config)},"
    return f"{bound} = reconstruction {metrics['reconstruction']:.1f} + KL {metrics['kl']:.1f} nats"


def with_label(negative_elbo: float, config: ModelConfig) -> str:
    """The −ELBO of a conditional model with what its class costs, which makes it comparable with other models."""
    return f"{negative_elbo + config.label_nats:.1f} with ln\N{NO-BREAK SPACE}{config.classes} for it"


def facts(checkpoint: Checkpoint) -> str:
    """How many dimensions it uses, picture size and architecture."""
    config = checkpoint.model_config
    channels, height, width = config.image_shape
    size = f"{width} × {height}{' × ' + str(channels) if channels > 1 else ''} pixels"
    return f"active {active(checkpoint)}, {size}, {config.architecture}"


def active(checkpoint: Checkpoint) -> str:
    """How many latent dimensions vary with the picture: "5 of 10"."""
    return f"{checkpoint.metrics['active_units']} of {checkpoint.model_config.latent_dim}"


def listed(found: Iterable[Checkpoint | BrokenCheckpoint]) -> list[dict[str, Any]]:
    """What the model picker shows of each checkpoint, grouped by data set and in order of the names."""
    by_name = {checkpoint.name: checkpoint for checkpoint in found}
    rows = [_row(by_name[name]) for name in in_order(by_name)]
    groups = list(dict.fromkeys(row["group"] for row in rows))
    return sorted(rows, key=lambda row: ("problem" in row, groups.index(row["group"])))


def _row(checkpoint: Checkpoint | BrokenCheckpoint) -> dict[str, Any]:
    if isinstance(checkpoint, BrokenCheckpoint):
        return {"name": checkpoint.name, "group": "Not usable", "problem": checkpoint.error}
    return {
        "name": checkpoint.name,
        "group": dataset_name(checkpoint),
        "words": words(checkpoint),
        "purpose": purpose(checkpoint),
        "numbers": numbers(checkpoint),
        "facts": facts(checkpoint),
        "pictures": pictures(checkpoint),
        "film": checkpoint.film is not None,
        "version": crc32(repr(checkpoint.metrics).encode()),  # without the disk: it may just have been deleted
    }


def pictures(checkpoint: Checkpoint) -> int:
    """Equal for models of the same test images: the data set's content, the pictures' shape and how many there are."""
    told = checkpoint.content_hash, checkpoint.model_config.image_shape, checkpoint.test_images
    return crc32(repr(told).encode())


def strip(checkpoint: Checkpoint, model: VAE, encoded: EncodedSet) -> bytes:
    """A PNG of STRIP pictures along the dimension that the model uses most, small ones enlarged to about STRIP_SIDE."""
    pictures = _along_strongest(checkpoint, model, encoded, STRIP)
    return _png(pictures, max(1, STRIP_SIDE // pictures.shape[3]))


def traversal(checkpoint: Checkpoint, model: VAE, encoded: EncodedSet) -> bytes:
    """A PNG of FRAMES pictures along the dimension that the model uses most, pixel by pixel."""
    return _png(_along_strongest(checkpoint, model, encoded, FRAMES), 1)


def _along_strongest(
    checkpoint: Checkpoint, model: VAE, encoded: EncodedSet, count: int
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Pictures decoded while that dimension goes from end to end, all else as at the mean of the first test image.

    Shape: (count, c, h, w) uint8.
    """
    strength = checkpoint.kl_per_dimension or encoded.mean.std(axis=0)
    strongest = int(np.argmax(strength))
    end = STRIP_END if checkpoint.kl_per_dimension else STRIP_END * float(encoded.mean[:, strongest].std())
    z = np.tile(encoded.mean[0], (count, 1))
    z[:, strongest] = np.linspace(-end, end, count)
    return _decoded(model, z, int(encoded.labels[0]))


def _decoded(model: VAE, z: np.ndarray[Any, np.dtype[np.float32]], label: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Shapes: z (n, latent_dim) -> (n, c, h, w) uint8."""
    device = next(model.parameters()).device
    labels = torch.full((len(z),), label, device=device) if model.config.classes else None
    with torch.inference_mode():
        code = condition(torch.from_numpy(z).to(device), labels, model.config.classes)
        return to_uint8(model.picture(model.decoder(code))).cpu().numpy()


def _png(pictures: np.ndarray[Any, np.dtype[np.uint8]], scale: int) -> bytes:
    """Pictures side by side. Shapes: (n, c, h, w) uint8 -> (scale h) × (scale n w) pixels."""
    from PIL import Image

    n, channels, height, width = pictures.shape
    sheet = pictures.transpose(2, 0, 3, 1).reshape(height, n * width, channels)
    sheet = np.ascontiguousarray(sheet.repeat(scale, 0).repeat(scale, 1))
    body = io.BytesIO()
    Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet).save(body, "PNG")
    return body.getvalue()
