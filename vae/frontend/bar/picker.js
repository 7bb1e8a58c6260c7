/** The model picker: a button with the model in words, and the list of all models, grouped by their data. */

import { button, element, say } from "../lib/dom.js";
import { openBy } from "../lib/popover.js";
import { t, translate } from "../lib/words.js";

/**
 * What the list shows of a model. words: its name for people; version: changes when it is trained again; strip: the
 * address of its pictures where there is no server; problem: why it cannot be used.
 *
 * @typedef {object} Usable
 * @property {string} name
 * @property {string} group
 * @property {string} words
 * @property {string} purpose
 * @property {string} numbers
 * @property {string} facts
 * @property {number} version
 * @property {string} [strip]
 *
 * @typedef {{name: string, group: string, problem: string}} Broken
 * @typedef {Usable | Broken} Model
 */

export class Picker {
  /** The list's pictures that are not loaded, with their addresses. @type {Map<HTMLImageElement, string>} */
  pictures = new Map();

  /** @param {(name: string) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    /** @type {string} */
    this.shown = "";
    this.picture = element("img", { className: "bar-strip", alt: "", draggable: false });
    this.text = element("span", { className: "bar-words" });
    this.problems = element("span", { className: "model-problems", hidden: true }, "⚠");
    this.button = button("", "", () => {}, t("Model"));
    this.button.className = "model-button";
    const arrow = element("span", { className: "model-arrow" }, "▾");
    this.button.append(this.picture, this.text, this.problems, arrow);
    this.list = element("div", { className: "model-list", role: "listbox", ariaLabel: t("Models") });
    this.close = openBy(this.button, this.list);
    this.list.addEventListener("beforetoggle", ({ newState }) => newState === "open" && this.onOpen());
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.elements = [this.button, this.list];
  }

  /**
   * @param {string} base the app's address
   * @param {Model[]} models
   * @param {string | null} chosen
   */
  show(base, models, chosen) {
    const now = JSON.stringify([base, models, chosen]);
    if (now === this.shown) return;
    this.shown = now;
    const current = models.find(({ name }) => name === chosen);
    const usable = current && "words" in current ? current : null;
    this.picture.hidden = !usable;
    if (usable) this.picture.src = stripUrl(base, usable);
    const text = usable ? translate(usable.words) : t("No model");
    say(this.text, text);
    this.button.ariaLabel = t`Model: ${text}`;
    this.button.title = usable ? `${usable.name}: ${translate(usable.numbers)}; ${translate(usable.facts)}` : "";
    this.button.dataset.name = chosen ?? "";
    this.problems.hidden = models.every((model) => !("problem" in model));
    this.fill(base, models, chosen);
  }

  /**
   * @param {string} base
   * @param {Model[]} models
   * @param {string | null} chosen
   */
  fill(base, models, chosen) {
    this.pictures.clear();
    /** @type {Map<string, HTMLElement>} */
    const groups = new Map();
    for (const model of models) {
      const group =
        groups.get(model.group) ??
        element("div", { className: "model-group", role: "group", ariaLabel: translate(model.group) });
      if (!groups.has(model.group))
        group.append(element("div", { className: "model-heading" }, translate(model.group)));
      groups.set(model.group, group);
      group.append("problem" in model ? broken(model) : this.option(base, model, model.name === chosen));
    }
    this.list.replaceChildren(...groups.values());
    if (this.button.ariaExpanded === "true") this.loadPictures();
  }

  onOpen() {
    this.loadPictures();
    this.focusChosenSoon();
  }

  /** The strips of the list, which a page that is opened does not ask for: the server decodes each. */
  loadPictures() {
    for (const [picture, src] of this.pictures) Object.assign(picture, { src });
    this.pictures.clear();
  }

  /**
   * @param {string} base
   * @param {Usable} model
   * @param {boolean} chosen
   */
  option(base, model, chosen) {
    const picture = element("img", { className: "bar-strip", alt: "", loading: "lazy" });
    this.pictures.set(picture, stripUrl(base, model));
    const lines = element("span", { className: "model-lines" });
    const code = element("small", {}, model.name);
    lines.append(element("b", {}, translate(model.words), " ", code), element("span", {}, translate(model.purpose)));
    lines.append(element("small", {}, `${translate(model.numbers)} · ${translate(model.facts)}`));
    const option = element(
      "div",
      { className: "model-option", role: "option", tabIndex: chosen ? 0 : -1 },
      picture,
      lines,
    );
    option.ariaSelected = `${chosen}`;
    option.dataset.name = model.name;
    option.addEventListener("click", () => this.choose(model.name));
    return option;
  }

  /** @param {string} name */
  choose(name) {
    this.close();
    this.button.focus();
    this.onChoose(name);
  }

  get options() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=option]")]);
  }

  focusChosenSoon() {
    requestAnimationFrame(() => {
      const chosen = this.options.find(({ ariaSelected }) => ariaSelected === "true") ?? this.options[0];
      chosen?.focus();
    });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const { options } = this;
    const at = options.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
    if (to !== undefined) options[Math.max(0, Math.min(options.length - 1, to))]?.focus();
    else if (at >= 0 && (event.key === "Enter" || event.key === " ")) options[at].click();
    else return;
    event.preventDefault();
  }
}

/** @param {string} base @param {Usable} model */
function stripUrl(base, { name, version, strip }) {
  return strip ?? `${base}/live/strip?model=${encodeURIComponent(name)}&version=${version}`;
}

/** @param {Broken} model */
function broken({ name, problem }) {
  const sentence = t`Checkpoint “${name}” cannot be used. ${translate(problem)}`;
  return element("p", { className: "model-broken" }, sentence);
}
