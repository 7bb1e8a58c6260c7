/** How students join, and what they see. */

/** @import { Desk } from "./desk.js" */

import { element, say } from "../../lib/dom.js";
import { roomAdvice, typed } from "./addresses.js";
import { Tiles } from "./tiles.js";

/** The picture of an address's QR code. @param {string} base @param {string} address @param {string} alt */
export function qrCode(base, address, alt) {
  const src = `${base}/live/qr?text=${encodeURIComponent(address)}`;
  return element("img", { className: "qr", src, alt });
}

export class NowTab {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.tiles = new Tiles(desk);
    const address = desk.joinAddress();
    this.note = element("p", { className: "notice" });
    const begin = element("span", {}, typed(desk.addresses[0] ?? desk.base), "/c/");
    const where = element("p", { className: "where" }, begin, element("b", { className: "code" }, desk.code));
    const title = element("h2", {}, "Join");
    this.join = element("section", { className: "join" }, title, qrCode(desk.base, address, `QR code of ${address}`));
    this.join.append(where, this.note);
    const seen = element("section", { className: "seen" }, element("h2", {}, "What students see"), this.tiles.element);
    this.element = element("div", { className: "now" }, this.join, seen);
  }

  show() {
    const { addresses, data, state } = this.desk;
    const joinable = state.class?.joinable !== false;
    const advice = addresses.length ? "" : roomAdvice(addresses, data.server, { reports: [], joined: 0, waited: 0 });
    say(this.note, advice || (joinable ? "" : "Nobody new is let in: see Room."));
    this.note.hidden = !this.note.textContent;
    this.tiles.show();
  }
}
