/**
 * The class in the bar of the teacher's pages: its code, how many are there, whether they follow, and the step of the
 * lesson's experiment, from which one goes to the next without leaving the page.
 *
 * @import { ClassLesson } from "../lib/contract.js"
 * @import { Broadcast } from "./broadcast.js"
 */

import { button, element, say, segmented } from "../lib/dom.js";
import { openBy } from "../lib/popover.js";
import { plainRich } from "../lib/rich.js";

/** @type {import("../lib/dom.js").Option<"follow" | "explore">[]} */
const MODES = [
  ["follow", "Follow me"],
  ["explore", "Explore"],
];

export class Chip {
  /** @param {Broadcast} broadcast */
  constructor(broadcast) {
    this.broadcast = broadcast;
    const { base, code } = broadcast;
    this.code = code;
    this.here = element("span");
    const open = button("", "What the class does", () => {}, `Class ${code}`);
    open.className = "class-chip";
    open.append(code, this.here);
    this.mode = segmented("Students", MODES, (mode) => void broadcast.command("mode", { mode }));
    this.freeze = button("Freeze", "The students' screens stay as they are", () => {
      void broadcast.command("freeze", { frozen: !this.isFrozen });
    });
    this.state = element("p", { role: "status", ariaLive: "polite" });
    this.step = element("p", { className: "class-step" });
    this.before = button("‹", "The step before, for all", () => this.goTo(-1), "Step before");
    this.after = button("›", "The next step, for all", () => this.goTo(1), "Next step");
    this.there = element("a", { target: "_self" }, "Its page");
    const steps = element("div", { className: "class-modes" }, this.before, this.after, this.there);
    this.lesson = element("div", { hidden: true }, this.step, steps);
    const page = element("a", { href: `${base}/Class`, target: "_self" }, "The class's page");
    const controls = element("div", { className: "class-modes" }, this.mode.element, this.freeze);
    this.panel = element("div", { className: "class-panel", role: "dialog", ariaLabel: `Class ${code}` });
    this.panel.append(controls, this.state, this.lesson, element("p", {}, page));
    this.open = open;
    this.elements = [open, this.panel];
    openBy(open, this.panel);
    this.onChange = () => this.show();
    broadcast.listeners.add(this.onChange);
    this.show();
  }

  get isFrozen() {
    return this.broadcast.connection.state.class?.frozen ?? false;
  }

  show() {
    const { broadcast, isFrozen, open, freeze } = this,
      { class: about, people, lesson } = broadcast.connection.state;
    say(this.here, people ? ` · ${people.connected}` : "");
    open.ariaLabel = `Class ${broadcast.code}${people ? ` · ${people.connected} here` : ""}`;
    open.dataset.state = isFrozen ? "frozen" : (about?.mode ?? "");
    say(freeze, isFrozen ? "Release" : "Freeze");
    freeze.title = isFrozen ? "The students go on" : "The students' screens stay as they are";
    freeze.ariaLabel = freeze.textContent;
    this.mode.element.toggleAttribute("inert", isFrozen);
    if (about) this.mode.choose(about.mode);
    this.showStep(about?.closed ? null : lesson);
    say(this.state, broadcast.sentence || wordsOf(about?.mode, isFrozen));
  }

  /** @param {ClassLesson | null} lesson */
  showStep(lesson) {
    const { step = 0, steps = 0, link = "" } = lesson ?? {};
    this.lesson.hidden = step === 0;
    say(this.step, `Step ${step} of ${steps}: ${plainRich(lesson?.do ?? [])}`);
    this.before.disabled = step <= 1;
    this.after.disabled = step >= steps;
    this.there.href = `${this.broadcast.base}/${link}`;
  }

  /** To a step of the experiment. @param {number} by 1 for the next one, -1 for the one before */
  goTo(by) {
    const { lesson } = this.broadcast.connection.state;
    if (lesson?.step) void this.broadcast.command("phase", { phase: "experiment", step: lesson.step + by });
  }

  close() {
    this.broadcast.listeners.delete(this.onChange);
    for (const node of this.elements) node.remove();
  }
}

/**
 * What the students' screens do.
 *
 * @param {"follow" | "explore" | undefined} mode
 * @param {boolean} isFrozen
 */
function wordsOf(mode, isFrozen) {
  if (isFrozen) return "The students' screens are frozen.";
  if (mode === "follow") return "The students see what you show, and what moves on it.";
  return mode === "explore" ? "Each student explores." : "";
}
