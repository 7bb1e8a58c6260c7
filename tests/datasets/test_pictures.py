"""Picture files: how each is decoded, and which are refused."""

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.support.mnist import RNG
from tests.support.pictures import HEIC, TURNED_HEIC, encoded, one_of_ten, picture
from vae.datasets.pictures import PictureError, decode_picture


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


@pytest.mark.parametrize("level", [np.nan, np.inf, 3e38])
def test_brightness_that_is_no_number_is_refused(level: float) -> None:
    levels = np.where(np.eye(9), np.float32(-level), np.float32(level))
    content = encoded(Image.fromarray(levels), "TIFF")
    with pytest.raises(PictureError, match=r"odd\.tif.*brightness"):
        decode_picture(content, "odd.tif", 8, color=True)


@pytest.mark.parametrize("content", [HEIC, TURNED_HEIC], ids=["upright", "turned"])
def test_a_heic_file_is_read_upright(content: bytes) -> None:
    red, green, blue = decode_picture(content, "odd.heic", 8, color=True)
    assert green.max() < 30
    assert min(blue[:3].min(), red[5:].min()) > 230
    assert max(red[:3].max(), blue[5:].max()) < 30


@pytest.mark.parametrize(("kind", "name"), [("AVIF", "odd.avif"), ("JPEG", "odd.jfif"), ("JPEG", "odd.JPE")])
def test_newer_endings_are_read(tmp_path: Path, kind: str, name: str) -> None:
    red, green, _ = one_of_ten(tmp_path, picture((255, 0, 0), kind=kind), name)
    assert red.min() > 240
    assert green.max() < 15


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
    "HEIC": HEIC[:-20],
    "HEIC without pixels": HEIC[:100],
    "AVIF": encoded(Image.new("RGB", (8, 8)), "AVIF")[:-20],
}


@pytest.mark.parametrize("case", BROKEN_PICTURES)
def test_a_file_that_does_not_decode_is_named_without_an_address_in_memory(case: str) -> None:
    with pytest.raises(PictureError, match=r"^odd\.png: is .*; replace it or take it out$") as caught:
        decode_picture(BROKEN_PICTURES[case], "odd.png", 8, color=True)
    assert " at 0x" not in str(caught.value)


@pytest.mark.parametrize(
    "side", [7_100, 10_000, 20_000]
)  # above our limit; above Pillow's warning; above Pillow's error
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(side: int) -> None:
    header = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    header[18:26] = np.array([side, side], "<i4").tobytes()
    with pytest.raises(PictureError, match=r"odd\.bmp.*(are more than|has more than)"):
        decode_picture(bytes(header), "odd.bmp", 8, color=True)


def test_no_warning_of_pillow_leaks(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        palette = Image.new("P", (8, 8))
        one_of_ten(tmp_path, encoded(palette, transparency=b"\x00\x80"))
    assert caught == []
