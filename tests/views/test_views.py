"""What each view shows of a checkpoint: JSON that holds for every shipped model."""

import base64
import json

import numpy as np
import pytest

from tests.support.pages import ROOT
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.views import explore, interpolation, latent_map, sampling
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
