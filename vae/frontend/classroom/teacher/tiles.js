/** What students see, small and live. A tile that is chosen is picked to be presented. */

/** @import { Shape, Tile } from "../state.js" */
/** @import { Desk } from "./desk.js" */

import { fromBase64 } from "../../lib/bytes.js";
import { drawPicture } from "../../lib/canvas.js";
import { button, element, say } from "../../lib/dom.js";
import { KeyedList } from "./keyed-list.js";
import { rove } from "./roving.js";

/** @typedef {{tile: Tile, name: string, place: number}} Shown place: among the picks, 0 for none */

const NAMED = 120; // of more tiles none has its name beneath

/** How large tiles are, in rem: forty fill the page, four hundred still fit it. @param {number} count */
export function tileSize(count) {
  if (count <= 12) return 8;
  if (count <= 40) return 5.6;
  return count <= NAMED ? 4.4 : 2.9;
}

export class Tiles {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.grid = element("div", { className: "tiles", role: "group", ariaLabel: "What students see" });
    this.empty = element("p", { className: "quiet" });
    this.element = element("div", { className: "tiles-place" }, this.empty, this.grid);
    /** @type {KeyedList<Shown>} */
    this.list = new KeyedList(this.grid, (id) => this.tileNode(id));
    this.refresh = rove(this.grid);
  }

  show() {
    const { tiles, state, picks } = this.desk;
    const items = Object.entries(tiles)
      .filter(([id]) => id in state.seats)
      .map(([id, tile]) => {
        const place = picks.place({ kind: "seat", id });
        return /** @type {const} */ ([id, { tile, name: state.seats[id].name, place }]);
      });
    this.grid.style.setProperty("--tile", `${tileSize(items.length)}rem`);
    this.grid.classList.toggle("nameless", items.length > NAMED);
    this.list.show(items);
    this.refresh();
    this.grid.hidden = !items.length;
    this.empty.hidden = items.length > 0;
    const follows = state.class?.mode === "follow";
    say(this.empty, follows ? "Students follow you: all see the same." : "What each student sees comes here.");
  }

  /** @param {string} id */
  tileNode(id) {
    const canvas = element("canvas"),
      name = element("span", { className: "tile-name" }),
      mark = element("span", { className: "mark" });
    const node = button("", "", () => this.pick(id));
    node.className = "tile";
    node.tabIndex = -1;
    node.append(canvas, name, mark);
    /** @type {Shown | null} */
    let before = null;
    const update = (/** @type {Shown} */ shown) => {
      const { tile, name: who, place } = before ?? {};
      if (shown.tile !== tile) drawTile(canvas, shown.tile);
      before = shown;
      if (shown.name === who && shown.place === place && shown.tile.page === tile?.page) return;
      say(name, shown.name);
      say(mark, shown.place ? `${shown.place}` : "");
      node.ariaPressed = `${shown.place > 0}`;
      node.ariaLabel = `${shown.name}, ${shown.tile.page.replaceAll("_", " ")}`;
      node.title = `${shown.name}: ${shown.tile.page.replaceAll("_", " ")}, ${shown.tile.model}. Choose it to present it`;
    };
    return { element: node, update };
  }

  /** @param {string} id */
  pick(id) {
    this.desk.picks.toggle({ kind: "seat", id });
    this.desk.calls.onChange();
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{pixels: string, shape: Shape}} tile
 */
export function drawTile(canvas, { pixels, shape }) {
  const [channels, height, width] = shape,
    bytes = fromBase64(pixels);
  if (bytes.length === channels * height * width) drawPicture(canvas, bytes, [channels, height, width]);
}
