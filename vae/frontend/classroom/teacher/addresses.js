/**
 * Where students reach the app, and what to do where no phone arrives.
 *
 * @import { CheckReport } from "../state.js"
 *
 * What Python knows of the server. hosts: this computer's addresses; path: what the server's addresses begin with, "" or
 * "/path"; local: whether it answers to this computer alone.
 *
 * @typedef {{hosts: string[], port: number, path: string, secure: boolean, local: boolean}} Server
 */

const OWN_COMPUTER = /^(localhost|127(\.\d+){3}|\[::1\])$/;
export const PATIENCE_S = 60; // without a phone
const GOOD_SOCKET_S = 60,
  SLOW_MS = 200;
const OPTION = "--server.address 0.0.0.0";

/**
 * The app's addresses for other devices, without a slash at their ends; the one that this page has comes first, unless
 * it means this computer alone.
 *
 * @param {string} base this page's address of the app
 * @param {Server} server
 */
export function addressesOf(base, { hosts, port, path, secure }) {
  const scheme = secure ? "https" : "http",
    usual = port === (secure ? 443 : 80);
  const found = hosts.map((host) => `${scheme}://${host}${usual ? "" : `:${port}`}${path}`);
  return [...new Set([...(OWN_COMPUTER.test(new URL(base).hostname) ? [] : [base]), ...found])];
}

/** An address without what nobody types. @param {string} address */
export function typed(address) {
  return address.replace(/^http:\/\//, "");
}

/**
 * What to do about the room; "" while there is nothing to say.
 *
 * @param {readonly string[]} addresses
 * @param {Server} server
 * @param {{reports: readonly CheckReport[], joined: number, waited: number}} room waited: seconds without a report
 */
export function roomAdvice(addresses, { local }, { reports, joined, waited }) {
  if (!addresses.length && local) {
    return `Only this computer can open the app. Start it with ${OPTION}; the README says when that is safe.`;
  }
  if (!addresses.length) return "This computer is in no network: join one, or turn on its hotspot.";
  const slow = reports.filter(({ http, latency_ms: latency }) => http && latency > SLOW_MS).length;
  if (reports.some(({ http }) => http)) {
    return slow
      ? `${slow} of ${reports.length} phones answer slowly: move closer to the access point.`
      : "Phones arrive.";
  }
  if (joined || waited < PATIENCE_S) return "";
  return (
    "No phone has arrived for a minute. Many school networks keep devices apart (client isolation): then turn on this " +
    "computer's hotspot, or a phone's, and join it with all devices; or run the app on a server that all can reach."
  );
}

/**
 * What a phone's report says, in words.
 *
 * @param {CheckReport} report
 */
export function reportText({ http, socket_seconds: seconds, latency_ms: latency }) {
  if (!http) return "does not arrive";
  const held = Math.floor(seconds);
  const socket = held >= GOOD_SOCKET_S ? "WebSocket held for 60 s" : `WebSocket held for ${held} s so far`;
  return `arrives in ${Math.round(latency)} ms; ${held > 0 ? socket : "no WebSocket: works without it"}`;
}
