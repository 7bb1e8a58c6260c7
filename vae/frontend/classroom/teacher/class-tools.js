/** The class as a whole: newcomers, model, a second teacher, export, close, delete. */

/** @import { Desk } from "./desk.js" */

import { copyText } from "../../lib/copy.js";
import { button, element, say } from "../../lib/dom.js";
import { confirmed } from "./confirm.js";

export class ClassTools {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.joinable = element("input", { type: "checkbox" });
    this.joinable.addEventListener("change", () => void desk.command("joinable", { open: this.joinable.checked }));
    const joinable = element("label", { className: "tick" }, this.joinable, "Let new students in");
    this.modelText = element("p", {});
    this.model = button("", "", () => desk.command("model", { model: desk.data.model }));
    this.element = element("section", { className: "card tools-card" }, element("h2", {}, "Class"), joinable);
    this.element.append(element("div", { className: "row" }, this.modelText, this.model), ...this.coTeacher());
    this.element.append(this.exports(), ...this.endings());
  }

  coTeacher() {
    const { desk } = this;
    const field = element("input", {
      type: "text",
      readOnly: true,
      ariaLabel: "Link for a second teacher",
      spellcheck: false,
    });
    const said = element("span", { role: "status" });
    const place = element("div", { className: "row" }, field, said);
    const copy = button("Copy link", "Copy the link", async () => {
      const copied = await copyText(field.value, place);
      if (!copied) field.select();
      say(said, copied ? "Copied." : "This browser does not let pages copy: copy the marked link yourself.");
    });
    field.after(copy);
    place.hidden = true;
    const make = button("Link for a second teacher", "Who opens it teaches this class, too", async () => {
      const reply = await desk.command("co_teacher");
      if (!reply) return;
      field.value = `${desk.address ?? desk.base}/Class#${desk.code}.${reply.secret}`;
      say(said, "");
      place.hidden = false;
    });
    const revoke = button("Take it back", "Links for second teachers are worth nothing any more", async () => {
      if (await desk.command("revoke_co_teachers")) place.hidden = true;
    });
    return [element("div", { className: "row" }, make, revoke), place];
  }

  exports() {
    const { base, code } = this.desk;
    const files = [
      ["export.json", "All, as JSON"],
      ["votes.csv", "Votes, as CSV"],
      ["drawings.npz", "Drawings, as NPZ"],
    ];
    const links = files.map(([name, text]) => {
      return element(
        "a",
        { className: "button", href: `${base}/c/${code}/${name}`, download: `${code}-${name}` },
        text,
      );
    });
    return element("div", { className: "row" }, element("span", {}, "Export"), ...links);
  }

  endings() {
    const { desk } = this;
    const closed = { yes: "Close it", no: "Go on" },
      deleted = { yes: "Delete everything", no: "Keep it" };
    this.close = confirmed("Close the class", "Students can do nothing any more; you can still export", closed, () =>
      desk.command("close"),
    );
    const remove = confirmed("Delete the class", "Everything of this class is gone for good", deleted, async () => {
      desk.deleting = true;
      desk.deleting = (await desk.command("delete")) !== null;
    });
    const title = "To the form that opens a class; this one goes on, and you can come back";
    const leave = button("Another class", title, () => desk.calls.onLeave());
    // In rows of their own, so that deleting never comes to lie where closing was.
    return [element("div", { className: "row" }, leave, this.close), element("div", { className: "row" }, remove)];
  }

  show() {
    const { model = "", joinable = true, closed = false } = this.desk.state.class ?? {};
    const barModel = this.desk.data.model;
    this.joinable.checked = joinable;
    this.joinable.disabled = closed;
    if (this.close) this.close.hidden = closed;
    say(this.modelText, `Drawings are encoded by ${model}.`);
    this.model.hidden = closed || barModel === null || barModel === model;
    say(this.model, `Use ${barModel}`);
    this.model.ariaLabel = `Use ${barModel}`;
    this.model.title = "The model of the bar; drawings that were handed in before stay with the old one";
  }
}
