"""What Reconstruction shows: the loss's source code, anomaly scores of the test images and of other pictures."""

import base64
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from vae.datasets.drawing import drawing_frame, is_dark_on_bright, resize_images
from vae.datasets.registry import load_dataset
from vae.evaluation.anomaly import anomaly_scores, auroc, corrected_scores
from vae.evaluation.pictures.complexity import density_offset
from vae.model.latents import EncodedSet, FloatArray, posterior_noise
from vae.model.networks import VAE
from vae.server.weights import local_model
from vae.storage.checkpoints import Checkpoint
from vae.views.shared import models, pages, scripts
from vae.views.shared.palette import PALETTE
from vae.views.shared.terms import nats
from vae.views.shared.terms.term import listing

Images = NDArray[np.uint8]

SCORED = 500  # images of another data set that are scored; a tenth for conditional models, which try every class
COMPRESSED_PIXELS, LEAST_COMPRESSED = 2**20, 50  # of one set of images
NOISE_PICTURES = 50
SHOWN = 24  # images of the other data set to choose from


@dataclass(frozen=True, eq=False)
class Scored:
    """Anomaly scores of images in nats, beside the same minus the length to which each picture can be compressed.

    Shapes: score (n,); corrected (k,), of `rows` (k,) of them. None for a plain autoencoder, which has no likelihood.
    """

    score: FloatArray
    rows: NDArray[np.int64]
    corrected: FloatArray | None


@dataclass(frozen=True, eq=False)
class OtherImages:
    """Images of another data set in a model's size, chosen at random: `rows` of its test images, and their scores."""

    images: Images
    rows: NDArray[np.int64]
    scored: Scored


def reconstruction_data(checkpoint: Checkpoint, examples: Images, version: int) -> dict[str, object]:
    """The component's data of a checkpoint, without scores. examples: the first test images; version: of its files."""
    config = checkpoint.model_config
    return {
        "script": scripts.script_url(pages.RECONSTRUCTION.script),
        "model": checkpoint.name,
        "local": local_model(checkpoint),
        "version": version,
        "latent_dim": config.latent_dim,
        "image_shape": list(config.image_shape),
        "classes": config.classes,
        "class_names": list(checkpoint.class_names),
        "palette": list(PALETTE),
        "kl": checkpoint.kl_per_dimension,
        "noise": posterior_noise(1, config.latent_dim)[0].tolist(),
        "frame": drawing_frame(examples),
        "bright": is_dark_on_bright(examples),
        "likelihood": config.likelihood,
        "objective": models.objective_name(checkpoint),
        "source": {
            "reconstruction": [listing(code) for code in nats.RECONSTRUCTION[config.likelihood]],
            "kl": [listing(code) for code in nats.KL],
        },
        "density_offset": density_offset(config.likelihood, config.image_shape),
    }


def score_data(own: Scored, comparisons: list[dict[str, object]]) -> dict[str, object]:
    """What the component gets of the test images' scores, and of how well they tell other pictures from these."""
    return {
        "corrected": None if own.corrected is None else _floats(own.corrected),
        "first": bool((own.rows == np.arange(len(own.rows))).all()),
        "comparisons": comparisons,
    }


def other_data(checkpoint: Checkpoint, name: str, other: OtherImages, own: Scored) -> dict[str, object]:
    """What the component gets of another data set's images."""
    images, scored = other.images, other.scored
    noise = posterior_noise(len(images), checkpoint.model_config.latent_dim)[:SHOWN]
    return {
        "name": name,
        "rows": other.rows[:SHOWN].tolist(),
        "images": base64.b64encode(images[:SHOWN].tobytes()).decode(),
        "noise": _floats(noise),
        "score": _floats(scored.score),
        "corrected": None if scored.corrected is None else _floats(scored.corrected),
        "comparison": _comparison(f"{len(images)} images of {name}", own, scored),
    }


def score_test_images(checkpoint: Checkpoint, model: VAE, encoded: EncodedSet, images: Images) -> Scored:
    """The test images' scores: those that the evaluation stored of all, corrected ones of some of these images.

    images: the first k of the n test images, (k, c, h, w).
    """
    score = encoded.reconstruction + encoded.kl
    rows = random_rows(len(images), _compressed(checkpoint))
    return Scored(score, rows, _corrected(model, images[rows], score[rows]))


def score_other(checkpoint: Checkpoint, model: VAE, name: str) -> OtherImages:
    """Some images of the data set of this name with their scores. Raises DataError where it cannot be loaded."""
    all_images = load_dataset(name).test.images
    rows = random_rows(len(all_images), SCORED // 10 if checkpoint.model_config.classes else SCORED)
    images = resize_images(all_images[rows], checkpoint.model_config.image_shape)
    return OtherImages(images, rows, _scores(checkpoint, model, images))


def compare_empty(checkpoint: Checkpoint, model: VAE, own: Scored) -> list[dict[str, object]]:
    """How well the scores tell two kinds of pictures without content from the test images."""
    shape = checkpoint.model_config.image_shape
    noise = np.random.default_rng(0).integers(0, 256, (NOISE_PICTURES, *shape), np.uint8)
    kinds = {"a black picture": np.zeros((1, *shape), np.uint8), f"{NOISE_PICTURES} pictures of noise": noise}
    return [_comparison(name, own, _scores(checkpoint, model, images)) for name, images in kinds.items()]


def random_rows(count: int, most: int) -> NDArray[np.int64]:
    """At most this many of `count` rows, chosen at random with a fixed seed, in ascending order.

    The first test images are not like the rest: of MNIST's, the first 5,000 are the easier ones.
    """
    return np.sort(np.random.default_rng(0).permutation(count)[:most])


def _comparison(name: str, own: Scored, other: Scored) -> dict[str, object]:
    """How well both scores tell other images from the test images."""
    corrected = None
    if own.corrected is not None and other.corrected is not None:
        corrected = auroc(own.corrected, other.corrected)
    return {"name": name, "auroc": auroc(own.score, other.score), "corrected": corrected}


def _scores(checkpoint: Checkpoint, model: VAE, images: Images) -> Scored:
    """Both scores of images that are not test images; the corrected of the first, as many as of the test images."""
    score, rows = anomaly_scores(model, images), np.arange(min(len(images), _compressed(checkpoint)))
    return Scored(score, rows, _corrected(model, images[rows], score[rows]))


def _corrected(model: VAE, images: Images, score: FloatArray) -> FloatArray | None:
    return None if model.config.posterior == "point" else corrected_scores(model, images, score)


def _compressed(checkpoint: Checkpoint) -> int:
    """How many pictures of a set are compressed: fewer large ones, since each pixel takes about half a microsecond."""
    return max(LEAST_COMPRESSED, min(SCORED, COMPRESSED_PIXELS // prod(checkpoint.model_config.image_shape)))


def _floats(values: FloatArray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
