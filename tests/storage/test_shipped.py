"""The checkpoints that ship: how much room they take, and what of their maps is lost by rounding."""

from pathlib import Path

import numpy as np
import pytest

from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.storage.files import MOST_STEPS

ROOT = Path(__file__).parents[2] / "checkpoints"
FOUND = list_checkpoints(ROOT)
SHIPPED = [found for found in FOUND if isinstance(found, Checkpoint)]
MOST_BYTES, MOST_BYTES_OF_ALL = 4_000_000, 40_000_000
SCREEN = (3840, 2160)  # pixels
OLD = "digits-z2"  # keeps its maps as earlier versions did, for test_checkpoints.py
METHODS = [(method, dims) for method in ("tsne", "umap") for dims in (2, 3)]


def bytes_of(folder: Path) -> int:
    """The sizes of all files below a folder, added up."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("checkpoint", SHIPPED, ids=lambda found: found.name)
def test_a_model_takes_at_most_four_megabytes(checkpoint: Checkpoint) -> None:
    assert bytes_of(checkpoint.path) <= MOST_BYTES


def test_all_models_are_whole_and_take_at_most_forty_megabytes() -> None:
    assert len(SHIPPED) == len(FOUND)
    assert bytes_of(ROOT) <= MOST_BYTES_OF_ALL


@pytest.mark.parametrize("checkpoint", SHIPPED, ids=lambda found: found.name)
def test_a_kept_map_takes_two_bytes_a_coordinate_and_shows_its_points_within_half_a_pixel_of_4k(
    checkpoint: Checkpoint,
) -> None:
    encoded = checkpoint.load_encoded()
    for method, dims in METHODS:
        points = checkpoint.load_projection(encoded, method, dims)
        assert points is not None
        (file,) = checkpoint.path.glob(f"projections/{method}-{dims}d-*")
        assert file.stat().st_size < (4 if checkpoint.name == OLD else 2) * points.size + 200
        half_a_step = np.abs(points).max() / MOST_STEPS / 2
        low, high = np.quantile(points, [0.005, 0.995], axis=0)  # a map shows at least these, at one scale for its axes
        pixels = np.min(np.array([*SCREEN, SCREEN[0]])[:dims] / (high - low))
        assert half_a_step * pixels <= 0.5
