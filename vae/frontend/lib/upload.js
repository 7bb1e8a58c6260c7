/** A picture file that the user chose or dropped. */

import { contextOf } from "./dom.js";
import { orientationOf } from "./exif.js";
import { t } from "./words.js";

/** @import { Photo } from "./steps.js" */

const MOST_BYTES = 32 * 2 ** 20;
const MOST_PIXELS = 50e6; // decoded, each takes four bytes of the browser's memory
const SIDE = 400; // of the picture that is kept; the browser scales down to this
const HEAD_BYTES = 2 ** 17; // of a file, in which its orientation is

/**
 * The file's picture, small, on white where it is transparent; of an animation the first frame. width, height: of the
 * file's picture. Rejects with an Error whose message is a sentence for the user.
 *
 * @param {File} file
 * @returns {Promise<{photo: Photo, width: number, height: number}>}
 */
export async function readPicture(file) {
  if (file.size > MOST_BYTES) throw new Error(t`${file.name} has more than 32 MiB. Choose a smaller picture.`);
  const address = URL.createObjectURL(file);
  try {
    const picture = await opened(address, file.name);
    const { naturalWidth: width, naturalHeight: height } = picture;
    const orientation = orientationOf(await file.slice(0, HEAD_BYTES).arrayBuffer());
    return { photo: { ...pixelsOf(picture, file.name), orientation }, width, height };
  } finally {
    URL.revokeObjectURL(address);
  }
}

/**
 * The picture, not yet decoded: browsers decode when a picture is drawn, so its size can be checked before.
 *
 * @param {string} address
 * @param {string} name of the file
 * @returns {Promise<HTMLImageElement>}
 */
function opened(address, name) {
  return new Promise((resolve, reject) => {
    const picture = new Image();
    picture.onerror = () =>
      reject(new Error(t`${name} is not a picture that this browser can read. PNG, JPEG, GIF and WebP work.`));
    picture.onload = () => {
      const { naturalWidth: width, naturalHeight: height } = picture;
      if (!width || !height)
        reject(new Error(t`${name} does not say how large its picture is. Save it as PNG or JPEG.`));
      else if (width * height > MOST_PIXELS) {
        const millions = Math.round((width * height) / 1e6);
        reject(new Error(t`${name} has ${millions} million pixels; 50 million are the most. Scale it down first.`));
      } else resolve(picture);
    };
    picture.src = address;
  });
}

/**
 * The picture's pixels, scaled down where it is large.
 *
 * @param {HTMLImageElement} picture
 * @param {string} name of the file
 */
function pixelsOf(picture, name) {
  const scale = Math.min(1, SIDE / Math.max(picture.naturalWidth, picture.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(picture.naturalHeight * scale));
  const { width, height } = canvas;
  const context = contextOf(canvas);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  try {
    context.drawImage(picture, 0, 0, width, height);
    return { pixels: planesOf(context.getImageData(0, 0, width, height).data), width, height };
  } catch (cause) {
    throw new Error(t`${name} could not be decoded by this browser. Save it as PNG or JPEG, or smaller.`, { cause });
  }
}

/** Red, green and blue, one plane after the other. */
function planesOf(/** @type {Uint8ClampedArray} */ rgba) {
  const size = rgba.length / 4;
  const planes = new Uint8Array(3 * size);
  for (let i = 0; i < size; i++) for (let c = 0; c < 3; c++) planes[c * size + i] = rgba[4 * i + c];
  return planes;
}
