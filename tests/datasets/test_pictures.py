"""Picture files: how they are decoded, and which files and zips are refused."""

import contextlib
import functools
import io
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.support.mnist import RNG
from tests.support.pictures import encoded, one_of_ten, picture, ten, write_zip
from vae.datasets import pictures
from vae.datasets.drawing import Images
from vae.datasets.pictures import DataError
from vae.datasets.registry import load_dataset

# ---- decoding --------------------------------------------------------------------------------------------------------


def test_the_centre_square_is_kept(tmp_path: Path) -> None:
    wide = Image.new("RGB", (48, 16), "red")
    wide.paste("blue", (16, 0, 32, 16))
    pixels = one_of_ten(tmp_path, encoded(wide))
    assert np.array_equal(pixels, np.broadcast_to(np.array([0, 0, 255])[:, None, None], (3, 8, 8)))


def test_a_picture_of_the_right_size_keeps_its_exact_pixels(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    assert np.array_equal(one_of_ten(tmp_path, encoded(Image.fromarray(pixels))), pixels.transpose(2, 0, 1))


def test_the_exif_orientation_is_applied(tmp_path: Path) -> None:
    upright = Image.new("RGB", (16, 16))
    upright.paste("white", (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    stored = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    pixels = one_of_ten(tmp_path, stored, "odd.jpg")
    assert pixels[:, :3].min() > 200
    assert pixels[:, 5:].max() < 50


def test_transparency_becomes_white(tmp_path: Path) -> None:
    assert one_of_ten(tmp_path / "a", picture((0, 0, 0, 0))).min() == 255
    assert one_of_ten(tmp_path / "b", picture((0, 0, 0, 128)), color=False)[0, 0, 0] in (127, 128)
    palette = picture((255, 0, 0, 255))
    indexed = Image.open(io.BytesIO(palette)).convert("RGB").quantize(2)
    assert one_of_ten(tmp_path / "c", encoded(indexed, transparency=indexed.getpixel((0, 0)))).min() == 255
    assert one_of_ten(tmp_path / "d", encoded(indexed, transparency=b"\xff\x80"))[1, 0, 0] < 50


def test_sixteen_bit_grey_keeps_its_upper_bits(tmp_path: Path) -> None:
    levels = np.full((8, 8), 0x8040, np.uint16)
    assert (one_of_ten(tmp_path / "a", encoded(Image.fromarray(levels))) == 0x80).all()
    assert (one_of_ten(tmp_path / "b", encoded(Image.fromarray(levels), "TIFF"), "odd.tif", color=False) == 0x80).all()
    assert (one_of_ten(tmp_path / "c", b"P5 8 8 65535\n" + b"\x80\x40" * 64, "odd.pgm") == 0x80).all()


@pytest.mark.parametrize("array", [np.full((8, 8), 0.5, np.float32), np.full((8, 8), 70_000, np.int32)])
def test_brightness_in_unknown_units_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"odd\.tif.*brightness"):
        one_of_ten(tmp_path, encoded(Image.fromarray(array), "TIFF"), "odd.tif")


def test_cmyk_is_converted(tmp_path: Path) -> None:
    red, green, blue = one_of_ten(tmp_path, encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"), "odd.jpg")
    assert red.min() > 240
    assert max(green.max(), blue.max()) < 15


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    assert (one_of_ten(tmp_path, picture((1, 2, 3), (1, 1))) == np.array([1, 2, 3])[:, None, None]).all()


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert one_of_ten(tmp_path, moving, "odd.gif")[:, 0, 0].tolist() == [255, 0, 0]


def test_a_large_jpeg_decoded_at_reduced_size_looks_as_if_decoded_in_full(tmp_path: Path) -> None:
    smooth = Image.radial_gradient("L").resize((640, 480)).convert("RGB")
    content = encoded(smooth, "JPEG", quality=95)
    pixels = one_of_ten(tmp_path, content, "odd.jpg").transpose(1, 2, 0)
    full = ImageOps.fit(Image.open(io.BytesIO(content)), (8, 8), Image.Resampling.BICUBIC)
    assert np.abs(pixels.astype(int) - np.asarray(full)).max() <= 3


BROKEN_PICTURES = {
    "text": b"this is a text",
    "empty": b"",
    "truncated": encoded(Image.fromarray(RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)))[:-4000],
    "no allowed format": encoded(Image.new("RGB", (8, 8)), "ICO"),
}


@pytest.mark.parametrize("case", BROKEN_PICTURES)
def test_a_file_that_does_not_decode_is_named(tmp_path: Path, case: str) -> None:
    with pytest.raises(DataError, match=r"odd/odd\.png.*replace it or take it out"):
        one_of_ten(tmp_path, BROKEN_PICTURES[case])


@pytest.mark.parametrize(
    "side", [7_100, 10_000, 20_000]
)  # above our limit; above Pillow's warning; above Pillow's error
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    header = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    header[18:26] = np.array([side, side], "<i4").tobytes()
    with pytest.raises(DataError, match=r"odd\.bmp.*(are more than|exceeds limit)"):
        one_of_ten(tmp_path, bytes(header), "odd.bmp")


def test_no_warning_of_pillow_leaks(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        palette = Image.new("P", (8, 8))
        one_of_ten(tmp_path, encoded(palette, transparency=b"\x00\x80"))
    assert caught == []


# ---- hostile archives ------------------------------------------------------------------------------------------------


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
    with pytest.raises(DataError, match=r"\.png: cannot be read"):
        load_dataset(patched(tmp_path / "own.zip", (LOCAL, 22, lie), (CENTRAL, 24, lie)))


def test_the_bytes_of_a_zip_are_counted_as_they_are_read(tmp_path: Path) -> None:
    name = write_zip(tmp_path / "own.zip", ten())
    with pictures.open_pictures(Path(name)) as openers:
        with pytest.raises(DataError, match="more than the 20 bytes allowed"):
            pictures.read_bytes(openers["00.png"], "00.png", 20)
        size = sum(len(pictures.read_bytes(opener, "", 1e6)) for opener in openers.values())
    with pytest.MonkeyPatch.context() as patch, pictures.open_pictures(Path(name)) as openers:
        patch.setattr(pictures, "MAX_UNPACKED_BYTES", size - 1)
        with pytest.raises(DataError, match=r"09\.png: has more than"):
            pictures.read_pictures(openers, Path(name), 1, True, lambda *_: None)


def test_the_pixels_of_a_zip_are_counted_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = write_zip(tmp_path / "own.zip", ten() | {"09.png": encoded(Image.new("L", (300, 100)), "PNG")})
    monkeypatch.setattr(pictures, "MAX_ARCHIVE_PIXELS", 30_000)
    decoded = []
    decode = pictures.decode_picture

    def counted(data: bytes, where: str, size: int, color: bool) -> Images:
        decoded.append(where)
        return decode(data, where, size, color)

    monkeypatch.setattr(pictures, "decode_picture", counted)
    with pytest.raises(DataError, match=r"more than 30,000 pixels; scale the pictures down or pack fewer"):
        load_dataset(name, image_size=8)
    assert len(decoded) == 9
    monkeypatch.setattr(pictures, "MAX_ARCHIVE_PIXELS", 10**6)
    assert load_dataset(name, image_size=8).image_shape == (3, 8, 8)


def test_arrays_that_would_not_fit_into_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_UNPACKED_BYTES", 30_000)
    with pytest.raises(DataError, match="choose a smaller image_size"):
        load_dataset(write_zip(tmp_path / "own.zip", ten()), image_size=32)


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
