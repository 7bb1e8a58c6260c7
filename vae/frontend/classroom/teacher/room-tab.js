/** The room and the class as a whole: addresses and their check, rehearsal, who may join and teach, export and end. */

/** @import { Desk } from "./desk.js" */

import { button, element, say } from "../../lib/dom.js";
import { help } from "../../lib/glossary.js";
import { PATIENCE_S, reportText, roomAdvice, typed } from "./addresses.js";
import { ClassTools } from "./class-tools.js";
import { showCode } from "./now-tab.js";
import { rehearsalForm } from "./rehearsal.js";

export class RoomTab {
  hasWaited = false; // for a phone, as long as one would take
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  /** The button of each address. @type {Map<string, HTMLButtonElement>} */
  uses = new Map();

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.advice = element("p", { className: "notice", role: "status" });
    this.reports = element("ul", { className: "reports" });
    this.times = element(
      "p",
      { className: "quiet", hidden: true },
      "In how much time it arrives",
      help("time of an answer", () => this.answered()),
    );
    const about =
      "Scan one with a phone in the room: it tries the way to this computer, holds a connection for 60 s, and reports here.";
    const check = element("section", { className: "card check" }, element("h2", {}, "Room check"));
    check.append(
      element("p", { className: "quiet" }, about),
      this.advice,
      this.addressList(),
      this.times,
      this.reports,
    );
    this.rehearsal = rehearsalForm(desk);
    this.tools = new ClassTools(desk);
    this.element = element("div", { className: "room-tab" }, check, this.rehearsal.element, this.tools.element);
  }

  addressList() {
    const { desk } = this;
    const items = desk.addresses.map((address) => {
      const image = element("img", { className: "qr" });
      showCode(image, desk.base, `${address}/c/${desk.code}/check`, `QR code of the room check at ${typed(address)}`);
      const use = button("Use this one", "Students are given this address", () => desk.setAddress(address));
      use.hidden = desk.addresses.length < 2;
      this.uses.set(address, use);
      return element("li", {}, image, element("span", { className: "where" }, typed(address)), use);
    });
    return element("ul", { className: "addresses" }, ...items);
  }

  show() {
    const { state, addresses, data } = this.desk;
    const reports = Object.values(state.check);
    const room = { reports, joined: state.people?.joined ?? 0, waited: this.hasWaited ? PATIENCE_S : 0 };
    say(this.advice, roomAdvice(addresses, data.server, room));
    this.advice.hidden = !this.advice.textContent;
    for (const [address, use] of this.uses) {
      const used = address === this.desk.address;
      say(use, used ? "Students are given this" : "Use this one");
      Object.assign(use, { ariaPressed: `${used}`, ariaLabel: `${use.textContent}: ${typed(address)}` });
    }
    this.timer ??= setTimeout(() => {
      this.hasWaited = true;
      this.show();
    }, 1000 * PATIENCE_S);
    const lines = reports.map((report) =>
      element("li", {}, element("b", {}, `Phone ${report.address}`), ` ${reportText(report)}`),
    );
    this.reports.replaceChildren(...lines);
    this.times.hidden = !lines.length;
    this.rehearsal.show();
    this.tools.show();
  }

  /** The first phone's time, for the formula. */
  answered() {
    const [first] = Object.values(this.desk.state.check);
    return first ? { ms: `${Math.round(first.latency_ms)} ms` } : null;
  }

  close() {
    clearTimeout(this.timer);
  }
}
