/**
 * A page without a browser: happy-dom's elements as globals, with canvases that hold pixels. Import this module before a
 * script makes elements.
 */

import { Window } from "happy-dom";

const window = new Window({ url: "https://lab.test/app" });
const { document, location, Event, HTMLCanvasElement, HTMLElement, HTMLInputElement } = window;
Object.assign(globalThis, { document, Event, HTMLInputElement, devicePixelRatio: 2 });
Object.defineProperty(globalThis, "location", { value: location });

/** @typedef {{width: number, height: number, data: Uint8ClampedArray}} Raster */

/** What the scripts use of a canvas' context, pixel by pixel and without smoothing. */
class Context {
  fillStyle = "#000000";
  strokeStyle = "#000000";
  lineWidth = 1;
  imageSmoothingEnabled = true;
  /** @type {[x: number, y: number][]} */
  path = [];
  /** @type {Raster} */
  raster = { width: 0, height: 0, data: new Uint8ClampedArray(0) };

  constructor(/** @type {{width: number, height: number}} */ canvas) {
    this.canvas = canvas;
  }

  /** A canvas is empty again when its size changes. */
  get pixels() {
    const { width, height } = this.canvas;
    if (width !== this.raster.width || height !== this.raster.height) this.raster = this.createImageData(width, height);
    return this.raster;
  }

  /** @returns {Raster} */
  createImageData(/** @type {number} */ width, /** @type {number} */ height) {
    return { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }

  putImageData(/** @type {Raster} */ image) {
    this.pixels.data.set(image.data);
  }

  getImageData() {
    const { width, height, data } = this.pixels;
    return { width, height, data: data.slice() };
  }

  fillRect() {
    const { data } = this.pixels;
    const colour = bytesOf(this.fillStyle);
    for (let at = 0; at < data.length; at++) data[at] = colour[at % 4];
  }

  beginPath() {
    this.path = [];
  }

  moveTo(/** @type {number} */ x, /** @type {number} */ y) {
    this.path.push([x, y]);
  }

  lineTo(/** @type {number} */ x, /** @type {number} */ y) {
    this.path.push([x, y]);
  }

  /** Paints the pixels whose centre is no farther from the line than half its width. */
  stroke() {
    const [[x0, y0], [x1, y1]] = this.path;
    const length = Math.hypot(x1 - x0, y1 - y0);
    const { width, height, data } = this.pixels;
    const colour = bytesOf(this.strokeStyle);
    for (let i = 0; i < width * height; i++) {
      const x = (i % width) + 0.5 - x0,
        y = Math.floor(i / width) + 0.5 - y0;
      const along = length && Math.max(0, Math.min(1, (x * (x1 - x0) + y * (y1 - y0)) / length ** 2));
      if (Math.hypot(x - along * (x1 - x0), y - along * (y1 - y0)) <= this.lineWidth / 2) data.set(colour, 4 * i);
    }
  }

  /** Takes the nearest pixel of a canvas or picture, over white where it is transparent. */
  drawImage(/** @type {any} */ source, /** @type {number[]} */ ...place) {
    const from = "getContext" in source ? source.getContext("2d").pixels : source.raster;
    if (!from) throw new Error("The source image could not be decoded.");
    const [left, top, across, down] = place.length > 4 ? place : [0, 0, from.width, from.height];
    const { width, height, data } = this.pixels;
    for (let i = 0; i < width * height; i++) {
      const x = Math.floor(left + (((i % width) + 0.5) / width) * across),
        y = Math.floor(top + ((Math.floor(i / width) + 0.5) / height) * down);
      const at = 4 * (y * from.width + x);
      if (from.data[at + 3]) for (let part = 0; part < 4; part++) data[4 * i + part] = from.data[at + part];
    }
  }
}

/** Red, green, blue and opacity of #rgb or #rrggbb. */
function bytesOf(/** @type {string} */ colour) {
  const digits = colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour;
  return [...[1, 3, 5].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)), 255];
}

/** @type {WeakMap<object, Context>} */
const contexts = new WeakMap();

Object.defineProperties(HTMLCanvasElement.prototype, {
  getContext: {
    configurable: true,
    value() {
      if (!contexts.has(this)) contexts.set(this, new Context(this));
      return contexts.get(this);
    },
  },
  toBlob: {
    configurable: true,
    value(/** @type {(blob: Blob | null) => void} */ take, /** @type {string} */ type) {
      const { data } = this.getContext().pixels;
      take(data.length ? new Blob([data], { type }) : null);
    },
  },
});

/** @type {WeakMap<object, Set<number>>} */
const captured = new WeakMap();
Object.assign(HTMLElement.prototype, {
  setPointerCapture(/** @type {number} */ id) {
    captured.set(this, new Set([id]));
  },
  hasPointerCapture(/** @type {number} */ id) {
    return captured.get(this)?.has(id) ?? false;
  },
});

/** The canvas' pixels: red, green, blue and opacity of each. */
export function pixelsOf(/** @type {HTMLCanvasElement} */ canvas) {
  return canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray(0);
}

/**
 * Sends a node an event with these properties; returns the event.
 *
 * @param {EventTarget} node
 * @param {string} type
 */
export function send(node, type, properties = {}) {
  const event = new globalThis.Event(type, { bubbles: true, cancelable: true });
  Object.assign(event, { button: 0, pointerId: 1, clientX: 0, clientY: 0, key: "" }, properties);
  node.dispatchEvent(event);
  return event;
}

/** Sets an input as the user does who moves or types, without letting go. */
export function input(/** @type {HTMLInputElement} */ field, /** @type {string | number} */ value) {
  field.value = `${value}`;
  send(field, "input");
}
