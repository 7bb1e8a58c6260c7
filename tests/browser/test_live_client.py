"""LiveClient of lib/live-client.js against a socket whose other end the test holds: newest wins, nothing stale."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from vae.ui.shared.scripts import FRONTEND

pytestmark = pytest.mark.browser
PLACE = "http://scripts.test"  # where the test serves the scripts; no server is there
SETUP = """
async (script) => {
  const live = await import(script);
  const sockets = [];
  window.WebSocket = class {
    static CONNECTING = 0; static OPEN = 1; static CLOSING = 2; static CLOSED = 3;
    constructor() { this.readyState = 0; this.texts = []; this.frames = []; sockets.push(this); }
    send(data) { typeof data === "string" ? this.texts.push(JSON.parse(data)) : this.frames.push(data); }
    close() { this.readyState = 3; }
    open() { this.readyState = 1; this.onopen(); }
    greet(model) {
      const message = { version: 1, model, latent_dim: 1, image_shape: [1, 1, 1], kl: [1], device: "cpu",
                        limits: { vectors: 256, requests_per_second: 120, frame_bytes: 1e5 } };
      this.onmessage({ data: JSON.stringify(message) });
    }
    // Answers request number k: each picture is one pixel, its z.
    answer(k) {
      const view = new DataView(this.frames[k].buffer);
      const n = view.getUint16(2, true);
      const reply = new Uint8Array(8 + n);
      reply.set(this.frames[k].subarray(0, 8));
      reply[0] = 0;
      for (let i = 0; i < n; i++) reply[8 + i] = view.getFloat32(8 + 4 * i, true);
      this.onmessage({ data: reply.buffer });
    }
    refuse(k, sentence) {
      const text = new TextEncoder().encode(sentence);
      const reply = new Uint8Array(8 + text.length);
      reply.set(this.frames[k].subarray(0, 8));
      reply[0] = 1;
      reply.set(text, 8);
      this.onmessage({ data: reply.buffer });
    }
  };
  window.statuses = [];
  window.drawn = [];
  window.sockets = sockets;
  window.client = new live.LiveClient("ws://nowhere/live", "a", { onStatus: (status) => statuses.push(status) });
  const note = (reply) => drawn.push(reply && [...reply.pixels].join());
  window.ask = (zs, options) => client.decode(zs.map((z) => [z]), options).then(note);
  window.tick = (ms = 0) => new Promise((done) => setTimeout(done, ms));
  window.ready = async () => { sockets.at(-1).open(); sockets.at(-1).greet("a"); await tick(); };
}
"""


def serve(route: Route) -> None:
    """A script of the front end, or an empty page."""
    path = FRONTEND / urlsplit(route.request.url).path[1:]
    if path.is_file():
        route.fulfill(body=path.read_text(), content_type="text/javascript")
    else:
        route.fulfill(body="", content_type="text/html")


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """A page of its own, reused by all tests here."""
    page = browser.new_page()
    page.route(f"{PLACE}/**", serve)
    yield page
    page.close()


@pytest.fixture
def page(blank: Page) -> Page:
    """The blank page with a client on a socket whose other end is `sockets`."""
    blank.goto(PLACE)
    blank.evaluate(SETUP, f"{PLACE}/lib/live-client.js")
    return blank


def test_one_request_is_in_flight_and_the_newest_replaces_the_waiting(page: Page) -> None:
    sent, drawn = page.evaluate(
        """async () => {
            ask([1]); await ready();
            ask([2]); ask([3]); ask([4]); await tick();
            const sent = [sockets[0].frames.length];
            sockets[0].answer(0); await tick(); sent.push(sockets[0].frames.length);
            sockets[0].answer(1); await tick(); sent.push(sockets[0].frames.length);
            return [sent, drawn];
        }"""
    )
    assert sent == [1, 2, 2]
    assert drawn == [None, None, "1", "4"]


def test_background_work_waits_for_rest_and_goes_in_pieces(page: Page) -> None:
    early, later, drawn = page.evaluate(
        """async () => {
            await ready();
            ask([1]); sockets[0].answer(0);
            ask(Array.from({ length: 100 }, (_, i) => i), { slot: "strips", background: true });
            await tick(60);
            const early = sockets[0].frames.length;
            await tick(150);
            const later = [sockets[0].frames.length];
            ask([7]); later.push(sockets[0].frames.length);  // a hand does not wait for what is in flight
            sockets[0].answer(1); await tick(20); later.push(sockets[0].frames.length);
            sockets[0].answer(2); await tick(200); later.push(sockets[0].frames.length);
            sockets[0].answer(3); await tick();
            return [early, later, drawn];
        }"""
    )
    assert early == 1
    assert later == [2, 3, 3, 4]
    assert drawn == ["1", "7", ",".join(map(str, range(100)))]


def test_answers_for_an_earlier_model_are_never_drawn(page: Page) -> None:
    models, drawn = page.evaluate(
        """async () => {
            await ready();
            ask([1]); client.setModel("b"); ask([2]);
            sockets[0].answer(0); await tick();
            sockets[0].greet("a"); await tick();           // late greeting of the first choice
            const before = sockets[0].frames.length;
            sockets[0].greet("b"); await tick(); sockets[0].answer(1); await tick();
            return [[before, ...sockets[0].texts.map((text) => text.model)], drawn];
        }"""
    )
    assert models == [1, "a", "b"]
    assert drawn == [None, "2"]


def test_a_lost_connection_backs_off_and_asks_again_for_the_newest(page: Page) -> None:
    retries, texts, drawn = page.evaluate(
        """async () => {
            await ready();
            ask([1]); ask([2]);
            sockets[0].onclose({ reason: "" }); await tick(300);
            for (let k = 1; k < 3; k++) { sockets[k].onclose({ reason: "" }); await tick(1100); }
            sockets.at(-1).open(); sockets.at(-1).greet("a"); await tick();
            sockets.at(-1).answer(0); await tick();
            return [statuses.filter((s) => s.state === "lost").map((s) => s.retryIn), sockets.at(-1).texts, drawn];
        }"""
    )
    assert all(0.75 * full <= got <= full for got, full in zip(retries, (0.25, 0.5, 1), strict=True))
    assert texts == [{"version": 1, "model": "a"}]
    assert drawn == [None, "2"]


def test_a_long_silence_is_told_while_it_lasts_and_an_answer_ends_it(page: Page) -> None:
    states, drawn = page.evaluate(
        """async () => {
            await ready();
            ask([1]); ask([2]); await tick(2500);
            const states = [statuses.map((s) => s.state)];
            await tick(1500);
            states.push(statuses.slice(2).map((s) => [s.state, s.message, s.retryIn > 10 && s.retryIn <= 12]));
            sockets[0].answer(0); await tick();
            states.push(statuses.slice(3).map((s) => [s.state, s.greeting?.model]));
            sockets[0].answer(1); await tick(3500);  // nothing is owed any more
            return [[...states, statuses.length, sockets.length], drawn];
        }"""
    )
    assert states == [["connecting", "open"], [["lost", "No answer yet", True]], [["open", "a"]], 4, 1]
    assert drawn == ["1", "2"]


@pytest.mark.parametrize(
    ("what", "tries"), [("ask([1])", 2), ('dispatchEvent(new Event("online"))', 2), ("null", 1)],
    ids=["a hand moves", "the network is back", "nothing happens"],
)  # fmt: skip
def test_a_hand_or_the_network_s_return_cut_a_long_pause_short(page: Page, what: str, tries: int) -> None:
    long, sockets, drawn = page.evaluate(
        """async (what) => {
            await ready();
            client.attempt = 9;  // as after many tries in vain
            sockets[0].onclose({ reason: "" });
            for (let k = 0; k < 12; k++) { eval(what); await tick(100); }  // often, which must not put it off
            const found = [statuses.at(-1).retryIn > 5 || sockets.length > 1, sockets.length];
            if (what.startsWith("ask")) { await ready(); sockets[1].answer(0); await tick(); }
            return [...found, drawn.filter((picture) => picture !== null)];
        }""",
        what,
    )
    assert (long, sockets) == (True, tries)
    assert drawn == (["1"] if what.startswith("ask") else [])


def test_a_refusal_is_told_and_the_next_request_goes_on(page: Page) -> None:
    statuses, drawn = page.evaluate(
        """async () => {
            await ready();
            ask([1]); sockets[0].refuse(0, "Too far."); ask([2]); sockets[0].answer(1); await tick();
            return [statuses.filter((s) => s.state === "error").map((s) => s.message), drawn];
        }"""
    )
    assert statuses == ["Too far."]
    assert drawn == [None, "2"]


def test_closing_answers_everyone_with_nothing(page: Page) -> None:
    drawn = page.evaluate(
        "async () => { await ready(); ask([1]); ask([2]); client.close(); await tick(); return drawn; }"
    )
    assert drawn == [None, None]
