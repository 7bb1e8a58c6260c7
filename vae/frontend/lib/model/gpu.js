/**
 * A decoder on the student's graphics processor, by WebGPU: the same products as product.wat's, each a compute shader's
 * run over all pictures of a batch. Each output is one thread's sum in one order, so that the same z gives the same bytes
 * in any batch. What runs where is decided by trial.js.
 */

import { codeDim, pictureBytes } from "./config.js";
import { painter } from "./likelihood.js";
import { decoderNetwork } from "./network.js";
import { PlainArithmetic } from "./product.js";

/** @import { Network } from "./network.js" */
/** @import { Product } from "./product.js" */
/** @import { Weights } from "./weights.js" */

const SLOT_BYTES = 256; // between the products' numbers in their buffer, as WebGPU wants
const GROUP = 8; // threads of a work group along columns, and along pixels
const LEAST = -3.4e38; // shaders need not know infinity
// Of buffers, and of the way to map one: the specification's numbers, whose names Node has not.
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [1, 4, 8, 64, 128];
const READ = 1;
const FIELDS = /** @type {const} */ ([
  "input",
  "inputPixel",
  "inputLine",
  "inputPicture",
  "parts",
  "partBytes",
  "partDistance",
  "weights",
  "panelBytes",
  "output",
  "outputPixel",
  "outputLine",
  "outputPicture",
  "columns",
  "pixels",
  "lines",
]);

// All places count bytes, as in Product. `product` computes 4 columns of a pixel, `column` one.
const SHADER = `
struct Product {
  ${FIELDS.map((field) => `${field}: u32`).join(", ")}, least: f32,
}
@group(0) @binding(0) var<uniform> p: Product;
@group(0) @binding(1) var<storage, read_write> vectors: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> floats: array<f32>;

@compute @workgroup_size(${GROUP}, ${GROUP})
fn product(@builtin(global_invocation_id) id: vec3u) {
  if (4 * id.x >= p.columns || id.y >= p.pixels * p.lines) { return; }
  let pixel = id.y % p.pixels;
  let line = id.y / p.pixels;
  var start = p.input + pixel * p.inputPixel + line * p.inputLine + id.z * p.inputPicture;
  var weight = (p.weights + id.x / 4 * p.panelBytes) / 16 + id.x % 4;
  var sum = vectors[weight];
  for (var part = 0u; part < p.parts; part++) {
    for (var at = start / 16; at < (start + p.partBytes) / 16; at++) {
      let x = vectors[at];
      sum += x.x * vectors[weight + 4];
      sum += x.y * vectors[weight + 8];
      sum += x.z * vectors[weight + 12];
      sum += x.w * vectors[weight + 16];
      weight += 16;
    }
    start += p.partDistance;
  }
  let to = p.output + pixel * p.outputPixel + line * p.outputLine + id.z * p.outputPicture;
  vectors[to / 16 + id.x] = max(sum, vec4f(p.least));
}

@compute @workgroup_size(1, ${GROUP * GROUP})
fn column(@builtin(global_invocation_id) id: vec3u) {
  if (id.y >= p.pixels * p.lines) { return; }
  let pixel = id.y % p.pixels;
  let line = id.y / p.pixels;
  var start = p.input + pixel * p.inputPixel + line * p.inputLine + id.z * p.inputPicture;
  var weight = p.weights / 4;
  var sum = floats[weight];
  weight += 4;
  for (var part = 0u; part < p.parts; part++) {
    for (var at = start / 4; at < (start + p.partBytes) / 4; at++) {
      sum += floats[at] * floats[weight];
      weight++;
    }
    start += p.partDistance;
  }
  floats[(p.output + pixel * p.outputPixel + line * p.outputLine + id.z * p.outputPicture) / 4] = sum;
}
`;

/** An arithmetic that computes nothing: it notes the products that a network consists of. */
class Recorder extends PlainArithmetic {
  /** @type {{how: "product" | "column", product: Product}[]} */
  products = [];

  product(/** @type {Product} */ product) {
    this.products.push({ how: "product", product: { ...product } });
  }

  column(/** @type {Product} */ product) {
    this.products.push({ how: "column", product: { ...product } });
  }
}

/** @typedef {{pipeline: GPUComputePipeline, numbers: GPUBindGroup, groups: [across: number, down: number]}} Pass */

export class GpuDecoder {
  /** @type {Promise<unknown>} */
  last = Promise.resolve(); // what is computed: one batch after the other, as they share memory

  /**
   * @param {GPUDevice} device
   * @param {Weights} weights
   */
  constructor(device, weights) {
    this.device = device;
    this.config = weights.config;
    this.paint = painter(weights.config);
    const recorder = new Recorder();
    this.network = decoderNetwork(weights, recorder, true);
    this.network.run(1); // of a fully connected layer, too, this is one picture
    const bytes = recorder.used;
    if (bytes > Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize))
      throw new Error("The graphics processor has too little memory for the model.");
    this.memory = device.createBuffer({ size: bytes, usage: STORAGE | COPY_DST | COPY_SRC });
    device.queue.writeBuffer(this.memory, 0, recorder.floats, 0, bytes / 4);
    this.passes = passesOf(device, recorder.products, this.memory);
    const size = this.network.pictures * this.network.output.pictureBytes;
    this.result = device.createBuffer({ size, usage: COPY_DST | MAP_READ });
  }

  /**
   * A decoder on this browser's graphics processor; null where there is none, or where it cannot have the model.
   *
   * @param {Weights} weights
   * @returns {Promise<GpuDecoder | null>}
   */
  static async create(weights) {
    try {
      const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
      const device = await adapter?.requestDevice();
      if (!device) return null;
      device.pushErrorScope("validation");
      const decoder = new GpuDecoder(device, weights);
      return (await device.popErrorScope()) ? null : decoder;
    } catch {
      return null;
    }
  }

  /**
   * The pictures of n codes. Rejects where the device is lost.
   *
   * @param {number} n
   * @param {Float32Array<ArrayBuffer>} codes
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  decode(n, codes) {
    const decoded = this.last.then(() => this.decodeNow(n, codes));
    this.last = decoded.catch(() => {});
    return decoded;
  }

  /**
   * @param {number} n
   * @param {Float32Array<ArrayBuffer>} codes
   */
  async decodeNow(n, codes) {
    const width = codeDim(this.config),
      { pictures } = this.network;
    const pixels = new Uint8Array(n * pictureBytes(this.config));
    for (let start = 0; start < n; start += pictures) {
      const count = Math.min(pictures, n - start);
      this.submit(count, codes.subarray(start * width, (start + count) * width));
      await this.read(count, pixels.subarray(start * pictureBytes(this.config)));
    }
    return pixels;
  }

  /** Computes the outputs of these codes, and copies them to where they can be read. */
  submit(/** @type {number} */ count, /** @type {Float32Array<ArrayBuffer>} */ codes) {
    const { device, memory, network, result } = this;
    const { input, output, pictures } = network;
    const width = codeDim(this.config);
    const padded = new Float32Array((pictures * input.pictureBytes) / 4);
    for (let k = 0; k < count; k++)
      padded.set(codes.subarray(k * width, (k + 1) * width), (k * input.pictureBytes) / 4);
    device.queue.writeBuffer(memory, input.address, padded);
    const encoder = device.createCommandEncoder();
    const compute = encoder.beginComputePass();
    for (const { pipeline, numbers, groups } of this.passes) {
      compute.setPipeline(pipeline);
      compute.setBindGroup(0, numbers);
      compute.dispatchWorkgroups(...groups, count);
    }
    compute.end();
    encoder.copyBufferToBuffer(memory, output.address, result, 0, count * output.pictureBytes);
    device.queue.submit([encoder.finish()]);
  }

  /** Writes the pictures of the outputs that were computed last. */
  async read(/** @type {number} */ count, /** @type {Uint8Array} */ pixels) {
    const { output } = this.network;
    const size = pictureBytes(this.config);
    await this.result.mapAsync(READ, 0, count * output.pictureBytes);
    const parameters = new Float32Array(this.result.getMappedRange(0, count * output.pictureBytes));
    for (let k = 0; k < count; k++) {
      const from = (k * output.pictureBytes) / 4;
      this.paint(parameters.subarray(from, from + size), pixels.subarray(k * size, (k + 1) * size));
    }
    this.result.unmap();
  }

  /** Gives the device's memory back. */
  close() {
    this.device.destroy();
  }
}

/**
 * @param {GPUDevice} device
 * @param {Recorder["products"]} products
 * @param {GPUBuffer} memory
 * @returns {Pass[]}
 */
function passesOf(device, products, memory) {
  const module = device.createShaderModule({ code: SHADER });
  const pipelines = {
    product: device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "product" } }),
    column: device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "column" } }),
  };
  const table = new DataView(new ArrayBuffer(SLOT_BYTES * products.length));
  for (const [k, { product }] of products.entries()) {
    for (const [i, field] of FIELDS.entries()) table.setUint32(SLOT_BYTES * k + 4 * i, product[field], true);
    table.setFloat32(SLOT_BYTES * k + 4 * FIELDS.length, Math.max(LEAST, product.least), true);
  }
  const numbers = device.createBuffer({ size: table.byteLength, usage: UNIFORM | COPY_DST });
  device.queue.writeBuffer(numbers, 0, table);
  return products.map(({ how, product: { columns, pixels, lines } }, k) => {
    const pipeline = pipelines[how];
    const slot = { buffer: numbers, offset: SLOT_BYTES * k, size: SLOT_BYTES };
    const entries = [
      { binding: 0, resource: slot },
      { binding: how === "product" ? 1 : 2, resource: { buffer: memory } },
    ];
    const down = Math.ceil((pixels * lines) / (how === "product" ? GROUP : GROUP * GROUP));
    const across = how === "product" ? Math.ceil(columns / 4 / GROUP) : 1;
    return {
      pipeline,
      numbers: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
      groups: /** @type {[number, number]} */ ([across, down]),
    };
  });
}
