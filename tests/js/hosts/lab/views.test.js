import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Session } from "../../../../vae/frontend/hosts/lab/session.js";
import { Source } from "../../../../vae/frontend/hosts/lab/source.js";
import * as compare from "../../../../vae/frontend/hosts/lab/views/compare.js";
import * as explore from "../../../../vae/frontend/hosts/lab/views/explore.js";
import * as interpolation from "../../../../vae/frontend/hosts/lab/views/interpolation.js";
import * as latentMap from "../../../../vae/frontend/hosts/lab/views/latent-map.js";
import * as reconstruction from "../../../../vae/frontend/hosts/lab/views/reconstruction.js";
import * as sampling from "../../../../vae/frontend/hosts/lab/views/sampling.js";
import * as training from "../../../../vae/frontend/hosts/lab/views/training.js";

/** @import { Behaviour, NumberControl, Shown } from "../../../../vae/frontend/hosts/lab/session.js" */
/** @import { About } from "../../../../vae/frontend/hosts/lab/source.js" */

/** @type {Record<string, About>} */
const MODELS = Object.fromEntries(
  ["a", "b", "cond"].map((name) => [
    name,
    {
      name,
      latent_dim: 2,
      classes: name === "cond" ? 3 : 0,
      class_names: ["zero", "one", "two"],
      test_images: 10,
      content: "digits",
      prior: true,
      strength: [1, 2],
    },
  ]),
);
const LISTED = [...Object.keys(MODELS), "else"].map((name) => ({
  name,
  words: `model ${name}`,
  pictures: name === "else" ? 2 : 1,
  film: name !== "cond" && name !== "else",
}));
const OFFERED = ["prior", "aggregate", "second", "image", "class:1"].map((id) => ({ id, name: id, problem: "" }));
const LIMITS = { perplexity: [2, 500, 30], neighbours: [2, 500, 15], min_dist: [0, 0.99, 0.1], seed: [0, 100, 0] };

/** A server with three models of one data set. */
const source = new Source("https://lab.example", {}, (address) => {
  const query = new URL(address).searchParams,
    name = query.get("view") ?? "",
    about = MODELS[query.get("model") ?? ""];
  const row = Number(query.get("image"));
  /** @type {Record<string, any>} */
  const answers = {
    explore: { about, data: { model: about.name } },
    image: { row, label: row % 3, title: `test image ${row}`, z: [row, -row] },
    latent_map: {
      about,
      data: { model: about.name },
      projections: { methods: [["raw", "Raw"], ["pca", "PCA"], ["tsne", "t-SNE"]], own: "raw", limits: LIMITS }, // biome-ignore format: a table
    },
    sampling: {
      about,
      data: {
        ...{ model: about?.name, latent_dim: about?.classes ? 3 : 2, test_images: 10, kl: [1, 2] },
        offered: OFFERED.filter(({ id }) => id !== "second" || about?.name === "a"),
        components: { directions: [[1, 0], [0, 1]] }, // biome-ignore format: two vectors
        default_sources: { source: "prior", against: "aggregate" },
      },
    },
    noise: { noises: { [query.get("seed") ?? ""]: "noise" } },
    source: { source: `source ${query.get("source")}` },
    interpolation: { about, data: { model: about.name }, keys: ["view", "from", "to", "t"], longest: 100 },
    reconstruction: { about, data: { model: about.name }, others: ["sprites"] },
    other: { other: { name: query.get("other") } },
    compare: { about, data: { model: about.name, family: about.classes ? null : "f" } },
    training: {
      about,
      data: {
        ...{ model: about?.name, most_telling: "b", words: `model ${about?.name}`, film: `film of ${about?.name}` },
        ...{ history: about?.name === "cond" ? { name: "cond" } : null, references: about?.name === "a" ? [1] : [] },
      },
    },
    compared: { phrases: [`words of ${about.name}`], nats: { reconstruction: 2, kl: 1 }, codes: {} },
    match: { match: [{ dimension: 1, correlation: -0.5 }, null] },
  };
  return Promise.resolve(Response.json(answers[name]));
});

let session = new Session(LISTED);
beforeEach(() => {
  session = new Session(LISTED);
});

/**
 * A view as it is shown after a link was opened, or, without one, after something was sent.
 *
 * @param {Behaviour} view
 * @param {string} model
 * @param {string | null} [link]
 * @param {boolean} [byHistory]
 * @returns {Promise<Shown & {data: Record<string, any>}>}
 */
async function shown(view, model, link = null, byHistory = false) {
  session.opened = link !== null;
  session.byHistory = byHistory;
  if (link !== null) session.query = new URLSearchParams(link);
  session.model = MODELS[model];
  const found = await view.show(session, source);
  session.opened = session.byHistory = false;
  return found;
}

test("Explore starts at the first test image, and its z stays null until one is sent", async () => {
  const { data, params } = await shown(explore, "a", "");
  const { id } = data.start;
  assert.deepEqual(data.start, { id, title: "test image 0", z: [0, 0] });
  assert.deepEqual([data.z, params], [null, {}]);
  explore.take(session, "z", { start: id, z: [0.5, -1.25] });
  const later = await shown(explore, "a");
  assert.deepEqual([later.data.start.id, later.data.z, later.params], [id, [0.5, -1.25], { z: "0.5,-1.25" }]);
});

test("a link in a new session is another start of Explore", async () => {
  const before = (await shown(explore, "a", "")).data.start.id;
  session = new Session(session.models);
  assert.notEqual((await shown(explore, "a", "")).data.start.id, before);
});

test("a z that belongs to another start is not taken", async () => {
  await shown(explore, "a", "");
  explore.take(session, "z", { start: "7", z: [1, 1] });
  assert.equal((await shown(explore, "a")).data.z, null);
});

test("Explore opens a link's image and z, and says where z does not fit", async () => {
  const { data, params } = await shown(explore, "a", "image=3&z=1,2");
  assert.deepEqual([data.start.title, data.z, params], ["test image 3", [1, 2], { image: "3", z: "1,2" }]);
  assert.equal((await shown(explore, "a", "image=4&z=1")).data.z, null);
  assert.deepEqual(session.warnings, ["This link's z is not 2 numbers from -1000 to 1000; it is ignored."]);
});

test("an image chosen beside the title is a new start of Explore and the image of all views", async () => {
  const { controls, data: first } = await shown(explore, "a", "z=1,2");
  const next = `${Number(/** @type {{id: string}} */ (first.start).id) + 1}`;
  /** @type {NumberControl} */ (controls[0]).take(5);
  const { data, params } = await shown(explore, "a");
  assert.deepEqual([data.start.id, data.start.title, data.z, params], [next, "test image 5", null, { image: "5" }]);
  assert.equal((await shown(reconstruction, "a", "")).data.image, 5);
  assert.deepEqual((await shown(latentMap, "a", "")).data.pinned.row, 5);
  assert.equal((await shown(sampling, "a", "")).data.image, 5);
  assert.equal((await shown(interpolation, "a", "")).data.image, 5);
});

test("the image of Reconstruction is that of Explore, for another model of the data set too", async () => {
  await shown(reconstruction, "a", "");
  reconstruction.take(session, "choice", { model: "a", image: 3 });
  const { data, params } = await shown(reconstruction, "a");
  assert.deepEqual([data.image, data.own, params], [3, false, { image: "3" }]);
  assert.equal((await shown(explore, "b", "")).data.start.title, "test image 3");
});

test("an own picture of Reconstruction takes the image out of the link", async () => {
  await shown(reconstruction, "a", "image=3");
  reconstruction.take(session, "choice", { model: "a", image: null });
  const { data, params } = await shown(reconstruction, "a");
  assert.deepEqual([data.image, data.own, params], [3, true, {}]);
});

test("Reconstruction compares with a data set of the link that the server has", async () => {
  const { data, params } = await shown(reconstruction, "a", "other=sprites");
  assert.deepEqual([data.other, params], [{ name: "sprites" }, { other: "sprites" }]);
  assert.equal((await shown(reconstruction, "a", "other=svhn")).data.other, null);
});

test("what is pinned on the map is where Explore starts, and an end for Interpolation", async () => {
  await shown(latentMap, "a", "");
  latentMap.take(session, "pinned", { model: "a", z: [1, 2], row: null, exact: true });
  const { data, params } = await shown(latentMap, "a");
  assert.deepEqual(data.pinned, { model: "a", z: [1, 2], row: null, exact: true, near: true });
  assert.deepEqual(params, { z: "1,2" });
  const { start, z } = (await shown(explore, "a", "")).data;
  assert.deepEqual([start.title, start.z, z], ["pinned on the map", [1, 2], [1, 2]]);
  const { pins } = (await shown(interpolation, "a", "")).data;
  assert.deepEqual(pins, [
    { title: "z from Explore", z: [1, 2] },
    { title: "pinned on the map", z: [1, 2] },
  ]);
  assert.deepEqual((await shown(interpolation, "b", "")).data.pins, []);
});

test("a pinned test image is that of all views and stays pinned for another model", async () => {
  await shown(latentMap, "a", "image=4");
  const { data, params } = await shown(latentMap, "b");
  assert.deepEqual(data.pinned, { model: "b", z: [4, -4], row: 4, exact: true, near: true });
  assert.deepEqual(params, { image: "4", z: "4,-4" });
  latentMap.take(session, "pinned", { model: "b" });
  assert.equal((await shown(latentMap, "b")).data.pinned, null);
});

test("a link's projection is shown, its nonsense is not", async () => {
  const { data, params } = await shown(latentMap, "a", "method=t-SNE&dims=3-D&perplexity=12.5&seed=1.5&up=z[9]");
  assert.deepEqual(data.config, {
    ...{ method: "tsne", dims: 2, axes: [], perplexity: 12.5, neighbours: 15, min_dist: 0.1, seed: 0 },
  });
  assert.deepEqual(params, { method: "t-SNE", dims: "3-D", perplexity: "12.5" });
});

test("the map's ground is that of the link, then the user's", async () => {
  const { data, params } = await shown(latentMap, "a", "shading=on");
  assert.deepEqual([data.shading, params.shading], [true, "on"]);
  latentMap.take(session, "shading", { shown: false });
  const after = await shown(latentMap, "a");
  assert.deepEqual([after.data.shading, after.params.shading], [false, undefined]);
});

test("axes of the link turn the plane; without them the model's strongest are shown", async () => {
  assert.deepEqual((await shown(latentMap, "a", "")).data.config.axes, [0, 1]);
  const { data, params, controls } = await shown(latentMap, "a", "across=z[1]");
  assert.deepEqual([data.config.axes, params], [[1, 0], { across: "z[1]", up: "z[0]" }]);
  assert.ok(controls.some(({ kind }) => kind === "panel"));
});

test("Sampling gets the noise of its seed and the sources that it shows", async () => {
  const { data, params } = await shown(sampling, "a", "seed=7&source=class:1&view=plane&temperature=9");
  assert.deepEqual(data.params, { view: "plane", seed: "7", source: "class:1" });
  assert.deepEqual(data.noises, { 7: "noise" });
  assert.deepEqual(data.sources, { "class:1": "source class:1", aggregate: "source aggregate" });
  assert.deepEqual(params, { view: "plane", seed: "7", source: "class:1" });
  assert.equal(session.warnings.length, 1);
});

test("a test image whose posterior Sampling shows is that of all views", async () => {
  await shown(sampling, "a", "source=image:6");
  assert.equal(session.shownImage, 6);
  sampling.take(session, "params", { source: "image:8" });
  assert.equal((await shown(sampling, "a")).data.image, 8);
  session.chooseImage(2);
  assert.equal((await shown(sampling, "a", "")).data.params.source, "image:2");
});

test("a picture picked in Sampling is where Explore starts, with its class", async () => {
  await shown(sampling, "cond", "");
  sampling.take(session, "picked", { model: "cond", z: [1, 1], label: 2 });
  const { start, label } = (await shown(explore, "cond", "")).data;
  assert.deepEqual([start.title, label], ["picture of Sampling", 2]);
});

test("Interpolation keeps its link's state, whose first end is the image of all views", async () => {
  const { data, params } = await shown(interpolation, "a", "from=3&to=z1,2&t=0.25&other=x");
  assert.deepEqual(
    [data.state, params],
    [
      { from: "3", to: "z1,2", t: "0.25" },
      { from: "3", to: "z1,2", t: "0.25" },
    ],
  );
  assert.equal(session.shownImage, 3);
  session.chooseImage(4);
  assert.equal((await shown(interpolation, "a", "")).data.state.from, "4");
});

test("a new first end is all views' image, another place Explore's start", async () => {
  await shown(interpolation, "a", "");
  interpolation.take(session, "state", { from: "7", place: { model: "a", z: [0, 0] } });
  assert.equal(session.shownImage, 7);
  interpolation.take(session, "state", { from: "7", t: "0.3", place: { model: "a", z: [1, 0] } });
  assert.deepEqual((await shown(interpolation, "a")).params, { from: "7", t: "0.3" });
  assert.equal((await shown(explore, "a", "")).data.start.title, "picture of Interpolation");
});

test("a conditional model decodes as the class of the link", async () => {
  const { data, params, controls } = await shown(explore, "cond", "class_told=two");
  assert.deepEqual([data.label, params], [2, { class_told: "two" }]);
  assert.equal(controls.length, 3);
  assert.equal((await shown(explore, "cond", "class_told=nine")).data.label, 0);
  assert.equal((await shown(explore, "a", "class_told=two")).controls.length, 2);
});

test("a class chosen among Explore's pictures is in the control and in the link, too; one that there is not is none", async () => {
  await shown(explore, "cond", "");
  explore.take(session, "label", { label: 2, at: 1 });
  const { data, params } = await shown(explore, "cond");
  assert.deepEqual([data.label, params], [2, { class_told: "two" }]);
  explore.take(session, "label", { label: 99, at: 2 });
  assert.equal((await shown(explore, "cond")).data.label, 0);
});

test("Back shows what the link says", async () => {
  await shown(explore, "a", "image=3&z=1,2");
  session.chooseImage(5);
  await shown(explore, "a");
  const { data } = await shown(explore, "a", "image=3&z=1,2", true);
  assert.deepEqual([data.start.title, data.z], ["test image 3", [1, 2]]);
  assert.equal((await shown(explore, "a", "", true)).data.start.title, "test image 0");
});

// — models beside the chosen one —

const OTHERS = ["compare=b,cond", "compare=b,nothing,a"];
const COMPARING = { explore, sampling, interpolation, reconstruction };

for (const [name, view] of Object.entries(COMPARING)) {
  test(`${name} shows nothing of a comparison without one, and offers the models of the same pictures`, async () => {
    const { data, params, controls } = await shown(view, "a", "");
    assert.deepEqual([data.compare, data.words, params.compare], [undefined, undefined, undefined]);
    const panel = controls.find(({ kind }) => kind === "panel");
    assert.deepEqual(checksOf(panel).options, [["b", "model b"], ["cond", "model cond"]]); // biome-ignore format: pairs
  });

  test(`${name} has the data of each model beside the first`, async () => {
    const { data, params } = await shown(view, "a", OTHERS[0]);
    assert.equal(data.words, "words of a");
    assert.deepEqual(
      data.compare.map((/** @type {any} */ { words, nats, match }) => [words, nats.kl, match]),
      [
        ["words of b", 1, [{ dimension: 1, correlation: -0.5 }, null]],
        ["words of cond", 1, [{ dimension: 1, correlation: -0.5 }, null]],
      ],
    );
    assert.equal(params.compare, "b,cond");
  });
}

test("Sampling gives each model the first one's source where it has it, and noise of its own size", async () => {
  const { data } = await shown(sampling, "a", "compare=b,cond&source=class:1&seed=4");
  assert.deepEqual(
    data.compare.map((/** @type {any} */ { sources, noises }) => [sources, noises]),
    [
      [{ "class:1": "source class:1" }, undefined],
      [{ "class:1": "source class:1" }, { 4: "noise" }],
    ],
  );
  const other = await shown(sampling, "a", "compare=b&source=second");
  assert.deepEqual([Object.keys(other.data.sources), other.data.compare[0].sources], [["second", "aggregate"], {}]);
});

test("models that are chosen are those of all views, and of the link", async () => {
  const { controls } = await shown(explore, "a", "");
  checksOf(controls.find(({ kind }) => kind === "panel")).take(["cond"]);
  assert.equal((await shown(explore, "a")).params.compare, "cond");
  assert.equal((await shown(sampling, "a", "")).data.compare.length, 1);
  assert.equal((await shown(reconstruction, "b", "")).params.compare, "cond");
  assert.equal((await shown(reconstruction, "cond", "")).params.compare, "b"); // it has become the first itself
  assert.equal((await shown(explore, "b")).params.compare, "cond");
  assert.equal((await shown(explore, "a", "", true)).params.compare, undefined); // back to a link without
});

test("a link's unknown models are left out with a sentence", async () => {
  assert.equal((await shown(explore, "a", OTHERS[1])).params.compare, "b");
  assert.deepEqual(session.warnings, [
    "“nothing” of this link is no model of the same pictures here; it is not compared.",
  ]);
});

test("Explore gives each model its own start at the image, and what is the same for all", async () => {
  const { data, params } = await shown(explore, "a", "compare=b&image=3&input=percentile");
  assert.deepEqual([data.compare[0].start, data.input, params.input], [{ z: [3, -3] }, "percentile", "percentile"]);
  explore.take(session, "input", "image");
  const later = await shown(explore, "a");
  assert.deepEqual([later.data.input, later.params.input], ["image", undefined]);
  session.choosePlace("elsewhere", [0.5, 0.5]);
  assert.equal((await shown(explore, "a")).data.compare[0].start, null);
  assert.equal((await shown(explore, "a", "compare=b&input=nonsense", true)).data.input, "image");
});

test("a model that cannot be had is left out with the reason", async () => {
  session = new Session([...LISTED, { name: "lost", words: "lost", pictures: 1 }]);
  const { data, params } = await shown(explore, "a", "compare=lost,b");
  assert.deepEqual([data.compare.length, params.compare], [1, "lost,b"]);
  await shown(explore, "a");
  assert.equal(session.warnings.length, 1);
  assert.match(session.warnings[0], /^“lost” is not compared: /);
});

/** @param {import("../../../../vae/frontend/hosts/lab/session.js").Control} [panel] */
function checksOf(panel) {
  const [control] = panel?.kind === "panel" ? panel.controls : [];
  if (control?.kind !== "checks") throw new Error("no choice of models");
  return control;
}

test("Compare has all models of the same pictures, and the matches of those that may stand on the dial", async () => {
  const { data, params } = await shown(compare, "a", "compare=cond&beta=4&image=3");
  assert.deepEqual(
    data.others.map((/** @type {{model: string}} */ { model }) => model),
    ["b", "cond"],
  );
  assert.deepEqual([data.beta_chosen, data.family_chosen, data.image, data.compared], ["4", null, 3, ["cond"]]);
  assert.deepEqual(Object.keys(data.matches), ["a", "b"]);
  assert.deepEqual(Object.keys(data.matches.b), ["a", "cond"]);
  assert.deepEqual(params, { image: "3", beta: "4", compare: "cond" });
});

test("Compare keeps dial, image and compared models as they are sent, and says which choice it has taken", async () => {
  await shown(compare, "a", "");
  const choice = { model: "a", image: 2, beta: "10", family: "f", compared: ["b"], number: "x-5" };
  compare.take(session, "choice", choice);
  const { data, params } = await shown(compare, "a");
  assert.deepEqual([data.image, data.beta_chosen, data.compared, data.answered], [2, "10", ["b"], "x-5"]);
  assert.deepEqual(params, { image: "2", beta: "10", family: "f", compare: "b" });
  compare.take(session, "choice", { ...choice, model: "b", beta: "1" });
  assert.equal((await shown(compare, "a")).data.beta_chosen, "10");
});

test("Compare shows a drawing until a test image is chosen in any view", async () => {
  await shown(compare, "a", "image=3");
  compare.take(session, "choice", { model: "a", image: null, beta: "1", family: null, compared: [], number: "x-1" });
  const drawn = await shown(compare, "a");
  assert.deepEqual([drawn.data.own, "image" in drawn.params], [true, false]);
  assert.equal((await shown(reconstruction, "a")).data.own, true);
  session.chooseImage(6);
  const { data } = await shown(compare, "a");
  assert.deepEqual([data.own, data.image], [false, 6]);
});

// ---- the film of a training --------------------------------------------------------------------------------------

/** @param {Record<string, any>} data */
function filmsOf(data) {
  return data.films.map((/** @type {{kind: string, name: string}} */ { kind, name }) => `${kind} ${name}`);
}

test("a model's own film is shown, at its last frame, and nothing of it is in the link", async () => {
  const { data, params, notes, controls } = await shown(training, "a", "");
  assert.deepEqual([filmsOf(data), data.frame.n, params, notes], [["checkpoint a"], null, {}, []]);
  assert.deepEqual([data.history, data.references, data.words], [null, [1], { a: "model a" }]);
  assert.deepEqual(
    controls.map(({ kind }) => kind),
    ["panel"],
  );
});

test("a model without a film shows the most telling one, with a sentence that says which films there are", async () => {
  const { data, params, notes, controls } = await shown(training, "cond", "");
  assert.deepEqual([filmsOf(data), params], [["checkpoint b"], {}]);
  assert.deepEqual(notes, ["No film was kept of cond. This is the film of b. There are films of a, too."]);
  const [choice] = /** @type {import("../../../../vae/frontend/hosts/lab/session.js").ChoiceControl[]} */ (controls);
  assert.deepEqual(choice.options, [
    ["cond", "cond: curves only"],
    ["a", "model a"],
    ["b", "model b"],
  ]);
  choice.take("cond");
  const curves = await shown(training, "cond");
  assert.deepEqual([curves.data.films, curves.data.history.name, curves.params], [[], "cond", { film: "cond" }]);
  assert.match(curves.notes?.[0] ?? "", /^No film was kept of cond. These are its curves. There are films of a and b/);
});

test("a link chooses film, frame and the film beside it, also as the Training page writes it", async () => {
  for (const key of ["compare", "beside"]) {
    const { data, params } = await shown(training, "cond", `film=a&${key}=b&frame=12`);
    assert.deepEqual([filmsOf(data), data.frame.n], [["checkpoint a", "checkpoint b"], 12]);
    assert.deepEqual([params, data.references], [{ film: "a", compare: "b", frame: "12" }, []]);
    assert.deepEqual(
      data.films.map((/** @type {{version: string}} */ { version }) => version),
      ["film of a", "film of b"],
    );
  }
});

test("the frame at which the user rests is in the link until another film is shown", async () => {
  const { data } = await shown(training, "a", "frame=3");
  training.take(session, "frame", { id: 1, n: 7 });
  const later = await shown(training, "a");
  assert.deepEqual([later.data.frame, later.params], [{ id: data.frame.id, n: 7 }, { frame: "7" }]);
  const other = await shown(training, "b");
  assert.deepEqual([filmsOf(other.data), other.params], [["checkpoint b"], {}]);
  const back = await shown(training, "b", "frame=9", true);
  assert.deepEqual([back.data.frame.n, back.data.frame.id > data.frame.id], [9, true]);
});

test("a link in a new session is another one for the player, too", async () => {
  const { data } = await shown(training, "a", "frame=1");
  session = new Session(session.models);
  const later = await shown(training, "b", "frame=1");
  assert.deepEqual([later.data.frame.n, later.data.frame.id > data.frame.id], [1, true]);
});

test("an unknown film may be one of a run; a model without one, and a bad frame, are said in a sentence", async () => {
  assert.deepEqual(filmsOf((await shown(training, "a", "film=new-run")).data), ["run new-run"]);
  assert.deepEqual(session.warnings, []);
  const { data } = await shown(training, "a", "film=else&frame=x");
  assert.deepEqual(filmsOf(data), ["checkpoint a"]);
  assert.deepEqual(session.warnings, [
    "This link asks for the film of “else”, which is not here.",
    "This link's frame is no whole number from 1 to 999; it is ignored.",
  ]);
});

test("a film that is compared in another view stands beside this one, where it has one", async () => {
  session.comparedNames = ["cond", "b"];
  const { data, params } = await shown(training, "a", "");
  assert.deepEqual([filmsOf(data), params], [["checkpoint a", "checkpoint b"], { compare: "b" }]);
  assert.deepEqual(session.comparedNames, ["cond", "b"]);
});
