"""Join codes are typed by people, names are written by strangers, secrets are never guessed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae.classroom import codes
from vae.classroom.codes import ClassError


def test_a_code_has_thirty_bits_and_no_letter_that_looks_like_another() -> None:
    assert len(codes.ALPHABET) ** codes.CODE_LENGTH == 2**30
    assert len(set(codes.ALPHABET)) == 32
    assert not set(codes.ALPHABET) & set("O0I1")
    assert {codes.new_code() for _ in range(100)} != {codes.new_code()}
    assert re.fullmatch(f"[{codes.ALPHABET}]{{6}}", codes.new_code())


def test_the_documented_chance_follows_from_the_limit() -> None:
    guesses = 24 * 60 * codes.MOST_FAILURES
    chances = [2**30 // guesses, 2**30 // (20 * guesses), 2**30 // (100 * guesses)]
    text = " ".join((codes.__doc__ or "").split())
    assert all(f"1 in {chance:,}" in text for chance in chances), chances


@pytest.mark.parametrize("typed", ["K7PM2X", "k7pm2x", " k7p-m2x ", "K7 PM 2X", "k\t7pm2x\n"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert codes.read_code(typed) == "K7PM2X"


@pytest.mark.parametrize(
    "typed", ["", "K7PM2", "K7PM2XX", "K0PM2X", "KIPM2X", "../../", "K7PM2Ä", "ＫＫＫＫＫＫ", "ßßßSSS"]
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert codes.read_code(typed) is None


def test_a_secret_is_recognised_by_its_digest_alone() -> None:
    secrets = [codes.new_secret() for _ in range(3)]
    digests = [codes.digest(secret) for secret in secrets]
    assert all(codes.is_among(secret, digests) for secret in secrets)
    assert not codes.is_among(codes.new_secret(), digests)
    assert not codes.is_among("", digests)
    assert not codes.is_among("\ud800", digests)
    assert not codes.is_among(secrets[0], [])
    assert all(len(secret) == 32 and secret not in repr(digests) for secret in secrets)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada \n Lovelace ", "Ada Lovelace"),
        ("E\u0301va", "Éva"),
        ("\u202eevil\u200b", "evil"),
        ("李小龙", "李小龙"),
        ("Ana 🐢", "Ana 🐢"),
        ("O'Neil-2", "O'Neil-2"),
    ],
)
def test_a_nickname_is_kept_in_one_visible_line(written: str, kept: str) -> None:
    assert codes.clean_name(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "\u200b",
        "a" * 25,
        "a" * 100_000,
        "<b>",
        "a&b",
        '"',
        "`x`",
        "${x}",
        "\\n",
        "!!!",
        "Z" + "\u0332" * 9,
        None,
        7,
        ["a"],
    ],
)
def test_a_nickname_with_markup_or_without_letters_is_refused(written: object) -> None:
    with pytest.raises(ClassError, match=r"^A nickname .*\.$"):
        codes.clean_name(written)


@given(st.text(max_size=40))
def test_no_nickname_carries_what_a_page_or_a_terminal_would_read_as_its_own(written: str) -> None:
    try:
        name = codes.clean_name(written)
    except ClassError:
        return
    assert 0 < len(name) <= codes.LONGEST_NAME
    assert name.isprintable()
    assert not set(name) & set('<>&"`{}\\')
    assert codes.clean_name(name) == name
    name.encode()


@given(st.lists(st.sampled_from(["Ada", "ADA", "a" * 24, "A" * 23 + "b"]), max_size=14))
def test_nobody_has_another_s_nickname(wanted: list[str]) -> None:
    taken: set[str] = set()
    for name in wanted:
        free = codes.free_name(name, taken)
        assert free.casefold() not in taken
        assert len(free) <= codes.LONGEST_NAME
        taken.add(free.casefold())


def test_nicknames_are_proposed_until_all_are_taken_and_then_with_numbers() -> None:
    taken: set[str] = set()
    for _ in range(len(codes.ADJECTIVES) * len(codes.ANIMALS) + 5):
        name = codes.propose_name(taken)
        assert codes.clean_name(name) == name
        taken.add(name.casefold())
    assert len(taken) == len(codes.ADJECTIVES) * len(codes.ANIMALS) + 5
    assert sum(name[-1].isdigit() for name in taken) == 5
