"""What each view shows of a checkpoint: JSON that holds for every shipped model."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.pages import ROOT
from vae.evaluation.aggregate import gaps
from vae.evaluation.pictures.samples import SamplesReport, SourceScores
from vae.model.flow import Flow, SecondStage
from vae.model.latents import EncodedSet
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.film import read_film
from vae.views import explore, interpolation, latent_map, sampling, training
from vae.views.shared import pages, scripts

SHIPPED = ROOT / "checkpoints"
NAMES = sorted(path.name for path in SHIPPED.iterdir())


@pytest.fixture(params=NAMES)
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    return read_checkpoint(SHIPPED / request.param)


def test_the_data_of_every_view_are_json(checkpoint: Checkpoint) -> None:
    encoded = checkpoint.load_encoded()
    fitted = sampling.fit_sources(checkpoint, encoded)
    for data in (
        explore.explore_data(checkpoint, encoded),
        latent_map.map_data(checkpoint, "1"),
        sampling.sampling_data(checkpoint, encoded, fitted),
        sampling.source(checkpoint, encoded, fitted, "prior"),
        interpolation.interpolation_data(checkpoint, checkpoint.load_examples(), "1"),
        training.training_data(checkpoint),
    ):
        assert json.loads(json.dumps(data, allow_nan=False))


def test_the_points_of_explore_lie_where_its_axes_say(checkpoint: Checkpoint) -> None:
    encoded = checkpoint.load_encoded()
    data = json.loads(json.dumps(explore.explore_data(checkpoint, encoded)))
    points = np.frombuffer(base64.b64decode(data["points"]), "<f4").reshape(-1, 2)
    axes = np.array(data["projection"]["components"]).T
    expected = (encoded.mean[:2000] - np.array(data["projection"]["mean"])) @ axes
    np.testing.assert_allclose(points, expected, atol=1e-4)
    assert np.frombuffer(base64.b64decode(data["labels"]), "<u2").tolist() == encoded.labels[:2000].tolist()


def test_every_view_s_script_and_styles_are_there() -> None:
    for view in pages.VIEWS:
        assert all((scripts.FRONTEND / name).is_file() for name in (view.script, *view.styles)), view.name


def test_a_source_is_one_of_the_model_s() -> None:
    checkpoint = read_checkpoint(SHIPPED / "mnist-z10-ae")
    offered = sampling.offered_sources(checkpoint, sampling.fit_sources(checkpoint, checkpoint.load_encoded()))
    accepted = [name for name in ("prior", "aggregate", "class:3", "image:0", "image", "class:10", "") if
                sampling.is_source(name, checkpoint, offered)]  # fmt: skip
    assert accepted == ["prior", "aggregate", "class:3"]  # a plain autoencoder has no posterior


# ---- the second stage and the scores of Sampling ---------------------------------------------------------------------


def with_report(checkpoint: Checkpoint, encoded: EncodedSet) -> sampling.Fitted:
    """What is fitted, with a second stage that moves nothing and a report of its own."""
    fitted = sampling.fit_sources(checkpoint, encoded)
    assert fitted.fit is not None
    second = SecondStage(fitted.fit.mixture, Flow(checkpoint.model_config.latent_dim).requires_grad_(False))
    found = {name: SourceScores(gap, None) for name, gap in gaps(encoded, fitted.fit, second).items()}
    return replace(fitted, second=second, report=SamplesReport(found, None, "so"))


def test_a_second_stage_is_offered_and_packed_with_its_flow() -> None:
    checkpoint = read_checkpoint(SHIPPED / "digits-z2")
    encoded = checkpoint.load_encoded()
    fitted = with_report(checkpoint, encoded)

    offered = sampling.offered_sources(checkpoint, fitted)
    packed = json.loads(json.dumps(sampling.source(checkpoint, encoded, fitted, "second")))

    assert sampling.is_source("second", checkpoint, offered)
    assert packed["means"] == sampling.source(checkpoint, encoded, fitted, "aggregate")["means"]
    assert fitted.second is not None
    for name, tensor in fitted.second.flow.state_dict().items():
        np.testing.assert_array_equal(np.frombuffer(base64.b64decode(packed["flow"][name]), "<f4"), tensor.ravel())
    assert "flow" not in sampling.source(checkpoint, encoded, fitted, "prior")


def test_the_distance_of_the_prior_is_bounded_by_the_second_stage_and_given_in_bits_too() -> None:
    checkpoint = read_checkpoint(SHIPPED / "mnist-z10")
    encoded = checkpoint.load_encoded()
    fitted = with_report(checkpoint, encoded)
    assert fitted.report is not None
    gap = fitted.report.sources["prior"].gap
    assert gap is not None

    data = json.loads(json.dumps(sampling.sampling_data(checkpoint, encoded, fitted)))

    assert data["mismatch"]["number"] == f"Between {gap.lower.nats:.2f} and {gap.upper.nats:.2f} nats"
    bits = f"{gap.lower.nats * 1.442695:.1f} to {gap.upper.nats * 1.442695:.1f} bits"
    assert data["mismatch"]["meaning"].endswith(f"KL(q(z) ‖ p(z)), {bits}")
    assert "the second-stage prior, a mixture of 24 Gaussians and a flow" in data["mismatch"]["how"]
    assert data["scores"]["sources"]["prior"]["gap"]["lower"]["nats"] == gap.lower.nats


def test_an_older_checkpoint_offers_no_second_stage_and_says_what_makes_it() -> None:
    checkpoint = read_checkpoint(SHIPPED / "digits-z2")
    encoded = checkpoint.load_encoded()
    fitted = replace(sampling.fit_sources(checkpoint, encoded), second=None, report=None)

    data = sampling.sampling_data(checkpoint, encoded, fitted)

    assert not sampling.is_source("second", checkpoint, sampling.offered_sources(checkpoint, fitted))
    assert data["scores"] is None
    assert "python -m vae prior digits-z2 makes both" in json.dumps(data["mismatch"])


# ---- a film for a file -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most_bytes", "points", "numbers"),
    [
        (2_000_000, 2000, [1, 2, 60]),
        (900_000, 500, [1, 2, 60]),
        (500_000, 500, [1, 3, 60]),
        (250_000, 500, [1, 5, 60]),
    ],
)
def test_a_film_is_shortened_until_it_fits(most_bytes: int, points: int, numbers: list[int], tmp_path: Path) -> None:
    path = SHIPPED / "mnist-z2" / "film.bin"
    film = training.short_film(path, most_bytes)
    assert film is not None
    assert len(film) <= most_bytes
    (tmp_path / "film").write_bytes(film)
    head, *others = read_film(tmp_path / "film")
    frames = [record for record in others if record.fields["kind"] == "frame"]
    assert head.fields["points"] == points
    assert [frames[i].fields["number"] for i in (0, 1, -1)] == numbers
    whole = [record for record in read_film(path) if record.fields["kind"] == "frame"]
    for frame in frames:
        same = whole[frame.fields["number"] - 1]
        assert frame.fields["epoch"] == same.fields["epoch"]
        assert frame.body[: 4 * points] == same.body[: 4 * points]
        assert frame.body[4 * points :] == same.body[4 * 2000 :]


def test_a_film_that_does_not_fit_even_then_is_left_out(tmp_path: Path) -> None:
    assert training.short_film(SHIPPED / "mnist-z2" / "film.bin", 1000) is None
    assert training.short_film(tmp_path / "none", 1000) is None
