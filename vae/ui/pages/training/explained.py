"""What the numbers of the form mean: signs beside the fields, which Streamlit draws. Opening one reruns nothing."""

from collections.abc import Mapping

from streamlit.delta_generator import DeltaGenerator

from vae.datasets.registry import DATASETS
from vae.training.request import WEIGHED, TrainingRequest
from vae.ui.shared import scripts
from vae.views.shared.scripts import script_url

STYLES = ("lib/controls.css", "training/signs.css", "lib/popover.css", "lib/glossary.css")
Values = Mapping[str, str]  # what stands in a term's formula, by key

# The term that explains a field of the form, by the field's key.
TERMS = {
    "latent_dim": "latent dimensions",
    "beta": "β",
    "epochs": "epochs",
    "seconds": "time budget",
    "image_size": "size of a picture",
    "keep": "kept middle",
    "versions": "augmentation",
    "shift": "augmentation",
    "twist": "augmentation",
    "scale": "augmentation",
    "likelihood": "reconstruction error",
    "rate": "learning rate",
    "schedule": "schedule",
    "batch_size": "batch size",
    "seed": "seed",
    "warmup": "warm-up",
    "heat": "heat",
    "sigma": "σ of the decoder",
    "free_bits": "free bits",
    "capacity": "capacity C",
    "samples": "samples of z",
}


def show_signs(request: TrainingRequest, pictures: int | None, first: DeltaGenerator, last: DeltaGenerator) -> None:
    """The signs of the fields above “More”, and of those behind it, each in its place."""
    with first:
        _line("signs", first_values(request, pictures))
    with last:
        _line("more_signs", more_values(request))


def _line(key: str, values: Mapping[str, Values]) -> None:
    """A line of terms with their signs. values: by the field's key."""
    terms = {TERMS[field]: dict(found) for field, found in values.items()}
    data = {"script": script_url("training/signs.js"), "terms": list(terms.items())}
    scripts.component("training_signs", *STYLES)(key=key, data=data)


def first_values(request: TrainingRequest, pictures: int | None) -> dict[str, Values]:
    """Of the fields above “More”. pictures: how many there are to train on, None while that is not known."""
    training, objective = request.training, request.training.objective
    found: dict[str, Values] = {"latent_dim": {"dimensions": f"{request.model.latent_dim}"}}
    if objective.name in WEIGHED:
        found["beta"] = {"beta": f"{objective.beta:g}"}
    if request.seconds is not None:
        found["seconds"] = {"budget": f"{request.seconds:g} s"}
    else:
        known = {"epochs": f"{training.epochs}", "batch": f"{training.batch_size}"}
        if pictures:
            per_epoch = pictures // training.batch_size + (pictures % training.batch_size > 1)
            known |= {"pictures": f"{pictures}", "steps": f"{training.epochs * per_epoch}"}
        found["epochs"] = known
    if request.dataset.name not in DATASETS:  # only the user's own have another size
        side = f"{request.dataset.image_size}"
        found["image_size"] = {"width": side, "height": side}
        found["keep"] = {"kept": f"{request.dataset.keep:g}"}
        found["versions"] = {"versions": f"{training.augmentation.versions}"}
    return found


def more_values(request: TrainingRequest) -> dict[str, Values]:
    """Of the fields behind “More”, those alone that the objective has."""
    training, objective = request.training, request.training.objective
    likelihood, rate = request.model.likelihood, f"{training.learning_rate:g}"
    found: dict[str, Values] = {
        "likelihood": {"likelihood": likelihood},
        "rate": {"rate": rate},
        "schedule": {"rate": rate},
        "batch_size": {"batch": f"{training.batch_size}"},
        "seed": {},
    }
    if likelihood.startswith("gaussian"):
        found["sigma"] = {"sigma": f"{request.model.sigma:g}"} if likelihood == "gaussian" else {}
    if objective.warmup == "cooling":
        found["heat"] = {"heat": f"{objective.heat:g}"}
    elif objective.name in WEIGHED:
        share = {"share": f"{objective.warmup_share:g}"} if objective.warmup == "linear" else {}
        found["warmup"] = {"beta": f"{objective.beta:g}"} | share
    if objective.name == "free-bits":
        found["free_bits"] = {"free": f"{objective.free_bits:g} nats"}
    if objective.name == "capacity":
        found["capacity"] = {"capacity": f"{objective.capacity:g} nats"}
    if objective.name == "iwae":
        found["samples"] = {"samples": f"{objective.samples}"}
    return found
