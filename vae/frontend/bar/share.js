/** The link to what the page shows now: to copy, and as a QR code. */

import { copyText } from "../lib/copy.js";
import { button, element, say } from "../lib/dom.js";
import { openBy } from "../lib/popover.js";
import { t } from "../lib/words.js";
import { icon } from "./icon.js";

const SHARE = "M9 2h5v5M14 2 7 9M12 9v5H2V4h5"; // an arrow out of a box

const OWN_COMPUTER = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const LIGHT_PAGES = ["Explore", "Latent_map", "Sampling", "Interpolation", "Reconstruction"];

/**
 * The address of the light page that shows the same; null where it has no such page, or is this page.
 *
 * @param {URL} page
 */
export function lightAddress(page) {
  const name = page.pathname.split("/").at(-1) ?? "";
  if (!LIGHT_PAGES.includes(name)) return null;
  const rest = page.search.replace(/^\?/, "&");
  return new URL(`lab/?page=${name}${rest.length > 1 ? rest : ""}`, new URL(".", page)).href;
}

/** The button and its panel. */
export function shareButton() {
  const share = button("", t("Link to what this page shows"), () => {}, t("Share"));
  share.append(icon(SHARE), element("span", {}, t("Share")));
  const field = element("input", {
    type: "text",
    readOnly: true,
    ariaLabel: t("Link to this page"),
    spellcheck: false,
  });
  const said = element("p", { role: "status", className: "share-said" });
  const code = element("img", { className: "qr", alt: t("QR code of the link") });
  const note = element(
    "p",
    {},
    t("This address works on this computer only: open the app by its network name to share it."),
  );
  const light = element("input", { type: "checkbox" });
  const choice = element("label", {}, light, t("As a light page, for phones and large classes"));
  const show = () => {
    const address = (light.checked && lightAddress(new URL(location.href))) || location.href;
    field.value = address;
    say(said, "");
    code.src = new URL(`live/qr?text=${encodeURIComponent(address)}`, new URL(".", document.baseURI)).href;
  };
  light.addEventListener("change", show);
  const copy = button(t("Copy link"), t("Copy the link"), async () => {
    const copied = await copyText(field.value, panel);
    if (!copied) field.select();
    say(said, copied ? t("Copied.") : t("This browser does not let pages copy: copy the marked link yourself."));
  });
  const panel = element("div", { className: "share-panel", role: "dialog", ariaLabel: t("Share") });
  panel.append(element("div", { className: "share-link" }, field, copy), choice, said, code, note);
  openBy(share, panel);
  panel.addEventListener("beforetoggle", ({ newState }) => {
    if (newState !== "open") return;
    note.hidden = !OWN_COMPUTER.test(location.hostname);
    choice.hidden = lightAddress(new URL(location.href)) === null;
    show();
  });
  return [share, panel];
}
