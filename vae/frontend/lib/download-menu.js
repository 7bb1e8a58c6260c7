/** The one button under which a page has its downloads. */

import { element, messageOf } from "./dom.js";
import { hasServer } from "./files.js";
import { openBy } from "./popover.js";
import { takeHome } from "./take-home.js";
import { t } from "./words.js";

/**
 * A file to download. format: PNG, …; what: is in it, in a few words; save: makes it, and throws an error with a sentence
 * where that fails.
 *
 * @typedef {{format: string, what: string, save: () => void | Promise<void>}} Download
 */

/** @type {Download} */
const HOME = { format: "HTML", what: t("this page with the model, to take home"), save: takeHome };

/** The menu of a page that has no other downloads; none where there is no server. */
export function homeMenu() {
  return hasServer() ? [menuOf(t("Take home"), [HOME])] : [];
}

/**
 * A button "Download" that opens a panel with these files and, where there is a server, the page itself as a file, beneath
 * them what can be set for them.
 *
 * @param {Download[]} downloads
 * @param {...HTMLElement} settings
 */
export function downloadMenu(downloads, ...settings) {
  return menuOf(t("Download"), hasServer() ? [...downloads, HOME] : downloads, ...settings);
}

/**
 * @param {string} text of the button
 * @param {Download[]} downloads
 * @param {...HTMLElement} settings
 */
function menuOf(text, downloads, ...settings) {
  const open = element("button", { type: "button" }, text);
  const status = element("span", { className: "download-status", role: "status", ariaLive: "polite" });
  const panel = element("div", { className: "download-panel", role: "group", ariaLabel: text });
  const close = openBy(open, panel);
  const save = async (/** @type {Download} */ download) => {
    status.textContent = t`making the ${download.format}…`;
    try {
      await download.save();
      status.textContent = "";
      close();
    } catch (error) {
      status.textContent = messageOf(error);
    }
  };
  const buttons = downloads.map((download) => {
    const { format, what } = download;
    return element(
      "button",
      { type: "button", onclick: () => void save(download) },
      element("b", {}, format),
      ` ${what}`,
    );
  });
  panel.append(...buttons, ...settings, status);
  return element("span", { className: "download" }, open, panel);
}
