"""Who may do what: teachers by a secret, students by a token, everybody else by nothing but the code."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPResponse
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.classes import Json, Running, serve
from tests.support.patience import PATIENCE
from vae.classroom.messages.commands import COMMANDS
from vae.classroom.serving.limits import ClassLimits, Rate


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("classes") / "classes.sqlite") as found:
        yield found


def cookie(code: str, secret: str) -> Json:
    return {"Cookie": f"class-{code}={secret}"}


def cookies(answer: HTTPResponse) -> list[str]:
    return answer.headers.get_all("Set-Cookie") or []


def refused_socket(running: Running, code: str, role: str, **who: Any) -> Json:
    """Why a socket ends."""
    with running.connect(code, role, **who) as client:
        client.until(lambda _: client.ended)
    assert client.ended
    return client.ended


# ---- teachers --------------------------------------------------------------------------------------------------------


def test_a_class_is_opened_with_a_cookie_that_no_script_and_no_other_site_can_use(running: Running) -> None:
    made = running.ask("POST", "classes", {"name": "Physics", "model": "grey"})
    code, secret = made.json["code"], made.json["secret"]
    told = made.headers["set-cookie"]
    assert told.startswith(f"class-{code}={secret};")
    assert set(told.lower().split("; ")[1:]) == {"httponly", "samesite=strict", "max-age=86400"}
    made = running.ask("POST", "classes", {"name": "a", "model": "grey"}, headers={"X-Forwarded-Proto": "https"})
    assert "secure" in made.headers["set-cookie"].lower()
    found = running.ask("GET", "classes", headers=cookie(code, secret))
    assert found.json == {"classes": [{"code": code, "name": "Physics", "model": "grey", "owner": True, "links": 0}]}
    assert running.ask("GET", "classes", headers=cookie(code, "guess")).json == {"classes": []}
    assert running.ask("GET", "classes").json == {"classes": []}


def test_the_link_s_secret_becomes_a_cookie_and_a_wrong_one_does_not(running: Running) -> None:
    code, secret = running.open()
    with running.connection() as connection:
        connection.request("POST", f"/c/{code}", json.dumps({"secret": secret}))
        (told,) = cookies(connection.getresponse())
        assert told.startswith(f"class-{code}=")
        assert "path" not in told.lower()  # it is sent to the classes wherever a proxy has put them
    wrong = running.ask("POST", code, {"secret": secret[:-1]})
    assert wrong.status == 403
    assert "set-cookie" not in wrong.headers


def test_a_teacher_is_known_by_the_cookie_alone(running: Running) -> None:
    code, secret = running.open()
    _, other_secret = running.open()
    assert "teacher" in refused_socket(running, code, "teacher")["error"]
    assert "teacher" in refused_socket(running, code, "teacher", secret="guess")["error"]
    assert "teacher" in refused_socket(running, code, "teacher", secret=other_secret)["error"]
    assert "teacher" in refused_socket(running, code, "teacher", seat=running.seat(code)["seat"])["error"]
    for way in ("poll", "events"):
        assert running.ask("GET", f"{code}/{way}?role=teacher").status == 403
        assert (
            running.ask("GET", f"{code}/{way}?role=teacher", headers={"Authorization": f"Bearer {secret}"}).status
            == 403
        )
    for file in ("export.json", "votes.csv", "drawings.npz"):
        assert running.ask("GET", f"{code}/{file}").status == 403
        found = running.ask("GET", f"{code}/{file}", headers=cookie(code, secret))
        assert found.status == 200
        assert found.headers["content-disposition"] == f'attachment; filename="class-{code}-{file}"'


def test_a_presenter_is_known_by_the_cookie_too_and_may_say_what_is_shown_alone(running: Running) -> None:
    code, secret = running.open()
    assert "teacher" in refused_socket(running, code, "presenter")["error"]
    assert "teacher" in refused_socket(running, code, "presenter", secret="guess")["error"]
    with running.connect(code, "presenter", secret=secret) as presenter, running.student(code, "Ada") as ada:
        presenter.do("show", page="Sampling", params={"checkpoint": "grey"})
        presenter.do("freeze", frozen=True)
        ada.until(lambda state: state["shown"] and state["class"]["frozen"])
        for name in COMMANDS["teacher"].keys() - COMMANDS["presenter"].keys():
            assert "no command" in presenter.ask(name)["error"]
        assert "Ada" not in json.dumps(presenter.state)
        assert presenter.state.keys().isdisjoint({"seats", "tally", "drawings", "check", "rehearsal"})


def test_a_co_teacher_may_teach_but_not_invite_or_delete_and_can_be_sent_away(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher:
        second = teacher.do("co_teacher")["secret"]
        (listed,) = running.ask("GET", "classes", headers=cookie(code, second)).json["classes"]
        assert (listed["owner"], listed["links"]) == (False, 1)
        with (
            running.connect(code, "teacher", secret=second) as other,
            running.connect(code, "presenter", secret=second) as showing,
        ):
            other.do("mode", mode="explore")
            for command in ("co_teacher", "revoke_co_teachers", "delete"):
                assert "teacher" in other.ask(command)["error"]
            teacher.do("revoke_co_teachers")
            for client in (other, showing):
                client.until(lambda _, client=client: client.ended)
                assert client.ended["final"] if client.ended else False
        assert running.ask("POST", code, {"secret": second}).status == 403
        teacher.do("mode", mode="follow")


@pytest.mark.parametrize("role", ["student", "projector", "check"])
def test_nobody_else_has_a_teacher_s_commands(running: Running, role: str) -> None:
    code, _ = running.open()
    who = {"seat": running.seat(code)["seat"]} if role == "student" else {}
    with running.connect(code, role, **who) as client:
        for name in COMMANDS["teacher"].keys() - {"seen"}:
            assert "no command" in client.ask(name)["error"]
        assert client.state["class"]["mode"] == "follow"


# ---- students --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["guess", "", "x" * 200, "\ud800", "../..", None])
def test_a_forged_token_is_no_seat(running: Running, token: str | None) -> None:
    code, _ = running.open()
    running.seat(code)
    with connect(f"ws://127.0.0.1:{running.port}/c/{code}/socket") as client:
        client.send(json.dumps({"version": 1, "role": "student", "seat": token}))
        assert json.loads(client.recv(PATIENCE)).keys() == {"error", "final"}
    if token is not None and token.isascii():
        headers = {"Authorization": f"Bearer {token}"}
        for way in ("poll", "events"):
            assert running.ask("GET", f"{code}/{way}?role=student", headers=headers).status == 403
        assert running.ask("POST", f"{code}/commands?role=student", {}, headers=headers).status == 403
    assert running.ask("POST", f"{code}/commands?role=student", {}).status == 403
    # A token that no seat has is that of a class of before: its owner gets a new seat.
    if token:
        found = running.ask("POST", f"{code}/join", {"seat": token, "name": None})
        assert found.status == (400 if token == "\ud800" else 200)
        assert found.status == 400 or found.json["seat"] != token


def test_a_token_is_worth_nothing_in_another_class(running: Running) -> None:
    code, _ = running.open()
    other, _ = running.open()
    token = running.seat(code)["seat"]
    assert refused_socket(running, other, "student", seat=token)["final"]
    assert running.seat(other, None, token)["seat"] != token


def test_a_student_reaches_nothing_of_another_s(running: Running) -> None:
    code, secret = running.open()
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.student(code, "Ada") as ada,
        running.student(code, "Bob") as bob,
    ):
        teacher.do("ask", text="Why?", options=["a", "b"], correct=0)
        drawing = ada.do("hand_in", **drawn("1"))["drawing"]
        bob.until(lambda state: state["question"])
        question = bob.state["question"]["id"]
        seat = ada.state["me"]["seat"]
        for name, fields in [
            ("withdraw", {"drawing": drawing}),
            ("vote", {"question": question, "round": 1, "choice": 1, "seat": seat}),
            ("rename", {"name": "Eve", "seat": seat}),
            ("rename_seat", {"name": "Eve", "seat": seat}),
            ("remove_seat", {"seat": seat}),
        ]:
            assert "error" in bob.ask(name, **fields)
        assert ada.do("withdraw", drawing=drawing)
        ada.do("vote", question=question, round=1, choice=0)
        bob.do("vote", question=question, round=1, choice=1)
        bob.until(lambda state: state["progress"]["answered"] == 2)
        heard = json.dumps(bob.state)
        assert "Ada" not in heard
        assert bob.state.keys().isdisjoint({"seats", "tally", "drawings", "check", "rehearsal"})
        assert bob.state["question"]["counts"] is bob.state["question"]["correct"] is None
        teacher.until(lambda state: state["tally"] and state["tally"]["counts"] == [[1, 1]])


def drawn(key: str, label: str = "a 3", **more: Any) -> Json:
    """A drawing as the model "grey" takes them."""
    return {"key": key, "picture": "AAAA" * 21, "shape": [1, 9, 7], "label": label, **more}


def test_a_removed_student_is_out_and_stays_out(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher:
        seat = running.seat(code, "Eve")
        with running.connect(code, "student", seat=seat["seat"]) as student:
            teacher.do("remove_seat", seat=seat["id"])
            student.until(lambda _: student.ended)
            assert student.ended is not None
            assert student.ended["final"]
        assert running.ask("POST", f"{code}/join", {"seat": seat["seat"]}).status == 403
        assert refused_socket(running, code, "student", seat=seat["seat"])["final"]
        teacher.until(lambda state: f"{seat['id']}" not in state["seats"])


def test_a_closed_code_lets_nobody_new_in_and_everybody_back(running: Running) -> None:
    code, secret = running.open()
    seat = running.seat(code)
    with running.connect(code, "teacher", secret=secret) as teacher:
        teacher.do("joinable", open=False)
        assert running.ask("POST", f"{code}/join", {"seat": None}).status == 400
        assert running.seat(code, None, seat["seat"]) == seat


@pytest.mark.parametrize("name", ["<b>Eve</b>", "", " ", "x" * 25, "x" * 200, "\u202eevE", "&amp;"])
def test_a_name_is_plain_text_of_a_few_letters(running: Running, name: str) -> None:
    code, _ = running.open()
    found = running.ask("POST", f"{code}/join", {"seat": None, "name": name})
    if found.status == 200:
        assert re.fullmatch(r"[\w ]{1,24}", found.json["name"])
    else:
        assert re.fullmatch(r"A nickname has .+; write another\.", found.text)


# ---- everybody -------------------------------------------------------------------------------------------------------


def test_a_deleted_class_is_gone_for_everybody(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher, running.student(code) as student:
        teacher.send("delete")
        for client in (teacher, student):
            client.until(lambda _, client=client: client.ended)
            assert client.ended is not None
            assert "deleted" in client.ended["error"]
    assert running.ask("GET", f"{code}/ping").status == 404
    assert running.ask("POST", f"{code}/join", {}).status == 404


def test_a_code_is_found_in_any_spelling(running: Running) -> None:
    code, _ = running.open()
    for spelt in (code.lower(), f"{code[:3]}-{code[3:]}", f"%20{code[:3]}%20{code[3:]}"):
        assert running.ask("GET", f"{spelt}/ping").status == 204


@pytest.mark.parametrize("code", ["AAAAAA", "O0I1O0", "short", "classes2", "..", "%2e%2e%2f", "é" * 6, "x" * 5000])
def test_a_code_of_no_class_is_not_found(running: Running, code: str) -> None:
    for method, path in [("GET", "ping"), ("POST", "join"), ("GET", "export.json"), ("GET", "poll?role=projector")]:
        found = running.ask(
            method, f"{code.encode('ascii', 'ignore').decode()}/{path}", {} if method == "POST" else None
        )
        assert found.status == 404


def test_another_site_s_page_gets_nothing(running: Running) -> None:
    code, secret = running.open()
    foreign = {"Origin": "http://evil.test", **cookie(code, secret)}
    for method, path in [
        ("POST", "classes"), ("GET", "classes"), ("POST", code), ("POST", f"{code}/join"),
        ("POST", f"{code}/commands?role=teacher"), ("GET", f"{code}/events?role=teacher"),
        ("GET", f"{code}/poll?role=teacher"), ("GET", f"{code}/export.json"), ("POST", f"{code}/socket"),
    ]:  # fmt: skip
        found = running.ask(method, path, {"secret": secret}, headers=foreign)
        assert found.status == 403
        assert found.text.startswith("This page may not take part in a class")
    with (
        pytest.raises(InvalidStatus),
        connect(f"ws://127.0.0.1:{running.port}/c/{code}/socket", additional_headers=foreign),
    ):
        pass
    own = {"Origin": f"http://127.0.0.1:{running.port}"}
    assert running.ask("POST", f"{code}/socket", headers=own).status == 204


def test_codes_cannot_be_guessed_and_a_guesser_shuts_no_neighbour_out(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    limits = replace(ClassLimits(), failures=Rate(20, 1e-9))
    with serve(tmp_path_factory.mktemp("classes") / "classes.sqlite", limits=limits) as running:
        code, secret = running.open()
        other, _ = running.open()
        running.seat(code)
        found = [running.ask("GET", f"AAAAA{letter}/ping").status for letter in "ABCDEFGHJKLMNPQRSTUVWXYZ"]
        assert found == [404] * 20 + [429] * 4
        assert running.ask("GET", f"{other}/ping").status == 429  # a right guess looks like a wrong one
        assert running.ask("POST", code, {"secret": secret}).status == 204
        assert running.seat(code)["seat"]
        with running.connect(code, "teacher", secret=secret) as teacher:
            teacher.do("mode", mode="explore")


def test_classes_and_seats_of_one_address_are_limited(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = replace(ClassLimits(), classes=Rate(2, 1e-9), seats=Rate(3, 1e-9))
    with serve(tmp_path_factory.mktemp("classes") / "classes.sqlite", limits=limits) as running:
        code, _ = running.open()
        running.open()
        assert running.ask("POST", "classes", {"name": "a", "model": "grey"}).status == 429
        seats = [running.ask("POST", f"{code}/join", {}).status for _ in range(4)]
        assert seats == [200, 200, 200, 429]


def test_a_model_that_is_not_there_opens_no_class(running: Running) -> None:
    for model in ("nowhere", "../grey", "", 7, None, "x" * 9000):
        found = running.ask("POST", "classes", {"name": "a", "model": model})
        assert found.status == 400
        assert found.text.endswith(".")
