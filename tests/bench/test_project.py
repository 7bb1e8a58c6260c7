"""The benchmark of projections: the app's beside the libraries', on the same codes."""

import json
from pathlib import Path

import numpy as np
import pytest

from vae.__main__ import main
from vae.bench import project
from vae.projection.config import Method
from vae.storage.checkpoints import Checkpoint, read_checkpoint

SHIPPED = Path(__file__).parents[2] / "checkpoints"


@pytest.mark.slow
def test_each_method_is_timed_cold_and_warm_and_a_library_alone_once(
    digits_checkpoint: Checkpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "OURS", ("pca", "tsne"))
    monkeypatch.setattr(project, "OTHERS", {"first two codes": "layout = points[:, :2]"})
    assert main(["bench", "project", "--checkpoint", str(digits_checkpoint.path), "--json"]) == 0
    *table, last = capsys.readouterr().out.splitlines()
    pca, tsne, other = rows = json.loads(last)
    assert [row["method"] for row in rows] == ["pca", "tsne", "first two codes"]
    assert {row["n"] for row in rows} == {digits_checkpoint.test_images}
    assert pca["cold_seconds"] == pca["warm_seconds"] == pca["first_frame_seconds"]
    assert 0 < tsne["first_frame_seconds"] <= tsne["cold_seconds"]
    assert tsne["warm_seconds"] > 0
    assert all(row["quality_seconds"] > 0 for row in rows)
    assert other["warm_seconds"] is other["first_frame_seconds"] is None
    assert other["trustworthiness"] == pytest.approx(1.0, abs=1e-6)  # two codes laid out as they are
    assert all(0 < row["knn_accuracy"] <= 1 and row["trustworthiness"] > 0.5 for row in rows)
    assert len({len(line) for line in table[-4:]}) == 1, "the columns stand under each other"
    assert table[-1].split()[3:] == [
        str(other["n"]), f"{other['cold_seconds']:.2f}", f"{other['quality_seconds']:.2f}",
        f"{other['knn_accuracy']:.3f}", "1.000",
    ]  # fmt: skip


def test_labels_are_predicted_between_random_halves_of_the_layout_not_its_first_and_second() -> None:
    # Two clusters whose labels are exchanged in the second half of the rows: the first half predicts nothing of it.
    cluster = np.tile([0, 1], 1000)
    layout = np.float32(10) * cluster[:, None] + np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    labels = np.where(np.arange(2000) < 1000, cluster, 1 - cluster)
    accuracies = project.plane_accuracies(layout, labels)
    assert min(accuracies) > 0.4  # within a random half, either label is as likely
    assert accuracies == project.plane_accuracies(layout, labels), "the halves have a seed"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_the_shipped_maps_of_mnist_predict_96_of_100_digits(method: Method) -> None:
    checkpoint = read_checkpoint(SHIPPED / "mnist-z10")
    encoded = checkpoint.load_encoded()
    layout = checkpoint.load_projection(encoded, method, 2)
    assert layout is not None
    # The first 5,000 images as neighbours of the others: 0.974 and 0.977.
    assert np.mean(project.plane_accuracies(layout, encoded.labels)) == pytest.approx(0.959, abs=0.004)


@pytest.mark.parametrize(("name", "library"), [("scikit-learn t-SNE", "sklearn.manifold"), ("umap-learn", "umap")])
def test_the_programs_of_the_libraries_are_whole(name: str, library: str) -> None:
    code = compile(project.OTHERS[name], name, "exec")
    assert library in code.co_names
    assert "layout" in code.co_names


def test_without_umap_learn_it_says_at_once_how_to_install_it(
    digits_checkpoint: Checkpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "find_spec", lambda _: None)
    assert main(["bench", "project", "--checkpoint", str(digits_checkpoint.path)]) != 0
    assert "umap-learn is missing; run `make test` once, which installs it." in capsys.readouterr().err
