/** Drawings and pictures at the model's size, and drawings placed as the data set places its own. */

/** @import { Pixels } from "./canvas.js" */
/** @import { DrawingFrame, ImageShape } from "./contract.js" */

/** A part of a picture, in its pixels. @typedef {{left: number, top: number, width: number, height: number}} Box */

const INK = 24; // of 255: what is fainter is not part of the drawing

/**
 * The drawing, placed as the data set places its own: scaled so that the longer side of its bounding box is `frame.side`
 * pixels, then moved by whole pixels, as MNIST's were, until its centre of mass is nearest to (frame.across, frame.down)
 * and all of it lies inside. Coordinates count from the image's top left corner. null where nothing is drawn. box: where
 * the drawing was. Source: LeCun et al., the MNIST database.
 *
 * @param {readonly Float32Array[]} planes width × height, 0 to 255, per channel
 * @param {number} width
 * @param {number} height
 * @param {ImageShape} imageShape
 * @param {DrawingFrame} frame
 * @returns {{pixels: Pixels, box: Box} | null}
 */
export function framed(planes, width, height, imageShape, frame) {
  const box = inkBox(planes, width, height);
  if (!box) return null;
  const [channels, rows, columns] = imageShape;
  const zoom = frame.side / Math.max(box.width, box.height);
  const across = Math.max(1, Math.min(columns, Math.round(box.width * zoom)));
  const down = Math.max(1, Math.min(rows, Math.round(box.height * zoom)));
  const small = planes.map((plane) => resampled(plane, width, box, across, down));
  const mass = centreOfMass(small, across, down);
  const left = Math.max(0, Math.min(columns - across, Math.round(frame.across - mass.x)));
  const top = Math.max(0, Math.min(rows - down, Math.round(frame.down - mass.y)));
  const pixels = new Uint8Array(channels * rows * columns);
  small.forEach((plane, c) =>
    plane.forEach((value, i) => {
      pixels[(c * rows + top + Math.floor(i / across)) * columns + left + (i % across)] = Math.round(value);
    }),
  );
  return { pixels, box };
}

/**
 * The smallest box around everything that is drawn, or null.
 *
 * @param {readonly Float32Array[]} planes
 * @param {number} width
 * @param {number} height
 */
export function inkBox(planes, width, height) {
  let left = width,
    top = height,
    right = -1,
    bottom = -1;
  for (const plane of planes) {
    for (let i = 0; i < plane.length; i++) {
      if (plane[i] <= INK) continue;
      const x = i % width,
        y = (i - x) / width;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * @param {readonly Float32Array[]} planes
 * @param {number} width
 * @param {number} height
 */
function centreOfMass(planes, width, height) {
  let x = 0,
    y = 0,
    mass = 0;
  for (const plane of planes) {
    for (let i = 0; i < width * height; i++) {
      x += plane[i] * ((i % width) + 0.5);
      y += plane[i] * (Math.floor(i / width) + 0.5);
      mass += plane[i];
    }
  }
  return { x: x / mass, y: y / mass };
}

/**
 * A part of a plane at another size: each new pixel is the mean of the area that it covers.
 *
 * @param {Float32Array} plane
 * @param {number} width
 * @param {Box} box
 * @param {number} columns
 * @param {number} rows
 */
export function resampled(plane, width, box, columns, rows) {
  const across = shares(box.width, columns),
    down = shares(box.height, rows);
  const narrow = new Float32Array(columns * box.height);
  for (let y = 0; y < box.height; y++) {
    const start = (box.top + y) * width + box.left;
    across.forEach((parts, column) => {
      for (const [x, share] of parts) narrow[y * columns + column] += share * plane[start + x];
    });
  }
  const small = new Float32Array(columns * rows);
  down.forEach((parts, row) => {
    for (const [y, share] of parts) {
      for (let column = 0; column < columns; column++)
        small[row * columns + column] += share * narrow[y * columns + column];
    }
  });
  return small;
}

/** For each of `count` new pixels along a side of `length` old ones: [old pixel, share] of what it covers. */
function shares(/** @type {number} */ length, /** @type {number} */ count) {
  const step = length / count;
  return Array.from({ length: count }, (_, i) => {
    const from = i * step,
      to = Math.min(length, (i + 1) * step);
    /** @type {[pixel: number, share: number][]} */
    const parts = [];
    for (let x = Math.floor(from); x < to; x++) {
      const covered = Math.min(x + 1, to) - Math.max(x, from);
      if (covered > 1e-9) parts.push([x, covered / step]);
    }
    return parts;
  });
}

/**
 * The whole planes as an image of this shape.
 *
 * @param {readonly Float32Array[]} planes width × height, 0 to 255, per channel
 * @param {number} width
 * @param {number} height
 * @param {ImageShape} imageShape
 * @returns {Pixels}
 */
export function resized(planes, width, height, imageShape) {
  const [channels, rows, columns] = imageShape;
  const box = { left: 0, top: 0, width, height };
  const pixels = new Uint8Array(channels * rows * columns);
  planes.forEach((plane, c) => {
    resampled(plane, width, box, columns, rows).forEach((value, i) => {
      pixels[c * rows * columns + i] = Math.round(value);
    });
  });
  return pixels;
}
