/** The link: z and numbers in it, and the addresses of views. As vae/ui/shared/links.py has them. */

import { MAX_LINKED_Z } from "../../lib/contract.js";

/** @typedef {Record<string, string>} Params */
/** @typedef {{name: string, address: string, title: string, question: string, script: string}} View */

/**
 * A whole number from 0 to most in a text; null for anything else.
 *
 * @param {string | null | undefined} text
 * @param {number} least
 * @param {number} most
 */
export function parseWhole(text, least, most) {
  if (!text || !/^\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/**
 * The z of a link: comma-separated numbers; null where they do not fit the model.
 *
 * @param {string} text
 * @param {number} latentDim
 */
export function parseZ(text, latentDim) {
  const parts = text.split(",").map((part) => part.trim());
  const z = parts.map((part) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part) ? Number(part) : Number.NaN));
  return z.length === latentDim && z.every((value) => Math.abs(value) <= MAX_LINKED_Z) ? z : null;
}

/**
 * Numbers with up to four decimals, the precision of the sliders.
 *
 * @param {readonly number[]} z
 */
export function formatZ(z) {
  return z.map((value) => value.toFixed(4).replace(/\.?0+$/, "")).join(",");
}

/**
 * The view that a link asks for, and the parameters that are the view's own: page=Latent_map, or view=latent_map, unless
 * that is a parameter of Sampling or Interpolation themselves. Without one of these the first.
 *
 * @template {View} V
 * @param {URLSearchParams} query
 * @param {readonly V[]} views
 */
export function readLink(query, views) {
  const own = new URLSearchParams(query),
    page = query.get("page");
  own.delete("page");
  own.delete("lang"); // the server has read it
  const named = views.find(({ address }) => address === page);
  if (named) return { view: named, query: own };
  const view = views.find(({ name }) => name === query.get("view"));
  if (view) own.delete("view");
  return { view: view ?? views[0], query: own };
}

/**
 * The query that leads to a place of the light page; the view comes first, as in the app's own addresses.
 *
 * @param {View} view
 * @param {string} model
 * @param {Params} params
 */
export function queryOf({ address }, model, params) {
  const query = new URLSearchParams({ page: address, checkpoint: model, ...params });
  return `${query}`.replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/**
 * Where a link to one of the app's pages leads here: the view and its parameters; null for any other link.
 *
 * @template {View} V
 * @param {URL} url
 * @param {string} base the app's address
 * @param {readonly V[]} views
 */
export function ownLink(url, base, views) {
  const rest = url.href.startsWith(`${base}/`) ? url.href.slice(base.length + 1) : "";
  const [page, query] = rest.split("#")[0].split("?"); // by hand: a file's own address ends with #
  const view = views.find(({ address }) => address === page);
  return view ? { view, query: new URLSearchParams(query) } : null;
}
