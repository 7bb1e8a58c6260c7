"""The home page's data: the film."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.checkpoints import GREY, save
from tests.support.pages import open_page
from vae.storage.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from vae.ui.home import component
from vae.ui.shared import loaders

ROOT = Path(__file__).parents[2]
SHIPPED = {found.name: found for found in list_checkpoints(ROOT / "checkpoints") if isinstance(found, Checkpoint)}


def test_the_film_is_that_of_a_plane_with_a_prior() -> None:
    assert component._film(list(SHIPPED.values())) == SHIPPED["mnist-z2"]
    assert component._film([SHIPPED["mnist-z10"], SHIPPED["digits-z2"]]) is None


def test_another_plane_s_film_runs_where_the_shipped_one_is_not(tmp_path: Path) -> None:
    save(tmp_path / "own")
    (tmp_path / "own" / "film.bin").write_bytes(b"film")
    own = read_checkpoint(tmp_path / "own")
    assert component._film([own]) == own
    conditional = replace(own, model_config=replace(GREY, classes=3))
    assert component._film([conditional]) is None


def test_the_page_opens_without_any_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    assert not open_page().exception
