"""A family of models that differ in β, latent_dim and seed alone, trained one after the other, and its table.

Each becomes a checkpoint in the sweep's folder as soon as it is trained. The same sweep, started again, trains only
what is missing. The table, sweep.csv and sweep.json beside the checkpoints, is written when all are there.
"""

import csv
import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from vae.datasets.splits import Dataset
from vae.storage.atomic import staging_folder
from vae.storage.checkpoints import read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.request import WEIGHED, TrainingRequest
from vae.training.trainer import EpochMetrics, Progress, TrainingError
from vae.validation import is_whole, require

MOST_MODELS = 1000
METRICS = ("kl", "reconstruction", "negative_elbo", "active_units")  # of the test images; nats per image but the last
Row = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """One model of a sweep."""

    name: str
    request: TrainingRequest

    @property
    def beta(self) -> float:
        """The weight of its KL."""
        return self.request.training.objective.beta

    def path(self, folder: Path) -> Path:
        """The checkpoint that it becomes."""
        return folder / self.name


def members(
    base: TrainingRequest, betas: Sequence[float], latent_dims: Sequence[int], seeds: int
) -> tuple[Member, ...]:
    """Every combination, in the order in which they are trained; seeds: how many, the first being that of `base`.

    Raises ValueError for a number out of range, one that is given twice, or an objective without β.
    """
    objective, first = base.training.objective, base.training.seed
    require(objective.name in WEIGHED, "objective", objective.name, f"one with a β: {' or '.join(WEIGHED)}")
    require(is_whole(seeds, 1, MOST_MODELS), "seeds", seeds, f"1 to {MOST_MODELS}")
    for name, values in (("beta", betas), ("latent_dim", latent_dims)):
        require(len(set(values)) == len(values) > 0, name, ",".join(map(str, values)), "different numbers")
    count = len(betas) * len(latent_dims) * seeds
    require(count <= MOST_MODELS, "number of models", count, f"at most {MOST_MODELS}")
    found = []
    for latent_dim, beta, seed in product(latent_dims, betas, range(first, first + seeds)):
        training = replace(base.training, objective=replace(objective, beta=beta), seed=seed)
        request = replace(base, model=replace(base.model, latent_dim=latent_dim), training=training)
        found.append(Member(f"{_stem(base.dataset.name)}-z{latent_dim}-b{beta:.12g}-s{seed}", request))
    return tuple(found)


def _stem(dataset: str) -> str:
    """A data set's name, or that of its folder or zip, as part of a folder's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", Path(dataset).stem)


def is_trained(member: Member, dataset: Dataset, folder: Path) -> bool:
    """Whether its checkpoint is there.

    Raises ValueError for a model that cannot be, or where another has its name; CheckpointError if it is bad.
    """
    path, model = member.path(folder), member.request.model_config(dataset)
    if not path.exists():
        return False
    found, wanted = read_checkpoint(path), json.loads(json.dumps(member.request.training.settings()))
    settings = wanted.keys() - {"device"}
    same = (
        found.content_hash == dataset.content_hash
        and found.model_config == model
        and all(found.training.get(name) == wanted[name] for name in settings)
        and len(found.history) == member.request.training.epochs
    )
    if not same:
        raise ValueError(f"{path} was trained with other settings, other data or not to the end; choose another --out.")
    return True


def train_member(
    member: Member, dataset: Dataset, folder: Path, progress: Progress | None = None
) -> Generator[EpochMetrics, None, None]:
    """Trains it into its checkpoint, which is there after the last epoch; of a run that ends before, nothing is kept.

    Raises TrainingError if the run fails, KeyboardInterrupt if it is interrupted.
    """
    request, path = member.request, member.path(folder)
    with staging_folder(folder) as staging:
        made = staging / member.name
        try:
            yield from train_checkpoint(dataset, request.model_config(dataset), request.training, made, progress)
        except TrainingError as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise error.__cause__ from None
            reason = f"{error.__cause__ or error}"
            raise TrainingError(f"{member.name} failed: {reason} The models before it are kept.") from error
        made.rename(path)


def write_table(found: Sequence[Member], folder: Path) -> tuple[Path, Path]:
    """Writes sweep.csv and sweep.json of checkpoints that are all there, each whole or not at all; their paths."""
    rows = [table_row(member, folder) for member in found]
    with staging_folder(folder) as staging:
        table, text = staging / "sweep.csv", staging / "sweep.json"
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        text.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        return table.replace(folder / table.name), text.replace(folder / text.name)


def table_row(member: Member, folder: Path) -> Row:
    """Its line of the table, from its checkpoint. Raises CheckpointError."""
    metrics = read_checkpoint(member.path(folder)).metrics
    known = {"checkpoint": member.name, "beta": member.beta, "latent_dim": member.request.model.latent_dim}
    known |= {"seed": member.request.training.seed, "epochs": member.request.training.epochs}
    return known | {name: metrics[name] for name in METRICS}
