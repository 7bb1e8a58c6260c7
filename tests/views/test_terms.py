"""What the pages say of words and numbers: sentences, formulas, and code that gives the values that the pages show."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.pages import ROOT
from vae.evaluation.anomaly import anomaly_scores
from vae.evaluation.metrics import evaluate
from vae.model import losses
from vae.model.latents import EncodedSet, code, posterior_noise
from vae.model.networks import Likelihood, reparameterize, to_unit
from vae.projection.methods import quality
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.views.shared.terms.catalogue import TERMS, code_of, codes
from vae.views.shared.terms.nats import RECONSTRUCTION
from vae.views.shared.terms.script import script
from vae.views.shared.terms.term import PART, Lines, Script, Term, listing

MOST_WORDS = 30
MOST_LINES = 24
EACH = pytest.mark.parametrize("term", TERMS.values(), ids=lambda term: term.name)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return read_checkpoint(ROOT / "checkpoints" / "mnist-z10")


@pytest.fixture(scope="module")
def encoded(checkpoint: Checkpoint) -> EncodedSet:
    return checkpoint.load_encoded()


@EACH
def test_a_term_is_explained_in_one_short_sentence(term: Term) -> None:
    assert re.fullmatch(r"[A-Z][^!?]*\.", term.sentence)
    assert len(term.sentence.split()) <= MOST_WORDS


@EACH
def test_a_formula_has_no_braces_but_those_of_its_parts(term: Term) -> None:
    assert not set("{}") & set(PART.sub("", term.formula))
    assert term.formula == "" or term.keys or "(" in term.formula


@EACH
def test_a_term_shows_some_lines_of_the_source_as_they_are(term: Term) -> None:
    for lines in codes()[term.name].values():
        for each in lines:
            text = (ROOT / str(each["file"])).read_text("utf-8").splitlines()
            shown = str(each["code"]).splitlines()
            line = each["line"]
            assert isinstance(line, int)
            assert text[line - 1 : line - 1 + len(shown)] == shown
            assert len(shown) <= MOST_LINES


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (Lines(losses.kl_divergence, "nowhere"), "no line there that begins with 'nowhere'"),
        (Script("lib/math.js", "nowhere"), "0 functions nowhere"),
    ],
)
def test_code_that_is_not_there_is_refused(code: Lines | Script, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        listing(code)


def test_a_function_of_a_script_ends_where_it_ends() -> None:
    shown = str(listing(Script("lib/math.js", "norm"))["code"])
    assert shown.splitlines()[0].startswith("export function norm(")
    assert shown.count("{") == shown.count("}")


def test_a_term_that_there_is_not_is_refused() -> None:
    with pytest.raises(LookupError, match="no term called 'x'"):
        code_of("x")


def test_the_pages_get_every_term() -> None:
    text = script()
    assert all(f'"{term.name}"' in text and term.sentence in text for term in TERMS.values())


# ---- the code gives the values that the pages show -----------------------------------------------------------------


def is_shown(name: str, function: Any) -> None:
    """Fails unless the term shows this function."""
    groups = [TERMS[name].code, *TERMS[name].by_likelihood.values()]
    assert any(isinstance(each, Lines) and each.of is function for group in groups for each in group), name


def test_the_kl_of_the_pages_is_what_its_code_gives(checkpoint: Checkpoint, encoded: EncodedSet) -> None:
    is_shown("KL", losses.kl_divergence)
    is_shown("KL of a dimension", EncodedSet.kl_per_dimension)
    kl = losses.kl_divergence(torch.from_numpy(encoded.mean), torch.from_numpy(encoded.logvar))
    np.testing.assert_allclose(kl.sum(1).numpy(), encoded.kl, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.asarray(encoded.kl_per_dimension), np.asarray(checkpoint.kl_per_dimension), rtol=1e-4)
    assert float(kl.sum(1).mean()) == pytest.approx(checkpoint.metrics["kl"], abs=0.01)


def test_the_elbo_of_the_pages_is_what_its_code_gives(checkpoint: Checkpoint, encoded: EncodedSet) -> None:
    is_shown("−ELBO", evaluate)
    is_shown("distortion", evaluate)
    found = evaluate(encoded, checkpoint.model_config)
    assert found.negative_elbo == pytest.approx(checkpoint.metrics["negative_elbo"], abs=0.01)
    assert found.reconstruction == pytest.approx(checkpoint.metrics["reconstruction"], abs=0.01)
    assert found.active_units == checkpoint.metrics["active_units"]


@torch.inference_mode()
@pytest.mark.parametrize("name", ["mnist-z10", "digits-z2", "sprites-z6", "mnist-z10-cond"])
def test_the_reconstruction_error_of_the_pages_is_what_its_code_gives(name: str) -> None:
    checkpoint = read_checkpoint(ROOT / "checkpoints" / name)
    encoded, model, images = checkpoint.load_encoded(), checkpoint.load_model(), checkpoint.load_examples()[:20]
    outermost = RECONSTRUCTION[checkpoint.model_config.likelihood][0].of
    is_shown("reconstruction error", outermost)
    is_shown("z", reparameterize)
    mean, logvar = (torch.from_numpy(array[:20]) for array in (encoded.mean, encoded.logvar))
    noise = torch.from_numpy(posterior_noise(len(encoded.mean), mean.shape[1])[:20])
    z = reparameterize(mean, logvar, noise)
    labels = encoded.labels[:20] if checkpoint.model_config.classes else None
    arguments = [model.decoder(code(model, z.numpy(), labels)), to_unit(torch.from_numpy(images))]
    if checkpoint.model_config.likelihood not in ("bernoulli", "continuous-bernoulli"):
        arguments.append(model.log_scale)
    assert callable(outermost)
    np.testing.assert_allclose(
        np.asarray(outermost(*arguments).numpy()), np.asarray(encoded.reconstruction[:20]), rtol=1e-3
    )


def test_every_likelihood_has_its_code() -> None:
    assert set(code_of("reconstruction error")) == set(Likelihood.__args__)  # type: ignore[attr-defined]


def test_the_anomaly_score_of_the_pages_is_what_its_code_gives(checkpoint: Checkpoint, encoded: EncodedSet) -> None:
    is_shown("anomaly score", anomaly_scores)
    scores = anomaly_scores(checkpoint.load_model(), checkpoint.load_examples()[:500])
    expected = (encoded.reconstruction + encoded.kl)[:500]
    np.testing.assert_allclose(np.asarray(scores), np.asarray(expected), rtol=1e-3)


def test_the_neighbours_kept_on_the_map_are_what_their_code_gives(encoded: EncodedSet) -> None:
    is_shown("trustworthiness", quality)
    points = encoded.mean[:200]
    near, seen = (
        np.argsort(np.linalg.norm(rows[:, None] - rows, axis=2) + np.diag(np.full(200, np.inf)), axis=1)[:, :10]
        for rows in (points, points[:, :2])
    )
    kept = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(near, seen, strict=True)])
    assert quality(points, points[:, :2]).neighbours_kept == pytest.approx(kept)
