"""Drawings by the wire: encoded, approved, presented, encoded anew; what students see; the room's check."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.classes import Json, Running, serve
from tests.support.live import MODELS
from vae.classroom.serving import work
from vae.classroom.serving.work import fitted
from vae.classroom.state.drawings import MOST_PER_SEAT
from vae.model.networks import to_unit

PIXELS = np.arange(63, dtype=np.uint8).reshape(1, 9, 7)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("classes") / "classes.sqlite") as found:
        yield found


def drawing(key: str = "1", label: str = "a 3", pixels: Any = PIXELS) -> Json:
    text = base64.b64encode(pixels.tobytes()).decode()
    return {"key": key, "picture": text, "shape": list(pixels.shape), "label": label}


def tile(page: str = "Explore", side: int = 4) -> Json:
    pixels = base64.b64encode(bytes(side * side)).decode()
    return {"page": page, "model": "grey", "shape": [1, side, side], "pixels": pixels}


def test_a_drawing_is_on_the_map_once_it_is_approved(running: Running) -> None:
    code, secret = running.open()
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "projector") as projector,
        running.student(code, "Ada") as ada,
    ):
        number = ada.do("hand_in", **drawing())["drawing"]
        assert ada.do("hand_in", **drawing())["drawing"] == number  # sent twice, handed in once
        ada.until(lambda state: state["me"]["drawings"])
        assert ada.state["me"]["drawings"] == {f"{number}": {"state": "waiting", "label": "a 3"}}
        teacher.until(lambda state: state["drawings"])
        assert projector.state["map"] == {}
        teacher.do("drawing", drawing=number, state="approved")
        projector.until(lambda state: state["map"])
        found = projector.state["map"][f"{number}"]
        with torch.inference_mode():
            mean, logvar = MODELS["grey"].model.encode(to_unit(torch.from_numpy(PIXELS)[None]))
        assert found["mean"] == pytest.approx(mean[0].tolist(), abs=1e-3)
        assert found["logvar"] == pytest.approx(logvar[0].tolist(), abs=1e-3)
        assert base64.b64decode(found["picture"]) == PIXELS.tobytes()
        assert "seat" not in found
        teacher.do("present", pieces=[{"drawing": number}])
        projector.until(lambda state: state["presented"])
        assert projector.state["presented"][0]["caption"] == "a 3"
        teacher.do("drawing", drawing=number, state="hidden")
        projector.until(lambda state: not state["map"] and not state["presented"])
        assert "Ada" not in json.dumps(projector.state)


def test_a_class_s_drawings_are_exported(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher, running.student(code) as student:
        number = student.do("hand_in", **drawing())["drawing"]
        teacher.do("drawing", drawing=number, state="approved")
        found = running.ask("GET", f"{code}/drawings.npz", headers={"Cookie": f"class-{code}={secret}"})
        with np.load(io.BytesIO(found.body)) as arrays:
            assert any(array.size == PIXELS.size for array in arrays.values())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"picture": "AAAA"}, "bytes"),
        ({"picture": "?"}, "base64"),
        ({"shape": [2, 9, 7]}, "shape"),
        ({"shape": [1, 9, 10**9]}, "shape"),
        ({"label": "x" * 41}, "label"),
        ({"label": " "}, "drawing"),
        ({"key": "é"}, "key"),
    ],
)
def test_a_drawing_that_is_none_is_refused_in_a_sentence(running: Running, change: Json, sentence: str) -> None:
    code, _ = running.open()
    with running.student(code) as student:
        assert sentence in student.ask("hand_in", **drawing() | change)["error"]


def test_nothing_is_encoded_for_a_seat_that_may_hand_in_nothing(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = running.open()
    real, encoded = work._encode, 0

    def counted(*given: Any) -> Any:
        nonlocal encoded
        encoded += 1
        return real(*given)

    monkeypatch.setattr(work, "_encode", counted)
    with running.student(code) as student:
        first = [student.do("hand_in", **drawing(key=f"{number}")) for number in range(MOST_PER_SEAT)]
        for _ in range(3):
            assert student.do("hand_in", **drawing(key="0"))["drawing"] == first[0]["drawing"]
            assert "take one back" in student.ask("hand_in", **drawing(key="one more"))["error"]
        assert "1 to 40" in student.ask("hand_in", **drawing(key="new", label=" "))["error"]
    assert encoded == MOST_PER_SEAT


def test_another_model_encodes_the_drawings_anew(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher, running.student(code) as student:
        number = student.do("hand_in", **drawing())["drawing"]
        teacher.do("drawing", drawing=number, state="approved")
        teacher.until(lambda state: state["map"])
        assert "no model" in teacher.ask("model", model="nowhere")["error"]
        teacher.do("model", model="color")
        student.until(lambda state: state["class"]["model"] == "color" and state["map"])
        student.until(lambda state: state["map"] and len(state["map"][f"{number}"]["mean"]) == 5)
        assert student.state["map"][f"{number}"]["shape"] == [3, 6, 6]


@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 6, 6), (1, 2, 3), (3, 64, 64)])
def test_a_picture_is_fitted_to_a_model(shape: tuple[int, int, int]) -> None:
    grey = np.full((1, 9, 7), 100, np.uint8)
    assert (fitted(grey, shape) == 100).all()
    assert fitted(grey, shape).shape == shape
    assert (fitted(np.full((3, 8, 8), 7, np.uint8), shape) == 7).all()


def test_a_teacher_sees_and_presents_what_students_see(running: Running) -> None:
    code, secret = running.open()
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "projector") as projector,
        running.student(code, "Ada") as ada,
    ):
        seat = ada.state["me"]["seat"]
        assert "nothing" in teacher.ask("present", pieces=[{"seat": seat}])["error"]
        ada.send("tile", **tile())
        teacher.until(lambda _: teacher.tiles)
        assert teacher.tiles[f"{seat}"] == tile()
        teacher.do("present", pieces=[{"seat": seat}])
        projector.until(lambda state: state["presented"])
        (piece,) = projector.state["presented"]
        assert piece == {"kind": "tile", "picture": tile()["pixels"], "shape": [1, 4, 4], "caption": "Explore"}
        assert projector.tiles == {}
        with running.student(code) as eve:
            eve.send("tile", **tile() | {"page": "Ada is stupid"})
            teacher.until(lambda _: f"{eve.state['me']['seat']}" in teacher.tiles)
            teacher.do("present", pieces=[{"seat": eve.state["me"]["seat"]}])
            projector.until(lambda state: [each["caption"] for each in state["presented"]] == [""])
        assert "64" in ada.ask("tile", **tile(side=65))["error"]


def test_a_teacher_who_polls_is_told_each_tile_once(running: Running) -> None:
    code, secret = running.open()
    known: Json = {}

    def poll() -> Json:
        """The next tiles."""
        told: Json = {}
        while not told:
            query = "".join(f"&{name}={number}" for name, number in known.items() if number is not None)
            headers = {"Cookie": f"class-{code}={secret}"}
            answer = running.ask("GET", f"{code}/poll?role=teacher{query}", headers=headers).json
            known.update(mark=answer["mark"], tile=answer["tile"])
            for message in answer["messages"]:
                told |= message.get("tiles", {})
                known.update(after=message["seq"]) if "seq" in message else None
        return told

    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.student(code, "Ada") as ada,
        running.student(code, "Eve") as eve,
    ):
        for student in (ada, eve):
            student.send("tile", **tile())
            seat = f"{student.state['me']['seat']}"
            teacher.until(lambda _, seat=seat: seat in teacher.tiles)
            assert poll() == {seat: tile()}
        known["tile"] = 2**33  # of a room that has been made anew
        assert len(poll()) == 2


def test_a_phone_s_report_is_shown_to_teachers(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher, running.connect(code, "check") as phone:
        phone.do("report", http=True, socket_seconds=60, latency_ms=12.5)
        teacher.until(lambda state: state["check"])
        (report,) = teacher.state["check"].values()
        assert report["address"] == "127.0.0.1"
        assert report["transport"] == "websocket"
        assert report["socket_seconds"] == 60
        assert report["agent"].startswith("Python")


def test_what_an_app_cannot_do_is_said(running: Running) -> None:
    code, secret = running.open()
    with running.connect(code, "teacher", secret=secret) as teacher:
        assert teacher.ask("rehearse", students=3)["error"].endswith(".")
        assert teacher.ask("train", name="ours", minutes=1)["error"].endswith(".")
