"""Folders and zips of the user's own pictures: classes, splits, refusals."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import all_images, picture, ten, write_folder, write_zip
from vae.datasets import official
from vae.datasets.pictures import DataError
from vae.datasets.registry import load_dataset
from vae.datasets.user_images.layout import natural_order
from vae.datasets.user_images.summary import summary

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
needs_cifar = pytest.mark.skipif(not (SHARED / "cifar10-subset.zip").exists(), reason="no cifar10-subset.zip here")


@pytest.mark.parametrize("make", [write_folder, lambda path, files: write_zip(path.with_suffix(".zip"), files)])
def test_sub_folders_are_the_classes(tmp_path: Path, make: Callable[[Path, dict[str, bytes]], str]) -> None:
    name = make(tmp_path / "pets", ten("cat/") | ten("dog/deeper/") | ten("__MACOSX/cat/") | {"read me.txt": b"hello"})
    pets = load_dataset(name, image_size=16)
    assert pets.name == name
    assert pets.class_names == ("cat", "dog")
    assert [len(s) for s in (pets.train, pets.validation, pets.test)] == [16, 2, 2]
    assert pets.notes[0] == "The splits are cut at random."
    assert pets.warnings[0].startswith("1 file skipped that cannot be read as pictures (1 .txt): ")
    assert pets.image_shape == (1, 16, 16)
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


def test_the_pictures_of_a_test_folder_are_the_test_split_and_the_rest_is_said(tmp_path: Path) -> None:
    """In a zip as in a folder; what is left out is not read."""
    files = ten("set/Train/cat/") | ten("set/Train/dog/") | ten("set/Val/cat/", 4)
    files |= {"set/Test/1.png": b"not read", "cover.jpg": b"not read", "__MACOSX/set/._Train": b""}
    for name in (write_folder(tmp_path / "a", files), write_zip(tmp_path / "b.zip", files)):
        pets = load_dataset(name, image_size=8)
        assert [len(s) for s in (pets.train, pets.validation, pets.test)] == [18, 2, 4]
        assert set(pets.test.labels) == {0}
        assert sorted(pets.test.images[:, 0, 0, 0]) == [10, 20, 30, 40]
        assert pets.notes[:2] == (
            "Splits by folder: training from Train/, test from Val/.",
            "The validation pictures are taken at random from those for training.",
        )
        assert [warning.partition(":")[0] for warning in pets.warnings[:2]] == [
            "1 picture left out, beside the folder that holds the others",
            "1 picture left out, as Test/ lacks the training images' class folders",
        ]


def test_classes_named_by_numbers_are_in_the_order_of_counting(tmp_path: Path) -> None:
    files = {f"{name}/{i}.png": picture(50) for name in (0, 10, 2, 1) for i in range(3)}
    assert load_dataset(write_folder(tmp_path / "a", files), image_size=8).class_names == ("0", "1", "2", "10")
    assert natural_order(["0.25", "-1", "0.5", "007"]) == ["-1", "0.25", "0.5", "007"]
    assert natural_order(["x10", "x9b", "B", "x9"]) == ["B", "x9", "x9b", "x10"]


def test_the_summary_has_classes_and_splits_with_their_numbers(tmp_path: Path) -> None:
    pets = load_dataset(write_folder(tmp_path, ten("cat/") | ten("dog/", 7)), image_size=8)
    assert summary(pets) == [
        "2 classes: cat (10), dog (7).",
        "Splits: 15 training, 1 validation, 1 test pictures.",
        "The splits are cut at random.",
        "All pictures are grey: they have one channel.",
    ]


def test_many_classes_are_summed_up(tmp_path: Path) -> None:
    files = {f"{name}/{i}.png": picture(50) for name in range(30) for i in range(1 + name % 2)}
    line = summary(load_dataset(write_folder(tmp_path, files), image_size=8))[0]
    assert (
        line
        == "30 classes of 1 to 2 pictures: " + ", ".join(f"{i} ({1 + i % 2})" for i in range(12)) + ", and 18 more."
    )


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
    with pytest.raises(DataError, match=r"pictures can be used, use 10 to"):
        load_dataset(write_folder(tmp_path, files))
    with pytest.raises(DataError, match=r"own\.zip: \d pictures can be used, use 10 to"):
        load_dataset(write_zip(tmp_path / "own.zip", files))


def test_a_train_folder_with_one_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has 1 picture for training and 10 for testing, put at least 2 into"):
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


@pytest.mark.slow
@needs_cifar
def test_the_cifar10_subset_loads_as_a_users_own_pictures() -> None:
    cifar = load_dataset(str(SHARED / "cifar10-subset.zip"))
    assert [len(s) for s in (cifar.train, cifar.validation, cifar.test)] == [7200, 800, 2000]
    assert cifar.class_names == official.CLASS_NAMES["cifar10"]
    assert np.bincount(cifar.test.labels).tolist() == [200] * 10
    with zipfile.ZipFile(SHARED / "cifar10-subset.zip") as archive, archive.open("test/airplane/0000.jpg") as file:
        assert np.array_equal(cifar.test.images[0], np.asarray(Image.open(file)).transpose(2, 0, 1))
