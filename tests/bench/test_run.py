"""The benchmark of a run: the same training here and in a process of its own, to the last digit."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.support.mnist import write_mnist
from vae.__main__ import main
from vae.bench import run
from vae.jobs.run import Run
from vae.jobs.runs import Runs


@pytest.mark.slow
def test_a_run_trains_as_this_process_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_mnist(tmp_path)
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(run, "started", lambda _: nullcontext())
    assert main(["bench", "run", "--epochs", "20", "--batch-size", "9", "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert numbers["same_negative_elbo"] is True
    assert numbers["negative_elbo"] > 0
    assert numbers["film_bytes"] > 0
    assert len(numbers["first_picture_seconds"]) == 2
    assert min(numbers["first_picture_seconds"]) > 0
    theirs, ours = numbers["images_per_second_run"], numbers["images_per_second_here"]
    rounding = 0.001 + (ours + theirs) / ours**2  # of the ratio to three decimals, and of both speeds to whole images
    assert numbers["run_ratio"] == pytest.approx(theirs / ours, abs=rounding)


def test_a_run_that_fails_is_its_own_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Runs):
        def start(self, name: str, *_: Any, **__: Any) -> Run:
            failed = Run(self.root / name)
            failed.path.mkdir(parents=True)
            (failed.path / "status.json").write_text('{"state": "failed", "sentence": "The disk is full."}')
            return failed

    monkeypatch.setattr(run, "_here", lambda _: {"images": 1, "seconds": 1})
    monkeypatch.setattr(run, "Runs", Failing)
    assert main(["bench", "run"]) == 1
    assert capsys.readouterr().err == "vae bench: The run ended: The disk is full.\n"
