/** The line at the top: code, name, who is there; what students do; the projector. */

/** @import { Status } from "../connection.js" */
/** @import { Desk } from "./desk.js" */

import { button, element, say, segmented } from "../../lib/dom.js";
import { countsOf, countText } from "./seats.js";

export class Head {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.code = element("b", { className: "code large", title: "The code of this class" }, desk.code);
    this.name = element("span", { className: "class-name" });
    this.people = element("span", { className: "people" });
    this.status = element("span", { className: "status", role: "status" });
    const options = /** @type {const} */ ([
      ["follow", "Follow me"],
      ["explore", "Explore"],
    ]);
    this.mode = segmented("What students do", options, (mode) => desk.command("mode", { mode }));
    this.freeze = button("Freeze", "Students' screens stay as they are", () => this.toggleFreeze());
    this.projector = element("a", { className: "button", target: `projector-${desk.code}` }, "Projector");
    this.projector.title = "A window for the projector: code, question and pictures, no names";
    const who = element("div", { className: "who" }, this.code, this.name, this.people, this.status);
    const modes = element("div", { className: "modes" }, this.mode.element, this.freeze, this.projector);
    this.element = element("header", { className: "class-head" }, who, modes);
  }

  show() {
    const { state } = this.desk;
    const { name = "", mode = "explore", frozen = false, closed = false } = state.class ?? {};
    say(this.name, name);
    this.mode.choose(mode);
    for (const input of this.mode.inputs.values()) input.disabled = closed;
    say(this.freeze, frozen ? "Release" : "Freeze");
    this.freeze.ariaLabel = frozen ? "Release the students' screens" : "Freeze the students' screens";
    this.freeze.title = frozen ? "Students' screens move again" : "Students' screens stay as they are";
    this.freeze.ariaPressed = `${frozen}`;
    this.freeze.disabled = closed;
    this.projector.href = this.desk.projectorAddress;
    say(this.people, closed ? "closed" : countText(countsOf(state.seats, null)));
  }

  /** @param {Status} status */
  showStatus({ connected, sentence }) {
    say(this.status, connected ? "" : sentence || "connecting …");
    this.element.classList.toggle("offline", !connected);
  }

  toggleFreeze() {
    void this.desk.command("freeze", { frozen: !this.desk.state.class?.frozen });
  }
}
