/** The link to what the page shows now: to copy, and as a QR code. */

import { copyText } from "../lib/copy.js";
import { button, element, say } from "../lib/dom.js";
import { openBy } from "../lib/popover.js";
import { icon } from "./icon.js";

const SHARE = "M9 2h5v5M14 2 7 9M12 9v5H2V4h5"; // an arrow out of a box

const OWN_COMPUTER = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The button and its panel. */
export function shareButton() {
  const share = button("", "Link to what this page shows", () => {}, "Share");
  share.append(icon(SHARE), element("span", {}, "Share"));
  const field = element("input", { type: "text", readOnly: true, ariaLabel: "Link to this page", spellcheck: false });
  const said = element("p", { role: "status", className: "share-said" });
  const code = element("img", { className: "qr", alt: "QR code of the link" });
  const note = element(
    "p",
    {},
    "This address works on this computer only: open the app by its network name to share it.",
  );
  const copy = button("Copy link", "Copy the link", async () => {
    const copied = await copyText(field.value, panel);
    if (!copied) field.select();
    say(said, copied ? "Copied." : "This browser does not let pages copy: copy the marked link yourself.");
  });
  const panel = element("div", { className: "share-panel", role: "dialog", ariaLabel: "Share" });
  panel.append(element("div", { className: "share-link" }, field, copy), said, code, note);
  openBy(share, panel);
  panel.addEventListener("beforetoggle", ({ newState }) => {
    if (newState !== "open") return;
    field.value = location.href;
    say(said, "");
    note.hidden = !OWN_COMPUTER.test(location.hostname);
    code.src = new URL(`live/qr?text=${encodeURIComponent(location.href)}`, new URL(".", document.baseURI)).href;
  });
  return [share, panel];
}
