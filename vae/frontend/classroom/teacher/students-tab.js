/** Who takes part: each student's name, state and vote; one who is chosen can be renamed and removed. */

/** @import { Desk } from "./desk.js" */
/** @import { Filter, Listed } from "./seats.js" */

import { CLASS_LIMITS } from "../../lib/contract.js";
import { button, element, say, segmented } from "../../lib/dom.js";
import { confirmed } from "./confirm.js";
import { hide } from "./focus.js";
import { KeyedList } from "./keyed-list.js";
import { rove } from "./roving.js";
import { countsOf, lacksVote, listed, STATE_WORDS, stateOf } from "./seats.js";

/** @type {readonly (readonly [Filter, string])[]} */
const FILTERS = [
  ["all", "All"],
  ["here", "● Here"],
  ["silent", "◐ Silent"],
  ["away", "○ Away"],
  ["unvoted", "No vote yet"],
];
const TRANSPORTS = { websocket: "WebSocket", events: "events", poll: "polling" };
const DENSE = 80; // more students are listed more closely

export class StudentsTab {
  /** @type {Filter} */
  filter = "all";
  /** The seat that was chosen. @type {string | null} */
  chosen = null;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.filters = segmented("Which students", FILTERS, (filter) => {
      this.filter = filter;
      this.show();
    });
    this.filters.choose("all");
    this.search = element("input", { type: "text", placeholder: "Find a name", ariaLabel: "Find a name" });
    this.search.addEventListener("input", () => this.show());
    this.grid = element("div", { className: "seats", role: "group", ariaLabel: "Students" });
    this.empty = element("p", { className: "quiet" });
    this.detail = new SeatDetail(desk, () => this.choose(null));
    /** @type {KeyedList<Listed>} */
    this.list = new KeyedList(this.grid, (id) => this.seatNode(id));
    this.refresh = rove(this.grid);
    const tools = element("div", { className: "tools" }, this.filters.element, this.search);
    const main = element("div", { className: "seats-place" }, tools, this.empty, this.grid);
    this.element = element("div", { className: "students-tab" }, main, this.detail.element);
  }

  show() {
    const { seats, question } = this.desk.state;
    const counts = countsOf(seats, question);
    for (const [key, text] of FILTERS) {
      const node = this.filters.inputs.get(key)?.nextElementSibling;
      if (node) say(node, `${text} ${counts[key]}`);
      const row = this.filters.inputs.get(key)?.parentElement;
      if (row) row.hidden = key !== "all" && !counts[key] && key !== this.filter;
    }
    const found = listed(seats, question, { filter: this.filter, text: this.search.value });
    this.grid.classList.toggle("dense", counts.all > DENSE);
    this.list.show(found.map((seat) => [seat.id, seat]));
    this.refresh();
    this.empty.hidden = found.length > 0;
    say(this.empty, counts.all ? "No student is like that." : "Nobody has joined yet.");
    if (this.chosen !== null && !(this.chosen in seats)) this.chosen = null;
    this.detail.show(this.chosen);
    const next = /** @type {HTMLElement | null} */ (this.grid.querySelector("[tabindex='0']"));
    hide(this.detail.element, this.chosen === null, next);
  }

  /** @param {string} id */
  seatNode(id) {
    const dot = element("i", { className: "dot" }),
      name = element("span", { className: "seat-name" }),
      more = element("span", { className: "seat-more" });
    const node = button("", "", () => this.choose(id));
    node.tabIndex = -1;
    node.append(dot, name, more);
    const update = (/** @type {Listed} */ seat) => {
      const { question } = this.desk.state;
      const state = stateOf(seat),
        voted = question !== null && !lacksVote(seat, question);
      node.ariaPressed = `${id === this.chosen}`;
      const drawings = seat.drawings ? `, ${drawingsText(seat.drawings)}` : "";
      const text = `${seat.name}${seat.simulated ? ", simulated" : ""}, ${STATE_WORDS[state]}${voted ? ", voted" : ""}${drawings}`;
      if (text === node.title) return;
      node.className = `seat ${state}${seat.simulated ? " simulated" : ""}`;
      node.title = node.ariaLabel = text;
      say(name, seat.name);
      say(more, `${seat.drawings ? `${seat.drawings} ✎` : ""}${voted ? " ✓" : ""}`);
    };
    return { element: node, update };
  }

  /** @param {string | null} id */
  choose(id) {
    this.chosen = id === this.chosen ? null : id;
    this.show();
  }
}

/** @param {number} count */
function drawingsText(count) {
  return count === 1 ? "1 drawing" : `${count} drawings`;
}

/** The student who was chosen. */
class SeatDetail {
  /** @type {string | null} */
  id = null;

  /**
   * @param {Desk} desk
   * @param {() => void} onDone
   */
  constructor(desk, onDone) {
    this.desk = desk;
    this.about = element("p", { className: "quiet" });
    this.name = element("input", {
      type: "text",
      maxLength: CLASS_LIMITS.name,
      ariaLabel: "The student's name",
      autocomplete: "off",
    });
    const rename = element("button", { type: "submit", title: "Gives this student the name in the field" }, "Rename");
    const form = element("form", { className: "row" }, this.name, rename);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void desk.command("rename_seat", { seat: Number(this.id), name: this.name.value });
    });
    const answers = { yes: "Remove with votes and drawings", no: "Keep" };
    const remove = confirmed("Remove", "The student leaves, with votes and drawings", answers, () => {
      const seat = Number(this.id);
      onDone();
      void desk.command("remove_seat", { seat });
    });
    const done = button("Close", "Chooses nobody", onDone);
    this.element = element("aside", { className: "detail", ariaLabel: "The chosen student" });
    this.element.append(form, this.about, element("div", { className: "row" }, remove, done));
  }

  /** @param {string | null} id */
  show(id) {
    const seat = id === null ? null : this.desk.state.seats[id];
    if (id !== this.id) this.name.value = seat?.name ?? "";
    this.id = id;
    if (!seat) return;
    const way = seat.connected && seat.transport ? ` by ${TRANSPORTS[seat.transport]}` : "";
    const simulated = seat.simulated ? "simulated, " : "";
    say(this.about, `${seat.name}: ${simulated}${STATE_WORDS[stateOf(seat)]}${way}, ${drawingsText(seat.drawings)}`);
  }
}
