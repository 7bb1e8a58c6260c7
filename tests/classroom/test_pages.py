"""The pages of a class: the student's with its first picture in it, the one to type a code, refusals."""

import asyncio
import dataclasses
import gzip
import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.support.classes import serve
from tests.support.pages import ROOT
from vae.classroom.serving import routes
from vae.classroom.serving.pages import Pages, class_page
from vae.storage.checkpoints import list_checkpoints
from vae.ui.serving.lab import AppData


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Of an app with two models."""
    root = tmp_path_factory.mktemp("class") / "checkpoints"
    for name in ("digits-z2", "mnist-z2"):
        shutil.copytree(ROOT / "checkpoints" / name, root / name)
    found = partial(list_checkpoints, root)
    return Pages(found, AppData(found), hosts=lambda: ["192.168.0.5"])


def asked(query: str = "", **headers: str) -> Request:
    """A request for a page with this query."""
    sent = {"host": "lab.example"} | {name.replace("_", "-"): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode()) for name, value in sent.items()]
    return Request(
        {"type": "http", "method": "GET", "path": "/c/K7PM2X", "query_string": query.encode(), "headers": pairs}
    )


def student(
    pages: Pages, request: Request, model: str, mode: str = "explore", shown: dict[str, object] | None = None
) -> Response:
    return asyncio.run(pages.student(request, {"model": model, "mode": mode}, shown))


def text(response: Response) -> str:
    return bytes(response.body).decode()


def data(page: str, name: str) -> Any:
    """A block of the page's data."""
    found = re.search(rf'<script type="text/plain" data-name="{name}">(.*?)</script>', page, re.DOTALL)
    assert found, name
    return json.loads(found[1])


def test_a_student_first_sees_the_class_s_model_or_what_the_link_names(pages: Pages) -> None:
    settings = data(text(student(pages, asked(), "mnist-z2")), "settings")
    assert (settings["model"], [*settings["answers"]]) == (
        "mnist-z2",
        ["lab/data?view=explore&model=mnist-z2", "lab/data?view=image&model=mnist-z2&image=0"],
    )
    page = text(student(pages, asked("page=Sampling&checkpoint=digits-z2"), "mnist-z2"))
    assert data(page, "settings")["model"] == "digits-z2"
    assert [*data(page, "settings")["answers"]] == ["lab/data?view=sampling&model=digits-z2"]


def test_a_student_who_comes_late_begins_with_what_the_class_follows(pages: Pages) -> None:
    shown: dict[str, object] = {"page": "Sampling", "params": {"checkpoint": "digits-z2", "seed": "3"}}
    followed = data(text(student(pages, asked(), "mnist-z2", "follow", shown)), "settings")
    assert [*followed["answers"]] == ["lab/data?view=sampling&model=digits-z2"]
    own = data(text(student(pages, asked("page=Explore&checkpoint=mnist-z2"), "mnist-z2", "follow", shown)), "settings")
    assert (own["model"], "sampling" in own["styles"]) == ("mnist-z2", False)
    alone = data(text(student(pages, asked(), "mnist-z2", "explore", shown)), "settings")
    assert (alone["model"], "sampling" in alone["styles"]) == ("mnist-z2", False)
    elsewhere: dict[str, object] = {"page": "Home", "params": {}}
    away = data(text(student(pages, asked(), "mnist-z2", "follow", elsewhere)), "settings")
    assert (away["model"], "explore" in away["styles"]) == ("mnist-z2", True)


def test_a_class_whose_model_is_gone_has_another_one(pages: Pages) -> None:
    assert data(text(student(pages, asked(), "no-such")), "settings")["model"] in ("digits-z2", "mnist-z2")


def test_all_that_the_class_needs_is_in_the_page_so_that_joining_waits_for_no_other_request(pages: Pages) -> None:
    page = text(student(pages, asked(), "digits-z2"))
    names = {name for name, _ in data(page, "modules")["modules"]}
    assert {"explore/explore.js", "bar/bar.js", "classroom/student/student.js", "classroom/connection.js"} <= names
    assert ".class-strip" in data(page, "settings")["styles"]["class"]
    assert '<base href="../">' in page
    assert '<link rel="preload" as="fetch" crossorigin href="live/weights?model=digits-z2' in page


def test_the_page_names_no_class_so_that_all_classes_of_a_model_share_it(pages: Pages) -> None:
    first = student(pages, asked(), "digits-z2")
    assert "K7PM2X" not in json.dumps(data(text(first), "settings"))
    again = student(pages, asked(if_none_match=first.headers["etag"]), "digits-z2")
    assert (again.status_code, again.body) == (304, b"")


def test_a_page_is_packed_for_a_browser_that_unpacks_it(pages: Pages) -> None:
    plain, packed = pages.entry(asked()), pages.entry(asked(accept_encoding="gzip"))
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(packed.body)) == plain.body


def test_the_page_to_type_a_code_says_why_and_keeps_its_status(pages: Pages) -> None:
    reason = "There is no class <K7PM2X>. Look at the code again."
    response = pages.entry(asked(), reason, 404)
    assert response.status_code == 404
    assert data(text(response), "settings")["sentence"] == reason
    assert "<K7PM2X>" not in text(response)
    assert pages.entry(asked(if_none_match=response.headers["etag"]), reason, 404).status_code == 404


def test_the_projector_knows_its_class_and_where_phones_may_reach_this_computer(pages: Pages) -> None:
    page = text(pages.projector(asked(), "K7PM2X"))
    settings = data(page, "settings")
    assert (settings["code"], settings["addresses"]) == ("K7PM2X", ["192.168.0.5"])
    assert '<base href="../../">' in page
    names = {name for name, _ in data(page, "modules")["modules"]}
    assert {"classroom/projector/projector.js", "classroom/shared-map.js", "classroom/histogram.js"} <= names
    assert all(style in page for style in (".projector", ".shared-map", ".histogram"))


def test_the_check_brings_no_model_with_it(pages: Pages) -> None:
    page = text(pages.check(asked(), "K7PM2X"))
    names = {name for name, _ in data(page, "modules")["modules"]}
    assert "classroom/check/check.js" in names
    assert not any("model" in name for name in names)
    assert data(page, "settings")["code"] == "K7PM2X"


def test_another_site_s_page_gets_none(pages: Pages) -> None:
    stranger = asked(origin="https://evil.example")
    assert pages.projector(stranger, "K7PM2X").status_code == pages.check(stranger, "K7PM2X").status_code == 403
    assert student(pages, stranger, "digits-z2").status_code == 403
    assert pages.entry(stranger).status_code == 403


def test_a_page_two_folders_down_finds_the_app() -> None:
    page = class_page("classroom/entry/entry.js", (), "Room", {}, base="../../").plain.decode()
    assert '<base href="../../">' in page
    assert "<title>Room · Latent Lab</title>" in page


def test_a_code_of_no_class_leads_to_the_page_to_type_another(pages: Pages, tmp_path: Path) -> None:
    made = routes.Pages(enter=lambda request, _: pages.entry(request), refused=pages.entry)
    with serve(tmp_path / "classes.sqlite", dataclasses.replace(made, student=made.enter)) as running:
        code, _ = running.open()
        assert running.ask("GET", f"{code[:3]}-{code[3:].lower()}").status == 200
        refused = running.ask("GET", "K7PM2X")
        assert (refused.status, refused.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert (
            data(refused.text, "settings")["sentence"]
            == "There is no class with this code; check it, or ask your teacher."
        )


def test_a_student_s_page_has_the_class_s_language_unless_its_address_names_another(pages: Pages) -> None:
    about: dict[str, object] = {"model": "digits-z2", "mode": "explore", "language": "de"}
    for query, language in (("", "de"), ("page=Sampling", "de"), ("lang=es", "es"), ("lang=xx", "en")):
        page = text(asyncio.run(pages.student(asked(query), about, None)))
        assert f'<html lang="{language}">' in page


def test_the_page_to_type_a_code_has_the_browser_s_language(pages: Pages) -> None:
    page = text(pages.entry(asked(accept_language="de-AT,en;q=0.8")))
    assert '<html lang="de">' in page
    assert "<title>Einer Klasse beitreten · Latent Lab</title>" in page


def test_projector_and_check_have_the_language_that_they_are_given(pages: Pages) -> None:
    for show in (pages.projector, pages.check):
        assert '<html lang="es">' in text(show(asked(), "K7PM2X", "es"))
        assert '<html lang="en">' in text(show(asked(), "K7PM2X"))
