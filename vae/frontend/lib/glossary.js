/** What the pages' words and numbers mean: behind a "?" beside each, or as a part of the page. */

import { element } from "./dom.js";
import { explained, natsText } from "./explained.js";
import { openBy } from "./popover.js";
import { TERMS } from "./terms.js";
import { t } from "./words.js";

/** @import { Meter } from "./live-client.js" */
/** @import { Values } from "./explained.js" */
/** @import { Explanation, Term } from "./terms.js" */

export { explained, natsText };

/** A "?" for how long pictures take. @param {Meter} meter */
export function timeHelp(meter) {
  return help("time to the picture", () => {
    const { ms } = meter.read();
    return ms === undefined ? null : { ms: `${ms.toFixed(1)} ms` };
  });
}

/**
 * A "?" that explains a term, in a panel near it. One for each term and page is enough, where the page first has the term.
 *
 * @param {Term} term
 * @param {() => Values | null} [values] what stands in the term's formula now; asked for when the panel opens
 */
export function help(term, values) {
  /** @type {Explanation} */
  const { name, called = name } = TERMS[term];
  const question = element(
    "button",
    { type: "button", className: "help", ariaLabel: t`What is ${called}?`, ariaDescription: TERMS[term].sentence },
    element("span", {}, "?"),
  );
  const note = element("span", { className: "help-note", role: "note" });
  openBy(question, note);
  note.addEventListener("beforetoggle", ({ newState }) => {
    if (newState === "open") note.replaceChildren(explained(term, { values: values?.() ?? null }));
  });
  return element("span", { className: "help-place" }, question, note);
}
