"""Pictures as phones make them: turned by EXIF, HEIC, many megapixels, several pictures in one file, screenshots."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.support.pictures import HEIC, TURNED_HEIC, all_images, encoded, ten, write_zip
from vae.datasets.pictures import PictureError, decode_picture
from vae.datasets.registry import load_dataset

ORIENTATION = 0x0112
# What has to be done to an upright picture so that a viewer that applies this orientation shows it upright.
STORED = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip
RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 200, 20), (20, 20, 230), (255, 255, 255)


def scene(size: tuple[int, int]) -> Image.Image:
    """Four quarters: red and green above blue and white."""
    width, height = size
    whole = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(whole)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=RED)
    draw.rectangle((width // 2, 0, width, height // 2 - 1), fill=GREEN)
    draw.rectangle((0, height // 2, width // 2 - 1, height), fill=BLUE)
    return whole


def check_scene(content: bytes, name: str) -> None:
    """The quarters are where they were, in their colours."""
    pixels = decode_picture(content, name, 32, color=True).astype(int)
    for (row, column), color in {(6, 6): RED, (6, 25): GREEN, (25, 6): BLUE, (25, 25): WHITE}.items():
        assert np.abs(pixels[:, row, column] - color).max() < 30, (row, column)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_orientation_of_exif_is_shown_upright(orientation: int, kind: str) -> None:
    turn, exif = STORED[orientation], Image.Exif()
    exif[ORIENTATION] = orientation
    upright = scene((64, 64))
    check_scene(encoded(upright if turn is None else upright.transpose(turn), kind, exif=exif), "odd.jpg")


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    check_scene(encoded(scene((64, 64)), "JPEG", exif=exif), "odd.jpg")


@pytest.mark.parametrize("size", [(4032, 3024), (3024, 4032), (8064, 6048)], ids=["12 MP", "12 MP upright", "48 MP"])
def test_a_photo_of_many_megapixels_is_its_centre(size: tuple[int, int]) -> None:
    check_scene(encoded(scene(size), "JPEG"), "IMG_0001.JPG")


@pytest.mark.slow
def test_a_heic_photo_of_12_megapixels_is_its_centre() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False)
    check_scene(encoded(scene((4032, 3024)), "HEIF", quality=50), "IMG_0002.HEIC")


def test_a_photo_of_200_megapixels_is_refused_in_one_sentence_that_says_how_many_are_read() -> None:
    with pytest.raises(PictureError) as caught:
        decode_picture(encoded(Image.new("1", (16_320, 12_240)), "PNG"), "big.png", 32, color=True)
    assert str(caught.value) == "big.png: has more than 50,000,000 pixels; replace it or take it out"


def test_of_a_photo_with_a_depth_map_or_a_film_behind_it_the_photo_is_read() -> None:
    several = encoded(scene((64, 64)), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))])
    check_scene(several, "portrait.jpg")
    check_scene(encoded(scene((64, 64)), "JPEG") + b"\0\0\0\x18ftypmp42" + bytes(10_000), "motion.jpg")


def test_a_screenshot_whose_alpha_is_opaque_is_the_screenshot() -> None:
    check_scene(encoded(scene((64, 64)).convert("RGBA")), "screenshot.png")


def test_a_screenshot_of_a_window_has_one_background_around_its_round_corners() -> None:
    window = scene((64, 64)).convert("RGBA")
    corners = Image.new("L", window.size)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, 63, 63), 16, fill=255)
    window.putalpha(corners)
    check_scene(encoded(window), "window.png")
    pixels = decode_picture(encoded(window), "window.png", 64, color=True)
    assert (pixels[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()


def test_a_zip_of_all_that_a_phone_has_is_a_data_set_with_one_sentence_for_what_is_no_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    photos = {
        "IMG_0001.HEIC": HEIC,
        "IMG_0002.HEIC": TURNED_HEIC,
        "IMG_0003.JPG": encoded(scene((400, 300)).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif),
        "IMG_0004.PNG": encoded(scene((300, 600)).convert("RGBA")),
        "IMG_0001.MOV": b"a film",
        "IMG_0005.DNG": b"raw",
    }
    found = load_dataset(write_zip(tmp_path / "own.zip", ten() | photos), image_size=16)
    assert (len(all_images(found)), found.image_shape) == (14, (3, 16, 16))
    (sentence,) = (line for line in found.warnings if "one colour" not in line)
    assert sentence.startswith("2 files skipped that cannot be read as pictures (1 .mov, 1 .dng)")


def test_a_photo_that_is_cut_short_is_skipped_with_its_name(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    whole = encoded(Image.fromarray(noise), "JPEG")
    found = load_dataset(write_zip(tmp_path / "own.zip", ten() | {"IMG_0001.JPG": whole[: len(whole) // 2]}))
    assert len(all_images(found)) == 10
    assert any("1 file skipped" in line and "IMG_0001.JPG" in line for line in found.warnings)
