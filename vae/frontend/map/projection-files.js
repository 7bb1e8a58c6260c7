/**
 * Projections that were computed ahead, for a page without a WebSocket: as ProjectionSocket, but each request has one
 * answer. Format: docstring of vae/server/latent_map/routes.py.
 *
 * @import { ProjectionConfig, ProjectionDone, ProjectionState } from "../lib/contract.js"
 *
 * Parameters that are left out have Python's defaults.
 *
 * @typedef {Pick<ProjectionConfig, "method" | "dims" | "axes"> & Partial<ProjectionConfig>} Config
 *
 * The server's states; "failed" also for a refused request, and "lost" while there is no connection.
 *
 * @typedef {ProjectionState | {state: "failed", error: string} | {state: "lost", reason: string}} SocketState
 * @typedef {{onLayout(layout: Float32Array, dims: number): void, onState(state: SocketState): void}} Calls
 */

import { messageOf } from "../lib/dom.js";
import { readArrays } from "../lib/encoded-set.js";
import { load } from "../lib/files.js";

/**
 * What a request gets: the final state, and the layout, null for a linear projection. Rejects with a sentence.
 *
 * @param {string} address …/live/projections
 * @param {Config & {model: string}} request
 */
export async function loadProjection(address, request) {
  const { axes, ...fields } = request;
  const query = new URLSearchParams(Object.entries(fields).map(([key, value]) => [key, `${value}`]));
  if (axes.length) query.set("axes", axes.join());
  const response = await load(`${address}?${query}`);
  if (!response.ok) throw new Error(await response.text());
  const { header, arrays } = readArrays(await response.arrayBuffer());
  /** @type {Float32Array | null} */
  const layout = arrays.layout ?? null;
  return { state: /** @type {ProjectionDone} */ (/** @type {unknown} */ (header)), layout };
}

export class ProjectionFiles {
  /** The newest request. @type {object | null} */
  request = null;

  /**
   * @param {string} address
   * @param {Calls} calls
   */
  constructor(address, { onLayout, onState }) {
    this.address = address;
    this.onLayout = onLayout;
    this.onState = onState;
  }

  /** @param {Config & {model: string}} request */
  async ask(request) {
    this.request = request;
    try {
      const { state, layout } = await loadProjection(this.address, request);
      if (this.request !== request) return;
      if (layout) this.onLayout(layout, state.dims);
      this.onState(state);
    } catch (error) {
      if (this.request === request) this.onState({ state: "failed", error: messageOf(error) });
    }
  }

  /** The page no longer waits for an answer. */
  forget() {
    this.request = null;
  }

  /** There is nothing to cancel: an answer comes at once. */
  cancel() {}

  close() {
    this.request = null;
  }
}
