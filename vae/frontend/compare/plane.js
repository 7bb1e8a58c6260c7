/**
 * The rate–distortion plane: each model a point, the family's curve, this image's own points, the marks between which all
 * models lie. A point is a button that adds its model to those that are compared.
 *
 * @import { PlaneScale as Scale } from "./plane-scale.js"
 *
 * A model's point. kl: null of a plain autoencoder, which has no rate; about: what it is and what choosing it does; member:
 * of the family on the dial, first: on which the dial stands.
 *
 * @typedef {{name: string, words: string, about: string, nats: {reconstruction: number, kl: number | null},
 *            member: boolean, first: boolean, compared: boolean}} Point
 * @typedef {ReadonlyMap<string, {reconstruction: number, kl: number}>} OwnNats of this image, by the model's name
 *
 * floor: reconstruction of the picture itself; collapsed: of the mean picture; null where they are not known.
 *
 * @typedef {{floor: number | null, collapsed: number | null}} Marks
 * @typedef {{points: Point[], marks: Marks}} PlaneData
 */

import { element, svgElement } from "../lib/dom.js";
import { watchSize } from "../lib/view.js";
import { t } from "../lib/words.js";
import { PlaneScale, placeLabels } from "./plane-scale.js";

const LETTER = 0.56; // of a text's height is a letter's width, about

export class Plane {
  /** @type {PlaneData | null} */
  data = null;
  /** @type {OwnNats} */
  own = new Map();
  /** @type {Scale | null} */
  scale = null;
  ownGroup = svgElement("g", { class: "own" });
  hasLane = false;
  lane = 0; // where the models without a rate are, across
  text = 14; // height of the plane's text

  /** @param {(name: string) => void} onChoose a model's point was clicked */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.svg = svgElement("svg", { role: "group", "aria-label": t("Rate–distortion plane") });
    this.body = element("tbody");
    const head = element(
      "tr",
      {},
      ...[t("Model"), t("KL, nats"), t("Reconstruction, nats")].map((name) => element("th", { scope: "col" }, name)),
    );
    const caption = element("caption", {}, t("The points of the rate–distortion plane"));
    this.table = element("table", { className: "unseen" }, caption, element("thead", {}, head), this.body);
    this.element = element("div", { className: "plane" }, /** @type {any} */ (this.svg), this.table);
    this.unwatch = watchSize(this.element, () => this.draw());
  }

  close() {
    this.unwatch();
  }

  /** @param {PlaneData} data */
  show(data) {
    this.data = data;
    this.draw();
  }

  /** This image's own points: they change at each frame, and nothing else does. @param {OwnNats} own */
  showOwn(own) {
    this.own = own;
    this.drawOwn();
  }

  draw() {
    const { data, svg } = this;
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!data || !width || !height) return;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const text = Number.parseFloat(getComputedStyle(svg).fontSize) || 14;
    this.hasLane = data.points.some(({ nats }) => nats.kl === null);
    const lane = this.hasLane ? 6 * text : 0.8 * text;
    const box = { left: 3.4 * text, top: 0.8 * text, width: width - 3.4 * text - lane, height: height - 3.8 * text };
    const distortions = [...data.points.map(({ nats }) => nats.reconstruction), data.marks.floor, data.marks.collapsed];
    this.scale = new PlaneScale(
      data.points.map(({ nats }) => nats.kl),
      distortions,
      box,
    );
    this.lane = box.left + box.width + lane / 2;
    this.text = text;
    this.ownGroup = svgElement("g", { class: "own" });
    const focused = this.focusedName();
    svg.replaceChildren(
      ...this.axes(this.scale),
      ...this.marks(this.scale, data.marks),
      this.curve(this.scale),
      this.ownGroup,
    );
    svg.append(...this.points(this.scale, data.points));
    this.drawOwn();
    this.fillTable(data);
    for (const node of svg.querySelectorAll("g")) if (focused && node.dataset.name === focused) node.focus();
  }

  focusedName() {
    const root = /** @type {ShadowRoot | Document} */ (this.svg.getRootNode());
    const focused = root.activeElement;
    return focused && this.svg.contains(focused) ? focused.getAttribute("data-name") : null;
  }

  /** @param {Scale} scale */
  axes(scale) {
    const { left, top, width, height } = scale.box,
      bottom = top + height,
      { text } = this;
    const lines = scale
      .equalSums()
      .flatMap(({ sum, from, to }) => [
        svgElement("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, class: "equal" }),
        label(`${Math.round(sum)}`, to.x - 0.3 * text, to.y - 0.35 * text, "end", "equal-text"),
      ]);
    const across = scale.rates.flatMap((rate) => [
      svgElement("line", { x1: scale.x(rate), x2: scale.x(rate), y1: bottom, y2: bottom + 0.35 * text, class: "axis" }),
      label(`${rate}`, scale.x(rate), bottom + 1.3 * text, "middle", "tick"),
    ]);
    const up = scale.distortions.flatMap((value) => [
      svgElement("line", { x1: left - 0.35 * text, x2: left, y1: scale.y(value), y2: scale.y(value), class: "axis" }),
      label(`${value}`, left - 0.55 * text, scale.y(value) + 0.35 * text, "end", "tick"),
    ]);
    const title = label(t("reconstruction, nats"), 0, 0, "middle", "axis-title");
    title.setAttribute("transform", `translate(${0.85 * text} ${top + height / 2}) rotate(-90)`);
    return [
      ...lines,
      svgElement("path", { d: `M${left} ${top}V${bottom}H${left + width}`, class: "axis" }),
      ...across,
      ...up,
      label(t("rate: KL, nats on z"), left + width / 2, bottom + 2.7 * text, "middle", "axis-title"),
      title,
      ...(this.hasLane ? [label(t("no KL"), this.lane, bottom + 1.3 * text, "middle", "tick")] : []),
    ];
  }

  /**
   * @param {Scale} scale
   * @param {Marks} marks
   */
  marks(scale, { floor, collapsed }) {
    const { left, width } = scale.box,
      { text } = this;
    const nodes = [];
    if (floor !== null) {
      const y = scale.y(floor);
      const below = y + 1.5 * text < scale.box.top + scale.box.height; // else the axis has its numbers there
      nodes.push(svgElement("line", { x1: left, x2: left + width, y1: y, y2: y, class: "floor" }));
      nodes.push(
        label(
          t`floor: the picture itself, ${floor.toFixed(1)}`,
          left + 0.5 * text,
          y + (below ? 1.15 : -0.4) * text,
          "start",
          "mark-text",
        ),
      );
    }
    if (collapsed !== null) {
      const [x, y, half] = [scale.x(0), scale.y(collapsed), 0.45 * text];
      nodes.push(
        svgElement("path", {
          d: `M${x - half} ${y - half}l${2 * half} ${2 * half}m0 ${-2 * half}l${-2 * half} ${2 * half}`,
          class: "collapsed",
        }),
      );
      nodes.push(
        label(
          t`collapsed: the mean picture, ${collapsed.toFixed(1)}`,
          x + 0.9 * text,
          y + 0.35 * text,
          "start",
          "mark-text",
        ),
      );
    }
    return nodes;
  }

  /** The family's members by their rate, joined. @param {Scale} scale */
  curve(scale) {
    const members = (this.data?.points ?? []).filter(({ member, nats }) => member && nats.kl !== null);
    return svgElement("polyline", {
      points: pathOf(
        scale,
        members.map(({ nats }) => nats),
      ),
      class: "family",
    });
  }

  /**
   * @param {Scale} scale
   * @param {Point[]} points
   */
  points(scale, points) {
    const { text } = this,
      { left, top, height } = scale.box;
    const placed = points.map((point) => {
      const x = point.nats.kl === null ? this.lane : scale.x(point.nats.kl);
      return { x, y: scale.y(point.nats.reconstruction), width: LETTER * text * point.words.length };
    });
    const inside = { left: left + 2, top, width: this.element.clientWidth - left - 2, height };
    const labels = placeLabels(
      placed.map((place, i) => ({ ...place, width: points[i].nats.kl === null ? 0 : place.width })),
      1.15 * text,
      inside,
      scale
        .equalSums()
        .map(({ to }) => ({ left: to.x - 2 * text, top: to.y - 1.2 * text, width: 2 * text, height: text })),
    );
    return points.flatMap((point, i) => this.point(point, placed[i], labels[i]));
  }

  /**
   * @param {Point} point
   * @param {{x: number, y: number}} place
   * @param {import("./plane-scale.js").LabelPlace | null} written
   */
  point({ name, words, about, nats, member, first, compared }, { x, y }, written) {
    const kind = ["point", member && "member", first && "first", compared && "compared"].filter(Boolean).join(" ");
    const node = svgElement("g", { class: kind, role: "button", tabindex: 0, "aria-pressed": `${compared}` });
    node.dataset.name = name;
    node.dataset.nats = `${nats.kl},${nats.reconstruction}`; // unrounded, for tests
    node.setAttribute("aria-label", about);
    const title = svgElement("title", {});
    title.textContent = about;
    node.append(title);
    if (nats.kl === null) {
      const lines = words.split(" ");
      const up = (/** @type {number} */ i) => y - (0.8 + 1.1 * (lines.length - 1 - i)) * this.text;
      node.append(...lines.map((line, i) => label(line, x, up(i), "middle", "point-text")));
    } else if (written) {
      if (written.far) node.append(svgElement("line", { x1: x, y1: y, x2: written.x, y2: written.y, class: "leader" }));
      node.append(label(words, written.x, written.y + 0.35 * this.text, written.anchor, "point-text"));
    }
    node.append(svgElement("circle", { cx: x, cy: y, r: 1.2 * this.text, class: "target" }));
    if (first || compared) node.append(svgElement("circle", { cx: x, cy: y, r: 0.75 * this.text, class: "ring" }));
    node.append(svgElement("circle", { cx: x, cy: y, r: 0.42 * this.text, class: "dot" }));
    node.addEventListener("click", () => this.onChoose(name));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.onChoose(name);
    });
    return [node];
  }

  drawOwn() {
    const { scale, ownGroup, data, own } = this;
    if (!scale || !ownGroup || !data) return;
    const known = data.points.flatMap(({ name, nats, first }) => {
      const found = own.get(name);
      return found ? [{ name, first, rated: nats.kl !== null, ...found }] : [];
    });
    const line = svgElement("polyline", {
      points: pathOf(
        scale,
        known.filter(({ rated }) => rated),
      ),
    });
    const squares = known.map(({ name, first, rated, kl, reconstruction }) => {
      const x = rated ? scale.x(kl) : this.lane,
        y = scale.y(reconstruction);
      const half = 0.32 * this.text;
      const [left, top, side] = [x - half, y - half, 2 * half];
      const square = svgElement("rect", { x: left, y: top, width: side, height: side, class: first ? "first" : "" });
      square.dataset.own = name;
      return square;
    });
    ownGroup.replaceChildren(line, ...squares);
  }

  /** What the plane shows, for those who do not see it. @param {PlaneData} data */
  fillTable({ points, marks: { floor, collapsed } }) {
    const rows = points.map(({ words, nats }) => [
      words,
      nats.kl?.toFixed(1) ?? t("none"),
      nats.reconstruction.toFixed(1),
    ]);
    if (floor !== null) rows.push([t("Floor: the picture itself"), "", floor.toFixed(1)]);
    if (collapsed !== null) rows.push([t("Collapsed: the mean picture"), "0", collapsed.toFixed(1)]);
    this.body.replaceChildren(
      ...rows.map(([name, ...numbers]) =>
        element("tr", {}, element("th", { scope: "row" }, name), ...numbers.map((text) => element("td", {}, text))),
      ),
    );
  }
}

/**
 * @param {Scale} scale
 * @param {{reconstruction: number, kl: number | null}[]} places
 */
function pathOf(scale, places) {
  const sorted = [...places].sort((a, b) => (a.kl ?? 0) - (b.kl ?? 0));
  return sorted.map(({ kl, reconstruction }) => `${scale.x(kl ?? 0)},${scale.y(reconstruction)}`).join(" ");
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} anchor
 * @param {string} kind its class
 */
function label(text, x, y, anchor, kind) {
  const node = svgElement("text", { x, y, "text-anchor": anchor, class: kind });
  node.textContent = text;
  return node;
}
