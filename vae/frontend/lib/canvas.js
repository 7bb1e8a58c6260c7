/** Pictures, differences of pictures, grids of them and dots, painted on canvases. */

import { contextOf, element } from "./dom.js";
import { t } from "./words.js";

/** @import { ImageShape } from "./contract.js" */

/**
 * Images, one byte per value, 0 to 255: n × channels × height × width, channels first.
 *
 * @typedef {Uint8Array<ArrayBuffer>} Pixels
 *
 * Red, green and blue, 0 to 255.
 *
 * @typedef {readonly [red: number, green: number, blue: number]} Rgb
 *
 * One pixel of a dot: where it is relative to the centre, how much of it the dot covers, and how bright it is, 0 to 1.
 *
 * @typedef {{x: number, y: number, coverage: number, light: number}} StampPixel
 *
 * Dots. screen: 2 CSS pixels per point; colours: index into palette of each point; visible, bright: 0 or 1 per point,
 * bright null where all are; depths: 0 to 1 per point or null; opacity: of a dot that is not dimmed.
 *
 * @typedef {object} Dots
 * @property {ArrayLike<number>} screen
 * @property {ArrayLike<number>} colours
 * @property {readonly Rgb[]} palette
 * @property {ArrayLike<number>} visible
 * @property {ArrayLike<number> | null} bright
 * @property {ArrayLike<number> | null} depths
 * @property {number} [opacity]
 */

/** In differences of pictures; every kind of colour vision tells them apart. @type {Rgb} */
export const BRIGHTER = [230, 97, 1];
/** @type {Rgb} */
export const DARKER = [64, 96, 200];

const OPACITY = 0.85,
  DIMMED = 0.12;
const RIM = 0.65; // brightness at a dot's edge, so that one sees where dots overlap each other or a picture beneath
const RIMLESS = 1.35; // pixels: a smaller dot would be all rim

/**
 * Draws `count` pictures, beginning with number `index`, side by side at their native size; CSS scales them up without
 * blur.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} pixels
 * @param {ImageShape} shape
 */
export function drawPicture(canvas, pixels, [channels, height, width], index = 0, count = 1) {
  const size = height * width;
  paint(canvas, height, count * width, (rgba, i) => {
    const column = i % (count * width);
    const picture = index + Math.floor(column / width);
    const source = picture * channels * size + Math.floor(i / (count * width)) * width + (column % width);
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = pixels[source + (channels === 3 ? c * size : 0)];
    rgba[4 * i + 3] = 255;
  });
  countFrame(canvas);
}

/**
 * Draws how now differs from before: as opaque as the mean over the channels of |now − before|, in one colour where the
 * channels' sum is brighter, in the other where it is darker, transparent where nothing has changed. Returns mean |Δ| over
 * all pixels and channels, 0 to 1.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} now
 * @param {Uint8Array} before
 * @param {ImageShape} shape
 * @param {Rgb} brighter
 * @param {Rgb} darker
 */
export function drawDifference(canvas, now, before, [channels, height, width], brighter, darker) {
  const size = height * width;
  let total = 0;
  paint(canvas, height, width, (rgba, i) => {
    let sum = 0,
      change = 0; // of all channels: red for green is a change, though their sum is the same
    for (let c = 0; c < channels; c++) {
      const difference = now[c * size + i] - before[c * size + i];
      sum += difference;
      change += Math.abs(difference);
    }
    total += change;
    rgba.set(sum > 0 ? brighter : darker, 4 * i);
    rgba[4 * i + 3] = (2 * change) / channels; // half the range is full colour: most differences are small
  });
  return total / channels / size / 255;
}

/**
 * Gives a canvas whose width the page decides its height, before pictures of this shape are drawn on it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ImageShape} shape
 * @param {number} [count] of pictures
 * @param {number} [rows] on which they are
 */
export function reserve(canvas, [, height, width], count = 1, rows = 1) {
  canvas.style.aspectRatio = `${(count / rows) * width} / ${rows * height}`;
}

/** Lets tests and the benchmark see each picture. */
function countFrame(/** @type {HTMLCanvasElement} */ canvas) {
  canvas.dataset.frame = `${Number(canvas.dataset.frame ?? 0) + 1}`;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} height
 * @param {number} width
 * @param {(rgba: Uint8ClampedArray, i: number) => void} paintPixel
 */
function paint(canvas, height, width, paintPixel) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = contextOf(canvas);
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) paintPixel(image.data, i);
  context.putImageData(image, 0, 0);
}

/**
 * Draws n pictures row by row, `gap` transparent pixels between them.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} pixels
 * @param {ImageShape} shape
 * @param {number} n
 * @param {number} columns
 */
export function drawGrid(canvas, pixels, [channels, height, width], n, columns, gap = 1) {
  const sheetWidth = columns * (width + gap) - gap,
    sheetHeight = Math.ceil(n / columns) * (height + gap) - gap;
  if (canvas.width !== sheetWidth || canvas.height !== sheetHeight) {
    Object.assign(canvas, { width: sheetWidth, height: sheetHeight });
  }
  const context = contextOf(canvas);
  const image = context.createImageData(sheetWidth, sheetHeight);
  const rgba = image.data,
    size = height * width;
  const green = channels === 3 ? size : 0,
    blue = 2 * green;
  for (let i = 0; i < n; i++) {
    let from = i * channels * size;
    const corner = Math.floor(i / columns) * (height + gap) * sheetWidth + (i % columns) * (width + gap);
    for (let y = 0; y < height; y++) {
      let to = 4 * (corner + y * sheetWidth);
      for (let x = 0; x < width; x++, from++, to += 4) {
        rgba[to] = pixels[from];
        rgba[to + 1] = pixels[from + green];
        rgba[to + 2] = pixels[from + blue];
        rgba[to + 3] = 255;
      }
    }
  }
  context.putImageData(image, 0, 0);
  countFrame(canvas);
}

/**
 * The canvas as a PNG, each of its pixels scale × scale. Rejects where the browser cannot make one, as when it is too
 * large.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} scale
 * @returns {Promise<Blob>}
 */
export function pngOf(canvas, scale) {
  const large = element("canvas", { width: canvas.width * scale, height: canvas.height * scale });
  const context = contextOf(large);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return new Promise((resolve, reject) => {
    large.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error(t`This browser cannot save ${large.width} × ${large.height} pixels as a PNG.`));
    }, "image/png");
  });
}

/**
 * Shows a picture at a whole number of screen pixels per picture pixel, as large as `room` (CSS pixels) allows; one that
 * has more pixels than the room is reduced to it, and smoothed. Returns its width in CSS pixels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ImageShape} shape
 * @param {number} room
 */
export function fitPicture(canvas, [, height, width], room) {
  const most = Math.max(1, room * devicePixelRatio) / Math.max(width, height);
  const scale = (most < 1 ? most : Math.floor(most)) / devicePixelRatio;
  const imageRendering = most < 1 ? "auto" : "pixelated"; // reduced without smoothing, it would lose lines
  Object.assign(canvas.style, { width: `${scale * width}px`, height: `${scale * height}px`, imageRendering });
  return scale * width;
}

const LAPTOP_TEXT = 14; // CSS pixels of 1rem on a laptop's screen (hosts/frame.css)

/** How many pixels of a canvas take the place of one on a laptop: lines, dots and text drawn there grow with the text. */
export function drawingScale() {
  return (devicePixelRatio * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)) / LAPTOP_TEXT;
}

/**
 * "#rrggbb" -> [r, g, b].
 *
 * @returns {Rgb}
 */
export function rgb(/** @type {string} */ colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return [red, green, blue];
}

/**
 * A dot of this radius as pixels: light is 1 inside and less at the rim, where the dot is large enough to have one.
 *
 * @param {number} radius in pixels of the canvas
 */
export function dotStamp(radius) {
  /** @type {StampPixel[]} */
  const pixels = [],
    reach = Math.ceil(radius);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const inside = radius + 0.5 - Math.hypot(x, y);
      const coverage = Math.max(0, Math.min(1, inside));
      if (coverage) pixels.push({ x, y, coverage, light: radius < RIMLESS || inside > 1.2 ? 1 : RIM });
    }
  }
  return pixels;
}

/**
 * Writes dots into an ImageData, each over those before it. Pixel by pixel, because that is several times as fast as
 * asking the canvas for ten thousand circles.
 *
 * @param {ImageData} image
 * @param {number} pixelRatio pixels of the image per CSS pixel
 * @param {readonly (readonly StampPixel[])[]} stamps one for all points, or one for each colour of the palette
 * @param {Dots} dots
 */
export function paintDots(image, pixelRatio, stamps, dots) {
  const { data, width, height } = image,
    { screen, colours, palette, visible, bright, depths, opacity: usual = OPACITY } = dots;
  const [first] = stamps,
    several = stamps.length > 1;
  data.fill(0);
  const paintThose = (/** @type {0 | 1} */ wanted) => {
    for (let i = 0; i < colours.length; i++) {
      if (!visible[i] || (bright && bright[i] !== wanted)) continue;
      const x = Math.round(screen[2 * i] * pixelRatio),
        y = Math.round(screen[2 * i + 1] * pixelRatio);
      if (!(x > -20 && y > -20 && x < width + 20 && y < height + 20)) continue;
      const opacity = (bright && !wanted ? Math.min(DIMMED, usual) : usual) * (depths ? 0.3 + 0.7 * depths[i] : 1);
      stampDot(data, width, height, several ? stamps[colours[i]] : first, x, y, palette[colours[i]], opacity);
    }
  };
  if (bright) paintThose(0); // the bright dots lie above the rest
  paintThose(1);
}

/**
 * @param {Uint8ClampedArray} data
 * @param {number} width
 * @param {number} height
 * @param {readonly StampPixel[]} stamp
 * @param {number} x
 * @param {number} y
 * @param {Rgb} colour
 * @param {number} opacity
 */
function stampDot(data, width, height, stamp, x, y, colour, opacity) {
  for (const pixel of stamp) {
    const column = x + pixel.x,
      row = y + pixel.y;
    if (column < 0 || row < 0 || column >= width || row >= height) continue;
    const at = 4 * (row * width + column);
    const alpha = opacity * pixel.coverage,
      beneath = (data[at + 3] / 255) * (1 - alpha),
      sum = alpha + beneath;
    const share = (alpha / sum) * pixel.light,
      rest = beneath / sum;
    data[at] = colour[0] * share + data[at] * rest;
    data[at + 1] = colour[1] * share + data[at + 1] * rest;
    data[at + 2] = colour[2] * share + data[at + 2] * rest;
    data[at + 3] = 255 * sum;
  }
}
