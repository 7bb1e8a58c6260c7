"""A projection request: which method, with which parameters. The page, the route, the projector process and the
command line share this one class, its limits and its JSON form.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from vae.validation import is_whole, require

Method = Literal["raw", "pca", "tsne", "umap"]
METHODS: tuple[Method, ...] = get_args(Method)
NAMES: dict[Method, str] = {"raw": "Raw", "pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}  # on the page
LINEAR: tuple[Method, ...] = ("raw", "pca")  # a plane of the latent space; clients compute it from the encoded test set

# The smallest and the largest value of each number.
PERPLEXITY = (2, 500)
NEIGHBOURS = (2, 500)
MIN_DIST = (0, 0.99)
SEED = (0, 2**32 - 1)


@dataclass(frozen=True)
class ProjectionConfig:
    """How to project.

    axes: latent dimensions of a raw projection, at most dims; () for the first ones. perplexity: t-SNE's effective
    number of neighbours. neighbours, min_dist: UMAP's. Parameters that the method does not use change nothing.
    """

    method: Method = "pca"
    dims: int = 2
    axes: tuple[int, ...] = ()
    perplexity: float = 30.0
    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.method in METHODS, "method", self.method, " or ".join(METHODS))
        require(self.dims in (2, 3) and isinstance(self.dims, int), "dims", self.dims, "2 or 3")
        axes = self.axes
        known = isinstance(axes, tuple) and all(is_whole(axis) and 0 <= axis <= 10**6 for axis in axes)
        different = known and len(set(axes)) == len(axes) <= self.dims
        require(different, "axes", axes, f"at most {self.dims} different latent dimensions, counted from 0")
        _require_between(PERPLEXITY, "perplexity", self.perplexity)
        _require_between(NEIGHBOURS, "neighbours", self.neighbours, whole=True)
        _require_between(MIN_DIST, "min_dist", self.min_dist)
        _require_between(SEED, "seed", self.seed, whole=True)

    @property
    def used(self) -> "ProjectionConfig":
        """The same with each parameter that the method does not use at its default: equal if the layouts are."""
        uses = {"raw": ("axes",), "pca": (), "tsne": ("perplexity", "seed"), "umap": ("neighbours", "min_dist", "seed")}
        kept = {name: getattr(self, name) for name in uses[self.method]}
        if "axes" in kept:
            kept["axes"] = self.axes or tuple(range(self.dims))
        return ProjectionConfig(self.method, self.dims, **kept)

    def lowered(self, n: int) -> "ProjectionConfig":
        """The same with no more neighbours than n points can have: a third of them for t-SNE, all others for UMAP."""
        perplexity = self.perplexity if 3 * self.perplexity <= n else float(max(PERPLEXITY[0], n // 3))
        return replace(self, perplexity=perplexity, neighbours=min(self.neighbours, max(NEIGHBOURS[0], n - 1)))

    def lowering(self, n: int) -> str:
        """What `lowered` changes of what the method uses, in words; "" for nothing."""
        asked, fits = self.used, self.lowered(n).used
        for name in ("perplexity", "neighbours"):
            if getattr(asked, name) != getattr(fits, name):
                return f"{name} lowered to {getattr(fits, name):g}: {n} pictures"
        return ""

    def to_json(self) -> dict[str, Any]:
        """The fields by name, as JSON has them."""
        return asdict(self) | {"axes": list(self.axes)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "ProjectionConfig":
        """The inverse of to_json; missing fields have their defaults. Raises ValueError for what is no such request."""
        known = {field.name for field in fields(cls)}
        if unknown := values.keys() - known:
            raise ValueError(f"{min(unknown)!r} is no field of a request; there are {', '.join(sorted(known))}.")
        axes = values.get("axes", ())
        return cls(**{**values, "axes": tuple(axes) if isinstance(axes, list) else axes})


def _require_between(limits: tuple[float, float], name: str, value: Any, *, whole: bool = False) -> None:
    low, high = limits
    number = is_whole(value) or (isinstance(value, float) and not whole)
    expected = f"{'a whole number ' if whole else ''}from {low} to {high}"
    require(number and low <= value <= high, name, value, expected)
