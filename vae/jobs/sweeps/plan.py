"""The models of a sweep and what each is trained for, as JSON.

Imports no torch, as the process that feeds a queue for hours is to be small.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any, Self

from vae.jobs.run import MEMBER_NAME
from vae.validation import is_number, is_whole, require

MOST_MODELS = 1000
Json = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """One model of a sweep. name: of the checkpoint that it becomes. Raises ValueError for a value of another type."""

    name: str
    beta: float
    latent_dim: int
    seed: int

    def __post_init__(self) -> None:
        fine = isinstance(self.name, str) and MEMBER_NAME.fullmatch(self.name) is not None
        require(fine, "name", self.name, "letters, digits, dots, dashes and underscores, at most 200")
        require(is_number(self.beta), "beta", self.beta, "a number")
        require(is_whole(self.latent_dim), "latent_dim", self.latent_dim, "a whole number")
        require(is_whole(self.seed), "seed", self.seed, "a whole number")

    @property
    def label(self) -> str:
        """What tells it from the others."""
        return f"z{self.latent_dim}-b{self.beta:.12g}-s{self.seed}"


@dataclass(frozen=True)
class Plan:
    """All models, in the order in which they are trained. request: what they have in common, as JSON of a request."""

    request: Json
    members: tuple[Member, ...]

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """The plan that to_json has written. Raises ValueError for anything else."""
        try:
            request, members = deepcopy(dict(found["request"])), tuple(Member(**member) for member in found["members"])
            plan = cls(request, members)
            plan.request_of(members[0])
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"no plan of a sweep ({error!r})") from error
        require(len(members) <= MOST_MODELS, "number of models", len(members), f"at most {MOST_MODELS}")
        return plan

    def to_json(self) -> Json:
        """As JSON has it."""
        return {"request": self.request, "members": [asdict(member) for member in self.members]}

    def request_of(self, member: Member) -> Json:
        """What this one is trained for, as request.json has it. No film is kept: it would cost each a few megabytes."""
        request = deepcopy(self.request)
        request["model"]["latent_dim"] = member.latent_dim
        request["training"]["objective"]["beta"] = member.beta
        request["training"]["seed"] = member.seed
        return request | {"film": False}

    def differs_from(self, other: "Plan") -> bool:
        """Whether models of both cannot be in one table: what they have in common is not the same."""
        return self._common() != other._common()

    def _common(self) -> Mapping[str, Any]:
        blank = Member("blank", 0, 0, 0)
        return dict(json.loads(json.dumps(self.request_of(blank))))
