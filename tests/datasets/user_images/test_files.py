"""Folders and zips of pictures: which files are found in them, and which archives are refused."""

import contextlib
import functools
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.pictures import encoded, picture, ten, write_folder, write_zip
from vae.datasets import pictures
from vae.datasets.pictures import DataError, Square
from vae.datasets.registry import load_dataset
from vae.datasets.user_images.files import open_pictures
from vae.datasets.user_images.images import read_images


@pytest.mark.parametrize(
    "name",
    [
        "../up.png",
        "a/../../up.png",
        "/abs.png",
        "C:/abs.png",
        "C:rel.png",
        "..\\up.png",
        "a\\..\\..\\up.png",
        "\\\\host\\x.png",
    ],
)
def test_a_member_that_leads_out_of_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="leads out of the archive"):
        load_dataset(write_zip(tmp_path / "own.zip", ten() | {name: picture()}))


def test_a_zip_with_backslashes_between_folders_is_read(tmp_path: Path) -> None:
    assert load_dataset(write_zip(tmp_path / "own.zip", ten("cat\\") | ten("dog\\"))).class_names == ("cat", "dog")


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    name = write_zip(tmp_path / "own.zip", ten())
    with zipfile.ZipFile(name, "a") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match=r"'link\.png' is a link"):
        load_dataset(name)


def patched(path: Path, *changes: tuple[bytes, int, bytes]) -> str:
    """Overwrite bytes at an offset from each place where a signature is found."""
    content = bytearray(path.read_bytes())
    for signature, offset, new in changes:
        start = content.find(signature)
        while start >= 0:
            content[start + offset : start + offset + len(new)] = new
            start = content.find(signature, start + 1)
    path.write_bytes(content)
    return str(path)


LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    write_zip(tmp_path / "own.zip", ten())
    with pytest.raises(DataError, match="encrypted"):
        load_dataset(patched(tmp_path / "own.zip", (LOCAL, 6, b"\1"), (CENTRAL, 8, b"\1")))


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_FILES", 11)
    with pytest.raises(DataError, match="too large; pack at most 11 files"):
        load_dataset(write_zip(tmp_path / "own.zip", ten(n=12)))


def test_a_zip_bomb_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_UNPACKED_BYTES", 50_000)
    with pytest.raises(DataError, match="too large; pack at most"):
        load_dataset(write_zip(tmp_path / "own.zip", ten() | {"bomb.txt": b"\0" * 60_000}))


def test_a_zip_bomb_with_a_false_header_is_refused(tmp_path: Path) -> None:
    write_zip(tmp_path / "own.zip", ten() | {"00.png": b"\0" * 10_000_000})
    lie = np.array([100], "<u4").tobytes()
    with pytest.raises(DataError, match=r"9 pictures can be used.*1 file skipped, cannot be read.*: 00\.png"):
        load_dataset(patched(tmp_path / "own.zip", (LOCAL, 22, lie), (CENTRAL, 24, lie)))


def test_the_bytes_of_a_zip_are_counted_as_they_are_read(tmp_path: Path) -> None:
    path = Path(write_zip(tmp_path / "own.zip", ten()))
    with open_pictures(path, "own") as found:
        with pytest.raises(DataError, match="more than the 20 bytes allowed"):
            pictures.read_bytes(found.openers["00.png"], "00.png", 20)
        size = sum(len(pictures.read_bytes(opener, "", 1e6)) for opener in found.openers.values())
    with pytest.MonkeyPatch.context() as patch, open_pictures(path, "own") as found:
        patch.setattr(pictures, "MAX_UNPACKED_BYTES", size - 1)
        with pytest.raises(DataError, match=r"own: 09\.png: has more than"):
            read_images(found.openers, "own", size=1, color=True, report=lambda *_: None)


def test_the_pixels_of_a_zip_are_counted_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = write_zip(tmp_path / "own.zip", ten() | {"09.png": encoded(Image.new("L", (300, 100)), "PNG")})
    monkeypatch.setattr(pictures, "MAX_ARCHIVE_PIXELS", 30_000)
    decoded = []
    decode = pictures.decode_square

    def counted(data: bytes, where: str, size: int, color: bool, **options: Any) -> Square:
        decoded.append(where)
        return decode(data, where, size, color, **options)

    monkeypatch.setattr(pictures, "decode_square", counted)
    with pytest.raises(DataError, match=r"more than 30,000 pixels; scale the pictures down or pack fewer"):
        load_dataset(name, image_size=8)
    assert len(decoded) == 9
    monkeypatch.setattr(pictures, "MAX_ARCHIVE_PIXELS", 10**6)
    assert load_dataset(name, image_size=8).image_shape == (1, 8, 8)


def test_arrays_that_would_not_fit_into_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_UNPACKED_BYTES", 30_000)
    with pytest.raises(DataError, match="choose a smaller image_size"):
        load_dataset(write_zip(tmp_path / "own.zip", ten()), image_size=32)


@pytest.mark.parametrize("write", [write_folder, write_zip])
def test_files_that_are_no_pictures_are_counted_and_named_but_not_the_junk_of_systems(
    tmp_path: Path, write: Callable[[Path, dict[str, bytes]], str]
) -> None:
    junk = {
        "__MACOSX/cat/._a.png": b"",
        ".DS_Store": b"",
        "cat/Thumbs.db": b"",
        "cat/desktop.ini": b"",
        ".git/x.png": b"",
    }
    movies = {f"cat/{i}.MOV": b"" for i in range(20)}
    found = load_dataset(write(tmp_path / "own.zip", ten("cat/") | junk | movies | {"README": b""}), image_size=8)
    (warning,) = (line for line in found.warnings if "one colour" not in line)
    assert warning.startswith(
        "21 files skipped that cannot be read as pictures (20 .mov, 1 no ending): "
        "README, cat/0.MOV, cat/1.MOV, cat/10.MOV, cat/11.MOV and 16 more. Accepted are .png, .jpg, "
    )
    assert ".heic" in warning
    quiet = load_dataset(write(tmp_path / "b.zip", ten("cat/") | junk), image_size=8)
    assert [line for line in quiet.warnings if "one colour" not in line] == []


def test_a_file_that_is_not_a_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.zip").write_bytes(b"not a zip")
    with pytest.raises(DataError, match=r"own\.zip: is not a zip archive"):
        load_dataset(str(tmp_path / "own.zip"))


@functools.cache
def small_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ten().items():
            archive.writestr(name, content)
    return buffer.getvalue()


@given(
    st.lists(st.tuples(st.integers(0, len(small_zip()) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_a_zip_with_damaged_bytes_loads_or_is_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], truncate: bool
) -> None:
    content = bytearray(small_zip())
    for at, byte in changes:
        content[at] = byte
    path = tmp_path_factory.getbasetemp() / "fuzz.zip"
    path.write_bytes(content[: changes[0][0]] if truncate else content)
    with contextlib.suppress(DataError):
        load_dataset(str(path), image_size=8)
