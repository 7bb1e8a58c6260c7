/** Numbers of a run and its film as people read them. */

const SENTENCES = {
  queued: "Waiting.",
  starting: "Starting…",
  running: "Training.",
  saving: "Saving.",
  paused: "Paused.",
  failed: "This run failed.",
  killed: "This run was ended from outside.",
  done: "Done and saved.",
};

/** One sentence for how a run stands. */
export function stateOf({ state, sentence, queue_position: position }) {
  const said = sentence || SENTENCES[state] || "";
  return state === "queued" && position ? `${said} ${position === 1 ? "Next" : ordinal(position)} in the queue.` : said;
}

/** "epoch 7 of 20 · 61,000 images/s · 12 s left · cpu", of what is known. */
export function progressOf({ epoch, epochs, images_per_second: rate, seconds_left: left, state, device }) {
  const running = state === "running";
  return [
    epochs ? `epoch ${Math.floor(epoch ?? 0)} of ${epochs}` : "",
    running && rate ? `${Number(rate.toPrecision(2)).toLocaleString("en")} images/s` : "",
    running && Number.isFinite(left) ? `${duration(Math.ceil(left))} left` : "",
    device ?? "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function ordinal(n) {
  const teens = n % 100 > 10 && n % 100 < 14;
  return `${n}${(!teens && ["", "st", "nd", "rd"][n % 10]) || "th"}`;
}

export function duration(seconds) {
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Three digits that mean something, and all of the whole ones. */
export function nats(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 1 : size >= 0.095 || size === 0 ? 2 : 3);
}

/** "3.4": early moments lie close together, so small numbers have more digits. */
export function epochsOf(epoch) {
  return epoch === 0 ? "0" : epoch < 0.095 ? epoch.toFixed(3) : epoch < 0.95 ? epoch.toFixed(2) : epoch.toFixed(1);
}
