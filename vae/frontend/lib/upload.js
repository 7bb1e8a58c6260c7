/** A picture file that the user chose or dropped, as an image of the model's size. */

import { contextOf } from "./dom.js";
import { drawingIn } from "./photograph.js";
import { resized } from "./placing.js";

/** @import { Pixels } from "./canvas.js" */
/** @import { ImageShape } from "./contract.js" */

const MOST_BYTES = 32 * 2 ** 20;
const MOST_PIXELS = 50e6; // decoded, each takes four bytes of the browser's memory
const WORKING_SIDE = 512; // the browser scales down to this; the rest is a mean over areas
const PHOTO_SIDE = 400; // of the whole picture, in which ink is looked for

/**
 * The file's picture, its middle cut to the model's shape, on white where it is transparent; of an animation the first
 * frame. drawing: where the model's images are drawings and the picture is a photograph of one, its ink, see `drawingIn`;
 * otherwise null. width, height: of the file's picture. Rejects with an Error whose message is a sentence for the user.
 *
 * @param {File} file
 * @param {ImageShape} imageShape
 * @param {boolean} ofDrawings
 * @returns {Promise<{pixels: Pixels, drawing: ReturnType<typeof drawingIn>, width: number, height: number}>}
 */
export async function readPicture(file, imageShape, ofDrawings) {
  if (file.size > MOST_BYTES) throw new Error(`${file.name} has more than 32 MiB. Choose a smaller picture.`);
  const address = URL.createObjectURL(file);
  try {
    const picture = await opened(address, file.name);
    const { naturalWidth: width, naturalHeight: height } = picture;
    const drawing = ofDrawings ? drawingIn(wholeOf(picture, file.name)) : null;
    return { pixels: shrunk(picture, imageShape, file.name), drawing, width, height };
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
      reject(new Error(`${name} is not a picture that this browser can read. PNG, JPEG, GIF and WebP work.`));
    picture.onload = () => {
      const { naturalWidth: width, naturalHeight: height } = picture;
      if (!width || !height)
        reject(new Error(`${name} does not say how large its picture is. Save it as PNG or JPEG.`));
      else if (width * height > MOST_PIXELS) {
        const millions = Math.round((width * height) / 1e6);
        reject(new Error(`${name} has ${millions} million pixels; 50 million are the most. Scale it down first.`));
      } else resolve(picture);
    };
    picture.src = address;
  });
}

/**
 * The middle of the picture, of the model's proportions and size.
 *
 * @param {HTMLImageElement} picture
 * @param {ImageShape} imageShape
 * @param {string} name of the file
 */
function shrunk(picture, imageShape, name) {
  const [channels, height, width] = imageShape;
  const zoom = Math.min(picture.naturalWidth / width, picture.naturalHeight / height);
  const canvas = pixelsOf(picture, { width: width * zoom, height: height * zoom }, WORKING_SIDE, name);
  return resized(channelsOf(canvas.data, channels), canvas.width, canvas.height, imageShape);
}

/**
 * The whole picture in grey, small enough to look for ink in it.
 *
 * @param {HTMLImageElement} picture
 * @param {string} name of the file
 */
function wholeOf(picture, name) {
  const size = { width: picture.naturalWidth, height: picture.naturalHeight };
  const { data, width, height } = pixelsOf(picture, size, PHOTO_SIDE, name);
  return { plane: channelsOf(data, 1)[0], width, height };
}

/**
 * The middle of the picture, scaled down where it is larger than this side.
 *
 * @param {HTMLImageElement} picture
 * @param {{width: number, height: number}} cut how much of it
 * @param {number} side
 * @param {string} name of the file
 */
function pixelsOf(picture, cut, side, name) {
  const scale = Math.min(1, side / Math.max(cut.width, cut.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(cut.width * scale));
  canvas.height = Math.max(1, Math.round(cut.height * scale));
  const context = contextOf(canvas);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  const left = (picture.naturalWidth - cut.width) / 2,
    top = (picture.naturalHeight - cut.height) / 2;
  try {
    context.drawImage(picture, left, top, cut.width, cut.height, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  } catch (cause) {
    throw new Error(`${name} could not be decoded by this browser. Save it as PNG or JPEG, or smaller.`, { cause });
  }
}

/** Red, green and blue, or the grey of the same brightness (ITU-R BT.601, as in Pillow). */
function channelsOf(/** @type {Uint8ClampedArray} */ rgba, /** @type {number} */ channels) {
  const planes = Array.from({ length: channels }, () => new Float32Array(rgba.length / 4));
  for (let i = 0; i < rgba.length / 4; i++) {
    const [red, green, blue] = rgba.subarray(4 * i, 4 * i + 3);
    if (channels === 1) planes[0][i] = 0.299 * red + 0.587 * green + 0.114 * blue;
    else {
      planes[0][i] = red;
      planes[1][i] = green;
      planes[2][i] = blue;
    }
  }
  return planes;
}
