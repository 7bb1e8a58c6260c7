"""Join codes, secrets and nicknames.

A join code has 6 of 32 letters and digits, without O, 0, I and 1: 32^6 = 2^30 = 1,073,741,824 codes. A class lives for
at most 24 hours, and one address may name MOST_FAILURES unknown codes a minute: at most 1440 · 30 = 43,200 in all. One
address thus finds a given class with a chance of at most 43,200 / 2^30 = 1 in 24,855, and any of 20 open classes with 1
in 1,242; a hundred addresses together find the given one with 1 in 248. Of n replicas each counts on its own, and has
an n-th of the codes: these chances are n times as large. Who finds one has a seat that the
teacher sees and can remove, and nothing else. A teacher's secret and a seat's token have 192 random bits; only their
SHA-256 is kept, which needs no salt for a random text of that length.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6
MOST_FAILURES = 30  # unknown codes that one address may name in a minute: a class behind one router mistypes some
SECRET_BYTES = 24
LONGEST_NAME = 24
MOST_MARKS = 3  # accents on one letter

ADJECTIVES = (
    "Amber", "Azure", "Bright", "Brisk", "Calm", "Clever", "Coral", "Cosmic", "Crisp", "Curious", "Daring", "Eager",
    "Emerald", "Gentle", "Golden", "Happy", "Jade", "Jolly", "Keen", "Lively", "Lucky", "Lunar", "Merry", "Mighty",
    "Nimble", "Polar", "Proud", "Quick", "Quiet", "Rapid", "Ruby", "Silver", "Solar", "Sunny", "Swift", "Witty",
)  # fmt: skip
ANIMALS = (
    "Badger", "Beaver", "Bison", "Camel", "Condor", "Crane", "Dingo", "Dolphin", "Eagle", "Falcon", "Ferret", "Finch",
    "Gecko", "Gibbon", "Hare", "Heron", "Ibex", "Jackdaw", "Koala", "Lemur", "Lynx", "Magpie", "Marten", "Otter",
    "Panda", "Pelican", "Penguin", "Puffin", "Raven", "Robin", "Seal", "Swan", "Tapir", "Turtle", "Walrus", "Yak",
)  # fmt: skip


class ClassError(ValueError):
    """What someone asks of a class is refused; one sentence with the remedy. status: HTTP's number for it."""

    status = 400


class UnknownClassError(ClassError):
    """There is no class with this code."""

    status = 404


class RemovedSeatError(ClassError):
    """The seat is no longer in the class."""

    status = 403


def new_code(first: str = ALPHABET) -> str:
    """A random join code; of 30 bits, where any letter may be the first."""
    return secrets.choice(first) + "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH - 1))


def read_code(text: str) -> str | None:
    """The join code as it is kept, from what a person has typed; None if it cannot be one.

    Upper and lower case are the same; spaces and hyphens are left out.
    """
    code = re.sub(r"[\s-]", "", text).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else None


def new_secret() -> str:
    """A random text of 192 bits, in letters that a link may have: a teacher's secret or a seat's token."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> bytes:
    """What is kept of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_among(secret: str, digests: Collection[bytes]) -> bool:
    """Whether the secret is one of those with these digests. The time that it takes does not say how much is right."""
    found = digest(secret)
    return sum(hmac.compare_digest(found, other) for other in digests) > 0  # all are compared


def clean_text(text: object, what: str, longest: int) -> str:
    """Text in one line, composed (NFC), without invisible characters. Raises ClassError if nothing or too much is left.

    what: how the sentence begins, as in "A nickname has 1 to 24 characters."
    """
    kept = unicodedata.normalize("NFC", text) if isinstance(text, str) and len(text) <= 8 * longest else ""
    kept = "".join(" " if letter.isspace() else letter for letter in kept if not _invisible(letter))
    kept = " ".join(kept.split())
    if not 0 < len(kept) <= longest:
        raise ClassError(f"{what} has 1 to {longest} characters; write another.")
    return kept


def clean_name(text: object) -> str:
    """A nickname as it is kept. Raises ClassError for one that is empty, too long, has markup or piles of accents."""
    name = clean_text(text, "A nickname", LONGEST_NAME)
    if set(name) & set('<>&"`{}\\'):
        raise ClassError("A nickname has no <, >, &, quotation marks, braces or backslashes; write another.")
    if re.search(r"\w", name) is None or _longest_pile(name) > MOST_MARKS:
        raise ClassError("A nickname has letters or digits, with a few accents; write another.")
    return name


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number where another has it already. taken: casefolded."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name[: LONGEST_NAME - len(str(number)) - 1]} {number}"
    return free


def propose_name(taken: Collection[str]) -> str:
    """A nickname of an adjective and an animal that nobody has. taken: casefolded."""
    free = [name for a in ADJECTIVES for b in ANIMALS if (name := f"{a} {b}").casefold() not in taken]
    return secrets.choice(free) if free else free_name(f"{secrets.choice(ADJECTIVES)} {secrets.choice(ANIMALS)}", taken)


def _invisible(letter: str) -> bool:
    """Control and format characters, private ones, halves of pairs; line ends are spaces."""
    return unicodedata.category(letter)[0] == "C" and not letter.isspace()


def _longest_pile(name: str) -> int:
    piles = re.findall("1+", "".join("1" if unicodedata.category(letter) in {"Mn", "Me"} else "0" for letter in name))
    return max(map(len, piles), default=0)
