/** How students join, and what they see. */

/** @import { Desk } from "./desk.js" */

import { element, say } from "../../lib/dom.js";
import { roomAdvice, typed } from "./addresses.js";
import { Tiles } from "./tiles.js";

/**
 * Makes a picture the QR code of an address.
 *
 * @param {HTMLImageElement} image
 * @param {string} base
 * @param {string} address
 * @param {string} alt
 */
export function showCode(image, base, address, alt) {
  const src = `${base}/live/qr?text=${encodeURIComponent(address)}`;
  if (image.src !== src) Object.assign(image, { src, alt });
}

export class NowTab {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.tiles = new Tiles(desk);
    this.note = element("p", { className: "notice" });
    this.begin = element("span");
    this.code = element("img", { className: "qr" });
    this.here = element("a", { className: "button", target: "_blank" }, "A student's page on this computer");
    const where = element("p", { className: "where" }, this.begin, element("b", { className: "code" }, desk.code));
    const title = element("h2", {}, "Join");
    this.join = element("section", { className: "join" }, title, this.code);
    this.join.append(where, this.note, this.here);
    const seen = element("section", { className: "seen" }, element("h2", {}, "What students see"), this.tiles.element);
    this.element = element("div", { className: "now" }, this.join, seen);
  }

  show() {
    const { addresses, data, state, joinAddress } = this.desk;
    showCode(this.code, this.desk.base, joinAddress, `QR code of ${joinAddress}`);
    this.code.hidden = !addresses.length; // it would lead nowhere
    this.here.hidden = addresses.length > 0;
    this.here.href = joinAddress;
    say(this.begin, typed(joinAddress.slice(0, -this.desk.code.length)));
    const joinable = state.class?.joinable !== false;
    const advice = addresses.length ? "" : roomAdvice(addresses, data.server, { reports: [], joined: 0, waited: 0 });
    say(this.note, advice || (joinable ? "" : "Nobody new is let in: see Room."));
    this.note.hidden = !this.note.textContent;
    this.tiles.show();
  }
}
