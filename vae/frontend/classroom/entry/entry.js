/** The page to type a class's code. */

import { button, element } from "../../lib/dom.js";
import { pageTheme, takeTheme } from "../../lib/theme.js";
import { t, translate } from "../../lib/words.js";

const LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"; // of a code: none that looks like another

/**
 * sentence, of the settings: why the student is here and not in the class; "" for no reason.
 *
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name
 */
export default async function start(read) {
  const { sentence } = JSON.parse(new TextDecoder().decode(await read("settings")));
  takeTheme(window);
  document.documentElement.dataset.theme = pageTheme().matches ? "dark" : "light";
  const field = element("input", { type: "text", id: "code", maxLength: 16, spellcheck: false });
  field.autocomplete = "off";
  field.autocapitalize = "characters";
  const problem = element("p", { role: "alert", id: "problem" }, translate(sentence));
  field.setAttribute("aria-describedby", problem.id);
  const label = element("label", { htmlFor: field.id }, t("Code from the board"));
  const go = button(t("Join"), t("Go to the class"), () => {});
  go.type = "submit";
  const form = element("form", {}, label, field, go, problem);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { code, reason } = codeOf(field.value);
    problem.textContent = reason;
    if (code) location.assign(new URL(`c/${code}`, document.baseURI));
    else field.focus();
  });
  document.body.append(element("main", {}, element("h1", {}, t("Join a class")), form));
  field.focus();
}

/**
 * The code in what was typed; null and the reason where there is none.
 *
 * @param {string} typed
 * @returns {{code: string | null, reason: string}}
 */
export function codeOf(typed) {
  const code = typed.toUpperCase().replace(/[\s-]/g, "");
  const odd = [...code].find((letter) => !LETTERS.includes(letter));
  if (!code) return { code: null, reason: t("Type the six letters and digits that your teacher shows.") };
  if (odd) return { code: null, reason: t`“${odd}” is in no code: there is no O, 0, I or 1. Look again.` };
  if (code.length !== 6) return { code: null, reason: t`A code has six letters and digits; this has ${code.length}.` };
  return { code, reason: "" };
}
