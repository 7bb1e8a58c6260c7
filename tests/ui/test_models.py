"""What the pages say about a model."""

import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.checkpoints import CLASSES, GREY, save
from tests.support.pages import ROOT
from vae.model.losses import Objective
from vae.server.live.inference import UnknownModelError
from vae.storage.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from vae.ui.shared import loaders, strips
from vae.views.shared import models

SHIPPED = ROOT / "checkpoints"


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "β = 1"),
        ({"beta": 0.5, "warmup": "linear"}, "β = 0.5"),
        ({"name": "beta-tc", "beta": 10.0, "warmup": "cooling"}, "β-TC, β = 10, KL cooled"),
        ({"name": "autoencoder"}, "plain autoencoder"),
        ({"name": "iwae", "samples": 5}, "IWAE of 5"),
        ({"name": "free-bits"}, "free-bits"),
    ],
)
def test_a_model_is_called_by_its_data_its_size_and_what_was_minimised(
    digits_checkpoint: Checkpoint, changed: dict[str, Any], name: str
) -> None:
    checkpoint = replace(digits_checkpoint, objective=Objective(**changed))
    assert models.objective_name(checkpoint) == name
    assert models.words(checkpoint) == f"Digits · {checkpoint.model_config.latent_dim}-D · {name}"
    conditional = replace(checkpoint, model_config=replace(checkpoint.model_config, classes=10))
    assert models.objective_name(conditional) == f"{name}, conditional on the class"


def test_beside_other_models_a_conditional_one_has_what_its_class_costs(tmp_path: Path) -> None:
    save(tmp_path / "given", replace(GREY, classes=3))
    save(tmp_path / "other")
    given, other = read_checkpoint(tmp_path / "given"), read_checkpoint(tmp_path / "other")
    bound = given.metrics["negative_elbo"]
    with_class = f"{bound + math.log(3):.1f} with ln\N{NO-BREAK SPACE}3 for it"
    assert f"−ELBO {bound:.1f} given the class, {with_class}, = reconstruction" in models.numbers(given)
    assert "class" not in models.numbers(other)


def test_every_card_says_how_many_dimensions_vary_with_the_picture() -> None:
    facts = {row["name"]: row["facts"] for row in models.listed(list_checkpoints(SHIPPED))}
    assert facts["mnist-z10-b10"] == "active 5 of 10, 28 × 28 pixels, conv"
    assert all(text.startswith("active ") for text in facts.values())


def test_the_list_is_grouped_by_data_and_ordered_as_people_count() -> None:
    rows = models.listed(reversed(list_checkpoints(SHIPPED)))
    assert [row["name"] for row in rows if row["group"] == "MNIST"] == [
        "mnist-z2",
        "mnist-z10",
        "mnist-z10-ae",
        "mnist-z10-b0.5",
        "mnist-z10-b1",
        "mnist-z10-b4",
        "mnist-z10-b10",
        "mnist-z10-cond",
    ]
    groups = [row["group"] for row in rows]
    assert groups == sorted(groups, key=groups.index)
    assert {"Digits", "MNIST", "Sprites"} <= set(groups)


def test_every_model_that_ships_has_its_own_words_or_purpose() -> None:
    rows = models.listed(list_checkpoints(SHIPPED))
    assert {row["purpose"] for row in rows if row["name"] in ("mnist-z10-b4", "mnist-z10-b10")} == {
        "Spends fewer nats on z: duller copies, unused dimensions."
    }
    assert len({row["purpose"] for row in rows}) == 7


def test_a_broken_checkpoint_is_listed_last_with_its_problem(tmp_path: Path) -> None:
    save(tmp_path / "whole")
    (tmp_path / "a-broken").mkdir()
    whole, broken = models.listed(list_checkpoints(tmp_path))
    assert whole["name"] == "whole"
    assert (broken["name"], broken["group"]) == ("a-broken", "Not usable")
    assert "the file is missing" in broken["problem"]


@pytest.mark.parametrize("name", ["digits-z2", "mnist-z10-ae", "mnist-z10-cond", "sprites-z6"])
def test_a_strip_shows_what_the_strongest_dimension_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "CHECKPOINTS", SHIPPED)
    checkpoint = read_checkpoint(SHIPPED / name)
    _, height, width = checkpoint.model_config.image_shape
    with Image.open(io.BytesIO(strips.strip(name))) as image:
        strip = np.asarray(image, np.float32)
    assert strip.shape[1] == models.STRIP * strip.shape[0] * width // height
    pictures = np.stack(np.split(strip, models.STRIP, axis=1))
    ends = np.abs(pictures[0] - pictures[-1]).mean()
    steps = np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2))
    assert 0 < steps.max() < ends


@pytest.mark.parametrize("shape", [(1, 5, 4), (3, 64, 64)])
def test_a_film_has_its_pictures_in_their_own_size_and_colours(
    shape: tuple[int, int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "model", replace(GREY, image_shape=shape, classes=len(CLASSES)))
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    channels, height, width = shape
    with Image.open(io.BytesIO(strips.traversal("model"))) as image:
        assert image.size == (models.FRAMES * width, height)
        assert image.mode == ("L" if channels == 1 else "RGB")
        frames = np.split(np.asarray(image), models.FRAMES, axis=1)
    assert len({frame.tobytes() for frame in frames}) > models.FRAMES // 2


def test_there_is_no_strip_of_a_model_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    for draw in (strips.strip, strips.traversal):
        with pytest.raises(UnknownModelError, match="no checkpoint called 'x'"):
            draw("x")
    save(tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(UnknownModelError, match=r"model\.safetensors"):
        strips.strip("cut")
