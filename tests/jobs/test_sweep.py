"""A family of tiny models, trained one after the other."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vae.datasets.splits import Dataset, take
from vae.jobs.sweep import Member, is_trained, members, table_row, train_member, write_table
from vae.model.losses import Objective
from vae.storage.checkpoints import read_checkpoint
from vae.training.config import TrainingConfig
from vae.training.request import DatasetRequest, ModelRequest, TrainingRequest
from vae.training.trainer import TrainingError

BASE = TrainingRequest(
    DatasetRequest("digits"),
    ModelRequest(2, hidden=(8,)),
    TrainingConfig(epochs=2, batch_size=256, device="cpu", seed=3),
)


@pytest.fixture
def few(digits: Dataset) -> Dataset:
    """Few of the digits, so that an epoch takes milliseconds."""
    return replace(digits, train=take(digits.train, np.arange(256)))


def train(member: Member, dataset: Dataset, folder: Path) -> int:
    """Number of epochs."""
    return len(list(train_member(member, dataset, folder)))


def test_every_combination_is_a_member_with_a_name_and_a_request_of_its_own() -> None:
    found = members(BASE, [0.25, 4], [2, 10], seeds=2)
    assert [member.name for member in found] == [
        f"digits-z{z}-b{beta}-s{seed}" for z in (2, 10) for beta in (0.25, 4) for seed in (3, 4)
    ]
    first, *_, last = found
    assert (last.beta, last.request.model.latent_dim, last.request.training.seed) == (4, 10, 4)
    assert first.request == replace(
        BASE, training=replace(BASE.training, objective=replace(BASE.training.objective, beta=0.25))
    )


def test_own_pictures_give_their_folder_s_name() -> None:
    own = replace(BASE, dataset=DatasetRequest("/home/me/my pets.zip"))
    assert [member.name for member in members(own, [1], [2], seeds=1)] == ["my-pets-z2-b1-s3"]


@pytest.mark.parametrize(
    ("betas", "latent_dims", "seeds", "sentence"),
    [
        ([1, 1], [2], 1, "beta must be different numbers, not '1,1'"),
        ([1], [2, 2], 1, "latent_dim must be different numbers"),
        ([1], [2], 0, "seeds must be 1 to 1000, not 0"),
        ([-1], [2], 1, "beta must be 0 to 1000"),
        (range(600), [2, 3], 1, "number of models must be at most 1000, not 1200"),
    ],
)
def test_a_number_out_of_range_is_one_sentence(
    betas: list[float], latent_dims: list[int], seeds: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        members(BASE, betas, latent_dims, seeds)


def test_a_model_that_cannot_be_is_refused_before_any_is_trained(few: Dataset, tmp_path: Path) -> None:
    *_, impossible = members(BASE, [1], [2, 0], seeds=1)
    with pytest.raises(ValueError, match="latent_dim must be a whole number from 1 to 512, not 0"):
        is_trained(impossible, few, tmp_path)


def test_an_objective_without_beta_has_no_family() -> None:
    plain = replace(BASE, training=replace(BASE.training, objective=Objective("autoencoder")))
    with pytest.raises(ValueError, match="objective must be one with a β: vae or beta-tc, not 'autoencoder'"):
        members(plain, [1], [2], 1)


def test_a_trained_member_is_known_again_and_its_numbers_are_the_table_s(few: Dataset, tmp_path: Path) -> None:
    found = members(BASE, [0.5, 4], [2], seeds=1)
    for member in found:
        assert not is_trained(member, few, tmp_path)
        assert train(member, few, tmp_path) == 2
        assert is_trained(member, few, tmp_path)
    table, text = write_table(found, tmp_path)
    rows = json.loads(text.read_text("utf-8"))
    assert rows == [table_row(member, tmp_path) for member in found]
    assert [row["checkpoint"] for row in rows] == ["digits-z2-b0.5-s3", "digits-z2-b4-s3"]
    assert [row["beta"] for row in rows] == [0.5, 4]
    for row in rows:
        metrics = read_checkpoint(tmp_path / row["checkpoint"]).metrics
        names = ("kl", "reconstruction", "negative_elbo", "active_units")
        assert {name: row[name] for name in names} == {name: metrics[name] for name in names}
        assert row["kl"] + row["reconstruction"] == pytest.approx(row["negative_elbo"])
    lines = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert [{name: str(value) for name, value in row.items()} for row in rows] == lines
    assert {path.name for path in tmp_path.iterdir()} == {
        "sweep.csv",
        "sweep.json",
        *(row["checkpoint"] for row in rows),
    }


def test_a_checkpoint_of_other_settings_or_data_is_not_taken_for_the_member(few: Dataset, tmp_path: Path) -> None:
    (member,) = members(BASE, [1], [2], seeds=1)
    train(member, few, tmp_path)
    longer = replace(member.request, training=replace(member.request.training, epochs=3))
    wider = replace(member.request, model=replace(member.request.model, hidden=(9,)))
    for other in (longer, wider):
        with pytest.raises(ValueError, match="was trained with other settings, other data or not to the end"):
            is_trained(Member(member.name, other), few, tmp_path)
    fewer = replace(few, test=take(few.test, np.arange(5)))
    with pytest.raises(ValueError, match="other data"):
        is_trained(member, fewer, tmp_path)
    elsewhere = replace(member.request, training=replace(member.request.training, device="auto"))
    assert is_trained(Member(member.name, elsewhere), few, tmp_path)


@pytest.mark.parametrize(
    ("error", "expected", "match"),
    [(KeyboardInterrupt(), KeyboardInterrupt, None), (OSError("the disk is full"), TrainingError, "disk is full")],
)
def test_of_a_run_that_ends_early_nothing_is_kept(
    few: Dataset, tmp_path: Path, error: BaseException, expected: type[BaseException], match: str | None
) -> None:
    (member,) = members(BASE, [1], [2], seeds=1)
    epochs = train_member(member, few, tmp_path)
    next(epochs)
    with pytest.raises(expected, match=match):
        epochs.throw(error)
    assert list(tmp_path.iterdir()) == []


def test_without_every_model_there_is_no_table(few: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = members(BASE, [1], [2], seeds=1)
    train(found[0], few, tmp_path)

    def fail(*_: object, **__: object) -> str:
        raise OSError("the disk is full")

    monkeypatch.setattr(json, "dumps", fail)
    with pytest.raises(OSError, match="disk is full"):
        write_table(found, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [found[0].name]
