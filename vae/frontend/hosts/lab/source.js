/**
 * What the host knows only from elsewhere: what a view shows of a model, a test image's place, noise, a source, styles.
 *
 * `get` is the one way to it. The light page brings with it what it needs first and asks its server for the rest; the
 * file brings all.
 *
 * The answers are described in vae/lab/answers.py.
 *
 * @typedef {object} About of a model
 * @property {string} name
 * @property {number} latent_dim
 * @property {number} classes of a conditional model, else 0
 * @property {string[]} class_names
 * @property {number} test_images
 * @property {string} content which data set it is of
 * @property {boolean} prior false for a plain autoencoder
 * @property {number[]} strength how much it uses each latent dimension
 *
 * @typedef {{row: number, label: number, title: string, z: number[]}} TestImage
 *
 * @typedef {{about: About, data: Record<string, any>} & Record<string, any>} Answer
 *
 * @import { PackedModules } from "./packed.js"
 */

/** @typedef {(address: string) => Promise<Response>} Load as fetch */

export class Source {
  /**
   * @param {string} base the app's address
   * @param {Record<string, any>} answers by their address, relative to the app's
   * @param {Load} load
   */
  constructor(base, answers, load) {
    this.base = base;
    this.load = load;
    /** @type {Map<string, Promise<any>>} */
    this.known = new Map(Object.entries(answers).map(([address, answer]) => [address, Promise.resolve(answer)]));
  }

  /**
   * Rejects with the server's sentence. What has come once is kept.
   *
   * @param {string} name
   * @param {Record<string, string>} params
   * @returns {Promise<any>}
   */
  get(name, params) {
    const address = `lab/data?${new URLSearchParams({ view: name, ...params })}`;
    return this.once(address, (response) => response.json());
  }

  /**
   * A view's styles, and its modules where the page does not have them.
   *
   * @param {string} name
   * @returns {Promise<{styles: string, modules: PackedModules}>}
   */
  files(name) {
    return this.once(`lab/view?${new URLSearchParams({ name })}`, (response) => response.json());
  }

  /**
   * @param {string} address
   * @param {(response: Response) => Promise<any>} read
   */
  once(address, read) {
    const found = this.known.get(address) ?? this.fetch(address, read);
    this.known.set(address, found);
    found.catch(() => this.known.delete(address)); // the next one asks again
    return found;
  }

  /**
   * @param {string} address
   * @param {(response: Response) => Promise<any>} read
   */
  async fetch(address, read) {
    const response = await this.load(`${this.base}/${address}`);
    if (!response.ok) throw new Error(await response.text());
    return await read(response);
  }
}
