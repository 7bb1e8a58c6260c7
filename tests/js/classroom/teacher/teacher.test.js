import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { DATA, FakeLink, labels, named, settled } from "./desk.js";
import { storage } from "../../support/storage.js";
import { proposedName } from "../../../../vae/frontend/classroom/teacher/opening.js";
import { keepLink } from "../../../../vae/frontend/lib/teacher-link.js";
import { Teacher } from "../../../../vae/frontend/classroom/teacher/teacher.js";

const local = storage(),
  { kept } = local;
Object.assign(globalThis, { localStorage: local });

const session = storage();
Object.assign(globalThis, { sessionStorage: session });

const LESSON = {
  ...{ name: "two-numbers", title: "What survives?", minutes: 8, level: "see", question: "What is drawn?" },
  ...{ language: "en", languages: ["en", "de"], missing: [], own: false, problem: null, options: ["A copy"] },
};

/** What the component tells Python. @type {[string, unknown][]} */
let sent;
/** What the server is asked, and what it answers. @type {[address: string, body: any][]} */
let asked;
/** @type {Record<string, () => Response>} */
let answers;
/** @type {FakeLink} */
let link;

beforeEach(() => {
  kept.clear();
  session.removeItem("latent-lab lesson for a class");
  sent = [];
  asked = [];
  answers = { "/c/classes": () => Response.json({ classes: [] }) };
  link = new FakeLink();
  globalThis.fetch = (address, init) => {
    const path = `${address}`.replace(DATA.base, "");
    asked.push([path, init?.body ? JSON.parse(`${init.body}`) : null]);
    const key = init?.method === "POST" ? `POST ${path}` : path;
    return Promise.resolve(answers[key]?.() ?? new Response("There is no such class.", { status: 404 }));
  };
});

/** @param {Partial<typeof DATA>} [data] */
async function page(data = {}) {
  document.body.replaceChildren();
  const send = (/** @type {string} */ name, /** @type {unknown} */ value) => void sent.push([name, value]);
  const teacher = new Teacher(document.body, send, { ...DATA, ...data }, link.connect);
  await settled();
  await settled();
  return teacher;
}

const texts = (/** @type {HTMLSelectElement} */ { options }) => [...options].map(({ textContent }) => textContent);

/** @param {HTMLSelectElement} select @param {string} value */
function choose(select, value) {
  select.value = value;
  select.dispatchEvent(new Event("change"));
}

const submit = (/** @type {Element} */ root) => root.querySelector("form")?.dispatchEvent(new Event("submit"));

test("one click opens a class, with a name that is there already", async () => {
  answers["POST /c/classes"] = () => Response.json({ code: "K7PM2X", secret: "x" }, { status: 201 });
  const { root } = await page();
  submit(root);
  await settled();
  await settled();
  assert.deepEqual(asked.at(-1), ["/c/classes", { name: proposedName(), model: "mnist-z10", language: "en" }]);
  assert.equal(link.options?.code, "K7PM2X");
  assert.equal(link.options?.role, "teacher");
  assert.equal(kept.get("latent-lab.teaching"), "K7PM2X");
  assert.ok(root.querySelector(".class-view"));
});

test("a class is opened with a lesson, whose length it says, in a language", async () => {
  answers["POST /c/classes"] = () => Response.json({ code: "K7PM2X", secret: "x" }, { status: 201 });
  answers["/lab/lessons?lang=de"] = () => Response.json({ lessons: [{ ...LESSON, title: "Was bleibt?" }] });
  const { root } = await page({ lessons: [LESSON] });
  const [lesson, language] = root.querySelectorAll("select");
  assert.deepEqual(texts(lesson), ["no lesson: ask your own questions", "What survives? · 8 min"]);
  choose(lesson, "two-numbers");
  assert.match(root.textContent ?? "", /8 minutes · See\. What is drawn\?/);
  choose(language, "de");
  await settled();
  await settled();
  assert.deepEqual([texts(lesson)[1], lesson.value], ["Was bleibt? · 8 min", "two-numbers"]);
  submit(root);
  await settled();
  await settled();
  const [, body] = asked.at(-1) ?? [];
  assert.deepEqual([body.lesson, body.language], [{ name: "two-numbers" }, "de"]);
  assert.deepEqual(link.commands, []);
});

test("a link asks for a lesson and a rehearsal: the form has both, and one click opens the class", async () => {
  kept.set("latent-lab.teaching", "P4Q8RT"); // another class goes on
  answers["/c/classes"] = () => Response.json({ classes: [{ code: "P4Q8RT", name: "9b", model: "m" }] });
  answers["POST /c/classes"] = () => Response.json({ code: "K7PM2X", secret: "x" }, { status: 201 });
  const wanted = { lesson: "two-numbers", language: "en", rehearse: 12 };
  const { root } = await page({ lessons: [LESSON], wanted });
  assert.equal(root.querySelector("select")?.value, "two-numbers");
  assert.match(root.textContent ?? "", /with 12 simulated students/);
  submit(root);
  await settled();
  await settled();
  assert.deepEqual(link.commands, [["rehearse", { students: 12 }]]);
  assert.deepEqual(sent, [["opened", "K7PM2X"]]);
});

test("classes that another server has are asked for there, and one that is gone is left out", async () => {
  const here = { code: "P4Q8RT", name: "9b", model: "m" };
  answers["/c/classes"] = () => Response.json({ classes: [here], elsewhere: ["K7PM2X", "222222"] });
  answers["/c/K7PM2X/class"] = () => Response.json({ code: "K7PM2X", name: "11b", model: "m" });
  const { root } = await page();
  assert.deepEqual(
    [...root.querySelectorAll(".known .code")].map(({ textContent }) => textContent),
    ["P4Q8RT", "K7PM2X"],
  );
});

test("a server that has the classes in a moment is asked again", async () => {
  const late = [new Response("It moves.", { status: 503, headers: { "Retry-After": "1" } })];
  answers["POST /c/classes"] = () => late.pop() ?? Response.json({ code: "K7PM2X", secret: "x" }, { status: 201 });
  const { root } = await page();
  submit(root);
  while (!root.querySelector(".class-view")) await new Promise((resolve) => void setTimeout(resolve, 10));
  assert.equal(asked.filter(([path, body]) => path === "/c/classes" && body).length, 2);
});

test("one's own lesson comes from the Lessons page of this tab, and goes to the server with its text", async () => {
  session.setItem("latent-lab lesson for a class", "---\ntitle: Mine");
  answers["POST /c/classes"] = () => Response.json({ code: "K7PM2X", secret: "x" }, { status: 201 });
  const { root } = await page({ lessons: [LESSON], wanted: { lesson: "own", language: "en", rehearse: 0 } });
  assert.equal(root.querySelector("select")?.value, "own");
  assert.equal(root.querySelector("select")?.selectedOptions[0].textContent, "Your own: Mine");
  submit(root);
  await settled();
  await settled();
  assert.deepEqual(asked.at(-1)?.[1].lesson, { text: "---\ntitle: Mine" });
  assert.equal(session.getItem("latent-lab lesson for a class"), null);
});

test("a link to a lesson that is not there leaves the choice open", async () => {
  const { root } = await page({ wanted: { lesson: "own", language: "xx", rehearse: 0 } });
  const [lesson, language] = root.querySelectorAll("select");
  assert.deepEqual([lesson.value, language.value], ["", "en"]);
});

test("a refusal is said, and the button works again", async () => {
  answers["POST /c/classes"] = () => new Response("There are too many classes.", { status: 429 });
  const { root } = await page();
  submit(root);
  await settled();
  await settled();
  assert.match(root.textContent ?? "", /There are too many classes\./);
  assert.equal(/** @type {HTMLButtonElement} */ (root.querySelector(".primary")).disabled, false);
});

test("without a model, and where no phone could come, the form says so", async () => {
  const alone = { ...DATA.server, hosts: [], local: true };
  const { root } = await page({ model: null, server: alone });
  assert.match(root.textContent ?? "", /train one on the Training page/);
  assert.match(root.textContent ?? "", /--server\.address 0\.0\.0\.0/);
  assert.equal(/** @type {HTMLButtonElement} */ (root.querySelector(".primary")).disabled, true);
});

test("the class that is taught in this browser comes back, others can be chosen", async () => {
  answers["/c/classes"] = () => Response.json({ classes: [{ code: "K7PM2X", name: "9b", model: "m" }] });
  const first = await page();
  assert.deepEqual(labels(first.root).slice(0, 1), ["Go on with “9b”, class K7PM2X"]);
  named(first.root, /^Go on/).click();
  assert.ok(first.root.querySelector(".class-view"));
  first.close();
  assert.equal(link.closed, true);
  const second = await page();
  assert.ok(second.root.querySelector(".class-view"));
});

test("a class that this browser may teach no more is forgotten", async () => {
  kept.set("latent-lab.teaching", "K7PM2X");
  const { root } = await page();
  assert.ok(root.querySelector(".opening"));
  assert.equal(kept.get("latent-lab.teaching"), undefined);
});

/** Opens the page by a teacher's link. */
function byLink() {
  const place = { hash: "#K7PM2X.s3cret-s3cret", pathname: "/Class", search: "" };
  keepLink({ location: place, history: { state: null, replaceState() {} } });
  return page();
}

test("a teacher's link is taken once", async () => {
  answers["POST /c/K7PM2X"] = () => new Response(null, { status: 204 });
  const { root } = await byLink();
  assert.deepEqual(asked[0], ["/c/K7PM2X", { secret: "s3cret-s3cret" }]);
  assert.ok(root.querySelector(".class-view"));
  asked = [];
  await page();
  assert.deepEqual(
    asked.map(([path]) => path),
    ["/c/classes", "/c/classes"],
  );
});

test("a link that is worth nothing any more says so", async () => {
  const { root } = await byLink();
  assert.match(root.textContent ?? "", /There is no such class\./);
});

test("a class that has gone leads back to the form, with the reason", async () => {
  kept.set("latent-lab.teaching", "K7PM2X");
  answers["/c/classes"] = () => Response.json({ classes: [{ code: "K7PM2X", name: "9b", model: "m" }] });
  const { root } = await page();
  link.status({ connected: false, final: true, sentence: "The class was deleted." });
  assert.ok(root.querySelector(".opening"));
  assert.match(root.textContent ?? "", /The class was deleted\./);
  assert.equal(link.closed, true);
});

test("a proposed name says the day", () => {
  assert.equal(proposedName(new Date(2026, 10, 30)), "Class of 30 November");
});
