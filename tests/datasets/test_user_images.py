"""Folders and zips of the user's own pictures: classes, splits, refusals."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import all_images, ten, write_folder, write_zip
from vae.datasets import official
from vae.datasets.pictures import DataError
from vae.datasets.registry import load_dataset

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_cifar = pytest.mark.skipif(not (SHARED / "cifar10-subset.zip").exists(), reason="no cifar10-subset.zip here")


@pytest.mark.parametrize("make", [write_folder, lambda path, files: write_zip(path.with_suffix(".zip"), files)])
def test_sub_folders_are_the_classes(tmp_path: Path, make: Callable[[Path, dict[str, bytes]], str]) -> None:
    name = make(tmp_path / "pets", ten("cat/") | ten("dog/deeper/") | ten("__MACOSX/cat/") | {"read me.txt": b"hello"})
    pets = load_dataset(name, image_size=16)
    assert pets.name == name
    assert pets.class_names == ("cat", "dog")
    assert [len(s) for s in (pets.train, pets.validation, pets.test)] == [16, 2, 2]
    assert pets.image_shape == (3, 16, 16)
    assert load_dataset(name, image_size=16).content_hash == pets.content_hash
    assert load_dataset(name, image_size=16, seed=1).content_hash != pets.content_hash


def test_a_zip_and_the_folder_it_was_made_of_are_the_same_data(tmp_path: Path) -> None:
    files = ten("cat/") | ten("dog/")
    folder = load_dataset(write_folder(tmp_path / "pets", files))
    reverse = {f"pets/{name}": content for name, content in reversed(files.items())}
    archive = load_dataset(write_zip(tmp_path / "pets.zip", reverse))
    assert archive.class_names == folder.class_names
    assert archive.content_hash == folder.content_hash


def test_pictures_in_no_sub_folder_are_one_class(tmp_path: Path) -> None:
    files = ten(n=12) | {".DS_Store": b"", "._00.png": b"", ".hidden/a.png": b""}
    one = load_dataset(write_folder(tmp_path, files), image_size=8)
    assert one.class_names == ("images",)
    assert sorted(all_images(one)[:, 0, 0, 0]) == list(range(10, 130, 10))  # each once: the splits are disjoint


@pytest.mark.parametrize("validation", ["", "val", "validation"])
def test_folders_called_train_and_test_are_the_splits(tmp_path: Path, validation: str) -> None:
    files = ten("train/cat/") | ten("train/dog/") | ten("test/dog/", 3)
    if validation:
        files |= ten(f"{validation}/cat/", 4)
    pets = load_dataset(write_zip(tmp_path / "pets.zip", files), image_size=8)
    sizes = [len(s) for s in (pets.train, pets.validation, pets.test)]
    assert sizes == ([20, 4, 3] if validation else [18, 2, 3])
    assert pets.class_names == ("cat", "dog")
    assert set(pets.test.labels.tolist()) == {1}


def test_other_folders_beside_train_and_test_make_them_classes(tmp_path: Path) -> None:
    files = ten("train/", 5) | ten("test/", 5) | ten("rail/", 5)
    assert load_dataset(write_folder(tmp_path, files)).class_names == ("rail", "test", "train")


def test_grey_is_one_channel(tmp_path: Path) -> None:
    grey = load_dataset(write_folder(tmp_path, ten()), image_size=8, color=False)
    assert grey.image_shape == (1, 8, 8)
    assert sorted(all_images(grey)[:, 0, 0, 0]) == list(range(10, 110, 10))


def test_progress_is_reported_while_pictures_are_read(tmp_path: Path) -> None:
    calls: list[tuple[float, str]] = []
    load_dataset(write_folder(tmp_path, ten()), progress=lambda *call: calls.append(call))
    assert calls[0][0] == 0.0


@pytest.mark.parametrize("files", [{}, ten(n=9), {"notes.txt": b"x"}])
def test_fewer_than_ten_pictures_are_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match=r"pictures, use 10 to"):
        load_dataset(write_folder(tmp_path, files))
    with pytest.raises(DataError, match=r"own\.zip: has \d pictures, use 10 to"):
        load_dataset(write_zip(tmp_path / "own.zip", files))


def test_a_train_folder_with_one_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train/, put at least 2"):
        load_dataset(write_folder(tmp_path, ten("test/") | ten("train/", 1)))


@pytest.mark.parametrize("size", [7, 257])
def test_image_sizes_have_limits(tmp_path: Path, size: int) -> None:
    with pytest.raises(DataError, match=rf"image_size is {size}: use 8 to 256"):
        load_dataset(write_folder(tmp_path, ten()), image_size=size)


@pytest.mark.parametrize("name", ["./missing", "missing.zip", "not/there"])
def test_a_missing_path_is_an_error(name: str) -> None:
    with pytest.raises(DataError, match="no such folder or file"):
        load_dataset(name)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    write_folder(tmp_path / "outside", ten(n=3))
    folder = write_folder(tmp_path / "own", ten())
    (tmp_path / "own/out.png").symlink_to(tmp_path / "outside/00.png")
    (tmp_path / "own/more").symlink_to(tmp_path / "outside")
    (tmp_path / "own/broken.png").symlink_to(tmp_path / "nothing.png")
    (tmp_path / "own/loop").symlink_to(tmp_path / "own")
    assert len(all_images(load_dataset(folder, image_size=8))) == 10


@needs_cifar
def test_the_cifar10_subset_loads_as_a_users_own_pictures() -> None:
    cifar = load_dataset(str(SHARED / "cifar10-subset.zip"))
    assert [len(s) for s in (cifar.train, cifar.validation, cifar.test)] == [7200, 800, 2000]
    assert cifar.class_names == official.CLASS_NAMES["cifar10"]
    assert np.bincount(cifar.test.labels).tolist() == [200] * 10
    with zipfile.ZipFile(SHARED / "cifar10-subset.zip") as archive, archive.open("test/airplane/0000.jpg") as file:
        assert np.array_equal(cifar.test.images[0], np.asarray(Image.open(file)).transpose(2, 0, 1))
