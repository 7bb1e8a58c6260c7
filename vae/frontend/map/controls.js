/**
 * Around the plot: the bar above it, the foot beneath it, and what lies over it while a projection is computed.
 *
 * @import { Method, ProjectionQuality } from "../lib/contract.js"
 * @import { Values } from "../lib/explained.js"
 * @import { Meter } from "../lib/live-client.js"
 * @import { Tool } from "./plot.js"
 */

import { button, element, say, subscript } from "../lib/dom.js";
import { homeMenu } from "../lib/download-menu.js";
import { rangeField } from "../lib/fields.js";
import { help, natsText, timeHelp } from "../lib/glossary.js";
import { t, translate } from "../lib/words.js";

const MOST_PICTURES = 31; // per side of the manifold
const ZOOM = 1.4;
const FIT = t("Show all points; again: without outliers (double-click)");
/** @type {[Tool, string, string][]} */
const TOOLS = [
  ["move", t("Move"), t("Drag moves the map, or turns it in 3-D; the wheel zooms")],
  ["probe", t("Probe"), t("Drag decodes along the way, with a finger too")],
  ["lasso", t("Lasso"), t("Drag around points to select them; Shift adds")],
];
/** What a method leaves out. @type {Record<Method, string>} */
const NOTES = {
  raw: t("All other dimensions are left out."),
  pca: t("Linear: distances only shrink; what lies outside is lost."),
  tsne: t("Distances between groups, their sizes and the axes mean nothing."),
  umap: t("Distances between groups, their sizes and the axes mean nothing."),
};
const MEANING = {
  trustworthiness: t("Trustworthiness: 1 if images that are near on the map are near in latent space too."),
  continuity: t("Continuity: 1 if images that are near in latent space are near on the map too."),
  kept: t("Neighbours kept: the share of each image's nearest in latent space that are its nearest here too."),
};
const BEST = t(
  "The best possible reconstruction is the image itself. Its error is not 0 where pixels are grey, but their entropy; what is above it is the model's.",
);
const MISMATCH = t(
  "KL from a Gaussian with the mean and covariance of the aggregate posterior q(z), the mixture of q(z|x) over the test images, to the prior N(0, I), in this plane. 0 if they agree. Only a part of KL(q(z) ‖ p(z)): holes and clusters are left out. Sampling has bounds of the whole.",
);

/** @param {string} value @param {string} text */
function option(value, text) {
  return element("option", { value }, text);
}

/** The tools, and how the map is drawn. */
export class Bar {
  /**
   * @param {{onTool(tool: Tool): void, onZoom(factor: number): void, onFit(): void, onPictures(): void,
   *          onColour(): void, onShading(shown: boolean): void}} calls
   */
  constructor(calls) {
    this.calls = calls;
    this.tools = TOOLS.map(([tool, text, title]) => {
      const made = button(text, title, () => this.choose(tool));
      made.dataset.tool = tool;
      return made;
    });
    const group = element(
      "div",
      { className: "tools", role: "group", ariaLabel: t("What dragging does") },
      ...this.tools,
    );
    const navigation = element("div", { className: "navigation", role: "toolbar", ariaLabel: t("Map") }, group);
    navigation.append(
      button("+", t("Zoom in"), () => calls.onZoom(ZOOM), t("Zoom in")),
      button("−", t("Zoom out"), () => calls.onZoom(1 / ZOOM), t("Zoom out")),
      button(t("All"), FIT, () => calls.onFit(), FIT),
    );
    this.density = rangeField({
      min: 0,
      max: MOST_PICTURES,
      step: 1,
      value: 0,
      ariaLabel: t("Decoded pictures under the points, per side"),
    });
    this.densityText = element("output", {}, t("Off"));
    this.densityLabel = element("label", { hidden: true }, t("Pictures"), this.density, this.densityText);
    this.densityLabel.title = t(
      "Decoded pictures under the points, over ±3 σ of the prior or ±2.5 standard deviations of PCA's components",
    );
    this.shading = element("input", { type: "checkbox", ariaLabel: t("Change per step under the points") });
    this.shadingLabel = element("label", { hidden: true }, this.shading, t("Change per step"));
    this.shadingLabel.title = t("Darker where the picture changes more per step of z, in place of the pictures");
    this.restSelect = element("select", { ariaLabel: t("The latent coordinates outside this plane") });
    this.restSelect.append(option("mean", t("Mean")), option("current", t("Pinned z")));
    this.restLabel = element("label", { hidden: true }, t("Other z at"), this.restSelect);
    this.restLabel.title = t("The other latent coordinates, when a place is decoded");
    this.colourSelect = element("select", { ariaLabel: t("Colour of the points") });
    const colour = element("label", { className: "colour" }, t("Colour"), this.colourSelect);
    const options = element("div", { className: "options" }, this.shadingLabel, this.densityLabel, this.restLabel);
    options.append(...homeMenu(), colour);
    this.element = element("div", { className: "bar" }, navigation, options);
    this.density.addEventListener("input", () => calls.onPictures());
    this.shading.addEventListener("change", () => calls.onShading(this.shading.checked));
    this.restSelect.addEventListener("change", () => calls.onPictures());
    this.colourSelect.addEventListener("change", () => calls.onColour());
  }

  /** @param {Tool} tool */
  choose(tool) {
    for (const each of this.tools) each.ariaPressed = String(each.dataset.tool === tool);
    this.calls.onTool(tool);
  }

  /** How many pictures per side lie under the points; 0 where there is no plane to lay them in. */
  get side() {
    return this.densityLabel.hidden ? 0 : this.density.valueAsNumber;
  }

  set side(side) {
    this.density.value = String(side);
  }

  /** What the coordinates outside the plane are taken from: "mean" or "current". */
  get rest() {
    return this.restSelect.value;
  }

  /** "class", "excess", "reconstruction", "kl", or "z3" for a dimension. */
  get colour() {
    return this.colourSelect.value;
  }

  /**
   * Shows what applies: pictures in a plane of the latent space, and what lies outside where there is an outside.
   *
   * @param {boolean} isPlane
   * @param {boolean} hasRest
   */
  offer(isPlane, hasRest) {
    this.shadingLabel.hidden = !isPlane;
    this.densityLabel.hidden = !isPlane || this.shading.checked;
    this.restLabel.hidden = !hasRest;
  }

  /**
   * @param {number} latentDim
   * @param {{prior: boolean, excess: boolean}} has excess: whether the best possible error is known
   */
  offerColours(latentDim, { prior, excess }) {
    const dimensions = Array.from({ length: latentDim }, (_, i) => [`z${i}`, subscript(i)]);
    const above = excess ? [["excess", t("Error above the best possible")]] : [];
    const numbers = [
      ...above,
      ["reconstruction", t("Reconstruction error")],
      ...(prior ? [["kl", t("KL to the prior")]] : []),
    ];
    const choices = [["class", t("Class")], ...numbers, ...dimensions];
    this.colourSelect.title = excess ? BEST : "";
    this.colourSelect.replaceChildren(...choices.map(([value, text]) => option(value, text)));
  }

  showSide() {
    const { side } = this;
    this.densityText.textContent = side ? `${side} × ${side}` : t("Off");
  }
}

/** How far a projection has got, and what went wrong. */
export class Overlay {
  /** @param {{onCancel(): void, onAgain(): void}} calls */
  constructor({ onCancel, onAgain }) {
    this.bar = element("progress", { max: 1, value: 0, ariaLabel: t("Progress of the projection") });
    this.text = element("span", { role: "status", ariaLive: "polite" });
    const cancel = element("button", { type: "button", onclick: onCancel }, t("Cancel"));
    this.progress = element("div", { className: "progress", hidden: true }, this.text, this.bar, cancel);
    this.said = element("span", {});
    this.again = element("button", { type: "button", hidden: true, onclick: onAgain }, t("Compute again"));
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.notice.append(this.said, this.again);
  }

  /** Neither progress nor a complaint. */
  clear() {
    this.progress.hidden = true;
    this.complain("");
  }

  /**
   * @param {string} text
   * @param {number} progress 1 is done
   */
  showProgress(text, progress) {
    this.progress.hidden = progress >= 1;
    say(this.text, text);
    this.bar.value = progress;
  }

  /** @param {string} text "" removes the last one */
  complain(text, canRepeat = false) {
    this.notice.hidden = !text;
    this.said.textContent = text;
    this.again.hidden = !canRepeat;
  }
}

/** The numbers under the plot: how far it can be trusted, where it comes from, how fast it is. */
export class Foot {
  /** @type {number | null} */
  nats = null; // of the mismatch

  /**
   * @param {Meter} meter
   * @param {() => Values | null} looked what was last under the pointer, in numbers
   */
  constructor(meter, looked) {
    this.quality = element("span", { className: "quality" });
    this.mismatch = element("span", { className: "mismatch", title: MISMATCH });
    this.ofPrior = element("span", { hidden: true }, this.mismatch, this.helpOfMismatch());
    this.ofShares = element("span", { hidden: true }, t("Axes: the share of the variance"), help("share of variance"));
    this.lowering = element("span", { className: "lowering" });
    this.meaning = element("div", {});
    const meaning = element(
      "details",
      {},
      element("summary", {}, t("What these mean")),
      this.meaning,
      wordsOfImages(looked),
    );
    this.outside = element("span", { className: "outside" });
    this.note = element("span", { className: "note" });
    this.source = element("span", { className: "source" });
    this.status = element("span", { className: "status" });
    const first = element("div", { className: "foot-row" }, this.quality, this.ofPrior, this.lowering, meaning);
    const time = element("span", {}, this.status, timeHelp(meter));
    const second = element("div", { className: "foot-row" }, this.source, this.outside, this.note, this.ofShares, time);
    this.smallPrint = element("div", { className: "small-print" }, second);
    this.element = element("div", { className: "foot" }, first, this.smallPrint);
  }

  /** Whether the fine print is left out, as in a presentation. */
  get isShort() {
    return getComputedStyle(this.smallPrint).display === "none";
  }

  clear() {
    this.quality.textContent = this.source.textContent = this.lowering.textContent = "";
  }

  /**
   * @param {Method} method
   * @param {boolean} leavesOut whether the map shows less than there is
   */
  showNote(method, leavesOut) {
    this.note.textContent = leavesOut ? NOTES[method] : "";
    this.ofShares.hidden = method !== "pca";
  }

  /** @param {number | null} nats how far all codes together are from the prior, null where the prior is not drawn */
  showMismatch(nats) {
    this.nats = nats;
    this.ofPrior.hidden = nats === null;
    const text = t`q(z)'s mean and covariance against the prior, here: ${nats?.toFixed(2)} nats`;
    if (nats !== null) this.mismatch.textContent = text;
  }

  helpOfMismatch() {
    return help("KL of q(z)’s mean and covariance", () => (this.nats === null ? null : { kl: natsText(this.nats) }));
  }

  /** @param {ProjectionQuality} quality */
  showQuality({ trustworthiness, continuity, neighbours_kept: kept, neighbours, protocol }) {
    if (trustworthiness === null || continuity === null || kept === null) {
      this.quality.textContent = translate(protocol);
      this.meaning.replaceChildren(...Object.values(MEANING).map((text) => element("p", {}, text)));
      return;
    }
    const part = (/** @type {string} */ text, /** @type {string} */ about, /** @type {HTMLElement} */ sign) =>
      element("span", { title: `${about} ${translate(protocol)}` }, text, sign);
    const measured = () => ({
      trustworthiness: trustworthiness.toFixed(2),
      continuity: continuity.toFixed(2),
      kept: `${Math.round(100 * kept)} %`,
      neighbours: `${neighbours}`,
    });
    this.quality.replaceChildren(
      part(
        t`Trustworthiness ${trustworthiness.toFixed(2)}`,
        MEANING.trustworthiness,
        help("trustworthiness", measured),
      ),
      " · ",
      part(t`continuity ${continuity.toFixed(2)}`, MEANING.continuity, help("continuity", measured)),
      " · ",
      part(
        t`${Math.round(100 * kept)} % of the true ${neighbours} nearest neighbours kept`,
        MEANING.kept,
        help("neighbours kept", measured),
      ),
    );
    const ofMismatch = this.ofPrior.hidden ? [] : [MISMATCH];
    this.meaning.replaceChildren(
      ...[...Object.values(MEANING), ...ofMismatch, translate(protocol)].map((text) => element("p", {}, text)),
    );
  }

  /** @param {number} n test images of one latent dimension */
  showUnprojected(n) {
    this.showSource(n);
    this.quality.textContent = t`One latent dimension: ${subscript(0)} across, the classes up; nothing is projected.`;
  }

  /**
   * @param {number} n test images
   * @param {{source: string, seconds: number, lowering: string}} [layout] where it comes from, how long it took, and
   *   which parameter was lowered for it
   */
  showSource(n, layout) {
    const { source = "", seconds = 0, lowering = "" } = layout ?? {};
    this.lowering.textContent = translate(lowering);
    const took = source === "computed here" && seconds > 0.1 ? t` in ${seconds.toFixed(1)} s` : "";
    const images =
      n === 1
        ? t("1 test image, at its mean μ of q(z|x)")
        : t`${n.toLocaleString("en")} test images, each at its mean μ of q(z|x)`;
    this.source.textContent = `${images}${source && ` · ${translate(source)}${took}`}`;
  }

  /** @param {number} count of points that are not in the view; called as seldom as `showSpeed` */
  showOutside(count) {
    say(this.outside, count ? t`${count.toLocaleString("en")} of them outside this view` : "");
  }

  /**
   * Each change of text costs a new layout of the page: called four times a second, not in every frame.
   *
   * @param {string | undefined} device
   * @param {{framesPerSecond: number, ms: number | undefined}} speed
   */
  showSpeed(device, { framesPerSecond, ms }) {
    const speed = ms === undefined ? "" : t` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms input → picture`;
    say(this.status, `${device ?? t("Connecting")}${speed}`);
  }
}

/**
 * What is said of an image under the pointer, where no button could stand.
 *
 * @param {() => Values | null} looked
 */
function wordsOfImages(looked) {
  return element(
    "p",
    {},
    t("Of an image: its error"),
    help("reconstruction error", looked),
    t(", what is above the best possible"),
    help("least possible error", looked),
    t(", KL"),
    help("KL", looked),
    t("; of a place: how far off its z is"),
    help("distance to typical", looked),
  );
}
