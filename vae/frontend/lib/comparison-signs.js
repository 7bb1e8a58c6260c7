/** Beside the sentences about models side by side: what their nats mean. */

/** @import { Named } from "./comparison-words.js" */

import { element } from "./dom.js";
import { help, natsText } from "./glossary.js";
import { t } from "./words.js";

/** The signs of "nats on z" and "on the picture". @param {() => Named} first whose numbers stand in the formulas */
export function spentSigns(first) {
  const values = () => spentValues(first());
  return element(
    "span",
    { className: "spent-signs" },
    t("nats on z"),
    help("rate", values),
    t(" · on the picture"),
    help("distortion", values),
  );
}

/** A model's nats for the formulas, each with the model's words. @param {Named} model */
export function spentValues({ words, nats: { reconstruction, kl } }) {
  const picture = natsText(reconstruction, 1);
  if (kl === null) return { reconstruction: picture };
  return { reconstruction: picture, kl: natsText(kl, 1), sum: `${words}: ${natsText(reconstruction + kl, 1)}` };
}
