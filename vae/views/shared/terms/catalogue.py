"""All terms by their names, and the code of each as JSON."""

from functools import lru_cache

from vae.views.shared.terms import classes, latents, measures, nats, training
from vae.views.shared.terms.term import Code, Term, listing

TERMS: dict[str, Term] = {
    term.name: term for group in (latents, nats, measures, training, classes) for term in group.TERMS
}


@lru_cache(maxsize=1)
def codes() -> dict[str, dict[str, list[dict[str, object]]]]:
    """The code of every term, by its name: {"": listings}, or the listings by the model's likelihood."""
    return {name: {key: _listings(each) for key, each in _codes(term).items()} for name, term in TERMS.items()}


def code_of(name: str) -> dict[str, list[dict[str, object]]]:
    """The code of the term of this name. Raises LookupError where there is none."""
    if name not in TERMS:
        raise LookupError(f"There is no term called {name!r:.40}, only {', '.join(TERMS)}.")
    return codes()[name]


def _codes(term: Term) -> dict[str, tuple[Code, ...]]:
    return dict(term.by_likelihood) or {"": term.code}


def _listings(code: tuple[Code, ...]) -> list[dict[str, object]]:
    return [listing(each) for each in code]
