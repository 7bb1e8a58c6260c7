"""A whole lesson over the wire: who sees what, and when."""

from collections.abc import Iterator

import pytest

from tests.support.classes import Running, serve


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("classes") / "classes.sqlite") as found:
        yield found


def test_a_question_is_voted_on_twice_and_shown_when_the_teacher_wants(running: Running) -> None:
    code, secret = running.open()
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "projector") as projector,
        running.student(code, "Ada") as ada,
        running.student(code) as bob,
    ):
        teacher.do("ask", text="What survives?", options=["all", "little"], correct=1)
        ada.until(lambda state: state["question"])
        number = ada.state["question"]["id"]
        ada.do("vote", question=number, round=1, choice=0)
        bob.until(lambda state: state["question"])
        bob.do("vote", question=number, round=1, choice=1)
        teacher.until(lambda state: state["tally"] and state["tally"]["counts"] == [[1, 1]])
        projector.until(lambda state: state["progress"]["answered"] == 2)
        assert projector.state["question"]["counts"] is None
        assert "locked" in ada.ask("vote", question=number, round=1, choice=1)["error"]
        ada.do("vote", question=number, round=1, choice=0)

        teacher.do("round")
        ada.until(lambda state: state["question"]["round"] == 2)
        ada.do("vote", question=number, round=2, choice=1)
        ada.until(lambda state: state["me"]["votes"] == [0, 1])
        teacher.do("results", shown=True)
        projector.until(lambda state: state["question"]["counts"])
        assert projector.state["question"]["counts"] == [[1, 1], [0, 1]]
        assert projector.state["question"]["moved"] == [[0, 1], [0, 0]]
        assert projector.state["question"]["correct"] is None
        teacher.do("reveal")
        ada.until(lambda state: state["question"]["correct"] == 1)
        assert {seat["name"] for seat in teacher.state["seats"].values()} >= {"Ada"}


def test_what_the_teacher_moves_comes_to_everybody_else_while_the_class_follows(running: Running) -> None:
    code, secret = running.open()
    with (
        running.connect(code, "teacher", secret=secret) as teacher,
        running.connect(code, "projector") as projector,
        running.student(code) as student,
    ):
        teacher.send("live", view="explore", z=[1, 2])
        for client in (student, projector):
            client.until(lambda _, client=client: client.live)
            assert client.live == [{"view": "explore", "z": [1, 2]}]
        teacher.do("mode", mode="explore")
        student.until(lambda state: state["class"]["mode"] == "explore")
        teacher.send("live", view="explore", z=[3, 4])
        teacher.do("show", page="Explore", params={"z": "3,4"})
        student.until(lambda state: state["shown"])
        assert student.state["shown"] == {"page": "Explore", "params": {"z": "3,4"}}
        assert len(student.live) == 1
        assert teacher.live == []
