/** Where the Reconstruction page's image comes from: a test image, a drawing, an upload, another data set. */

import { button, element } from "../lib/dom.js";

const ORDERS = {
  order: "in test-set order",
  random: "at random",
  best: "best reconstructed first",
  worst: "worst reconstructed first",
};

export class Picker {
  /** onImage(i), a test image; onDraw(), an empty pad; onFile(file). */
  constructor({ onImage, onDraw, onFile }) {
    Object.assign(this, { onImage, rows: [], at: 0 });
    this.classes = element("select", { ariaLabel: "Class of the test images" });
    this.order = element("select", { ariaLabel: "Order of the test images" });
    this.order.append(...Object.entries(ORDERS).map(([value, text]) => element("option", { value }, text)));
    for (const select of [this.classes, this.order]) select.addEventListener("change", () => this.sort());
    this.title = element("span", { className: "title", role: "status", ariaLive: "polite" });
    this.element = this.build(onDraw, onFile);
  }

  build(onDraw, onFile) {
    this.previous = button("‹", "Previous test image", () => this.step(-1), "Previous test image");
    this.next = button("›", "Next test image", () => this.step(1), "Next test image");
    const file = element("input", { type: "file", accept: "image/*", hidden: true, ariaLabel: "Picture to upload" });
    file.addEventListener("change", () => {
      if (file.files[0]) onFile(file.files[0]);
      file.value = ""; // the same file may be chosen again
    });
    const bar = element("div", { className: "picker", role: "toolbar", ariaLabel: "Input image" });
    bar.append(
      button("Draw your own", "Empty the pad and draw", onDraw),
      button("Upload…", "Upload a picture: it is scaled to the model's size and stays in this browser", () =>
        file.click(),
      ),
      file,
      element("span", { className: "tests" }, "or test images ", this.classes, this.order, this.previous, this.next),
      this.title,
    );
    return bar;
  }

  /** labels, errors: of the test images whose pictures the server has, count of them. */
  setModel(classNames, labels, errors, count) {
    Object.assign(this, { labels, errors, count });
    const options = classNames.map((name, k) => element("option", { value: k }, name));
    this.classes.replaceChildren(element("option", { value: "" }, "all classes"), ...options);
    this.order.value = "order";
    this.arrange();
  }

  arrange() {
    const rows = Array.from({ length: this.count }, (_, i) => i);
    const { value } = this.classes;
    this.rows = value === "" ? rows : rows.filter((i) => this.labels[i] === Number(value));
    const key = { best: (i) => this.errors[i], worst: (i) => -this.errors[i] }[this.order.value];
    if (key) this.rows.sort((a, b) => key(a) - key(b));
    if (this.order.value === "random") shuffle(this.rows);
    this.previous.disabled = this.next.disabled = !this.rows.length;
  }

  /** A new choice begins with its first image. */
  sort() {
    this.arrange();
    this.at = 0;
    if (this.rows.length) this.onImage(this.rows[0]);
    else this.title.textContent = "There is no test image of this class here.";
  }

  step(by) {
    this.at = (this.at + by + this.rows.length) % this.rows.length;
    this.onImage(this.rows[this.at]);
  }

  /** This image came from elsewhere: the arrows go on from it where it is among those chosen. */
  stand(i) {
    this.at = Math.max(0, this.rows.indexOf(i));
  }

  say(text) {
    this.title.textContent = text;
  }

  place(i) {
    const among = this.rows[this.at] === i && this.order.value !== "order";
    return among
      ? ` · ${(this.at + 1).toLocaleString("en")} of ${this.rows.length.toLocaleString("en")} ${ORDERS[this.order.value]}`
      : "";
  }
}

function shuffle(rows) {
  for (let i = rows.length - 1; i > 0; i--) {
    const k = Math.floor(Math.random() * (i + 1));
    [rows[i], rows[k]] = [rows[k], rows[i]];
  }
}
