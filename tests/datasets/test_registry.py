"""Data sets by name."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mnist import write_mnist
from vae.datasets import registry
from vae.datasets.pictures import DataError
from vae.datasets.registry import load_dataset

IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def test_an_unknown_name_lists_the_known_ones_and_how_to_give_a_folder() -> None:
    with pytest.raises(DataError, match=r'"cats".*digits.*celeba.*\./pictures'):
        load_dataset("cats")


@pytest.mark.parametrize("name", ["", "mnist:3", "MNIST", "digits:"])
def test_a_name_is_taken_literally(name: str) -> None:
    with pytest.raises(DataError, match="unknown data set"):
        load_dataset(name)


def test_the_data_directory_is_the_argument_else_the_environment_else_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_DATA_DIR", "/elsewhere")
    assert registry.data_directory("here") == Path("here")
    assert registry.data_directory() == Path("/elsewhere")
    monkeypatch.delenv("VAE_DATA_DIR")
    assert registry.data_directory() == Path("data")


def test_a_data_set_is_available_if_all_its_files_exist(tmp_path: Path) -> None:
    assert registry.is_available("digits", tmp_path)
    assert registry.is_available("sprites", tmp_path)
    assert not any(
        registry.is_available(name, tmp_path) for name in ("mnist", "cifar10", "svhn", "celeba:Male", "cats")
    )
    raw = write_mnist(tmp_path)
    assert registry.is_available("mnist", tmp_path)
    (raw / IDX_NAMES[3]).unlink()
    assert not registry.is_available("mnist", tmp_path)
    assert registry.is_available(f"{tmp_path}/")
    assert not registry.is_available(f"{tmp_path}/missing.zip")


def test_importing_the_module_imports_nothing_slow() -> None:
    slow = {"torch", "torchvision", "sklearn", "PIL", "scipy"}
    code = f"import sys, vae.datasets.registry; sys.exit(bool({slow} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
