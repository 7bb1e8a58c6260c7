"""What several test modules share: small real data, and a checkpoint trained on them."""

import shutil
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests.support.browsing import app, app_checkpoints, browser  # noqa: F401 - fixtures
from vae.bench.browser import CHROMIUM_NAMES
from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset
from vae.model.networks import default_config
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.config import TrainingConfig
from vae.training.trainer import train_checkpoint

NO_CHROMIUM = not any(map(shutil.which, CHROMIUM_NAMES))
collect_ignore_glob = ["browser/*"] if NO_CHROMIUM else []

torch.set_num_threads(1)  # models this small only lose by sharing their work
# No test has a time limit, and none passes today and fails tomorrow.
settings.register_profile("latent-lab", deadline=None, derandomize=True)
settings.register_profile("prove", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
settings.load_profile("latent-lab")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says in one line why the browser tests did not run, and how to get them."""
    if NO_CHROMIUM:
        terminalreporter.write_line("SKIPPED all browser tests: no Chromium; on Debian: apt-get install chromium")


@pytest.fixture(scope="session", autouse=True)
def signals_of_a_terminal() -> None:
    """The signals that stop a run, as a shell leaves them: nohup ignores SIGHUP, a job in the background SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """scikit-learn's handwritten digits: real, and always there."""
    return load_dataset("digits")


@pytest.fixture(scope="session")
def digits_checkpoint(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A model trained on the digits for two epochs; shared, so nobody writes into its folder."""
    path = tmp_path_factory.mktemp("checkpoints") / "digits"
    config = TrainingConfig(epochs=2, device="cpu")
    for _ in train_checkpoint(digits, default_config(digits.image_shape, 2), config, path):
        pass
    return read_checkpoint(path)


@pytest.fixture
def own_checkpoint(digits_checkpoint: Checkpoint, tmp_path: Path) -> Checkpoint:
    """A copy of the digits checkpoint that the test may spoil."""
    return read_checkpoint(shutil.copytree(digits_checkpoint.path, tmp_path / "checkpoints" / "digits"))
