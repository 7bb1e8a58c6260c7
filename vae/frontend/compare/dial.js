/**
 * The dial: a slider that has a stop for each trained model of a family, and nothing between them.
 *
 * @import { ModelData } from "./models.js"
 */

import { button, element, say } from "../lib/dom.js";
import { rangeField } from "../lib/fields.js";
import { help, natsText } from "../lib/glossary.js";
import { t } from "../lib/words.js";
import { nameOf, tickText } from "./models.js";

export class Dial {
  /** @type {ModelData[]} */
  members = [];

  /**
   * @param {object} listeners
   * @param {(at: number) => void} listeners.onMove at each stop that the thumb reaches
   * @param {() => void} listeners.onRelease
   */
  constructor({ onMove, onRelease }) {
    this.onMove = onMove;
    this.onRelease = onRelease;
    this.field = rangeField({ min: "0", max: "0", step: "1", ariaLabel: "β" });
    this.field.addEventListener("input", () => this.move(this.field.valueAsNumber));
    this.field.addEventListener("change", () => this.onRelease());
    this.ticks = element("div", { className: "dial-ticks" });
    this.value = element("output", { className: "dial-value" });
    const sign = help("β", () => this.measured());
    const title = element("span", { className: "dial-title" }, t("β, the weight of the KL: "), this.value, sign);
    const note = element(
      "span",
      { className: "dial-note small-print" },
      t("trained models only: nothing is interpolated"),
    );
    const head = element("div", { className: "dial-head" }, title, note);
    this.element = element("div", { className: "dial" }, head, this.field, this.ticks);
  }

  get at() {
    return this.field.valueAsNumber;
  }

  /** The loss of the model at the stop, for the formula. */
  measured() {
    const { beta, nats } = this.member ?? {};
    if (!nats || nats.kl === null || typeof beta !== "number") return null;
    const { reconstruction, kl } = nats;
    const texts = { reconstruction: natsText(reconstruction, 1), kl: natsText(kl, 1), beta: `${beta}` };
    return { ...texts, sum: natsText(reconstruction + beta * kl, 1) };
  }

  get member() {
    return this.members[this.at];
  }

  /**
   * @param {ModelData[]} members
   * @param {number} at the model to stand at
   */
  show(members, at) {
    if (members !== this.members) {
      this.members = members;
      this.field.max = `${members.length - 1}`;
      this.field.disabled = members.length < 2;
      this.ticks.replaceChildren(...members.map((member, i) => this.tick(member, i)));
    }
    this.field.value = `${at}`;
    this.name();
  }

  /**
   * @param {ModelData} member
   * @param {number} i
   */
  tick(member, i) {
    const choose = () => {
      this.field.value = `${i}`;
      this.move(i);
      this.onRelease();
    };
    const tick = button(tickText(member), nameOf(member), choose, nameOf(member));
    tick.style.setProperty("--at", `${i / Math.max(1, this.members.length - 1)}`);
    tick.tabIndex = -1; // the slider is there for the keyboard
    return tick;
  }

  /** @param {number} at */
  move(at) {
    this.name();
    this.onMove(at);
  }

  name() {
    const { member, at } = this;
    const name = member ? nameOf(member) : "";
    say(this.value, name);
    this.field.ariaValueText = name;
    [...this.ticks.children].forEach((tick, i) => {
      tick.ariaPressed = `${i === at}`;
    });
  }
}
