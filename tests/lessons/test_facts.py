"""Names of numbers, and assertions on them."""

import pytest

from vae.lessons.format.facts import KINDS, parse_check, parse_fact


@pytest.mark.parametrize(
    ("text", "kind", "given"),
    [
        ("reconstruction of mnist-z2", "reconstruction", {}),
        ("reconstruction of the mean picture of mnist-z10", "collapsed", {}),
        ("-ELBO of mnist-z2", "−ELBO", {}),
        ("−ELBO of mnist-z2", "−ELBO", {}),
        ("KL of dimension 3 of mnist-z10-b0.5", "KL of dimension", {"dimension": "3"}),
        (
            "neighbours kept by t-SNE for test image 18 of m",
            "neighbours of image kept",
            {"method": "t-SNE", "image": "18"},
        ),
        ("cost of an inverted 7 of mnist-z10", "cost", {"picture": "an inverted 7"}),
        ("cost of test image 279 of mnist-z10", "cost", {"picture": "test image 279", "image": "279"}),
        ("KL in frame 8 of the film of mnist-z10-b10", "frame KL", {"frame": "8"}),
        ("recall from the codes of mnist-z10-ae", "recall", {"source": "the codes"}),
    ],
)
def test_a_fact_is_known_by_its_name(text: str, kind: str, given: dict[str, str]) -> None:
    fact = parse_fact(text)
    assert (fact.kind, fact.given) == (kind, given)


def test_a_value_is_written_as_is_usual_for_it() -> None:
    assert parse_fact("KL of m").written(7.146) == "7.1"
    assert parse_fact("MIG of m").written(0.0712) == "0.07"
    assert parse_fact("active dimensions of m").written(5) == "5"
    assert parse_fact("cost of noise of m").written(2734.2) == "2,734"
    assert parse_fact("−ELBO of m").written(-3) == "−3.0"


def test_an_assertion_compares_with_a_number_or_with_a_fact() -> None:
    near = parse_check("KL of a = 7.1 ± 0.1", 4)
    assert near.holds(7.2, 7.1)
    assert not near.holds(7.21, 7.1)
    less = parse_check("KL of a < KL of b", 4)
    assert [fact.checkpoint for fact in less.facts] == ["a", "b"]
    assert less.holds(1, 2)
    assert not less.holds(2, 2)
    assert parse_check("cost of noise of a > 2,000", 4).holds(2001, 2000)


@pytest.mark.parametrize(
    "text", ["KL of a", "KL of a = ", "KL of a = 1 ± -1", "KL of a = 1e400", "< 3", "KL of a = 1 = 2"]
)
def test_another_text_is_no_assertion(text: str) -> None:
    with pytest.raises(ValueError, match=r"; write “|is no number"):
        parse_check(text, 1)


def test_each_kind_of_fact_has_a_name_that_no_other_has() -> None:
    patterns = [kind.pattern for kind in KINDS.values()]
    assert len(set(patterns)) == len(patterns)
