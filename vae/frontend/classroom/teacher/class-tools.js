/** The class as a whole: newcomers, model, a second teacher, export, close, delete. */

/** @import { Desk } from "./desk.js" */

import { copyText } from "../../lib/copy.js";
import { button, element, say } from "../../lib/dom.js";
import { confirmed } from "./confirm.js";
import { hide } from "./focus.js";
import { ownClasses } from "./requests.js";

export class ClassTools {
  asked = false; // what this teacher may do

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.joinable = element("input", { type: "checkbox" });
    this.joinable.addEventListener("change", () => void desk.command("joinable", { open: this.joinable.checked }));
    const joinable = element("label", { className: "tick" }, this.joinable, "Let new students in");
    this.modelText = element("p", {});
    this.model = button("", "", () => desk.command("model", { model: desk.data.model }));
    const name = "Link for a second teacher";
    this.invite = button(name, "Who opens it teaches this class, too", () => this.makeLink());
    const title = "Links for second teachers are worth nothing any more";
    this.revoke = button("Take it back", title, () => this.takeBack());
    this.field = element("input", { type: "text", readOnly: true, ariaLabel: name, spellcheck: false });
    this.said = element("span", { role: "status" }); // of copying
    this.link = element("div", { className: "row" });
    const closed = { yes: "Close it", no: "Go on" },
      deleted = { yes: "Delete everything", no: "Keep it" };
    this.close = confirmed("Close the class", "Students can do nothing any more; you can still export", closed, () =>
      desk.command("close"),
    );
    this.remove = confirmed("Delete the class", "Everything of this class is gone for good", deleted, async () => {
      desk.deleting = true;
      desk.deleting = (await desk.command("delete")) !== null;
    });
    this.element = element("section", { className: "card tools-card" }, element("h2", {}, "Class"), joinable);
    this.element.append(element("div", { className: "row" }, this.modelText, this.model), ...this.coTeacher());
    this.element.append(this.exports(), ...this.endings());
  }

  coTeacher() {
    const { field } = this;
    const copy = button("Copy link", "Copy the link", async () => {
      const copied = await copyText(field.value, this.link);
      if (!copied) field.select();
      say(this.said, copied ? "Copied." : "This browser does not let pages copy: copy the marked link yourself.");
    });
    this.link.append(field, copy, this.said);
    this.link.hidden = this.revoke.hidden = true;
    return [element("div", { className: "row" }, this.invite, this.revoke), this.link];
  }

  async makeLink() {
    const { desk } = this;
    const reply = await desk.command("co_teacher");
    if (!reply) return;
    this.field.value = `${desk.address ?? desk.base}/Class#${desk.code}.${reply.secret}`;
    say(this.said, "");
    this.link.hidden = this.revoke.hidden = false;
  }

  async takeBack() {
    if (!(await this.desk.command("revoke_co_teachers"))) return;
    this.link.hidden = true;
    hide(this.revoke, true, this.invite);
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
    const title = "To the form that opens a class; this one goes on, and you can come back";
    const leave = button("Another class", title, () => this.desk.calls.onLeave());
    // In rows of their own, so that deleting never comes to lie where closing was.
    const rows = [[leave, this.close], [this.remove]];
    return rows.map((row) => element("div", { className: "row" }, ...row));
  }

  /** Offers a second teacher nothing that only the first one may do, and to take links back only where there are some. */
  async findRights() {
    const { base, code } = this.desk;
    const classes = await ownClasses(base).catch(() => []);
    const { owner, links } = classes.find((each) => each.code === code) ?? { owner: true, links: 1 };
    this.invite.hidden = this.remove.hidden = !owner;
    if (owner && links) this.revoke.hidden = false;
  }

  show() {
    if (!this.asked) void this.findRights();
    this.asked = true;
    const { model = "", joinable = true, closed = false } = this.desk.state.class ?? {};
    const barModel = this.desk.data.model;
    this.joinable.checked = joinable;
    this.joinable.disabled = closed;
    this.close.hidden = closed;
    say(this.modelText, `Drawings are encoded by ${model}.`);
    this.model.hidden = closed || barModel === null || barModel === model;
    say(this.model, `Use ${barModel}`);
    this.model.ariaLabel = `Use ${barModel}`;
    this.model.title = "The model of the bar; drawings that were handed in before stay with the old one";
  }
}
