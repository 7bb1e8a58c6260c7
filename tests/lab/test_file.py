"""The file to take home: what it holds, how large it is, what is refused."""

import base64
import gzip
import json
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load

from tests.support.checkpoints import save
from tests.support.lessons import GERMAN, write
from tests.support.pages import ROOT
from tests.support.played_lesson import LESSON
from vae.__main__ import main
from vae.lab.answers import data_url
from vae.lab.file import LEAST_BESIDE_FILM, LEAST_POINTS, MOST_BYTES, lab_file, lesson_models
from vae.lab.model_blocks import IMAGES, ModelFiles, halved
from vae.model.latents import posterior_noise
from vae.projection.methods import fit_pca, quality
from vae.storage.checkpoints import Checkpoint, read_checkpoint
from vae.storage.files import CheckpointError
from vae.views.shared import comparison
from vae.views.shared.terms.catalogue import codes

SHIPPED = ROOT / "checkpoints"
BLOCK = re.compile(r'<script type="text/plain" data-name="([^"]*)"(?: data-packed="(\d)")?>([^<]*)</script>')


@pytest.fixture(scope="module")
def mnist() -> ModelFiles:
    return ModelFiles(read_checkpoint(SHIPPED / "mnist-z10"))


@pytest.fixture(scope="module")
def small() -> ModelFiles:
    return ModelFiles(read_checkpoint(SHIPPED / "digits-z2"))


@pytest.fixture(scope="module")
def page(mnist: ModelFiles) -> bytes:
    return lab_file([mnist], query="page=Sampling&checkpoint=mnist-z10&seed=7")


def held(page: bytes) -> dict[str, bytes]:
    """The page's data by their names, as bootstrap.js reads them."""
    found = {}
    for name, item, text in BLOCK.findall(page.decode()):
        planes = gzip.decompress(base64.b64decode(text))
        numbers = np.frombuffer(planes, np.uint8).reshape(int(item), -1).T.tobytes()
        found[name.replace("&amp;", "&")] = numbers
    return found


def arrays(body: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Header and arrays of an answer, as vae.server.latent_map.routes describes them."""
    (length,) = struct.unpack_from("<I", body)
    header = json.loads(body[4 : 4 + length])
    return header, {
        each["name"]: np.frombuffer(body, each["dtype"], np.prod(each["shape"]), each["offset"]).reshape(each["shape"])
        for each in header["arrays"]
    }


def test_the_file_of_mnist_z10_has_at_most_2_mb_and_thousands_of_test_images(page: bytes) -> None:
    header, found = arrays(held(page)["live/encoded?model=mnist-z10"])
    assert len(page) <= MOST_BYTES == 2_000_000
    assert header["n"] == len(found["mean"]) >= 3000
    assert header["images"] == IMAGES


def test_no_script_and_no_style_of_it_comes_from_elsewhere(page: bytes) -> None:
    text = BLOCK.sub("", page.decode())
    assert re.findall(r"<(?:script|link|img|iframe|object|embed)\b[^>]*>", text) == ["<script>"]
    assert "@import" not in text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "connect-src blob: data:;" in policy[1]
    assert not re.search(r"https?:|unsafe-inline|'unsafe-eval'|\*", policy[1])


def test_the_same_models_and_link_make_the_same_bytes(small: ModelFiles) -> None:
    again = ModelFiles(read_checkpoint(SHIPPED / "digits-z2"))
    assert lab_file([small], query="page=Explore") == lab_file([again], query="page=Explore")


def test_codes_are_rounded_and_nothing_else_about_them_changes(page: bytes) -> None:
    encoded = read_checkpoint(SHIPPED / "mnist-z10").load_encoded()
    _, found = arrays(held(page)["live/encoded?model=mnist-z10"])
    n = len(found["mean"])
    np.testing.assert_array_equal(found["mean"], encoded.mean[:n].astype(np.float16))
    np.testing.assert_array_equal(found["labels"], encoded.labels[:n])
    assert np.abs(found["logvar"] - encoded.logvar[:n]).max() <= 1 / 128
    for name in ("reconstruction", "kl"):
        assert np.abs(found[name] - getattr(encoded, name)[:n]).max() <= 1 / 256


def test_the_weights_are_all_of_the_model_s_in_float16(page: bytes, mnist: ModelFiles) -> None:
    tensors = load(held(page)["live/weights?model=mnist-z10"])
    state = mnist.model.state_dict()
    assert tensors.keys() == state.keys()
    assert all((tensors[name] == tensor.numpy().astype(np.float16)).all() for name, tensor in state.items())


def test_images_and_noise_are_those_of_the_first_rows(page: bytes, mnist: ModelFiles) -> None:
    data = held(page)
    assert data["live/images?model=mnist-z10"] == mnist.checkpoint.load_examples()[:IMAGES].tobytes()
    assert data["live/noise?model=mnist-z10"] == posterior_noise(10_000, 10)[:IMAGES].tobytes()


def test_shipped_projections_are_there_for_exactly_these_points(page: bytes, mnist: ModelFiles) -> None:
    data = held(page)
    mean = arrays(data["live/encoded?model=mnist-z10"])[1]["mean"]
    full = mnist.checkpoint.load_encoded()
    for method, dims in (("tsne", 2), ("tsne", 3), ("umap", 2), ("umap", 3)):
        header, found = arrays(data[f"live/projections?model=mnist-z10&method={method}&dims={dims}"])
        shipped = mnist.checkpoint.load_projection(full, method, dims)
        assert shipped is not None
        np.testing.assert_array_equal(found["layout"], halved(shipped[: len(mean)]))
        measured = quality(mean, found["layout"], most_pairs=10**6)
        assert header["quality"]["trustworthiness"] == pytest.approx(measured.trustworthiness)
        assert header["state"] == "done"
    header, found = arrays(data["live/projections?model=mnist-z10&method=pca&dims=2"])
    assert (found, header["method"]) == ({}, "pca")


def test_the_plane_of_pca_is_that_of_the_whole_test_set(page: bytes, mnist: ModelFiles) -> None:
    header, _ = arrays(held(page)["live/encoded?model=mnist-z10"])
    expected = fit_pca(mnist.checkpoint.load_encoded().mean, 3)
    np.testing.assert_allclose(header["pca"]["components"], expected.components, rtol=1e-6)


def test_the_code_of_every_term_is_there(page: bytes) -> None:
    assert json.loads(held(page)["terms"]) == codes()


def test_answers_are_there_for_each_view_and_for_sampling_s_noise_and_sources(page: bytes) -> None:
    settings = json.loads(held(page)["settings"])
    answers, model = settings["answers"], "mnist-z10"
    n = arrays(held(page)["live/encoded?model=mnist-z10"])[0]["n"]
    for view in settings["views"]:
        assert answers[data_url(view["name"], model=model)]["about"]["test_images"] == n
    assert answers[data_url("noise", model=model, seed="7")]["noises"].keys() == {"7", "8"}
    assert all(data_url("source", model=model, source=name) in answers for name in ("prior", "aggregate", "class:9"))
    assert answers[data_url("reconstruction", model=model)]["others"] == []
    assert settings["query"] == "page=Sampling&checkpoint=mnist-z10&seed=7"


@pytest.mark.slow
def test_models_of_the_same_pictures_have_what_comparing_them_needs() -> None:
    both = [ModelFiles(read_checkpoint(SHIPPED / name)) for name in ("sprites-z6", "sprites-z6-tc")]
    answers = json.loads(held(lab_file(both, points=500))["settings"])["answers"]
    for each, other in (both, both[::-1]):
        name, beside = each.checkpoint.name, other.checkpoint.name
        compared = answers[data_url("compared", model=name)]
        assert compared["nats"]["reconstruction"] == each.checkpoint.metrics["reconstruction"]
        match = answers[data_url("match", model=name, **{"with": beside})]["match"]
        full = [model.encoded(model.checkpoint).mean for model in (each, other)]
        assert match == comparison.match_dimensions(*full)


def test_a_file_of_other_pictures_has_nothing_of_a_comparison(small: ModelFiles, mnist: ModelFiles) -> None:
    assert small.comparisons([small, mnist]) == small.comparisons([small]) == {}


@pytest.mark.slow
def test_two_models_share_a_file(small: ModelFiles, mnist: ModelFiles) -> None:
    page = lab_file([small, mnist], points=600)
    data = held(page)
    assert [model["name"] for model in json.loads(data["settings"])["models"]] == ["digits-z2", "mnist-z10"]
    sizes = [arrays(data[f"live/encoded?model={name}"])[0]["n"] for name in ("digits-z2", "mnist-z10")]
    assert sizes == [min(600, small.checkpoint.test_images), 600]
    assert page.count(b'data-name="modules"') == 1


@pytest.mark.slow
def test_a_model_whose_weights_fill_the_file_has_the_least_number_of_points(
    mnist: ModelFiles, monkeypatch: Any
) -> None:
    monkeypatch.setattr("vae.lab.file.MOST_BYTES", 1_000_000)
    data = held(lab_file([mnist]))
    assert arrays(data["live/encoded?model=mnist-z10"])[0]["n"] == LEAST_POINTS


def test_numbers_too_large_for_float16_are_kept() -> None:
    values = np.array([1.0001, 1e6], np.float32)
    np.testing.assert_array_equal(halved(values), values)
    np.testing.assert_array_equal(halved(values[:1]), np.float32(1))


def test_what_does_not_fit_is_refused_in_a_sentence(small: ModelFiles, own_checkpoint: Checkpoint) -> None:
    with pytest.raises(ValueError, match="points must be above 0, not 0"):
        lab_file([small], points=0)
    with pytest.raises(ValueError, match="models must be different ones"):
        lab_file([small, small])
    with pytest.raises(ValueError, match="link's length must be at most 16000 characters"):
        lab_file([small], query="z" * 20_000)
    large = replace(own_checkpoint.model_config, hidden=(8192, 8192))
    with pytest.raises(CheckpointError, match="too large for browsers; a smaller one fits a file"):
        ModelFiles(replace(own_checkpoint, model_config=large))


def test_the_test_images_of_the_link_are_in_the_file(small: ModelFiles, mnist: ModelFiles) -> None:
    data = held(lab_file([mnist], points=600, query="page=Interpolation&from=451&to=300@0.5&image=7"))
    header, found = arrays(data["live/encoded?model=mnist-z10"])
    assert (header["n"], header["images"], len(found["mean"])) == (600, 452, 600)
    data = held(lab_file([mnist], points=600, query="image=1000"))
    header, _ = arrays(data["live/encoded?model=mnist-z10"])
    assert (header["n"], header["images"]) == (1001, 500)
    header, _ = arrays(held(lab_file([small], points=100, query="image=99999"))["live/encoded?model=digits-z2"])
    assert header["n"] == small.checkpoint.test_images


def test_a_link_cannot_end_its_place_in_the_page(small: ModelFiles) -> None:
    query = "page=</script><script>alert(1)</script>&z=Ä"
    page = lab_file([small], points=500, query=query)
    assert page.decode().count("<script>") == 1
    assert json.loads(held(page)["settings"])["query"] == query


def test_the_command_writes_a_file_once(
    own_checkpoint: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lab.html"
    assert main(["bundle", str(own_checkpoint.path), "--out", str(out), "--points", "100", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result == {"checkpoints": ["digits"], "bytes": out.stat().st_size, "file": str(out)}
    assert arrays(held(out.read_bytes())["live/encoded?model=digits"])[0]["n"] == 100
    assert main(["bundle", str(own_checkpoint.path), "--out", str(out)]) == 1
    assert "there is something by this name already" in capsys.readouterr().err
    assert list(tmp_path.glob(".part-*")) == []


@pytest.mark.slow
def test_the_command_takes_a_lesson_by_its_name_or_its_file_with_the_models_of_its_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "checkpoints" / "small")
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("VAE_LESSONS", str(tmp_path / "lessons"))
    write(tmp_path / "lessons", "kept", de=GERMAN)
    text = tmp_path / "lessons" / "kept" / "lesson.md"
    for lesson, name, title in (("kept", "kept", "Was bleibt?"), (str(text), "own", "What is kept?")):
        out = tmp_path / f"{name}.html"
        assert main(["bundle", "--lesson", lesson, "--language", "de", "--out", str(out)]) == 0
        settings = json.loads(held(out.read_bytes())["settings"])
        assert [model["name"] for model in settings["models"]] == ["small"]
        assert (settings["brought"]["name"], settings["brought"]["lesson"]["title"]) == (name, title)
        assert settings["query"] == f"lesson={name}&lang=de"
    for arguments, sentence in (
        ([], "a file needs a model: name checkpoints, or a lesson with --lesson."),
        (["--lesson", "none"], "There is no lesson 'none'; choose one on the Lessons page. A lesson of your own is"),
        (["--lesson", "kept", "--language", "xx"], "language must be one of en, de, es, not 'xx'"),
    ):
        assert main(["bundle", *arguments, "--out", str(tmp_path / "other.html")]) == 1
        assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_a_file_with_a_lesson_has_the_player_and_says_which_models_are_missing(mnist: ModelFiles) -> None:
    page = lab_file([mnist], points=600, query="lesson=two-numbers", lesson=LESSON)
    settings = json.loads(held(page)["settings"])
    assert settings["brought"]["lesson"] == LESSON | {"missing": ["mnist-z2"]}
    assert ".lesson-panel" in settings["styles"]["lesson"]
    modules = json.loads(held(page)["modules"])
    assert modules["entry"] == "hosts/lab/lesson-file.js"
    assert {"lessons/player.js", "explore/explore.js"} <= {name for name, _ in modules["modules"]}
    assert b"lessons/" not in held(lab_file([mnist], points=600))["modules"]


@pytest.mark.slow
def test_a_file_has_the_test_images_and_models_that_its_lesson_s_steps_show(mnist: ModelFiles) -> None:
    links = ["Explore?checkpoint=b&compare=a,c&image=700", "Training?film=d", "Sampling?checkpoint=a"]
    lesson = LESSON | {"steps": [LESSON["steps"][0] | {"link": link} for link in links]}
    assert lesson_models(lesson) == ["b", "a", "c", "d"]
    _, found = arrays(held(lab_file([mnist], points=600, lesson=lesson))["live/encoded?model=mnist-z10"])
    assert len(found["mean"]) == 701


@pytest.mark.slow
def test_a_model_s_film_is_in_the_file_shortened_until_it_fits(page: bytes) -> None:
    model = ModelFiles(read_checkpoint(SHIPPED / "mnist-z2"))
    made = lab_file([model], query="page=Training&checkpoint=mnist-z2")
    data = held(made)
    film, settings = data["live/film?model=mnist-z2"], json.loads(data["settings"])
    assert len(made) <= MOST_BYTES
    assert arrays(data["live/encoded?model=mnist-z2"])[0]["n"] >= LEAST_BESIDE_FILM
    assert film.count(b'"kind": "frame"') >= 15
    assert [row["film"] for row in settings["models"]] == [True]
    assert "training/player.js" in data["modules"].decode()


def test_a_file_without_a_film_has_no_film_player(page: bytes) -> None:
    data = held(page)
    settings = json.loads(data["settings"])
    assert not [name for name in data if name.startswith("live/film")]
    assert [row["film"] for row in settings["models"]] == [False]
    assert settings["views"][-1]["script"] == "training/no-film.js"
    assert "training/player.js" not in data["modules"].decode()
    assert settings["answers"][data_url("training", model="mnist-z10")]["data"]["history"]["rows"]


@pytest.mark.slow
def test_a_file_has_the_language_of_the_page_from_which_it_was_taken(small: ModelFiles) -> None:
    page = lab_file([small], query="page=Explore&lang=de").decode()
    assert '<html lang="de">' in page
    assert set(json.loads(held(page.encode())["words"])) == {"texts", "sentences"}
    assert 'plain" data-name="words"' not in lab_file([small], query="page=Explore").decode()
