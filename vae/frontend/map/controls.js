/** Around the plot: the bar above it, the foot beneath it, and what is laid over it while a projection is computed. */

import { button, element, say } from "../lib/dom.js";

const MOST_PICTURES = 31; // per side of the manifold
const ZOOM = 1.4;
const TOOLS = {
  move: ["Move", "Drag moves the map, or turns it in 3-D; the wheel zooms"],
  probe: ["Probe", "Drag decodes along the way: for fingers"],
  lasso: ["Lasso", "Drag around points to select them; Shift adds"],
};
const NOTES = {
  raw: "All other dimensions are left out.",
  pca: "Linear: distances only shrink; what lies outside is lost.",
  tsne: "Distances between groups, their sizes and the axes mean nothing.",
  umap: "Distances between groups, their sizes and the axes mean nothing.",
};
const MEANING = {
  trustworthiness: "Trustworthiness: 1 if whatever is near on the map is near in latent space too.",
  continuity: "Continuity: 1 if whatever is near in latent space is near on the map too.",
  kept: "Neighbours kept: the share of each image's 10 nearest in latent space that are its 10 nearest here too.",
};
const MISMATCH =
  "KL from a Gaussian with the mean and covariance of the aggregate posterior, the mixture of q(z|x) over the test " +
  "images, to the prior N(0, I), in this plane. 0 if they agree.";

function option(value, text) {
  return element("option", { value }, text);
}

/** The tools, and how the map is drawn. */
export class Bar {
  /** calls: onTool(name), onZoom(factor), onFit(), onPictures(), onColour(). */
  constructor(calls) {
    this.calls = calls;
    this.tools = Object.entries(TOOLS).map(([tool, [text, title]]) => {
      const made = button(text, title, () => this.choose(tool));
      made.dataset.tool = tool;
      return made;
    });
    const group = element("div", { className: "tools", role: "group", ariaLabel: "What dragging does" }, ...this.tools);
    const hand = element("div", { className: "hand", role: "toolbar", ariaLabel: "Map" }, group);
    hand.append(
      button("+", "Zoom in", () => calls.onZoom(ZOOM), "Zoom in"),
      button("−", "Zoom out", () => calls.onZoom(1 / ZOOM), "Zoom out"),
      button("All", "Show all points (double-click)", () => calls.onFit(), "Show all points (double-click)"),
    );
    const options = element("div", { className: "options" }, this.buildDensity(), this.buildRest(), this.buildColour());
    this.element = element("div", { className: "bar" }, hand, options);
  }

  choose(tool) {
    for (const button of this.tools) button.ariaPressed = String(button.dataset.tool === tool);
    this.calls.onTool(tool);
  }

  /** How many pictures per side lie under the points; 0 where there is no plane to lay them in. */
  get side() {
    return this.densityLabel.hidden ? 0 : Number(this.density.value);
  }

  setSide(side) {
    this.density.value = side;
  }

  /** What the coordinates outside the plane are taken from: "mean" or "current". */
  get rest() {
    return this.restSelect.value;
  }

  /** "class", "reconstruction", "kl", or "z3" for a dimension. */
  get colour() {
    return this.colourSelect.value;
  }

  /** Shows what applies: pictures in a plane of the latent space, and what lies outside where there is an outside. */
  offer(isPlane, hasRest) {
    this.densityLabel.hidden = !isPlane;
    this.restLabel.hidden = !hasRest;
  }

  offerColours(latentDim, prior, nameOf) {
    const dimensions = Array.from({ length: latentDim }, (_, i) => [`z${i}`, nameOf(i)]);
    const numbers = [["reconstruction", "reconstruction error"], ...(prior ? [["kl", "KL to the prior"]] : [])];
    const choices = [["class", "class"], ...numbers, ...dimensions];
    this.colourSelect.replaceChildren(...choices.map(([value, text]) => option(value, text)));
  }

  showSide() {
    const { side } = this;
    this.densityText.textContent = side ? `${side} × ${side}` : "off";
  }

  buildDensity() {
    const ariaLabel = "Decoded pictures under the points, per side";
    this.density = element("input", { type: "range", min: 0, max: MOST_PICTURES, step: 1, value: 0, ariaLabel });
    this.density.addEventListener("input", () => this.calls.onPictures());
    this.densityText = element("output", {}, "off");
    const title = "Decoded pictures under the points, at the quantiles of a normal distribution";
    this.densityLabel = element("label", { title, hidden: true }, "pictures ", this.density, this.densityText);
    return this.densityLabel;
  }

  buildRest() {
    this.restSelect = element("select", { ariaLabel: "The latent coordinates outside this plane" });
    this.restSelect.append(option("mean", "the mean"), option("current", "pinned z"));
    this.restSelect.addEventListener("change", () => this.calls.onPictures());
    const title = "The other latent coordinates, when a place is decoded";
    this.restLabel = element("label", { title, hidden: true }, "others at ", this.restSelect);
    return this.restLabel;
  }

  buildColour() {
    this.colourSelect = element("select", { ariaLabel: "Colour of the points" });
    this.colourSelect.addEventListener("change", () => this.calls.onColour());
    return element("label", { className: "colour" }, "colour ", this.colourSelect);
  }
}

/** How far a projection has got, and what went wrong. */
export class Overlay {
  /** calls: onCancel(), onAgain(). */
  constructor({ onCancel, onAgain }) {
    this.bar = element("progress", { max: 1, value: 0, ariaLabel: "Progress of the projection" });
    this.text = element("span", { role: "status", ariaLive: "polite" });
    const cancel = element("button", { type: "button", onclick: onCancel }, "Cancel");
    this.progress = element("div", { className: "progress", hidden: true }, this.text, this.bar, cancel);
    this.said = element("span", {});
    this.again = element("button", { type: "button", hidden: true, onclick: onAgain }, "Compute again");
    this.notice = element("p", { className: "notice", role: "status", ariaLive: "polite", hidden: true });
    this.notice.append(this.said, this.again);
  }

  /** A share of 1 is done. */
  showProgress(text, share) {
    this.progress.hidden = share >= 1;
    say(this.text, text);
    this.bar.value = share;
  }

  complain(text, canRepeat = false) {
    this.notice.hidden = !text;
    this.said.textContent = text ?? "";
    this.again.hidden = !canRepeat;
  }
}

/** The numbers under the plot: how far it can be trusted, where it comes from, how fast it is. */
export class Foot {
  constructor() {
    this.quality = element("span", { className: "quality" });
    this.mismatch = element("span", { className: "mismatch", title: MISMATCH, hidden: true });
    this.meaning = element("div", {});
    const meaning = element("details", {}, element("summary", {}, "what these mean"), this.meaning);
    this.note = element("span", { className: "note" });
    this.source = element("span", { className: "source" });
    this.status = element("span", { className: "status" });
    const first = element("div", { className: "foot-row" }, this.quality, this.mismatch, meaning);
    const second = element("div", { className: "foot-row" }, this.source, this.note, this.status);
    this.element = element("div", { className: "foot" }, first, second);
  }

  clear() {
    this.quality.textContent = this.source.textContent = "";
  }

  /** leavesOut: whether the map shows less than there is. */
  showNote(method, leavesOut) {
    this.note.textContent = leavesOut ? NOTES[method] : "";
  }

  /** nats: how far all codes together are from the prior, null where the prior is not drawn. */
  showMismatch(nats) {
    this.mismatch.hidden = nats === null;
    if (nats !== null) this.mismatch.textContent = `q(z) against the prior: ${nats.toFixed(2)} nats`;
  }

  showQuality({ trustworthiness, continuity, neighbours_kept: kept, protocol }) {
    const part = (text, about) => element("span", { title: `${about} ${protocol}` }, text);
    this.quality.replaceChildren(
      part(`trustworthiness ${trustworthiness.toFixed(2)}`, MEANING.trustworthiness),
      " · ",
      part(`continuity ${continuity.toFixed(2)}`, MEANING.continuity),
      " · ",
      part(`${Math.round(100 * kept)} % of the true 10 nearest neighbours kept`, MEANING.kept),
    );
    this.meaning.replaceChildren(...[...Object.values(MEANING), protocol].map((text) => element("p", {}, text)));
  }

  showSource(n, source, seconds) {
    const took = source === "computed here" && seconds > 0.1 ? ` in ${seconds.toFixed(1)} s` : "";
    const images = `${n.toLocaleString("en")} test images, each at its mean μ of q(z|x)`;
    this.source.textContent = source ? `${images} · ${source}${took}` : images;
  }

  /** Text is laid out anew whenever it changes: called four times a second, not in every frame. */
  showSpeed(device, { framesPerSecond, ms }) {
    const speed = ms === undefined ? "" : ` · ${framesPerSecond} frames/s · ${ms.toFixed(1)} ms input → picture`;
    const text = `${device ?? "connecting"}${speed}`;
    say(this.status, text);
  }
}
