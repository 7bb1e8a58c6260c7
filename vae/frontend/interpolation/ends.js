/** The ends of a path: pictures of every kind with their codes in latent space, on cards and in links. */

import { drawPicture, fitPicture } from "../lib/canvas.js";
import { MAX_LINKED_Z } from "../lib/contract.js";
import { button, element, figure, say, select } from "../lib/dom.js";
import { round4 } from "../lib/math.js";
import { parseNumbers } from "../lib/number.js";
import { t } from "../lib/words.js";

/** @import { DrawingFrame, InterpolationKey } from "../lib/contract.js" */
/** @import { LocalModel } from "../lib/model-client.js" */
/** @import { ComparedData } from "../lib/compared.js" */
/** @import { Nats } from "../lib/comparison-words.js" */
/** @import { Space } from "./space.js" */

/**
 * An end of a path. label: the class that a conditional model decodes it as. pixels: of the original where there is one.
 *
 * @typedef {{z: number[], label: number, pixels: Uint8Array | null, title: string}} EndParts
 * @typedef {EndParts & {kind: "test", row: number}} TestEnd
 * @typedef {EndParts & {kind: "sample" | "z" | "drawing" | "upload", row?: undefined}} OtherEnd
 * @typedef {TestEnd | OtherEnd} End
 * @typedef {"from" | "to" | "third" | "fourth" | "base"} EndKey
 * @typedef {Record<EndKey, End>} Ends
 */

/** @typedef {Partial<Record<InterpolationKey, string>>} State what a link has, as text */
/** @typedef {ComparedData & {version: string, classes: number, prior: boolean}} OtherModel beside the page's own */

/**
 * What a host gives: vae/views/interpolation.py, and the state of vae/ui/pages/interpolation.py.
 *
 * @typedef {object} InterpolationData
 * @property {string} base the app's address
 * @property {string} model
 * @property {LocalModel | null} local its weights for this browser
 * @property {string} version of the model's files
 * @property {number} classes of a conditional model how many it knows, else 0
 * @property {boolean} prior false for a plain autoencoder
 * @property {string[]} palette
 * @property {DrawingFrame | null} frame see DrawingPad
 * @property {boolean} bright see DrawingPad
 * @property {number} image the test image of all pages, at which a path begins
 * @property {{title: string, z: number[]}[]} pins z of other pages
 * @property {Partial<Record<"A" | "B", number[]>>} lassos of the map, as rows of the test set
 * @property {State} state
 * @property {string} [words] of the model, where others stand beside it
 * @property {Nats} [nats]
 * @property {OtherModel[]} [compare]
 */

/**
 * What the three views use of the page. A view is shown only while there is a model, with its space and ends.
 *
 * @typedef {object} Page
 * @property {Space} space
 * @property {Ends} ends
 * @property {string[]} palette
 * @property {InterpolationData} data
 * @property {boolean} isReady whether a model, its space and ends are there
 * @property {() => void} resize
 * @property {(name: string, key: EndKey) => EndCard} card shows and changes the end of this key
 * @property {(key: EndKey, end: End) => void} setEnd changes an end
 * @property {(change: State) => void} remember puts the change into the link
 * @property {(moved: () => State) => void} announce says to other pages where the large picture is while that moves
 * @property {(canvas: HTMLCanvasElement, ms: number) => void} tookFrame a picture was drawn, ms after the input
 */

/**
 * @param {Space} space
 * @param {number} row
 * @returns {TestEnd}
 */
export function testEnd(space, row) {
  const label = space.encoded.labels[row];
  const title = t`test image ${row} · ${space.classNames[label]}`;
  return { kind: "test", row, z: space.mean(row), label, pixels: null, title };
}

/**
 * @param {number[]} z
 * @param {OtherEnd["kind"]} kind
 * @param {string} title
 * @returns {OtherEnd}
 */
export function vectorEnd(z, kind, title, label = 0) {
  return { kind, z: z.map(round4), label, pixels: null, title };
}

/**
 * An image's end lies at the mean of q(z|x). Resolves to null when a newer image has taken its place.
 *
 * @param {Space} space
 * @param {Uint8Array} pixels
 * @param {OtherEnd["kind"]} kind
 * @returns {Promise<OtherEnd | null>}
 */
export async function imageEnd(space, pixels, kind, label = 0, slot = "encode") {
  const reply = await space.client.encode(1, pixels, { slot });
  return (
    reply && {
      ...vectorEnd(Array.from(reply.mean), kind, kind === "drawing" ? t("drawing") : t("upload"), label),
      pixels,
    }
  );
}

/**
 * An end as a link has it: "17", the test image, or "z0.5,-1.2"; with "@3", the class, where that is a choice.
 *
 * @param {End} end
 * @param {Space} space
 */
export function writeEnd({ kind, row, z, label }, space) {
  const place = kind === "test" ? `${row}` : `z${z.join(",")}`;
  const own = kind === "test" ? space.encoded.labels[row] : 0;
  return space.classes && label !== own ? `${place}@${label}` : place;
}

/**
 * The end that a link's text describes; null where this model has none such.
 *
 * @param {string} text
 * @param {Space} space
 * @returns {End | null}
 */
export function readEnd(text, space) {
  const [place, labelText] = text.split("@");
  const end = place.startsWith("z") ? readVector(place.slice(1), space) : readRow(place, space);
  if (!end || labelText === undefined) return end;
  const label = Number(labelText);
  return Number.isInteger(label) && label >= 0 && label < space.classes ? { ...end, label } : null;
}

/**
 * @param {string} text
 * @param {Space} space
 */
function readRow(text, space) {
  return /^\d{1,9}$/.test(text) && Number(text) < space.encoded.n ? testEnd(space, Number(text)) : null;
}

/**
 * Reads the numbers of a text; null where they are no z of this space.
 *
 * @param {string} text
 * @param {Pick<Space, "latentDim">} space
 */
export function readVector(text, { latentDim }) {
  const z = parseNumbers(text);
  const outside = z.some((value) => !(Math.abs(value) <= MAX_LINKED_Z)); // also for NaN
  return z.length !== latentDim || outside ? null : vectorEnd(z, "z", t("pinned z"));
}

/** Shows one end, and changes it. */
export class EndCard {
  /**
   * @param {string} name on the page
   * @param {{onChoose: () => void, onChange: (end: End) => void}} options onChoose opens the dialog, onChange receives a
   *   new end
   */
  constructor(name, { onChoose, onChange }) {
    this.name = name;
    this.onChange = onChange;
    this.side = 1; // of the picture, in CSS pixels
    /** @type {{end: End, space: Space} | null} */
    this.shown = null;
    this.picture = figure("end-picture", t`End ${name}`);
    const open = element(
      "button",
      {
        type: "button",
        className: "picture-button",
        ariaLabel: t`Choose ${name}`,
        title: t`Choose ${name}: test image, drawing, sample, z or file`,
        onclick: onChoose,
      },
      this.picture.canvas,
    );
    this.title = element("span", {});
    this.caption = element("p", { className: "end-title" }, element("b", {}, name), " ", this.title);
    this.label = select(t`Decode ${name} as class`, [], (label) => this.decodeAs(Number(label)));
    const tools = element("div", { className: "end-tools" });
    tools.append(button(t("Choose…"), open.title, onChoose, t`Choose ${name} from anywhere`));
    tools.append(button("⟳", t("Another of the same kind"), () => this.another(), t`Another ${name} of the same kind`));
    this.element = element("div", { className: "end" }, open, this.caption, tools, this.label);
  }

  /**
   * @param {End} end
   * @param {Space} space
   */
  show(end, space) {
    if (space !== this.shown?.space) this.label.fill(space.classNames.map((name, label) => [label, t`As ${name}`]));
    this.shown = { end, space };
    this.label.hidden = !space.classes;
    this.label.value = `${end.label}`;
    say(this.title, end.title);
    fitPicture(this.picture.canvas, space.imageShape, this.side);
    this.picture.canvas.ariaLabel = `${this.name}: ${end.title}`;
    void this.drawPicture(end, space);
  }

  /** @param {number} side of the picture, in CSS pixels */
  resize(side) {
    this.side = side;
    if (this.shown) fitPicture(this.picture.canvas, this.shown.space.imageShape, side);
  }

  /**
   * Draws the original where there is one, else the picture decoded from z.
   *
   * @param {End} end
   * @param {Space} space
   */
  async drawPicture(end, space) {
    if (end.kind === "test") end.pixels ??= await space.images.load(end.row);
    const slot = `card ${this.name}`;
    const pixels = end.pixels ?? (await space.decode([space.code(end)], { slot }))?.[0];
    if (!pixels || this.shown?.end !== end) return;
    drawPicture(this.picture.canvas, pixels, space.imageShape);
    if (end.kind === "test" && !end.pixels) say(this.title, t`${end.title}, decoded: the server has no original`);
  }

  /** @param {number} label */
  decodeAs(label) {
    if (this.shown) this.onChange({ ...this.shown.end, label });
  }

  another() {
    if (!this.shown) return;
    const { end, space } = this.shown;
    if (end.kind === "test") {
      const group = space.group(space.encoded.labels[end.row]);
      this.onChange(testEnd(space, group[Math.floor(Math.random() * group.length)]));
    } else this.onChange(vectorEnd(space.sample(), "sample", t("sample"), end.label));
  }
}
