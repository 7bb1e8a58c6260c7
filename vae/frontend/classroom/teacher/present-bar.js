/** What is picked for the projector, in its order, and what is on it now. */

/** @import { Desk } from "./desk.js" */
/** @import { Pick } from "./picks.js" */

import { button, element, say } from "../../lib/dom.js";
import { hide } from "./focus.js";
import { drawTile } from "./tiles.js";

export class PresentBar {
  shown = ""; // the picks that are shown

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.list = element("ol", { className: "picks" });
    this.present = button("Show on the projector", "Everybody sees these, without names", () =>
      this.send(desk.picks.pieces),
    );
    this.present.className = "primary";
    this.clear = button("Clear", "Picks nothing", () => {
      desk.picks.clear();
      desk.calls.onChange();
    });
    this.now = element("p", { role: "status" });
    this.take = button("Take off the projector", "The projector shows the class again", () => this.send([]));
    this.element = element("section", { className: "present-bar", ariaLabel: "For the projector" });
    this.element.append(this.list, this.present, this.clear, this.now, this.take);
  }

  show() {
    const { picks, state, tiles } = this.desk;
    picks.keep(({ kind, id }) => (kind === "seat" ? id in tiles && id in state.seats : id in state.drawings));
    const some = picks.all.length > 0,
      on = state.presented.length;
    this.element.hidden = (!some && !on) || state.class?.closed === true;
    for (const node of [this.now, this.take]) node.hidden = !on;
    for (const node of [this.list, this.present, this.clear]) hide(node, !some, this.take);
    say(this.now, on ? `${on === 1 ? "1 picture is" : `${on} pictures are`} on the projector, without names.` : "");
    const now = JSON.stringify(picks.all);
    if (now === this.shown) return;
    this.shown = now;
    const nodes = picks.all.map((pick, at) => this.pickNode(pick, at));
    this.list.replaceChildren(...nodes);
  }

  /**
   * @param {Pick} pick
   * @param {number} at
   */
  pickNode(pick, at) {
    const { picks, state, tiles } = this.desk;
    const canvas = element("canvas", { role: "img", ariaLabel: `Picture ${at + 1}` });
    const drawing = state.drawings[pick.id];
    if (pick.kind === "seat") drawTile(canvas, tiles[pick.id]);
    else drawTile(canvas, { pixels: drawing.picture, shape: drawing.shape });
    const change =
      (/** @type {() => void} */ act) =>
      (/** @type {MouseEvent} */ { currentTarget }) => {
        act();
        this.desk.calls.onChange();
        this.focus(picks.place(pick), /** @type {HTMLElement} */ (currentTarget).title);
      };
    const name = `picture ${at + 1}`;
    const earlier = button(
      "‹",
      "Earlier",
      change(() => picks.move(pick, -1)),
      `Show ${name} earlier`,
    );
    const later = button(
      "›",
      "Later",
      change(() => picks.move(pick, 1)),
      `Show ${name} later`,
    );
    const leave = button(
      "✕",
      "Leave it out",
      change(() => picks.toggle(pick)),
      `Leave out ${name}`,
    );
    earlier.disabled = at === 0;
    later.disabled = at === picks.all.length - 1;
    return element("li", {}, canvas, earlier, later, leave);
  }

  /**
   * Gives the focus to a button of a pick, as it was before the list was made anew; to another one where that is off.
   *
   * @param {number} place from 1 on, 0 for a pick that is gone
   * @param {string} title of the button
   */
  focus(place, title) {
    const item = this.list.children[Math.max(0, place - 1)];
    const buttons = [...(item?.querySelectorAll("button") ?? [])].filter(({ disabled }) => !disabled);
    (buttons.find((node) => node.title === title) ?? buttons[0])?.focus();
  }

  /** @param {object[]} pieces */
  async send(pieces) {
    const reply = await this.desk.command("present", { pieces });
    if (!reply || !pieces.length) return;
    this.desk.picks.clear();
    this.desk.calls.onChange();
  }
}
