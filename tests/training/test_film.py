"""Films: the format, the moments, and that taking one changes nothing of the training."""

import io
import json
import zlib
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from vae.datasets.splits import Dataset
from vae.model.latents import decode, encode
from vae.model.losses import Objective, kl_divergence
from vae.model.networks import VAE, ModelConfig
from vae.storage.checkpoints import read_checkpoint
from vae.training import film
from vae.training.config import TrainingConfig
from vae.training.film import FRAMES, PREFIX, Film, Record, moments, read_film
from vae.training.trainer import EpochMetrics, Trainer, TrainingError

QUICK = TrainingConfig(epochs=3, batch_size=64, device="cpu")


def mlp(latent_dim: int = 2, **options: Any) -> ModelConfig:
    return ModelConfig((1, 8, 8), latent_dim, "mlp", (32,), **options)


def start(
    digits: Dataset, path: Path | None, config: TrainingConfig = QUICK, model: ModelConfig | None = None
) -> Trainer:
    """A new run, with a film where a path is given."""
    model = model or mlp()
    torch.manual_seed(config.seed)
    film = None if path is None else Film(path, digits, model, config.epochs)
    return Trainer(VAE(model), digits.train, digits.validation, config, film=film)


def shoot(
    digits: Dataset, path: Path, config: TrainingConfig = QUICK, model: ModelConfig | None = None
) -> list[Record]:
    """The film of a whole run."""
    list(start(digits, path, config, model).epochs())
    return list(read_film(path))


def frames(records: list[Record]) -> list[Record]:
    return [record for record in records if record.fields["kind"] == "frame"]


def points(record: Record, n: int) -> Any:
    places = np.frombuffer(record.body, "<i2", 2 * n).reshape(n, 2)
    return places.astype(np.float32) * np.float32(record.fields["scale"])


def weights(trainer: Trainer) -> Tensor:
    return torch.cat([tensor.detach().float().flatten() for tensor in trainer.model.state_dict().values()])


# ---- what it shows ---------------------------------------------------------------------------------------------------


def test_a_film_has_its_head_then_frames_and_epochs_in_the_order_of_time(digits: Dataset, tmp_path: Path) -> None:
    records = shoot(digits, tmp_path / "film")
    assert [record.fields["kind"] for record in records].count("head") == 1
    shares = [record.fields["share"] for record in records[1:]]
    assert shares == sorted(shares)
    taken = frames(records)
    assert (taken[0].fields["share"], taken[-1].fields["share"]) == (0, 1)
    assert (taken[0].fields["reconstruction"], taken[0].fields["kl"]) == (None, None)
    assert [r.fields["epoch"] for r in records if r.fields["kind"] == "epoch"] == [1, 2, 3]
    assert records[-1].end == (tmp_path / "film").stat().st_size


@pytest.mark.parametrize("steps", [1, 2, 59, 60, 1180, 100_000])
def test_moments_are_at_most_sixty_from_first_to_last_and_denser_at_the_start(steps: int) -> None:
    taken = moments(steps)
    assert (taken[0], taken[-1]) == (0, steps)
    assert len(taken) == len(set(taken)) <= FRAMES
    assert len(taken) >= min(steps // 3, FRAMES - 3)
    if steps > 1000:
        assert np.all(np.diff(np.diff(taken)) >= -1)


def test_the_last_frame_shows_the_means_and_reconstructions_of_the_trained_model(
    digits: Dataset, tmp_path: Path
) -> None:
    trainer = start(digits, tmp_path / "film")
    list(trainer.epochs())
    model, test = trainer.model.eval(), digits.test
    *_, last = frames(list(read_film(tmp_path / "film")))
    encoded = encode(model, test.images, test.labels)
    np.testing.assert_allclose(points(last, len(test)), encoded.mean, atol=last.fields["scale"])
    np.testing.assert_allclose(last.fields["kl_per_dimension"], encoded.kl_per_dimension, atol=1e-4)
    with Image.open(io.BytesIO(last.body[4 * len(test) :]), formats=["WEBP"]) as sheet:
        shown = np.asarray(sheet.convert("L"), np.int32)[:8].reshape(8, 10, 8).transpose(1, 0, 2)
    rows = [int(np.flatnonzero(test.labels == label)[0]) for label in range(10)]
    decoded = decode(model, encoded.mean[rows])
    assert np.abs(shown - decoded[:, 0].astype(np.int32)).mean() < 12  # a WebP of tiny pictures is not exact


def test_a_frame_s_terms_are_means_over_the_images_since_the_frame_before(digits: Dataset, tmp_path: Path) -> None:
    config = replace(QUICK, epochs=1)
    records = shoot(digits, tmp_path / "film", config)
    (epoch,) = [record.fields for record in records if record.fields["kind"] == "epoch"]
    taken = [frame.fields for frame in frames(records)][1:]
    n = len(digits.train)
    done = np.minimum(n, np.round([0, *(frame["epoch"] * -(-n // 64) for frame in taken)]) * 64)
    for term in ("reconstruction", "kl"):
        assert np.average([frame[term] for frame in taken], weights=np.diff(done)) == pytest.approx(epoch[term], 1e-4)


@pytest.mark.parametrize(
    ("model", "objective", "what"),
    [
        (mlp(1), Objective(), ("line", 20, 0)),
        (mlp(2), Objective(), ("latent", 20, 8)),
        (mlp(5), Objective(), ("principal", 20, 0)),
        (mlp(2, classes=10), Objective(), ("latent", 20, 8)),
        (mlp(2, posterior="point"), Objective("autoencoder"), ("latent", 0, 0)),
        (ModelConfig((1, 8, 8), 3, "conv", (16,), (4, 8), batch_norm=True), Objective(), ("principal", 20, 0)),
    ],
    ids=["1-D", "2-D", "5-D", "conditional", "autoencoder", "conv"],
)
def test_every_kind_of_model_has_a_film(
    digits: Dataset, tmp_path: Path, model: ModelConfig, objective: Objective, what: tuple[str, int, int]
) -> None:
    plane, samples, side = what
    head, *rest = shoot(digits, tmp_path / "film", replace(QUICK, epochs=1, objective=objective), model)
    assert [head.fields[key] for key in ("plane", "samples", "side")] == [plane, samples, side]
    n, pictures = head.fields["points"], head.fields["originals"] + samples + side**2
    for frame in frames(rest):
        with Image.open(io.BytesIO(frame.body[4 * n :])) as sheet:
            assert sheet.size == (80, -(-pictures // 10) * 8)
    known = rest[-1].fields if rest[-1].fields["kind"] == "frame" else frames(rest)[-1].fields
    assert (known["kl_per_dimension"] is None) == (objective.name == "autoencoder")


def test_the_principal_plane_does_not_jump_from_frame_to_frame(digits: Dataset, tmp_path: Path) -> None:
    n = len(digits.test)
    taken = [points(frame, n) for frame in frames(shoot(digits, tmp_path / "film", model=mlp(5)))[5:]]
    for before, after in pairwise(taken):
        mirrored = min(np.abs(after * flip - before).mean() for flip in ([-1, 1], [1, -1], [-1, -1]))
        assert np.abs(after - before).mean() <= mirrored


def test_frames_of_large_pictures_stay_within_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 3, 64, 64), np.uint8)
    best = len(film._picture_file(noise))
    monkeypatch.setattr(film, "MAX_FRAME_BYTES", best // 2)
    assert len(film._picture_file(noise)) <= best // 2


def test_a_full_film_gets_no_more_frames_and_stays_whole(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film, "MAX_BYTES", 50_000)
    records = shoot(digits, tmp_path / "film")
    assert records[-1].end == (tmp_path / "film").stat().st_size <= 50_000
    assert frames(records)[-1].fields["share"] < 1


# ---- a film does not change the training -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", [mlp(3), mlp(3, batch_norm=True)], ids=["plain", "batch norm"])
def test_a_run_with_a_film_has_the_weights_and_metrics_of_one_without(
    digits: Dataset, tmp_path: Path, model: ModelConfig
) -> None:
    filmed, plain = start(digits, tmp_path / "film", model=model), start(digits, None, model=model)
    metrics = [[asdict(epoch) | {"seconds": 0} for epoch in trainer.epochs()] for trainer in (filmed, plain)]
    assert metrics[0] == metrics[1]
    assert torch.equal(weights(filmed), weights(plain))


def test_a_run_that_diverges_says_so_at_the_next_frame(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = start(digits, tmp_path / "film")
    take = trainer._take
    monkeypatch.setattr(
        trainer, "_take", lambda batch, scheduled: take(batch, scheduled) * (1 if trainer.done < 5 else torch.nan)
    )
    with pytest.raises(TrainingError, match="epoch 1 is not finite"):
        list(trainer.epochs())
    assert trainer.done < 10


def test_weights_that_are_not_finite_have_no_frame(digits: Dataset, tmp_path: Path) -> None:
    model = VAE(mlp()).train()
    film = Film(tmp_path / "film", digits, mlp(), 1)
    film.begin()
    with torch.no_grad():
        next(model.parameters()).fill_(torch.nan)
    film.take(model, {"share": 0.0})
    assert len(list(read_film(tmp_path / "film"))) == 1
    assert model.training


# ---- films after a crash ---------------------------------------------------------------------------------------------


def test_a_film_resumed_is_the_film_of_an_uninterrupted_run(digits: Dataset, tmp_path: Path) -> None:
    whole = shoot(digits, tmp_path / "whole", model=mlp(5))
    halves = start(digits, tmp_path / "halves", model=mlp(5))
    epochs = halves.epochs()
    next(epochs)
    halves.save(tmp_path / "state", [])
    next(epochs)  # lost: the process ends now, in the middle of a record
    with (tmp_path / "halves").open("ab") as file:
        file.write(b"half a record")
    again = start(digits, tmp_path / "halves", model=mlp(5))
    again.load(tmp_path / "state")
    list(again.epochs())
    resumed = list(read_film(tmp_path / "halves"))
    clocks = {"seconds": 0}
    assert [r.fields | clocks for r in resumed] == [r.fields | clocks for r in whole]
    assert [record.body for record in resumed] == [record.body for record in whole]


def test_the_film_of_a_run_that_finishes_early_ends_with_the_model_that_is_kept(
    digits: Dataset, tmp_path: Path
) -> None:
    trainer = start(digits, tmp_path / "film")
    list(trainer.epochs(lambda trainer: trainer.finish_at(7)))
    records = list(read_film(tmp_path / "film"))
    assert frames(records)[-1].fields["share"] == trainer.progress < 1
    assert records[-1].fields["share"] == records[-2].fields["share"]  # the frame and its epoch


def test_a_deleted_film_is_started_again_when_the_run_is_resumed(digits: Dataset, tmp_path: Path) -> None:
    trainer = start(digits, tmp_path / "film")
    next(trainer.epochs())
    trainer.save(tmp_path / "state", [])
    (tmp_path / "film").unlink()
    trainer.load(tmp_path / "state")
    list(trainer.epochs())
    assert next(read_film(tmp_path / "film")).fields["kind"] == "head"


@given(cut=st.integers(0, 3000))
def test_a_film_cut_anywhere_has_the_records_before_the_cut(film_bytes: tuple[Path, bytes], cut: int) -> None:
    path, content = film_bytes
    path.write_bytes(content[: len(content) - cut])
    whole = [record.end for record in read_film(path)]
    assert whole == [end for end in ends(content) if end <= len(content) - cut]


@given(place=st.integers(0, 10**6), value=st.integers(1, 255))
def test_a_changed_byte_ends_the_film_before_its_record(film_bytes: tuple[Path, bytes], place: int, value: int) -> None:
    path, content = film_bytes
    spoilt = bytearray(content)
    spoilt[place % len(content)] ^= value
    path.write_bytes(spoilt)
    assert [record.end for record in read_film(path)] == [end for end in ends(content) if end <= place % len(content)]


def ends(content: bytes) -> list[int]:
    """Where the records of a whole film end."""
    found, at = [], 0
    while at < len(content):
        text, body, _ = PREFIX.unpack_from(content, at)
        at += PREFIX.size + text + body
        found.append(at)
    return found


@pytest.fixture(scope="module")
def film_bytes(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("films") / "film"
    shoot(digits, path, replace(QUICK, epochs=1, batch_size=512))
    return path.with_name("spoilt"), path.read_bytes()


def test_a_record_whose_text_is_no_object_ends_the_film(tmp_path: Path) -> None:
    for text in (b"[1]", b"{", b"\xff"):
        path = tmp_path / "film"
        path.write_bytes(PREFIX.pack(len(text), 0, zlib.crc32(text)) + text)
        assert list(read_film(path)) == []


def test_a_missing_film_has_no_records(tmp_path: Path) -> None:
    assert list(read_film(tmp_path / "film")) == []


def test_a_full_disk_leaves_the_film_with_its_last_whole_record(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = shoot(digits, tmp_path / "film", replace(QUICK, epochs=1))
    film = Film(tmp_path / "film", digits, mlp(), 1)
    open_ = Path.open

    class Full(io.FileIO):
        def write(self, content: Any) -> int:
            super().write(content[:100])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda path, mode="r": Full(path, "a") if mode == "ab" else open_(path, mode))
    with pytest.raises(OSError, match="No space"):
        film.add_epoch(asdict(EpochMetrics(2, 0.0, 1.0, 1.0, 1.0, 1.0, {})), 1.0)
    assert len(list(read_film(tmp_path / "film"))) == len(records)
    assert (tmp_path / "film").stat().st_size == records[-1].end


def test_the_json_of_a_film_has_no_nan(digits: Dataset, tmp_path: Path) -> None:
    for record in shoot(digits, tmp_path / "film", replace(QUICK, epochs=1)):
        json.loads(json.dumps(record.fields), parse_constant=pytest.fail)


# ---- the films that ship ---------------------------------------------------------------------------------------------

SHIPPED = Path(__file__).parents[2] / "checkpoints"
FILMED = ["mnist-z2", "mnist-z10-ae", "mnist-z10-b1", "mnist-z10-b10"]


@pytest.mark.parametrize("name", FILMED)
def test_the_last_frame_of_a_shipped_film_is_of_the_weights_beside_it(name: str) -> None:
    checkpoint = read_checkpoint(SHIPPED / name)
    assert checkpoint.film is not None
    head, *records = read_film(checkpoint.film)
    last, n = frames(records)[-1], head.fields["points"]
    assert (len(frames(records)), last.fields["share"]) == (FRAMES, 1)
    assert records[-1].end == checkpoint.film.stat().st_size < 1_200_000
    whole = checkpoint.load_encoded()
    mean, shown = whole.mean[:n], points(last, n)
    if head.fields["plane"] == "principal":  # turned from frame to frame
        centred = mean - mean.mean(0)
        axes = np.linalg.eigh(centred.T.astype(float) @ centred)[1][:, -2:]
        shown, mean = np.linalg.norm(shown, axis=1), np.linalg.norm(centred @ axes, axis=1)
    np.testing.assert_allclose(shown, mean, atol=2e-3)
    if last.fields["kl_per_dimension"] is not None:
        kl = kl_divergence(torch.from_numpy(whole.mean[:n]), torch.from_numpy(whole.logvar[:n])).mean(0)
        np.testing.assert_allclose(last.fields["kl_per_dimension"], kl, atol=1e-3)


def test_what_ships_has_25_mb() -> None:
    one_size = [f"mnist-z10{end}" for end in ("", "-ae", "-b0.5", "-b1", "-b4", "-b10", "-cond")]
    names = ["digits-z2", "mnist-z2", *one_size, "sprites-z6", "sprites-z6-tc"]
    files = [path for name in names for path in (SHIPPED / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 25 * 2**20
