"""Checkpoints load exactly as saved; any defect of one is a CheckpointError that names the file."""

import json
import os
import pickle
import platform
import re
import resource
import shutil
import stat
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tests.support.checkpoints import CLASSES, EPOCH, GREY, OBJECTIVE, TRAINING, save, save_model
from vae.evaluation.aggregate import AggregateFit, fit_aggregate, gaps
from vae.evaluation.pictures.quality import SampleQuality
from vae.evaluation.pictures.samples import SamplesReport, SourceScores
from vae.model.flow import Flow, SecondStage
from vae.model.latents import EncodedSet, code, decode, encode, sample
from vae.model.networks import VAE, Likelihood, ModelConfig
from vae.storage import checkpoints
from vae.storage.checkpoints import (
    BrokenCheckpoint,
    Checkpoint,
    check_free,
    list_checkpoints,
    read_checkpoint,
    save_checkpoint,
    write_folder,
)
from vae.storage.files import CheckpointError, read_sheet, write_sheet

COLOR = ModelConfig((3, 8, 6), 3, "conv", (8,), (4,), "gaussian", 0.2)
TINY = ModelConfig((1, 1, 3), 1, "mlp", (4,))
NORMED = ModelConfig((1, 8, 8), 2, "conv", (8, 6), (4, 3), batch_norm=True)
CONDITIONAL = replace(GREY, classes=3)
POINT = replace(GREY, posterior="point")
SHIPPED = Path(__file__).parents[2] / "checkpoints" / "digits-z2"
FILES = ("config.json", "metrics.json", "history.jsonl", "model.safetensors", "encoded.safetensors", "examples.png")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "noise"
    save(path)
    return path


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A valid checkpoint for the test to damage."""
    return shutil.copytree(saved, tmp_path / "noise")


def load_all(path: Path) -> Checkpoint:
    checkpoint = read_checkpoint(path)
    checkpoint.load_model()
    checkpoint.load_encoded()
    checkpoint.load_examples()
    return checkpoint


def refused(path: Path, file: str, *words: str) -> None:
    """Reading everything fails with one sentence that names the file and says these words."""
    with pytest.raises(CheckpointError) as caught:
        load_all(path)
    message = str(caught.value)
    assert message.startswith(f"{path / file}: ")
    assert "restore the file or train the checkpoint again." in message
    for word in words:
        assert word in message


def edit_json(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- round trip ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 499, 500, 501])
@pytest.mark.parametrize(
    "config",
    [GREY, COLOR, TINY, NORMED, CONDITIONAL, POINT],
    ids=["grey mlp", "color conv", "one-pixel rows", "batch norm", "conditional", "autoencoder"],
)
def test_a_round_trip_gives_identical_decodes_encoded_set_and_examples(
    config: ModelConfig, n: int, tmp_path: Path
) -> None:
    model, images, encoded = save(tmp_path / "noise", config, n)
    checkpoint = read_checkpoint(tmp_path / "noise")
    loaded, again, examples = checkpoint.load_model(), checkpoint.load_encoded(), checkpoint.load_examples()

    assert checkpoint.model_config == config
    assert checkpoint.test_images == n
    z, labels = sample(20, config.latent_dim, seed=1), np.arange(20) % 3 if config.classes else None
    with torch.no_grad():
        assert torch.equal(loaded.decode(code(loaded, z, labels)), model.decode(code(model, z, labels)))
    assert np.array_equal(decode(loaded, z, labels), decode(model, z, labels))
    assert (again.entropy is None) == (encoded.entropy is None) == (config.likelihood != "bernoulli")
    for field, value in vars(encoded).items():
        assert np.array_equal(getattr(again, field), value), field
        assert value is None or getattr(again, field).dtype == value.dtype, field
    assert np.array_equal(examples, images[:500])
    assert examples.dtype == np.uint8
    assert examples.flags.writeable  # torch warns of arrays that are not
    encode(loaded, examples, again.labels[:500])


@pytest.mark.parametrize("likelihood", get_args(Likelihood))
def test_the_scale_of_every_likelihood_comes_back(likelihood: Likelihood, tmp_path: Path) -> None:
    config = replace(COLOR, likelihood=likelihood)
    torch.manual_seed(0)
    model = VAE(config).eval()
    if "decoder.log_scale" in model.state_dict():
        with torch.no_grad():
            model.decoder.log_scale.fill_(-2.5)
    pictures, labels = np.random.default_rng(0).integers(0, 256, (9, *config.image_shape), np.uint8), np.zeros(9, int)
    encoded = save_model(tmp_path / "noise", model, pictures, labels)
    loaded = load_all(tmp_path / "noise").load_model()
    assert torch.equal(loaded.log_scale, model.log_scale)
    again = encode(loaded, pictures, labels)
    assert np.array_equal(again.reconstruction, encoded.reconstruction)


def test_what_batch_normalisation_has_counted_and_averaged_comes_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = VAE(NORMED).train()
    for _ in range(3):
        with torch.no_grad():
            model.decode(model.encode(torch.rand(16, 1, 8, 8))[0])
    pictures = np.random.default_rng(0).integers(0, 256, (9, 1, 8, 8), np.uint8)
    save_model(tmp_path / "noise", model.eval(), pictures, np.zeros(9, np.int64))
    header = load_file(tmp_path / "noise" / "model.safetensors")
    counts = {name: array for name, array in header.items() if name.endswith("num_batches_tracked")}
    assert len(counts) == 8
    assert all(array.dtype == np.int64 and array.shape == () and array == 3 for array in counts.values())
    loaded = load_all(tmp_path / "noise").load_model()
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
        assert loaded.state_dict()[name].dtype == tensor.dtype, name
    assert not loaded.encoder.hidden[1].training


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda array: array.astype(np.float32), "F32"),
        (lambda array: array.astype(np.int32), "I32"),
        (lambda array: array.reshape(1), "(1,)"),
    ],
)
def test_a_count_of_batches_that_is_no_int64_is_refused(
    tmp_path: Path, spoil: Callable[[np.ndarray], np.ndarray], words: str
) -> None:
    save(tmp_path / "noise", NORMED)
    name = "encoder.hidden.1.num_batches_tracked"
    edit_arrays(tmp_path / "noise" / "model.safetensors", lambda arrays: arrays.update({name: spoil(arrays[name])}))
    refused(tmp_path / "noise", "model.safetensors", name, words)


def test_an_autoencoder_s_checkpoint_has_neither_elbo_nor_kl(tmp_path: Path) -> None:
    save(tmp_path / "noise", POINT)
    checkpoint = load_all(tmp_path / "noise")
    assert checkpoint.kl_per_dimension is None
    assert checkpoint.metrics["negative_elbo"] is checkpoint.metrics["kl"] is None
    assert checkpoint.metrics["reconstruction"] > 0
    assert not checkpoint.load_encoded().kl.any()


@pytest.mark.parametrize("key", ["negative_elbo", "kl", "kl_per_dimension"])
@pytest.mark.parametrize("bad", [1.0, [1.0, 1.0], [], "none", False])
def test_an_autoencoder_that_claims_an_elbo_is_refused(tmp_path: Path, key: str, bad: object) -> None:
    save(tmp_path / "noise", POINT)
    edit_json(tmp_path / "noise" / "metrics.json", lambda metrics: metrics.update({key: bad}))
    refused(tmp_path / "noise", "metrics.json")


@pytest.mark.parametrize(
    ("start", "change", "file"),
    [
        (GREY, {"posterior": "point"}, "metrics.json"),
        (POINT, {"posterior": "gaussian"}, "metrics.json"),
        (GREY, {"classes": 3}, "model.safetensors"),
        (CONDITIONAL, {"classes": 0}, "model.safetensors"),
        (GREY, {"batch_norm": True}, "model.safetensors"),
        (NORMED, {"batch_norm": False}, "model.safetensors"),
        (GREY, {"likelihood": "gaussian-optimal"}, "model.safetensors"),
        (replace(GREY, likelihood="gaussian-learned"), {"likelihood": "bernoulli"}, "model.safetensors"),
        (replace(COLOR, likelihood="discretised-logistic"), {"likelihood": "gaussian-learned"}, "model.safetensors"),
    ],
)
def test_a_config_of_another_kind_of_model_is_refused(
    tmp_path: Path, start: ModelConfig, change: dict[str, object], file: str
) -> None:
    save(tmp_path / "noise", start)
    edit_json(tmp_path / "noise" / "config.json", lambda config: config["model"].update(change))
    refused(tmp_path / "noise", file)


def test_a_checkpoint_says_all_that_was_saved_beside_the_weights(saved: Path) -> None:
    checkpoint = read_checkpoint(saved)
    assert checkpoint.name == "noise"
    assert checkpoint.dataset == "noise"
    assert checkpoint.content_hash == "abc123"
    assert checkpoint.class_names == tuple(CLASSES)
    assert checkpoint.training == TRAINING
    assert checkpoint.objective == OBJECTIVE
    assert checkpoint.history == (EPOCH, EPOCH | {"epoch": 2})
    assert checkpoint.kl_per_dimension == pytest.approx(checkpoint.load_encoded().kl_per_dimension.tolist())
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    assert json.loads((saved / "config.json").read_text())["versions"] == versions


def test_an_old_checkpoint_is_read_with_its_projections() -> None:
    checkpoint = load_all(SHIPPED)
    assert [len(checkpoint.load_examples()), checkpoint.load_encoded().mean.shape[1]] == [300, 2]
    found = checkpoint.load_projection(checkpoint.load_encoded(), "tsne", 3)
    assert found is not None
    assert found.shape == (checkpoint.test_images, 3)


def test_a_loaded_model_is_ready_to_decode_and_not_to_train(saved: Path) -> None:
    model = read_checkpoint(saved).load_model("cpu")
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())
    assert all(p.device.type == "cpu" for p in model.parameters())
    assert all(p.device.type == "meta" for p in read_checkpoint(saved).load_model("meta").parameters())


def test_the_weights_of_a_loaded_model_have_the_fastest_memory_layout(tmp_path: Path) -> None:
    save(tmp_path / "noise", COLOR)
    weights = [p for p in read_checkpoint(tmp_path / "noise").load_model().parameters() if p.ndim == 4]
    assert weights
    assert all(p.is_contiguous(memory_format=torch.channels_last) for p in weights)


def test_a_film_is_kept_with_its_checkpoint(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "any").write_bytes(b"a film")
    model, images, encoded = save(tmp_path / "other")
    save_checkpoint(
        tmp_path / "noise",
        model,
        dataset={"name": "noise", "content_hash": "abc123", "class_names": CLASSES},
        training=TRAINING,
        metrics=read_checkpoint(saved).metrics,
        history=[EPOCH],
        encoded=encoded,
        test_images=images,
        film=tmp_path / "any",
    )
    film = read_checkpoint(tmp_path / "noise").film
    assert film == tmp_path / "noise" / "film.bin"
    assert film.read_bytes() == b"a film"
    assert (tmp_path / "any").exists()
    assert read_checkpoint(saved).film is None


def test_everyone_may_read_a_checkpoint_as_in_any_other_folder(saved: Path) -> None:
    assert names(saved) == sorted(FILES)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o755
    assert {stat.S_IMODE((saved / name).stat().st_mode) for name in FILES} == {0o644}


# ---- files missing or not what they seem -----------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    refused(folder, file, ": the file is missing;")


@pytest.mark.parametrize("file", FILES)
def test_a_folder_in_a_file_s_place_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    (folder / file).mkdir()
    refused(folder, file)


@pytest.mark.parametrize("file", FILES)
def test_a_git_lfs_pointer_is_named_as_one(folder: Path, file: str) -> None:
    (folder / file).write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1647\n")
    with pytest.raises(CheckpointError) as caught:
        load_all(folder)
    sentence = "this is a Git LFS pointer, not the file; run `git lfs pull` in its clone."
    assert str(caught.value) == f"{folder / file}: {sentence}"


def test_a_checkpoint_one_folder_too_deep_is_named_with_where_it_belongs(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "lesson").mkdir()
    folder.rename(tmp_path / "lesson" / "one")
    sentence = f"the folder one inside it is what should be here; move it up into {tmp_path}."
    with pytest.raises(CheckpointError, match=re.escape(f"{tmp_path / 'lesson'}: {sentence}")):
        read_checkpoint(tmp_path / "lesson")
    shutil.copytree(tmp_path / "lesson" / "one", tmp_path / "lesson" / "two")
    with pytest.raises(CheckpointError, match="the 2 folders inside it are what should be here; move them up into"):
        read_checkpoint(tmp_path / "lesson")


def test_the_folder_that_macos_adds_to_a_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "__MACOSX" / "noise").mkdir(parents=True)
    (found,) = list_checkpoints(tmp_path)
    assert isinstance(found, BrokenCheckpoint)
    assert found.error.endswith("__MACOSX: macOS adds this folder to a zip; it is no checkpoint, delete it.")


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\xff\xfe\x80", b"null", b"[]", b'"x"', b"7", b"[" * 100_000])
@pytest.mark.parametrize("file", FILES)
def test_a_file_of_something_else_is_named(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    refused(folder, file)


@pytest.mark.parametrize("file", ["config.json", "metrics.json", "history.jsonl"])
def test_a_text_file_too_large_to_be_one_is_not_read(folder: Path, file: str) -> None:
    with (folder / file).open("r+b") as stream:
        stream.truncate(2**40)  # sparse: takes no space on the disk
    refused(folder, file, "larger than")


def padded(text: str, size: int) -> str:
    """JSON with spaces at its end, this many bytes in all."""
    return text + " " * (size - len(text))


@pytest.mark.parametrize("file", ["config.json", "metrics.json"])
def test_a_text_file_may_have_a_mebibyte_and_not_a_byte_more(folder: Path, file: str) -> None:
    text = (folder / file).read_text()
    (folder / file).write_text(padded(text, 2**20))
    load_all(folder)
    (folder / file).write_text(padded(text, 2**20 + 1))
    refused(folder, file, "larger than 1048576 bytes")


def test_a_history_may_have_8_mebibytes_and_its_epochs_4096_characters(folder: Path) -> None:
    history, line = folder / "history.jsonl", json.dumps(EPOCH)
    whole = (padded(line, 2**12 - 1) + "\n") * 2**11
    history.write_text(whole)
    assert len(load_all(folder).history) == 2**11
    history.write_text(whole + "\n")
    refused(folder, "history.jsonl", "larger than 8388608 bytes")
    history.write_text(padded(line, 2**12) + "\n")
    load_all(folder)
    history.write_text(padded(line, 2**12 + 1) + "\n")
    refused(folder, "history.jsonl", "4096")


def test_a_reason_has_at_most_300_characters(folder: Path) -> None:
    def reason(name: str) -> str:
        edit_json(folder / "config.json", lambda config: config.update(format=name))
        return f"format {name!r} is not 2, the one this version reads"

    longest = reason("x" * (300 - len(reason(""))))
    refused(folder, "config.json", f": {longest}; restore")
    longer = reason("x" * (301 - len(reason(""))))
    refused(folder, "config.json", f": {longer[:300]}…; restore")


def test_a_missing_folder_is_an_error_that_says_how_to_find_one(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere: there is no such checkpoint folder; `python -m vae list`"):
        read_checkpoint(tmp_path / "nowhere")


def test_a_name_too_long_for_any_file_system_is_an_ordinary_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        read_checkpoint(tmp_path / ("x" * 300))
    with pytest.raises(CheckpointError):
        check_free(tmp_path / ("x" * 300))


# ---- links -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_a_link_brings_in_from_outside_is_refused(folder: Path, tmp_path: Path, file: str) -> None:
    (folder / file).rename(tmp_path / "outside")
    (folder / file).symlink_to(tmp_path / "outside")
    refused(folder, file, "link")


def test_links_within_a_checkpoint_and_to_all_of_it_are_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "config.json").rename(folder / "elsewhere.json")
    (folder / "config.json").symlink_to("elsewhere.json")
    (folder / "film.bin").symlink_to("elsewhere.json")
    (tmp_path / "link").symlink_to(folder)
    assert load_all(tmp_path / "link").film == tmp_path / "link" / "film.bin"


def test_a_film_is_a_file_inside_the_checkpoint_or_none(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"a secret")
    (folder / "film.bin").symlink_to(tmp_path / "outside")
    assert read_checkpoint(folder).film is None
    (folder / "film.bin").unlink()
    (folder / "film.bin").mkdir()
    assert read_checkpoint(folder).film is None


@pytest.mark.parametrize("target", ["outside", "projections"], ids=["out", "to itself"])
def test_projections_behind_a_link_that_leads_out_are_neither_read_nor_written(
    folder: Path, tmp_path: Path, target: str
) -> None:
    (tmp_path / "outside").mkdir()
    (folder / "projections").symlink_to(tmp_path / "outside" if target == "outside" else target)
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    for attempt in (
        lambda: checkpoint.load_projection(encoded, "pca", 2),
        lambda: checkpoint.save_projection(encoded, "pca", 2, sample(30, 2, seed=0)),
    ):
        with pytest.raises(CheckpointError, match=r"noise/projections/pca-2d-.*: a link leads out"):
            attempt()
    assert names(tmp_path / "outside") == []


# ---- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0, 1, 3, "2", None, [2], 1e400])
def test_an_unknown_format_version_is_refused(folder: Path, version: object) -> None:
    edit_json(folder / "config.json", lambda config: config.update(format=version))
    refused(folder, "config.json", "format", "is not 2, the one this version reads")


@pytest.mark.parametrize("key", ["format", "model", "dataset", "training", "test_images"])
def test_a_config_without_one_of_its_keys_is_refused(folder: Path, key: str) -> None:
    edit_json(folder / "config.json", lambda config: config.pop(key))
    refused(folder, "config.json")


@pytest.mark.parametrize("key", ["image_shape", "latent_dim", "architecture", "hidden", "channels"])
def test_a_model_config_without_one_of_its_keys_is_refused(folder: Path, key: str) -> None:
    edit_json(folder / "config.json", lambda config: config["model"].pop(key))
    refused(folder, "config.json", key)


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("latent_dim", 10**12),
        ("latent_dim", True),
        ("latent_dim", 2.0),
        ("latent_dim", "2"),
        ("hidden", [2**40]),
        ("hidden", "8"),
        ("hidden", [8] * 10**5),
        ("image_shape", [1, 10**9, 10**9]),
        ("image_shape", [1, 5]),
        ("image_shape", {"c": 1, "h": 5, "w": 4}),
        ("architecture", ["mlp"]),
        ("likelihood", {}),
        ("sigma", float("nan")),
        ("sigma", float("inf")),
        ("batch_norm", 1),
        ("posterior", "lapl"),
        ("classes", 1001),
        ("classes", 2.0),
        ("surprise", 1),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_model_config_out_of_range_is_refused(folder: Path, key: str, bad: object) -> None:
    edit_json(folder / "config.json", lambda config: config["model"].update({key: bad}))
    refused(folder, "config.json", key.removesuffix("_shape"))


@pytest.mark.parametrize(
    "bad",
    [None, 3, "vae", [], {"name": "elbo"}, {"beta": -1.0}, {"beta": float("nan")}, {"beta": "1"}, {"weight": 1.0}],
    ids=str,
)
def test_an_objective_out_of_range_is_refused(folder: Path, bad: object) -> None:
    edit_json(folder / "config.json", lambda config: config["training"].update(objective=bad))
    refused(folder, "config.json")


def test_training_settings_without_an_objective_are_refused(folder: Path) -> None:
    edit_json(folder / "config.json", lambda config: config["training"].pop("objective"))
    refused(folder, "config.json", "objective")


@pytest.mark.parametrize("bad", [0, -1, 31, 29, 10**9, 10**13, True, 30.0, "30", None, float("nan")])
def test_a_wrong_number_of_test_images_is_refused(folder: Path, bad: object) -> None:
    edit_json(folder / "config.json", lambda config: config.update(test_images=bad))
    with pytest.raises(CheckpointError, match=re.escape(str(folder))):
        load_all(folder)


def test_too_many_test_images_are_refused_before_anything_else_is_read(folder: Path) -> None:
    edit_json(folder / "config.json", lambda config: config.update(test_images=10_000_001))
    refused(folder, "config.json", "test_images must be a whole number from 1 to 10000000, not 10000001")


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", lambda config: config["dataset"].update(name="\ud800")),
        ("metrics.json", lambda metrics: metrics.update(split="\ud800")),
        ("history.jsonl", lambda epoch: epoch["terms"].update({"\udfff": 1.0})),
    ],
)
def test_an_unpaired_surrogate_is_refused(folder: Path, file: str, change: Callable[[Any], object]) -> None:
    first, *others = (
        (folder / file).read_text().splitlines() if file == "history.jsonl" else [(folder / file).read_text()]
    )
    content = json.loads(first)
    change(content)
    (folder / file).write_text("\n".join([json.dumps(content), *others]))
    refused(folder, file)


def test_a_character_that_json_writes_as_a_surrogate_pair_is_accepted(folder: Path) -> None:
    edit_json(folder / "config.json", lambda config: config["dataset"].update(name="\N{GRINNING FACE}"))
    assert load_all(folder).dataset == "\N{GRINNING FACE}"


def test_unknown_fields_of_a_history_are_left_out(folder: Path) -> None:
    (folder / "history.jsonl").write_text(json.dumps(EPOCH | {"surprise": 1}) + "\n")
    assert read_checkpoint(folder).history == (EPOCH,)


@pytest.mark.parametrize("key", ["negative_elbo", "reconstruction", "kl", "kl_per_dimension"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "98.1", None, True, [1.0, float("nan")], [1.0], []])
def test_metrics_that_are_not_finite_numbers_are_refused(folder: Path, key: str, bad: object) -> None:
    edit_json(folder / "metrics.json", lambda metrics: metrics.update({key: bad}))
    refused(folder, "metrics.json")


@pytest.mark.parametrize("key", ["negative_elbo", "reconstruction", "kl", "kl_per_dimension"])
def test_missing_metrics_are_refused(folder: Path, key: str) -> None:
    edit_json(folder / "metrics.json", lambda metrics: metrics.pop(key))
    refused(folder, "metrics.json", key)


def test_whole_numbers_are_numbers_too(folder: Path) -> None:
    edit_json(folder / "metrics.json", lambda metrics: metrics.update(negative_elbo=98, kl=0, kl_per_dimension=[0, 0]))
    assert load_all(folder).metrics["negative_elbo"] == 98


BAD_TERMS: tuple[object, ...] = (None, [], 3, {"loss": None}, {"loss": 1e999}, {"x": [1]})


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"epoch": 1}',
        "[]",
        "{",
        *[json.dumps(EPOCH | {"kl": bad}) for bad in ("low", float("nan"), None, True)],
        *[json.dumps(EPOCH | {"terms": bad}) for bad in BAD_TERMS],
    ],
)
def test_a_history_that_cannot_be_drawn_is_refused(folder: Path, line: str) -> None:
    with (folder / "history.jsonl").open("a") as history:
        history.write(line + "\n")
    refused(folder, "history.jsonl")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kl": True}, "a metric is not a finite number"),
        ({"kl_per_dimension": [1.0, "2"]}, "a metric is not a finite number"),
        ({"active_units": 3}, "active_units is not a whole number from 0 to the number of latent dimensions"),
        ({"collapsed": "high"}, "a metric is not a finite number"),
        ({"kl_per_dimension": [1.0]}, "kl_per_dimension does not have one number per latent dimension"),
    ],
)
def test_what_is_wrong_with_a_metric_is_said(folder: Path, change: dict[str, Any], sentence: str) -> None:
    edit_json(folder / "metrics.json", lambda metrics: metrics.update(change))
    refused(folder, "metrics.json", f"(ValueError: {sentence});")


def test_class_names_that_are_not_a_list_are_refused(folder: Path) -> None:
    edit_json(folder / "config.json", lambda config: config["dataset"].update(class_names="cat"))
    refused(folder, "config.json", "(ValueError: class_names is not a list);")


def test_what_is_wrong_with_an_epoch_is_said(folder: Path) -> None:
    (folder / "history.jsonl").write_text("")
    refused(folder, "history.jsonl", "(ValueError: it has no epoch);")
    (folder / "history.jsonl").write_text(json.dumps(EPOCH | {"kl": None}) + "\n")
    refused(folder, "history.jsonl", "(ValueError: an epoch has a value that is not a finite number);")


def test_metrics_that_a_plain_autoencoder_cannot_have_are_refused(folder: Path) -> None:
    edit_json(folder / "config.json", lambda config: config["model"].update(posterior="point"))
    refused(folder, "metrics.json", "(ValueError: a plain autoencoder has neither ELBO nor KL);")


def test_the_history_of_a_whole_checkpoint_has_its_epochs(saved: Path) -> None:
    assert [line["epoch"] for line in read_checkpoint(saved).history] == [1, 2]


@pytest.mark.parametrize("bad", ["cat", None, 3, {}, [], [["cat"]], ["cat", "dog"]], ids=str)
def test_class_names_that_do_not_name_every_label_are_refused(folder: Path, bad: object) -> None:
    edit_json(folder / "config.json", lambda config: config["dataset"].update(class_names=bad))
    with pytest.raises(CheckpointError, match=re.escape(str(folder))):
        load_all(folder)


# ---- tensors ---------------------------------------------------------------------------------------------------------

Arrays = dict[str, np.ndarray]
WEIGHT = "decoder.head.weight"


def edit_arrays(path: Path, change: Callable[[Arrays], object]) -> None:
    arrays = {name: array.copy() for name, array in load_file(path).items()}
    change(arrays)
    save_file(arrays, path)


def spoiled(array: np.ndarray, value: float) -> np.ndarray:
    array.flat[3] = value
    return array


WEIGHT_DEFECTS: dict[str, tuple[Callable[[Arrays], object], str]] = {
    "missing": (lambda arrays: arrays.pop(WEIGHT), f"{WEIGHT} is missing"),
    "unknown": (lambda arrays: arrays.update(extra=np.zeros(2, np.float32)), "extra does not belong to this model"),
    "renamed": (lambda arrays: arrays.update(other=arrays.pop(WEIGHT)), f"{WEIGHT} is missing"),
    "transposed": (lambda arrays: arrays.update({WEIGHT: np.ascontiguousarray(arrays[WEIGHT].T)}), "expected"),
    "flattened": (lambda arrays: arrays.update({WEIGHT: arrays[WEIGHT].reshape(-1)}), "expected"),
    "double": (lambda arrays: arrays.update({WEIGHT: arrays[WEIGHT].astype(np.float64)}), "F64"),
    "integers": (lambda arrays: arrays.update({WEIGHT: arrays[WEIGHT].astype(np.int32)}), "I32"),
    "not a number": (lambda arrays: spoiled(arrays[WEIGHT], np.nan), f"{WEIGHT} has values that are not finite"),
    "infinite": (lambda arrays: spoiled(arrays[WEIGHT], -np.inf), f"{WEIGHT} has values that are not finite"),
    "none": (lambda arrays: arrays.clear(), "is missing"),
}


@pytest.mark.parametrize("defect", WEIGHT_DEFECTS)
def test_weights_that_do_not_fit_the_config_are_refused(folder: Path, defect: str) -> None:
    change, words = WEIGHT_DEFECTS[defect]
    edit_arrays(folder / "model.safetensors", change)
    refused(folder, "model.safetensors", words)


@pytest.mark.parametrize("name", ["mean", "logvar", "labels", "reconstruction", "kl"])
def test_an_encoded_set_that_does_not_fit_is_refused(folder: Path, name: str) -> None:
    path = folder / "encoded.safetensors"
    whole = path.read_bytes()
    changes: list[Callable[[Arrays], object]] = [
        lambda arrays: arrays.pop(name),
        lambda arrays: arrays.update({name: arrays[name][:-1].copy()}),
        lambda arrays: arrays.update({name: arrays[name].astype(np.int32)}),
    ]
    if name != "labels":
        changes += [lambda arrays: spoiled(arrays[name], np.nan)]
    for change in changes:
        path.write_bytes(whole)
        edit_arrays(path, change)
        refused(folder, "encoded.safetensors", name)


def test_an_encoded_set_without_the_entropy_is_read_and_one_with_a_wrong_entropy_refused(folder: Path) -> None:
    path = folder / "encoded.safetensors"
    whole = path.read_bytes()
    edit_arrays(path, lambda arrays: arrays.pop("entropy"))
    assert read_checkpoint(folder).load_encoded().entropy is None
    path.write_bytes(whole)
    edit_arrays(path, lambda arrays: arrays.update(entropy=arrays["entropy"][:-1].copy()))
    refused(folder, "encoded.safetensors", "entropy")


@pytest.mark.parametrize("label", [-1, 3, 2**62])
def test_a_label_without_a_class_name_is_refused(folder: Path, label: int) -> None:
    edit_arrays(folder / "encoded.safetensors", lambda arrays: arrays.update(labels=np.full(30, label)))
    refused(folder, "encoded.safetensors", ": a label has no class name;")


def test_labels_are_kept_in_a_byte_each_and_read_also_from_the_eight_of_earlier_versions(folder: Path) -> None:
    path = folder / "encoded.safetensors"
    before = read_checkpoint(folder).load_encoded().labels
    assert [str(before.dtype), str(load_file(path)["labels"].dtype)] == ["int64", "uint8"]
    edit_arrays(path, lambda arrays: arrays.update(labels=arrays["labels"].astype(np.int64)))
    assert np.array_equal(read_checkpoint(folder).load_encoded().labels, before)


BYTE_DEFECTS: dict[str, Callable[[bytes], bytes]] = {
    "one byte short": lambda content: content[:-1],
    "half": lambda content: content[: len(content) // 2],
    "header alone": lambda content: content[: 8 + struct.unpack("<Q", content[:8])[0]],
    "seven bytes": lambda content: content[:7],
    "one byte more": lambda content: content + b"\0",
    "twice": lambda content: content + content,
    "header of 2^63 bytes": lambda content: struct.pack("<Q", 2**63) + content[8:],
    "header of 1 GB": lambda content: struct.pack("<Q", 2**30) + content[8:],
    "header as long as the file": lambda content: struct.pack("<Q", len(content)) + content[8:],
    "header shorter than it is": lambda content: struct.pack("<Q", 10) + content[8:],
    "header not JSON": lambda content: content[:8] + b"x" + content[9:],
}


@pytest.mark.parametrize("defect", BYTE_DEFECTS)
@pytest.mark.parametrize("file", ["model.safetensors", "encoded.safetensors"])
def test_a_damaged_tensor_file_is_refused(folder: Path, file: str, defect: str) -> None:
    (folder / file).write_bytes(BYTE_DEFECTS[defect]((folder / file).read_bytes()))
    refused(folder, file)


def rewrite_header(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


HEADER_LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a terabyte": lambda header: header[WEIGHT].update(shape=[2**19, 2**19], data_offsets=[0, 2**40]),
    "negative": lambda header: header[WEIGHT].update(shape=[-1, 8]),
    "shape of words": lambda header: header[WEIGHT].update(shape="20x8"),
    "no type": lambda header: header[WEIGHT].pop("dtype"),
    "a type that is a list": lambda header: header[WEIGHT].update(dtype=["F32"]),
    "offsets beyond the end": lambda header: header[WEIGHT].update(data_offsets=[2**40, 2**40 + 640]),
    "offsets backwards": lambda header: header[WEIGHT].update(data_offsets=[640, 0]),
    "overlapping": lambda header: header.update({WEIGHT: header[WEIGHT] | {"data_offsets": [0, 640]}}),
    "a tensor that is a number": lambda header: header.update({WEIGHT: 1}),
    "a list": lambda header: header.clear(),
}


@pytest.mark.parametrize("lie", HEADER_LIES)
def test_a_false_header_is_refused(folder: Path, lie: str) -> None:
    rewrite_header(folder / "model.safetensors", HEADER_LIES[lie])
    refused(folder, "model.safetensors")


def test_a_header_may_fill_its_file_and_not_claim_a_byte_more(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2) + b"{}")
    refused(folder, "model.safetensors", "is missing")
    for length in (3, 2**63 + 2, 2**64 - 1):
        path.write_bytes(struct.pack("<Q", length) + b"{}")
        refused(folder, "model.safetensors", "(ValueError: its header is longer than the file, or than any model's);")


def test_metadata_of_a_file_of_arrays_is_ignored(folder: Path) -> None:
    path = folder / "model.safetensors"
    save_file(load_file(path), path, {"made": "elsewhere"})
    load_all(folder)


def test_a_header_may_have_a_mebibyte_and_not_a_byte_more(folder: Path) -> None:
    path = folder / "model.safetensors"
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = content[8 : 8 + length].decode(), content[8 + length :]
    for size in (2**20, 2**20 + 1):
        path.write_bytes(struct.pack("<Q", size) + padded(header, size).encode() + data)
        if size == 2**20:
            load_all(folder)
    refused(folder, "model.safetensors", "its header is longer than")


def test_a_file_of_arrays_may_have_4_gibibytes_and_not_a_byte_more(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(2**32)  # sparse: takes no space on the disk
        refused(folder, "model.safetensors", "it has 4294967296 bytes where")
        file.truncate(2**32 + 1)
        refused(folder, "model.safetensors", "4294967297 bytes are more than 4294967296")


@contextmanager
def hardly_any_memory(limit: int = 64 * 2**20) -> Iterator[None]:
    """Fails if the process's peak grows by more than `limit` bytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < limit


def test_a_config_with_a_false_size_costs_no_memory(folder: Path) -> None:
    huge = {"image_shape": [3, 512, 512], "hidden": [8192] * 8, "latent_dim": 512}  # 54 GB of weights
    edit_json(folder / "config.json", lambda config: config["model"].update(huge))
    edit_json(folder / "metrics.json", lambda metrics: metrics.update(kl_per_dimension=[1.0] * 512))
    with hardly_any_memory():
        refused(folder, "model.safetensors", "is missing")


def test_a_config_and_a_header_with_the_same_false_size_cost_no_memory(folder: Path) -> None:
    n = 10_000_000
    edit_json(folder / "config.json", lambda config: config.update(test_images=n))

    def lie(header: dict[str, Any]) -> None:
        for name, entry in header.items():
            if name != "__metadata__":
                entry["shape"][0] = n

    rewrite_header(folder / "encoded.safetensors", lie)
    with hardly_any_memory():
        refused(folder, "encoded.safetensors", "bytes where", "were expected")


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.victim), "w")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("disguise", ["pickle", "torch"])
def test_a_pickle_in_disguise_is_refused_and_never_unpickled(folder: Path, file: str, disguise: str) -> None:
    victim = folder / "unpickled"
    if disguise == "pickle":
        (folder / file).write_bytes(pickle.dumps(Bomb(victim)))
    else:
        torch.save({WEIGHT: Bomb(victim)}, folder / file)
    refused(folder, file)
    assert not victim.exists()


# ---- the sheet of examples -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("drawn", [True, False], ids=["drawn", "grained"])
def test_a_sheet_holds_its_images_exactly_in_the_shorter_encoding(tmp_path: Path, channels: int, drawn: bool) -> None:
    """Drawings of few colours with hard edges are shorter without PNG's filters, slopes with them."""
    rng = np.random.default_rng(0)
    if drawn:
        images = np.kron(rng.integers(0, 2, (60, channels, 8, 8), np.uint8) * 200, np.ones((1, 1, 4, 4), np.uint8))
    else:
        slopes = np.arange(32)[:, None] * 5 + np.arange(32) * 2
        images = (slopes + rng.integers(0, 5, (60, channels, 32, 32))).astype(np.uint8)
    write_sheet(tmp_path / "sheet.png", images)
    assert np.array_equal(read_sheet(tmp_path / "sheet.png", 60, images.shape[1:]), images)
    with Image.open(tmp_path / "sheet.png") as sheet:
        sheet.save(tmp_path / "filtered.png", optimize=True)
    size, filtered = ((tmp_path / name).stat().st_size for name in ("sheet.png", "filtered.png"))
    assert size < filtered if drawn else size == filtered


SHEET = (25 * 4, 2 * 5)  # 30 pictures of 4 x 5 pixels, 25 in a row


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("L", (SHEET[0], SHEET[1] + 1)),
        Image.new("L", (SHEET[0] - 1, SHEET[1])),
        Image.new("L", (SHEET[1], SHEET[0])),
        Image.new("RGB", SHEET),
        Image.new("P", SHEET),
        Image.new("1", SHEET),
        Image.new("LA", SHEET),
        Image.new("I;16", SHEET),
    ],
    ids=lambda picture: f"{picture.mode} {picture.size}",
)
def test_a_sheet_of_another_size_or_kind_is_refused(folder: Path, picture: Image.Image) -> None:
    picture.save(folder / "examples.png")
    refused(folder, "examples.png", "does not hold 30 images of (1, 5, 4)")


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "GIF", "TIFF"])
def test_a_sheet_that_is_not_png_is_refused(folder: Path, kind: str) -> None:
    Image.new("L", SHEET).save(folder / "examples.png", format=kind)
    refused(folder, "examples.png")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_sheet_is_refused(folder: Path, share: float) -> None:
    content = (folder / "examples.png").read_bytes()
    (folder / "examples.png").write_bytes(content[: int(share * len(content))])
    refused(folder, "examples.png")


# ---- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_name_that_is_taken_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "noise"
    path.mkdir() if kind == "folder" else path.write_text("mine")
    for attempt in (lambda: check_free(path), lambda: save(path)):
        with pytest.raises(CheckpointError, match=r"noise: there is something by this name already; choose another"):
            attempt()
    assert names(tmp_path) == ["noise"]
    assert path.is_dir() or path.read_text() == "mine"


def test_a_name_that_is_taken_during_the_write_is_refused_and_left_alone(tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "file").write_text("ours")
        (tmp_path / "noise").mkdir()
        (tmp_path / "noise" / "file").write_text("theirs")

    with pytest.raises(CheckpointError, match="noise"):
        write_folder(tmp_path / "noise", write)
    assert names(tmp_path) == ["noise"]
    assert (tmp_path / "noise" / "file").read_text() == "theirs"


def test_a_folder_is_hidden_beside_its_path_while_it_is_written(tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "file").write_text("half")
        assert folder.parent.parent == tmp_path
        assert folder.parent.name.startswith(".")
        assert list_checkpoints(tmp_path) == []

    write_folder(tmp_path / "noise", write)
    assert names(tmp_path) == ["noise"]


def test_checking_whether_a_name_is_free_leaves_nothing_behind(tmp_path: Path) -> None:
    check_free(tmp_path / "noise")
    assert names(tmp_path) == []


WRITERS = ("save_tensors", "save_arrays", "write_sheet")


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("I/O error: disk full")])
def test_a_disk_that_fails_half_way_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(checkpoints, writer, fail)
    with pytest.raises(CheckpointError, match=r"noise: could not be written \(.*\); nothing was kept\."):
        save(tmp_path / "noise")
    assert names(tmp_path) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_an_interrupted_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, writer, interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "noise")
    assert names(tmp_path) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a disk that is nearly full: the operating system refuses to write beyond this many bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("size", [10, 1000, 1500])
def test_a_disk_that_is_really_full_leaves_nothing_behind(tmp_path: Path, size: int) -> None:
    with files_of_at_most(size), pytest.raises(CheckpointError, match="noise: could not be written"):
        save(tmp_path / "noise")
    assert names(tmp_path) == []


def test_a_projection_that_cannot_be_written_leaves_the_checkpoint_as_it_was(folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    with files_of_at_most(100), pytest.raises(CheckpointError, match=r"could not be written .* nothing was kept"):
        checkpoint.save_projection(encoded, "pca", 2, np.zeros((30, 2), np.float32))
    assert not any((folder / "projections").iterdir())
    assert load_all(folder).load_projection(encoded, "pca", 2) is None


def test_a_parent_that_is_a_file_is_an_error_that_names_the_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "noise"
    for attempt in (lambda: check_free(path), lambda: save(path), lambda: write_folder(path, lambda _: None)):
        with pytest.raises(CheckpointError, match=r"file/noise: cannot be written .*; choose a folder that can"):
            attempt()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_parent_that_may_not_be_written_to_is_an_error_that_names_the_checkpoint(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(CheckpointError, match="noise: cannot be written"):
        save(tmp_path / "noise")


def test_missing_parents_are_made(tmp_path: Path) -> None:
    save(tmp_path / "a" / "b" / "noise")
    assert names(tmp_path / "a" / "b") == ["noise"]


# ---- lists -----------------------------------------------------------------------------------------------------------


def test_the_list_has_broken_checkpoints_beside_whole_ones_by_name(saved: Path, tmp_path: Path) -> None:
    for name in ("c-whole", "a-whole", "b-broken", ".d-being-written"):
        shutil.copytree(saved, tmp_path / name)
    (tmp_path / "b-broken" / "metrics.json").unlink()
    (tmp_path / "e-empty").mkdir()
    (tmp_path / "notes.txt").write_text("not a folder")
    found = list_checkpoints(tmp_path)
    assert [item.name for item in found] == ["a-whole", "b-broken", "c-whole", "e-empty"]
    assert [type(item) for item in found] == [Checkpoint, BrokenCheckpoint, Checkpoint, BrokenCheckpoint]
    broken = found[1]
    assert isinstance(broken, BrokenCheckpoint)
    assert broken.error.startswith(str(tmp_path / "b-broken" / "metrics.json"))


def test_files_that_have_settled_are_not_read_again(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SETTLING_SECONDS", 0)
    shutil.copytree(saved, tmp_path / "a")
    _, (first,), (second,) = (list_checkpoints(tmp_path) for _ in range(3))
    assert first is second
    shutil.rmtree(tmp_path / "a")
    assert list_checkpoints(tmp_path) == []
    assert tmp_path / "a" not in checkpoints._looks


def test_what_was_read_is_kept_once_the_files_have_been_the_same_for_a_while(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(saved, tmp_path / "a")
    state: tuple[int, ...] = (1,)
    now = 1000.0
    monkeypatch.setattr(checkpoints, "_state", lambda _: state)  # the same, whatever may change
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: now))

    def look() -> Checkpoint | BrokenCheckpoint:
        (found,) = list_checkpoints(tmp_path)
        return found

    first = look()
    now += checkpoints.SETTLING_SECONDS - 0.1
    assert look() is not first
    now = 1000.0 + checkpoints.SETTLING_SECONDS
    kept = look()
    assert look() is kept
    state = ()  # files whose state is unknown
    look()
    now *= 2
    assert look() is not look()


@pytest.mark.parametrize("file", checkpoints.FILES)
@pytest.mark.parametrize("how", ["longer", "same length", "gone", "a link out"])
def test_a_change_of_any_file_is_seen_in_the_next_list(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, how: str
) -> None:
    monkeypatch.setattr(checkpoints, "SETTLING_SECONDS", 0)
    changed = shutil.copytree(saved, tmp_path / "lab" / "a") / file
    _, (before,) = (list_checkpoints(tmp_path / "lab") for _ in range(2))
    content = changed.read_bytes()
    changed.unlink() if how in ("gone", "a link out") else time.sleep(0.02)  # a few ticks of the file system
    if how == "longer":
        changed.write_bytes(content + b"\n")
    elif how == "same length":
        changed.write_bytes(content)
    elif how == "a link out":
        (tmp_path / "outside").write_bytes(content)
        changed.symlink_to(tmp_path / "outside")
    (after,) = list_checkpoints(tmp_path / "lab")
    assert after is not before
    if how != "longer":
        assert isinstance(after, Checkpoint) == (how == "same length")


def test_a_second_change_within_a_tick_of_the_file_systems_clock_is_seen(saved: Path, tmp_path: Path) -> None:
    metrics = shutil.copytree(saved, tmp_path / "a") / "metrics.json"
    text = metrics.read_text()
    stamp = metrics.stat().st_mtime_ns
    _, (before,) = (list_checkpoints(tmp_path) for _ in range(2))
    metrics.write_text(text.replace("test", "tset"))
    os.utime(metrics, ns=(stamp, stamp))
    (after,) = list_checkpoints(tmp_path)
    assert isinstance(before, Checkpoint)
    assert isinstance(after, Checkpoint)
    assert (before.metrics["split"], after.metrics["split"]) == ("test", "tset")


def test_without_a_folder_the_list_is_empty(tmp_path: Path) -> None:
    assert list_checkpoints(tmp_path / "nowhere") == []
    assert list_checkpoints(tmp_path) == []
    (tmp_path / "file").write_text("")
    assert list_checkpoints(tmp_path / "file") == []


def test_a_name_that_is_not_utf_8_is_listed_as_broken_with_escapes(tmp_path: Path) -> None:
    for name in (b"\xfe", b"\xff-model"):
        (tmp_path / os.fsdecode(name)).mkdir()
    first, second = list_checkpoints(tmp_path)
    assert isinstance(first, BrokenCheckpoint)
    assert [first.name, second.name] == [r"\udcfe", r"\udcff-model"]
    assert first.error.startswith(f"{tmp_path}/{first.name}: ")
    assert "rename" in first.error


# ---- projections -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dims", [2, 3])
def test_a_projection_comes_back_for_the_latents_it_was_made_of_and_for_no_others(folder: Path, dims: int) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    points = sample(30, dims, seed=0)
    assert checkpoint.load_projection(encoded, "pca", dims) is None
    path = checkpoint.save_projection(encoded, "pca", dims, points)
    assert path.parent == folder / "projections"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    found = read_checkpoint(folder).load_projection(encoded, "pca", dims)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, points, rtol=0, atol=np.abs(points).max() / 65_000)
    assert checkpoint.load_projection(encoded, "tsne", dims) is None
    assert checkpoint.load_projection(encoded, "pca", 5 - dims) is None
    assert checkpoint.load_projection(replace(encoded, mean=encoded.mean + 1), "pca", dims) is None
    assert load_all(folder).test_images == 30


def test_saving_a_projection_again_replaces_it(folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    for seed in (0, 1):
        checkpoint.save_projection(encoded, "pca", 2, sample(30, 2, seed))
    found = checkpoint.load_projection(encoded, "pca", 2)
    assert found is not None
    np.testing.assert_allclose(found, sample(30, 2, seed=1), atol=1e-4)
    assert len(names(folder / "projections")) == 1


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30, 0.0])
def test_a_projection_is_kept_row_by_row_however_it_lies_in_memory_and_however_large_it_is(
    folder: Path, size: float
) -> None:
    checkpoint = read_checkpoint(folder)
    encoded, points = checkpoint.load_encoded(), np.asfortranarray(size * sample(30, 2, seed=0), np.float64)
    checkpoint.save_projection(encoded, "pca", 2, points)  # type: ignore[arg-type]
    kept = checkpoint.load_projection(encoded, "pca", 2)
    assert kept is not None
    np.testing.assert_allclose(kept, points, rtol=0, atol=size * 1e-4)


def test_a_projection_of_an_earlier_version_is_read_as_it_is(folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    encoded, points = checkpoint.load_encoded(), sample(30, 2, seed=0)
    path = checkpoint.save_projection(encoded, "pca", 2, points)
    save_file({"points": points}, path)
    assert np.array_equal(checkpoint.load_projection(encoded, "pca", 2), points)  # type: ignore[arg-type]


STEPS, SCALE = np.ones((30, 2), np.int16), np.ones(1, np.float32)


@pytest.mark.parametrize(
    "arrays",
    [
        {"steps": STEPS},
        {"scale": SCALE},
        {"steps": STEPS, "scale": SCALE, "points": STEPS.astype(np.float32)},
        {"steps": STEPS[1:], "scale": SCALE},
        {"steps": STEPS, "scale": -SCALE},
        {"steps": STEPS, "scale": SCALE * np.float32(1e35)},
        {"points": np.full((30, 2), np.nan, np.float32)},
    ],
)
def test_a_projection_of_other_content_is_refused_by_name(folder: Path, arrays: dict[str, Any]) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    path = checkpoint.save_projection(encoded, "pca", 2, sample(30, 2, seed=0))
    save_file(arrays, path)
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        checkpoint.load_projection(encoded, "pca", 2)


@pytest.mark.parametrize("spoil", [lambda c: c[:-1], lambda c: b"", lambda c: c.replace(b"I16", b"I64")])
def test_a_broken_projection_is_refused_by_name(folder: Path, spoil: Callable[[bytes], bytes]) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    path = checkpoint.save_projection(encoded, "pca", 2, sample(30, 2, seed=0))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        checkpoint.load_projection(encoded, "pca", 2)


# ---- what float16 weights change -------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [0.25, 0, None])
def test_metrics_that_are_saved_again_come_back_with_what_was_measured(folder: Path, levels: float | None) -> None:
    checkpoint = read_checkpoint(folder)
    path = checkpoint.save_metrics(checkpoint.metrics | {"float16_levels": levels})
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert read_checkpoint(folder).metrics == checkpoint.metrics | {"float16_levels": levels}


@pytest.mark.parametrize("levels", ["0.25", [0.25], float("nan"), True])
def test_a_change_that_is_no_number_is_refused(folder: Path, levels: object) -> None:
    edit_json(folder / "metrics.json", lambda metrics: metrics.update(float16_levels=levels))
    refused(folder, "metrics.json")


def test_every_shipped_checkpoint_is_small_enough_for_float16() -> None:
    for path in sorted(SHIPPED.parent.iterdir()):
        if (path / "config.json").is_file():
            assert read_checkpoint(path).metrics["float16_levels"] < 1, path.name


# ---- the fit of Sampling ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [GREY, POINT], ids=["vae", "plain autoencoder"])
def test_a_fit_comes_back_to_the_last_digit_for_its_codes_and_for_no_others(
    tmp_path: Path, config: ModelConfig
) -> None:
    save(tmp_path / "noise", config)
    checkpoint = read_checkpoint(tmp_path / "noise")
    encoded = checkpoint.load_encoded()
    fit = fit_aggregate(encoded)
    assert (fit.kl is None) == (config is POINT)
    assert checkpoint.load_fit(encoded) is None
    path = checkpoint.save_fit(encoded, fit)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    found = load_all(tmp_path / "noise").load_fit(encoded)
    assert found is not None
    for name in ("weights", "means", "factors"):
        assert np.array_equal(getattr(found.mixture, name), getattr(fit.mixture, name))
    assert (found.held_out, found.kl) == (fit.held_out, fit.kl)
    assert checkpoint.load_fit(replace(encoded, mean=encoded.mean + 1)) is None
    assert checkpoint.load_fit(replace(encoded, logvar=encoded.logvar - 1)) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda fit: fit.pop("means"),
        lambda fit: fit.update(weights=[0.5]),
        lambda fit: fit.update(weights={}),
        lambda fit: fit["means"][0].append(0),
        lambda fit: fit["means"][0].__setitem__(0, float("nan")),
        lambda fit: fit["factors"][0].__setitem__(0, -1.0),
        lambda fit: fit["factors"][0].pop(),
        lambda fit: fit.update(held_out=0),
        lambda fit: fit["kl"]["upper"].update(nats="1"),
        lambda fit: fit.update(kl=[]),
    ],
)
def test_a_broken_fit_is_refused_by_name(folder: Path, change: Callable[[Any], object]) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    path = checkpoint.save_fit(encoded, fit_aggregate(encoded))
    edit_json(path, change)
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        checkpoint.load_fit(encoded)


def test_a_fit_behind_a_link_that_leads_out_is_neither_read_nor_written(folder: Path, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    fit = fit_aggregate(encoded)
    path = checkpoint.save_fit(encoded, fit)
    path.rename(tmp_path / "outside.json")
    path.symlink_to(tmp_path / "outside.json")
    for attempt in (lambda: checkpoint.load_fit(encoded), lambda: checkpoint.save_fit(encoded, fit)):
        with pytest.raises(CheckpointError, match="a link leads out"):
            attempt()


def test_a_fit_too_large_to_be_read_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    monkeypatch.setattr(checkpoints, "MAX_JSON_BYTES", 100)
    with pytest.raises(CheckpointError, match="more than the 100 that are read"):
        checkpoint.save_fit(encoded, fit_aggregate(encoded))
    assert checkpoint.load_fit(encoded) is None


def test_every_shipped_checkpoint_has_its_fit() -> None:
    """Sampling would fit them on a first visit. On another processor a fit differs by rounding, so one is fitted."""
    for path in sorted(SHIPPED.parent.iterdir()):
        if (path / "config.json").is_file():
            assert read_checkpoint(path).load_fit(read_checkpoint(path).load_encoded()) is not None, path.name
    checkpoint = read_checkpoint(SHIPPED)
    encoded = checkpoint.load_encoded()
    shipped, now = checkpoint.load_fit(encoded), fit_aggregate(encoded)
    assert shipped is not None
    assert shipped.mixture.components == now.mixture.components
    np.testing.assert_allclose(shipped.mixture.means, now.mixture.means, atol=0.01)
    assert shipped.kl is not None
    assert now.kl is not None
    assert shipped.kl.upper.nats == pytest.approx(now.kl.upper.nats, abs=1e-4)


# ---- the second stage and the samples' report ------------------------------------------------------------------------


def report_of(encoded: EncodedSet, fit: AggregateFit, quality: SampleQuality | None) -> SamplesReport:
    return SamplesReport({n: SourceScores(gap, quality) for n, gap in gaps(encoded, fit, None).items()}, quality, "so")


def test_second_stage_and_report_come_back_for_their_fit_and_for_no_other(folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    fit = fit_aggregate(encoded)
    assert checkpoint.load_second_stage(encoded, fit) is None
    assert checkpoint.load_samples(encoded, fit) is None
    flow = Flow(checkpoint.model_config.latent_dim, seed=3)
    report = report_of(encoded, fit, SampleQuality(0.9, 0.5, 12.5))

    for path in (
        checkpoint.save_second_stage(encoded, fit, SecondStage(fit.mixture, flow)),
        checkpoint.save_samples(encoded, fit, report),
    ):
        assert stat.S_IMODE(path.stat().st_mode) == 0o644

    found = read_checkpoint(folder).load_second_stage(encoded, fit)
    assert found is not None
    assert all(torch.equal(found.flow.state_dict()[name], tensor) for name, tensor in flow.state_dict().items())
    assert read_checkpoint(folder).load_samples(encoded, fit) == report
    other = replace(fit, mixture=replace(fit.mixture, means=fit.mixture.means + 1))
    assert checkpoint.load_second_stage(encoded, other) is None
    assert checkpoint.load_samples(encoded, other) is None


def test_a_broken_second_stage_is_refused_by_name(folder: Path) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    fit = fit_aggregate(encoded)
    flow = Flow(checkpoint.model_config.latent_dim)
    path = checkpoint.save_second_stage(encoded, fit, SecondStage(fit.mixture, flow))
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        checkpoint.load_second_stage(encoded, fit)


@pytest.mark.parametrize(
    "change",
    [
        lambda report: report.pop("sources"),
        lambda report: report["sources"].update(best=report["sources"]["prior"]),
        lambda report: report["sources"]["prior"]["gap"]["lower"].update(nats=float("nan")),
        lambda report: report["sources"]["prior"]["quality"].update(recall="1"),
        lambda report: report["sources"]["prior"]["quality"].update(fid=1.0),
        lambda report: report.update(real=[]),
    ],
)
def test_a_broken_report_is_refused_by_name(folder: Path, change: Callable[[Any], object]) -> None:
    checkpoint = read_checkpoint(folder)
    encoded = checkpoint.load_encoded()
    fit = fit_aggregate(encoded)
    path = checkpoint.save_samples(encoded, fit, report_of(encoded, fit, SampleQuality(0.9, 0.5, 12.5)))
    edit_json(path, change)
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        checkpoint.load_samples(encoded, fit)


def test_every_shipped_checkpoint_has_its_second_stage_and_report() -> None:
    for path in sorted(SHIPPED.parent.iterdir()):
        if (path / "config.json").is_file():
            checkpoint = read_checkpoint(path)
            encoded = checkpoint.load_encoded()
            fit = checkpoint.load_fit(encoded)
            assert fit is not None
            second, report = checkpoint.load_second_stage(encoded, fit), checkpoint.load_samples(encoded, fit)
            assert report is not None, path.name
            kept = {name: scores.gap for name, scores in report.sources.items() if scores.gap}
            now = gaps(encoded, fit, second)
            assert kept.keys() == now.keys()
            for name, gap in now.items():
                assert kept[name].lower.nats == pytest.approx(gap.lower.nats, abs=1e-3)


# ---- fuzz ------------------------------------------------------------------------------------------------------------


def loads_or_is_refused(path: Path) -> None:
    try:
        checkpoint = load_all(path)
    except CheckpointError as error:
        if not str(error).startswith(str(path)):
            pytest.fail(f"the error does not name the file: {error}")
        return
    assert checkpoint.kl_per_dimension is not None
    assert len(checkpoint.kl_per_dimension) == checkpoint.model_config.latent_dim
    assert all(torch.isfinite(p).all() for p in checkpoint.load_model().parameters())
    assert all(set(line) >= set(checkpoints.EPOCH_NUMBERS) for line in checkpoint.history)


@pytest.fixture(scope="module")
def scratch(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that is damaged and restored many times."""
    return shutil.copytree(saved, tmp_path_factory.mktemp("fuzz") / "noise")


@contextmanager
def spoiling(path: Path, content: bytes) -> Iterator[None]:
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("file", ["config.json", "metrics.json", "history.jsonl", "model.safetensors"])
@settings(max_examples=60)
@given(data=st.data())
def test_random_damage_is_harmless_or_refused(scratch: Path, file: str, data: st.DataObject) -> None:
    content = bytearray((scratch / file).read_bytes())
    head = min(len(content), 900)  # of the tensors: the header
    start, end = sorted((data.draw(st.integers(0, head)), data.draw(st.integers(0, head))))
    content[start : min(end, start + data.draw(st.integers(0, 4)))] = data.draw(st.binary(max_size=4))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    with spoiling(scratch / file, bytes(content)):
        loads_or_is_refused(scratch)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON document."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@pytest.mark.parametrize("file", ["config.json", "metrics.json", "history.jsonl"])
@settings(max_examples=60)
@given(data=st.data())
def test_any_json_in_any_place_is_harmless_or_refused(scratch: Path, file: str, data: st.DataObject) -> None:
    text = (scratch / file).read_text()
    document = json.loads(text.splitlines()[0] if file == "history.jsonl" else text)
    *outer, last = data.draw(st.sampled_from(list(places(document))))
    target = document
    for key in outer:
        target = target[key]
    target[last] = data.draw(JSON_VALUES)
    with spoiling(scratch / file, json.dumps(document).encode()):
        loads_or_is_refused(scratch)
