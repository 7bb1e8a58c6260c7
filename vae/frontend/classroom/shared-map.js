/**
 * The class's map: encoded test images as faint points, each drawing that the class has handed in at its μ, with the σ
 * ellipse of its q(z|x). A tap decodes a drawing's μ and shows it beside the drawing.
 *
 *   const map = new SharedMap(base);            base: the app's address; {passive: true} for a screen without controls
 *   map.setModel(answer.data);                  the answer of GET <base>/lab/data?view=explore&model=NAME
 *   map.setDrawings(connection.state.map);      at each change
 *   map.paint();                                when the theme has changed
 *
 * @import { ImageShape } from "../lib/contract.js"
 * @import { LocalModel } from "../lib/model-client.js"
 * @import { Drawing, Group, Place, Projection } from "./plane.js"
 * @import { Placed } from "./map-canvas.js"
 *
 * What is used of that answer. points: float32, 2 each; labels: uint16; both as base64. kl: null where codes are points.
 *
 * @typedef {{model: string, local: LocalModel | null, latent_dim: number, image_shape: ImageShape, classes: number,
 *            kl: number[] | null, points: string, labels: string, class_names: string[], palette: string[], projection: Projection}} MapModel
 */

import { fromBase64 } from "../lib/bytes.js";
import { drawPicture } from "../lib/canvas.js";
import { button, element, say } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { classHeight } from "../lib/math.js";
import { ModelClient } from "../lib/model-client.js";
import { ClassMarks } from "../lib/palette.js";
import { t } from "../lib/words.js";
import { MapCanvas, thumbnailOf } from "./map-canvas.js";
import { ellipseOf, groupsOf, nextTowards, placeOf, stepped } from "./plane.js";

const MOST_ROWS = 16; // of the largest groups, where nobody can scroll
/** @type {Map<string, Place>} */
const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, 1]],
  ["ArrowDown", [0, -1]],
]);

export class SharedMap {
  /** @type {MapModel | null} */
  model = null;
  /** @type {Record<string, Drawing>} */
  drawings = {};
  /** @type {Group[]} */
  groups = [];
  /** By the drawing's number, the later ones last. @type {Map<string, Placed>} */
  placed = new Map();
  marks = new ClassMarks([], 0);
  canvas = new MapCanvas();
  /** The drawing that is shown beside its decoded μ. @type {string | null} */
  chosen = null;
  /** The name of the group that is not dimmed; null: all. @type {string | null} */
  group = null;
  /** @type {ModelClient | null} */
  client = null;
  sign = help("σ", () => this.spread());
  ellipse = help("q(z|x)");

  /**
   * @param {string} base the app's address
   * @param {{passive?: boolean}} [options] passive: without controls, for a projector
   */
  constructor(base, { passive = false } = {}) {
    this.base = base;
    this.passive = passive;
    this.pad = this.canvas.pad;
    this.drawn = picture(t("the drawing"));
    this.decoded = picture(t("its μ, decoded"));
    this.words = element("span", { role: "status" });
    const words = element("p", { className: "map-words" }, this.words);
    this.pair = element("div", { className: "map-pair" }, this.drawn.element, this.decoded.element, words);
    this.legend = element("ul", { className: "map-groups" });
    this.caption = element("span");
    const caption = element("p", { className: "map-caption" }, this.caption);
    this.element = element("div", { className: "shared-map" }, this.pad, this.pair, this.legend, caption);
    this.pair.hidden = passive;
    if (!passive) {
      this.listen();
      words.append(this.sign);
      caption.append(this.ellipse);
      this.decoded.caption.append(help("μ"));
    }
    this.sizes = new ResizeObserver(() => this.paint());
    this.sizes.observe(this.pad);
  }

  listen() {
    const { pad } = this;
    pad.tabIndex = 0;
    pad.setAttribute("role", "application");
    pad.addEventListener("click", (event) => this.tap(event));
    pad.addEventListener("keydown", (event) => {
      if (this.takeKey(event.key)) event.preventDefault();
    });
  }

  /** @param {MapModel} model */
  setModel(model) {
    const labels = new Uint16Array(fromBase64(model.labels).buffer),
      points = new Float32Array(fromBase64(model.points).buffer),
      classes = model.class_names.length;
    const flat = model.projection.mean.length === 1;
    const places = flat ? points.map((x, i) => (i % 2 ? classHeight(labels[i >> 1], classes) : x)) : points;
    this.canvas.setPoints(places, labels);
    if (model.model !== this.model?.model) {
      this.placed.clear();
      this.client?.close();
      this.client = null;
    }
    this.model = model;
    this.arrange(model);
  }

  /** @param {Record<string, Drawing>} drawings by their number; the same object as before: nothing has changed */
  setDrawings(drawings) {
    if (drawings === this.drawings) return;
    this.drawings = drawings;
    if (this.model) this.arrange(this.model);
  }

  /** @param {MapModel} model */
  arrange(model) {
    this.groups = groupsOf(this.drawings, model.class_names);
    const count = Math.max(model.class_names.length, ...this.groups.map(({ mark }) => mark + 1));
    this.marks = new ClassMarks(model.palette, count);
    this.placed = this.place(model);
    this.canvas.setDrawings(this.placed, this.marks);
    if (!this.groups.some(({ name }) => name === this.group)) this.group = null;
    this.fillLegend();
    this.describe(model);
    this.choose(this.placed.has(this.chosen ?? "") ? this.chosen : null);
    this.paint();
  }

  /**
   * Where the drawings are; those of another model are left out.
   *
   * @param {MapModel} model
   */
  place({ projection, kl, class_names: names }) {
    const marks = new Map(this.groups.flatMap(({ ids, mark }) => ids.map((id) => [id, mark])));
    /** @type {Map<string, Placed>} */
    const placed = new Map();
    for (const id of Object.keys(this.drawings).sort((a, b) => Number(a) - Number(b))) {
      const drawing = this.drawings[id],
        mark = marks.get(id) ?? 0;
      if (drawing.mean.length !== projection.mean.length) continue;
      const known = this.placed.get(id);
      const thumbnail = known?.drawing.picture === drawing.picture ? known.thumbnail : thumbnailOf(drawing);
      const place = placeOf(projection, drawing.mean, mark < names.length ? mark : -1, names.length);
      placed.set(id, { drawing, mark, thumbnail, place, ellipse: ellipseOf(projection, kl && drawing.logvar) });
    }
    return placed;
  }

  fillLegend() {
    const bySize = [...this.groups].sort((a, b) => b.ids.length - a.ids.length),
      listed = this.passive ? bySize.slice(0, MOST_ROWS) : bySize;
    const shown = this.groups.filter((group) => listed.includes(group));
    const items = shown.map(({ name, mark, ids }) => {
      const content = [this.marks.swatch(mark), element("span", {}, name), element("b", {}, `${ids.length}`)];
      if (this.passive) return element("li", {}, ...content);
      const title = t`Show the drawings of “${name}” alone, or all again`;
      const node = button("", title, () => this.chooseGroup(name), `${name}, ${ids.length}`);
      node.ariaPressed = `${this.group === name}`;
      node.append(...content);
      return element("li", {}, node);
    });
    if (shown.length < this.groups.length) {
      items.push(element("li", {}, t`and ${this.groups.length - shown.length} more`));
    }
    const at = [...this.legend.querySelectorAll("button")].findIndex((node) => node.matches(":focus"));
    this.legend.replaceChildren(...items);
    this.legend.querySelectorAll("button")[at]?.focus();
  }

  /**
   * What the map shows, in words.
   *
   * @param {MapModel} model
   */
  describe({ latent_dim: latentDim, kl }) {
    const count = this.placed.size;
    const drawings = count === 1 ? t("1 drawing") : t`${count} drawings`;
    const axes =
      [t("z₀ across, classes up"), t("z₀ across, z₁ up")][latentDim - 1] ?? t("first two principal components");
    const images = t`${this.canvas.labels.length.toLocaleString("en")} encoded test images`;
    const cut = latentDim > 2 ? t(" The other dimensions are not seen here.") : "";
    this.ellipse.hidden = !kl;
    const ellipse = kl ? t(" Ellipse: one σ of q(z|x).") : "";
    this.caption.textContent = t`Points: ${images}; ${axes}.${ellipse}${cut}`;
    const keys = this.passive
      ? ""
      : t(" Arrow keys go to the next drawing on that side, Page Down to the next in order.");
    this.pad.ariaLabel = t`Shared map with ${drawings} in ${this.groups.length} groups.${keys}`;
  }

  invitation() {
    return this.placed.size ? t("Tap a drawing: its μ is decoded.") : t("No drawing has been approved yet.");
  }

  chooseGroup(/** @type {string} */ name) {
    this.group = this.group === name ? null : name;
    this.fillLegend();
    this.paint();
  }

  tap(/** @type {MouseEvent} */ event) {
    this.choose(this.canvas.drawingAt(event, this.isBright));
    this.draw();
  }

  /** Whether the key means something here. */
  takeKey(/** @type {string} */ key) {
    const direction = ARROWS.get(key),
      step = key === "PageDown" ? 1 : key === "PageUp" ? -1 : null;
    const leaves = key === "Escape" && this.chosen !== null;
    if (!direction && !step && !leaves) return false;
    const places = new Map([...this.placed].map(([id, { place }]) => [id, place]));
    if (leaves) this.choose(null);
    else if (step) this.choose(stepped(this.groups, this.chosen, step));
    else if (this.chosen === null) this.choose(stepped(this.groups, null, 1));
    else if (direction) this.choose(nextTowards(places, this.chosen, direction) ?? this.chosen);
    this.draw();
    return true;
  }

  /** Shows a drawing and what its μ is decoded to. */
  choose(/** @type {string | null} */ id) {
    const before = this.chosen;
    this.chosen = id;
    const placed = id === null ? undefined : this.placed.get(id);
    this.pad.dataset.chosen = id ?? ""; // for tests
    this.pair.classList.toggle("empty", !placed);
    this.sign.hidden = !placed || !this.spread();
    if (!placed) say(this.words, this.invitation());
    if (!placed || id === before) return;
    const { drawing } = placed;
    drawPicture(this.drawn.canvas, fromBase64(drawing.picture), drawing.shape);
    say(this.words, t`“${this.nameOf(placed)}”, drawing ${id}: decoding its μ …`);
    void this.decode(id ?? "", placed);
  }

  /** The chosen drawing's σ, for the formula. */
  spread() {
    const { logvar } = this.placed.get(this.chosen ?? "")?.drawing ?? {};
    return this.model?.kl && logvar ? { sigma: sigmaText(logvar) } : null;
  }

  nameOf(/** @type {Placed} */ { mark }) {
    return this.groups.find((group) => group.mark === mark)?.name ?? "";
  }

  /**
   * @param {string} id
   * @param {Placed} placed
   */
  async decode(id, placed) {
    const { model, base } = this;
    if (!model) return;
    const { drawing, mark } = placed;
    this.client ??= new ModelClient({ base, model: model.model, local: model.local }, { onStatus: this.takeStatus });
    this.client.classWeights = Array.from({ length: model.classes }, (_, k) => Number(k === mark));
    const reply = await this.client.decode([drawing.mean], { slot: "shared-map" });
    if (!reply || this.chosen !== id) return;
    drawPicture(this.decoded.canvas, reply.pixels, reply.imageShape);
    say(this.words, `“${this.nameOf(placed)}”, drawing ${id}. ${spreadOf(model.kl && drawing.logvar)}`);
  }

  /** A reason why nothing is decoded. @type {(status: {state: string, message?: string}) => void} */
  takeStatus = ({ state, message }) => {
    if (state === "error" && message) say(this.words, message);
  };

  /** Whether the group with this mark is not dimmed. */
  isBright = (/** @type {number} */ mark) =>
    this.group === null || this.groups.some((each) => each.mark === mark && each.name === this.group);

  /** Draws all again, in the size and theme of now. */
  paint() {
    if (this.model) this.canvas.paint(this);
  }

  draw() {
    if (this.model) this.canvas.draw(this);
  }

  close() {
    this.sizes.disconnect();
    this.client?.close();
  }
}

/** A picture with its caption. */
function picture(/** @type {string} */ caption) {
  const canvas = element("canvas", { role: "img", ariaLabel: caption, width: 1, height: 1 });
  const below = element("figcaption", {}, caption);
  return { canvas, caption: below, element: element("figure", {}, canvas, below) };
}

/** How sure the encoder is, in words. */
export function spreadOf(/** @type {readonly number[] | null} */ logvar) {
  if (!logvar?.length || !logvar.every(Number.isFinite)) return t("Its code is a point.");
  const [least, most] = sigmaRange(logvar);
  return least === most ? t`Its σ is ${least}.` : t`Its σ: ${least} to ${most}.`;
}

/** The least and the largest σ of a code's dimensions. @param {readonly number[]} logvar */
function sigmaRange(logvar) {
  const sigma = logvar.map((value) => Math.exp(value / 2));
  return [Math.min(...sigma), Math.max(...sigma)].map((value) => value.toFixed(2));
}

/** "0.11 to 0.34" @param {readonly number[]} logvar */
function sigmaText(logvar) {
  const [least, most] = sigmaRange(logvar);
  return least === most ? least : t`${least} to ${most}`;
}
