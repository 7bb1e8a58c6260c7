/** The choice of the light page's language. The page is loaded anew in it, at the same place. */

import { element, select } from "../../lib/dom.js";
import { t } from "../../lib/words.js";

export const ENGLISH = "en";

/**
 * The same address in another language; English is the one without a name.
 *
 * @param {string} href
 * @param {string} code of the language
 */
export function addressIn(href, code) {
  const url = new URL(href);
  url.searchParams.delete("lang");
  if (code !== ENGLISH) url.searchParams.set("lang", code);
  return url.href;
}

/**
 * @param {Record<string, string>} languages their own names by their codes
 * @param {string} chosen
 */
export function languageMenu(languages, chosen) {
  const menu = select(t("Language"), Object.entries(languages), (code) =>
    location.assign(addressIn(location.href, code)),
  );
  menu.value = chosen;
  return element("div", { className: "lab-language" }, menu);
}
