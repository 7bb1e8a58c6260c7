/**
 * Reads a film: bytes in; head, frames and epochs out. The format: docstring of vae/training/film.py. Bytes that do not
 * follow it throw a FilmError whose message is shown on the page; what was read before them stays.
 */

import { crc32, joined } from "./bytes.js";
import { FILM_PREFIX_BYTES, FILM_VERSION, MAX_FILM_BYTES } from "./contract.js";
import { t } from "./words.js";

/** @import { ImageShape } from "./contract.js" */

/**
 * What is the same for all frames of a film.
 *
 * @typedef {object} Head
 * @property {string} dataset
 * @property {string[]} classNames
 * @property {ImageShape} imageShape
 * @property {"line" | "latent" | "principal"} plane of the map
 * @property {number} latentDim
 * @property {number} epochs of the whole run
 * @property {number} points number of test images on the map
 * @property {number} originals number of test images on the sheet
 * @property {number} samples number of decoded draws from the prior
 * @property {number} side of the decoded grid, in pictures; 0 without one
 * @property {number} columns of a sheet
 * @property {Uint16Array} classes of the points
 * @property {Uint8Array<ArrayBuffer>} sheet a PNG of the test images
 */

/**
 * One moment of a run.
 *
 * @typedef {object} Frame
 * @property {number} number in the whole film, from 1 on; frames may be left out
 * @property {number} share of the run, 0 to 1
 * @property {number} epoch epochs done, with decimals
 * @property {number} seconds of training so far
 * @property {number | null} reconstruction nats per image; null before the first step
 * @property {number | null} kl nats per image; null before the first step
 * @property {number[] | null} klPerDimension nats; null of an autoencoder
 * @property {number} scale latent units per step of the points' integers
 * @property {Int16Array} points x and y of each
 * @property {number} reach latent units from the middle within which nearly all points lie
 * @property {Uint8Array<ArrayBuffer>} sheet a WebP of reconstructions, samples and grid
 */

/** @typedef {{ share: number, reconstruction: number, kl: number }} Epoch of validation: nats per image */
/** @typedef {{ [name: string]: unknown }} Fields the JSON of a record, not checked yet */
/** @typedef {Film & { head: Head }} FilmWithFrames */

const MAX_TEXT_BYTES = 1_000_000;
const MAX_FRAMES = 1000,
  MAX_EPOCHS = 20_000,
  MAX_CLASSES = 65_536;
const INNER_SHARE = 0.99; // of the points lie within a frame's reach
const PLANES = ["line", "latent", "principal"];
const LIMITS = {
  latent_dim: [1, 4096],
  epochs: [1, 1e6],
  points: [1, 20_000],
  originals: [0, 20],
  samples: [0, 200],
  side: [0, 32],
  columns: [1, 100],
};

export class FilmError extends Error {
  /**
   * @param {string} message
   * @param {boolean} torn the bytes are not those that were written, as after a cut; else they are, but no valid film
   */
  constructor(message, torn = false) {
    super(message);
    this.torn = torn;
  }
}

export class Film {
  /** @type {Head | null} */
  head = null;
  /** @type {Frame[]} in the order of time */
  frames = [];
  /** @type {Epoch[]} */
  epochs = [];
  size = 0; // bytes received
  /** @type {Uint8Array<ArrayBuffer>} the beginning of a record whose end has not come */
  rest = new Uint8Array(0);

  /**
   * Reads the bytes that follow those received so far. Throws FilmError.
   *
   * @param {Uint8Array} bytes
   */
  take(bytes) {
    this.size += bytes.length;
    if (this.size > MAX_FILM_BYTES) {
      throw new FilmError(t`This film is longer than ${MAX_FILM_BYTES / 1e6} MB; only its beginning is shown.`);
    }
    const whole = joined([this.rest, bytes]);
    let at = 0;
    let length = this.readRecord(whole);
    while (length) {
      at += length;
      length = this.readRecord(whole.subarray(at));
    }
    this.rest = whole.slice(at);
  }

  /**
   * Reads the record that these bytes begin with. Returns its length, 0 if its end is missing.
   *
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  readRecord(bytes) {
    if (bytes.length < FILM_PREFIX_BYTES) return 0;
    const prefix = new DataView(bytes.buffer, bytes.byteOffset);
    const [textBytes, bodyBytes, checksum] = [0, 4, 8].map((at) => prefix.getUint32(at, true));
    if (textBytes > MAX_TEXT_BYTES || bodyBytes > MAX_FILM_BYTES) throw this.torn();
    const end = FILM_PREFIX_BYTES + textBytes + bodyBytes;
    if (bytes.length < end) return 0;
    const content = bytes.subarray(FILM_PREFIX_BYTES, end);
    if (crc32(content) !== checksum) throw this.torn();
    this.add(fieldsOf(content.subarray(0, textBytes)), content.slice(textBytes));
    return end;
  }

  torn() {
    const { length } = this.frames,
      whole = t("This film is damaged.");
    const part = t`This film is damaged after ${length} pictures; what comes before is shown.`;
    return new FilmError(length ? part : whole, true);
  }

  /**
   * @param {Fields} fields
   * @param {Uint8Array<ArrayBuffer>} body
   */
  add(fields, body) {
    if (!this.head) this.head = headOf(fields, body);
    else if (fields.kind === "frame") this.frames.push(frameOf(fields, body, this.head, this.frames));
    else if (fields.kind === "epoch") this.epochs.push(epochOf(fields));
    if (this.frames.length > MAX_FRAMES || this.epochs.length > MAX_EPOCHS) {
      throw new FilmError(t("This film has more records than a run makes; only its beginning is shown."));
    }
  }

  /**
   * Number of the last frame at or before this share of the run.
   *
   * @param {number} share
   */
  indexAt(share) {
    const after = this.frames.findIndex((frame) => frame.share > share + 1e-9);
    return after < 0 ? this.frames.length - 1 : Math.max(0, after - 1);
  }
}

/**
 * Whether there is something to show; a film that has frames has a head.
 *
 * @param {Film} film
 * @returns {film is FilmWithFrames}
 */
export function hasFrames(film) {
  return film.frames.length > 0;
}

/** @param {Uint8Array} bytes */
function fieldsOf(bytes) {
  try {
    const fields = JSON.parse(new TextDecoder().decode(bytes));
    if (fields !== null && typeof fields === "object") return /** @type {Fields} */ (fields);
  } catch {
    // the same error as for JSON that is no object
  }
  throw misfit(t("A record"));
}

/** @param {string} what */
function misfit(what) {
  return new FilmError(t`${what} of this film is not what its format says; nothing from there on is shown.`);
}

/**
 * @param {Fields} fields
 * @param {Uint8Array<ArrayBuffer>} body
 * @returns {Head}
 */
function headOf(fields, body) {
  const { kind, version, dataset, class_names: classNames, image_shape: imageShape, plane } = fields;
  if (kind === "head" && version !== FILM_VERSION) {
    throw new FilmError(
      t`This film is of version ${Number(version)}, and this page reads version ${FILM_VERSION}. Reload the page.`,
    );
  }
  const fits =
    kind === "head" && typeof dataset === "string" && isPlane(plane) && isNames(classNames) && isShape(imageShape);
  if (!fits) throw misfit(t("The head"));
  const [points, originals, columns] = [count(fields, "points"), count(fields, "originals"), count(fields, "columns")];
  const [samples, side] = [count(fields, "samples"), count(fields, "side")];
  const [latentDim, epochs] = [count(fields, "latent_dim"), count(fields, "epochs")];
  const head = { dataset, classNames, imageShape, plane, latentDim, epochs, points, originals, samples, side, columns };
  const sheet = body.subarray(2 * points);
  if (body.length < 2 * points) throw misfit(t("The head"));
  if (originals && !isSheet(pngSize(sheet), head, Math.ceil(originals / columns))) throw misfit(t("The head"));
  return { ...head, classes: new Uint16Array(body.buffer.slice(0, 2 * points)), sheet };
}

/**
 * The whole number of this name in a head. Throws FilmError where it lies beyond its limits.
 *
 * @param {Fields} fields
 * @param {keyof typeof LIMITS} name
 */
function count(fields, name) {
  const [least, most] = LIMITS[name],
    value = fields[name];
  if (!isWhole(value, least, most)) throw misfit(t("The head"));
  return value;
}

/**
 * @param {Fields} fields
 * @param {Uint8Array<ArrayBuffer>} body
 * @param {Head} head
 * @param {Frame[]} before the frames before this one
 * @returns {Frame}
 */
function frameOf(fields, body, head, before) {
  const { share, epoch, seconds, reconstruction, kl, kl_per_dimension: klPerDimension, scale } = fields;
  const newest = before.at(-1)?.number ?? 0,
    { number = newest + 1 } = fields;
  const pointBytes = 4 * head.points,
    sheet = body.subarray(pointBytes);
  const rows = Math.ceil((head.originals + head.samples + head.side ** 2) / head.columns);
  const fits =
    isWhole(number, newest + 1, MAX_FRAMES) &&
    isNumber(share) &&
    isNumber(epoch) &&
    isNumber(seconds) &&
    isNumber(scale) &&
    share >= (before.at(-1)?.share ?? 0) &&
    share <= 1 &&
    scale > 0 &&
    (reconstruction === null || isNumber(reconstruction)) &&
    (kl === null || isNumber(kl)) &&
    (klPerDimension === null || isNumbers(klPerDimension, head.latentDim)) &&
    sheet.length > 0 &&
    isSheet(webpSize(sheet), head, rows);
  if (!fits) throw misfit(t`Picture ${before.length + 1}`);
  const points = new Int16Array(body.buffer.slice(0, pointBytes)); // little-endian, as every browser's machine is
  const reach = reachOf(points, scale, head.plane);
  return {
    number: Number(number),
    share,
    epoch,
    seconds,
    reconstruction,
    kl,
    klPerDimension,
    scale,
    points,
    reach,
    sheet,
  };
}

/**
 * @param {Fields} fields
 * @returns {Epoch}
 */
function epochOf({ share, validation_reconstruction: reconstruction, validation_kl: kl }) {
  if (!isNumber(share) || !isNumber(reconstruction) || !isNumber(kl)) throw misfit(t("An epoch"));
  return { share, reconstruction, kl };
}

/**
 * @param {unknown} plane
 * @returns {plane is Head["plane"]}
 */
function isPlane(plane) {
  return PLANES.some((name) => name === plane);
}

/**
 * @param {unknown} names
 * @returns {names is string[]}
 */
function isNames(names) {
  return Array.isArray(names) && names.length <= MAX_CLASSES && names.every((name) => typeof name === "string");
}

/**
 * @param {unknown} shape
 * @returns {shape is ImageShape}
 */
function isShape(shape) {
  const [channels, height, width] = Array.isArray(shape) && shape.length === 3 ? shape : [];
  return (channels === 1 || channels === 3) && [height, width].every((side) => isWhole(side, 1, 512));
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
  return Number.isFinite(value);
}

/**
 * @param {unknown} values
 * @param {number} length
 * @returns {values is number[]}
 */
function isNumbers(values, length) {
  return Array.isArray(values) && values.length === length && values.every(isNumber);
}

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @returns {value is number}
 */
function isWhole(value, least, most) {
  return isNumber(value) && Number.isInteger(value) && value >= least && value <= most;
}

/**
 * Whether a picture file's own header names the size of these rows of pictures: it is decoded at the size it names.
 *
 * @param {number[] | null} size
 * @param {Pick<Head, "imageShape" | "columns">} head
 * @param {number} rows
 */
function isSheet(size, { imageShape: [, height, width], columns }, rows) {
  return size !== null && size[0] === columns * width && size[1] === rows * height;
}

/**
 * [width, height] of a PNG, or null. Source: PNG specification, 11.2.2.
 *
 * @param {Uint8Array} bytes
 */
function pngSize(bytes) {
  if (bytes.length < 24 || letters(bytes, 1, 3) !== "PNG") return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

/**
 * [width, height] of a WebP, or null. Source: RFC 9649, 2.5 to 2.7.
 *
 * @param {Uint8Array} bytes
 */
function webpSize(bytes) {
  if (bytes.length < 32 || letters(bytes, 0, 4) !== "RIFF" || letters(bytes, 8, 4) !== "WEBP") return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const kind = letters(bytes, 12, 4);
  if (kind === "VP8 ") return [26, 28].map((at) => view.getUint16(at, true) & 0x3fff);
  if (kind === "VP8L") return [0, 14].map((shift) => ((view.getUint32(21, true) >>> shift) & 0x3fff) + 1);
  if (kind === "VP8X") return [24, 27].map((at) => (view.getUint32(at, true) & 0xffffff) + 1);
  return null;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} from
 * @param {number} length
 */
function letters(bytes, from, length) {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}

/**
 * How far from the middle nearly all points lie along an axis, in latent units; of a line, only x counts.
 *
 * @param {Int16Array} points
 * @param {number} scale
 * @param {Head["plane"]} plane
 */
function reachOf(points, scale, plane) {
  const step = plane === "line" ? 2 : 1;
  const distances = Float32Array.from({ length: points.length / step }, (_, i) => Math.abs(points[step * i])).sort();
  return distances[Math.floor(INNER_SHARE * (distances.length - 1))] * scale;
}
