"""The Reconstruction page's end in Python: what its component knows of a checkpoint, and of another data set."""

import base64
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch.nn import functional

from vae import losses
from vae.checkpoints import Checkpoint
from vae.data import DATASETS, is_available, load_dataset
from vae.figures import PALETTE
from vae.latents import FloatArray, encode, reconstruct
from vae.models import VAE
from vae.pictures import DataError
from vae.ui import links, loaders, page, scripts

Images = NDArray[np.uint8]
Frame = dict[str, float]

SCORED = 500  # images of a data set that are scored; a tenth where each is tried as every class
SHOWN = 24  # images of the other data set to choose from
FRAME_SHARE = 0.9  # of the images must fill the same box for it to be the data set's rule
NO_OTHER = ""

# The functions of vae.losses that compute -log p(x|z) under each likelihood, outermost first.
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
    """Images of a data set in a model's size, and how badly the model explains each.

    Shapes: images (n, c, h, w), score (n,): -log p(x | z = mean) + KL in nats, the KL left out for a plain autoencoder.
    """

    images: Images
    score: FloatArray


def reconstruction(checkpoint: Checkpoint) -> None:
    """The component. The test image that is being looked at stands in the link."""
    label = page.choose_label(checkpoint, "its own, or the likeliest")
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
    """The test image that the link asks for; the first one where it asks for none or for one that is not there."""
    asked = st.query_params.get("image", "")
    row = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    return row if row < checkpoint.test_images else 0


def _choose_other(checkpoint: Checkpoint) -> str | None:
    """Another data set on this machine to show the model; stands in the URL."""
    names = [name for name in DATASETS if name != checkpoint.dataset and is_available(name)]
    with st.sidebar:
        chosen = st.selectbox(
            "Compare with data set",
            [NO_OTHER, *names],
            format_func=lambda name: name or "none",
            key="other",
            bind="query-params",
            help="Images that the model was not made for, below the pictures: to be reconstructed, and scored against "
            "the test images.",
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
    loaders.load_model(checkpoint)  # ends the page with the reason where the weights are broken
    return loaders.or_stop(_own, checkpoint).score


@st.cache_resource(max_entries=16, show_spinner=False)
def _checkpoint_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """What the component needs to know of a checkpoint; made once, because a page's run must be short."""
    config = _checkpoint.model_config
    return {
        "base": scripts.base_path(),
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
    """A function of vae.losses as it stands in the file that is running."""
    lines, first = inspect.getsourcelines(function)
    return {"file": "vae/losses.py", "line": first, "code": "".join(lines).rstrip()}


@st.cache_resource(max_entries=16, show_spinner="Scoring test images…")
def _own(_checkpoint: Checkpoint, version: tuple[str, int]) -> Scored:
    images, labels = loaders.cached_examples(_checkpoint, version), loaders.cached_encoded(_checkpoint, version).labels
    count = _scored(_checkpoint)
    return Scored(images[:count], scores(loaders.cached_model(_checkpoint, version), images[:count], labels[:count]))


@st.cache_resource(max_entries=16, show_spinner="Scoring the other data set…")
def _other(_checkpoint: Checkpoint, version: tuple[str, int], name: str) -> Scored:
    images = adapted(load_dataset(name).test.images[: _scored(_checkpoint)], _checkpoint.model_config.image_shape)
    return Scored(images, scores(loaders.cached_model(_checkpoint, version), images))


def _scored(checkpoint: Checkpoint) -> int:
    return SCORED // 10 if checkpoint.model_config.classes else SCORED


def scores(model: VAE, images: Images, labels: NDArray[np.int64] | None = None) -> FloatArray:
    """-log p(x | z = mean) + KL of each image in nats: its -ELBO with z at the middle of q(z|x), nothing drawn.

    Shapes: images (n, c, h, w), labels (n,) -> (n,). A conditional model without labels tells its decoder each class in
    turn, and the class counts under which the image is likeliest. A plain autoencoder's KL is 0.
    """
    told = [labels] if labels is not None or not model.config.classes else _every_class(model, len(images))
    nll = np.min([reconstruct(model, images, told_now)[1] for told_now in told], axis=0)
    any_label = np.zeros(len(images), np.int64)
    return np.asarray(nll + encode(model, images, any_label).kl, np.float32)


def _every_class(model: VAE, n: int) -> list[NDArray[np.int64] | None]:
    return [np.full(n, label, np.int64) for label in range(model.config.classes)]


def auroc(inside: FloatArray, outside: FloatArray) -> float:
    """The probability that a score from outside is above one from inside, ties counting half: the area under the ROC.

    Shapes: (n,), (m,). Source: Hanley & McNeil 1982.
    """
    ordered = np.sort(inside)
    below = np.searchsorted(ordered, outside, "left")
    up_to = np.searchsorted(ordered, outside, "right")
    return float((below + up_to).mean() / 2 / len(inside))


def adapted(images: Images, image_shape: tuple[int, int, int]) -> Images:
    """Images in another size and number of channels. Shapes: (n, c, h, w) -> (n, *image_shape).

    Scaled bilinearly, smoothed before shrinking. Colour becomes the grey that it looks like (ITU-R BT.601).
    """
    x = torch.from_numpy(images).float()
    channels, height, width = image_shape
    if x.shape[1] == 3 and channels == 1:
        x = (x * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    x = functional.interpolate(x, (height, width), mode="bilinear", align_corners=False, antialias=True)
    return x.round().clamp(0, 255).to(torch.uint8).expand(-1, channels, -1, -1).contiguous().numpy()


def drawing_frame(images: Images) -> Frame | None:
    """How a data set places what is drawn on black: side of the box that it fills, and where its centre of mass lies.

    Unit: pixels, counted from the top left corner. None where nine tenths of the images do not fill the same box, or
    more than a tenth the whole picture, and for colour. 20×20 and 14.5 come out for MNIST. Shape: images (n, c, h, w).
    """
    drawn = images[:, 0][images.any(axis=(1, 2, 3))]
    if images.shape[1] != 1 or not len(drawn):
        return None
    extents = np.stack([_extent((drawn > 0).any(axis=axis)) for axis in (1, 2)])
    sides, counts = np.unique(extents.max(axis=0), return_counts=True)
    side, share = sides[counts.argmax()], counts.max() / len(drawn)
    height, width = drawn.shape[1:]
    unplaced = np.mean((extents[0] == width) & (extents[1] == height))  # pictures from edge to edge
    if share < FRAME_SHARE or unplaced > 1 - FRAME_SHARE:
        return None
    mass = drawn.sum(axis=(1, 2), dtype=np.float64)
    middles = [
        drawn.sum(axis=axis, dtype=np.float64) @ (np.arange(drawn.shape[3 - axis]) + 0.5) / mass for axis in (1, 2)
    ]
    # The middle of the range: whole pixels leave centres of mass anywhere within one.
    across, down = (round(float(np.percentile(middle, [5, 95]).mean()), 1) for middle in middles)
    return {"side": int(side), "across": across, "down": down}


def _extent(inked: Any) -> NDArray[np.int64]:
    """From the first to the last that is True, in each row. Shape: (n, length) of bool -> (n,)."""
    return np.asarray(inked.shape[1] - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1))
