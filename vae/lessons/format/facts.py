"""Names of numbers, such as `KL of mnist-z2`, and assertions on them, such as `KL of mnist-z2 = 7.1 ± 0.1`.

A fact is NAME of CHECKPOINT. Dimensions and test images count from 0, as the pages show them; films' frames from 1. Its
value is measured by vae.lessons.measured.values and never stands here.
"""

import re
from dataclasses import dataclass
from typing import Literal

from vae.validation import is_number

Sign = Literal["=", "<", ">"]

CHECKPOINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
LARGEST = 1e9  # of a number in an assertion
_MAP = "(?P<method>PCA|UMAP|t-SNE)"
_SOURCE = "from (?P<source>the prior|the codes|the second stage)"
_FRAME = r"in frame (?P<frame>\d{1,5}) of the film"


@dataclass(frozen=True)
class Kind:
    """Facts of one name. pattern: of the name; decimals: of their values; unit: what is written after one."""

    pattern: str
    decimals: int
    unit: str = ""


KINDS: dict[str, Kind] = {
    "collapsed": Kind("reconstruction of the mean picture", 1, "nats"),
    "frame reconstruction": Kind(f"reconstruction {_FRAME}", 1, "nats"),
    "frame KL": Kind(f"KL {_FRAME}", 1, "nats"),
    "frame epoch": Kind(f"epoch {_FRAME}", 1),
    "reconstruction of image": Kind(r"reconstruction of test image (?P<image>\d{1,7})", 1, "nats"),
    "KL of image": Kind(r"KL of test image (?P<image>\d{1,7})", 1, "nats"),
    "reconstruction": Kind("reconstruction", 1, "nats"),
    "KL": Kind("KL", 1, "nats"),
    "−ELBO": Kind("[−-]ELBO", 1, "nats"),
    "active dimensions": Kind("active dimensions", 0),
    "dimensions": Kind("dimensions", 0),
    "β": Kind("β|beta", 1),
    "KL of dimension": Kind(r"KL of dimension (?P<dimension>\d{1,4})", 2, "nats"),
    "average σ": Kind("average σ", 2),
    "average norm": Kind("average norm", 1),
    "norm": Kind(r"norm of test image (?P<image>\d{1,7})", 2),
    "norm halfway": Kind(r"norm halfway from (?P<image>\d{1,7}) to (?P<other>\d{1,7})", 2),
    "spherical norm halfway": Kind(r"spherical norm halfway from (?P<image>\d{1,7}) to (?P<other>\d{1,7})", 2),
    "typical norm": Kind("typical norm", 1),
    "typical norm halfway": Kind("typical norm halfway", 1),
    "neighbours kept": Kind(f"neighbours kept by {_MAP}", 0, "%"),
    "neighbours of image kept": Kind(rf"neighbours kept by {_MAP} for test image (?P<image>\d{{1,7}})", 0),
    "Fréchet distance": Kind(f"Fréchet distance {_SOURCE}", 1),
    "precision of real digits": Kind("precision of real digits", 2),
    "recall of real digits": Kind("recall of real digits", 2),
    "precision": Kind(f"precision {_SOURCE}", 2),
    "recall": Kind(f"recall {_SOURCE}", 2),
    "least KL to the prior": Kind("least KL to the prior", 2, "nats"),
    "largest KL to the prior": Kind("largest KL to the prior", 2, "nats"),
    "cost": Kind(
        r"cost of (?P<picture>black|white|noise|the average digit|an inverted 7|test image (?P<image>\d{1,7}))",
        1,
        "nats",
    ),
    "least cost": Kind("least cost of the first test images", 1, "nats"),
    "largest cost": Kind("largest cost of the first test images", 1, "nats"),
    "MIG": Kind("MIG", 2),
}
NAMES = (
    "reconstruction, KL, −ELBO, active dimensions, dimensions, KL of dimension 0, neighbours kept by t-SNE, cost of "
    "black or MIG"
)


@dataclass(frozen=True)
class Fact:
    """A number by its name. kind: a key of KINDS; arguments: what the name says besides, such as its dimension."""

    kind: str
    checkpoint: str
    arguments: tuple[tuple[str, str], ...] = ()

    @property
    def given(self) -> dict[str, str]:
        """The arguments by their names."""
        return dict(self.arguments)

    @property
    def name(self) -> str:
        """It without its checkpoint, the same for every way to write it: neighbours kept t-SNE."""
        return " ".join([self.kind, *(value for _, value in self.arguments)])

    @property
    def unit(self) -> str:
        """What is written after its value; "" for a number without a unit."""
        return KINDS[self.kind].unit

    def written(self, value: float) -> str:
        """A value as it stands in a text, without its unit: 7.1, 2,734. From 1,000 on it has no decimals."""
        decimals = KINDS[self.kind].decimals if abs(value) < 1000 else 0
        return f"{value:,.{decimals}f}".replace("-", "−")

    def told(self, value: float) -> str:
        """A value as it replaces its name in a text: as written, a percentage with its sign."""
        return f"{self.written(value)}\N{NO-BREAK SPACE}%" if self.unit == "%" else self.written(value)


@dataclass(frozen=True)
class Check:
    """An assertion: the fact is within `tolerance` of a number, or less, or more than a number or than another fact."""

    text: str
    line: int
    fact: Fact
    sign: Sign
    other: float | Fact
    tolerance: float = 0.0

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that it is about."""
        return (self.fact, self.other) if isinstance(self.other, Fact) else (self.fact,)

    def holds(self, value: float, other: float) -> bool:
        """Whether it is true of these values; equality to within rounding of the sum."""
        if self.sign == "=":
            return abs(value - other) <= self.tolerance + 1e-9 * max(1.0, abs(other))
        return value < other if self.sign == "<" else value > other


def parse_fact(text: str) -> Fact:
    """The fact of this name. Raises ValueError with a sentence for any other text."""
    name, of, checkpoint = text.strip().rpartition(" of ")
    if not of or not CHECKPOINT.fullmatch(checkpoint):
        raise ValueError(f"{text[:60]!r} is no fact; write a name and a checkpoint, such as “KL of mnist-z2”.")
    for kind, known in KINDS.items():
        if found := re.fullmatch(known.pattern, name.strip(), re.ASCII):
            given = {key: value for key, value in found.groupdict().items() if value is not None}
            return Fact(kind, checkpoint, tuple(given.items()))
    raise ValueError(f"There is no fact {name[:60]!r}; there are {NAMES}, and more in README.md.")


def parse_check(text: str, line: int) -> Check:
    """The assertion of this text. Raises ValueError with a sentence for any other text."""
    parts = re.split(r"\s+([=<>])\s+", text.strip())
    if len(parts) != 3:
        raise ValueError(f"{text[:80]!r} is no assertion; write “KL of mnist-z2 = 7.1 ± 0.1” or “… < 8”.")
    left, sign, right = parts
    fact = parse_fact(left)
    if sign == "=":
        number, _, tolerance = right.partition("±")
        return Check(text, line, fact, "=", _number(number), _number(tolerance or "0", least=0))
    other: float | Fact = parse_fact(right) if " of " in right else _number(right)
    return Check(text, line, fact, "<" if sign == "<" else ">", other)


def _number(text: str, least: float = -LARGEST) -> float:
    plain = text.strip().replace("−", "-").replace(",", "")
    number = float(plain) if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,9})?", plain) else None
    if not is_number(number, least, LARGEST):
        raise ValueError(f"{text.strip()[:40]!r} is no number; write one such as 7.1 or 7.1 ± 0.1.")
    return number
