"""The benchmark of projections: the app's beside the libraries', on the same codes."""

import json

import pytest

from vae.__main__ import main
from vae.bench import project
from vae.storage.checkpoints import Checkpoint


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
