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
  const page = new URL(location.href),
    base = new URL(".", document.baseURI).href;
  const { OWN_NAME, ownLesson } = await import("./own-lesson.js");
  const text = page.searchParams.get("lesson") === OWN_NAME ? ownLesson() : null;
  if (text === null) return save(await load(fileAddress(page, base)));
  await takeLessonHome(base, text, page.searchParams.get("lang") ?? "");
}

/**
 * Lets the browser download the file of a lesson that somebody has written. Rejects with the server's sentence.
 *
 * @param {string} base the app's address
 * @param {string} body the lesson's text
 * @param {string} language
 */
export async function takeLessonHome(base, body, language) {
  const address = new URL(`lab/file?${new URLSearchParams({ lang: language })}`, base);
  const headers = { "Content-Type": "text/markdown; charset=utf-8" };
  await save(await load(address, { method: "POST", headers, body }));
}

/** @param {Response} response */
async function save(response) {
  if (!response.ok) throw new Error(await response.text());
  const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("content-disposition") ?? "")?.[1];
  download(await response.blob(), decodeURIComponent(name ?? "latent-lab.html"));
}
