"""The Python side of the Sampling page: the distributions of its latent vectors, and its link."""

import base64
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.evaluation import classifier
from vae.evaluation.aggregate import MOST_IMAGES, AggregateFit, Bound, draws_of, fit_aggregate
from vae.model.latents import sample
from vae.model.samplers import CHOICE_STREAM, Mixture, per_class, posterior_of, standard_normal
from vae.projection.methods import fit_pca
from vae.storage.checkpoints import Checkpoint
from vae.ui.shared import current_image, links, loaders, scripts
from vae.ui.shared.figures import PALETTE
from vae.validation import is_whole, parse_whole

MOST_SIDE = 16  # cell (row, column) of a grid has noise number 16 row + column, whatever the grid's size
LAST_SEED = 2**32 - 1
COMPONENTS = 3  # principal components to lay the manifold along

Params = dict[str, str]  # names and values in the link


@dataclass(frozen=True)
class Fitted:
    """Fitted to an encoded test set: a mixture of all codes, or why there is none, and a Gaussian per class."""

    fit: AggregateFit | None
    problem: str
    classes: tuple[Mixture | None, ...]


def sampling(checkpoint: Checkpoint) -> None:
    """The live grids of samples. Their settings at the last release are in the page's state and in the link."""
    loaders.load_model(checkpoint)  # a broken one ends the page here, with the reason
    params = _params(checkpoint)
    seed, latent_dim = int(params.get("seed", "0")), checkpoint.model_config.latent_dim
    chosen = {params.get(name, default) for name, default in _default_sources(checkpoint).items()}
    data = loaders.or_stop(_about, checkpoint) | {
        "params": params,
        "image": current_image.shown_image(checkpoint),
        # Also the next seed's, so that new noise is there at once.
        "noises": {str(n): _noise(n, latent_dim) for n in (seed, (seed + 1) % (LAST_SEED + 1))},
        "sources": {name: _packed(_source(checkpoint, name)) for name in sorted(chosen)},
    }
    component = scripts.component("sampling", "lib/controls.css", "sampling/sampling.css", *scripts.PANELS)
    on_params, on_picked = partial(_take, checkpoint), partial(_take_picked, checkpoint)
    component(key="sampling", data=data, on_params_change=on_params, on_picked_change=on_picked)
    _write_link(params | {"seed": str(seed)})


def _write_link(linked: Params) -> None:
    for name in CHECKS:
        if name in linked:
            st.query_params[name] = linked[name]
        elif name in st.query_params:
            del st.query_params[name]


def _take(checkpoint: Checkpoint) -> None:
    """Keeps the settings that the component sends on release. A new test image is that of all pages."""
    sent = st.session_state["sampling"]["params"]
    params = st.session_state["sampling_params"] = {name: str(sent[name]) for name in CHECKS if name in sent}
    name, row = _image_setting(params) or ("", "")
    if name and _is_source(params[name], checkpoint) and int(row) != current_image.shown_image(checkpoint):
        current_image.choose_image(checkpoint, int(row))


def _image_setting(params: Params) -> tuple[str, str] | None:
    """The setting whose posterior is that of a test image, and the image's number; of two the first."""
    for name in ("source", "against"):
        kind, _, row = params.get(name, "").partition(":")
        if kind == "image":
            return name, row
    return None


def _take_picked(checkpoint: Checkpoint) -> None:
    """Keeps the z of the picture that the user has picked for Explore."""
    sent = st.session_state["sampling"]["picked"]
    if not isinstance(sent, dict) or sent.get("model") != checkpoint.name:
        return
    config, label = checkpoint.model_config, sent.get("label")
    if z := links.sent_z(sent.get("z"), config.latent_dim):
        known = label if is_whole(label, 0, config.classes - 1) else None
        current_image.choose_place(checkpoint, "picture of Sampling", z, known)


# ---- the component's data --------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=16, show_spinner=False)
def _about(_checkpoint: Checkpoint, version: tuple[str, int]) -> dict[str, object]:
    """The component's data of a checkpoint; computed once, because a page's run must be short."""
    checkpoint = _checkpoint
    config, encoded = checkpoint.model_config, loaders.load_encoded(checkpoint)
    pca = fit_pca(encoded.mean, min(COMPONENTS, config.latent_dim))
    deviations = pca.project(encoded.mean).std(axis=0)
    return {
        "script": scripts.script_url("sampling/sampling.js"),
        "model": checkpoint.name,
        "latent_dim": config.latent_dim,
        "image_shape": list(config.image_shape),
        "classes": config.classes,
        "kl": checkpoint.kl_per_dimension,
        "spread": encoded.mean.std(axis=0).tolist(),
        "centre": encoded.mean.mean(axis=0).tolist(),
        "components": {
            "mean": pca.mean.tolist(),
            "directions": (pca.components * deviations[:, None]).tolist(),
            "explained": pca.explained.tolist(),
        },
        "class_names": list(checkpoint.class_names),
        "palette": list(PALETTE),
        "test_images": checkpoint.test_images,
        "default_sources": _default_sources(checkpoint),
        "offered": _offered(checkpoint),
        "classifier": _reliability(checkpoint),
        "mismatch": _mismatch_sentences(checkpoint),
    }


def _noise(seed: int, latent_dim: int) -> dict[str, str]:
    """The noise of vae.model.latents.sample and Mixture.sample with this seed, for the cells of the largest grid."""
    choice = np.random.default_rng((seed, CHOICE_STREAM)).random(MOST_SIDE**2)
    return {"values": _base64(sample(MOST_SIDE**2, latent_dim, seed), "<f4"), "choice": _base64(choice, "<f8")}


def _packed(mixture: Mixture) -> dict[str, object]:
    return {
        "weights": mixture.weights.tolist(),
        "means": _base64(mixture.means, "<f4"),
        "factors": _base64(mixture.factors, "<f4"),
    }


def _base64(array: NDArray[np.floating], kind: str) -> str:
    return base64.b64encode(array.astype(kind).tobytes()).decode()


def _reliability(checkpoint: Checkpoint) -> dict[str, float] | None:
    """How reliable the classifier of the model's pictures is; None where none ships for pictures of their kind."""
    known = checkpoint.dataset == classifier.DATASET and checkpoint.model_config.image_shape == classifier.IMAGE_SHAPE
    return asdict(classifier.read_reliability()) if known else None


def _has_prior(checkpoint: Checkpoint) -> bool:
    return checkpoint.model_config.posterior != "point"


def _default_sources(checkpoint: Checkpoint) -> dict[str, str]:
    """For every model N(0, I) on the left, the distribution of the codes on the right; also where it is no prior."""
    return {"source": "prior", "against": "prior" if _fitted(checkpoint).fit is None else "aggregate"}


def _offered(checkpoint: Checkpoint) -> list[dict[str, str]]:
    """The sources to choose from, with the reason if one cannot be chosen."""
    fitted, prior = _fitted(checkpoint), _has_prior(checkpoint)
    classes = zip(checkpoint.class_names, fitted.classes, strict=True)
    return [
        {"id": "prior", "name": "Prior N(0, I)" if prior else "N(0, I), not this model's prior", "problem": ""},
        {
            "id": "aggregate",
            "name": "Aggregate posterior" if prior else "Mixture of all test codes",
            "problem": fitted.problem,
        },
        *({"id": "image", "name": "Posterior of one image", "problem": ""} for _ in range(prior)),
        *(
            {"id": f"class:{label}", "name": f"Class {name}", "problem": "" if found else "fewer than 10 codes"}
            for label, (name, found) in enumerate(classes)
        ),
    ]


def _source(checkpoint: Checkpoint, name: str) -> Mixture:
    """The source of this name, which _is_source has accepted."""
    kind, _, number = name.partition(":")
    fitted, encoded = _fitted(checkpoint), loaders.load_encoded(checkpoint)
    if kind == "image":
        return posterior_of(encoded.mean[int(number)], encoded.logvar[int(number)])
    found = fitted.classes[int(number)] if kind == "class" else fitted.fit.mixture if fitted.fit else None
    return found if found and kind != "prior" else standard_normal(checkpoint.model_config.latent_dim)


def _mismatch_sentences(checkpoint: Checkpoint) -> dict[str, str]:
    """The distance between q(z) and p(z) in words: the number, its meaning, and how it was estimated."""
    fitted = _fitted(checkpoint)
    if not _has_prior(checkpoint):
        meaning = "a plain autoencoder does not determine where its codes lie"
        return {
            "number": "No prior:",
            "meaning": meaning,
            "how": "The mixture of Gaussians is fitted to the codes of all test images.",
        }
    if fitted.fit is None or fitted.fit.kl is None:
        return {
            "number": "Not estimated:",
            "meaning": "how far the aggregate posterior is from the prior",
            "how": fitted.problem,
        }
    lower, upper = fitted.fit.kl.lower, fitted.fit.kl.upper
    crossed = lower.nats >= upper.nats  # by chance, where both are near the KL
    between = f"Between {max(0, lower.nats):.2f} and {upper.nats:.2f} nats"
    return {
        "number": f"About {upper.nats:.2f} nats" if crossed else between,
        "meaning": "from the prior to the aggregate posterior: KL(q(z) ‖ p(z))",
        "how": f"{_lower_in_words(fitted.fit, lower)} {_upper_in_words(upper, checkpoint.test_images)} Computed once "
        "from the encoded test set. The same mixture is the source “Aggregate posterior”.",
    }


def _lower_in_words(fit: AggregateFit, bound: Bound) -> str:
    k = fit.mixture.components
    none = ", so that the prior explains them no worse, and the KL is at least 0" if bound.nats <= 0 else ""
    return (
        f"Lower bound {bound.nats:.2f} ± {bound.standard_error:.2f}: the mean of ln mixture(z) − ln p(z) under a "
        f"mixture of {k} Gaussian{'s' if k > 1 else ''}, over {fit.held_out:,} codes that were used neither to "
        f"fit it nor to choose the number of Gaussians{none}."
    )


def _upper_in_words(bound: Bound, images: int) -> str:
    return (
        f"Upper bound {bound.nats:.2f} ± {bound.standard_error:.2f}: the KL of the mixture of the q(z|x) of "
        f"{min(images, MOST_IMAGES):,} test images, which falls with more images; ELBO surgery's total correlation + "
        "dimension-wise KL is this number. ± the mean's standard error."
    )


def _fitted(checkpoint: Checkpoint) -> Fitted:
    return loaders.or_stop(_fit, checkpoint)


@st.cache_resource(max_entries=16, show_spinner="Fitting Gaussians to the encoded test set, once; up to ten seconds…")
def _fit(_checkpoint: Checkpoint, version: tuple[str, int]) -> Fitted:
    encoded = loaders.load_encoded(_checkpoint)
    try:
        classes = per_class(draws_of(encoded), encoded.labels, len(_checkpoint.class_names))
        fit = _checkpoint.load_fit(encoded) or fit_aggregate(encoded)
    except ValueError as error:
        return Fitted(None, str(error), (None,) * len(_checkpoint.class_names))
    return Fitted(fit, "", classes)


# ---- the link --------------------------------------------------------------------------------------------------------

Check = Callable[[str, Checkpoint], bool]


def _params(checkpoint: Checkpoint) -> Params:
    """The settings of the page; those that do not fit the model are left out and so have their defaults.

    A test image whose posterior is shown is that of all pages.
    """
    from_link = "sampling_params" not in st.session_state or links.by_history()
    if from_link:
        _take_link(checkpoint)
    stored: Params = st.session_state["sampling_params"]
    params = {name: value for name, value in stored.items() if CHECKS[name][0](value, checkpoint)}
    if setting := _image_setting(params):
        name, row = setting
        if from_link and current_image.link_decides():
            current_image.choose_image(checkpoint, int(row))
        params[name] = stored[name] = f"image:{current_image.shown_image(checkpoint)}"
    return params


def _take_link(checkpoint: Checkpoint) -> None:
    linked = {name: value for name, value in st.query_params.to_dict().items() if name in CHECKS}
    st.session_state["sampling_params"] = linked
    for name, value in linked.items():
        fits, expected = CHECKS[name]
        if not fits(value, checkpoint):
            st.warning(f"This link's “{name}” is not {expected}; it is ignored.")


def _is_whole(text: str, least: int, most: int) -> bool:
    return parse_whole(text, least, most) is not None


def _is_decimal(text: str, least: float, most: float) -> bool:
    return re.fullmatch(r"[0-9](\.[0-9]{1,2})?", text) is not None and least <= float(text) <= most


def _is_class(text: str, checkpoint: Checkpoint) -> bool:
    return _is_whole(text, 0, checkpoint.model_config.classes - 1)


def _is_source(text: str, checkpoint: Checkpoint) -> bool:
    if text.startswith("image:"):
        return _has_prior(checkpoint) and _is_whole(text.removeprefix("image:"), 0, checkpoint.test_images - 1)
    return text != "image" and any(text == offer["id"] and not offer["problem"] for offer in _offered(checkpoint))


def _is_hold(text: str, checkpoint: Checkpoint) -> bool:
    dimension, _, value = text.partition(":")
    whole = _is_whole(dimension, 0, checkpoint.model_config.latent_dim - 1)
    return whole and re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,2})?", value) is not None


def _is_plane(text: str, checkpoint: Checkpoint) -> bool:
    latent_dim = checkpoint.model_config.latent_dim
    axes = text.split(",")
    whole = [
        _is_whole(axis[2:], 1, min(COMPONENTS, latent_dim))
        if axis.startswith("pc")
        else axis.startswith("z") and _is_whole(axis[1:], 0, latent_dim - 1)
        for axis in axes
    ]
    return len(axes) == min(2, latent_dim) and all(whole)


CHECKS: dict[str, tuple[Check, str]] = {
    "view": (lambda text, _: text in ("one", "two", "plane"), "one, two or plane"),
    "seed": (lambda text, _: _is_whole(text, 0, LAST_SEED), f"a whole number from 0 to {LAST_SEED}"),
    "side": (lambda text, _: _is_whole(text, 2, MOST_SIDE), f"a whole number from 2 to {MOST_SIDE}"),
    "temperature": (lambda text, _: _is_decimal(text, 0, 2), "a number from 0 to 2 with up to two decimals"),
    "truncation": (lambda text, _: _is_decimal(text, 0.1, 4), "a number from 0.1 to 4 with up to two decimals"),
    "source": (_is_source, "a source of this model"),
    "against": (_is_source, "a source of this model"),
    "told": (_is_class, "the number of a class of this conditional model"),
    "against_told": (_is_class, "the number of a class of this conditional model"),
    "hold": (_is_hold, "a latent dimension of this model and its value, such as 0:1.5"),
    "plane": (_is_plane, "axes of this model, such as z0,z1"),
}
