"""What the folders of pictures mean: classes, splits, wrappers, strays."""

import pytest

from vae.datasets.user_images.layout import read_layout


def files(*folders: str, n: int = 3) -> list[str]:
    """n pictures in each folder; "" is the top."""
    return [f"{folder}/{i}.png".removeprefix("/") for folder in folders for i in range(n)]


def found(names: list[str]) -> dict[str, dict[str, int]]:
    """The number of pictures by split ("" where they are cut at random) and class; those left out by "left out"."""
    layout = read_layout(names)
    counts: dict[str, dict[str, int]] = {}
    for row, name in enumerate(layout.classes):
        role = "left out" if name is None else layout.roles[row] if layout.roles else ""
        by_class = counts.setdefault(role, {})
        by_class[name or ""] = by_class.get(name or "", 0) + 1
    return counts


PETS = {"cat": 3, "dog": 3}


@pytest.mark.parametrize(
    "names",
    [
        files("cat", "dog"),
        files("pets/cat", "pets/dog"),
        files("animals/animals/cat", "animals/animals/dog"),
        files("a/b/c/cat", "a/b/c/dog/deeper"),
        files("train/cat", "train/dog"),
    ],
)
def test_folders_that_hold_everything_are_passed_through(names: list[str]) -> None:
    assert found(names) == {"": PETS}
    assert read_layout(names).warnings == []


@pytest.mark.parametrize("top", ["", "pets/", "set/pets/"])
def test_a_stray_picture_beside_the_folders_is_no_class(top: str) -> None:
    names = ["cover.jpg", *files(f"{top}cat", f"{top}dog")]
    assert found(names) == {"": PETS, "left out": {"": 1}}
    (warning,) = read_layout(names).warnings
    assert warning.startswith("1 picture left out, beside the")
    assert "cover.jpg" in warning


def test_loose_pictures_that_are_as_many_as_those_in_folders_are_a_class() -> None:
    assert found(files("") + files("more", n=2)) == {"": {"images": 3, "more": 2}}


@pytest.mark.parametrize("names", [files(""), files("train"), files("train/train")])
def test_pictures_in_no_class_folder_are_one_class(names: list[str]) -> None:
    assert found(names) == {"": {"images": 3}}


def test_the_only_folder_is_the_only_class() -> None:
    assert found(files("set/faces")) == {"": {"faces": 3}}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Train", "Test"),
        ("TRAINING", "Testing"),
        ("training", "validation"),  # which is the test split where there is no other
        ("train", "val"),
        ("set/train", "set/valid"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("training_set/training_set", "test_set/test_set"),
        ("train_images", "test"),
        ("imgs/trainset", "imgs/test1"),
        ("train2017", "val2017"),
        ("Final_Training/Images", "Final_Test/Images"),
        ("TrainImages", "TestImages"),
    ],
)
def test_split_folders_are_splits_whatever_they_are_called(train: str, test: str) -> None:
    names = files(f"{train}/cat", f"{train}/dog") + files(f"{test}/cat", f"{test}/dog")
    assert found(names) == {"train": PETS, "test": PETS}
    (note,) = read_layout(names).notes
    assert note.startswith("Splits by folder: training from ")
    assert read_layout(names).warnings == []


def test_three_split_folders_are_the_three_splits() -> None:
    names = files("a/Train/1", "a/Val/1", "a/Test/1")
    assert found(names) == {"train": {"1": 3}, "validation": {"1": 3}, "test": {"1": 3}}
    assert read_layout(names).notes == [
        "Splits by folder: training from Train/, test from Test/, validation from Val/."
    ]


@pytest.mark.parametrize("folder", ["test", "test/test", "test/unknown", "test/batch1/a"])
def test_a_test_folder_without_the_class_folders_is_left_out(folder: str) -> None:
    names = files("train/cat", "train/dog") + files(folder, n=6)
    assert found(names) == {"": PETS, "left out": {"": 6}}
    (warning,) = read_layout(names).warnings
    assert warning.startswith("6 pictures left out, as test/ lacks the training images' class folders")
    assert warning.endswith(" and 1 more.")


def test_beside_a_flat_test_folder_the_validation_folder_is_the_test_split() -> None:
    names = files("train/cat", "train/dog", "val/cat", "val/dog", "test")
    assert found(names) == {"train": PETS, "test": PETS, "left out": {"": 3}}


def test_flat_splits_are_one_class() -> None:
    assert found(files("train", n=5) + files("test")) == {"train": {"images": 5}, "test": {"images": 3}}


def test_a_class_that_only_the_test_split_has_is_a_class() -> None:
    names = files("bottle/train/good", "bottle/test/good", "bottle/test/broken", "bottle/ground_truth/broken")
    assert found(names) == {"train": {"good": 3}, "test": {"good": 3, "broken": 3}, "left out": {"": 3}}


def test_classes_of_the_splits_are_the_same_in_any_case() -> None:
    assert found(files("train/Cat", "train/Dog", "test/cat", "test/DOG")) == {
        "train": {"Cat": 3, "Dog": 3}, "test": {"Cat": 3, "Dog": 3},
    }  # fmt: skip
    letters = files("train/a", "train/A", "test/a", "test/A")
    assert found(letters) == {"train": {"a": 3, "A": 3}, "test": {"a": 3, "A": 3}}


@pytest.mark.parametrize("other", ["pred", "pred/pred", "holdout/cat", "train_masks"])
def test_a_folder_beside_the_splits_is_left_out(other: str) -> None:
    names = files("train/cat", "train/dog", "test/cat", "test/dog", other)
    assert found(names) == {"train": PETS, "test": PETS, "left out": {"": 3}}
    assert "is neither for training nor for testing" in read_layout(names).warnings[0]
    assert found(files("train/cat", "train/dog", other)) == {"": PETS, "left out": {"": 3}}


@pytest.mark.parametrize(
    "names", [files("train", "test", "rail"), files("train/steam", "train/diesel", "plane/jet", "plane/prop")]
)
def test_train_among_other_classes_is_a_class(names: list[str]) -> None:
    assert set(found(names)) == {""}
    assert "train" in found(names)[""]


def test_names_that_only_contain_such_words_are_classes() -> None:
    assert found(files("train station", "test tube")) == {"": {"train station": 3, "test tube": 3}}


def test_splits_within_the_classes_are_splits() -> None:
    names = files("cat/train", "cat/test", "dog/train", "dog/test")
    assert found(names) == {"train": PETS, "test": PETS}


def test_split_folders_without_one_for_training_are_joined() -> None:
    assert found(files("val/cat", "val/dog", "test/cat", "test/dog")) == {"": {"cat": 6, "dog": 6}}


def test_a_long_list_of_files_is_shortened() -> None:
    (warning,) = read_layout(files("", n=7) + files("cat", "dog", n=9)).warnings
    assert warning == "7 pictures left out, beside the class folders: 0.png, 1.png, 2.png, 3.png, 4.png and 2 more."


def test_the_number_of_folders_that_are_passed_through_does_not_matter() -> None:
    deep = "/".join("w" * 400)
    assert found(files(f"{deep}/cat", f"{deep}/dog")) == {"": PETS}
