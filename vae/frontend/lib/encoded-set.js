/** From the server: the encoded test set and its images. */

const CHUNK_BYTES = 64 * 1024; // fetched together: neighbours in the list are rarely neighbours on the map
const MOST_CHUNKS = 512;
const ARRAYS = { "<f4": Float32Array, "<u2": Uint16Array };

/** The encoded test set: {n, latentDim, classNames, imageShape, images, pca} and the arrays that the server names. */
export async function loadEncoded(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(await response.text());
  const body = await response.arrayBuffer();
  const length = new DataView(body).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  const { n, latent_dim: latentDim, classes: classNames, image_shape: imageShape, images, pca } = header;
  const encoded = { n, latentDim, classNames, imageShape, images, pca };
  for (const { name, dtype, shape, offset } of header.arrays) {
    encoded[name] = new ARRAYS[dtype](
      body,
      offset,
      shape.reduce((product, size) => product * size, 1),
    );
  }
  return encoded;
}

/** The latent mean of test image i, as a plain array. */
export function meanOf({ mean, latentDim }, i) {
  return Array.from(mean.subarray(i * latentDim, (i + 1) * latentDim));
}

/** The standard deviation of the test images' means, per dimension. */
export function spreadOf({ n, latentDim, mean }) {
  return Array.from({ length: latentDim }, (_, k) => {
    let sum = 0,
      squares = 0;
    for (let i = k; i < mean.length; i += latentDim) {
      sum += mean[i];
      squares += mean[i] ** 2;
    }
    return Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  });
}

/** The pixels of the test images, or what else is served row by row, fetched in chunks as they are looked at. */
export class TestRows {
  /** address: where the rows are served, with ?model=…; count of them; shape of a row in bytes, (c, h, w) of images. */
  constructor(address, count, shape) {
    this.size = shape.reduce((product, side) => product * side, 1);
    this.perChunk = Math.max(1, Math.floor(CHUNK_BYTES / this.size));
    Object.assign(this, { address, count, chunks: new Map() });
  }

  /** The bytes of row i, or null where the server has no such row. */
  async load(i) {
    if (i >= this.count) return null;
    const chunk = Math.floor(i / this.perChunk);
    if (!this.chunks.has(chunk)) this.chunks.set(chunk, this.fetchChunk(chunk));
    if (this.chunks.size > MOST_CHUNKS) this.chunks.delete(this.chunks.keys().next().value);
    const bytes = await this.chunks.get(chunk);
    const first = (i % this.perChunk) * this.size;
    return bytes?.subarray(first, first + this.size) ?? null;
  }

  async fetchChunk(chunk) {
    const start = chunk * this.perChunk;
    const count = Math.min(this.perChunk, this.count - start);
    try {
      const response = await fetch(`${this.address}&start=${start}&count=${count}`);
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
    } catch {
      this.chunks.delete(chunk); // the connection was lost: asked again when looked at again
    }
    return null;
  }
}
