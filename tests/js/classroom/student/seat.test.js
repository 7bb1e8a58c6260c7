import { send } from "../../support/page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { SeatPanel } from "../../../../vae/frontend/classroom/student/seat.js";
import { settle } from "../server.js";

/** @type {SeatPanel} */
let seat;
/** @type {string[]} */
let names;

beforeEach(() => {
  names = [];
  seat = new SeatPanel((name) => {
    names.push(name);
    return name === "<" ? Promise.reject(new Error("A nickname has no <.")) : Promise.resolve({});
  });
  document.body.replaceChildren(seat.element);
  seat.show("Mighty Koala", null);
});

/** Saves this nickname; what the panel says then. */
async function saved(/** @type {string} */ name) {
  seat.field.value = name;
  send(seat.element.querySelector("form") ?? assert.fail("There is no form."), "submit");
  await settle();
  return seat.words.textContent;
}

test("whatever is saved, a sentence says what comes of it", async () => {
  assert.equal(await saved(" Ada "), "Saved.");
  assert.equal(await saved("<"), "A nickname has no <.");
  assert.deepEqual(names, ["Ada", "<"]);
});

test("no nickname, and the one of now, are not sent, and told so", async () => {
  assert.equal(await saved("  "), "Type a nickname first.");
  assert.equal(await saved("Mighty Koala"), "This is your nickname already.");
  assert.deepEqual(names, []);
  assert.equal(seat.field.required, false); // the browser would say it in its own language, and to "  " nothing
});
