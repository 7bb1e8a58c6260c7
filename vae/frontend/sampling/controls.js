/** The controls of the Sampling page: what is shown, with which noise, and how z is changed before it is decoded. */

import { MAX_GRID_SIDE, MAX_SEED } from "../lib/contract.js";
import { button, element, segmented, subscript } from "../lib/dom.js";
import { downloadMenu } from "../lib/download-menu.js";
import { numberField, rangeField } from "../lib/fields.js";
import { help, natsText } from "../lib/glossary.js";
import { strongestFirst } from "../lib/math.js";
import { t } from "../lib/words.js";
import { NO_TRUNCATION } from "./sources.js";

/** @import { Range } from "../lib/fields.js" */
/** @import { SamplingData, SamplingState } from "./state.js" */
/** @typedef {(part: Partial<SamplingState>) => void} OnChange */
/** @typedef {Record<"grid" | "picture" | "arrays", () => Promise<void>>} Downloads */

/** @type {import("../lib/dom.js").Option<string>[]} */
const VIEWS = [
  ["one", t("One source")],
  ["two", t("Two sources")],
  ["plane", t("Manifold")],
];
const HELD_RANGE = 3; // standard deviations

export class Controls {
  /**
   * @param {SamplingData} data
   * @param {SamplingState} state
   * @param {OnChange} onChange called for every movement of a control
   * @param {Downloads} downloads each saves its file
   */
  constructor(data, state, onChange, downloads) {
    this.data = data;
    this.state = state;
    this.onChange = onChange;
    this.comparing = false;
    this.views = segmented(t("View"), VIEWS, (view) => onChange({ view }));
    this.seed = numberField({ whole: true, min: 0, max: MAX_SEED, ariaLabel: t("Seed of the noise") });
    this.temperature = new Slider(t("Temperature"), { min: 0, max: 2, step: 0.02 }, (temperature) =>
      onChange({ temperature }),
    );
    this.truncation = new Slider(t("Truncation"), { min: 0.1, max: NO_TRUNCATION, step: 0.05 }, (truncation) =>
      onChange({ truncation }),
    );
    this.held = new Slider(t("Value of the held latent"), { step: 0.05 }, (value) => this.hold({ value }));
    this.side = new Slider(t("Grid"), { min: 2, max: MAX_GRID_SIDE, step: 1 }, (side) => onChange({ side }));
    this.dimension = element("select", {
      ariaLabel: t("Latent to hold at one value in all pictures"),
      onchange: () => this.hold({ dimension: Number(this.dimension.value), value: null }),
    });
    this.strength = element("span"); // what explains the strength of the latents that can be held
    const vary = t("Let this latent vary again");
    this.vary = button(t("Vary"), vary, () => this.hold({ value: null }), vary);
    this.axisSelects = ["across", "up"].map((title) =>
      element("select", { ariaLabel: t`Manifold: ${title}`, onchange: () => this.choosePlane() }),
    );
    this.axisLabels = [t("Across "), t("Up ")].map((title, place) =>
      element("label", {}, title, this.axisSelects[place]),
    );
    this.toolbar = this.buildToolbar(downloads);
    this.sliders = this.buildSliders();
    const share = () => ({ share: `PC 1: ${(100 * this.data.components.explained[0]).toFixed(0)} %` });
    this.axes = element("div", { className: "axes" }, ...this.axisLabels, help("share of variance", share));
  }

  /**
   * Offers the latents and axes of a model.
   *
   * @param {SamplingData} data
   */
  offer(data) {
    const { kl, spread, components, latent_dim: latentDim } = data;
    this.data = data;
    /** @param {number} i */
    const strength = (i) => (kl ? t`KL ${kl[i].toFixed(2)} nats` : t`spread ${spread[i].toFixed(2)}`);
    const dimensions = strongestFirst(kl ?? spread).map((i) => ({ i, text: `z${i} · ${strength(i)}` }));
    const axes = [
      ...dimensions.map(({ i, text }) => ({ axis: `z${i}`, text })),
      ...components.explained.map((share, k) => ({
        axis: `pc${k + 1}`,
        text: t`PC ${k + 1} · ${(100 * share).toFixed(0)} % of variance`,
      })),
    ];
    const ofHeld = () => {
      const i = Number(this.dimension.value);
      return kl ? { kl: `${subscript(i)}: ${natsText(kl[i])}` } : { spread: spread[i].toFixed(2) };
    };
    this.strength.replaceChildren(help(kl ? "KL of a dimension" : "spread of μ", ofHeld));
    this.dimension.replaceChildren(...dimensions.map(({ i, text }) => element("option", { value: i }, text)));
    for (const select of this.axisSelects) {
      select.replaceChildren(...axes.map(({ axis, text }) => element("option", { value: axis }, text)));
    }
    this.axisLabels[1].hidden = latentDim === 1;
  }

  /** Where models are compared, each has one grid. @param {boolean} comparing */
  compare(comparing) {
    this.comparing = comparing;
    const label = this.views.inputs.get("two")?.parentElement;
    if (label) label.hidden = comparing;
  }

  /** @param {SamplingState} state */
  show(state) {
    const { view, seed, side, temperature, truncation, hold, plane } = state;
    this.state = state;
    this.views.choose(this.comparing && view === "two" ? "one" : view);
    this.seed.show(seed);
    this.side.show(side, `${side} × ${side}`);
    this.temperature.show(temperature, temperature.toFixed(2));
    this.truncation.show(truncation, truncation < NO_TRUNCATION ? `|ε| ≤ ${truncation.toFixed(2)}` : t("Off"));
    this.dimension.value = String(hold.dimension);
    const middle = this.setHeldRange(hold.dimension);
    this.held.show(hold.value ?? middle, hold.value === null ? t("Varies") : hold.value.toFixed(2));
    this.vary.hidden = hold.value === null;
    this.axisSelects.forEach((select, place) => {
      select.value = plane[place] ?? "";
    });
  }

  /**
   * Three standard deviations about the prior's mean or, where there is no prior, the codes'. Returns that mean.
   *
   * @param {number} dimension
   */
  setHeldRange(dimension) {
    const { kl, centre, spread } = this.data;
    const middle = kl ? 0 : Number(centre[dimension].toFixed(2));
    const range = kl ? HELD_RANGE : Math.max(0.1, HELD_RANGE * spread[dimension]);
    Object.assign(this.held.input, { min: (middle - range).toFixed(2), max: (middle + range).toFixed(2) });
    return middle;
  }

  /** @param {number} seed */
  takeSeed(seed) {
    this.onChange({ seed: Math.max(0, Math.min(MAX_SEED, seed)) });
  }

  /** @param {Partial<SamplingState["hold"]>} part */
  hold(part) {
    this.onChange({ hold: { ...this.state.hold, ...part } });
  }

  choosePlane() {
    this.onChange({ plane: this.axisSelects.map(({ value }) => value).slice(0, this.data.latent_dim) });
  }

  // — the elements —

  /** @param {Downloads} downloads */
  buildToolbar(downloads) {
    const files = downloadMenu([
      { format: "PNG", what: t("all pictures, as they are here"), save: downloads.grid },
      { format: "PNG", what: t("the framed picture, or the first"), save: downloads.picture },
      { format: "NPZ", what: t("z and pictures, for NumPy"), save: downloads.arrays },
    ]);
    const toolbar = { className: "toolbar", role: "toolbar", ariaLabel: t("Samples") };
    return element("div", toolbar, this.views.element, this.buildSeed(), files);
  }

  buildSeed() {
    this.seed.addEventListener("change", () => this.takeSeed(this.seed.read()));
    const next = () => this.takeSeed((this.state.seed + 1) % (MAX_SEED + 1));
    const draw = button(t("Draw new noise"), t("Draw new noise: the next seed"), next);
    draw.classList.add("draw");
    return element("span", { className: "seed" }, element("label", {}, t("Seed "), this.seed), draw);
  }

  buildSliders() {
    const { temperature, truncation, held, side } = this;
    temperature.input.title = t("z = μ + temperature × σ ε: 0 shows the means, 1 the source itself");
    truncation.input.title = t("ε from the normal distribution cut off at ± this, in each dimension");
    const rows = [
      temperature.row(
        t("Temperature"),
        help("Temperature", () => ({ temperature: temperature.input.value })),
      ),
      truncation.row(
        t("Truncation"),
        help("Truncation", () => ({ truncation: truncation.input.value })),
      ),
      held.row(t("Hold"), help("Hold"), this.strength),
      side.row(t("Grid")),
    ];
    held.input.before(element("span", { className: "held" }, this.dimension, this.vary));
    rows[1].classList.add("truncation");
    rows[2].classList.add("hold");
    return element("div", { className: "sliders" }, ...rows);
  }
}

/** A slider that says in words where it stands. */
class Slider {
  /**
   * @param {string} name
   * @param {Range} range
   * @param {(value: number) => void} onInput
   */
  constructor(name, range, onInput) {
    this.input = rangeField({ ...range, ariaLabel: name });
    this.output = element("output");
    this.input.addEventListener("input", () => onInput(this.input.valueAsNumber));
  }

  /** @param {(string | Node)[]} label */
  row(...label) {
    const head = element("span", { className: "head" }, ...label, this.output);
    return element("div", { className: "slider" }, head, this.input);
  }

  /**
   * @param {number} value
   * @param {string} text
   */
  show(value, text) {
    this.input.value = String(value);
    this.output.textContent = text;
    this.input.ariaValueText = text;
  }
}
