"""A step's link: a page of the app and the parameters of its address."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from vae.views.shared.pages import VIEWS

LONGEST = 4000


@dataclass(frozen=True)
class StepLink:
    """A link beneath the app's address. page: its address; checkpoint: "" where it names none, not even by its film."""

    text: str
    page: str
    checkpoint: str
    parameters: tuple[tuple[str, str], ...]


def parse_link(text: str) -> StepLink:
    """The parts of a link. Raises ValueError with a sentence for one that leads to no page of the app."""
    page, _, query = text.partition("?")
    known = [view.address for view in VIEWS]
    if page not in known:
        raise ValueError(f"There is no page {page[:40]!r}; a link begins with {', '.join(known[:-1])} or {known[-1]}.")
    if len(text) > LONGEST or re.search(r"[\s#\\<>\"{}]", text):
        raise ValueError(f"A link is a page and its parameters, without spaces and at most {LONGEST} characters long.")
    try:
        parameters = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=40)
    except ValueError:
        raise ValueError(
            f"{query[:60]!r} is no parameters; write key=value&key=value after the question mark."
        ) from None
    names = [name for name, _ in parameters]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"The link says {twice[:40]!r} twice; keep one of them.")
    values = dict(parameters)
    return StepLink(text, page, values.get("checkpoint", values.get("film", "")), tuple(parameters))
