/**
 * One step of a lesson's experiment: what to do, a button that brings the view to the step's exact state, and then what one
 * should see, with the numbers that the app has measured.
 *
 * @import { LessonCheck, LessonStep } from "../lib/contract.js"
 *
 * What a step needs of the page around it. models: that it can show; open: brings the view to a link's state; has: whether it has a view of this address;
 * app: whether the full app is there.
 *
 * @typedef {object} Stage
 * @property {string} base
 * @property {readonly string[]} models
 * @property {boolean} app
 * @property {(link: URLSearchParams) => void} open
 * @property {(page: string) => boolean} has
 */

import { button, element, say } from "../lib/dom.js";
import { richNodes } from "../lib/rich.js";
import { t } from "../lib/words.js";
import { queryOfStep } from "./course.js";

/**
 * Why a step's view cannot be shown here; "" where it can.
 *
 * @param {LessonStep} step
 * @param {Pick<Stage, "has" | "app" | "models">} stage
 */
export function problemOf({ page, link, checkpoint }, { has, app, models }) {
  const params = new URLSearchParams(link.split("?")[1]);
  const named = [checkpoint, ...(params.get("compare")?.split(",") ?? [])];
  const lacking = named.filter((name) => name && !models.includes(name));
  if (lacking.length) return t`This step needs the model ${lacking.join(", ")}, which is not here. Read on without it.`;
  return has(page) || app ? "" : t("This step needs a page that only the full app has. Read on without it.");
}

export class StepPanel {
  news = element("p", { className: "lesson-shown", role: "status" });

  /**
   * @param {LessonStep} step
   * @param {Stage} stage
   * @param {{wasOpened: boolean, onOpen: () => void}} how
   */
  constructor(step, stage, { wasOpened, onOpen }) {
    const { base } = stage;
    this.problem = problemOf(step, stage);
    this.showMe = button(t("Show me"), t("Brings the page to this step"), () => {
      stage.open(queryOfStep(step));
      say(this.news, t("The page shows this step now."));
      this.opened();
      onOpen();
    });
    this.showMe.className = "primary";
    this.full = element("a", { className: "lesson-full", href: `${base}/${step.link}`, target: "_blank" });
    this.full.append(t("Show me in the full app"));
    this.full.dataset.full = "";
    this.full.addEventListener("click", () => this.opened());
    const isHere = stage.has(step.page);
    this.showMe.hidden = !isHere || this.problem !== "";
    this.full.hidden = isHere || this.problem !== "";
    const why = element("p", { className: "lesson-note", hidden: !this.problem }, this.problem);
    this.see = element("details", { className: "lesson-see" }, element("summary", {}, t("What should I see?")));
    this.see.append(element("div", {}, ...richNodes(step.see, base)), checkList(step.checks));
    this.see.hidden = !step.see.length || !(wasOpened || this.problem);
    const sentence = element("div", { className: "lesson-do" }, ...richNodes(step.do, base));
    this.element = element("div", { className: "lesson-step" }, sentence, why, this.showMe, this.full);
    this.element.append(this.news, this.see);
    if (wasOpened) this.opened();
  }

  /** From now on one may ask what there is to see. */
  opened() {
    this.see.hidden = false;
    this.showMe.classList.remove("primary");
  }
}

/**
 * What the app has measured, one line a check.
 *
 * @param {readonly LessonCheck[]} checks
 */
export function checkList(checks) {
  const items = checks.map(({ text, measured, unit, holds }) => {
    const value = element("b", {}, `${measured} ${unit}`.trim());
    const words = holds ? [] : [element("em", {}, t("This model does not show what the lesson says."))];
    return element("li", {}, element("span", {}, text), value, ...words);
  });
  return element("ul", { className: "lesson-checks", hidden: !items.length }, ...items);
}
