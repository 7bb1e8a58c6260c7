"""Which models form a family: trained alike in all but β, so that what differs between them is what β does."""

import hashlib
import json
from dataclasses import asdict

from vae.storage.checkpoints import Checkpoint
from vae.views.shared import models

OBJECTIVES = ("vae", "beta-tc")  # in which β weighs a term
PLAIN = "autoencoder"  # the end of a family of VAEs: no KL at all
NOT_SETTINGS = ("objective", "device", "torch_threads", "origin", "seconds")  # of what a training was or took


def family_key(checkpoint: Checkpoint) -> str | None:
    """The same for models of one family; None for an objective without β.

    A family has one data set, picture shape, network, training, seed and kind of objective. A plain autoencoder is of
    the family of the VAEs that are trained like it.
    """
    objective = asdict(checkpoint.objective)
    if objective.pop("name") not in (*OBJECTIVES, PLAIN):
        return None
    del objective["beta"]
    kind = "vae" if checkpoint.objective.name == PLAIN else checkpoint.objective.name
    network = asdict(checkpoint.model_config) | {"posterior": None}
    settings = {key: value for key, value in checkpoint.training.items() if key not in NOT_SETTINGS}
    told = [checkpoint.content_hash, checkpoint.test_images, network, settings, kind, objective]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def family_words(checkpoint: Checkpoint) -> str:
    """The family in words: "MNIST · 10-D conv 32-32-64-64 · seed 0"."""
    config, seed = checkpoint.model_config, checkpoint.training.get("seed")
    widths = "-".join(str(width) for width in (*config.channels, *config.hidden))
    size = f"{config.latent_dim}-D {config.architecture} {widths}"
    kind = {"beta-tc": ["β-TC"]}.get(checkpoint.objective.name, [])
    seeds = [] if seed is None else [f"seed {seed}"]
    return " · ".join([models.dataset_name(checkpoint), size, *kind, *seeds])


def beta_of(checkpoint: Checkpoint) -> float | None:
    """The weight of the KL; None for a plain autoencoder, and for an objective without β."""
    return checkpoint.objective.beta if checkpoint.objective.name in OBJECTIVES else None
