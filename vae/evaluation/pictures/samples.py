"""The distributions that Sampling draws from, compared: how good and various the pictures are, and what each costs."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.datasets.splits import Dataset
from vae.evaluation.aggregate import AggregateFit, Bound, Gap, draws_of, gaps
from vae.evaluation.pictures import classifier
from vae.evaluation.pictures.quality import NEIGHBOURS, Features, SampleQuality, features, sample_quality
from vae.model.flow import LEAST_DIMS, STEPS, SecondStage, fit_second_stage
from vae.model.latents import EncodedSet, FloatArray, decode, encode
from vae.model.networks import VAE
from vae.model.samplers import standard_normal
from vae.validation import is_number, require

SEED = 0  # of the samples
DECODE_BATCH = 500
NAMES = ("prior", "aggregate", "second")  # as Sampling's links name the sources


@dataclass(frozen=True)
class SourceScores:
    """Of one distribution: its gap to the aggregate posterior, None for a plain autoencoder, and its samples' quality,
    None where no classifier knows the pictures."""

    gap: Gap | None
    quality: SampleQuality | None


@dataclass(frozen=True)
class SamplesReport:
    """The scores of the prior, the mixture and the second stage, by the sources' names.

    real: the quality of as many training images in the samples' place, the most that can be expected.
    """

    sources: dict[str, SourceScores]
    real: SampleQuality | None
    protocol: str

    def to_json(self) -> dict[str, Any]:
        """All numbers to the last digit."""
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> "SamplesReport":
        """The report that to_json() has described. Raises an error of any kind for another JSON: it is not trusted."""
        sources = {name: _scores(values["sources"][name]) for name in NAMES if name in values["sources"]}
        require(len(sources) == len(values["sources"]), "sources", list(values["sources"]), f"among {NAMES}")
        return SamplesReport(sources, _quality(values["real"]), str(values["protocol"]))


def _scores(values: dict[str, Any]) -> SourceScores:
    gap = values["gap"]
    bounds = None if gap is None else Gap(Bound(**_numbers(gap["lower"])), Bound(**_numbers(gap["upper"])))
    return SourceScores(bounds, _quality(values["quality"]))


def _quality(values: dict[str, Any] | None) -> SampleQuality | None:
    return None if values is None else SampleQuality(**_numbers(values))


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    require(all(map(is_number, values.values())), "numbers of a report", values, "finite numbers")
    return values


def second_stage_of(model: VAE, dataset: Dataset, fit: AggregateFit, seed: int = SEED) -> SecondStage | None:
    """The second-stage prior of a model, fitted to its training images and judged by the validation images.

    None for a latent space of one dimension. Encoding takes most of the time: with 55,000 images, 10 of 20 seconds.
    """
    if model.config.latent_dim < LEAST_DIMS:
        return None
    train, validation = (
        encode(model, split.images, split.labels, seed) for split in (dataset.train, dataset.validation)
    )
    logvar = None if model.config.posterior == "point" else train.logvar
    return fit_second_stage(fit.mixture, train.mean, logvar, draws_of(validation), steps=STEPS, seed=seed)


def samples_report(
    model: VAE,
    dataset: Dataset,
    encoded: EncodedSet,
    fit: AggregateFit,
    second: SecondStage | None,
    *,
    seed: int = SEED,
) -> SamplesReport:
    """The report of a model, its encoded test set and what was fitted to it; some 40 seconds for 10,000 test images."""
    found = gaps(encoded, fit, second)
    sources = {"prior": standard_normal(model.config.latent_dim), "aggregate": fit.mixture}
    every = sources if second is None else sources | {"second": second}
    protocol = (
        "nats: over the test codes that the mixture held out, one draw each; bounds as those of KL(q(z) || p(z)), the "
        "lower ones with the last of these distributions"
    )
    if not classifier.is_known(dataset.name, dataset.image_shape):
        scores = {name: SourceScores(found.get(name), None) for name in every}
        return SamplesReport(scores, None, f"{protocol}; no quality: the classifier that ships knows MNIST only")
    known = classifier.load_classifier()
    real, n = features(known, dataset.test.images), len(dataset.test)
    scores = {
        name: SourceScores(
            found.get(name),
            sample_quality(real, features(known, _pictures(model, each.sample(n, seed), encoded, seed))),
        )
        for name, each in every.items()
    }
    return SamplesReport(scores, _of_training_images(known, dataset, real, seed), f"{protocol}; {_protocol(n, seed)}")


def _of_training_images(
    known: classifier.DigitClassifier, dataset: Dataset, real: Features, seed: int
) -> SampleQuality:
    rows = np.random.default_rng(seed).permutation(len(dataset.train))[: len(real)]
    return sample_quality(real, features(known, dataset.train.images[np.sort(rows)]))


def _pictures(model: VAE, z: FloatArray, encoded: EncodedSet, seed: int) -> NDArray[np.uint8]:
    """Decoded; by a conditional model as the classes that random test images have. Shapes: z (n, d) -> (n, c, h, w)."""
    labels = np.random.default_rng(seed).choice(encoded.labels, len(z))
    starts = range(0, len(z), DECODE_BATCH)
    parts = [decode(model, z[i : i + DECODE_BATCH], labels[i : i + DECODE_BATCH]) for i in starts]
    return np.concatenate(parts)


def _protocol(n: int, seed: int) -> str:
    return (
        f"quality: {n} samples at temperature 1, seed {seed}, the decoder's mean pictures, beside the {n} test images, "
        "in the 64 features of the digit classifier that ships; precision and recall with k = "
        f"{NEIGHBOURS} (Kynkäänniemi et al. 2019); Fréchet distance (Heusel et al. 2017), not the FID; it falls with "
        f"more pictures, so compare only those of {n}; real: {n} training images in the samples' place"
    )
