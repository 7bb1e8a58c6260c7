/** A button whose work cannot be undone: it asks first. */

import { button, element } from "../../lib/dom.js";
import { hasFocus } from "./focus.js";

/**
 * @param {string} text
 * @param {string} title
 * @param {{yes: string, no: string}} answers
 * @param {() => unknown} act
 */
export function confirmed(text, title, { yes, no }, act) {
  const ask = button(text, title, () => choose(true));
  const agree = button(yes, title, () => {
    choose(false);
    act();
  });
  const keep = button(no, "Nothing is changed", () => choose(false));
  agree.className = "danger";
  const choice = element("span", { className: "confirm", role: "group", ariaLabel: title }, agree, keep);
  choice.hidden = true;
  const choose = (/** @type {boolean} */ open) => {
    const inside = hasFocus(choice);
    choice.hidden = !open;
    ask.hidden = open;
    if (open) keep.focus();
    else if (inside) ask.focus();
  };
  return element("span", { className: "confirming" }, ask, choice);
}
