/** How a camera was held, as a JPEG file says it. */

const ORIENTATION = 0x0112; // the tag
const APP1 = 0xe1,
  START_OF_SCAN = 0xda;

/**
 * The orientation from 1 to 8 that the beginning of a JPEG file says in its EXIF part; 1, upright, where there is none.
 * Browsers turn the picture by it. Source: CIPA DC-008, Exif 2.32, section 4.6.4.
 *
 * @param {ArrayBuffer} file
 */
export function orientationOf(file) {
  const view = new DataView(file);
  try {
    if (view.getUint16(0) !== 0xffd8) return 1;
    for (let at = 2; view.getUint8(at) === 0xff && view.getUint8(at + 1) !== START_OF_SCAN; ) {
      const isExif = view.getUint8(at + 1) === APP1 && view.getUint32(at + 4) === 0x45786966; // "Exif"
      if (isExif) return inTiff(view, at + 10);
      at += 2 + view.getUint16(at + 2);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the file ends before it says so
  }
  return 1;
}

/**
 * @param {DataView} view
 * @param {number} start of the TIFF header
 */
function inTiff(view, start) {
  const little = view.getUint16(start) === 0x4949;
  const directory = start + view.getUint32(start + 4, little);
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/**
 * A plane as the file has it, before it was turned upright. Orientations from 5 on exchange width and height.
 *
 * @param {Float32Array} plane upright
 * @param {number} width of the upright plane
 * @param {number} height
 * @param {number} orientation
 */
export function asStored(plane, width, height, orientation) {
  const lies = orientation >= 5;
  const [columns, rows] = lies ? [height, width] : [width, height];
  const fromRight = [2, 3, 6, 7].includes(orientation),
    fromBottom = [3, 4, 7, 8].includes(orientation);
  const stored = new Float32Array(plane.length);
  for (let v = 0; v < rows; v++) {
    for (let u = 0; u < columns; u++) {
      const [across, down] = lies ? [v, u] : [u, v];
      const x = fromRight ? width - 1 - across : across,
        y = fromBottom ? height - 1 - down : down;
      stored[v * columns + u] = plane[y * width + x];
    }
  }
  return { plane: stored, width: columns, height: rows };
}
