"""What Sampling shows: noise, the distributions of its latent vectors, how far these are from the prior."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from vae.evaluation.aggregate import MOST_IMAGES, AggregateFit, Bound, draws_of, fit_aggregate
from vae.evaluation.pictures import classifier
from vae.evaluation.pictures.samples import SamplesReport
from vae.model.flow import SecondStage
from vae.model.latents import EncodedSet, sample
from vae.model.samplers import CHOICE_STREAM, Mixture, per_class, posterior_of, standard_normal
from vae.projection.methods import fit_pca
from vae.server.weights import local_model
from vae.storage.checkpoints import Checkpoint
from vae.validation import parse_whole
from vae.views.shared import pages, scripts
from vae.views.shared.palette import PALETTE

MOST_SIDE = 16  # cell (row, column) of a grid has noise number 16 row + column, whatever the grid's size
LAST_SEED = 2**32 - 1
COMPONENTS = 3  # principal components to lay the manifold along


@dataclass(frozen=True)
class Fitted:
    """Fitted to an encoded test set: a mixture of all codes, or why there is none, and a Gaussian per class.

    second, report: the second-stage prior and how good the samples are; None where the checkpoint does not have them.
    """

    fit: AggregateFit | None
    problem: str
    classes: tuple[Mixture | None, ...]
    second: SecondStage | None = None
    report: SamplesReport | None = None


def fit_sources(checkpoint: Checkpoint, encoded: EncodedSet) -> Fitted:
    """The fits to a checkpoint's codes: that of the aggregate is read where it was saved, else it takes seconds.

    Raises CheckpointError for a broken one.
    """
    try:
        classes = per_class(draws_of(encoded), encoded.labels, len(checkpoint.class_names))
        fit = checkpoint.load_fit(encoded) or fit_aggregate(encoded)
    except ValueError as error:
        return Fitted(None, str(error), (None,) * len(checkpoint.class_names))
    second, report = checkpoint.load_second_stage(encoded, fit), checkpoint.load_samples(encoded, fit)
    return Fitted(fit, "", classes, second, report)


def sampling_data(checkpoint: Checkpoint, encoded: EncodedSet, fitted: Fitted) -> dict[str, object]:
    """The component's data of a checkpoint."""
    config = checkpoint.model_config
    pca = fit_pca(encoded.mean, min(COMPONENTS, config.latent_dim))
    deviations = pca.project(encoded.mean).std(axis=0)
    return {
        "script": scripts.script_url(pages.SAMPLING.script),
        "model": checkpoint.name,
        "local": local_model(checkpoint),
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
        "default_sources": default_sources(fitted),
        "offered": offered_sources(checkpoint, fitted),
        "classifier": _reliability(checkpoint),
        "mismatch": _mismatch_sentences(checkpoint, fitted),
        "scores": None if fitted.report is None else fitted.report.to_json(),
    }


def noise(seed: int, latent_dim: int) -> dict[str, str]:
    """The noise of vae.model.latents.sample and Mixture.sample with this seed, for the cells of the largest grid."""
    choice = np.random.default_rng((seed, CHOICE_STREAM)).random(MOST_SIDE**2)
    return {"values": _base64(sample(MOST_SIDE**2, latent_dim, seed), "<f4"), "choice": _base64(choice, "<f8")}


def noises(seed: int, latent_dim: int) -> dict[str, dict[str, str]]:
    """The noise of a seed and of the next one, so that new noise is there at once."""
    return {str(n): noise(n, latent_dim) for n in (seed, (seed + 1) % (LAST_SEED + 1))}


def default_sources(fitted: Fitted) -> dict[str, str]:
    """For every model N(0, I) on the left, the distribution of the codes on the right; also where it is no prior."""
    return {"source": "prior", "against": "prior" if fitted.fit is None else "aggregate"}


def offered_sources(checkpoint: Checkpoint, fitted: Fitted) -> list[dict[str, str]]:
    """The sources to choose from, with the reason if one cannot be chosen."""
    prior = _has_prior(checkpoint)
    classes = zip(checkpoint.class_names, fitted.classes, strict=True)
    return [
        {"id": "prior", "name": "Prior N(0, I)" if prior else "N(0, I), not this model's prior", "problem": ""},
        {
            "id": "aggregate",
            "name": "Aggregate posterior" if prior else "Mixture of all test codes",
            "problem": fitted.problem,
        },
        *({"id": "second", "name": _second_name(prior), "problem": ""} for _ in range(fitted.second is not None)),
        *({"id": "image", "name": "Posterior of one image", "problem": ""} for _ in range(prior)),
        *(
            {"id": f"class:{label}", "name": f"Class {name}", "problem": "" if found else "fewer than 10 codes"}
            for label, (name, found) in enumerate(classes)
        ),
    ]


def is_source(text: str, checkpoint: Checkpoint, offered: list[dict[str, str]]) -> bool:
    """Whether a source of this name can be chosen: "prior", "class:3", "image:17"."""
    if text.startswith("image:"):
        row = parse_whole(text.removeprefix("image:"), 0, checkpoint.test_images - 1)
        return _has_prior(checkpoint) and row is not None
    return text != "image" and any(text == offer["id"] and not offer["problem"] for offer in offered)


def source(checkpoint: Checkpoint, encoded: EncodedSet, fitted: Fitted, name: str) -> Mapping[str, object]:
    """The source of this name, which is_source has accepted, as the component takes it."""
    mixture = _mixture(checkpoint, encoded, fitted, name)
    packed = {
        "weights": mixture.weights.tolist(),
        "means": _base64(mixture.means, "<f4"),
        "factors": _base64(mixture.factors, "<f4"),
    }
    if name != "second" or fitted.second is None:
        return packed
    return packed | {"flow": {key: _base64(t.numpy(), "<f4") for key, t in fitted.second.flow.state_dict().items()}}


def _mixture(checkpoint: Checkpoint, encoded: EncodedSet, fitted: Fitted, name: str) -> Mixture:
    kind, _, number = name.partition(":")
    if kind == "image":
        return posterior_of(encoded.mean[int(number)], encoded.logvar[int(number)])
    found = fitted.classes[int(number)] if kind == "class" else fitted.fit.mixture if fitted.fit else None
    return found if found and kind != "prior" else standard_normal(checkpoint.model_config.latent_dim)


def _second_name(prior: bool) -> str:
    return "Second-stage prior" if prior else "Second stage: flow after the mixture"


def _base64(array: NDArray[np.floating], kind: str) -> str:
    return base64.b64encode(array.astype(kind).tobytes()).decode()


def _reliability(checkpoint: Checkpoint) -> dict[str, float] | None:
    """How reliable the classifier of the model's pictures is; None where none ships for pictures of their kind."""
    known = classifier.is_known(checkpoint.dataset, checkpoint.model_config.image_shape)
    return asdict(classifier.read_reliability()) if known else None


def _has_prior(checkpoint: Checkpoint) -> bool:
    return checkpoint.model_config.posterior != "point"


def _mismatch_sentences(checkpoint: Checkpoint, fitted: Fitted) -> dict[str, str]:
    """The distance between q(z) and p(z) in words: the number, its meaning, and how it was estimated."""
    if not _has_prior(checkpoint):
        meaning = "a plain autoencoder does not determine where its codes lie"
        return {
            "number": "No prior:",
            "meaning": meaning,
            "how": f"The mixture of Gaussians is fitted to the codes of all test images.{_remedy(checkpoint, fitted)}",
        }
    if fitted.fit is None or fitted.fit.kl is None:
        return {
            "number": "Not estimated:",
            "meaning": "how far the aggregate posterior is from the prior",
            "how": fitted.problem,
        }
    lower, upper = _prior_lower(fitted, fitted.fit.kl.lower), fitted.fit.kl.upper
    crossed = lower.nats >= upper.nats  # by chance, where both are near the KL
    least = max(0, lower.nats)
    between = f"Between {least:.2f} and {upper.nats:.2f} nats"
    bits = f"{upper.nats / log(2):.1f} bits" if crossed else f"{least / log(2):.1f} to {upper.nats / log(2):.1f} bits"
    return {
        "number": f"About {upper.nats:.2f} nats" if crossed else between,
        "meaning": f"from the prior to the aggregate posterior: KL(q(z) ‖ p(z)), {bits}",
        "how": f"{_lower_in_words(fitted, lower)} {_upper_in_words(upper, checkpoint.test_images)} Computed once "
        "from the encoded test set. The same mixture is the source “Aggregate posterior”."
        f"{_remedy(checkpoint, fitted)}",
    }


def _prior_lower(fitted: Fitted, bound: Bound) -> Bound:
    """The lower bound of KL(q || p): the second stage's where there is one, else the mixture's."""
    gap = fitted.report.sources["prior"].gap if fitted.report and fitted.second else None
    return bound if gap is None else gap.lower


def _remedy(checkpoint: Checkpoint, fitted: Fitted) -> str:
    """What a checkpoint of an older version lacks, and what makes it."""
    if fitted.report is not None or fitted.fit is None:
        return ""
    return (
        " How good the samples are is not measured yet, and there is no second-stage prior: "
        f"python -m vae prior {checkpoint.name} makes both."
    )


def _lower_in_words(fitted: Fitted, bound: Bound) -> str:
    assert fitted.fit is not None
    k = fitted.fit.mixture.components
    under = f"a mixture of {k} Gaussian{'s' if k > 1 else ''}"
    density = under
    if fitted.second is not None and fitted.report is not None:
        density = f"the second-stage prior, {under} and a flow,"
    none = ", so that the prior explains them no worse, and the KL is at least 0" if bound.nats <= 0 else ""
    return (
        f"Lower bound {bound.nats:.2f} ± {bound.standard_error:.2f}: the mean of ln r(z) − ln p(z), r the density of "
        f"{density} over {fitted.fit.held_out:,} codes that were used neither to fit it nor to choose the number of "
        f"Gaussians{none}."
    )


def _upper_in_words(bound: Bound, images: int) -> str:
    return (
        f"Upper bound {bound.nats:.2f} ± {bound.standard_error:.2f}: the KL of the mixture of the q(z|x) of "
        f"{min(images, MOST_IMAGES):,} test images, which falls with more images; ELBO surgery's total correlation + "
        "dimension-wise KL is this number. ± the mean's standard error."
    )
