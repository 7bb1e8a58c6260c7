/** Where the layers' inputs and outputs lie in an arithmetic's memory. */

/** @import { Arithmetic } from "./product.js" */

/**
 * Features of the pixels of some pictures: float32, a picture after the other, in each the lines, in each the pixels, in
 * each the channels, padded with zeros to a multiple of 4. Around each picture lie `border` pixels of zeros, which the
 * kernels of convolutions reach into. Features without a place are a grid of one pixel.
 */
export class Grid {
  /**
   * @param {Arithmetic} arithmetic
   * @param {readonly [channels: number, height: number, width: number]} shape
   * @param {number} border
   * @param {number} pictures
   */
  constructor(arithmetic, [channels, height, width], border, pictures) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.border = border;
    this.features = multipleOf4(channels);
    this.pixelBytes = 4 * this.features;
    this.lineBytes = (width + 2 * border) * this.pixelBytes;
    this.pictureBytes = (height + 2 * border) * this.lineBytes;
    this.address = arithmetic.allocate(pictures * this.pictureBytes);
    this.inside = this.address + border * (this.lineBytes + this.pixelBytes); // of the first pixel
    this.distance = pictures > 1 ? this.pictureBytes : 0; // from a picture to the next; 0: all have the same place
  }

  /** Features of a line, those that pad it included. */
  get lineFeatures() {
    return this.width * this.features;
  }

  /**
   * The number that PyTorch gives a feature of a line, among all of a picture: channels first. -1 for one that pads.
   *
   * @param {number} y
   * @param {number} feature
   */
  planar(y, feature) {
    const channel = feature % this.features;
    return channel < this.channels
      ? (channel * this.height + y) * this.width + Math.floor(feature / this.features)
      : -1;
  }
}

export function multipleOf4(/** @type {number} */ count) {
  return Math.ceil(count / 4) * 4;
}
