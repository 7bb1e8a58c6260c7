/** What few users look for: where models are decoded, and what else is handed over. */

import { preferServer, prefersServer } from "../lib/decode-choice.js";
import { button, element } from "../lib/dom.js";
import { openBy } from "../lib/popover.js";
import { t } from "../lib/words.js";
import { icon } from "./icon.js";

const MORE = "M3 8h.01M8 8h.01M13 8h.01"; // three dots

/**
 * The button and its panel.
 *
 * @param {boolean} choosesDecoder without a server all is decoded here
 * @param {...HTMLElement} others
 */
export function moreButton(choosesDecoder, ...others) {
  const title = choosesDecoder ? t("More: where models are decoded") : t("More: the model’s numbers");
  const more = button("", title, () => {}, t("More"));
  more.append(icon(MORE));
  more.className = "more";
  const box = element("input", { type: "checkbox", onchange: () => preferServer(!box.checked) });
  const label = element("label", {}, box, t("Decode in this browser"));
  const note = element("p", {}, t("Where this is off, or a model is large, the server decodes."));
  const panel = element(
    "div",
    { className: "more-panel", role: "dialog", ariaLabel: t("More") },
    ...(choosesDecoder ? [label, note] : []),
    ...others,
  );
  openBy(more, panel);
  panel.addEventListener("beforetoggle", () => {
    box.checked = !prefersServer();
  });
  return [more, panel];
}
