"""Measures projections as the app computes them, beside typical calls of scikit-learn's t-SNE and umap-learn."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from vae.evaluation.metrics import knn_accuracy
from vae.projection.config import Method, ProjectionConfig
from vae.projection.methods import FloatArray, project, quality
from vae.projection.worker import Projector
from vae.storage.checkpoints import read_checkpoint

Labels = NDArray[np.int64]
Row = dict[str, object]

SPLITS = 5
OURS: tuple[Method, ...] = ("pca", "tsne", "umap")
# As a user of the library would write it, in a new process: imports and compilation are included.
OTHERS = {
    "scikit-learn t-SNE": "from sklearn.manifold import TSNE; layout = TSNE(2, random_state=0).fit_transform(points)",
    "umap-learn": "from umap import UMAP; layout = UMAP(random_state=0, n_jobs=1).fit_transform(points)",
}


def run(args: argparse.Namespace) -> list[Row]:
    """One row per method. cold: in a new process, imports included; warm: again in the same one.

    quality_seconds: time to measure the quality of the layout, in this process. knn_accuracy: mean over random halves.

    Raises ValueError with the remedy where umap-learn is missing, which only measuring needs.
    """
    if find_spec("umap") is None:
        raise ValueError("umap-learn is missing; run `make test` once, which installs it.")
    encoded = read_checkpoint(args.checkpoint).load_encoded()
    rows = [asyncio.run(_ours(encoded.mean, encoded.labels, method)) for method in OURS]
    return rows + [_other(encoded.mean, encoded.labels, name) for name in OTHERS]


def report(rows: list[Row]) -> str:
    """The rows as a table."""
    lines = [f"{'method':<20}{'n':>7}{'cold s':>9}{'warm s':>9}{'frame s':>9}{'judged s':>10}{'kNN':>8}{'trust':>8}"]
    for row in rows:
        seconds = "".join(
            f"{row[key]:>9.2f}" if isinstance(row[key], float) else f"{'':>9}"
            for key in ("cold_seconds", "warm_seconds", "first_frame_seconds")
        )
        lines.append(
            f"{row['method']:<20}{row['n']:>7}{seconds}{row['quality_seconds']:>10.2f}{row['knn_accuracy']:>8.3f}"
            f"{row['trustworthiness']:>8.3f}"
        )
    return "\n".join(lines)


async def _ours(points: FloatArray, labels: Labels, method: Method) -> Row:
    if method == "pca":  # too quick to need a process
        started = perf_counter()
        layout = project(points, ProjectionConfig("pca"))
        seconds = perf_counter() - started
        return _row(method, points, layout, labels, cold=seconds, warm=seconds, first_frame=seconds)
    projector = Projector()
    try:
        (cold, first_frame), (warm, _) = [await _watch(projector, points, method, seed) for seed in (0, 1)]
        layout, _, _ = await projector.compute(points, ProjectionConfig(method), None, lambda progress, frame: None)
    finally:
        await projector.close()
    return _row(method, points, layout, labels, cold=cold, warm=warm, first_frame=first_frame)


async def _watch(projector: Projector, points: FloatArray, method: Method, seed: int) -> tuple[float, float]:
    """Seconds from asking to the last layout that arrives, and to the first."""
    started, arrived = perf_counter(), []

    def note(_: float, layout: FloatArray | None) -> None:
        if layout is not None:
            arrived.append(perf_counter() - started)

    await projector.compute(points, ProjectionConfig(method, seed=seed), None, note)
    return arrived[-1], arrived[0]


def _other(points: FloatArray, labels: Labels, name: str) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "points.npy", points)
        program = f"import numpy as np; points = np.load('points.npy'); {OTHERS[name]}; np.save('layout.npy', layout)"
        started = perf_counter()
        subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=folder, check=True)
        seconds = perf_counter() - started
        layout = np.load(Path(folder) / "layout.npy")
    return _row(name, points, layout, labels, cold=seconds, warm=None, first_frame=None)


def _row(
    method: str,
    points: FloatArray,
    layout: FloatArray,
    labels: Labels,
    *,
    cold: float,
    warm: float | None,
    first_frame: float | None,
) -> Row:
    started = perf_counter()
    found = quality(points, layout)
    quality_seconds = perf_counter() - started
    accuracies = plane_accuracies(layout, labels)
    return {
        "method": method,
        "n": len(points),
        "cold_seconds": cold,
        "warm_seconds": warm,
        "first_frame_seconds": first_frame,
        "quality_seconds": quality_seconds,
        "knn_accuracy": float(np.mean(accuracies)),
        "knn_standard_deviation": float(np.std(accuracies)),
        "trustworthiness": found.trustworthiness,
    }


def plane_accuracies(layout: FloatArray, labels: Labels) -> list[float]:
    """Accuracy of 10 neighbours in the layout that predict the other half's labels, for each of SPLITS random halves.

    Halves in the data set's order would not do: the last 5,000 MNIST test images are easier than the others.
    Shapes: layout (n, dims), labels (n,).
    """
    half, accuracies = len(layout) // 2, []
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(layout))
        known, asked = order[:half], order[half:]
        accuracies.append(knn_accuracy(layout[known], labels[known], layout[asked], labels[asked]).value)
    return accuracies
