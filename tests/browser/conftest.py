"""What the tests of one module add to the shared app's models, those of the next do not see."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def the_same_models_for_every_module(app_checkpoints: Path) -> Iterator[None]:
    """Removes the checkpoints that tests of this module have made; the folder of runs stays."""
    before = set(app_checkpoints.iterdir())
    yield
    for path in set(app_checkpoints.iterdir()) - before:
        if not path.name.startswith("."):
            shutil.rmtree(path)
