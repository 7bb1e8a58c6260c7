/**
 * The second-stage prior: a mixture's vectors, moved by a normalising flow. As SecondStage.from_noise of
 * vae/model/flow.py: the same noise gives the same latent vectors.
 */

import { fromBase64 } from "../lib/bytes.js";
import { Source } from "./sources.js";

/** @import { Noise, PackedFlow, PackedSource, Tensor } from "./sources.js" */

/** A source as `Source`, whose vectors the flow moves. */
export class FlowSource {
  /**
   * @param {PackedSource} packed
   * @param {PackedFlow} flow
   * @param {number} latentDim
   */
  constructor(packed, flow, latentDim) {
    this.mixture = new Source(packed, latentDim);
    this.latentDim = latentDim;
    const names = /** @type {Tensor[]} */ (Object.keys(flow));
    const tensors = names.map((name) => [name, new Float32Array(fromBase64(flow[name]).buffer)]);
    /** @type {Record<Tensor, Float32Array>} each flat in PyTorch's order */
    this.tensors = Object.fromEntries(tensors);
    this.couplings = this.tensors.rotations.length / latentDim ** 2;
    this.hiddenWidth = this.tensors.first_bias.length / this.couplings;
    /** @type {{noise: Noise, truncated: Float32Array, temperature: number, all: Float32Array[]} | null} */
    this.known = null; // the vectors of all cells
  }

  /**
   * z of these cells.
   *
   * @param {number[]} cells
   * @param {Noise} noise
   * @param {number} temperature
   */
  vectors(cells, noise, temperature) {
    const { known } = this;
    if (known?.noise !== noise || known.truncated !== noise.truncated || known.temperature !== temperature) {
      const every = Array.from(noise.choice, (_, cell) => cell);
      const all = this.mixture.vectors(every, noise, temperature).map((z) => this.moved(z));
      this.known = { noise, truncated: noise.truncated, temperature, all };
    }
    const { all } = /** @type {NonNullable<typeof known>} */ (this.known);
    return cells.map((cell) => all[cell].slice()); // copies: the caller may change them
  }

  /**
   * Mean and standard deviation of z's i-th dimension over the cells of the largest grid, whose vectors were asked for
   * last: the flow has no closed form for them. Before that, the mixture's.
   *
   * @param {number} i
   * @param {number} temperature
   */
  marginal(i, temperature) {
    if (!this.known) return this.mixture.marginal(i, temperature);
    const values = this.known.all.map((z) => z[i]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance) };
  }

  /**
   * Flow.forward of one vector.
   *
   * @param {Float32Array} z
   */
  moved(z) {
    const { latentDim: d, couplings } = this,
      { center, scale, rotations } = this.tensors;
    let x = z.map((value, i) => (value - center[i]) / scale[i]);
    for (let k = 0; k < couplings; k++) {
      const turned = new Float32Array(d),
        at = k * d * d;
      for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) turned[j] += x[i] * rotations[at + i * d + j];
      this.couple(k, turned);
      x = new Float32Array(d);
      for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) x[i] += turned[j] * rotations[at + i * d + j];
    }
    return x.map((value, i) => value * scale[i] + center[i]);
  }

  /**
   * Moves the second half of x by what the first half is, in place.
   *
   * @param {number} k number of the coupling
   * @param {Float32Array} x
   */
  couple(k, x) {
    const { latentDim: d, hiddenWidth: width } = this,
      kept = d >> 1,
      moved = d - kept;
    const { first_weight: first, first_bias: offset, second_weight: second, second_bias: shift } = this.tensors;
    const out = Float64Array.from({ length: 2 * moved }, (_, j) => shift[k * 2 * moved + j]);
    for (let h = 0; h < width; h++) {
      let sum = offset[k * width + h];
      for (let i = 0; i < kept; i++) sum += x[i] * first[(k * kept + i) * width + h];
      const hidden = sum / (1 + Math.exp(-sum)); // SiLU
      for (let j = 0; j < 2 * moved; j++) out[j] += hidden * second[(k * width + h) * 2 * moved + j];
    }
    for (let j = 0; j < moved; j++) x[kept + j] = x[kept + j] * Math.exp(Math.tanh(out[j])) + out[moved + j];
  }
}
