"""Where each pixel and each point of a figure lies."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from vae.figures import PALETTE, bars, latent_map, learning_curves, picture_grid, signed_difference


def flat(*levels: int, shape: tuple[int, int, int] = (1, 8, 8)) -> np.ndarray:
    """One picture per level, all of it of that level."""
    return np.array(levels, np.uint8).reshape(-1, 1, 1, 1) * np.ones(shape, np.uint8)


# ---- picture_grid ----------------------------------------------------------------------------------------------------


def test_pictures_lie_row_by_row_with_four_grey_pixels_between() -> None:
    grid = picture_grid(flat(10, 20, 30, 40, 50), columns=3)
    assert grid.shape == (116, 176, 3)  # 8 pixels are drawn 56 wide: 2 x 56 + 4 and 3 x 56 + 2 x 4
    assert grid.dtype == np.uint8
    expected = np.full((116, 176), 128)
    for level, (top, left) in zip((10, 20, 30, 40, 50), ((0, 0), (0, 60), (0, 120), (60, 0), (60, 60)), strict=True):
        expected[top : top + 56, left : left + 56] = level
    assert np.array_equal(grid, np.repeat(expected[..., None], 3, axis=2))


def test_each_pixel_becomes_a_square_of_its_own_colour() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1, 3, 5, 7), np.uint8)
    grid = picture_grid(picture, columns=1)
    assert grid.shape == (40, 56, 3)
    for y, x in np.ndindex(40, 56):
        assert np.array_equal(grid[y, x], picture[0, :, y // 8, x // 8])


@pytest.mark.parametrize(("side", "drawn"), [(1, 56), (28, 56), (32, 64), (56, 56), (64, 64), (57, 57)])
def test_a_picture_is_at_least_56_wide_and_never_scaled_by_a_fraction(side: int, drawn: int) -> None:
    assert picture_grid(flat(7, shape=(1, side, side)), columns=1).shape == (drawn, drawn, 3)


@pytest.mark.parametrize("shape", [(1, 3, 60), (3, 60, 3)], ids=str)
def test_pictures_need_not_be_square(shape: tuple[int, int, int]) -> None:
    grid = picture_grid(flat(9, 200, shape=shape), columns=2)
    _, height, width = shape
    scale = -(-56 // width)
    assert grid.shape == (height * scale, 2 * width * scale + 4, 3)
    assert (grid[:, : width * scale] == 9).all()
    assert (grid[:, -width * scale :] == 200).all()


def test_one_column_has_gaps_between_its_rows_only() -> None:
    grid = picture_grid(flat(10, 20), columns=1)
    assert grid.shape == (116, 56, 3)
    assert (grid[56:60] == 128).all()


def test_fewer_pictures_than_columns_leave_grey_places() -> None:
    grid = picture_grid(flat(10), columns=3)
    assert grid.shape == (56, 176, 3)
    assert (grid[:, 56:] == 128).all()


def test_a_grid_is_contiguous_as_encoders_of_pictures_like_it() -> None:
    assert picture_grid(flat(1, 2, 3), columns=2).flags.c_contiguous


# ---- signed_difference -----------------------------------------------------------------------------------------------


def colour(now: int, before: int) -> list[int]:
    return [int(level) for level in signed_difference(flat(now), flat(before))[0, :, 3, 5]]


def test_brighter_is_orange_darker_is_blue_and_no_change_is_white() -> None:
    assert colour(255, 0) == [230, 97, 1]
    assert colour(0, 255) == [63, 144, 218]
    assert all(colour(level, level) == [255, 255, 255] for level in (0, 77, 255))


def test_the_colour_is_mixed_in_proportion_to_the_change() -> None:
    half = 127 / 255
    assert colour(227, 100) == pytest.approx([255 - half * 25, 255 - half * 158, 255 - half * 254], abs=1)
    assert colour(100, 227) == pytest.approx([255 - half * 192, 255 - half * 111, 255 - half * 37], abs=1)


def test_differences_do_not_wrap_around_and_keep_their_place() -> None:
    before, now = np.full((2, 1, 2, 2), 250, np.uint8), np.full((2, 1, 2, 2), 250, np.uint8)
    now[1, 0, 0, 1] = 5
    difference = signed_difference(now, before)
    assert difference.shape == (2, 3, 2, 2)
    assert difference.dtype == np.uint8
    changed = (difference != 255).any(axis=1)
    assert np.argwhere(changed).tolist() == [[1, 0, 1]]
    red, _, blue = difference[1, :, 0, 1]
    assert blue > red


def test_the_change_of_a_colour_picture_is_that_of_its_average() -> None:
    before = np.zeros((1, 3, 2, 2), np.uint8)
    now = before.copy()
    now[0, 0] = 255
    difference = signed_difference(now, before)
    assert difference.shape == (1, 3, 2, 2)
    assert difference[0, :, 0, 0].tolist() == pytest.approx([255 - 25 / 3, 255 - 158 / 3, 255 - 254 / 3], abs=1)


# ---- latent_map ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dims", "kind"), [(2, go.Scattergl), (3, go.Scatter3d)])
def test_the_map_has_a_trace_per_class_and_every_image_in_its_place(dims: int, kind: type) -> None:
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(200, dims)).astype(np.float32), rng.integers(0, 4, 200)
    names, axes = ["zero", "one", "two", "three", "nobody"], ["first", "second", "third"][:dims]
    figure = latent_map(points, labels, names, axes)
    assert [trace.name for trace in figure.data] == names
    assert all(isinstance(trace, kind) for trace in figure.data)
    assert sorted(row for trace in figure.data for row in trace.customdata) == list(range(200))
    for label, trace in enumerate(figure.data):
        rows = np.array(trace.customdata, int)
        assert (labels[rows] == label).all()
        for axis, coordinates in zip((trace.x, trace.y, trace.z if dims == 3 else None), points[rows].T, strict=False):
            assert np.array_equal(axis, coordinates)
    scene = figure.layout.scene if dims == 3 else figure.layout
    titles = [scene.xaxis.title.text, scene.yaxis.title.text, *([scene.zaxis.title.text] if dims == 3 else [])]
    assert titles == axes
    json.loads(figure.to_json())


def test_classes_have_the_palette_s_colours_and_begin_again_after_the_last() -> None:
    labels = np.arange(12)
    figure = latent_map(np.zeros((12, 2), np.float32), labels, [str(i) for i in labels], ["a", "b"])
    assert [trace.marker.color for trace in figure.data] == [*PALETTE, *PALETTE[:2]]


def test_distances_on_the_map_can_be_compared() -> None:
    points, labels = np.zeros((3, 3), np.float32), np.zeros(3, np.int64)
    assert latent_map(points[:, :2], labels, ["a"], ["x", "y"]).layout.yaxis.scaleanchor == "x"
    assert latent_map(points, labels, ["a"], ["x", "y", "z"]).layout.scene.aspectmode == "data"


def test_the_palette_has_ten_different_colours() -> None:
    assert len({colour.lower() for colour in PALETTE}) == 10


# ---- curves and bars -------------------------------------------------------------------------------------------------


def test_learning_curves_show_both_terms_of_training_and_validation() -> None:
    history = [
        {"epoch": e, "reconstruction": 100 / e, "kl": e, "validation_reconstruction": 110 / e, "validation_kl": 2 * e}
        for e in (1, 2, 4)
    ]
    traces = learning_curves(history).data
    assert all(tuple(trace.x) == (1, 2, 4) for trace in traces)
    drawn = {(trace.xaxis, trace.line.dash): tuple(trace.y) for trace in traces}
    assert drawn == {
        ("x", "dot"): (100, 50, 25),
        ("x", "solid"): (110, 55, 27.5),
        ("x2", "dot"): (1, 2, 4),
        ("x2", "solid"): (2, 4, 8),
    }
    assert [trace.name for trace in traces if trace.showlegend] == ["training, during the epoch", "validation"]


def test_learning_curves_say_their_unit_and_can_be_drawn_before_the_first_epoch() -> None:
    figure = learning_curves([])
    assert [title.text for title in figure.layout.annotations] == [
        "Reconstruction, nats per image",
        "KL, nats per image",
    ]
    assert len(figure.data) == 4


def test_bars_name_their_dimensions_and_their_unit() -> None:
    figure = bars([0.5, 0.0, 2.0], "KL", "nats")
    assert figure.data[0].x == ("z[0]", "z[1]", "z[2]")
    assert figure.data[0].y == (0.5, 0, 2)
    assert figure.layout.yaxis.title.text == "KL, nats"
