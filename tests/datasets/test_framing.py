"""What is kept of a picture: turned, whole or cut out of its middle."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import all_images, encoded, ten, write_zip
from vae.datasets.drawing import Images
from vae.datasets.pictures import Framing, decode_picture, decode_square, flatten
from vae.datasets.registry import load_dataset

# Two rows of three squares, 20 pixels each: 10, 20, 30 above 40, 50, 60.
GREYS = np.arange(10, 70, 10, dtype=np.uint8).reshape(2, 3).repeat(20, 0).repeat(20, 1)


def middle_of(greys: np.ndarray, framing: Framing, size: int = 40) -> Images:
    """The picture, decoded with this framing: (size, size)."""
    square = decode_square(encoded(Image.fromarray(greys)), "odd.png", size, color=False, framing=framing)
    return flatten(square, 255, color=False)[0]


@pytest.mark.parametrize("quarters", range(4))
def test_a_picture_is_turned_clockwise_by_quarters(quarters: int) -> None:
    expected = np.rot90(GREYS, -quarters)
    top, left = (expected.shape[0] - 40) // 2, (expected.shape[1] - 40) // 2
    assert np.array_equal(middle_of(GREYS, Framing(quarters)), expected[top : top + 40, left : left + 40])


def test_it_is_turned_from_where_exif_has_put_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    stored = encoded(Image.fromarray(np.rot90(GREYS)), exif=exif)
    assert np.array_equal(decode_picture(stored, "odd.png", 40, color=False)[0], GREYS[:, 10:50])


def test_a_whole_picture_is_in_the_middle_of_a_square() -> None:
    found = middle_of(GREYS, Framing(whole=True), 60)
    assert np.array_equal(found[10:50], GREYS)
    assert (found[:10] == 255).all()
    assert (found[50:] == 255).all()


def test_the_margins_of_more_than_8_bits_are_as_dark_as_the_darkest_place() -> None:
    content = encoded(Image.fromarray(GREYS.astype(np.uint16) * 100))
    levels = decode_square(content, "odd.png", 60, color=False, framing=Framing(whole=True)).levels
    assert levels[0, 0] == levels[-1, -1] == levels.min() == 1000


@pytest.mark.parametrize(("keep", "side"), [(1.0, 40), (0.5, 20), (0.1, 4)])
def test_a_share_of_the_side_is_cut_out_of_the_middle(keep: float, side: int) -> None:
    top, left = (40 - side) // 2, (60 - side) // 2
    found = middle_of(GREYS, Framing(keep=keep), side)
    assert np.array_equal(found, GREYS[top : top + side, left : left + side])


def test_a_small_cut_of_a_large_jpeg_is_decoded_in_full() -> None:
    lines = np.where(np.arange(3200) // 10 % 2, np.uint8(255), np.uint8(0))[None].repeat(3200, 0)
    content = encoded(Image.fromarray(lines), "JPEG", quality=95)
    cut = decode_square(content, "a.jpg", 64, color=False, framing=Framing(keep=0.1)).levels
    assert (cut.min(), cut.max()) == (0, 255)


def test_whole_pictures_of_a_set_get_one_background_which_its_notes_name(tmp_path: Path) -> None:
    photo = {f"wide/{i}.png": encoded(Image.new("L", (40, 20), 30 + i)) for i in range(10)}
    found = load_dataset(write_zip(tmp_path / "own.zip", ten("a/") | photo), image_size=8, framing=Framing(whole=True))
    wide = all_images(found)[all_images(found)[:, 0, 0, 0] == 255]
    assert len(wide) == 10
    assert (wide[:, :, 3:5] < 50).all()
    assert "10 pictures with margins or transparent places, shown on white." in found.notes
