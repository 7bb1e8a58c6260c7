/**
 * A film as it comes in: bytes in, head, frames and epochs out. The format: docstring of vae/training/film.py. Whatever does not
 * fit it is a FilmError with a sentence for the reader; what came before stays.
 */

import { crc32 } from "../lib/bytes.js";

const PREFIX_BYTES = 12;
const MOST_BYTES = 12_000_000,
  MOST_TEXT = 1_000_000;
const MOST_FRAMES = 1000,
  MOST_EPOCHS = 20_000;
const INSIDE = 0.99; // of the points, which a frame's reach is taken from
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

/** torn: the bytes are not those that were written, as after a cut; else they are, and mean nothing here. */
export class FilmError extends Error {
  constructor(message, torn = false) {
    super(message);
    this.torn = torn;
  }
}

export class Film {
  head = null;
  frames = []; // in the order of time
  epochs = [];
  size = 0; // bytes taken in
  rest = new Uint8Array(0); // the beginning of a record

  /** The bytes that follow those taken in so far. Raises FilmError. */
  take(bytes) {
    this.size += bytes.length;
    if (this.size > MOST_BYTES) throw new FilmError("This film is longer than 12 MB; only its beginning is shown.");
    const whole = new Uint8Array(this.rest.length + bytes.length);
    whole.set(this.rest);
    whole.set(bytes, this.rest.length);
    let at = 0;
    for (let end; (end = this.readRecord(whole.subarray(at))); ) at += end;
    this.rest = whole.slice(at);
  }

  /** Takes the record that these bytes begin with; says where it ends, 0 if it is not whole yet. */
  readRecord(bytes) {
    if (bytes.length < PREFIX_BYTES) return 0;
    const prefix = new DataView(bytes.buffer, bytes.byteOffset);
    const [textBytes, bodyBytes, checksum] = [0, 4, 8].map((at) => prefix.getUint32(at, true));
    if (textBytes > MOST_TEXT || bodyBytes > MOST_BYTES) throw this.torn();
    const end = PREFIX_BYTES + textBytes + bodyBytes;
    if (bytes.length < end) return 0;
    const content = bytes.subarray(PREFIX_BYTES, end);
    if (crc32(content) !== checksum) throw this.torn();
    this.add(fieldsOf(content.subarray(0, textBytes)), content.slice(textBytes));
    return end;
  }

  torn() {
    const { length } = this.frames,
      where = length ? ` after ${length} pictures; what comes before is shown` : "";
    return new FilmError(`This film is damaged${where}.`, true);
  }

  add(fields, body) {
    if (!this.head) this.head = headOf(fields, body);
    else if (fields.kind === "frame") this.frames.push(this.frameOf(fields, body));
    else if (fields.kind === "epoch") this.epochs.push(epochOf(fields));
    if (this.frames.length > MOST_FRAMES || this.epochs.length > MOST_EPOCHS) {
      throw new FilmError("This film has more records than a run makes; only its beginning is shown.");
    }
  }

  frameOf(fields, body) {
    const { head } = this,
      { share, epoch, seconds, reconstruction, kl, kl_per_dimension: each, scale } = fields;
    const pointBytes = 4 * head.points,
      sheet = body.subarray(pointBytes);
    const rows = Math.ceil((head.originals + head.samples + head.side ** 2) / head.columns);
    const fits =
      [share, epoch, seconds, scale].every(isNumber) &&
      share >= (this.frames.at(-1)?.share ?? 0) &&
      share <= 1 &&
      scale > 0 &&
      [reconstruction, kl].every((value) => value === null || isNumber(value)) &&
      (each === null || (each?.length === head.latentDim && each.every(isNumber))) &&
      sheet.length > 0 &&
      isSheet(webpSize(sheet), head, rows);
    if (!fits) throw misfit(`Picture ${this.frames.length + 1}`);
    const points = new Int16Array(body.buffer.slice(0, pointBytes)); // little-endian, as every browser's machine is
    const reach = reachOf(points, scale, head.plane);
    return { share, epoch, seconds, reconstruction, kl, klPerDimension: each, scale, points, reach, sheet };
  }

  /** Number of the last frame at or before this share of the run. */
  indexAt(share) {
    const after = this.frames.findIndex((frame) => frame.share > share + 1e-9);
    return after < 0 ? this.frames.length - 1 : Math.max(0, after - 1);
  }
}

function fieldsOf(bytes) {
  try {
    const fields = JSON.parse(new TextDecoder().decode(bytes));
    if (fields !== null && typeof fields === "object") return fields;
  } catch {
    // says the same as fields that are none
  }
  throw misfit("A record");
}

function misfit(what) {
  return new FilmError(`${what} of this film is not what its format says; nothing from there on is shown.`);
}

function headOf(fields, body) {
  const { kind, version, dataset, class_names: classNames, image_shape: imageShape, plane } = fields;
  if (kind === "head" && version !== 1) {
    throw new FilmError(`This film is of version ${Number(version)}, and this page reads version 1. Reload the page.`);
  }
  const fits =
    kind === "head" &&
    typeof dataset === "string" &&
    PLANES.includes(plane) &&
    Array.isArray(classNames) &&
    classNames.length <= 65_536 &&
    classNames.every((name) => typeof name === "string") &&
    isShape(imageShape) &&
    Object.entries(LIMITS).every(([name, [least, most]]) => isWhole(fields[name], least, most));
  if (!fits) throw misfit("The head");
  const { latent_dim: latentDim, epochs, points, originals, samples, side, columns } = fields;
  const head = { dataset, classNames, imageShape, plane, latentDim, epochs, points, originals, samples, side, columns };
  const sheet = body.subarray(2 * points);
  if (body.length < 2 * points) throw misfit("The head");
  if (originals && !isSheet(pngSize(sheet), head, Math.ceil(originals / columns))) throw misfit("The head");
  return { ...head, classes: new Uint16Array(body.buffer.slice(0, 2 * points)), sheet };
}

function epochOf(fields) {
  const { share, validation_reconstruction: reconstruction, validation_kl: kl } = fields;
  if (![share, reconstruction, kl].every(isNumber)) throw misfit("An epoch");
  return { share, reconstruction, kl };
}

function isShape(shape) {
  const [channels, height, width] = Array.isArray(shape) && shape.length === 3 ? shape : [];
  return (channels === 1 || channels === 3) && [height, width].every((side) => isWhole(side, 1, 512));
}

function isNumber(value) {
  return Number.isFinite(value);
}

function isWhole(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** Whether a picture file says of itself that it is these rows of pictures: what is decoded is as large as it says. */
function isSheet(size, { imageShape: [, height, width], columns }, rows) {
  return size !== null && size[0] === columns * width && size[1] === rows * height;
}

/** [width, height] of a PNG, or null. Source: PNG specification, 11.2.2. */
function pngSize(bytes) {
  if (bytes.length < 24 || letters(bytes, 1, 3) !== "PNG") return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

/** [width, height] of a WebP, or null. Source: RFC 9649, 2.5 to 2.7. */
function webpSize(bytes) {
  if (bytes.length < 32 || letters(bytes, 0, 4) !== "RIFF" || letters(bytes, 8, 4) !== "WEBP") return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const kind = letters(bytes, 12, 4);
  if (kind === "VP8 ") return [26, 28].map((at) => view.getUint16(at, true) & 0x3fff);
  if (kind === "VP8L") return [0, 14].map((shift) => ((view.getUint32(21, true) >>> shift) & 0x3fff) + 1);
  if (kind === "VP8X") return [24, 27].map((at) => (view.getUint32(at, true) & 0xffffff) + 1);
  return null;
}

function letters(bytes, from, count) {
  return String.fromCharCode(...bytes.subarray(from, from + count));
}

/** How far from the middle nearly all points lie, on the plane's axes; along a line, on its one. */
function reachOf(points, scale, plane) {
  const step = plane === "line" ? 2 : 1;
  const distances = Float32Array.from({ length: points.length / step }, (_, i) => Math.abs(points[step * i])).sort();
  return distances[Math.floor(INSIDE * (distances.length - 1))] * scale;
}
