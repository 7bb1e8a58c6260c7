/**
 * What the room's check has found, in words for who holds the phone.
 *
 * @import { Findings } from "./room-check.js"
 *
 * good: null while it is not known.
 *
 * @typedef {{name: string, text: string, good: boolean | null}} Line
 */

import { t } from "../../lib/words.js";
import { HELD_SECONDS } from "./room-check.js";

const SLOW_MS = 300; // from there on a drag is seen late

/** @param {Findings} findings @returns {Line[]} */
export function linesOf(findings) {
  const { http, httpMs } = findings;
  const pages = http ? t`answered in ${httpMs} ms` : http === null ? t("trying …") : t("no answer");
  return [
    { name: "Pages (HTTP)", text: pages, good: http },
    { name: "WebSocket", ...socketLine(findings) },
    { name: "Students use", ...wayLine(findings) },
  ];
}

/** @param {Findings} findings @returns {Pick<Line, "text" | "good">} */
function socketLine({ http, socket, seconds, latency }) {
  const speed = latency === null ? "" : t`, an answer takes ${latency} ms`;
  switch (socket) {
    case "waiting":
      return http === false ? { text: t("not tried"), good: false } : { text: t("trying …"), good: null };
    case "open":
      return { text: t`${seconds} of ${HELD_SECONDS} s${speed}`, good: null };
    case "held":
      return { text: t`held for ${HELD_SECONDS} s${speed}`, good: true };
    case "cut":
      return { text: t`cut after ${seconds} s`, good: false };
    default:
      return { text: t("does not get through"), good: false };
  }
}

/** @param {Findings} findings @returns {Pick<Line, "text" | "good">} */
function wayLine({ way, done }) {
  if (!done) return { text: "…", good: null };
  const names = { websocket: "WebSocket", events: t("server-sent events"), poll: t("polling") };
  return way ? { text: names[way], good: true } : { text: t("nothing gets through"), good: false };
}

/** What it means for the class, once all is known; before, what to do. @param {Findings} findings */
export function verdictOf({ http, socket, seconds, latency, way, done, problem }) {
  if (problem) return problem;
  if (!done) return t("Keep this page open for a minute, with the screen on.");
  if (!http) {
    return t(
      "This phone does not reach the app any more. Where a network keeps devices apart (client isolation), open a hotspot on the teacher's computer or on a phone, and join it with both.",
    );
  }
  if (socket === "held") {
    return (latency ?? 0) > SLOW_MS
      ? t("All works from this phone, but answers are slow: students see what the teacher moves late.")
      : t("Ready: all works from this phone.");
  }
  const cut =
    socket === "cut"
      ? t`This network cuts WebSockets after ${seconds} s.`
      : t("This network lets no WebSocket through.");
  const teacher = t("The teacher's own pages need one: open them on the computer that runs the app.");
  if (way === "events") return t`${cut} Students lose nothing by that: they get all by server-sent events. ${teacher}`;
  if (way === "poll") return t`${cut} Students get all by polling, a little later. ${teacher}`;
  return t`${cut} Nor does anything else that stays open. Use another network: a hotspot on the teacher's computer or on a phone.`;
}
