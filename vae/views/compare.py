"""What Compare shows of one model: where it lies on the rate–distortion plane, what each of its dimensions holds."""

import base64
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from vae.datasets.drawing import drawing_frame, is_dark_on_bright
from vae.evaluation.metrics import dimension_use
from vae.model.latents import EncodedSet, posterior_noise
from vae.projection.methods import fit_pca
from vae.server.weights import local_model
from vae.storage.checkpoints import Checkpoint
from vae.views.shared import comparison, families, models, pages, scripts
from vae.views.shared.palette import PALETTE

POINTS = 1000  # on the small map


def compare_data(
    checkpoint: Checkpoint, encoded: EncodedSet, examples: NDArray[np.uint8], version: int
) -> dict[str, object]:
    """What the component gets of a model; of several it makes families and the plane.

    family: the same for models that differ in β alone. floor, collapsed: reconstruction of the picture itself, and of
    the mean picture, in nats. points: (k, 2) float32 in the plane of the codes' first two principal components, labels:
    (n,) uint16, both as base64. examples: the first test images; version: of the checkpoint's files.
    """
    config = checkpoint.model_config
    return {
        "script": scripts.script_url(pages.COMPARE.script),
        "model": checkpoint.name,
        "local": local_model(checkpoint),
        "version": version,
        "phrases": comparison.phrases(checkpoint),
        "family": families.family_key(checkpoint),
        "family_words": families.family_words(checkpoint),
        "beta": families.beta_of(checkpoint),
        "nats": comparison.nats(checkpoint),
        "floor": None if encoded.entropy is None else float(encoded.entropy.mean()),
        "collapsed": checkpoint.collapsed,
        "active": models.active(checkpoint),
        "dimensions": [asdict(use) for use in dimension_use(encoded)],
        "test_images": checkpoint.test_images,
        "latent_dim": config.latent_dim,
        "image_shape": list(config.image_shape),
        "classes": config.classes,
        "class_names": list(checkpoint.class_names),
        "labels": base64.b64encode(encoded.labels.astype("<u2").tobytes()).decode(),
        "palette": list(PALETTE),
        "noise": posterior_noise(1, config.latent_dim)[0].tolist(),
        "frame": drawing_frame(examples),
        "bright": is_dark_on_bright(examples),
        **_small_map(encoded),
    }


def _small_map(encoded: EncodedSet) -> dict[str, object]:
    """Axes of the plane in which the codes spread most, and the first codes in it."""
    pca = fit_pca(encoded.mean, min(2, encoded.mean.shape[1]))
    points = np.zeros((min(POINTS, len(encoded.mean)), 2), "<f4")
    points[:, : len(pca.components)] = pca.project(encoded.mean[:POINTS])
    return {
        "points": base64.b64encode(points.tobytes()).decode(),
        "projection": {"mean": pca.mean.tolist(), "components": pca.components.tolist()},
    }
