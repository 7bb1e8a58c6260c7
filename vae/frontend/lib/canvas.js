/** Pictures, differences of pictures, grids of them and dots, painted on canvases. */

import { element } from "./dom.js";

const OPACITY = 0.85,
  DIMMED = 0.12;
const RIM = 0.65; // brightness at a dot's edge: dots stay apart from each other and from pictures beneath

/**
 * Draws `count` pictures of pixels (uint8, channels first), beginning with number `index`, side by side at their native
 * size; CSS scales them up, crisp.
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
  canvas.dataset.frame = Number(canvas.dataset.frame ?? 0) + 1; // lets tests and the benchmark see each picture
}

/** Draws now − before, mean over channels: brighter in one colour, darker in the other, unchanged transparent. */
export function drawDifference(canvas, now, before, [channels, height, width], brighter, darker) {
  const size = height * width;
  let total = 0;
  paint(canvas, height, width, (rgba, i) => {
    let difference = 0;
    for (let c = 0; c < channels; c++) difference += now[c * size + i] - before[c * size + i];
    difference /= channels;
    total += Math.abs(difference);
    rgba.set(difference > 0 ? brighter : darker, 4 * i);
    rgba[4 * i + 3] = 2 * Math.abs(difference); // half the range is full colour: most differences are small
  });
  return total / size / 255;
}

function paint(canvas, height, width, paintPixel) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) paintPixel(image.data, i);
  context.putImageData(image, 0, 0);
}

/**
 * Draws n pictures (uint8, channels first) row by row, `gap` transparent pixels between them; `frame` counts the
 * drawings, for tests and the benchmark, as drawPicture's does.
 */
export function drawGrid(canvas, pixels, [channels, height, width], n, columns, gap = 1) {
  const sheetWidth = columns * (width + gap) - gap,
    sheetHeight = Math.ceil(n / columns) * (height + gap) - gap;
  if (canvas.width !== sheetWidth || canvas.height !== sheetHeight) {
    Object.assign(canvas, { width: sheetWidth, height: sheetHeight });
  }
  const context = canvas.getContext("2d");
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
  canvas.dataset.frame = Number(canvas.dataset.frame ?? 0) + 1;
}

/** The canvas as a PNG, each of its pixels scale × scale. */
export function pngOf(canvas, scale) {
  const large = element("canvas", { width: canvas.width * scale, height: canvas.height * scale });
  const context = large.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return new Promise((resolve) => large.toBlob(resolve, "image/png"));
}

/** Shows a picture at a whole number of screen pixels per picture pixel, as large as the room allows. */
export function fitPicture(canvas, [, height, width], room) {
  const scale = Math.max(1, Math.floor((room * devicePixelRatio) / Math.max(width, height))) / devicePixelRatio;
  Object.assign(canvas.style, { width: `${scale * width}px`, height: `${scale * height}px` });
  return scale * width;
}

/** "#rrggbb" -> [r, g, b]. */
export function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** A dot of this radius as pixels {x, y, coverage, light}: coverage 0 to 1, light 1 inside and less at the rim. */
export function dotStamp(radius) {
  const pixels = [],
    reach = Math.ceil(radius);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const inside = radius + 0.5 - Math.hypot(x, y);
      const coverage = Math.max(0, Math.min(1, inside));
      if (coverage) pixels.push({ x, y, coverage, light: inside > 1.2 ? 1 : RIM });
    }
  }
  return pixels;
}

/**
 * Writes dots into an ImageData, each over those before it.
 *
 * screen: 2 CSS pixels per point; colours: index into palette of each point; visible, bright: 0 or 1 per point, bright
 * null where all are; depths: 0 to 1 per point or null. Pixel by pixel, because that is several times as fast as asking
 * the canvas for ten thousand circles.
 */
export function paintDots(image, pixelRatio, stamp, { screen, colours, palette, visible, bright, depths }) {
  const { data, width, height } = image;
  data.fill(0);
  const paint = (wanted) => {
    for (let i = 0; i < colours.length; i++) {
      if (!visible[i] || (bright && bright[i] !== wanted)) continue;
      const x = Math.round(screen[2 * i] * pixelRatio),
        y = Math.round(screen[2 * i + 1] * pixelRatio);
      if (!(x > -20 && y > -20 && x < width + 20 && y < height + 20)) continue;
      const opacity = (bright && !wanted ? DIMMED : OPACITY) * (depths ? 0.3 + 0.7 * depths[i] : 1);
      stampDot(data, width, height, stamp, x, y, palette[colours[i]], opacity);
    }
  };
  if (bright) paint(0); // what is chosen lies above the rest
  paint(1);
}

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
