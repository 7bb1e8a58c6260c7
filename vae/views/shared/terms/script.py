"""The terms' names, sentences and formulas for the pages, as the module frontend/lib/terms.js.

`make contract` writes it, as it writes contract.js; the code of a term is asked for where a page shows it.
"""

import json
import re

from vae.views.shared.scripts import FRONTEND
from vae.views.shared.terms.catalogue import TERMS
from vae.views.shared.terms.term import PART, Term

PATH = FRONTEND / "lib" / "terms.js"
LINE = 120
SAME_EVERYWHERE = {"ELBO", "det", "exp", "log", "MIG", "AUROC", "NLL"}  # in all languages

_HEAD = """/**
 * What the pages say of their words and numbers. Written by `make contract` from vae/views/shared/terms: change Python,
 * not this file.
 *
 * called: the name as it stands in a question, where that is another. In a formula {key:symbol} is a part
 * of its own: see vae/views/shared/terms/term.py.
 */

import { t } from "./words.js";

/** @typedef {keyof typeof TERMS} Term */
/** @typedef {{name: string, called?: string, sentence: string, formula?: string}} Explanation */

export const TERMS = {
"""


def script() -> str:
    """The text of terms.js."""
    return f"{_HEAD}{''.join(map(_entry, TERMS.values()))}}};\n"


def _entry(term: Term) -> str:
    key = term.name if term.name.isidentifier() else json.dumps(term.name, ensure_ascii=False)
    lines = [_text("name", term.name)]
    if term.article:
        lines.append(_text("called", f"{term.article} {term.name}"))
    lines.append(_text("sentence", term.sentence))
    if term.formula:
        lines.append(_text("formula", term.formula))
    return f"  {key}: {{\n{''.join(lines)}  }},\n"


def _text(key: str, text: str) -> str:
    """A property, as Biome formats it; to be translated where it has words."""
    literal = json.dumps(text, ensure_ascii=False)
    words = set(re.findall("[A-Za-z]{3,}", PART.sub(lambda part: part["symbol"], text)))
    called, end = ("t(", ")") if words - SAME_EVERYWHERE else ("", "")
    line = f"    {key}: {called}{literal}{end},\n"
    if len(line) <= LINE + 1:
        return line
    return f"    {key}: t(\n      {literal},\n    ),\n" if called else f"    {key}:\n      {literal},\n"
