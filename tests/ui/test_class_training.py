"""A teacher has a model trained on the class's drawings."""

import base64
import json
import zipfile
from pathlib import Path

import pytest

from tests.support.classes import Socket, serve
from vae.jobs.runs import Runs
from vae.ui.serving import classroom
from vae.ui.shared import loaders

GREY = (1, 8, 8)


def hand_in(student: Socket, count: int) -> list[int]:
    """The numbers of so many drawings."""
    picture = base64.b64encode(bytes(range(64))).decode()
    drawing = {"picture": picture, "shape": GREY, "label": "seven"}
    return [student.do("hand_in", key=f"{n}", **drawing)["drawing"] for n in range(count)]


def test_a_run_on_the_approved_drawings_starts_in_the_app_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(Runs, "_launch", lambda _, run: None)
    with serve(tmp_path / "classes.sqlite", train=classroom.train) as running:
        code, secret = running.open()
        with running.connect(code, "teacher", secret=secret) as teacher, running.student(code) as student:
            numbers = hand_in(student, 11)
            for number in numbers[:9]:
                teacher.do("drawing", drawing=number, state="approved")
            refused = teacher.ask("train", name="ours", minutes=1)
            assert refused["error"] == "Training needs 10 approved drawings, and there are 9; approve more."
            teacher.do("drawing", drawing=numbers[9], state="approved")
            assert teacher.do("train", name="ours", minutes=1)["run"] == "ours"
            assert "choose another name" in teacher.ask("train", name="ours", minutes=1)["error"]
    folder = tmp_path / "checkpoints" / ".runs" / "ours"
    assert json.loads((folder / "request.json").read_text())["seconds"] == 60
    with zipfile.ZipFile(folder / "upload.zip") as archive:
        assert len(archive.namelist()) == 10
