"""Sets of picture files: what is skipped, and conversions that are chosen for the whole set."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.mnist import RNG
from tests.support.pictures import HEIC, all_images, encoded, picture, ten, write_folder, write_zip
from vae.datasets import pictures
from vae.datasets.pictures import DataError
from vae.datasets.registry import load_dataset
from vae.datasets.splits import Dataset
from vae.training.request import DatasetRequest


def set_of(folder: Path, files: dict[str, bytes], **options: object) -> Dataset:
    return load_dataset(write_folder(folder, files), image_size=8, **options)  # type: ignore[arg-type]


def mottled(mode: str = "RGB", seed: int = 0) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 256, (8, 8, len(mode)), np.uint8)
    return Image.fromarray(levels.squeeze(), mode)


# ---- skipped ---------------------------------------------------------------------------------------------------------


def test_a_damaged_picture_is_skipped_and_named(tmp_path: Path) -> None:
    whole = encoded(Image.fromarray(RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)))
    files = {f"cat/{i}.png": whole for i in range(12)}
    files |= {"cat/bad.png": whole[:-4000], "cat/text.jpg": b"not a picture", "dog/none.png": b""}
    pets = set_of(tmp_path, files)
    assert len(all_images(pets)) == 12
    assert pets.class_names == ("cat",)  # none of the dogs can be read
    assert len(pets.warnings) == 2
    assert pets.warnings[0] == ("2 files skipped, damaged or no picture of a known format: cat/text.jpg, dog/none.png.")
    assert pets.warnings[1].startswith("1 file skipped, not a picture that can be used (")
    assert pets.warnings[1].endswith("): cat/bad.png.")
    assert " at 0x" not in pets.warnings[1]


def test_many_reasons_are_summed_up(tmp_path: Path) -> None:
    whole = encoded(Image.fromarray(RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)))
    files = {f"{i:02d}.png": whole for i in range(12)} | {f"cut {i}.jpg": whole[: 3000 + i] for i in range(9)}
    files |= {"wide 1.bmp": bmp(7_100), "wide 2.bmp": bmp(7_200), "wide 3.bmp": bmp(7_300), "none.png": b""}
    warnings = set_of(tmp_path, files).warnings
    assert len(warnings) <= 4
    assert sum(int(warning.partition(" ")[0]) for warning in warnings) == 13


def test_labels_stay_with_their_pictures_when_others_are_skipped(tmp_path: Path) -> None:
    files = ten("1/") | ten("2/") | {"1/000.png": b"", "1/05.png": b"", "2/03.png": b""}
    pets = set_of(tmp_path, files, color=False)
    splits = (pets.train, pets.validation, pets.test)
    found = [pair for s in splits for pair in zip(s.labels.tolist(), s.images[:, 0, 0, 0].tolist(), strict=True)]
    assert sorted(found) == [(label, 10 * i + 10) for label, gone in ((0, 5), (1, 3)) for i in range(10) if i != gone]


def test_when_too_few_are_left_the_refusal_says_what_was_skipped_by_its_uploaded_name(tmp_path: Path) -> None:
    path = Path(write_zip(tmp_path / "3f2a.zip", ten("cat/") | {"cat/09.png": b"", "cat/a.txt": b""}))
    with pytest.raises(DataError) as caught:
        DatasetRequest("my own images", 8).load(path)
    assert str(caught.value).startswith("my own images: 9 pictures can be used, use 10 to 200,000. 1 file skipped")
    assert "1 file skipped, damaged or no picture of a known format: cat/09.png." in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_phone_pictures_are_read(tmp_path: Path) -> None:
    files = ten("a/", 12) | {f"a/IMG_{i}.HEIC": HEIC for i in range(20)}
    phone = set_of(tmp_path, files)
    assert len(all_images(phone)) == 32
    assert phone.image_shape == (3, 8, 8)


# ---- levels ----------------------------------------------------------------------------------------------------------


def deep(*highest: int, kind: str = "PNG", dtype: type = np.uint16) -> dict[str, bytes]:
    """Pictures from 0 to each of these levels."""
    steps = np.linspace(0, 1, 64).reshape(8, 8)
    return {
        f"a/{i:02d}.{kind.lower()}": encoded(Image.fromarray((steps * top).astype(dtype)), kind)
        for i, top in enumerate(highest)
    }


@pytest.mark.parametrize(
    ("kind", "dtype", "top"),
    [
        ("PNG", np.uint16, 4095), ("PNG", np.uint16, 65_535), ("TIFF", np.uint16, 4095), ("TIFF", np.int32, 255),
        ("TIFF", np.int32, 10**6), ("TIFF", np.float32, 1),
    ],
)  # fmt: skip
def test_levels_of_more_than_8_bits_are_scaled_by_the_range_of_the_whole_set(
    tmp_path: Path, kind: str, dtype: type, top: int
) -> None:
    files = deep(*[top] * 5, *[top // 5] * 5, kind=kind, dtype=dtype)
    found = set_of(tmp_path, files)
    brightest = sorted(all_images(found).max((1, 2, 3)).tolist())
    assert brightest == [255 * (top // 5) // top] * 5 + [255] * 5
    assert all_images(found).min() == 0
    assert found.image_shape == (1, 8, 8)
    assert f"10 pictures with more than 8 bits: levels 0 to {top:,} become black to white." in found.notes


def test_8_bits_beside_16_keep_their_levels(tmp_path: Path) -> None:
    found = set_of(tmp_path, deep(4095) | ten("b/"))
    assert sorted(all_images(found).max((1, 2, 3)).tolist()) == [*range(10, 110, 10), 255]


def test_colour_of_16_bits_is_scaled_by_the_range_of_the_set_too(tmp_path: Path) -> None:
    dark = np.zeros((8, 8, 3), ">u2")
    dark[:4] = 4095, 2047, 0
    rows = b"".join(b"\0" + row.tobytes() for row in dark)
    content = png(8, 8, 16, 2, rows)
    found = set_of(tmp_path, {f"a/{i}.png": content for i in range(10)})
    assert found.image_shape == (3, 8, 8)
    assert all_images(found)[0, :, 0, 0].tolist() == [255, 119, 0]  # 7/15: 8 of the 16 bits can be read


# ---- transparency ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "behind", "name"), [(255, 0, "black"), (200, 0, "black"), (0, 255, "white"), (90, 255, "white")]
)
def test_transparent_places_get_one_background_that_contrasts(
    tmp_path: Path, front: int, behind: int, name: str
) -> None:
    shape = Image.new("RGBA", (8, 8), (front, front, front, 0))
    shape.paste((front, front, front, 255), (0, 0, 4, 8))
    odd = Image.new("RGBA", (8, 8), (77, 128, 0, 255))
    odd.putpixel((7, 7), (0, 0, 0, 0))
    files = {f"a/{i}.png": encoded(shape) for i in range(30)} | {
        "b/odd.png": encoded(odd),
        "b/opaque.png": encoded(mottled("RGBA").convert("RGB")),
    }
    found = set_of(tmp_path, files)
    grey = all_images(found)[:, 0]
    same = [image for image in grey if (image[:, :4] == front).all()]
    assert len(same) == 30
    assert all((image[:, 4:] == behind).all() for image in same)
    assert f"31 pictures with transparent places, shown on {name}." in found.notes
    assert found.warnings == ()


# ---- grey ------------------------------------------------------------------------------------------------------------


def test_pictures_whose_channels_are_equal_are_trained_as_grey_unless_colour_is_asked_for(tmp_path: Path) -> None:
    files = {f"{i}.png": encoded(mottled("L", i).convert("RGB")) for i in range(10)}
    grey = set_of(tmp_path, files)
    assert grey.image_shape == (1, 8, 8)
    assert "All pictures are grey: they have one channel." in grey.notes
    asked = set_of(tmp_path, files, color=True)
    assert asked.image_shape == (3, 8, 8)
    assert np.array_equal(asked.train.images[:, :1], grey.train.images)
    assert np.array_equal(set_of(tmp_path, files, color=False).train.images, grey.train.images)
    assert set_of(tmp_path, files | {"odd.png": picture((0, 0, 1))}).image_shape == (3, 8, 8)


def test_a_picture_of_one_colour_is_warned_of(tmp_path: Path) -> None:
    files = {f"{i}.png": encoded(mottled("RGB", i)) for i in range(10)}
    assert set_of(tmp_path, files).warnings == ()
    files |= {"a.png": picture((1, 2, 3)), "b.png": picture((0, 0, 0, 0))}
    assert set_of(tmp_path, files).warnings == ("2 pictures of one colour everywhere: a.png, b.png.",)


def test_what_waits_for_the_whole_set_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_UNPACKED_BYTES", 12 * 8 * 8)
    with pytest.raises(DataError, match=r"too many pictures of 16 bits.*choose a smaller image_size"):
        set_of(tmp_path, deep(*[4095] * 12), color=False)


def bmp(side: int) -> bytes:
    """A picture that says it is larger than it is."""
    header = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    header[18:26] = np.array([side, side], "<i4").tobytes()
    return bytes(header)


def png(width: int, height: int, depth: int, color: int, rows: bytes) -> bytes:
    """A PNG of kinds that Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
