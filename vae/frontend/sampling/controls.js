/** The controls of the Sampling page: what is shown, with which ε, and what becomes of it before it is decoded. */

import { button, element, numberField } from "../lib/dom.js";
import { strongestFirst } from "../lib/math.js";
import { MOST_SIDE, NO_TRUNCATION } from "./sources.js";

const VIEWS = { one: "one source", two: "two sources", plane: "manifold" };
const SEEDS = 2 ** 32;
const HELD_RANGE = 3; // standard deviations

export class Controls {
  /** onChange(part of the state) for every step of the hand; downloads: {grid, picture, arrays}, to be called. */
  constructor(onChange, downloads) {
    this.onChange = onChange;
    this.toolbar = this.buildToolbar(downloads);
    this.sliders = this.buildSliders();
    this.axes = this.buildAxes();
  }

  /** What there is to choose from in a model. */
  offer(data) {
    const { kl, spread, components, latent_dim: latentDim } = data;
    this.data = data;
    const strength = (i) => (kl ? `KL ${kl[i].toFixed(2)} nats` : `spread ${spread[i].toFixed(2)}`);
    const dimensions = strongestFirst(kl ?? spread).map((i) => ({
      text: `z${i} · ${strength(i)}`,
      value: i,
      axis: `z${i}`,
    }));
    const percent = (share) => `${(100 * share).toFixed(0)} % of variance`;
    const ofComponent = (share, k) => ({ text: `PC ${k + 1} · ${percent(share)}`, axis: `pc${k + 1}` });
    const axes = [...dimensions, ...components.explained.map(ofComponent)];
    this.dimension.replaceChildren(...dimensions.map(({ text, value }) => element("option", { value }, text)));
    for (const select of this.axisSelects) {
      select.replaceChildren(...axes.map(({ text, axis }) => element("option", { value: axis }, text)));
    }
    this.axisLabels[1].hidden = latentDim === 1;
  }

  show(state) {
    const { view, seed, side, temperature, truncation, hold, plane } = state;
    this.state = state;
    for (const input of this.views) input.checked = input.value === view;
    this.seed.show(seed);
    showAt(this.side, side, `${side} × ${side}`);
    showAt(this.temperature, temperature, temperature.toFixed(2));
    showAt(this.truncation, truncation, truncation < NO_TRUNCATION ? `|ε| ≤ ${truncation.toFixed(2)}` : "off");
    this.dimension.value = hold.dimension;
    const middle = this.setHeldRange(hold.dimension);
    showAt(this.held, hold.value ?? middle, hold.value === null ? "free" : hold.value.toFixed(2));
    this.free.hidden = hold.value === null;
    this.axisSelects.forEach((select, place) => (select.value = plane[place] ?? ""));
  }

  /** Three standard deviations about the prior's mean or, where there is no prior, the codes'. Returns that mean. */
  setHeldRange(dimension) {
    const { kl, centre, spread } = this.data;
    const middle = kl ? 0 : Number(centre[dimension].toFixed(2));
    const range = kl ? HELD_RANGE : Math.max(0.1, HELD_RANGE * spread[dimension]);
    Object.assign(this.held, { min: (middle - range).toFixed(2), max: (middle + range).toFixed(2) });
    return middle;
  }

  takeSeed(seed) {
    this.onChange({ seed: Math.max(0, Math.min(SEEDS - 1, seed)) });
  }

  // — the elements —

  buildToolbar(downloads) {
    const onView = (value) => () => this.onChange({ view: value });
    const radio = (value) => element("input", { type: "radio", name: "view", value, onchange: onView(value) });
    this.views = Object.keys(VIEWS).map(radio);
    const labels = this.views.map((input) => element("label", {}, input, VIEWS[input.value]));
    const views = element("div", { className: "views", role: "radiogroup", ariaLabel: "View" }, ...labels);
    const group = { className: "downloads", role: "group", ariaLabel: "Downloads" };
    const file = (text, title, onclick) => button(text, title, onclick, title);
    const files = element(
      "span",
      group,
      file("grid PNG", "Download all pictures as one PNG", downloads.grid),
      file("one PNG", "Download the framed picture, or the first, as PNG", downloads.picture),
      file("NPZ", "Download z and images as NumPy arrays", downloads.arrays),
    );
    const toolbar = { className: "toolbar", role: "toolbar", ariaLabel: "Samples" };
    return element("div", toolbar, views, this.buildSeed(), files);
  }

  buildSeed() {
    this.seed = numberField({ min: 0, max: SEEDS - 1, step: 1, ariaLabel: "Seed of ε" });
    this.seed.addEventListener("change", () => this.takeSeed(Math.round(this.seed.valueAsNumber || 0)));
    const next = () => this.takeSeed((this.state.seed + 1) % SEEDS);
    const draw = button("New ε", "Draw new noise: the next seed", next, "New ε: the next seed");
    draw.classList.add("draw");
    return element("span", { className: "seed" }, element("label", {}, "seed ", this.seed), draw);
  }

  buildSliders() {
    const change = (name) => (value) => this.onChange({ [name]: value });
    const hold = (part) => this.onChange({ hold: { ...this.state.hold, ...part } });
    this.temperature = slider("Temperature", { min: 0, max: 2, step: 0.02 }, change("temperature"));
    this.temperature.title = "z = μ + temperature × σ ε: 0 shows the means, 1 the source itself";
    this.truncation = slider("Truncation", { min: 0.1, max: NO_TRUNCATION, step: 0.05 }, change("truncation"));
    this.truncation.title = "ε from the normal distribution cut off at ± this, in each dimension";
    this.held = slider("Value of the latent held", { step: 0.05 }, (value) => hold({ value }));
    this.side = slider("Grid", { min: 2, max: MOST_SIDE, step: 1 }, change("side"));
    const onchange = () => hold({ dimension: Number(this.dimension.value), value: null });
    this.dimension = element("select", { ariaLabel: "Latent to hold at one value in all pictures", onchange });
    this.free = button(
      "let go",
      "Let this latent vary again",
      () => hold({ value: null }),
      "Let this latent vary again",
    );
    return element(
      "div",
      { className: "sliders" },
      row("", this.temperature, "Temperature "),
      row("truncation", this.truncation, "Truncation "),
      row("", this.held, "Hold ", this.dimension, this.free),
      row("", this.side, "Grid "),
    );
  }

  buildAxes() {
    const chosen = () => this.axisSelects.map((select) => select.value).slice(0, this.data.latent_dim);
    const onchange = () => this.onChange({ plane: chosen() });
    const select = (title) => element("select", { ariaLabel: `Manifold: ${title}`, onchange });
    this.axisSelects = ["across", "up"].map(select);
    this.axisLabels = this.axisSelects.map((axis, place) => element("label", {}, ["across ", "up "][place], axis));
    return element("div", { className: "axes" }, ...this.axisLabels);
  }
}

/** A slider that says in words where it stands. */
function slider(name, range, onInput) {
  const input = element("input", { type: "range", ...range, ariaLabel: name });
  input.output = element("output");
  input.addEventListener("input", () => onInput(Number(input.value)));
  return input;
}

function row(name, input, ...label) {
  const head = element("span", { className: "head" }, ...label, input.output);
  return element("div", { className: `slider ${name}` }, head, input);
}

function showAt(input, value, text) {
  input.value = value;
  input.output.textContent = text;
  input.ariaValueText = text;
}
