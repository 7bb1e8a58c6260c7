"""The dictionaries of the light page, a class's pages and the file: frontend/words/, for each language but English.

`de.json` has the texts of the scripts, which frontend/lib/words.js looks up: {"English text with {0}": "translation"}.
`server.de.json` has the sentences that Python makes; a key may have places {0}, {1} for what differs.
"""

import json
from functools import lru_cache

from vae.views.shared.scripts import FRONTEND

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "es": "Español"}  # by their codes: their own names
WORDS = FRONTEND / "words"

Words = dict[str, dict[str, str]]


def known_language(code: str | None) -> str:
    """The code where it is one of LANGUAGES, else that of English."""
    return code if code in LANGUAGES else ENGLISH


def preferred(accepted: str) -> str:
    """The first of LANGUAGES in an Accept-Language header, "de-CH, en;q=0.5"; English where there is none."""
    asked = (each.split(";")[0].split("-")[0].strip().lower() for each in accepted.split(","))
    return next((code for code in asked if code in LANGUAGES), ENGLISH)


@lru_cache(maxsize=len(LANGUAGES))
def words(language: str) -> Words | None:
    """The dictionary of a language, by the code: {"texts": …, "sentences": …}; None for English, which has none."""
    if language == ENGLISH:
        return None
    return {"texts": _read(f"{language}.json"), "sentences": _read(f"server.{language}.json")}


def translated(sentence: str, language: str) -> str:
    """A sentence of Python's in a language, by its code; as it is where the dictionary lacks it."""
    found = words(language)
    return sentence if found is None else found["sentences"].get(sentence, sentence)


def _read(name: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((WORDS / name).read_text("utf-8"))
    return texts
