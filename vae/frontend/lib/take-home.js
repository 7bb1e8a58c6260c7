/** The model and what a page shows of it as one file, which works without the app: see vae/lab/file_routes.py. */

import { download } from "./export.js";
import { load } from "./files.js";

/**
 * The address of the file that opens as the page at this address does.
 *
 * @param {URL} page
 * @param {string} base the app's address
 */
export function fileAddress(page, base) {
  const query = new URLSearchParams(page.search);
  if (!query.has("page")) query.set("page", page.pathname.split("/").at(-1) ?? "");
  query.set("model", query.get("checkpoint") ?? "");
  return new URL(`lab/file?${query}`, base).href;
}

/** Lets the browser download the file. Rejects with the server's sentence. */
export async function takeHome() {
  const address = fileAddress(new URL(location.href), new URL(".", document.baseURI).href);
  const response = await load(address);
  if (!response.ok) throw new Error(await response.text());
  const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("content-disposition") ?? "")?.[1];
  download(await response.blob(), decodeURIComponent(name ?? "latent-lab.html"));
}
