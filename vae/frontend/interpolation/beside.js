/**
 * The models beside Interpolation's own, on its two ends: each has the same two pictures at its own codes, and shows the
 * followed path between them. Interpolation loads this module when there is something to compare.
 *
 * @import { Named } from "../lib/comparison-words.js"
 * @import { ModelClient } from "../lib/model-client.js"
 * @import { End, InterpolationData, OtherModel } from "./ends.js"
 * @import { Curve } from "./space.js"
 * @import { Strips } from "./strips.js"
 *
 * What of the page the models share. space, ends: of the first model.
 *
 * @typedef {{readonly space: Space, readonly ends: {from: End, to: End}, readonly data: InterpolationData}} SharedPage
 */

import { drawPicture, fitPicture } from "../lib/canvas.js";
import { Compared } from "../lib/compared.js";
import { spentSigns } from "../lib/comparison-signs.js";
import { difference, spends } from "../lib/comparison-words.js";
import { element, figure, messageOf, say } from "../lib/dom.js";
import { loadEncoded } from "../lib/encoded-set.js";
import { noticeOf } from "../lib/live-client.js";
import { t } from "../lib/words.js";
import { imageEnd, testEnd } from "./ends.js";
import { Shortest } from "./shortest.js";
import { shares, Space } from "./space.js";

export class Beside {
  /** @type {Compared<OtherModel>} */
  compared = new Compared({
    onStatus: (status, model) => {
      const other = this.others.find(({ data }) => data.model === model);
      if (other) say(other.problem, noticeOf(status));
    },
  });
  /** @type {OtherPath[]} */
  others = [];
  shown = "";

  /**
   * @param {SharedPage} page
   * @param {Strips} strips
   * @param {() => {curve: Curve, t: number, steps: number}} now what the page shows
   */
  constructor(page, strips, now) {
    this.page = page;
    this.strips = strips;
    this.now = now;
    this.differences = element("ul", { className: "differences", title: t("Nats: means over the test set") });
  }

  /** Follows the host's data, where it brings something new; whether it does. @param {InterpolationData} data */
  update({ base, model, words = "", nats, compare = [] }) {
    const shown = JSON.stringify([model, words, compare.map((each) => [each.model, each.words, each.version])]);
    if (shown === this.shown) return false;
    this.shown = shown;
    const before = new Map(this.others.map((other) => [`${other.data.model} ${other.data.version}`, other]));
    this.compared.update(base, compare);
    this.others = this.compared.models.map(({ data, client }) => {
      const key = `${data.model} ${data.version}`;
      const other = before.get(key) ?? new OtherPath(base, client, data, () => this.drawFound(data.model));
      before.delete(key);
      other.name(data);
      return other;
    });
    for (const other of before.values()) other.close();
    this.strips.setModels([words, ...compare.map((each) => each.words)]);
    const first = { words, nats: nats ?? { reconstruction: 0, kl: null } };
    const sentences = [spends(first), ...compare.map((each) => difference(first, each))];
    const signs = spentSigns(() => first);
    const items = sentences.map((text, i) => element("li", {}, text, ...(i ? [] : [" ", signs])));
    this.differences.replaceChildren(...items);
    return true;
  }

  get figures() {
    return this.others.map((other) => other.figure);
  }

  /** The ends are others: each model finds their pictures' codes. */
  refresh() {
    const { space, ends } = this.page;
    for (const other of this.others) {
      void other.follow(space, ends.from, ends.to).then((isNew) => isNew && this.redraw(other.data.model));
    }
  }

  /** Everything of one model. @param {string} model */
  redraw(model) {
    this.others.find(({ data }) => data.model === model)?.search(this.now().curve);
    this.drawFound(model);
  }

  /** A shorter path of a model, or what else there is now. @param {string} model */
  drawFound(model) {
    const i = this.others.findIndex(({ data }) => data.model === model);
    if (i < 0) return;
    this.drawAt(this.others[i]);
    void this.drawStrip(i);
  }

  /** The followed curve or the number of pictures is another one. */
  redrawAll() {
    for (const { data } of this.others) this.redraw(data.model);
  }

  /** The pictures at t: called at every input event. */
  scrub() {
    for (const other of this.others) this.drawAt(other);
  }

  /** @param {OtherPath} other */
  drawAt(other) {
    const { curve, t: along } = this.now();
    const [code] = other.codes(curve, [along]);
    if (!code || !other.space) return;
    const { space } = other;
    void space.decode([code]).then((pictures) => {
      if (!pictures) return;
      drawPicture(other.figure.canvas, pictures[0], space.imageShape);
      if (other.problem.textContent) say(other.problem, "");
    });
  }

  /** @param {number} i */
  async drawStrip(i) {
    const other = this.others[i],
      { curve, steps } = this.now();
    const codes = other.codes(curve, shares(steps)),
      { space, ends } = other;
    if (!space || !codes.length) return;
    const pictures = await space.decode(codes, { slot: "rows", background: true });
    const now = this.now();
    const isNow = this.others[i] === other && other.ends === ends && now.curve === curve && now.steps === steps;
    if (pictures && isNow) this.strips.showOther(i, space, codes, pictures);
  }

  /** @param {number} side of a picture, in CSS pixels */
  resize(side) {
    const { imageShape } = this.page.space;
    for (const { figure: each } of this.others) {
      each.caption.style.maxWidth = `${fitPicture(each.canvas, imageShape, side)}px`;
    }
  }

  stop() {
    for (const other of this.others) other.shortest.stop();
  }

  close() {
    for (const other of this.others) other.close();
    this.compared.close();
    this.strips.setModels([]);
    this.differences.remove();
  }
}

/** The path of another model between its codes of the two pictures. */
class OtherPath {
  /** null until its encoded test set is there. @type {Space | null} */
  space = null;
  /** null until the ends' pictures are encoded. @type {{from: End, to: End} | null} */
  ends = null;
  asked = 0; // how often other ends were wanted
  taken = 0; // the newest of them whose codes are shown
  isClosed = false;
  figure = figure("hero other", "");
  words = element("span");
  problem = element("span", { className: "problem", role: "status" });

  /**
   * @param {string} base
   * @param {ModelClient} client
   * @param {OtherModel} data
   * @param {() => void} onFound there is a shorter path
   */
  constructor(base, client, data, onFound) {
    this.base = base;
    this.client = client;
    this.data = data;
    this.shortest = new Shortest(base, onFound);
    this.figure.caption.append(this.words, this.problem);
    /** @type {Promise<void> | undefined} */
    this.loading = undefined;
  }

  /** @param {OtherModel} data */
  name(data) {
    this.data = data;
    say(this.words, data.words);
    this.figure.canvas.ariaLabel = t`${data.words}: picture decoded at t on the path between the same two pictures`;
  }

  /** @param {Space} first the page's */
  async load(first) {
    const { base, client, data } = this;
    const encoded = await loadEncoded(`${base}/live/encoded?model=${encodeURIComponent(data.model)}`);
    const { classes, prior } = data;
    this.space = new Space({ client, encoded, images: first.images, classes, prior, lassos: {} });
  }

  /**
   * Takes over the pictures of these ends; whether their codes are newer than those that are shown: while an end is
   * dragged the next ones are wanted before these are found.
   *
   * @param {Space} first of the page's model
   * @param {End} from
   * @param {End} to
   */
  async follow(first, from, to) {
    const number = ++this.asked;
    try {
      this.loading ??= this.load(first);
      await this.loading;
      const { space, data } = this;
      if (!space || this.isClosed) return false;
      const [a, b] = await Promise.all([
        endOf(from, first, space, `${data.model} from`),
        endOf(to, first, space, `${data.model} to`),
      ]);
      if (!a || !b || this.isClosed || number < this.taken) return false;
      this.taken = number;
      this.ends = { from: a, to: b };
      return true;
    } catch (error) {
      this.loading = undefined;
      say(this.problem, messageOf(error));
      return false;
    }
  }

  /** Searches for the shortest path where that is followed. @param {Curve} curve */
  search(curve) {
    const { space, ends, shortest, data } = this;
    if (curve === "shortest" && space && ends) shortest.ask(data.model, space, ends.from, ends.to);
    else shortest.stop();
  }

  /**
   * The codes at these places of the curve; none until the ends are there.
   *
   * @param {Curve} curve
   * @param {number[]} places 0 to 1
   */
  codes(curve, places) {
    const { space, ends, shortest } = this;
    if (!space || !ends) return [];
    const { from, to } = ends;
    return places.map((along) =>
      curve === "shortest"
        ? space.codeOn(shortest.at(from, to, along), from, to, along)
        : space.between(curve, from, to, along),
    );
  }

  close() {
    this.isClosed = true;
    this.shortest.stop();
    this.figure.element.remove();
  }
}

/**
 * Where another model has the picture of an end: at the mean of its q(z|x). A z without a picture is decoded by the first
 * model first. null when a newer one has taken its place.
 *
 * @param {End} end
 * @param {Space} first
 * @param {Space} space of the other model
 * @param {string} slot another one for each model and end
 */
async function endOf(end, first, space, slot) {
  const label = first.classes ? end.label : undefined;
  if (end.kind === "test") {
    const own = testEnd(space, end.row);
    return { ...own, label: label ?? own.label };
  }
  const pixels = end.pixels ?? (await first.decode([first.code(end)], { slot }))?.[0];
  return pixels ? imageEnd(space, pixels, end.kind, label ?? 0, slot) : null;
}
