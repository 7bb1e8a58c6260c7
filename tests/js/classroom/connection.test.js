import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Connection } from "../../../vae/frontend/classroom/connection.js";
import { Kept } from "../../../vae/frontend/classroom/kept.js";
import { FakeSocket } from "../support/socket.js";
import { FakeServer, refusal, settle, stream } from "./server.js";

/** @import { Status } from "../../../vae/frontend/classroom/connection.js" */
/** @import { ClassState } from "../../../vae/frontend/classroom/state.js" */

/** @type {FakeServer} */
let server;
/** @type {Connection[]} */
let all = [];
/** @type {Status[]} */
let statuses;
/** @type {any[]} */
let lives;
/** @type {[state: ClassState, changed: string[]][]} */
let states;
let page = new EventTarget();

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  mock.method(Math, "random", () => 1);
  mock.method(performance, "now", () => Date.now());
  page = new EventTarget();
  Object.assign(globalThis, {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
  FakeSocket.all = [];
  server = new FakeServer();
  [all, statuses, lives, states] = [[], [], [], []];
});

afterEach(() => {
  for (const each of all) each.close();
  mock.timers.reset();
  mock.restoreAll();
});

function connected(storage = new Kept(() => /** @type {any} */ (null))) {
  const connection = new Connection({
    base: "https://lab.test/x",
    code: "K7PM2X",
    role: "student",
    seat: "token",
    onState: (state, changed) => states.push([state, [...changed]]),
    onLive: (live) => lives.push(live),
    onStatus: (status) => statuses.push(status),
    fetch: server.fetch,
    WebSocket: /** @type {any} */ (FakeSocket),
    storage,
  });
  all.push(connection);
  return connection;
}

/** A connection whose socket works. */
function bySocket() {
  const connection = connected();
  FakeSocket.last.open();
  FakeSocket.last.say({ seq: 1, full: true, set: {} });
  return connection;
}

/** A connection in a network that cuts every socket at once; the events work. */
async function byEvents() {
  const connection = connected();
  FakeSocket.last.drop();
  const events = stream();
  server.last("events").answer(events.response);
  events.say({ seq: 4, full: true, set: {} });
  await settle();
  return { connection, events };
}

/** A connection in a network that lets neither sockets nor streams through. */
async function byPoll() {
  const connection = connected();
  FakeSocket.last.drop();
  server.last("events").fail();
  await settle();
  answer("poll", { messages: [{ seq: 4, full: true, set: {} }] });
  await settle();
  return connection;
}

/**
 * @param {string} path
 * @param {object} value
 */
function answer(path, value) {
  server.last(path).answer(Response.json(value));
}

/** The socket's commands, without the first frame. */
function commands(socket = FakeSocket.last) {
  return socket.texts.slice(1);
}

test("a client says who it is in the first frame, and is connected with the first message", () => {
  const connection = connected();
  assert.equal(FakeSocket.last.url, "wss://lab.test/x/c/K7PM2X/socket");
  FakeSocket.last.open();
  assert.deepEqual(FakeSocket.last.texts, [{ version: 1, role: "student", seat: "token", after: null }]);
  assert.equal(connection.status.connected, false);
  FakeSocket.last.say({ seq: 7, full: true, set: { people: { joined: 3, connected: 2 } } });
  assert.equal(connection.status.connected, true);
  assert.equal(connection.status.sentence, "Connected.");
  assert.deepEqual(connection.state.people, { joined: 3, connected: 2 });
  assert.ok(states[0][1].includes("people"));
});

test("what the teacher moves is passed on and not kept", () => {
  bySocket();
  FakeSocket.last.say({ live: { view: "explore", z: [1] } });
  assert.deepEqual(lives, [{ view: "explore", z: [1] }]);
});

test("a command resolves to its reply's fields, and rejects with the server's sentence", async () => {
  const connection = bySocket();
  const vote = connection.command("vote", { question: 1, round: 1, choice: 0 });
  const second = assert.rejects(
    connection.command("vote", { question: 1, round: 1, choice: 1 }),
    /Your vote is locked\./,
  );
  const [first, other] = commands();
  assert.deepEqual({ ...first, id: "" }, { version: 1, id: "", do: "vote", question: 1, round: 1, choice: 0 });
  assert.notEqual(first.id, other.id);
  FakeSocket.last.say({ reply: other.id, error: "Your vote is locked." });
  FakeSocket.last.say({ reply: first.id, counted: true });
  assert.deepEqual(await vote, { counted: true });
  await second;
});

test("a lost connection comes back, asks for what came after, and sends again what has no reply", async () => {
  const connection = bySocket();
  FakeSocket.last.say({ seq: 12, set: {} });
  const vote = connection.command("vote", { choice: 2 });
  const [sent] = commands();
  FakeSocket.last.drop();
  assert.equal(connection.status.connected, false);
  assert.match(connection.status.sentence, /comes back by itself/);
  mock.timers.tick(500);
  assert.equal(FakeSocket.all.length, 2);
  FakeSocket.last.open();
  assert.equal(FakeSocket.last.texts[0].after, 12);
  FakeSocket.last.say({ seq: 12 });
  assert.deepEqual(commands(), [sent]);
  FakeSocket.last.say({ reply: sent.id });
  assert.deepEqual(await vote, {});
});

test("what would do more the second time is not sent again: the user is told", async () => {
  const connection = bySocket();
  const asking = connection.command("ask", { text: "?", options: ["a", "b"], correct: null });
  FakeSocket.last.drop();
  await assert.rejects(asking, /Look whether it was done/);
});

test("commands wait for the connection, and what needs no reply is dropped without one", () => {
  const connection = connected();
  void connection.command("rename", { name: "Ada" }).catch(() => {});
  connection.tell("tile", { page: "Explore" });
  FakeSocket.last.open();
  FakeSocket.last.say({ seq: 1, full: true });
  connection.tell("tile", { page: "Sampling" });
  assert.deepEqual(
    commands().map((command) => [command.do, command.name ?? command.page]),
    [
      ["rename", "Ada"],
      ["tile", "Sampling"],
    ],
  );
});

test("a socket that opens and brings nothing for 3 s is no way: events are next", async () => {
  const connection = connected();
  FakeSocket.last.open();
  mock.timers.tick(3000);
  assert.equal(server.last("events").url, "https://lab.test/x/c/K7PM2X/events?role=student");
  assert.equal(server.last("events").seat, "Bearer token");
  const events = stream();
  server.last("events").answer(events.response);
  events.say({ seq: 2, full: true, set: { progress: { answered: 0, of: 3 } } });
  await settle();
  assert.equal(connection.status.transport, "events");
  assert.match(connection.status.sentence, /server-sent events/);
  assert.deepEqual(connection.state.progress, { answered: 0, of: 3 });
});

test("an event may come in pieces, and a comment is none", async () => {
  const { connection, events } = await byEvents();
  events.write(': still here\n\ndata: {"seq": 5, "set": {"peo');
  await settle();
  events.write('ple": {"joined": 5, "connected": 4}}}\n\n');
  await settle();
  assert.deepEqual(connection.state.people, { joined: 5, connected: 4 });
});

test("where streams do not get through either, it polls, each time for what came after", async () => {
  const connection = await byPoll();
  assert.equal(connection.status.transport, "poll");
  assert.equal(server.last("poll").url, "https://lab.test/x/c/K7PM2X/poll?role=student&after=4");
  answer("poll", { messages: [{ seq: 5, set: {} }, { live: { z: [2] } }], mark: 81, tile: 7 });
  await settle();
  assert.match(server.last("poll").url, /after=5&mark=81&tile=7$/);
  answer("poll", { messages: [], mark: 82 });
  await settle();
  assert.match(server.last("poll").url, /after=5&mark=82$/);
  assert.deepEqual(lives, [{ z: [2] }]);
});

test("without sockets each command is a request, one after the other", async () => {
  const { connection } = await byEvents();
  const first = connection.command("rename", { name: "Ada" }),
    second = connection.command("vote", { choice: 0 });
  assert.equal(server.count("commands"), 1);
  const { body } = server.last("commands");
  answer("commands", { reply: body.id, name: "Ada" });
  assert.deepEqual(await first, { name: "Ada" });
  assert.equal(server.count("commands"), 2);
  server.last("commands").answer(refusal("Voting is closed.", 400));
  await assert.rejects(second, /Voting is closed\./);
});

test("a request that fails, or that the server has no time for, is made again", async () => {
  const { connection } = await byEvents();
  const vote = connection.command("vote", { choice: 0 });
  server.last("commands").fail();
  await settle();
  mock.timers.tick(2000);
  server.last("commands").answer(refusal("Too many requests. Wait a moment.", 429));
  await settle();
  mock.timers.tick(2000);
  assert.equal(server.count("commands"), 3);
  answer("commands", { reply: server.last("commands").body.id });
  assert.deepEqual(await vote, {});
});

test("without sockets only the newest of what needs no reply follows the one on its way", async () => {
  const { connection } = await byEvents();
  for (const name of ["a", "b", "c"]) connection.tell("tile", { page: name });
  server.last("commands").answer(new Response(null, { status: 204 }));
  await settle();
  assert.deepEqual(
    server.asked.filter(({ path }) => path === "commands").map(({ body }) => body.page),
    ["a", "c"],
  );
});

test("a socket that is cut twice within 90 s is left for events, also after a reload", () => {
  const storage = new Kept(() => /** @type {any} */ (null));
  connected(storage);
  for (const _ of [1, 2]) {
    FakeSocket.last.open();
    FakeSocket.last.say({ seq: 1, full: true });
    mock.timers.tick(44_000);
    FakeSocket.last.say({});
    FakeSocket.last.drop();
    mock.timers.tick(500);
  }
  assert.equal(FakeSocket.all.length, 2);
  assert.equal(server.count("events"), 1);
  connected(storage);
  assert.equal(FakeSocket.all.length, 2);
  assert.equal(server.count("events"), 2);
});

test("one cut, as by an app that starts again, is no reason to leave sockets: they are tried three times first", () => {
  bySocket();
  for (const wait of [500, 1000, 2000]) {
    FakeSocket.last.drop(); // the app is not there yet
    mock.timers.tick(wait);
  }
  assert.deepEqual([FakeSocket.all.length, server.count("events")], [4, 0]);
  FakeSocket.last.drop(); // another network
  assert.equal(server.count("events"), 1);
});

test("a network that is gone twice is no network that cuts sockets", () => {
  bySocket();
  for (const _ of [1, 2]) {
    page.dispatchEvent(new Event("offline"));
    mock.timers.tick(3500);
    FakeSocket.last.open();
    FakeSocket.last.say({ seq: 1 });
  }
  FakeSocket.last.drop();
  mock.timers.tick(500);
  assert.equal(server.count("events"), 0);
});

const AWAY = "The class is moving to another server; the page comes back by itself.";

test("a class that moves twice in a minute says so, and comes back by socket: nothing was cut", async () => {
  const connection = bySocket();
  const vote = connection.command("vote", { question: 1, round: 1, choice: 0 });
  for (let move = 0; move < 3; move++) {
    FakeSocket.last.say({ error: AWAY });
    FakeSocket.last.drop();
    assert.equal(connection.status.sentence, AWAY);
    mock.timers.tick(500);
    FakeSocket.last.open();
    FakeSocket.last.say({ seq: 1 });
  }
  assert.equal(server.count("events"), 0);
  const [{ id, choice }] = commands();
  FakeSocket.last.say({ reply: id });
  await vote;
  assert.equal(choice, 0);
});

test("by events and by polls a class that moves comes back too, and a command is sent again", async () => {
  const moved = () =>
    new Response(AWAY, { status: 503, headers: { "Content-Type": "text/plain", "Retry-After": "1" } });
  const { connection, events } = await byEvents();
  const vote = connection.command("vote", { question: 1, round: 1, choice: 0 });
  server.last("commands").answer(moved());
  events.say({ error: AWAY });
  await settle();
  assert.deepEqual([connection.status.connected, connection.status.sentence], [false, AWAY]);
  mock.timers.tick(500);
  FakeSocket.last.drop();
  server.last("events").answer(moved());
  await settle();
  mock.timers.tick(1000);
  FakeSocket.last.drop();
  server.last("events").fail();
  await settle();
  server.last("poll").answer(moved());
  await settle();
  assert.equal(connection.status.final, false);
  mock.timers.tick(2000);
  FakeSocket.last.drop();
  server.last("events").fail();
  await settle();
  answer("poll", { messages: [{ seq: 4 }] });
  await settle();
  assert.equal(server.count("commands"), 2);
  answer("commands", { reply: server.last("commands").body.id });
  await vote;
});

test("while no way works it tries all of them again, later each time, and sockets first", async () => {
  const connection = connected();
  for (const wait of [500, 1000, 2000, 4000, 8000, 8000]) {
    FakeSocket.last.drop();
    server.last("events").fail();
    await settle();
    server.last("poll").fail();
    await settle();
    const sockets = FakeSocket.all.length;
    mock.timers.tick(wait - 1);
    assert.equal(FakeSocket.all.length, sockets);
    mock.timers.tick(1);
    assert.equal(FakeSocket.all.length, sockets + 1);
  }
  FakeSocket.last.open();
  FakeSocket.last.say({ seq: 1, full: true });
  assert.equal(connection.status.connected, true);
});

test("beside a lesser way it tries a socket again later, and changes when that brings a message", async () => {
  const { connection, events } = await byEvents();
  mock.timers.tick(30_000);
  FakeSocket.last.open();
  assert.equal(FakeSocket.last.texts[0].after, 4);
  assert.equal(connection.status.transport, "events");
  FakeSocket.last.say({ seq: 6, set: { people: { joined: 1, connected: 1 } } });
  assert.equal(connection.status.transport, "websocket");
  assert.deepEqual(connection.state.people, { joined: 1, connected: 1 });
  assert.ok(server.last("events").aborted);
  events.say({ seq: 5, set: { people: null } });
  await settle();
  assert.deepEqual(connection.state.people, { joined: 1, connected: 1 });
});

test("a seat that was removed, or a class that is not there, is the end: the sentence says so", async () => {
  const connection = connected();
  const rename = assert.rejects(connection.command("rename", { name: "Ada" }), /There is no class/);
  FakeSocket.last.drop();
  server.last("events").answer(refusal("There is no class K7PM2X.", 404));
  await settle();
  assert.equal(connection.status.final, true);
  assert.equal(connection.status.sentence, "There is no class K7PM2X.");
  await rename;
  await assert.rejects(connection.command("rename"), /There is no class/);
  mock.timers.tick(60_000);
  assert.equal(FakeSocket.all.length, 1);
});

test("a socket's last word is final where the server says so, and passes otherwise", () => {
  const connection = connected();
  FakeSocket.last.open();
  FakeSocket.last.say({ error: "The class is full for a moment." });
  FakeSocket.last.drop();
  assert.equal(connection.status.sentence, "The class is full for a moment.");
  mock.timers.tick(500);
  FakeSocket.last.open();
  FakeSocket.last.say({ error: "Your teacher has removed this seat.", final: true });
  FakeSocket.last.drop();
  assert.equal(connection.status.final, true);
});

test("a connection that gives no sign of life is lost: a cable that is pulled out closes no socket", () => {
  const connection = bySocket();
  mock.timers.tick(20_000);
  assert.equal(commands().at(-1).do, "seen");
  FakeSocket.last.say({ reply: commands().at(-1).id });
  mock.timers.tick(20_000);
  assert.equal(connection.status.connected, true);
  mock.timers.tick(10_000);
  assert.equal(connection.status.connected, false);
  mock.timers.tick(500);
  assert.equal(FakeSocket.all.length, 2);
});

test("a command that nothing answers, and a network that goes, show that a socket is lost", () => {
  const connection = bySocket();
  void connection.command("vote", { choice: 1 }).catch(() => {});
  mock.timers.tick(10_000);
  assert.equal(connection.status.connected, false);
  mock.timers.tick(500);
  FakeSocket.last.open();
  FakeSocket.last.say({ seq: 1 });
  page.dispatchEvent(new Event("offline"));
  mock.timers.tick(3000);
  assert.equal(connection.status.connected, false);
});

test("when the network is back, it is tried at once", () => {
  bySocket();
  FakeSocket.last.drop();
  page.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.all.length, 2);
});

test("a phone that wakes up finds out within 3 s whether its socket still lives", () => {
  const connection = bySocket();
  page.dispatchEvent(new Event("online"));
  mock.timers.tick(3000);
  assert.equal(connection.status.connected, false);
});

test("a closed connection rejects what waits, and comes back no more", async () => {
  const connection = bySocket();
  const vote = assert.rejects(connection.command("vote"), /closed/);
  connection.close();
  await vote;
  page.dispatchEvent(new Event("online"));
  mock.timers.tick(60_000);
  assert.equal(FakeSocket.all.length, 1);
});

test("a browser that keeps nothing still has it in this page", () => {
  const kept = new Kept(() => {
    throw new Error("The operation is insecure.");
  });
  kept.set("seat", "token");
  assert.equal(kept.get("seat"), "token");
  assert.equal(kept.get("other"), null);
});
