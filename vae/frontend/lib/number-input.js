/** Number fields that are not ours: Streamlit's, in which a browser makes 125 of "1,25". */

import { parseNumber, plainText } from "./number.js";
import { t } from "./words.js";

/**
 * Lets every number field of a page take numbers as people write them: a decimal comma, the minus sign, full-width
 * digits. A pasted text that is no number leaves the field as it is, with a sentence.
 *
 * @param {Document} page
 */
export function takeNumbers(page) {
  page.addEventListener("beforeinput", (event) => {
    const [field] = event.composedPath();
    if (!isNumberField(field) || !event.data || event.isComposing) return;
    const plain = plainText(event.data).replace(",", ".");
    const pasted = event.inputType === "insertFromPaste";
    const wrong = pasted && Number.isNaN(parseNumber(event.data));
    if (wrong) complain(field, t`“${event.data}” is not a number.`);
    if (!wrong && plain === event.data) return;
    event.preventDefault();
    if (!wrong) page.execCommand("insertText", false, plain); // as if typed: Streamlit takes nothing else
  });
}

/**
 * @param {EventTarget | undefined} target
 * @returns {target is HTMLInputElement}
 */
function isNumberField(target) {
  return target instanceof HTMLInputElement && target.type === "number";
}

/**
 * Shows a sentence at the field until the next key.
 *
 * @param {HTMLInputElement} field
 * @param {string} sentence
 */
function complain(field, sentence) {
  field.setCustomValidity(sentence);
  field.reportValidity();
  field.addEventListener("keydown", () => field.setCustomValidity(""), { once: true });
}
