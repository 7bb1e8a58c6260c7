/**
 * "Optimise q for this image": gradient steps in the server from the encoder's q(z|x) to the best one, seen as the −ELBO
 * falls, and at last where the nats of the image go. Format: docstring of vae/server/gradients/optimise.py.
 *
 * One step's q. nats, with the same draws of z for all steps.
 *
 * @typedef {{step: number, steps: number, reconstruction: number, kl: number, mean: number[], logvar: number[]}} Step
 * @typedef {{negative_elbo: number, amortisation: number, approximation: number, nll: number}} Parts
 * @typedef {{parts: Parts, draws: number, effective_draws: number}} Split
 * @typedef {{pixels: Uint8Array<ArrayBuffer>, label: number | null}} Image as the model sees it
 */

import { toBase64 } from "../lib/bytes.js";
import { element, messageOf, say, svgElement } from "../lib/dom.js";
import { hasServer } from "../lib/files.js";
import { help, natsText } from "../lib/glossary.js";
import { streamLines } from "../lib/gradient-stream.js";
import { TERMS } from "../lib/terms.js";
import { t } from "../lib/words.js";

const WIDTH = 300,
  HEIGHT = 90; // of the curve, in its own unit
const FEW = 50; // effective draws, below which more of them would lower the NLL visibly
const OFFERED = t("Optimise q for this image");
const NEEDS_APP = t("Optimising q for an image needs the app: this page has no server that takes gradient steps.");
const NO_Q = t("A plain autoencoder has no q(z|x) to optimise.");
const NAMES = /** @type {const} */ ({
  amortisation: "amortisation gap",
  approximation: "approximation gap",
  nll: "NLL",
});

export class Optimise {
  /** @type {AbortController | null} */
  running = null;
  address = "";
  model = "";
  /** −ELBO after each step that was shown. @type {number[]} */
  curve = [];
  steps = 1;
  button = element("button", { type: "button", onclick: () => this.toggle() }, OFFERED);
  note = element("p", { className: "caption", hidden: true });
  now = element("p", { className: "now" });
  line = svgElement("polyline", { class: "falling" });
  floor = svgElement("line", { class: "floor", x1: "0", x2: `${WIDTH}` });
  chart = svgElement("svg", { role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" });
  scale = element("p", { className: "caption" });
  split = element("div", { className: "split", role: "status", ariaLive: "polite" });
  panel = element("section", { className: "optimised", hidden: true });

  /**
   * @param {{image: () => Image | null, onStep: (step: Step) => void, onBack: () => void}} page what is optimised, who shows
   *   its steps, and who goes back to the encoder's q
   */
  constructor(page) {
    this.page = page;
    const back = element("button", { type: "button", onclick: () => this.goBack() }, t("The encoder’s q again"));
    this.chart.append(this.floor, this.line);
    this.element = element("div", { className: "optimise" }, this.button, this.note);
    this.panel.append(
      element("h2", {}, OFFERED),
      this.now,
      /** @type {any} */ (this.chart),
      this.scale,
      this.split,
      back,
    );
  }

  /** @param {{base: string, model: string}} data @param {boolean} point whether the model is a plain autoencoder */
  setModel({ base, model }, point) {
    this.address = `${base}/live/optimise`;
    this.model = model;
    this.clear();
    const problem = point ? NO_Q : hasServer() ? "" : NEEDS_APP;
    this.note.textContent = problem;
    this.note.hidden = !problem;
    this.button.hidden = problem !== "";
  }

  /** For another image: what was found no longer holds. */
  clear() {
    if (this.panel.hidden) return;
    this.stop();
    this.panel.hidden = true;
    this.button.textContent = OFFERED;
  }

  goBack() {
    this.page.onBack();
    this.button.focus();
  }

  toggle() {
    if (this.running) this.stop();
    else void this.run();
  }

  stop() {
    if (!this.running) return;
    this.running.abort();
    this.running = null;
    this.button.textContent = t("Optimise again");
  }

  async run() {
    const image = this.page.image();
    if (!image) return;
    const running = new AbortController();
    this.running = running;
    this.curve = [];
    this.button.textContent = t("Stop");
    this.panel.hidden = false;
    this.split.replaceChildren();
    this.floor.setAttribute("visibility", "hidden");
    say(this.now, t("Waiting for the server…"));
    const fields = { model: this.model, image: toBase64(image.pixels), label: image.label };
    try {
      await streamLines(this.address, fields, running.signal, (line) => running.signal.aborted || this.take(line));
    } catch (error) {
      if (running.signal.aborted) return;
      say(this.now, messageOf(error));
    }
    if (this.running === running) this.stop();
  }

  /** @param {Step | Split} line */
  take(line) {
    if ("parts" in line) {
      this.showSplit(line);
      return;
    }
    this.curve.push(line.reconstruction + line.kl);
    this.steps = line.steps;
    this.draw();
    say(this.now, stepInWords(line, this.curve[0]));
    this.page.onStep(line);
  }

  /** The −ELBO so far, from the left edge at step 0 to the right edge at the last. @param {number} [floor] the NLL */
  draw(floor) {
    const { curve } = this;
    const [low, high] = [Math.min(...curve, floor ?? Number.POSITIVE_INFINITY), Math.max(...curve)];
    const y = (/** @type {number} */ nats) => 4 + ((HEIGHT - 8) * (high - nats)) / Math.max(high - low, 1e-9);
    const every = this.steps / 2; // every second step is sent
    const at = (/** @type {number} */ nats, /** @type {number} */ k) =>
      `${((WIDTH * k) / every).toFixed(1)},${y(nats).toFixed(1)}`;
    this.line.setAttribute("points", curve.map(at).join(" "));
    const dashed = floor === undefined ? "" : t("; dashed: the NLL");
    say(
      this.scale,
      t`−ELBO step by step, ${high.toFixed(1)} nats at the top, ${low.toFixed(1)} at the bottom${dashed}`,
    );
    if (floor === undefined) return;
    this.floor.setAttribute("visibility", "visible");
    this.floor.setAttribute("y1", `${y(floor)}`);
    this.floor.setAttribute("y2", `${y(floor)}`);
  }

  /** @param {Split} split */
  showSplit({ parts, draws, effective_draws: effective }) {
    this.draw(parts.nll);
    this.chart.setAttribute(
      "aria-label",
      t`The −ELBO falls from ${parts.negative_elbo.toFixed(1)} nats; dashed: the NLL.`,
    );
    const { amortisation, approximation, nll, negative_elbo: sum } = parts;
    const measured = Object.fromEntries(
      Object.entries({ amortisation, approximation, nll, sum, best: sum - amortisation }).map(([key, nats]) => [
        key,
        natsText(nats, 1),
      ]),
    );
    const terms = Object.entries(NAMES).flatMap(([key, name], i) => {
      const nats = parts[/** @type {keyof typeof NAMES} */ (key)];
      const bound = key === "nll" ? t("at most") : t("at least");
      const term = element(
        "span",
        { className: `term ${key}` },
        `${TERMS[name].name} ${bound} `,
        element("b", {}, nats.toFixed(1)),
      );
      return [i ? " + " : " = ", term, help(name, () => measured)];
    });
    const whole = element("span", { className: "term sum" }, "−ELBO ", element("b", {}, sum.toFixed(1)));
    this.split.replaceChildren(
      element("p", { className: "numbers" }, whole, ...terms, " nats"),
      element("p", { className: "caption" }, `${lessonOf(parts)} ${drawsInWords(draws, effective)}`),
    );
  }
}

/**
 * @param {Step} step
 * @param {number} first the −ELBO of the encoder's own q
 */
export function stepInWords({ step, steps, reconstruction, kl }, first) {
  const sum = reconstruction + kl;
  const won = step ? t`, ${Math.max(0, first - sum).toFixed(1)} less than the encoder’s q` : t(": the encoder’s own q");
  const parts = t`${sum.toFixed(1)} = reconstruction ${reconstruction.toFixed(1)} + KL ${kl.toFixed(1)} nats`;
  return t`Step ${step} of ${steps}: −ELBO ${parts}${won}`;
}

/**
 * What the split says of encoder and model.
 *
 * @param {Parts} parts
 */
export function lessonOf({ amortisation, approximation }) {
  const [encoder, gaussian] = [amortisation, approximation].map((nats) => Math.max(0, nats).toFixed(1));
  return t`The encoder loses ${encoder} nats here against the best Gaussian that was found for this image; that one loses ${gaussian} more because the true posterior is no such Gaussian.`;
}

/**
 * What the numbers were estimated from.
 *
 * @param {number} draws of z
 * @param {number} effective of them, for the NLL
 */
export function drawsInWords(draws, effective) {
  const known = t`${draws.toLocaleString("en")} other draws of z for each number; ${Math.round(effective)} are effective for the NLL`;
  return effective < FEW ? t`${known}, so few that more draws would lower it.` : `${known}.`;
}
