import assert from "node:assert/strict";
import { test } from "node:test";

import { Sections } from "../../../vae/frontend/classroom/state.js";

const DRAWING = { label: "7", picture: "", shape: [1, 1, 1], mean: [0], logvar: [0] };

test("a message sets the sections that it names, and leaves the others as they are", () => {
  const sections = new Sections();
  sections.take({ seq: 1, full: true, set: { people: { joined: 1, connected: 1 } } });
  const { people } = sections.state;
  assert.deepEqual([...sections.take({ seq: 2, set: { progress: { answered: 1, of: 2 } } })], ["progress"]);
  assert.equal(sections.state.people, people);
  assert.deepEqual(sections.state.progress, { answered: 1, of: 2 });
  assert.equal(sections.seq, 2);
});

test("items come, change and go one by one, and the section is then another object", () => {
  const sections = new Sections();
  sections.take({ items: { map: { 1: DRAWING, 2: DRAWING } } });
  const before = sections.state.map;
  assert.deepEqual([...sections.take({ items: { map: { 1: null, 3: DRAWING } } })], ["map"]);
  assert.deepEqual(Object.keys(sections.state.map), ["2", "3"]);
  assert.deepEqual(Object.keys(before), ["1", "2"]);
});

test("a full message drops what was known before, and says of every section that it may be another", () => {
  const sections = new Sections();
  sections.take({ seq: 9, set: { presented: ["a"] }, items: { map: { 1: DRAWING } } });
  const changed = sections.take({ seq: 3, full: true, set: { shown: { page: "Explore", params: {} } } });
  assert.deepEqual(sections.state.map, {});
  assert.deepEqual(sections.state.presented, []);
  assert.equal(sections.seq, 3);
  for (const section of ["map", "presented", "shown", "question"]) assert.ok(changed.has(section), section);
});

test("a message without a number, such as who is connected, leaves the number of the newest change", () => {
  const sections = new Sections();
  sections.take({ seq: 5, set: {} });
  sections.take({ set: { people: { joined: 2, connected: 1 } } });
  assert.equal(sections.seq, 5);
});
