"""Made data sets on disk."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vae.datasets.made.storage import Made, Source, is_made, licences, load, order_by_split, save
from vae.datasets.pictures import DataError


def small(n: int = 12, channels: int = 3) -> Made:
    """Random images of two classes with two factors."""
    rng = np.random.default_rng(0)
    factors = np.stack([np.arange(n) % 2, np.arange(n) % 3], axis=1).astype(np.int64)
    source = Source("@fonts/a", "1.2.3", "OFL-1.1", "https://example.org/a")
    images = rng.integers(0, 256, (n, channels, 8, 8), np.uint8)
    names, values = ("colour", "size"), (("red", "blue"), ("small", "middle", "large"))
    return Made(images, factors[:, 0].copy(), factors, (n - 4, 2, 2), values[0], names, values, (source,))


def test_a_saved_data_set_is_loaded_as_a_memory_map_with_its_splits_and_names(tmp_path: Path) -> None:
    made = small()
    assert not is_made(tmp_path, "things")
    assert save(tmp_path / "new", "things", made) == tmp_path / "new" / "things"
    assert is_made(tmp_path / "new", "things")
    things = load(tmp_path / "new", "things")
    splits = (things.train, things.validation, things.test)
    assert [len(split) for split in splits] == [8, 2, 2]
    assert all(isinstance(split.images, np.memmap) for split in splits)
    for key in ("images", "labels", "factors"):
        assert (np.concatenate([getattr(split, key) for split in splits]) == getattr(made, key)).all()
    assert (things.name, things.image_shape) == ("things", (3, 8, 8))
    assert (things.class_names, things.factor_names) == (("red", "blue"), ("colour", "size"))


def test_the_same_data_gives_the_same_bytes_and_replaces_an_older_data_set(tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (tmp_path / "things").iterdir()}

    save(tmp_path, "things", small())
    first = contents()
    save(tmp_path, "things", small(channels=1))
    assert contents() != first
    save(tmp_path, "things", small())
    assert contents() == first
    assert [path.name for path in tmp_path.iterdir()] == ["things"]


def test_a_failed_save_leaves_the_older_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, "things", small())
    monkeypatch.setattr(json, "dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(tmp_path, "things", small(20))
    assert [path.name for path in tmp_path.iterdir()] == ["things"]
    assert len(load(tmp_path, "things").train) == 8


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"labels": np.full(12, 2, np.int64)}, "labels must be whole numbers below 2"),
        ({"labels": np.zeros(11, np.int64)}, "12 images, 11 labels"),
        ({"counts": (8, 2, 3)}, "13 in splits"),
        ({"counts": (12, 0, 0)}, "counts must be three"),
        ({"factors": np.full((12, 2), 2, np.int64)}, "the factor colour must have whole numbers below 2"),
        ({"factors": np.zeros((12, 1), np.int64)}, r"factors have shape \(12, 1\)"),
        ({"factor_values": (("red", "blue"),)}, "factor_values"),
        ({"images": np.zeros((12, 8, 8), np.uint8)}, "images are uint8"),
        ({"images": np.zeros((12, 1, 8, 300), np.uint8)}, "expected sides up to 256"),
        ({"class_names": (1, 2)}, "lists of texts"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_not_saved(
    tmp_path: Path, changed: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ValueError, match=f"things: .*{expected}"):
        save(tmp_path, "things", replace(small(), **changed))
    assert list(tmp_path.iterdir()) == []


def about(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "about.json"
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")

    return change


def longer(folder: Path) -> None:
    with (folder / "labels.npy").open("ab") as file:
        file.write(b"1")


def pickled(folder: Path) -> None:
    np.save(folder / "labels.npy", np.array([{}] * 12), allow_pickle=True)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder: (folder / "factors.npy").unlink(), "factors.npy"),
        (lambda folder: (folder / "images.npy").write_bytes(b"\x93NUMPY"), "images.npy is not a complete array"),
        (lambda folder: (folder / "images.npy").write_bytes((folder / "images.npy").read_bytes()[:-1]), "images.npy"),
        (
            lambda folder: (folder / "labels.npy").write_bytes((folder / "labels.npy").read_bytes() + b"1"),
            "bytes where",
        ),
        (pickled, "labels.npy is not a complete array"),
        (lambda folder: np.save(folder / "labels.npy", np.zeros(12, np.float32)), "labels must be whole numbers"),
        (lambda folder: (folder / "about.json").write_text("[" * 100_000), "no JSON"),
        (lambda folder: (folder / "about.json").write_text("[]"), "holds no object"),
        (lambda folder: (folder / "about.json").write_bytes(b"\xff"), "no JSON"),
        (lambda folder: (folder / "about.json").write_text(" " * (2**22 + 1)), "more than 4,194,304 bytes"),
        (about(counts=[8, 2, True]), "counts"),
        (about(counts=None), "counts"),
        (about(class_names="ab"), "class_names"),
        (about(factor_values=[["red", "blue"], 3]), "factor_values"),
    ],
)
def test_a_damaged_data_set_says_what_to_run(tmp_path: Path, damage: Callable[[Path], Any], expected: str) -> None:
    save(tmp_path, "things", small())
    damage(tmp_path / "things")
    with pytest.raises(DataError, match=f"things: .*{expected}.*; run `python -m vae data things`"):
        load(tmp_path, "things")


def test_groups_come_into_one_split_each_in_the_same_order_every_time() -> None:
    groups = np.repeat(np.arange(20), 7)
    rows, counts = order_by_split(groups, 0.1, 0.2, seed=3)
    assert sorted(rows) == list(range(140))
    assert counts == (98, 14, 28)
    parts = [set(groups[part]) for part in np.split(rows, np.cumsum(counts)[:2])]
    assert [len(part) for part in parts] == [14, 2, 4]
    assert set.union(*parts) == set(range(20))
    assert (order_by_split(groups, 0.1, 0.2, seed=3)[0] == rows).all()
    assert (order_by_split(groups, 0.1, 0.2, seed=4)[0] != rows).any()


def test_rows_with_groups_of_their_own_are_split_by_image() -> None:
    rows, counts = order_by_split(np.arange(10), 0.01, 0.3)
    assert sorted(rows) == list(range(10))
    assert counts == (6, 1, 3)


def test_sources_are_listed_by_licence() -> None:
    sources = [Source("a", "1", "MIT", ""), Source("b", "2", "OFL-1.1", ""), Source("c", "3", "MIT", "")]
    assert licences(sources) == {"MIT": ["a 1", "c 3"], "OFL-1.1": ["b 2"]}
