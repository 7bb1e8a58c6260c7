"""Plotly figures of numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

# Ten colours, distinct for the three kinds of colour blindness and on a projector that washes them out, with a contrast
# of 3 : 1 to the light page and to the dark one. Found by hill climbing, maximising the smallest difference, CIEDE2000;
# see tests/ui/test_figures.py.
PALETTE = (
    "#a07efd",
    "#c08b09",
    "#cd0200",
    "#787176",
    "#b41696",
    "#007a43",
    "#ff4ba2",
    "#8b996e",
    "#6537ff",
    "#00a5ab",
)


def learning_curves(history: Sequence[Mapping[str, float]]) -> Any:
    """Reconstruction and KL per epoch, training dotted and validation solid, in nats per image. A plotly Figure.

    Two panels with separate scales, because the KL is small beside the reconstruction.
    """
    _graph_objects()
    from plotly.subplots import make_subplots

    figure = make_subplots(1, 2, subplot_titles=("Reconstruction, nats per image", "KL, nats per image"))
    epochs = [line["epoch"] for line in history]
    for column, term in enumerate(("reconstruction", "kl")):
        for prefix, dash in (("", "dot"), ("validation_", "solid")):
            figure.add_scatter(
                x=epochs,
                y=[line[prefix + term] for line in history],
                name="validation" if prefix else "training, during the epoch",
                line={"dash": dash, "color": PALETTE[column]},
                mode="lines+markers",
                showlegend=column == 0,
                row=1,
                col=column + 1,
            )
    figure.update_xaxes(title="epoch", rangemode="tozero")
    figure.update_layout(height=280, margin={"l": 0, "r": 0, "t": 32, "b": 0}, legend={"orientation": "h", "y": -0.25})
    return figure


def bars(values: Sequence[float], title: str, unit: str) -> Any:
    """One bar per latent dimension, named z[0], z[1], … A plotly Figure."""
    go = _graph_objects()
    names = [f"z[{i}]" for i in range(len(values))]
    figure = go.Figure(go.Bar(x=names, y=list(values), marker_color=PALETTE[0]))
    figure.update_layout(height=180, margin={"l": 0, "r": 0, "t": 8, "b": 0}, yaxis_title=f"{title}, {unit}")
    return figure


def _graph_objects() -> Any:
    """Plotly, imported where it is used. It fails while another thread is importing pandas, which it then finds half
    loaded; importing pandas first waits for that thread."""
    import pandas  # noqa: F401
    import plotly.graph_objects as go

    return go
