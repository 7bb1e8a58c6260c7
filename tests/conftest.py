"""What several test modules share: small real data, and a checkpoint trained on them."""

import gc
import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests.support.browsing import CHROMIUM, app, app_checkpoints, browser  # noqa: F401 - fixtures
from vae.bench.browser.chromium import CHROMIUM_NAMES
from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset
from vae.model.networks import default_config
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.training.checkpoint import train_checkpoint
from vae.training.config import TrainingConfig

NO_CHROMIUM = not any(map(shutil.which, CHROMIUM_NAMES))
collect_ignore_glob = ["browser/*"] if NO_CHROMIUM else []

# No example has a time limit, and each run tries the same ones.
for name, examples in (("local", 15), ("ci", 100)):
    settings.register_profile(name, deadline=None, derandomize=True, max_examples=examples)
settings.register_profile("prove", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
settings.load_profile("local")

# Each worker takes a file at a time: what takes longest comes first, so that no worker has a long file left at the end.
LONGEST = [
    "browser/test_map",
    "browser/test_training",
    "browser",
    "test_faults",
    "test_runs",
    "bench",
    "test_hostile",
    "test_local_model",
    "tests/lab",
]
LONGEST += ["test_distributed", "projection", "test_trainer", "ui", "test_wheel", "test_main", "server", "storage"]
LONGEST += ["evaluation"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option with which .ci/run repeats what failed."""
    parser.addoption("--flaky", action="store_true", help="names every test that passes, for use with --last-failed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that try more in `make test-all` than in `make test`, and begins with the longest files."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("scaled")
    items.sort(key=lambda item: next((i for i, part in enumerate(LONGEST) if part in item.path.as_posix()), 99))


def pytest_collection_finish() -> None:
    """Excepts what the imports have made from garbage collection: it stays to the end, and searching it takes time."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Closes the shared Chromium before a test that does not use it, and has torch compute in one thread.

    Models this small lose most of their time by sharing their work. numba's threads, which umap-learn starts, set the
    number for torch, too.
    """
    torch.set_num_threads(1)
    if "browser" not in getattr(item, "fixturenames", ()):
        CHROMIUM.close()


def pytest_sessionfinish() -> None:
    """Closes the shared Chromium where the last test used it, and excepts nothing from garbage collection any more.

    At the end of the process, Triton reports what was not collected as leaked.
    """
    CHROMIUM.close()
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says why the browser tests did not run and how to get them; and which tests failed once and then passed."""
    if NO_CHROMIUM:
        terminalreporter.write_line(
            "SKIPPED all browser tests: no Chromium; on Debian: apt-get install chromium-headless-shell"
        )
    if terminalreporter.config.getoption("flaky") and (passed := terminalreporter.stats.get("passed")):
        terminalreporter.write_sep("=", "FLAKY")
        for report in passed:
            terminalreporter.write_line(report.nodeid)


@pytest.fixture(scope="session", autouse=True)
def signals_of_a_terminal() -> None:
    """The signals that stop a run, as a shell leaves them: nohup ignores SIGHUP, a job in the background SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def runs_that_give_way_to_nobody() -> None:
    """Tests wait for what computes long, which would get a tenth of a busy processor."""
    os.environ["VAE_NICENESS"] = "0"


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """scikit-learn's handwritten digits: real, and always there."""
    return load_dataset("digits")


@pytest.fixture(scope="session")
def digits_checkpoint(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A model trained on the digits for two epochs; shared, so no test writes into its folder."""
    path = tmp_path_factory.mktemp("checkpoints") / "digits"
    config = TrainingConfig(epochs=2, device="cpu")
    for _ in train_checkpoint(digits, default_config(digits.image_shape, 2), config, path):
        pass
    return read_checkpoint(path)


@pytest.fixture
def own_checkpoint(digits_checkpoint: Checkpoint, tmp_path: Path) -> Checkpoint:
    """A copy of the digits checkpoint that the test may spoil."""
    return read_checkpoint(shutil.copytree(digits_checkpoint.path, tmp_path / "checkpoints" / "digits"))
