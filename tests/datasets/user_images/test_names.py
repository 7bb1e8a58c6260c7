"""Names of files in zips and folders, in whatever encoding: read rightly, or shown as bytes."""

import os
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.support.pictures import ten, write_zip
from vae.datasets.registry import load_dataset
from vae.datasets.user_images.names import UNKNOWN, decode_names
from vae.training.request import DatasetRequest


def zipped(path: Path, *folders: bytes, full: str = "") -> str:
    """Ten pictures in each folder, its name as these bytes, without the flag that says UTF-8.

    full: the folder's name in the extra field for names in UTF-8.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for i, folder in enumerate(folders):
            for file, content in ten().items():
                member = zipfile.ZipInfo(f"{str(i).ljust(len(folder), '_')}/{file}")
                if full:
                    member.extra = unicode_path(folder + f"/{file}".encode(), f"{full}/{file}")
                archive.writestr(member, content)
    packed = path.read_bytes()
    for i, folder in enumerate(folders):
        packed = packed.replace(str(i).ljust(len(folder), "_").encode() + b"/", folder + b"/")
    path.write_bytes(packed)
    return str(path)


def unicode_path(name: bytes, text: str) -> bytes:
    field = b"\1" + struct.pack("<I", zlib.crc32(name)) + text.encode()
    return struct.pack("<HH", 0x7075, len(field)) + field


DECOMPOSED = unicodedata.normalize("NFD", "Äpfel").encode()


@pytest.mark.parametrize("folder", ["Äpfel".encode(), DECOMPOSED, "苹果".encode(), "りんご".encode()])
def test_names_without_the_utf_8_flag_are_read_as_utf_8(tmp_path: Path, folder: bytes) -> None:
    fruit = load_dataset(zipped(tmp_path / "own.zip", folder, b"Birne"), image_size=8)
    assert fruit.class_names == tuple(sorted(["Birne", unicodedata.normalize("NFC", folder.decode())]))
    assert UNKNOWN not in fruit.warnings


def test_names_with_the_flag_and_in_folders_are_composed(tmp_path: Path) -> None:
    name = write_zip(tmp_path / "own.zip", ten(f"{DECOMPOSED.decode()}/") | ten("Birne/"))
    assert load_dataset(name, image_size=8).class_names == ("Birne", "Äpfel")
    folder = tmp_path / "own"
    with zipfile.ZipFile(name) as archive:
        archive.extractall(folder)
    assert load_dataset(str(folder), image_size=8).class_names == ("Birne", "Äpfel")


NAMES = {
    "cp932": "ソフト表",
    "gb18030": "誠苹果",
    "cp850": "Äpfel",
    "cp949": "사과",
    "cp950": "功蘋果",
    "cp866": "Яблоки",
}


@pytest.mark.parametrize("encoding", NAMES)
def test_names_in_another_encoding_are_shown_as_bytes_until_it_is_chosen(tmp_path: Path, encoding: str) -> None:
    raw = NAMES[encoding].encode(encoding)
    path = Path(zipped(tmp_path / "own.zip", raw, b"pear"))
    unknown = DatasetRequest("own", 8).load(path)
    assert UNKNOWN in unknown.warnings
    assert unknown.class_names[0].count("%") >= sum(byte > 127 for byte in raw)
    assert unknown.class_names[1] == "pear"
    assert all(name.isascii() and "\\" not in name and "/" not in name for name in unknown.class_names)
    chosen = DatasetRequest("own", 8, encoding=encoding).load(path)
    assert sorted(chosen.class_names) == sorted([NAMES[encoding], "pear"])
    assert UNKNOWN not in chosen.warnings


def test_a_chosen_encoding_does_not_touch_names_in_utf_8(tmp_path: Path) -> None:
    path = Path(zipped(tmp_path / "own.zip", "Äpfel".encode()))
    assert DatasetRequest("own", 8, encoding="cp932").load(path).class_names == ("Äpfel",)


def test_a_name_in_the_field_for_unicode_is_used(tmp_path: Path) -> None:
    path = zipped(tmp_path / "own.zip", "Äpfel".encode("cp850"), full="Äpfel")
    assert load_dataset(path, image_size=8).class_names == ("Äpfel",)


def test_an_encoding_that_does_not_fit_is_as_good_as_none() -> None:
    assert decode_names([b"\x81", b"a"], "cp932") == (["%81", "a"], False)
    assert decode_names([b"\x83\\a", b"a\\b"]) == (["%83%5Ca", "a\\b"], False)


def test_a_name_on_disk_that_is_not_utf_8_is_shown_as_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    os.mkdir(folder)  # noqa: PTH102
    inner = os.fsencode(folder) + b"/\xc4pfel"
    os.mkdir(inner)  # noqa: PTH102 (no text)
    for name, content in ten().items():
        Path(os.fsdecode(inner + b"/" + name.encode())).write_bytes(content)
    fruit = load_dataset(str(folder), image_size=8)
    assert fruit.class_names == ("%C4pfel",)
    assert UNKNOWN in fruit.warnings
    assert load_dataset(str(folder), image_size=8, encoding="cp850").class_names == ("─pfel",)


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="encoding must be one of cp932"):
        DatasetRequest("own", encoding="rot13")
