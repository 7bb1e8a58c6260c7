import "../support/page.js";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import start from "../../../vae/frontend/classroom/entry/entry.js";
import { refusalOf, TRANSPORTS } from "../../../vae/frontend/classroom/transports.js";
import { messageOf } from "../../../vae/frontend/lib/dom.js";
import { setWords } from "../../../vae/frontend/lib/words.js";

const UNKNOWN = "There is no class with this code; check it, or ask your teacher.";
const UNBEKANNT = "Es gibt keine Klasse mit diesem Code; prüfe ihn oder frag deine Lehrperson.";
const GERMAN = {
  texts: {},
  sentences: { [UNKNOWN]: UNBEKANNT, "You have handed in {0} drawings.": "Du hast {0} Zeichnungen abgegeben." },
};

afterEach(() => setWords(null));

test("why a request is refused is said in the page's language", async () => {
  setWords(GERMAN);
  const refusal = await refusalOf(new Response(UNKNOWN, { status: 404 }));
  assert.deepEqual([refusal.message, refusal.final], [UNBEKANNT, true]);
});

test("so is why a command is, and what it names", () => {
  setWords(GERMAN);
  assert.equal(messageOf(new Error("You have handed in 12 drawings.")), "Du hast 12 Zeichnungen abgegeben.");
  assert.equal(messageOf(new Error("Kein Satz des Servers.")), "Kein Satz des Servers.");
});

test("so is the last word of a socket", () => {
  setWords(GERMAN);
  /** @type {unknown[]} */
  const ends = [];
  class Socket {
    onmessage = (/** @type {{data: string}} */ _) => {};
    onclose = () => {};
    constructor() {
      opened = this;
    }
  }
  /** @type {Socket | undefined} */
  let opened;
  const place = /** @type {any} */ ({ base: "http://lab", code: "K7PM2X", role: "student", WebSocket: Socket });
  TRANSPORTS.websocket(place, null, { onMessage: () => {}, onEnd: (...end) => ends.push(end) });
  opened?.onmessage({ data: JSON.stringify({ error: UNKNOWN, final: true }) });
  opened?.onclose();
  assert.deepEqual(ends, [[UNBEKANNT, true]]);
});

test("the page where one types a code says why one is not in the class", async () => {
  setWords(GERMAN);
  Object.assign(globalThis, { window: document.defaultView, matchMedia: () => ({ matches: false }) });
  await start(() => Promise.resolve(new TextEncoder().encode(JSON.stringify({ sentence: UNKNOWN }))));
  assert.equal(document.getElementById("problem")?.textContent, UNBEKANNT);
});
