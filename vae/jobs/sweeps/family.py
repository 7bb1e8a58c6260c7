"""A sweep's plan from a request and lists of numbers, and which of its models are trained."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from vae.datasets.splits import Dataset
from vae.jobs.sweeps.plan import MOST_MODELS, Member, Plan
from vae.storage.checkpoints import read_checkpoint
from vae.training.request import WEIGHED, TrainingRequest
from vae.validation import is_whole, require

LONGEST_STEM = 60  # of a model's name, the data set's part


def family_plan(base: TrainingRequest, betas: Sequence[float], latent_dims: Sequence[int], seeds: int) -> Plan:
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
    found, stem = [], _stem(base.dataset.name)
    for latent_dim, beta, seed in product(latent_dims, betas, range(first, first + seeds)):
        replace(base.training, objective=replace(objective, beta=beta), seed=seed)  # checks the numbers
        member = Member(stem, beta, latent_dim, seed)
        found.append(replace(member, name=f"{stem}-{member.label}"))
    return Plan(json.loads(json.dumps(base.to_json())), tuple(found))


def _stem(dataset: str) -> str:
    """A data set's name, or that of its folder or zip, as part of a folder's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", Path(dataset).stem).lstrip(".-")[:LONGEST_STEM] or "pictures"


def is_trained(plan: Plan, member: Member, dataset: Dataset, folder: Path) -> bool:
    """Whether its checkpoint is there.

    Raises ValueError for a model that cannot be, or where another has its name; CheckpointError if it is bad.
    """
    request, path = TrainingRequest.from_json(plan.request_of(member)), folder / member.name
    model = request.model_config(dataset)
    if not path.exists():
        return False
    found, wanted = read_checkpoint(path), json.loads(json.dumps(request.training.settings()))
    settings = wanted.keys() - {"device"}
    same = (
        found.content_hash == dataset.content_hash
        and found.model_config == model
        and all(found.training.get(name) == wanted[name] for name in settings)
        and len(found.history) == request.training.epochs
    )
    if not same:
        raise ValueError(f"{path} was trained with other settings, other data or not to the end; choose another --out.")
    return True
