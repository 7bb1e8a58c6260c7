/** Films as the docstring of vae/training/film.py describes them, with pictures by Pillow. */

import { crc32 } from "node:zlib";

import { python } from "./python.js";

/** [PNG of one picture, lossy WebP of two, lossless one, one with opacity], each picture 2 × 2 pixels, one column. */
const SHEETS = /** @type {string[]} */ (
  python(`
import base64, io, json
from PIL import Image
def sheet(size, mode, kind, **options):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return base64.b64encode(file.getvalue()).decode()
print(json.dumps([
    sheet((2, 2), "L", "PNG"),
    sheet((2, 4), "RGB", "WEBP"),
    sheet((2, 4), "RGB", "WEBP", lossless=True),
    sheet((2, 4), "RGBA", "WEBP", exif=b"Exif"),
]))`)
).map((text) => Uint8Array.from(Buffer.from(text, "base64")));
export const PNG = SHEETS[0];
export const WEBPS = SHEETS.slice(1);

/** One original of a latent space of two dimensions with three points, and one draw from the prior. */
export const HEAD = {
  ...{ kind: "head", version: 1, dataset: "mnist", class_names: ["a", "b"], image_shape: [1, 2, 2], latent_dim: 2 },
  ...{ epochs: 3, plane: "latent", points: 3, originals: 1, samples: 1, side: 0, columns: 1 },
};
export const FRAME = {
  ...{ kind: "frame", share: 0.5, epoch: 1.5, seconds: 2, reconstruction: 100.5, kl: 3, kl_per_dimension: [1, 2] },
  scale: 0.5,
};
export const EPOCH = { kind: "epoch", share: 1, epoch: 3, validation_reconstruction: 99, validation_kl: 4 };
const POINTS = Int16Array.of(1, -2, 3, -4, 5, 600);

/** A record: its lengths and checksum, JSON, body. */
export function recordOf(/** @type {unknown} */ fields, /** @type {Uint8Array} */ body = new Uint8Array(0)) {
  const text = typeof fields === "string" ? fields : JSON.stringify(fields);
  const content = Buffer.concat([Buffer.from(text), body]);
  const prefix = Buffer.alloc(12);
  prefix.writeUInt32LE(content.length - body.length, 0);
  prefix.writeUInt32LE(body.length, 4);
  prefix.writeUInt32LE(crc32(content), 8);
  return Uint8Array.from(Buffer.concat([prefix, content]));
}

export function headOf(/** @type {object} */ changes = {}, /** @type {Uint8Array} */ png = PNG) {
  return recordOf({ ...HEAD, ...changes }, bytesOf(Uint8Array.of(0, 0, 1, 0, 1, 0), png));
}

export function frameOf(/** @type {object} */ changes = {}, /** @type {Uint8Array} */ webp = WEBPS[0]) {
  return recordOf({ ...FRAME, ...changes }, bytesOf(new Uint8Array(POINTS.buffer), webp));
}

export function bytesOf(/** @type {Uint8Array[]} */ ...parts) {
  return Uint8Array.from(Buffer.concat(parts));
}
