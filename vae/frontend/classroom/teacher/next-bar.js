/** What to do next, in one line with its button. */

/** @import { Desk } from "./desk.js" */
/** @import { Action } from "./lesson-steps.js" */

import { button, element, say } from "../../lib/dom.js";
import { help } from "../../lib/glossary.js";
import { hasFocus } from "./focus.js";
import { minutesText } from "./lesson-steps.js";
import { nextStep } from "./next-step.js";
import { rightValues } from "./tally.js";

const CLOCK_MS = 10_000;

export class NextBar {
  shown = ""; // the actions that are shown
  step = ""; // whose text was read out
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.text = element("span", { tabIndex: -1 });
    const tally = () => desk.state.tally;
    this.sign = help("share of right votes", () => rightValues(tally()?.counts, tally()?.correct));
    this.actions = element("div", { className: "actions" });
    this.clock = element("span", { className: "clock", title: "Of the lesson, and planned for it" });
    this.element = element("section", { className: "next", ariaLabel: "What to do next" });
    this.element.append(element("p", {}, this.text, this.sign), this.clock, this.actions);
  }

  show() {
    const { desk } = this;
    const { id, text, actions, rights = false } = nextStep(desk.state);
    this.sign.hidden = !rights;
    this.showClock();
    this.text.ariaLive = id === this.step ? "off" : "polite"; // a step is read out once, not at each vote
    say(this.text, text);
    this.step = id;
    this.element.dataset.step = id; // for tests
    const now = JSON.stringify([actions, desk.projectorAddress, desk.tab]);
    if (now === this.shown) return;
    this.shown = now;
    const focused = hasFocus(this.actions);
    const offered = actions.filter((action) => !("tab" in action && action.tab === desk.tab));
    this.actions.replaceChildren(...offered.map((action, place) => this.actionNode(action, place === 0)));
    if (focused) /** @type {HTMLElement} */ (this.actions.querySelector("a, button") ?? this.text).focus();
  }

  /** The minutes of the lesson; they go on without news of the class. */
  showClock() {
    clearTimeout(this.timer);
    const { lesson, class: about } = this.desk.state;
    say(this.clock, lesson ? minutesText(lesson, Date.now() / 1000) : "");
    const goes = lesson && lesson.begun !== null && lesson.phase !== "end" && !about?.closed;
    if (goes) this.timer = setTimeout(() => this.showClock(), CLOCK_MS);
  }

  close() {
    clearTimeout(this.timer);
  }

  /**
   * @param {Action} action
   * @param {boolean} first
   */
  actionNode(action, first) {
    const className = first ? "button primary" : "button";
    if ("projector" in action) {
      const target = `projector-${this.desk.code}`;
      return element("a", { className, target, href: this.desk.projectorAddress }, action.label);
    }
    if ("link" in action) {
      return element("a", { className, target: "_self", href: `${this.desk.base}/${action.link}` }, action.label);
    }
    const node = button(action.label, action.label, () => this.take(action));
    node.className = first ? "primary" : "";
    return node;
  }

  /** @param {Exclude<Action, {link: string} | {projector: true}>} action */
  take(action) {
    if ("tab" in action) this.desk.calls.onTab(action.tab);
    else void this.desk.command(action.do, action.fields);
  }
}
