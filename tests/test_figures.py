"""What the figures show, and in which units."""

from vae.figures import PALETTE, bars, learning_curves


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
