"""What checkpoints measure: the value of each fact, from their files or computed, then remembered.

Computing takes milliseconds, but seconds for SLOW kinds. Of shipped checkpoints these are kept in the checkpoint's
folder, by `python -m vae lessons keep`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from math import sqrt
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray

from vae.datasets.registry import is_available, load_dataset
from vae.evaluation.disentanglement import Mig
from vae.evaluation.registry import SCORES
from vae.lessons.format.facts import Fact
from vae.model.latents import EncodedSet, FloatArray, interpolate
from vae.model.losses import kl_divergence, reconstruction_nll
from vae.model.networks import condition, to_unit
from vae.projection.methods import fit_pca, quality
from vae.server.weights import version_of
from vae.storage.checkpoints import Checkpoint
from vae.training.film import read_film

SLOW = ("neighbours kept", "MIG")
KEPT = 4096  # values that are remembered
NEIGHBOURS = 10  # of one image; as many as the latent map counts
METHODS = {"UMAP": "umap", "t-SNE": "tsne"}
SOURCES = {"the prior": "prior", "the codes": "aggregate", "the second stage": "second"}

Images = NDArray[np.uint8]
Load = Callable[[Checkpoint], EncodedSet]


class Values:
    """The values of facts about some checkpoints. May be used by several threads."""

    def __init__(self, found: Callable[[], Sequence[object]], load: Load = Checkpoint.load_encoded) -> None:
        """found: lists the checkpoints, at each use. load: the encoded test set of one."""
        self._found, self._load = found, load
        self._known: OrderedDict[tuple[str, str, Fact], float] = OrderedDict()
        self._lock, self._slow = Lock(), Lock()

    def checkpoints(self) -> dict[str, Checkpoint]:
        """The usable checkpoints by their names."""
        return {each.name: each for each in self._found() if isinstance(each, Checkpoint)}

    def of(self, fact: Fact, checkpoints: Mapping[str, Checkpoint]) -> float:
        """The value of a fact.

        Raises LookupError where its checkpoint is not among these; ValueError with a sentence where it has no such
        number; CheckpointError or FileNotFoundError where its files cannot be read.
        """
        checkpoint = checkpoints.get(fact.checkpoint)
        if checkpoint is None:
            raise LookupError(f"There is no checkpoint {fact.checkpoint!r} here; name one of those on the home page.")
        key = (str(checkpoint.path), version_of(checkpoint), fact)
        with self._lock:
            known = self._known.get(key)
        if known is not None:
            return known
        if fact.kind not in SLOW:
            return self._remember(key, _value(fact, checkpoint, partial(self._load, checkpoint)))
        with self._slow:  # one at a time: each takes all cores
            with self._lock:
                known = self._known.get(key)
            return self._remember(
                key, _slow_value(fact, checkpoint, self._load(checkpoint)) if known is None else known
            )

    def _remember(self, key: tuple[str, str, Fact], value: float) -> float:
        with self._lock:
            self._known[key] = value
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return value


def keep(fact: Fact, checkpoint: Checkpoint) -> float:
    """Computes a fact and keeps it in the checkpoint's folder if that takes seconds; returns it."""
    encoded = checkpoint.load_encoded()
    value = _value(fact, checkpoint, lambda: encoded)
    if fact.kind in SLOW:
        measured = checkpoint.load_measured(encoded)
        checkpoint.save_measured(encoded, {**measured, fact.name: value})
    return value


def _slow_value(fact: Fact, checkpoint: Checkpoint, encoded: EncodedSet) -> float:
    """The value that the checkpoint's folder keeps, or else the one that is computed now."""
    kept = checkpoint.load_measured(encoded).get(fact.name)
    return _value(fact, checkpoint, lambda: encoded) if kept is None else kept


def _value(fact: Fact, checkpoint: Checkpoint, encoded: "Encoded") -> float:
    return float(_MEASURED[fact.kind](fact, checkpoint, encoded))


Encoded = Callable[[], EncodedSet]
Measure = Callable[[Fact, Checkpoint, Encoded], float]


def _metric(key: str) -> Measure:
    """A number of metrics.json."""

    def value(fact: Fact, checkpoint: Checkpoint, _: Encoded) -> float:
        found = checkpoint.metrics.get(key)
        return _there(found, fact)

    return value


def _there(value: float | None, fact: Fact) -> float:
    if value is None:
        raise ValueError(f"{fact.checkpoint} has no {fact.kind}; choose another checkpoint or another fact.")
    return value


def _dimensions(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    return checkpoint.model_config.latent_dim


def _beta(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    return checkpoint.objective.beta


def _kl_of_dimension(fact: Fact, checkpoint: Checkpoint, _: Encoded) -> float:
    kl, dimension = checkpoint.kl_per_dimension, int(fact.given["dimension"])
    if kl is not None and dimension >= len(kl):
        raise ValueError(f"{fact.checkpoint} has dimensions 0 to {len(kl) - 1}, not {dimension}; choose one of these.")
    return _there(None if kl is None else kl[dimension], fact)


# ---- codes -----------------------------------------------------------------------------------------------------------


def _average_sigma(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """Mean over test images and dimensions of the posterior's standard deviation."""
    if checkpoint.model_config.posterior == "point":
        return _there(None, fact)
    return float(np.exp(encoded().logvar / 2).mean(dtype=np.float64))


def _row(fact: Fact, key: str, checkpoint: Checkpoint) -> int:
    number, last = int(fact.given[key]), checkpoint.test_images - 1
    if number > last:
        raise ValueError(f"{fact.checkpoint} has test images 0 to {last}, not {number}; choose one of these.")
    return number


def _of_image(key: str) -> Measure:
    """What the evaluation stored of a test image."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        return float(getattr(encoded(), key)[_row(fact, "image", checkpoint)])

    return value


def _average_norm(_: Fact, __: Checkpoint, encoded: Encoded) -> float:
    return float(np.linalg.norm(encoded().mean, axis=1).mean(dtype=np.float64))


def _norm(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    return float(np.linalg.norm(encoded().mean[_row(fact, "image", checkpoint)]))


def _halfway(curve: str) -> Measure:
    """Norm of the point halfway between two test images."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        start, end = (encoded().mean[_row(fact, key, checkpoint)] for key in ("image", "other"))
        path = interpolate(start, end, 3, "spherical" if curve == "spherical" else "linear")
        return float(np.linalg.norm(path[1]))

    return value


def _typical_norm(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    """Square root of the mean squared norm of a draw from the prior."""
    return sqrt(checkpoint.model_config.latent_dim)


def _typical_halfway(_: Fact, checkpoint: Checkpoint, __: Encoded) -> float:
    """The same of the point halfway between two draws."""
    return sqrt(checkpoint.model_config.latent_dim / 2)


# ---- maps ------------------------------------------------------------------------------------------------------------


def _layout(fact: Fact, checkpoint: Checkpoint, encoded: EncodedSet) -> FloatArray:
    """The map that ships with a checkpoint, or the plane of its codes' principal components. Shape: (n, 2)."""
    method = fact.given["method"]
    if method == "PCA":
        return fit_pca(encoded.mean, 2).project(encoded.mean)
    found = checkpoint.load_projection(encoded, METHODS[method], 2)
    if found is None:
        command = f"python -m vae project {checkpoint.name} --method {METHODS[method]}"
        raise ValueError(f"{checkpoint.name} has no {method} map in its folder; make it with {command}.")
    return found


def _neighbours_kept(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """Percent of the nearest neighbours, as the latent map says it."""
    codes = encoded()
    kept = quality(codes.mean, _layout(fact, checkpoint, codes)).neighbours_kept
    return 100 * _there(kept, fact)


def _neighbours_of_image(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """How many of a test image's nearest in latent space are among its nearest on the map."""
    codes, row = encoded(), _row(fact, "image", checkpoint)
    near, seen = (_nearest(points, row) for points in (codes.mean, _layout(fact, checkpoint, codes)))
    return len(near & seen)


def _nearest(points: FloatArray, row: int) -> set[int]:
    distances = np.square(points - points[row], dtype=np.float64).sum(1)
    distances[row] = np.inf
    return set(np.argsort(distances, kind="stable")[:NEIGHBOURS].tolist())


# ---- samples ---------------------------------------------------------------------------------------------------------


def _sample_quality(key: str) -> Measure:
    """A score of the samples of one source, from the report that ships with the checkpoint."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        codes = encoded()
        fit = checkpoint.load_fit(codes)
        report = None if fit is None else checkpoint.load_samples(codes, fit)
        scores = None if report is None else report.sources.get(SOURCES[fact.given["source"]])
        found = None if scores is None or scores.quality is None else getattr(scores.quality, key)
        return _there(found, fact)

    return value


def _real_quality(key: str) -> Measure:
    """The score of training images in the samples' place."""

    def value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
        codes = encoded()
        fit = checkpoint.load_fit(codes)
        report = None if fit is None else checkpoint.load_samples(codes, fit)
        return _there(None if report is None or report.real is None else getattr(report.real, key), fact)

    return value


def _least_gap(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """The lower bound of KL(q(z) || p(z)), as Sampling says it: with the second stage where there is one."""
    codes = encoded()
    fit = checkpoint.load_fit(codes)
    if fit is None or fit.kl is None:
        return _there(None, fact)
    report, second = checkpoint.load_samples(codes, fit), checkpoint.load_second_stage(codes, fit)
    gap = report.sources["prior"].gap if report and second else None
    return max(0.0, (fit.kl.lower if gap is None else gap.lower).nats)


def _largest_gap(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """The upper bound of KL(q(z) || p(z))."""
    fit = checkpoint.load_fit(encoded())
    return _there(None if fit is None or fit.kl is None else fit.kl.upper.nats, fact)


# ---- films -----------------------------------------------------------------------------------------------------------


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
        return _there(found, fact)

    return value


# ---- costs -----------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def costs(checkpoint: Checkpoint, images: Images) -> FloatArray:
    """What each picture costs with z at the posterior's mean: −log p(x | z = μ) + KL. Shapes: (n, c, h, w) -> (n,).

    Unit: nats. Of a plain autoencoder, without a KL. Raises ValueError for a conditional model, which needs a class.
    """
    config = checkpoint.model_config
    if config.classes:
        raise ValueError(f"{checkpoint.name} is conditional on a class, so a picture has no one cost; choose another.")
    model = checkpoint.load_model()
    x = to_unit(torch.from_numpy(images))
    mean, logvar = model.encode(x)
    parameters = model.decoder(condition(mean, None, 0))
    nll = reconstruction_nll(parameters, x, config, model.log_scale)
    return (nll if config.posterior == "point" else nll + kl_divergence(mean, logvar).sum(1)).numpy()


def _cost(fact: Fact, checkpoint: Checkpoint, _: Encoded) -> float:
    return float(costs(checkpoint, _picture(fact, checkpoint)[None])[0])


def _picture(fact: Fact, checkpoint: Checkpoint) -> Images:
    """The picture that a fact names. Shape: (c, h, w)."""
    shape = checkpoint.model_config.image_shape
    match fact.given["picture"]:
        case "black":
            return np.zeros(shape, np.uint8)
        case "white":
            return np.full(shape, 255, np.uint8)
        case "noise":
            return np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    examples = checkpoint.load_examples()
    if fact.given["picture"] == "the average digit":
        average: Images = np.round(examples.mean(0, dtype=np.float64)).astype(np.uint8)
        return average
    if fact.given["picture"] == "an inverted 7":
        inverted: Images = 255 - examples[_first_of("7", checkpoint)]
        return inverted
    row = int(fact.given["image"])
    if row >= len(examples):
        known = f"0 to {len(examples) - 1}"
        raise ValueError(
            f"{checkpoint.name} keeps the pictures of test images {known}, not {row}; choose one of these."
        )
    found: Images = examples[row]
    return found


def _first_of(name: str, checkpoint: Checkpoint) -> int:
    """The first test image of a class."""
    labels = checkpoint.load_encoded().labels[: len(checkpoint.load_examples())]
    numbers = [i for i, each in enumerate(checkpoint.class_names) if each == name]
    rows = np.flatnonzero(np.isin(labels, numbers))
    if len(rows) == 0:
        raise ValueError(f"{checkpoint.name} has no test image of a {name}; choose a model of digits.")
    return int(rows[0])


def _example_costs(choose: Callable[[FloatArray], object]) -> Measure:
    """Of the costs of the test images that ship with the checkpoint."""
    return lambda _, checkpoint, __: float(np.asarray(choose(costs(checkpoint, checkpoint.load_examples()))))


# ---- factors ---------------------------------------------------------------------------------------------------------


def _mig(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    """As `python -m vae evaluate --metrics mig` says it. Raises ValueError for pictures without known factors."""
    if not is_available(checkpoint.dataset):
        raise ValueError(f"The MIG needs the data set {checkpoint.dataset}, which is not on this machine.")
    dataset = load_dataset(checkpoint.dataset)
    found = SCORES["mig"](checkpoint.load_model(), dataset, encoded(), 0)
    return _there(found.value if isinstance(found, Mig) else None, fact)


_MEASURED: dict[str, Measure] = {
    "collapsed": _metric("collapsed"),
    "frame reconstruction": _frame("reconstruction"),
    "frame KL": _frame("kl"),
    "frame epoch": _frame("epoch"),
    "reconstruction of image": _of_image("reconstruction"),
    "KL of image": _of_image("kl"),
    "reconstruction": _metric("reconstruction"),
    "KL": _metric("kl"),
    "−ELBO": _metric("negative_elbo"),
    "active dimensions": _metric("active_units"),
    "dimensions": _dimensions,
    "β": _beta,
    "KL of dimension": _kl_of_dimension,
    "average σ": _average_sigma,
    "average norm": _average_norm,
    "norm": _norm,
    "norm halfway": _halfway("linear"),
    "spherical norm halfway": _halfway("spherical"),
    "typical norm": _typical_norm,
    "typical norm halfway": _typical_halfway,
    "neighbours kept": _neighbours_kept,
    "neighbours of image kept": _neighbours_of_image,
    "Fréchet distance": _sample_quality("frechet"),
    "precision of real digits": _real_quality("precision"),
    "recall of real digits": _real_quality("recall"),
    "precision": _sample_quality("precision"),
    "recall": _sample_quality("recall"),
    "least KL to the prior": _least_gap,
    "largest KL to the prior": _largest_gap,
    "cost": _cost,
    "least cost": _example_costs(np.min),
    "largest cost": _example_costs(np.max),
    "MIG": _mig,
}
