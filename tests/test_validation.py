"""What every boundary checks the same way."""

from math import inf, nan
from typing import Literal

import pytest

from vae.validation import is_number, is_whole, one_of, parse_whole, require


@pytest.mark.parametrize("value", [0, 1, 0.5, 1.0])
def test_a_number_is_finite_and_in_its_range(value: float) -> None:
    assert is_number(value, 0, 1)
    assert is_number(-value)


@pytest.mark.parametrize("value", [-0.1, 1.1, nan, inf, -inf, 10**400, True, None, "1", [1]])
def test_what_is_no_number_in_the_range_is_refused(value: object) -> None:
    assert not is_number(value, 0, 1)


@pytest.mark.parametrize("value", [nan, inf, -inf, 10**400, False])
def test_without_a_range_a_number_must_still_be_finite(value: object) -> None:
    assert not is_number(value)


def test_a_whole_number_is_an_int_in_its_range() -> None:
    assert is_whole(0)
    assert is_whole(3, 3, 3)
    assert not any(is_whole(value, 1, 4) for value in (0, 5, 2.0, True, "2", None, nan))


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("0099", 99), ("99", 99)])
def test_a_whole_number_is_read_from_a_link(text: str, number: int) -> None:
    assert parse_whole(text, 0, 99) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "100", "1.0", "1e1", " 1", "1\n", "²", "٣", "0" * 11])
def test_other_text_in_a_link_is_no_whole_number(text: str) -> None:
    assert parse_whole(text, 0, 99) is None


def test_the_values_of_a_literal_are_listed_in_a_sentence() -> None:
    assert one_of(Literal["a", "b", "c"]) == "a, b or c"


def test_a_refusal_says_what_was_expected_and_what_came() -> None:
    require(True, "size", 3, "2")
    with pytest.raises(ValueError, match=r"^size must be 2, not 3\.$"):
        require(False, "size", 3, "2")


def test_a_refusal_shows_only_the_beginning_of_a_long_value() -> None:
    with pytest.raises(ValueError, match=r"^z must be 2 numbers, not \[0, 0, .*…\.$") as refused:
        require(False, "z", [0] * 300_000, "2 numbers")
    assert len(str(refused.value)) < 300
