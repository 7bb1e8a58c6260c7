"""The Python side of the Reconstruction page: its component's data of a checkpoint and of another data set."""

import base64
import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.datasets.drawing import drawing_frame, is_dark_on_bright, resize_images
from vae.datasets.pictures import DataError
from vae.datasets.registry import DATASETS, is_available, load_dataset
from vae.evaluation.anomaly import anomaly_scores, auroc, corrected_scores
from vae.evaluation.complexity import density_offset
from vae.model import losses
from vae.model.latents import FloatArray, posterior_noise
from vae.model.networks import VAE
from vae.storage.checkpoints import Checkpoint
from vae.ui.latent_map.source import images_on_disk
from vae.ui.shared import current_image, links, loaders, models, page, scripts
from vae.ui.shared.figures import PALETTE

Images = NDArray[np.uint8]

SCORED = 500  # images of another data set that are scored; a tenth for conditional models, which try every class
COMPRESSED_PIXELS, LEAST_COMPRESSED = 2**20, 50  # of one set of images
NOISE_PICTURES = 50
LOADING_SECONDS = 2.0  # for which the page waits for the test images of its data set; MNIST takes half a second
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


def reconstruction(checkpoint: Checkpoint) -> None:
    """The component. The test image that it shows is part of the link."""
    own = _shows_own_picture(checkpoint)
    label = page.choose_label(checkpoint, "its own, or the most likely")
    other = _choose_other(checkpoint)
    row = current_image.chosen_image(checkpoint)
    data = _page_data(checkpoint) | {
        "label": label,
        "image": row,
        "own": own,
        "other": None if other is None else _other_data(checkpoint, other),
    }
    component = scripts.component(
        "reconstruction", "lib/controls.css", "lib/drawing.css", "reconstruction/reconstruction.css", *scripts.PANELS
    )
    component(key="reconstruction", data=data, on_choice_change=partial(_take_choice, checkpoint))
    current_image.write_link(None if own else row)


def _shows_own_picture(checkpoint: Checkpoint) -> bool:
    """Whether the user's own picture, where the browser has one, is newer than the choice of a test image."""
    state = st.session_state
    linked = current_image.follow_link(checkpoint)
    if current_image.is_newer("reconstruction"):
        state["own_picture"] = False
    if links.by_history() and linked is None:
        state["own_picture"] = True
    own: bool = state.setdefault("own_picture", True)
    return own


def _take_choice(checkpoint: Checkpoint) -> None:
    """Takes the test image that the user has chosen, or that the user shows an own picture."""
    sent = st.session_state["reconstruction"]["choice"]
    sent = sent if isinstance(sent, dict) and sent.get("model") == checkpoint.name else {}
    if (row := links.sent_row(sent.get("image"), checkpoint)) is not None:
        current_image.choose_image(checkpoint, row)
    elif sent:
        st.session_state["own_picture"] = True


def _choose_other(checkpoint: Checkpoint) -> str | None:
    """Another data set on this machine to show the model; part of the URL."""
    names = [name for name in DATASETS if name != checkpoint.dataset and is_available(name)]
    with page.controls():
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
        other = loaders.or_stop(lambda c, version: _other(c, version, name), checkpoint)
    except DataError as error:
        st.error(str(error))
        st.stop()
    images, scored = other.images, other.scored
    noise = posterior_noise(len(images), checkpoint.model_config.latent_dim)[:SHOWN]
    return {
        "name": name,
        "rows": other.rows[:SHOWN].tolist(),
        "images": base64.b64encode(images[:SHOWN].tobytes()).decode(),
        "noise": _floats(noise),
        "score": _floats(scored.score),
        "corrected": None if scored.corrected is None else _floats(scored.corrected),
        "comparison": _comparison(f"{len(images)} images of {name}", _test_scores(checkpoint), scored),
    }


def _page_data(checkpoint: Checkpoint) -> dict[str, object]:
    own = _test_scores(checkpoint)
    config = checkpoint.model_config
    return loaders.or_stop(_checkpoint_data, checkpoint) | {
        "corrected": None if own.corrected is None else _floats(own.corrected),
        "first": bool((own.rows == np.arange(len(own.rows))).all()),
        "comparisons": loaders.or_stop(_comparisons, checkpoint),
        "density_offset": density_offset(config.likelihood, config.image_shape),
    }


def _floats(values: FloatArray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def _test_scores(checkpoint: Checkpoint) -> Scored:
    loaders.load_model(checkpoint)  # ends the page with the reason if the weights are broken
    return loaders.or_stop(_own, checkpoint)


def _comparison(name: str, own: Scored, other: Scored) -> dict[str, object]:
    """How well both scores tell other images from the test images."""
    corrected = None
    if own.corrected is not None and other.corrected is not None:
        corrected = auroc(own.corrected, other.corrected)
    return {"name": name, "auroc": auroc(own.score, other.score), "corrected": corrected}


@st.cache_resource(max_entries=16, show_spinner=False)
def _checkpoint_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    config, examples = _checkpoint.model_config, loaders.cached_examples(_checkpoint, version)
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
        "noise": posterior_noise(1, config.latent_dim)[0].tolist(),
        "frame": drawing_frame(examples),
        "bright": is_dark_on_bright(examples),
        "likelihood": config.likelihood,
        "objective": models.objective_name(_checkpoint),
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
    """The test images' scores: those that the evaluation stored of all, corrected ones of some that there are here."""
    encoded = loaders.cached_encoded(_checkpoint, version)
    images = loaders.cached_examples(_checkpoint, version)
    with suppress(TimeoutError):  # the data set is large: the examples are there at once
        loaded = images_on_disk(_checkpoint, version).result(timeout=LOADING_SECONDS)
        images = images if loaded is None else loaded
    score = encoded.reconstruction + encoded.kl
    rows = random_rows(len(images), _compressed(_checkpoint))
    return Scored(score, rows, _corrected(loaders.cached_model(_checkpoint, version), images[rows], score[rows]))


@st.cache_resource(max_entries=16, show_spinner="Scoring the other data set…")
def _other(_checkpoint: Checkpoint, version: tuple[str, int], name: str) -> OtherImages:
    all_images = load_dataset(name).test.images
    rows = random_rows(len(all_images), _scored(_checkpoint))
    images = resize_images(all_images[rows], _checkpoint.model_config.image_shape)
    return OtherImages(images, rows, _scores(_checkpoint, version, images))


@st.cache_resource(max_entries=16, show_spinner=False)
def _comparisons(_checkpoint: Checkpoint, version: tuple[str, int]) -> list[dict[str, object]]:
    """How well the scores tell two kinds of pictures without content from the test images."""
    own, shape = _own(_checkpoint, version), _checkpoint.model_config.image_shape
    noise = np.random.default_rng(0).integers(0, 256, (NOISE_PICTURES, *shape), np.uint8)
    kinds = {"a black picture": np.zeros((1, *shape), np.uint8), f"{NOISE_PICTURES} pictures of noise": noise}
    return [_comparison(name, own, _scores(_checkpoint, version, images)) for name, images in kinds.items()]


def _scores(checkpoint: Checkpoint, version: tuple[str, int], images: Images) -> Scored:
    """Both scores of images that are not test images; the corrected of the first, as many as of the test images."""
    model = loaders.cached_model(checkpoint, version)
    score, rows = anomaly_scores(model, images), np.arange(min(len(images), _compressed(checkpoint)))
    return Scored(score, rows, _corrected(model, images[rows], score[rows]))


def _corrected(model: VAE, images: Images, score: FloatArray) -> FloatArray | None:
    return None if model.config.posterior == "point" else corrected_scores(model, images, score)


def random_rows(count: int, most: int) -> NDArray[np.int64]:
    """At most this many of `count` rows, chosen at random with a fixed seed, in ascending order.

    The first test images are not like the rest: of MNIST's, the first 5,000 are the easier ones.
    """
    return np.sort(np.random.default_rng(0).permutation(count)[:most])


def _scored(checkpoint: Checkpoint) -> int:
    return SCORED // 10 if checkpoint.model_config.classes else SCORED


def _compressed(checkpoint: Checkpoint) -> int:
    """How many pictures of a set are compressed: fewer large ones, since each pixel takes about half a microsecond."""
    return max(LEAST_COMPRESSED, min(SCORED, COMPRESSED_PIXELS // prod(checkpoint.model_config.image_shape)))
