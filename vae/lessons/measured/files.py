"""Numbers that stand in a checkpoint's files: metrics, the report on samples, the film."""

from itertools import islice

from vae.lessons.format.facts import Fact
from vae.lessons.measured.measure import Encoded, Measure, there
from vae.storage.checkpoints import Checkpoint
from vae.training.film import read_film

SOURCES = {"the prior": "prior", "the codes": "aggregate", "the second stage": "second"}


def _metric(key: str) -> Measure:
    """A number of metrics.json."""

    def value(fact: Fact, checkpoint: Checkpoint, _: Encoded) -> float:
        found = checkpoint.metrics.get(key)
        return there(found, fact)

    return value


def _dimensions(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    return checkpoint.model_config.latent_dim


def _beta(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    return checkpoint.objective.beta


def _kl_of_dimension(fact: Fact, checkpoint: Checkpoint, _: Encoded) -> float:
    kl, dimension = checkpoint.kl_per_dimension, int(fact.given["dimension"])
    if kl is not None and dimension >= len(kl):
        raise ValueError(f"{fact.checkpoint} has dimensions 0 to {len(kl) - 1}, not {dimension}; choose one of these.")
    return there(None if kl is None else kl[dimension], fact)


def _sample_quality(key: str) -> Measure:
    """A score of the samples of one source, from the report that ships with the checkpoint."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        codes = encoded()
        fit = checkpoint.load_fit(codes)
        report = None if fit is None else checkpoint.load_samples(codes, fit)
        scores = None if report is None else report.sources.get(SOURCES[fact.given["source"]])
        found = None if scores is None or scores.quality is None else getattr(scores.quality, key)
        return there(found, fact)

    return value


def _real_quality(key: str) -> Measure:
    """The score of training images in the samples' place."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        codes = encoded()
        fit = checkpoint.load_fit(codes)
        report = None if fit is None else checkpoint.load_samples(codes, fit)
        return there(None if report is None or report.real is None else getattr(report.real, key), fact)

    return value


def _least_gap(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """The lower bound of KL(q(z) || p(z)), as Sampling says it: with the second stage where there is one."""
    codes = encoded()
    fit = checkpoint.load_fit(codes)
    if fit is None or fit.kl is None:
        return there(None, fact)
    report, second = checkpoint.load_samples(codes, fit), checkpoint.load_second_stage(codes, fit)
    gap = report.sources["prior"].gap if report and second else None
    return max(0.0, (fit.kl.lower if gap is None else gap.lower).nats)


def _largest_gap(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """The upper bound of KL(q(z) || p(z))."""
    fit = checkpoint.load_fit(encoded())
    return there(None if fit is None or fit.kl is None else fit.kl.upper.nats, fact)


def _frame(key: str) -> Measure:
    """A number of one of the film's frames, counted from 1."""

    def value(fact: Fact, checkpoint: Checkpoint, _: Encoded) -> float:
        film, number = checkpoint.film, int(fact.given["frame"])
        if film is None:
            raise ValueError(f"{fact.checkpoint} has no film; choose a checkpoint that has one.")
        frames = (record.fields for record in read_film(film) if record.fields.get("kind") == "frame")
        fields = next(islice(frames, max(0, number - 1), None), None)
        if fields is None or number < 1:
            raise ValueError(f"The film of {fact.checkpoint} has no frame {number}; frames count from 1.")
        found = fields.get(key)
        return there(found, fact)

    return value


MEASURES: dict[str, Measure] = {
    "collapsed": _metric("collapsed"),
    "frame reconstruction": _frame("reconstruction"),
    "frame KL": _frame("kl"),
    "frame epoch": _frame("epoch"),
    "reconstruction": _metric("reconstruction"),
    "KL": _metric("kl"),
    "−ELBO": _metric("negative_elbo"),
    "active dimensions": _metric("active_units"),
    "dimensions": _dimensions,
    "β": _beta,
    "KL of dimension": _kl_of_dimension,
    "Fréchet distance": _sample_quality("frechet"),
    "precision of real digits": _real_quality("precision"),
    "recall of real digits": _real_quality("recall"),
    "precision": _sample_quality("precision"),
    "recall": _sample_quality("recall"),
    "least KL to the prior": _least_gap,
    "largest KL to the prior": _largest_gap,
}
