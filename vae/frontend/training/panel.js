/** Beside the film: which films are shown, the same run with another β, and what starts a run at one click. */

import { button, element, say, select } from "../lib/dom.js";
import { numberField } from "../lib/fields.js";
import { help } from "../lib/glossary.js";

/** @import { Option, Select } from "../lib/dom.js" */

/**
 * What Python sends of it: vae/ui/pages/training.
 *
 * film, beside: what is shown. films: those to choose from. curves: a model without a film. note, no_other, problem,
 * obstacle: sentences, or "". answered: the number of the command that was last heard. words: what a model is, by its
 * name; a run that goes on has none.
 *
 * @typedef {object} Selection
 * @property {string | null} film
 * @property {string | null} beside
 * @property {string[]} films
 * @property {string | null} curves
 * @property {string} note
 * @property {string} no_other
 *
 * @typedef {{ name: string, beta: number, proposed: number, problem: string }} Repeat
 * @typedef {{ title: string, about: string, facts: string, name: string }} Preset
 *
 * @typedef {object} PanelData
 * @property {Selection} selection
 * @property {Repeat | null} repeat
 * @property {Preset[]} presets
 * @property {string} obstacle
 * @property {string} problem
 * @property {number} answered
 * @property {Record<string, string>} words
 */

/**
 * What the user wants of Python.
 *
 * @typedef {{ do: "show", film: string | null, beside: string | null } | { do: "preset", title: string } |
 *   { do: "again", name: string, beta: number } | { do: "form" }} Command
 */

const NONE = ""; // the value of "none", which is no name

export class Panel {
  number = 0; // of the last command
  /** @type {PanelData | null} */
  data = null;
  repeated = ""; // the film and β that the field for another β was filled for

  /** @param {(command: Command & { number: number }) => void} send */
  constructor(send) {
    this.send = send;
    this.film = select("Film of", [], (film) => this.showFilms(film, this.beside.value));
    this.beside = select("Beside it", [], (beside) => this.showFilms(this.film.value, beside));
    this.reason = element("p", { className: "reason", role: "status", ariaLive: "polite" });
    this.beta = numberField({ ariaLabel: "Another β", min: "0", max: "1000", value: "4" });
    this.beta.addEventListener("keydown", ({ key }) => key === "Enter" && this.again());
    this.againButton = button("Start", "", () => this.again(), "Start it again with this β");
    this.againReason = element("span");
    this.sign = help("β", () => ({ beta: `${this.data?.repeat?.beta ?? "β"}` }));
    this.cards = element("div", { className: "cards" });
    const about = "Choose data set, architecture and objective, or upload your own pictures";
    this.formButton = button("Train a model", about, () => this.ask({ do: "form" }));
    this.problem = element("p", { className: "notice", role: "alert", hidden: true });
    const row = element("div", { className: "again" }, element("label", {}, "Again, but β = ", this.beta));
    row.append(this.againButton);
    this.element = element(
      "aside",
      { className: "panel", ariaLabel: "Films and new runs" },
      element("div", { className: "choice" }, labelled("Film of", this.film), labelled("Beside it", this.beside)),
      this.reason,
      element(
        "div",
        { className: "repeat" },
        row,
        element("p", { className: "reason small-print" }, this.againReason, this.sign),
      ),
      element("h2", {}, "New run"),
      this.problem,
      this.cards,
      this.formButton,
    );
  }

  /** @param {PanelData} data */
  update(data) {
    this.data = data;
    this.fillFilms(data.selection, data.words);
    this.fillRepeat(data.repeat);
    say(this.problem, data.problem);
    this.problem.hidden = !data.problem;
    const cards = JSON.stringify(data.presets);
    if (cards !== this.cards.dataset.of) this.cards.replaceChildren(...data.presets.map((preset) => this.card(preset)));
    this.cards.dataset.of = cards;
    this.enable();
  }

  /**
   * @param {Selection} selection
   * @param {Record<string, string>} words
   */
  fillFilms({ film, beside, films, curves }, words) {
    const named = (/** @type {string} */ name) => (words[name] ? `${words[name]} (${name})` : name);
    const names = films.map((name) => /** @type {Option} */ ([name, named(name)]));
    /** @type {Option[]} */
    const own = curves === null ? [] : [[curves, `${named(curves)}: curves only`]];
    fill(this.film, [...own, ...names], film ?? NONE);
    fill(this.beside, [[NONE, "None"], ...names.filter(([name]) => name !== film)], beside ?? NONE);
  }

  /** @param {Repeat | null} repeat */
  fillRepeat(repeat) {
    const key = JSON.stringify(repeat);
    if (key !== this.repeated && repeat) this.beta.show(repeat.proposed);
    this.repeated = key;
    const problem = repeat ? repeat.problem : "There is nothing to train again yet.";
    this.sign.hidden = Boolean(problem);
    say(this.againReason, problem || `${repeat?.name} has β = ${repeat?.beta}; all else stays the same.`);
    this.againButton.title =
      problem || `Trains ${repeat?.name} again with this β, beside which the films can be compared`;
  }

  /** What starts something is disabled while it cannot, and until the last command has been heard. */
  enable() {
    const { data } = this;
    if (!data) return;
    const waits = this.number !== 0 && this.number !== data.answered;
    const blocked = waits || Boolean(data.obstacle);
    for (const card of this.cards.querySelectorAll("button")) card.disabled = blocked;
    this.formButton.disabled = blocked;
    this.beta.disabled = !data.repeat || Boolean(data.repeat.problem);
    this.againButton.disabled = blocked || this.beta.disabled;
    this.film.disabled = this.film.options.length < 2;
    this.beside.disabled = Boolean(data.selection.no_other);
  }

  /**
   * A preset as a button that starts it.
   *
   * @param {Preset} preset
   */
  card({ title, about, facts, name }) {
    const onclick = () => this.ask({ do: "preset", title });
    const texts = [element("b", {}, title), element("span", {}, about), element("span", { className: "facts" }, facts)];
    const hint = `Starts training at once, as ${name}`;
    return element("button", { type: "button", className: "card", title: hint, onclick }, ...texts);
  }

  /**
   * Why two films cannot be compared in all they show, or why there is none beside.
   *
   * @param {string} sentence "" for nothing to say
   */
  sayComparison(sentence) {
    const text = this.data?.selection.no_other || sentence;
    say(this.reason, text);
    this.reason.hidden = !text;
  }

  /**
   * @param {string} film
   * @param {string} beside
   */
  showFilms(film, beside) {
    this.ask({ do: "show", film, beside: beside === film ? null : beside || null });
  }

  again() {
    const beta = this.beta.read();
    if (this.data?.repeat && !Number.isNaN(beta)) this.ask({ do: "again", name: this.data.repeat.name, beta });
  }

  /** @param {Command} command */
  ask(command) {
    this.number = Math.max(this.number + 1, Math.ceil(performance.now())); // another than of earlier visits
    this.send({ ...command, number: this.number });
    this.enable();
  }
}

/**
 * @param {string} text
 * @param {HTMLElement} control
 */
function labelled(text, control) {
  return element("label", {}, element("span", {}, text), control);
}

/**
 * Sets options and value, the options only where they differ: a list that is open would close.
 *
 * @param {Select} control
 * @param {Option[]} options
 * @param {string} value
 */
function fill(control, options, value) {
  const key = JSON.stringify(options);
  if (control.dataset.of !== key) control.fill(options);
  control.dataset.of = key;
  control.value = value;
}
