"""What Explore shows: the small map's points and axes, how much each latent dimension is used."""

import base64

import numpy as np

from vae.model.latents import EncodedSet, FloatArray
from vae.projection.methods import fit_pca
from vae.server.weights import local_model
from vae.storage.checkpoints import Checkpoint
from vae.views.shared import pages, scripts
from vae.views.shared.palette import PALETTE

MAP_POINTS = 2000  # as many as a small map can show


def explore_data(checkpoint: Checkpoint, encoded: EncodedSet) -> dict[str, object]:
    """The component's data of a checkpoint. points: (k, 2) float32, labels: (k,) uint16, both as base64."""
    config = checkpoint.model_config
    mean, components = _small_map(encoded)
    points = (encoded.mean[:MAP_POINTS] - mean) @ components.T
    return {
        "script": scripts.script_url(pages.EXPLORE.script),
        "model": checkpoint.name,
        "local": local_model(checkpoint),
        "latent_dim": config.latent_dim,
        "image_shape": list(config.image_shape),
        "classes": config.classes,
        "kl": checkpoint.kl_per_dimension,
        "spread": encoded.mean.std(axis=0).tolist(),
        "points": base64.b64encode(points.astype("<f4").tobytes()).decode(),
        "labels": base64.b64encode(encoded.labels[:MAP_POINTS].astype("<u2").tobytes()).decode(),
        "class_names": list(checkpoint.class_names),
        "palette": list(PALETTE),
        "projection": {"mean": mean.tolist(), "components": components.tolist()},
    }


def image_title(checkpoint: Checkpoint, encoded: EncodedSet, row: int) -> str:
    """What a test image is called: "test image 3 · 0"."""
    return f"test image {row} · {checkpoint.class_names[int(encoded.labels[row])]}"


def _small_map(encoded: EncodedSet) -> tuple[FloatArray, FloatArray]:
    """Origin and axes of the plane beside the picture: z[0] and z[1] if there are no more dimensions."""
    latent_dim = encoded.mean.shape[1]
    if latent_dim <= 2:
        return np.zeros(latent_dim, np.float32), np.eye(2, latent_dim, dtype=np.float32)
    pca = fit_pca(encoded.mean, 2)
    return pca.mean, pca.components
