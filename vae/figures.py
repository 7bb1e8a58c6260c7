"""Arrays in, something to look at out: Plotly figures and grids of pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Ten colours that stay apart for the three common kinds of colour blindness. Source: Petroff 2021, arXiv 2107.02270.
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
HERO_HEIGHT = 540  # CSS pixels: one screen of a projector, beneath the title


def latent_map(
    points: NDArray[np.float32], labels: NDArray[np.int64], class_names: Sequence[str], axes: Sequence[str]
) -> Any:
    """A scatter plot of projected images in class colours, drawn by WebGL.

    Shapes: points (n, 2 or 3), labels (n,), axes 2 or 3 titles. Returns a plotly Figure; hovering names class and row.
    """
    go = _graph_objects()
    dims = points.shape[1]
    figure = go.Figure()
    for label, name in enumerate(class_names):
        rows = np.flatnonzero(labels == label)
        marker = {"size": 4 if dims == 2 else 2, "color": PALETTE[label % len(PALETTE)], "opacity": 0.75}
        hover = {"customdata": rows, "hovertemplate": "%{fullData.name} · test image %{customdata}<extra></extra>"}
        style = {"mode": "markers", "name": name, "marker": marker} | hover
        xyz = dict(zip("xyz", points[rows].T, strict=False))
        figure.add_trace(go.Scattergl(**xyz, **style) if dims == 2 else go.Scatter3d(**xyz, **style))
    figure.update_layout(
        height=HERO_HEIGHT, margin={"l": 0, "r": 0, "t": 8, "b": 0}, legend={"itemsizing": "constant", "title": "class"}
    )
    if dims == 2:
        figure.update_layout(xaxis_title=axes[0], yaxis_title=axes[1], dragmode="pan")
        figure.update_yaxes(scaleanchor="x")  # a unit is as long across as up: distances can be compared
    else:
        figure.update_scenes(xaxis_title=axes[0], yaxis_title=axes[1], zaxis_title=axes[2], aspectmode="data")
    return figure


def learning_curves(history: Sequence[Mapping[str, float]]) -> Any:
    """Reconstruction and KL per epoch, training dotted and validation solid, in nats per image. A plotly Figure.

    Two panels with scales of their own: the KL would vanish beside the reconstruction.
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


def picture_grid(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Pictures side by side, row by row, each pixel drawn large enough that a picture is at least 56 wide.

    Shapes: images (n, c, h, w) -> (height, width, 3). Four grey pixels between pictures; unfilled places stay grey.
    """
    n, _, h, w = images.shape
    scale, gap, rows = -(-56 // w), 4 if columns > 1 or n > 1 else 0, -(-n // columns)
    cell_height, cell_width = h * scale + gap, w * scale + gap
    grid = np.full((rows * columns, cell_height, cell_width, 3), 128, np.uint8)
    pixels = images.transpose(0, 2, 3, 1).repeat(scale, axis=1).repeat(scale, axis=2)
    grid[:n, : h * scale, : w * scale] = pixels  # one grey channel spreads over all three
    grid = grid.reshape(rows, columns, cell_height, cell_width, 3).swapaxes(1, 2)
    grid = grid.reshape(rows * cell_height, columns * cell_width, 3)
    return np.ascontiguousarray(grid[: rows * cell_height - gap, : columns * cell_width - gap])


def signed_difference(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where a picture became brighter (orange) or darker (blue), white where nothing changed; colour is averaged.

    Shapes: (n, c, h, w) twice -> (n, 3, h, w).
    """
    change = (now.astype(np.float32) - before).mean(axis=1, keepdims=True) / 255
    up, down = np.clip(change, 0, 1), np.clip(-change, 0, 1)
    orange, blue = np.array([230, 97, 1]), np.array([63, 144, 218])
    white = 255 * (1 - up - down)
    return np.asarray(white + up * orange[:, None, None] + down * blue[:, None, None], np.uint8)


def _graph_objects() -> Any:
    """Plotly, imported where it is used. It looks at a pandas that is being imported by another user's page and fails
    on the half of it that is there; importing it here first waits for the other half."""
    import pandas  # noqa: F401
    import plotly.graph_objects as go

    return go
