"""The light page's routes: the page with what its first picture needs, answers, refusals."""

import asyncio
import gzip
import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from tests.support.pages import ROOT
from tests.support.played_lesson import LESSON, lessons
from vae.lab.routes import routes
from vae.storage.checkpoints import list_checkpoints, read_checkpoint
from vae.ui.serving.lab import AppData
from vae.views.shared import comparison
from vae.views.shared.pages import VIEWS, View
from vae.views.shared.scripts import FRONTEND
from vae.views.shared.terms.catalogue import code_of

Reply = tuple[int, dict[str, str], bytes]
NAMES = ("digits-z2", "mnist-z10-ae", "mnist-z10-cond")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model, a plain autoencoder, a conditional model and a broken one."""
    root = tmp_path_factory.mktemp("lab") / "checkpoints"
    for name in NAMES:
        shutil.copytree(ROOT / "checkpoints" / name, root / name)
    (root / "broken").mkdir()
    shutil.copytree(root / "digits-z2", root / "cut")
    weights = root / "cut" / "encoded.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    return root


class Client:
    """The routes, called in this process as a web server calls them."""

    def __init__(self, root: Path, base_path: str) -> None:
        found = partial(list_checkpoints, root)
        self._app = Starlette(routes=routes(found, AppData(found), base_path=base_path, lessons=lessons))
        self._base = base_path

    def get(self, path: str, headers: dict[str, str] | None = None, /, **query: str) -> Reply:
        """Status, headers and body."""
        sent_headers = {"host": "lab.example"} | (headers or {})
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"{self._base}{path}",
            "query_string": urlencode(query).encode(),
            "headers": [(key.encode(), value.encode()) for key, value in sent_headers.items()],
        }
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            raise AssertionError("a GET has no body")

        asyncio.run(self._app(scope, receive, send))
        found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])

    def data(self, view: str, model: str, **params: str) -> dict[str, Any]:
        """An answer."""
        status, _, body = self.get("/lab/data", view=view, model=model, **params)
        assert status == 200, body
        return dict(json.loads(body))


@pytest.fixture(scope="module")
def client(root: Path) -> Client:
    return Client(root, "/course")


def brought(page: bytes) -> dict[str, Any]:
    """What the page brings with it."""
    found = re.search(r'data-name="settings">(.*?)</script>', page.decode(), re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_the_code_of_a_term_needs_no_model(client: Client) -> None:
    status, _, body = client.get("/lab/data", view="term", term="KL")
    assert (status, json.loads(body)) == (200, {"code": code_of("KL")})
    status, _, body = client.get("/lab/data", view="term", term="nothing")
    assert status == 404
    assert body.startswith(b"There is no term called 'nothing'")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_a_view_s_answer_has_the_model_and_the_component_s_data(client: Client, view: str, name: str) -> None:
    answer = client.data(view, name)
    assert answer["about"]["name"] == answer["data"]["model"] == name
    assert answer["data"]["script"].startswith("live/frontend/")


def test_an_image_is_its_mean_with_its_title(client: Client, root: Path) -> None:
    encoded = read_checkpoint(root / "digits-z2").load_encoded()
    image = client.data("image", "digits-z2", image="17")
    assert image["z"] == encoded.mean[17].tolist()
    assert image["title"] == f"test image 17 · {encoded.labels[17]}"


def test_noise_and_sources_are_those_of_the_sampling_page(client: Client) -> None:
    assert list(client.data("noise", "digits-z2", seed="4294967295")["noises"]) == ["4294967295", "0"]
    assert client.data("source", "digits-z2", source="prior")["source"]["weights"] == [1.0]


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"view": "home", "model": "digits-z2"}, 404, "There is no view called 'home'"),
        ({"view": "explore", "model": "../etc"}, 404, "There is no checkpoint called '../etc'."),
        ({"view": "explore"}, 404, "There is no checkpoint called ''."),
        ({"view": "explore", "model": "broken"}, 404, "The checkpoint 'broken' cannot be used: "),
        ({"view": "explore", "model": "cut"}, 404, "The checkpoint 'cut' cannot be used: "),
        ({"view": "image", "model": "digits-z2", "image": "9999"}, 400, "image must be a whole number from 0 to"),
        ({"view": "image", "model": "digits-z2"}, 400, "image must be a whole number from 0 to"),
        ({"view": "noise", "model": "digits-z2", "seed": "-1"}, 400, "seed must be a whole number from 0 to"),
        ({"view": "source", "model": "mnist-z10-ae", "source": "image:0"}, 400, "source must be one of this model"),
        ({"view": "other", "model": "digits-z2", "other": "digits"}, 400, "other must be a data set on this machine"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_a_sentence(
    client: Client, query: dict[str, str], status: int, sentence: str
) -> None:
    found, headers, body = client.get("/lab/data", **query)
    assert found == status
    assert headers["content-type"].startswith("text/plain")
    assert body.decode().startswith(sentence)
    assert body.count(b"\n") == 0


@pytest.mark.parametrize(("asked", "given"), [("de", "de"), ("es", "es"), ("xx", "en"), ("", "en")])
def test_the_link_says_the_language(client: Client, asked: str, given: str) -> None:
    _, _, body = client.get("/lab/", checkpoint="digits-z2", lang=asked)
    assert f'<html lang="{given}">' in body.decode()
    assert brought(body)["language"] == given


def test_the_page_brings_what_its_first_picture_needs(client: Client) -> None:
    _, headers, body = client.get("/lab/", checkpoint="mnist-z10-cond", image="3")
    found = brought(body)
    assert headers["content-type"].startswith("text/html")
    assert (found["model"], found["packed"]) == ("mnist-z10-cond", ["explore/explore.js", "bar/bar.js"])
    assert found["answers"] == {
        "lab/data?view=explore&model=mnist-z10-cond": client.data("explore", "mnist-z10-cond"),
        "lab/data?view=image&model=mnist-z10-cond&image=3": client.data("image", "mnist-z10-cond", image="3"),
    }
    assert set(found["styles"]) == {"explore", "bar", "controls"}
    assert "problem" in found["models"][-1]


@pytest.mark.parametrize(
    ("query", "script"),
    [
        ({"page": "Latent_map"}, "map/map.js"),
        ({"view": "latent_map"}, "map/map.js"),
        ({"page": "Sampling", "view": "two"}, "sampling/sampling.js"),
        ({"page": "Sampling", "view": "explore"}, "sampling/sampling.js"),
        ({"page": "Training"}, "training/player.js"),
        ({"page": "Class"}, "explore/explore.js"),
        ({"checkpoint": "<b>", "image": "99999999"}, "explore/explore.js"),
        ({}, "explore/explore.js"),
    ],
)
def test_the_page_brings_the_modules_of_its_link_s_view(client: Client, query: dict[str, str], script: str) -> None:
    status, _, body = client.get("/lab/", **query)
    assert (status, brought(body)["packed"][0]) == (200, script)
    assert f'["{script}",'.encode() in body
    assert b"<b>" not in body


def test_a_page_without_a_lesson_has_nothing_of_the_player(client: Client) -> None:
    _, _, body = client.get("/lab/")
    assert "brought" not in brought(body)
    assert b"lessons/" not in body
    assert b"lesson-" not in body


def test_a_page_with_a_lesson_brings_it_with_the_player_and_begins_with_its_first_step(client: Client) -> None:
    step = {"do": [], "link": "Sampling?checkpoint=digits-z2", "page": "Sampling", "checkpoint": "digits-z2"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LESSON, "steps", [step | {"see": [], "checks": []}])
        _, _, body = client.get("/lab/", lesson="two-numbers", lang="de")
        found = brought(body)
        lesson = LESSON | {"language": "de"}
        assert found["brought"] == {"name": "two-numbers", "lesson": lesson, "problem": ""}
        assert (found["model"], found["packed"]) == ("digits-z2", ["sampling/sampling.js", "bar/bar.js"])
        assert b'["lessons/player.js",' in body
        assert ".lesson-panel" in found["styles"]["lesson"]
        _, _, body = client.get("/lab/", lesson="two-numbers", page="Explore", checkpoint="mnist-z10-cond")
        assert brought(body)["packed"][0] == "explore/explore.js"


def test_a_lesson_of_the_browser_s_own_is_left_to_it_and_an_unknown_one_is_said(client: Client) -> None:
    _, _, body = client.get("/lab/", lesson="own")
    assert brought(body)["brought"] == {"name": "own", "lesson": None, "problem": ""}
    status, _, body = client.get("/lab/", lesson="<b>x")
    assert status == 200
    assert brought(body)["brought"]["problem"] == "There is no lesson called '<b>x'."


def test_a_film_without_a_model_is_the_film_of_that_model(client: Client) -> None:
    for query, model in (
        ({"page": "Training", "film": "mnist-z10-ae"}, "mnist-z10-ae"),
        ({"page": "Training", "film": "mnist-z10-ae", "checkpoint": "digits-z2"}, "digits-z2"),
        ({"page": "Explore", "film": "mnist-z10-ae"}, brought(client.get("/lab/")[2])["model"]),
    ):
        assert brought(client.get("/lab/", **query)[2])["model"] == model


def test_models_say_whether_their_film_is_there(client: Client, root: Path) -> None:
    listed = {row["name"]: row for row in brought(client.get("/lab/")[2])["models"] if "problem" not in row}
    assert {name: row["film"] for name, row in listed.items()} == {
        name: (root / name / "film.bin").is_file() for name in listed
    }


def test_a_page_s_addresses_are_relative_to_the_app_s(client: Client) -> None:
    """A proxy may show the app at another path."""
    _, _, body = client.get("/lab/")
    assert b'<base href="../">' in body
    assert not re.findall(rb'(?:src|href)="(?:/|http)', body)
    assert b"/course" not in body
    status, headers, _ = client.get("/lab")
    assert (status, headers["location"]) == (307, "lab/")


def test_answers_are_compressed_and_known_to_be_the_same(client: Client) -> None:
    for path in ("/lab/", "/lab/data", "/lab/view"):
        query = {"name": "explore", "view": "explore", "model": "digits-z2"}
        _, headers, body = client.get(path, {"accept-encoding": "gzip"}, **query)
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == client.get(path, **query)[2]
        status, _, body = client.get(path, {"if-none-match": headers["etag"]}, **query)
        assert (status, body) == (304, b"")


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_s_files_are_its_styles_and_its_modules_each_after_those_that_it_imports(
    client: Client, view: View
) -> None:
    files = json.loads(client.get("/lab/view", name=view.name)[2])
    assert files["styles"].startswith((FRONTEND / view.styles[0]).read_text("utf-8"))
    known = set(files["modules"]["assets"])
    for name, pieces in files["modules"]["modules"]:
        assert set(pieces[1::2]) <= known, name
        known.add(name)
    assert view.script in known
    assert client.get("/lab/view", name="home")[0] == 404


def test_a_model_that_was_trained_again_is_answered_anew(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "checkpoints" / "digits-z2", tmp_path / "digits-z2")
    client = Client(tmp_path, "")
    before = client.data("image", "digits-z2", image="0")
    shutil.rmtree(tmp_path / "digits-z2")
    shutil.copytree(ROOT / "checkpoints" / "mnist-z2", tmp_path / "digits-z2", copy_function=shutil.copy)
    assert client.data("image", "digits-z2", image="0") != before


def test_models_of_the_same_pictures_are_compared(client: Client) -> None:
    own, other = client.data("compared", "mnist-z10-ae"), client.data("compared", "mnist-z10-cond")
    assert own["phrases"][0] == "plain autoencoder"
    assert own["nats"]["kl"] is None
    assert len(other["codes"]["deviation"]) == len(other["codes"]["quantiles"]) == 10
    match = client.data("match", "mnist-z10-ae", **{"with": "mnist-z10-cond"})["match"]
    encoded = [read_checkpoint(ROOT / "checkpoints" / name).load_encoded() for name in NAMES[1:]]
    assert match == comparison.match_dimensions(encoded[0].mean, encoded[1].mean)
    for name in ("digits-z2", "mnist-z10-ae", "broken", "", "nothing"):
        status, _, body = client.get("/lab/data", view="match", model="mnist-z10-ae", **{"with": name})
        assert status == 400
        assert body.startswith(b"with must be another model of the same pictures (mnist-z10-cond), not ")


def test_a_match_is_that_of_the_newest_models(tmp_path: Path) -> None:
    for name, source in (("a", "sprites-z6"), ("b", "sprites-z6-tc")):
        shutil.copytree(ROOT / "checkpoints" / source, tmp_path / name)
    client = Client(tmp_path, "")
    before = client.data("match", "a", **{"with": "b"})
    shutil.rmtree(tmp_path / "b")
    shutil.copytree(ROOT / "checkpoints" / "sprites-z6", tmp_path / "b", copy_function=shutil.copy)
    after = client.data("match", "a", **{"with": "b"})
    assert after != before
    assert after["match"] == [{"dimension": i, "correlation": 1.0} for i in range(6)]


def test_another_site_s_page_is_refused(client: Client) -> None:
    for path in ("/lab/", "/lab/data", "/lab/view"):
        assert client.get(path, {"origin": "https://evil.example"})[0] == 403


def test_without_a_model_the_page_says_what_to_do(tmp_path: Path) -> None:
    status, _, body = Client(tmp_path, "").get("/lab/")
    assert (status, body) == (404, b"There is no usable checkpoint. Train one on the Training page of the full app.")


TEXTS = st.sampled_from(["", "0", "-1", "1e3", "²", "image:3", "class:1", "prior", "../etc", "\n", "\0"]) | st.text(
    max_size=20
)
VIEWS_ASKED = ["image", "noise", "source", "other", "compared", "match", "explore", "latent_map"]
PARAMS = dict.fromkeys(("image", "seed", "source", "other", "with"), TEXTS)
QUERIES = st.fixed_dictionaries(
    {"view": st.sampled_from(VIEWS_ASKED) | TEXTS},
    optional={"model": st.sampled_from(NAMES) | TEXTS, **PARAMS},
)


@given(query=QUERIES)
def test_whatever_is_asked_is_answered_with_json_or_a_sentence(client: Client, query: dict[str, str]) -> None:
    status, headers, body = client.get("/lab/data", **query)
    if status == 200:
        assert json.loads(body)
    else:
        assert status in (400, 404)
        assert headers["content-type"].startswith("text/plain")
        assert 0 < len(body) < 400
    assert client.get("/lab/", **query)[0] == 200
