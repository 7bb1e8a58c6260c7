"""What hinders the app from serving, in sentences."""

import asyncio
from pathlib import Path

import pytest

from tests.support.live import MODELS
from vae.server.live.decode import DecodeService
from vae.server.live.decode_frames import DecodeLimits
from vae.server.live.inference import LiveModel
from vae.server.wire import own_origin
from vae.storage.checkpoints import Checkpoint
from vae.ui.serving import health
from vae.ui.shared import loaders


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path)
    return tmp_path


def service(model: str = "grey") -> DecodeService:
    def load(_: str) -> LiveModel:
        return MODELS[model]

    return DecodeService(load, own_origin, DecodeLimits())


def test_an_app_without_models_is_ready(checkpoints: Path) -> None:
    live = service()
    assert asyncio.run(health.decodes(live)) == ""
    assert live.batcher.counts.vectors == 0


def test_a_model_is_decoded(own_checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "CHECKPOINTS", own_checkpoint.path.parent)
    live = service()
    assert asyncio.run(health.decodes(live)) == ""
    assert live.batcher.counts.vectors == 1


def test_a_folder_that_cannot_be_read_is_said_without_its_name(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(health, "list_checkpoints", refuse)
    sentence = asyncio.run(health.decodes(service()))
    assert sentence == "The folder of checkpoints cannot be read (Permission denied); let the app's user read it."


def test_replicas_alone_must_be_able_to_write(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkpoints / ".runs").touch()  # a file, where the folder of the runs would be
    monkeypatch.delenv("VAE_REPLICA", raising=False)
    assert asyncio.run(health.folder_problem()) == ""
    monkeypatch.setenv("VAE_REPLICA", "1/2")
    assert asyncio.run(health.folder_problem()) == health.NO_RUNS
    (checkpoints / ".runs").unlink()
    assert asyncio.run(health.folder_problem()) == ""


def test_the_classes_own_sentence_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Classes:
        async def problem(self) -> str:
            return "The class is moving."

    monkeypatch.setattr("vae.ui.serving.classroom.app_classes", Classes)
    assert asyncio.run(health.class_problem()) == "The class is moving."
