"""Runs that start at one click under a proposed name: the presets, and what was trained before with another β."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from vae.jobs.run import RunError
from vae.model.losses import Objective, ObjectiveName, Warmup
from vae.model.networks import Architecture, Likelihood
from vae.training.config import TrainingConfig
from vae.training.request import WEIGHED, DatasetRequest, ModelRequest, TrainingRequest, request_of
from vae.ui.pages.training.runs import app_runs, usable_checkpoint

MAX_NAME = 40  # characters, as in vae.jobs.runs.NAME
BETAS = 4.0, 1.0  # the first of them that is not the film's is proposed


@dataclass(frozen=True)
class Preset:
    """Values for all fields that matter for one kind of lesson. name: of the checkpoint, unless it is taken.

    Those with a limit in seconds fit into a lesson and have a card on the page; the form has all.
    """

    name: str
    help: str
    dataset: str
    architecture: Architecture
    latent_dim: int
    seconds: int | None = None
    epochs: int = TrainingConfig.epochs
    objective: ObjectiveName = "vae"
    beta: float = 1.0
    likelihood: Likelihood = "bernoulli"
    batch_norm: bool = False
    warmup: Warmup = "none"
    warmup_share: float = Objective.warmup_share

    def request(self) -> TrainingRequest:
        """What the form would ask for with these values in its fields."""
        objective = Objective(self.objective, beta=self.beta, warmup=self.warmup, warmup_share=self.warmup_share)
        return TrainingRequest(
            DatasetRequest(self.dataset),
            ModelRequest(self.latent_dim, self.architecture, likelihood=self.likelihood, batch_norm=self.batch_norm),
            TrainingConfig(epochs=self.epochs, objective=objective),
            self.seconds,
        )


PRESETS = {
    "2-D in 30 seconds": Preset(
        "mnist-z2-30s", "A plane of digits, for the latent map.", "mnist", "mlp", 2, seconds=30
    ),
    "Good sliders": Preset(
        "mnist-z10-90s", "Ten dimensions of sharp digits, for Explore.", "mnist", "mlp", 10, seconds=90
    ),
    "Clothes in 60 seconds": Preset(
        "fashion-z8-60s", "Shirts, shoes and bags: eight dimensions for Explore.", "fashion-mnist", "mlp", 8, seconds=60
    ),
    "Disentangle the sprites": Preset(
        "sprites-z6-tc-120s",
        "β-TC and a cooled KL find a dimension each for the two positions and the size.",
        "sprites", "mlp", 6, seconds=120, objective="beta-tc", beta=30.0, warmup="cooling", warmup_share=0.8,
    ),
    "House numbers": Preset(
        "svhn-z32", "Digits of street photographs, in colour: about 5 minutes on two cores.", "svhn", "subpixel", 32,
        epochs=10, likelihood="discretised-logistic", batch_norm=True,
    ),
    "Small photographs": Preset(
        "cifar10-z64", "Animals and vehicles, in colour: about 8 minutes on two cores.", "cifar10", "subpixel", 64,
        epochs=20, likelihood="discretised-logistic", batch_norm=True,
    ),
    "Photographed faces": Preset(
        "celeba-z32", "Portraits of 64 pixels, in colour: about 9 minutes on two cores.", "celeba", "subpixel", 32,
        epochs=3, likelihood="discretised-logistic", batch_norm=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Repeat:
    """What can be trained again with another β. beta: the one it has; problem: why it cannot, in a sentence, or ""."""

    name: str
    beta: float
    problem: str = ""

    @property
    def proposed(self) -> float:
        """A β that tells more than the same one."""
        return next(beta for beta in BETAS if beta != self.beta)


def repeat_of(name: str) -> Repeat:
    """What another β would change of the run or checkpoint of this name."""
    try:
        request = _request(name)
    except (RunError, ValueError) as error:
        return Repeat(name, 1.0, str(error))
    objective = request.training.objective
    if objective.name not in WEIGHED:
        return Repeat(name, 1.0, f"{name} has no β: its objective is {objective.name}.")
    return Repeat(name, objective.beta)


def start_preset(title: object) -> str:
    """Starts the run of the preset with this title; returns its name. Raises RunError, also for an unknown title."""
    preset = PRESETS.get(title) if isinstance(title, str) else None
    if preset is None:
        raise RunError("There is no such preset; reload the page.")
    return _start(preset.name, preset.request())


def start_again(name: str, beta: object) -> str:
    """Starts the run or checkpoint of this name with another β; returns the new name. Raises RunError."""
    try:
        if isinstance(beta, bool) or not isinstance(beta, (int, float)):
            raise ValueError("β is not a number; choose one from 0 to 1000.")
        request = _request(name).with_beta(float(beta))
    except ValueError as error:
        raise RunError(str(error)) from error
    return _start(name_with_beta(name, float(beta)), request)


def name_with_beta(name: str, beta: float) -> str:
    """A run's name with this β at its end, in place of one that it has: mnist-z10-b1 -> mnist-z10-b4."""
    allowed = re.sub(r"[^A-Za-z0-9._-]+", "-", re.sub(r"-b[0-9][0-9.e-]*$", "", name)).lstrip("._-") or "model"
    end = f"-b{beta:g}"
    return allowed[: MAX_NAME - len(end) - 4] + end  # 4: room for a number behind it


def proposed_name(base: str) -> str:
    """The first free name from this one on."""
    return next(name for name in _names(base) if not _taken(name))


def _request(name: str) -> TrainingRequest:
    """What was asked for. Raises RunError or ValueError where that is not known or cannot be trained again."""
    if (run := app_runs().find(name)) is not None:
        request = TrainingRequest.from_json(run.request())
        if (run.path / "upload.zip").exists():
            raise RunError(f"{name} has its own images; choose them again in the form.")
        return request
    if (checkpoint := usable_checkpoint(name)) is None:
        raise RunError(f"There is no checkpoint or run called {name} any more.")
    return request_of(checkpoint)


def _start(base: str, request: TrainingRequest) -> str:
    """Starts the run under the first free name; a class may press one card at the same time. Raises RunError."""
    for name in _names(base):
        if _taken(name):
            continue
        try:
            app_runs().start(name, request.to_json())
        except RunError:
            if not _taken(name):  # otherwise someone else took it since
                raise
        else:
            return name
    raise AssertionError("there is always another name")


def _names(base: str) -> Iterator[str]:
    """mnist-z2, mnist-z2-2, mnist-z2-3, … of at most MAX_NAME characters."""
    for number in count(1):
        end = f"-{number}" if number > 1 else ""
        yield base[: MAX_NAME - len(end)] + end


def _taken(name: str) -> bool:
    runs = app_runs()
    return (runs.root / name).exists() or (runs.root.parent / name).exists()
