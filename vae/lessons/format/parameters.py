"""What a step's link may say: the parameters that each page knows, and the values that fit a checkpoint."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from vae.lessons.format.links import StepLink
from vae.projection.config import NAMES
from vae.storage.checkpoints import Checkpoint
from vae.validation import parse_whole
from vae.views import interpolation
from vae.views.shared import comparison, families

LONGEST_SHOWN = 60  # characters of a value in a sentence
LAST_FRAME = 999  # of a film


@dataclass(frozen=True)
class Here:
    """What a link is checked against: its own checkpoint, and all by their names."""

    checkpoint: Checkpoint
    all: Mapping[str, Checkpoint]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a page. fits: whether a value does; expected: what would, in words."""

    fits: Callable[[str, Here], bool]
    expected: Callable[[Here], str]


def problems(link: StepLink, checkpoints: Mapping[str, Checkpoint]) -> Iterator[str]:
    """A sentence for each thing in a link that its page would not show on a machine with these checkpoints."""
    known = PAGES[link.page]
    for name in dict(link.parameters).keys() - known.keys() - {"checkpoint"}:
        yield f"{link.page} does not know “{name[:LONGEST_SHOWN]}” in a link; it knows {', '.join(sorted(known))}."
    if link.checkpoint and link.checkpoint not in checkpoints:
        yield f"The link names {link.checkpoint[:LONGEST_SHOWN]!r}, and there is no such checkpoint here."
        return
    chosen = checkpoints.get(link.checkpoint) or next(iter(checkpoints.values()), None)
    if chosen is not None:
        yield from _misfits(link, known, Here(chosen, checkpoints))


def _misfits(link: StepLink, known: Mapping[str, Parameter | None], here: Here) -> Iterator[str]:
    for name, value in link.parameters:
        parameter = known.get(name)
        if parameter is not None and not parameter.fits(value, here):
            shown = urlencode({name: value[:LONGEST_SHOWN]}, safe=":,@", encoding="utf-8")
            yield f"“{shown}” does not fit this page and checkpoint: {name} is {parameter.expected(here)}."


def _one_of(*values: str) -> Parameter:
    return Parameter(lambda text, _: text in values, lambda _: " or ".join(values))


def _between(least: float, most: float) -> Parameter:
    def fits(text: str, _: Here) -> bool:
        return re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", text) is not None and least <= float(text) <= most

    return Parameter(fits, lambda _: f"a number from {least:g} to {most:g}")


def _is_image(text: str, here: Here) -> bool:
    return parse_whole(text, 0, here.checkpoint.test_images - 1) is not None


def _images(here: Here) -> str:
    return f"the number of a test image, 0 to {here.checkpoint.test_images - 1:,}"


def _is_end(text: str, here: Here) -> bool:
    """Whether it is a test image, perhaps decoded as a class: 17@3; an end of another kind is checked by the page."""
    number = text.partition("@")[0]
    return not number.isdecimal() or _is_image(number, here)


def _others(here: Here) -> list[str]:
    return [other.name for other in comparison.comparable(here.checkpoint, here.all.values())]


def _is_comparison(text: str, here: Here) -> bool:
    return set(text.split(",")) <= set(_others(here)) and text.count(",") < comparison.MOST_OTHERS


def _comparable(here: Here) -> str:
    return f"up to {comparison.MOST_OTHERS} of {', '.join(_others(here)) or 'no other models of the same pictures'}"


def _betas(here: Here) -> list[str]:
    """The stops of the dial: the β of the models that differ from the checkpoint in it alone."""
    own = families.family_key(here.checkpoint)
    members = [each for each in here.all.values() if own is not None and families.family_key(each) == own]
    found = {families.beta_of(each) for each in members}
    return [f"{beta:g}" for beta in sorted(beta for beta in found if beta is not None)]


def _is_source(text: str, here: Here) -> bool:
    kind, _, number = text.partition(":")
    if kind == "image":
        return here.checkpoint.kl_per_dimension is not None and _is_image(number, here)
    if kind == "class":
        return parse_whole(number, 0, len(here.checkpoint.class_names) - 1) is not None
    return text in ("prior", "aggregate", "second")


def _sources(here: Here) -> str:
    return f"prior, aggregate, second, class:0 to class:{len(here.checkpoint.class_names) - 1} or image:0"


def _films(here: Here) -> list[str]:
    return [each.name for each in here.all.values() if each.film is not None]


IMAGE = Parameter(_is_image, _images)
END = Parameter(_is_end, _images)
COMPARED = Parameter(_is_comparison, _comparable)
BETA = Parameter(lambda text, here: text in _betas(here), lambda here: " or ".join(_betas(here)))
SOURCE = Parameter(_is_source, _sources)
FRAME = Parameter(lambda text, _: parse_whole(text, 1, LAST_FRAME) is not None, lambda _: f"1 to {LAST_FRAME}")
FILM = Parameter(lambda text, here: text in _films(here), lambda here: f"one of {', '.join(_films(here))}")

# The parameters of each page beside its checkpoint; None where the page alone checks the value, which it says there.
PAGES: dict[str, dict[str, Parameter | None]] = {
    "Explore": {"image": IMAGE, "z": None, "class_told": None, "compare": COMPARED, "input": None},
    "Latent_map": {
        "image": IMAGE,
        "method": _one_of(*NAMES.values()),
        "dims": _one_of("2-D", "3-D"),
        **dict.fromkeys(("z", "across", "up", "depth", "class_told", "shading")),
        **dict.fromkeys(("perplexity", "neighbours", "min_dist", "seed")),
    },
    "Sampling": {
        "view": _one_of("one", "two", "plane"),
        "source": SOURCE,
        "against": SOURCE,
        "temperature": _between(0, 2),
        "truncation": _between(0.1, 4),
        "side": _between(2, 16),
        "compare": COMPARED,
        **dict.fromkeys(("seed", "told", "against_told", "hold", "plane")),
    },
    "Interpolation": {
        **dict.fromkeys(interpolation.KEYS),
        **dict.fromkeys(("from", "to", "third", "fourth", "base"), END),
        "view": _one_of("ends", "corners", "arithmetic"),
        "path": _one_of("linear", "spherical", "shortest"),
        "t": _between(0, 1),
        "compare": COMPARED,
    },
    "Reconstruction": {"image": IMAGE, "other": None, "class_told": None, "compare": COMPARED},
    "Compare": {"image": IMAGE, "beta": BETA, "family": None, "compare": COMPARED},
    "Training": {"film": FILM, "beside": FILM, "frame": FRAME},
}
