"""Runs and films over the network: what viewers get, and what foreign pages do not."""

import asyncio
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote, urlencode

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.support.origins import own_and
from vae.jobs.run import Run, Status
from vae.jobs.runs import Runs
from vae.server.training import runs_and_films
from vae.server.training.runs_and_films import routes
from vae.server.wire import FOR_EVER
from vae.training.film import film_version

HOST = "lab.example.org"
FILM = bytes(range(256)) * 20


class Routes:
    """The routes over some runs, called in this process as a web server calls them."""

    def __init__(self, checkpoints: Path, **options: Any) -> None:
        self.checkpoints, self.runs = checkpoints, Runs(checkpoints)
        self.asked: list[str] = []
        self.app = Starlette(routes=routes(self.runs, self.checkpoint_film, **options))

    def checkpoint_film(self, name: str) -> Path | None:
        """As the app, which knows its checkpoints by name."""
        self.asked.append(name)
        known = {path.name: path / "film.bin" for path in self.checkpoints.iterdir() if path.name[0] != "."}
        return known.get(name)

    def run(self, name: str, status: Status, *, order: int = 0, film: bytes | None = None) -> Run:
        run = Run(self.runs.root / name)
        run.path.mkdir(parents=True)
        run.write_request({"order": order})
        run.write_status(status)
        if film is not None:
            run.film.write_bytes(film)
        return run

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"host", HOST.encode()), *((k.encode(), v.encode()) for k, v in headers.items())],
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        answer = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]), answer

    def listed(self) -> list[Any]:
        status, body, headers = self.get("/live/runs")
        assert (status, headers["content-type"]) == (200, "application/json")
        answer = json.loads(body, parse_constant=pytest.fail)
        assert answer.keys() == {"version", "runs"}
        assert answer["version"] == 1
        return list(answer["runs"])

    def film(self, **query: object) -> tuple[int, bytes, dict[str, str]]:
        return self.get(f"/live/film?{urlencode(query)}")


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Routes:
    monkeypatch.setattr(runs_and_films, "LOOK_SECONDS", 0.0)
    (tmp_path / "checkpoints").mkdir()
    return Routes(tmp_path / "checkpoints")


# ---- the state of runs -----------------------------------------------------------------------------------------------


def test_every_run_is_listed_with_all_the_fields_of_the_docstring(served: Routes) -> None:
    assert served.listed() == []
    paused = Status("paused", "Paused.", 0.25, 2.5, 10, 3.5, None, 4000.5, "cpu")
    served.run("second", Status("failed", "The disk is full."), order=2)
    served.run("first", paused, order=1, film=FILM)
    first, second = served.listed()
    assert first == {"name": "first", "queue_position": None, "film_bytes": len(FILM), **asdict(paused)}
    assert (second["name"], second["film_bytes"], second["epochs"]) == ("second", 0, None)
    for field in first:
        assert f'"{field}"' in (runs_and_films.__doc__ or "")


def test_waiting_runs_have_a_queue_position(served: Routes) -> None:
    made = [served.run(name, Status("queued"), order=i) for i, name in enumerate(("c", "b", "a"))]
    served.run("running", Status("running"), order=-1)
    dead = served.run("dead", Status("starting"), order=-2)
    locks = [run.lock() for run in made]
    with locks[0].acquire(), locks[1].acquire(), locks[2].acquire():
        found = [(run["name"], run["state"], run["queue_position"]) for run in served.listed()]
    assert found == [
        ("dead", "killed", None),
        ("running", "killed", None),
        ("c", "queued", 1),
        ("b", "queued", 2),
        ("a", "queued", 3),
    ]
    assert not (dead.path / "lock").exists()


def test_many_viewers_read_the_folders_no_more_often_than_one(served: Routes, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Mock(return_value=[])
    monkeypatch.setattr(runs_and_films, "LOOK_SECONDS", 1e9)
    again = Routes(served.checkpoints)
    monkeypatch.setattr(again.runs, "all", looks)
    for _ in range(5):
        assert again.listed() == []
    looks.assert_called_once_with()


BROKEN = [
    "", "{", '{"state": "running", "progress": 1e999}', "[" * 100_000,
    r'{"state": "paused", "sentence": "Pau\ud800sed."}',
    r'{"state": "paused", "device": "\ud800"}',
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
def test_a_run_with_a_broken_status_is_listed_as_failed(served: Routes, content: str) -> None:
    run = served.run("run", Status("paused"))
    (run.path / "status.json").write_text(content)
    assert [found["state"] for found in served.listed()] == ["failed"]


# ---- films -----------------------------------------------------------------------------------------------------------


def test_a_film_is_sent_from_the_requested_byte(served: Routes) -> None:
    run = served.run("run", Status("paused"), film=FILM)
    kept = served.checkpoints / "kept"
    kept.mkdir()
    (kept / "film.bin").write_bytes(FILM[::-1])
    for kind, name, content in (("run", "run", FILM), ("checkpoint", "kept", FILM[::-1])):
        for start in (0, 1, 1000, len(FILM)):
            status, body, headers = served.film(kind=kind, name=name, **{"from": start})
            assert (status, body) == (200, content[start:])
            assert headers["content-type"] == "application/octet-stream"
            assert headers["cache-control"] == "private, no-cache"
        assert served.film(kind=kind, name=name)[1] == content
    with run.film.open("ab") as file:
        file.write(b"more")
    assert served.film(kind="run", name="run", **{"from": len(FILM)})[1] == b"more"
    assert served.get("/live/film?kind=run&name=run", "HEAD")[0] == 200


def test_a_checkpoint_s_film_is_kept_under_its_version_and_a_run_s_is_not(served: Routes) -> None:
    served.run("run", Status("paused"), film=FILM)
    film = served.checkpoints / "kept" / "film.bin"
    film.parent.mkdir()
    film.write_bytes(FILM)
    version = film_version(film)

    def kept(**query: str) -> str:
        return served.film(**query)[2]["cache-control"]

    assert kept(kind="checkpoint", name="kept", v=version) == FOR_EVER
    for query in ({}, {"v": "other"}):
        assert kept(kind="checkpoint", name="kept", **query) == "private, no-cache"
    for asked in ("", version):
        assert kept(kind="run", name="run", v=asked) == "private, no-cache"
    film.write_bytes(FILM[::-1] + b"more")
    assert film_version(film) not in {version, ""}
    assert kept(kind="checkpoint", name="kept", v=version) == "private, no-cache"
    assert film_version(film.parent) == film_version(None) == film_version(film.with_name("none")) == ""


def test_a_browser_that_has_the_film_is_not_sent_it_again(served: Routes) -> None:
    run = served.run("run", Status("paused"), film=FILM)
    tag = served.film(kind="run", name="run")[2]["etag"]
    address = "/live/film?kind=run&name=run"
    status, body, headers = served.get(address, **{"if-none-match": tag})
    assert (status, body, headers["etag"]) == (304, b"", tag)
    with run.film.open("ab") as file:
        file.write(b"more")
    assert served.get(address, **{"if-none-match": tag})[:2] == (200, FILM + b"more")


def test_a_film_that_has_become_shorter_is_reported_in_a_sentence(served: Routes) -> None:
    served.run("run", Status("paused"), film=FILM)
    status, body, headers = served.film(kind="run", name="run", **{"from": len(FILM) + 1})
    assert status == 416
    assert headers["content-type"].startswith("text/plain")
    assert body.endswith(b".")


BAD = [
    "", "kind=run", "name=run", "kind=film&name=run", "kind=&name=run", "kind=run&name=", "kind=run&name=run&from=",
    "kind=run&name=run&from=-1", "kind=run&name=run&from=1.5", "kind=run&name=run&from=x",
    "kind=run&name=run&from=%D9%A3", "kind=run&name=run&from=" + "9" * 5000, "kind=run&name=run&from=+1",
    "kind=RUN&name=run",
]  # fmt: skip


@pytest.mark.parametrize("query", BAD)
def test_a_bad_request_is_answered_in_a_sentence(served: Routes, query: str) -> None:
    served.run("run", Status("paused"), film=FILM)
    status, body, headers = served.get(f"/live/film?{query}")
    assert status == (404 if query in ("kind=run", "kind=run&name=") else 400)
    assert headers["content-type"].startswith("text/plain")
    assert body.decode().endswith(".")
    assert served.get("/live/film", "POST")[0] == 405


NAMES = ["none", "", ".", "..", "../checkpoints/kept", "kept/", "run/", "./run", ".runs/run", "/etc/passwd", "a\0b",
         "run\n", "a" * 5000, "\udcff", "%2e%2e"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("kind", ["run", "checkpoint"])
def test_no_other_name_has_a_film(served: Routes, kind: str, name: str) -> None:
    served.run("run", Status("paused"), film=FILM)
    (served.checkpoints / "kept").mkdir()
    (served.checkpoints / "film.bin").write_bytes(b"not ours")
    (served.runs.root / "film.bin").write_bytes(b"not ours")
    text = quote(name, safe="", errors="surrogateescape")
    status, body, _ = served.get(f"/live/film?kind={kind}&name={text}")
    assert (status, body) == (404, b"There is no film by this name.")


def test_a_run_that_ends_between_the_list_and_the_reading_has_no_film(
    served: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = served.run("run", Status("paused"), film=FILM)
    find = served.runs.find

    def end_after_finding(name: str) -> Run | None:
        found = find(name)
        shutil.rmtree(run.path)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(served.runs, "find", end_after_finding)
        assert served.film(kind="run", name="run")[0] == 404
    served.run("other", Status("paused"), film=FILM)
    with monkeypatch.context() as patch:
        (served.runs.root / "other" / "film.bin").unlink()
        patch.setattr(Path, "is_file", lambda _: True)
        assert served.film(kind="run", name="other")[0] == 404


def test_a_request_for_a_run_that_has_just_been_saved_gets_its_checkpoints_film(
    served: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = served.run("run", Status("saving"), film=FILM)
    find = served.runs.find

    def save_after_finding(name: str) -> Run | None:
        found = find(name)
        (served.checkpoints / "run").mkdir()
        run.film.rename(served.checkpoints / "run" / "film.bin")
        run.remove()
        return found

    monkeypatch.setattr(served.runs, "find", save_after_finding)
    assert served.film(kind="run", name="run", **{"from": 100})[:2] == (200, FILM[100:])
    monkeypatch.setattr(served.runs, "find", find)
    assert served.film(kind="run", name="run", **{"from": 100})[:2] == (200, FILM[100:])


def test_many_requests_for_a_film_all_get_the_whole_film(served: Routes) -> None:
    served.run("run", Status("paused"), film=FILM)
    assert {served.film(kind="run", name="run")[1] for _ in range(20)} == {FILM}


# ---- origins ---------------------------------------------------------------------------------------------------------


def test_pages_of_other_origins_are_refused_unless_allowed(served: Routes) -> None:
    friend, stranger, own = "https://friend.example", "https://evil.example", f"http://{HOST}"
    open_to = Routes(served.checkpoints, allows=own_and(friend))
    served.run("run", Status("paused"), film=FILM)
    for path in ("/live/runs", "/live/film?kind=run&name=run"):
        for origin in (stranger, "null", f"http://{HOST}.evil.example", "http://friend.example"):
            status, body, headers = open_to.get(path, origin=origin)
            assert (status, body.decode()) == (
                403,
                "This page may not watch training runs: add its address to server.corsAllowedOrigins, or let the proxy "
                "forward the Host header.",
            )
            assert "access-control-allow-origin" not in headers
        assert served.get(path, origin=friend)[0] == 403
        for origin in (own, friend):
            status, _, headers = open_to.get(path, origin=origin)
            assert (status, headers["access-control-allow-origin"], headers["vary"]) == (200, origin, "Origin")
        status, _, headers = open_to.get(path)
        assert status == 200
        assert "access-control-allow-origin" not in headers


def test_an_allowed_page_can_read_why_there_is_no_film(served: Routes) -> None:
    friend = "https://friend.example"
    open_to = Routes(served.checkpoints, allows=own_and(friend))
    for query in ("kind=run&name=none", "kind=film"):
        assert open_to.get(f"/live/film?{query}", origin=friend)[2]["access-control-allow-origin"] == friend


@pytest.mark.parametrize(("base", "prefix"), [("", ""), ("lab", "/lab"), ("/lab/", "/lab"), ("a/b", "/a/b")])
def test_the_base_path_is_prepended(tmp_path: Path, base: str, prefix: str) -> None:
    made = routes(Runs(tmp_path), lambda _: None, base_path=base)
    assert [route.path for route in made if isinstance(route, Route)] == [f"{prefix}/live/runs", f"{prefix}/live/film"]
