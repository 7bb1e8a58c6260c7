/**
 * The strip beneath the bar: the class, what is going on, the own seat; and the buttons that open the panels.
 *
 * @import { Status } from "../connection.js"
 * @import { ClassState } from "../state.js"
 * @import { Mode } from "./words.js"
 */

import { button, element, say } from "../../lib/dom.js";
import { t } from "../../lib/words.js";
import { ownVote, progressWords } from "./words.js";

export class Strip {
  name = ""; // as it was when the student joined
  title = element("b", { className: "strip-class" });
  mode = element("p", { className: "strip-mode", role: "status" });
  offline = element("p", { className: "strip-offline", role: "status" });
  buttons = {
    lesson: button(t("Lesson"), t("What the class does now, and what came out"), () => {}),
    question: button("", t("The class's question"), () => {}),
    draw: button(t("Draw"), t("Draw something and hand it in"), () => {}, t("Draw and hand in")),
    map: button("", t("The drawings of the class on one map"), () => {}),
    seat: button("", t("Your nickname and connection"), () => {}),
  };

  /** @param {(height: number) => void} onSize height: of the strip, CSS pixels */
  constructor(onSize) {
    const { lesson, question, draw, map, seat } = this.buttons;
    lesson.hidden = true;
    seat.className = "strip-seat";
    question.ariaLabel = map.ariaLabel = null; // their texts say it
    const words = element("div", { className: "strip-words" }, this.title, this.mode, this.offline);
    this.dock = element("div", { className: "class-dock", role: "group", ariaLabel: t("In class") });
    this.dock.append(lesson, question, draw, map);
    this.element = element("section", { className: "class-strip", ariaLabel: t("Class") }, words, this.dock, seat);
    this.sizes = new ResizeObserver(() => onSize(this.element.getBoundingClientRect().height));
    this.sizes.observe(this.element);
  }

  /**
   * @param {Mode} mode
   * @param {ClassState} state
   * @param {Status | null} status
   */
  show({ text, kind }, state, status) {
    const { class: about, me } = state;
    const lost = status !== null && !status.connected && !status.final && about !== null;
    this.element.dataset.kind = kind;
    this.element.classList.toggle("lost", lost);
    say(this.title, about ? about.name : t("Class"));
    say(this.mode, text);
    say(this.offline, lost ? t("No connection: all is kept.") : "");
    this.dock.hidden = about === null || kind === "ended";
    this.showSeat(me?.name ?? this.name, status);
    this.showButtons(state);
  }

  /**
   * @param {string} name
   * @param {Status | null} status
   */
  showSeat(name, status) {
    const { seat } = this.buttons;
    seat.hidden = name === "";
    say(seat, name);
    seat.ariaLabel = t`You: ${name}. ${status?.sentence ?? ""}`;
    seat.title = status?.sentence ?? "";
    seat.dataset.connected = `${status?.connected ?? false}`;
  }

  showButtons(/** @type {ClassState} */ { lesson, question, progress, me, map }) {
    const { question: asking, map: mapping } = this.buttons;
    this.buttons.lesson.hidden = lesson === null;
    const open = question?.open && ownVote(question, me) === null;
    const count = Object.keys(map).length;
    say(asking, question ? (open ? t("Answer") : t("Question")) : t("No question"));
    asking.disabled = question === null;
    asking.hidden = question === null && lesson !== null; // room for the lesson's
    asking.classList.toggle("primary", Boolean(open));
    asking.title = question ? progressWords(progress) : "";
    say(mapping, count ? t`Class map · ${count}` : t("Class map"));
  }
}
