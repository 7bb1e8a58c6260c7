/** Numbers of a run and its film as people read them. */

import { t } from "../lib/words.js";

/** @import { Run } from "./feed.js" */
/** @import { Head } from "../lib/film.js" */

/** @type {{ [state in Run["state"]]?: string }} */
const SENTENCES = {
  queued: t("Waiting."),
  starting: t("Starting…"),
  running: t("Training."),
  saving: t("Saving."),
  paused: t("Paused."),
  failed: t("This run failed."),
  killed: t("This run was ended from outside."),
  done: t("Done and saved."),
};

/**
 * One sentence for how a run stands.
 *
 * @param {Run} run
 */
export function stateOf({ state, sentence, queue_position: position }) {
  const text = sentence || SENTENCES[state] || "";
  if (state !== "queued" || !position) return text;
  return `${text} ${position === 1 ? t("Next in the queue.") : t`${ordinal(position)} in the queue.`}`;
}

/**
 * "epoch 7 of 20 · 61,000 images/s · 12 s left · cpu", of what is known.
 *
 * @param {Run} run
 */
export function progressOf({ epoch, epochs, images_per_second: rate, seconds_left: left, state, device }) {
  const running = state === "running";
  return [
    epochs ? t`epoch ${Math.floor(epoch ?? 0)} of ${epochs}` : "",
    running && rate ? t`${Number(rate.toPrecision(2)).toLocaleString("en")} images/s` : "",
    running && typeof left === "number" && Number.isFinite(left) ? t`${duration(Math.ceil(left))} left` : "",
    device ?? "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {number} n */
function ordinal(n) {
  const teens = n % 100 > 10 && n % 100 < 14;
  return `${n}${(!teens && ["", "st", "nd", "rd"][n % 10]) || "th"}`;
}

/**
 * "2 min 5 s".
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * At least two significant digits, and every digit before the point.
 *
 * @param {number} value
 */
export function nats(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 1 : size >= 0.095 || size === 0 ? 2 : 3);
}

/**
 * "3.4": frames early in a run lie close together, so small numbers have more digits.
 *
 * @param {number} epoch
 */
export function epochsOf(epoch) {
  return epoch === 0 ? "0" : epoch < 0.095 ? epoch.toFixed(3) : epoch < 0.95 ? epoch.toFixed(2) : epoch.toFixed(1);
}

const AXES = { line: "z", latent: t("the latent plane"), principal: t("principal components") };

/**
 * What cannot be compared in two films that are beside each other, in a sentence; "" where all can.
 *
 * @param {Head} one
 * @param {Head} other
 * @param {Record<string, string>} names of data sets, as people write them
 */
export function comparison(one, other, names) {
  if (one.dataset !== other.dataset) {
    const [here, there] = [one, other].map(({ dataset }) => names[dataset] ?? dataset);
    return t`Of two data sets, ${here} and ${there}: neither maps nor curves have a scale in common.`;
  }
  if (one.plane !== other.plane || one.latentDim !== other.latentDim) {
    const [here, there] = [one, other].map(({ plane, latentDim }) => t`${AXES[plane]} of ${latentDim}-D`);
    return t`The maps have other axes, ${here} and ${there}: compare pictures and curves.`;
  }
  return one.plane === "principal" ? t("Each map has principal components of its own: compare their shapes only.") : "";
}
