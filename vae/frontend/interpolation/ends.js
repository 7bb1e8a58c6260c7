/** The ends of a way: pictures from anywhere with their places in latent space, as cards and in links. */

import { drawPicture, fitPicture } from "../lib/canvas.js";
import { button, element, figure, say, select } from "../lib/dom.js";
import { round4 } from "../lib/math.js";

const SIDE = 116; // CSS pixels of a card's picture

/**
 * An end: {kind: "test" | "sample" | "z" | "drawing" | "upload", z, label: the class that a conditional model decodes it
 * as, pixels: of the original where there is one, title; and of a test image its row}.
 */
export function testEnd(space, row) {
  const label = space.encoded.labels[row];
  const title = `test image ${row} · ${space.classNames[label]}`;
  return { kind: "test", row, z: space.mean(row), label, pixels: null, title };
}

export function vectorEnd(z, kind, title, label = 0) {
  return { kind, z: z.map(round4), label, pixels: null, title };
}

/** An image's end lies at the mean of q(z|x). Resolves to null when a newer image has taken its place. */
export async function imageEnd(space, pixels, kind, label = 0) {
  const reply = await space.client.encode(1, pixels, { slot: "encode" });
  return reply && { ...vectorEnd(Array.from(reply.mean), kind, kind, label), pixels };
}

/** How an end stands in a link: "17", the test image, or "z0.5,-1.2"; with "@3", the class, where that is a choice. */
export function writeEnd({ kind, row, z, label }, space) {
  const place = kind === "test" ? `${row}` : `z${z.join(",")}`;
  const own = kind === "test" ? space.encoded.labels[row] : 0;
  return space.classes && label !== own ? `${place}@${label}` : place;
}

/** The end that a link means; null where it means none of this model's. */
export function readEnd(text, space) {
  const [place, told] = text.split("@");
  const end = place.startsWith("z") ? readVector(place.slice(1), space) : readRow(place, space);
  if (!end || told === undefined) return end;
  const label = Number(told);
  return Number.isInteger(label) && label >= 0 && label < space.classes ? { ...end, label } : null;
}

function readRow(text, space) {
  return /^\d{1,9}$/.test(text) && Number(text) < space.encoded.n ? testEnd(space, Number(text)) : null;
}

/** Numbers with commas or white space between them. */
export function readVector(text, { latentDim }) {
  const parts = text.trim().split(/[\s,;]+/);
  const z = parts.map(Number);
  if (z.length !== latentDim || parts.includes("") || !z.every((value) => Math.abs(value) <= 1000)) return null;
  return vectorEnd(z, "z", "pinned z");
}

/** Shows one end, and changes it. */
export class EndCard {
  /** name: as people know it; onChoose() opens the dialog, onChange(end) is a new end; side: of the picture. */
  constructor(name, { onChoose, onChange, side = SIDE }) {
    Object.assign(this, { name, onChange, side });
    this.picture = figure("end-picture", `End ${name}`);
    const open = element("button", { type: "button", className: "picture-button", ariaLabel: `Choose ${name}` });
    Object.assign(open, { title: `Choose ${name}: test image, drawing, sample, z or file`, onclick: onChoose });
    open.append(this.picture.canvas);
    this.title = element("span", {});
    this.caption = element("p", { className: "end-title" }, element("b", {}, name), " ", this.title);
    this.told = select(`Decode ${name} as class`, [], (label) => onChange({ ...this.end, label: Number(label) }));
    const tools = element("div", { className: "end-tools" });
    tools.append(button("Choose…", open.title, onChoose, `Choose ${name} from anywhere`));
    tools.append(button("⟳", "Another of the same kind", () => this.another(), `Another ${name} of the same kind`));
    this.element = element("div", { className: "end" }, open, this.caption, tools, this.told);
  }

  show(end, space) {
    const newSpace = space !== this.space;
    Object.assign(this, { end, space });
    if (newSpace) this.told.fill(space.classNames.map((name, label) => [label, `as ${name}`]));
    this.told.hidden = !space.classes;
    this.told.value = end.label;
    say(this.title, end.title);
    fitPicture(this.picture.canvas, space.imageShape, this.side);
    this.picture.canvas.ariaLabel = `${this.name}: ${end.title}`;
    this.drawPicture(end, space);
  }

  /** The original where there is one; else what z decodes to. */
  async drawPicture(end, space) {
    if (end.kind === "test") end.pixels ??= await space.images.load(end.row);
    const slot = `card ${this.name}`;
    const pixels = end.pixels ?? (await space.decode([space.code(end)], { slot }))?.[0];
    if (!pixels || this.end !== end) return;
    drawPicture(this.picture.canvas, pixels, space.imageShape);
    if (end.kind === "test" && !end.pixels) say(this.title, `${end.title}, decoded: the original is not here`);
  }

  another() {
    const { end, space } = this;
    if (end.kind !== "test") return this.onChange(vectorEnd(space.draw(), "sample", "sample", end.label));
    const group = space.group(space.encoded.labels[end.row]);
    return this.onChange(testEnd(space, group[Math.floor(Math.random() * group.length)]));
  }
}
