"""Made data sets by name: the command that makes them, and what is said where they are missing."""

import json
from pathlib import Path

import numpy as np
import pytest

from vae.__main__ import main
from vae.datasets.made.recipes import MADE, RECIPES, Recipe
from vae.datasets.made.storage import Made, Source
from vae.datasets.pictures import DataError, Progress
from vae.datasets.registry import DATASETS, is_available, load_dataset

Captured = pytest.CaptureFixture[str]


def small(root: Path, report: Progress) -> Made:
    """Ten random images of one class, as a recipe makes them."""
    report(1.0, "glyphs")
    factors = np.zeros((10, 1), np.int64)
    images = np.random.default_rng(0).integers(0, 256, (10, 1, 8, 8), np.uint8)
    sources = (Source("@f/a", "1.0.0", "OFL-1.1", ""), Source("@f/b", "2.0.0", "Apache-2.0", ""))
    return Made(images, factors[:, 0], factors, (6, 2, 2), ("a",), ("letter",), (("a",),), sources)


def command(root: Path) -> int:
    return main(["data", "glyphs", "--json", "--data-dir", str(root)])


def test_the_command_makes_the_data_set_and_says_what_of(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "glyphs", Recipe(small, "another"))
    assert not is_available("glyphs", tmp_path)
    assert command(tmp_path) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    glyphs = load_dataset("glyphs", tmp_path)
    assert is_available("glyphs", tmp_path)
    assert lines[0].startswith("6 training, 2 validation, 2 test images (1, 8, 8) in ")
    assert lines[1:3] == ["Apache-2.0: @f/b 2.0.0", "OFL-1.1: @f/a 1.0.0"]
    assert lines[3] == f"SHA-256 {glyphs.content_hash}: NOT what the project's models were trained on"
    assert lines[4] == f"saved as {tmp_path / 'glyphs'}"
    result = json.loads(last)
    assert result["images"] == [6, 2, 2]
    assert not result["as_trained_on"]
    monkeypatch.setitem(RECIPES, "glyphs", Recipe(small, glyphs.content_hash))
    assert command(tmp_path) == 0
    out = capsys.readouterr().out
    assert f"{glyphs.content_hash}: the same as the project's models were trained on" in out


def test_a_folder_that_takes_nothing_is_one_sentence(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "glyphs", Recipe(small, ""))
    (tmp_path / "file").write_text("")
    assert command(tmp_path / "file") == 1
    error = capsys.readouterr().err
    assert error.startswith("vae data: glyphs: ")
    assert error.rstrip().endswith("can be written to")


def test_a_made_data_set_is_not_downloaded_but_its_command_named(tmp_path: Path) -> None:
    for name in MADE:
        assert name in DATASETS
        with pytest.raises(DataError, match=f"{name} is not in .* yet: run `python -m vae data {name}`"):
            load_dataset(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_models_of_made_data_sets_were_trained_on_what_the_recipes_make() -> None:
    checkpoints = Path(__file__).parents[3] / "checkpoints"
    for config in checkpoints.glob("*/config.json"):
        dataset = json.loads(config.read_text("utf-8"))["dataset"]
        if dataset["name"] in MADE:
            assert dataset["content_hash"] == RECIPES[dataset["name"]].content, config.parent.name
