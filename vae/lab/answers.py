"""What the light page asks for, as JSON: what a view shows of a model, a test image, noise, a source.

`answer` gives what is asked for by a name and its parameters, which are texts, as in an address:

    the name of a view               {"about": of the model, "data": of the component, …}
    image    image: its number       {"row", "label", "title", "z": its latent mean}
    noise    seed                    {"noises": of this seed and the next, as vae.views.sampling has them}
    source   source: its name        {"source": a mixture of Gaussians, as vae.views.sampling has it}
    other    other: a data set       {"other": its pictures and their scores, as vae.views.reconstruction has them}
    compared                         {"phrases", "nats", "codes"}: what is said of the model beside others
    match    with: a model           {"match": the dimension of that model that follows each of this one, or null}

The last two are as vae.views.shared.comparison has them. `term_answer` gives the code of a term, which needs no model.
"""

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlencode

from vae.datasets.registry import DATASETS, is_available
from vae.model.latents import EncodedSet
from vae.projection import config
from vae.projection.config import METHODS, NAMES, ProjectionConfig
from vae.storage.checkpoints import Checkpoint
from vae.validation import parse_whole
from vae.views import interpolation, sampling
from vae.views.explore import image_title
from vae.views.latent_map import own_method
from vae.views.shared import comparison, pages
from vae.views.shared.terms.catalogue import code_of

Json = dict[str, object]
Params = Mapping[str, str]


class Data(Protocol):
    """What is loaded or computed of a checkpoint, once for all. Raises CheckpointError, FileNotFoundError."""

    def encoded(self, checkpoint: Checkpoint) -> EncodedSet:
        """The encoded test set."""

    def shown(self, view: str, checkpoint: Checkpoint) -> Json:
        """The component's data of a checkpoint, by the view's name."""

    def source(self, checkpoint: Checkpoint, name: str) -> Mapping[str, object]:
        """A source of Sampling. Raises ValueError for one that the model does not have."""

    def other(self, checkpoint: Checkpoint, dataset: str) -> Json:
        """Another data set's pictures and scores. Raises DataError where it cannot be loaded."""

    def codes(self, checkpoint: Checkpoint) -> Json:
        """As vae.views.shared.comparison has them."""

    def match(self, checkpoint: Checkpoint, name: str) -> list[comparison.Match]:
        """Of this model and another. Raises ValueError for one with which it cannot be compared."""


def data_url(name: str, **params: str) -> str:
    """The address of an answer, relative to the app's; hosts/lab/source.js makes the same."""
    return f"lab/data?{urlencode({'view': name, **params})}"


def answer(data: Data, checkpoint: Checkpoint, name: str, params: Params) -> Json:
    """The answer of this name. Raises LookupError where there is none, ValueError for a parameter that is no such."""
    views = {view.name: view for view in pages.VIEWS}
    if name in views:
        shown: Json = {"about": about(checkpoint, data.encoded(checkpoint)), "data": data.shown(name, checkpoint)}
        return shown | (_MORE[name](checkpoint) if name in _MORE else {})
    match name:
        case "image":
            return image_answer(checkpoint, data.encoded(checkpoint), params.get("image", ""))
        case "noise":
            return {"noises": sampling.noises(_seed(params.get("seed", "")), checkpoint.model_config.latent_dim)}
        case "source":
            return {"source": data.source(checkpoint, params.get("source", ""))}
        case "other":
            return {"other": data.other(checkpoint, _other(checkpoint, params.get("other", "")))}
        case "compared" | "match":
            return _beside(data, checkpoint, params.get("with", "") if name == "match" else None)
    known = ", ".join([*views, "image", "noise", "source", "other", "compared", "match"])
    raise LookupError(f"There is no view called {name!r:.40}, only {known}.")


def about(checkpoint: Checkpoint, encoded: EncodedSet) -> Json:
    """What the host needs to know of a model. strength: how much it uses each dimension; content: of its data set."""
    model = checkpoint.model_config
    return {
        "name": checkpoint.name,
        "latent_dim": model.latent_dim,
        "classes": model.classes,
        "class_names": list(checkpoint.class_names),
        "test_images": checkpoint.test_images,
        "content": checkpoint.content_hash,
        "prior": model.posterior != "point",
        "strength": list(checkpoint.kl_per_dimension or encoded.mean.std(axis=0).tolist()),
    }


def image_answer(checkpoint: Checkpoint, encoded: EncodedSet, number: str) -> Json:
    """A test image's place in latent space. Raises ValueError where there is no such image."""
    last = checkpoint.test_images - 1
    row = parse_whole(number, 0, last)
    if row is None:
        raise ValueError(f"image must be a whole number from 0 to {last}, not {number!r:.40}.")
    label, z = int(encoded.labels[row]), encoded.mean[row].tolist()
    return {"row": row, "label": label, "title": image_title(checkpoint, encoded, row), "z": z}


def term_answer(name: str) -> Json:
    """The code that computes a term. Raises LookupError where there is no such term."""
    return {"code": code_of(name)}


def _beside(data: Data, checkpoint: Checkpoint, other: str | None) -> Json:
    """What is said of a model beside others, or how its dimensions stand to those of another one."""
    if other is not None:
        return {"match": data.match(checkpoint, other)}
    told: Json = {"phrases": comparison.phrases(checkpoint), "nats": comparison.nats(checkpoint)}
    return told | {"codes": data.codes(checkpoint)}


def others(checkpoint: Checkpoint) -> list[str]:
    """The data sets on this machine with which a model can be compared."""
    return [name for name in DATASETS if name != checkpoint.dataset and is_available(name)]


def _seed(text: str) -> int:
    seed = parse_whole(text, 0, sampling.LAST_SEED)
    if seed is None:
        raise ValueError(f"seed must be a whole number from 0 to {sampling.LAST_SEED}, not {text!r:.40}.")
    return seed


def _other(checkpoint: Checkpoint, name: str) -> str:
    known = others(checkpoint)
    if name not in known:
        raise ValueError(f"other must be a data set on this machine ({', '.join(known)}), not {name!r:.40}.")
    return name


def _projections(checkpoint: Checkpoint) -> Json:
    """What can be chosen of a projection: its methods, and [least, largest, default] of each number."""
    default = ProjectionConfig()
    limits = {
        "perplexity": [*config.PERPLEXITY, default.perplexity],
        "neighbours": [*config.NEIGHBOURS, default.neighbours],
        "min_dist": [*config.MIN_DIST, default.min_dist],
        "seed": [*config.SEED, default.seed],
    }
    methods = [[method, NAMES[method]] for method in METHODS]
    return {"projections": {"methods": methods, "own": own_method(checkpoint), "limits": limits}}


# What the host needs besides, by the view's name.
_MORE: dict[str, Callable[[Checkpoint], Json]] = {
    pages.LATENT_MAP.name: _projections,
    pages.INTERPOLATION.name: lambda _: {"keys": list(interpolation.KEYS), "longest": interpolation.LONGEST},
    pages.RECONSTRUCTION.name: lambda checkpoint: {"others": others(checkpoint)},
}
