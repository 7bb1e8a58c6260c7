"""Health, readiness and metrics: of the routes with checks of the test's own, and of the running app."""

import asyncio
import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError

import pytest
from starlette.applications import Starlette
from starlette.types import Message
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.live import load, random_model
from tests.support.patience import PATIENCE
from vae.bench.live import Server, connect_drag
from vae.server.health import Check, Readiness, routes
from vae.server.live.decode import DecodeService
from vae.server.live.decode_frames import DecodeLimits
from vae.server.live.inference import LiveModel
from vae.server.live.prometheus import family
from vae.server.wire import own_origin


def problems(*sentences: str) -> list[Check]:
    async def look(sentence: str) -> str:
        return sentence

    return [lambda sentence=sentence: look(sentence) for sentence in sentences]  # type: ignore[misc]


def answers(*checks: Check, base: str = "") -> Callable[[str], tuple[int, str]]:
    """Status and text of the answer at a path."""

    async def metrics() -> str:
        return family("counted_total", "counter", "Counted.", [("", 3)])

    app = Starlette(routes=routes(checks, metrics, base_path=base))

    async def get(path: str) -> tuple[int, str]:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await app({"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}, receive, send)
        return sent[0]["status"], sent[1]["body"].decode()

    return lambda path: asyncio.run(get(path))


def test_a_process_that_answers_is_healthy_whatever_hinders_it() -> None:
    assert answers(*problems("The disk is away."))("/healthz") == (200, "ok")


def test_it_is_ready_while_nothing_hinders_it() -> None:
    assert answers(*problems("", ""))("/readyz") == (200, "ready")
    assert answers(*problems("The disk is away.", "", "No decoder."))("/readyz") == (
        503,
        "The disk is away. No decoder.",
    )


def test_the_routes_are_below_the_base_path() -> None:
    get = answers(base="/course/ml/")
    assert {get(f"/course/ml/{name}")[0] for name in ("healthz", "readyz", "metrics")} == {200}
    assert get("/readyz")[0] == 404


def test_a_check_that_fails_is_a_sentence_without_what_only_the_log_may_say(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> str:
        raise OSError("/secret/path")

    assert answers(fail)("/readyz") == (503, "A check failed (OSError); the log has more.")
    assert "/secret/path" in caplog.text


def test_a_check_that_hangs_is_asked_once_and_hinders() -> None:
    asked = []

    async def lesson() -> None:
        free = asyncio.Event()

        async def hang() -> str:
            asked.append(1)
            await free.wait()
            return ""

        ready = Readiness([hang], seconds=0.01)
        for _ in range(3):
            assert "has not ended within 0.01 s" in await ready.problem()
        free.set()
        while await ready.problem():
            pass

    asyncio.run(lesson())
    assert len(asked) == 1


def test_an_answer_is_kept_for_a_moment() -> None:
    async def lesson() -> None:
        asked = []

        async def look() -> str:
            asked.append(1)
            return ""

        ready = Readiness([look])
        await asyncio.gather(*(ready.problem() for _ in range(9)))
        await ready.problem()
        assert len(asked) == 1

    asyncio.run(lesson())


def test_metrics_are_the_apps_own_with_memory_processor_time_and_lag() -> None:
    found = samples(answers()("/metrics")[1])
    assert found["counted_total"] == 3
    assert found["process_resident_memory_bytes"] > 2**20
    assert found["process_cpu_seconds_total"] > 0
    assert found["latentlab_event_loop_lag_seconds"] >= 0


def samples(text: str) -> dict[str, float]:
    """Metrics by name and labels."""
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_the_decode_thread_is_tried() -> None:
    def try_once(name: str) -> None:
        service = DecodeService(load, own_origin, DecodeLimits())
        asyncio.run(service.decode_once(name))
        assert service.batcher.counts.vectors == 1

    try_once("grey")
    try_once("conditional")
    with pytest.raises(LookupError):
        try_once("missing")


def test_a_decoder_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = LiveModel("broken", random_model(load("grey").model.config), None)
    service = DecodeService(lambda _: broken, own_origin, DecodeLimits())

    async def lesson() -> None:
        model = await service.models.choose("broken")
        monkeypatch.setattr(model.engine, "decode", lambda _: 1 / 0)
        await service.decode_once("broken")

    with pytest.raises(RuntimeError, match="failed to decode"):
        asyncio.run(lesson())


# ---- the running app -------------------------------------------------------------------------------------------------


def ask(app: Server, path: str, host: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(f"{app.url}/{path}", headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def counted(app: Server) -> dict[str, float]:
    return samples(ask(app, "metrics")[1])


def test_the_app_is_ready_under_any_name(app: Server) -> None:
    for host in (None, "lab-0.lab", "10.0.0.7:8501"):
        assert ask(app, "healthz", host) == (200, "ok")
        assert ask(app, "readyz", host) == (200, "ready")
    assert ask(app, "metrics", "evil.example")[0] == 400
    assert ask(app, "metrics", "10.0.0.7:8501")[0] == 200


def test_the_app_counts_what_it_serves(app: Server) -> None:
    async def lesson() -> dict[str, float]:
        drag = await connect_drag(app, "digits-z2")
        found = samples((await asyncio.to_thread(ask, app, "metrics"))[1])
        drag.close()
        return found

    found = asyncio.run(lesson())
    assert found['latentlab_sockets{of="live"}'] >= 1
    assert found["latentlab_live_clients"] >= 1
    assert {'latentlab_runs{state="running"}', "latentlab_visitors", "latentlab_class_students"} <= found.keys()
    assert 'latentlab_refused_total{of="live",limit="clients_per_address"}' in found
    assert 'latentlab_refused_total{of="classes",limit="codes"}' in found


def test_a_refused_socket_is_counted_by_its_reason(app: Server, counted: dict[str, float]) -> None:
    name = 'latentlab_refused_total{of="live",limit="origin"}'
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"{app.url.replace('http', 'ws')}/live", origin=Origin("https://evil.example"))
    assert samples(ask(app, "metrics")[1])[name] == counted[name] + 1
