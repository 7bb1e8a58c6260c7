"""The Python side of the Reconstruction page: its component's data of a checkpoint and of another data set."""

import base64
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.datasets.drawing import drawing_frame, resize_images
from vae.datasets.pictures import DataError
from vae.datasets.registry import DATASETS, is_available, load_dataset
from vae.evaluation.anomaly import anomaly_scores, auroc
from vae.model import losses
from vae.model.latents import FloatArray
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import links, loaders, page, scripts
from vae.ui.shared.figures import PALETTE
from vae.validation import parse_whole

Images = NDArray[np.uint8]

SCORED = 500  # images of a data set that are scored; a tenth for conditional models, which try every class
SHOWN = 24  # images of the other data set to choose from
NO_OTHER = ""

# The functions of vae.model.losses that compute -log p(x|z) under each likelihood, outermost first.
_GAUSSIAN = (losses.gaussian_nll, losses.log_normal)
_RECONSTRUCTION: dict[str, tuple[Callable[..., Any], ...]] = {
    "bernoulli": (losses.bernoulli_nll,),
    "continuous-bernoulli": (
        losses.continuous_bernoulli_nll,
        losses.bernoulli_nll,
        losses.continuous_bernoulli_log_c,
    ),
    "gaussian": _GAUSSIAN,
    "gaussian-learned": _GAUSSIAN,
    "gaussian-optimal": _GAUSSIAN,
    "discretised-logistic": (losses.discretised_logistic_nll,),
}


@dataclass(frozen=True, eq=False)
class Scored:
    """Images of a data set in a model's size, with the anomaly score of each.

    Shapes: images (n, c, h, w), score (n,): -log p(x | z = mean) + KL in nats, without KL for a plain autoencoder.
    """

    images: Images
    score: FloatArray


def reconstruction(checkpoint: Checkpoint) -> None:
    """The component. The test image that it shows is part of the link."""
    label = page.choose_label(checkpoint, "its own, or the most likely")
    other = _choose_other(checkpoint)
    data = _page_data(checkpoint) | {
        "label": label,
        "image": _linked_image(checkpoint),
        "other": None if other is None else _other_data(checkpoint, other),
    }
    component = scripts.component("reconstruction", "lib/drawing.css", "reconstruction/reconstruction.css")
    result = component(key="reconstruction", data=data, on_image_change=lambda: None)
    if (row := links.sent_row(result.image, checkpoint)) is not None:
        st.query_params["image"] = str(row)


def _linked_image(checkpoint: Checkpoint) -> int:
    """The test image in the link; the first one if the link has none or there is no such image."""
    linked = st.query_params.get("image", "")
    return parse_whole(linked, 0, checkpoint.test_images - 1) or 0


def _choose_other(checkpoint: Checkpoint) -> str | None:
    """Another data set on this machine to show the model; part of the URL."""
    names = [name for name in DATASETS if name != checkpoint.dataset and is_available(name)]
    with st.sidebar:
        chosen = st.selectbox(
            "Compare with data set",
            [NO_OTHER, *names],
            format_func=lambda name: name or "none",
            key="other",
            bind="query-params",
            help="Images that the model was not trained on, below the pictures: reconstructed, and scored against the "
            "test images.",
        )
    return chosen or None


def _other_data(checkpoint: Checkpoint, name: str) -> dict[str, object]:
    try:
        scored = loaders.or_stop(lambda c, version: _other(c, version, name), checkpoint)
    except DataError as error:
        st.error(str(error))
        st.stop()
    own = _test_scores(checkpoint)
    return {
        "name": name,
        "images": base64.b64encode(scored.images[:SHOWN].tobytes()).decode(),
        "count": min(SHOWN, len(scored.images)),
        "score": base64.b64encode(scored.score.astype("<f4").tobytes()).decode(),
        "auroc": auroc(own, scored.score),
    }


def _page_data(checkpoint: Checkpoint) -> dict[str, object]:
    return loaders.or_stop(_checkpoint_data, checkpoint) | {
        "scores": base64.b64encode(_test_scores(checkpoint).astype("<f4").tobytes()).decode()
    }


def _test_scores(checkpoint: Checkpoint) -> FloatArray:
    loaders.load_model(checkpoint)  # ends the page with the reason if the weights are broken
    return loaders.or_stop(_own, checkpoint).score


@st.cache_resource(max_entries=16, show_spinner=False)
def _checkpoint_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    config = _checkpoint.model_config
    return {
        "script": scripts.script_url("reconstruction/reconstruction.js"),
        "model": _checkpoint.name,
        "version": version[1],
        "latent_dim": config.latent_dim,
        "image_shape": list(config.image_shape),
        "classes": config.classes,
        "class_names": list(_checkpoint.class_names),
        "palette": list(PALETTE),
        "kl": _checkpoint.kl_per_dimension,
        "frame": drawing_frame(_checkpoint.load_examples()),
        "likelihood": config.likelihood,
        "objective": page.objective_name(_checkpoint),
        "source": {
            "reconstruction": [_source(function) for function in _RECONSTRUCTION[config.likelihood]],
            "kl": [_source(losses.kl_divergence)],
        },
    }


def _source(function: Callable[..., Any]) -> dict[str, object]:
    """The source code of a function of vae.model.losses, from the file that is running."""
    lines, first = inspect.getsourcelines(function)
    return {"file": "vae/model/losses.py", "line": first, "code": "".join(lines).rstrip()}


@st.cache_resource(max_entries=16, show_spinner="Scoring test images…")
def _own(_checkpoint: Checkpoint, version: tuple[str, int]) -> Scored:
    images, labels = loaders.cached_examples(_checkpoint, version), loaders.cached_encoded(_checkpoint, version).labels
    count = _scored(_checkpoint)
    return Scored(
        images[:count], anomaly_scores(loaders.cached_model(_checkpoint, version), images[:count], labels[:count])
    )


@st.cache_resource(max_entries=16, show_spinner="Scoring the other data set…")
def _other(_checkpoint: Checkpoint, version: tuple[str, int], name: str) -> Scored:
    images = resize_images(load_dataset(name).test.images[: _scored(_checkpoint)], _checkpoint.model_config.image_shape)
    return Scored(images, anomaly_scores(loaders.cached_model(_checkpoint, version), images))


def _scored(checkpoint: Checkpoint) -> int:
    return SCORED // 10 if checkpoint.model_config.classes else SCORED
