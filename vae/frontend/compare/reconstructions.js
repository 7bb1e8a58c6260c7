/**
 * What each model of a family makes of one picture: a client for each, the model on the dial first.
 *
 * @import { ModelClient } from "../lib/model-client.js"
 * @import { LiveStatus } from "../lib/live-client.js"
 * @import { Best } from "../lib/labelled.js"
 * @import { ModelData } from "./models.js"
 *
 * The picture that is shown. label: of a test image; noise: ε of its evaluation, null for any other picture.
 *
 * @typedef {{pixels: Uint8Array<ArrayBuffer>, label: number | null, noise: Float32Array | null}} Input
 *
 * kl: 0 of a plain autoencoder.
 *
 * @typedef {Best} Result
 * @typedef {(model: ModelData, onStatus: (status: LiveStatus) => void) => Pick<ModelClient, "reconstruct" | "close">} Open
 */

import { bestOf, payload, repeated } from "../lib/labelled.js";

const MAX_CLASSES_TRIED = 32;

export class Reconstructions {
  /** @type {ModelData[]} */
  members = [];
  /** By the model's name. @type {Map<string, ReturnType<Open>>} */
  clients = new Map();
  /** Of the newest picture that each model has answered. @type {Map<string, Result>} */
  results = new Map();
  /** The number of that picture. @type {Map<string, number>} */
  answered = new Map();
  /** @type {Input | null} */
  input = null;
  first = ""; // the model on the dial
  asked = 0; // counts the pictures

  /**
   * @param {Open} open
   * @param {object} listeners
   * @param {(name: string) => void} listeners.onResult
   * @param {(name: string, status: LiveStatus) => void} listeners.onStatus
   */
  constructor(open, { onResult, onStatus }) {
    this.open = open;
    this.onResult = onResult;
    this.onStatus = onStatus;
  }

  /**
   * Takes the models of a family; those that stay keep their clients.
   *
   * @param {ModelData[]} members
   * @param {string} first the model on the dial
   */
  setMembers(members, first) {
    this.first = first;
    this.members = members;
    const names = members.map(({ model }) => model);
    for (const [name, client] of this.clients) {
      if (names.includes(name)) continue;
      client.close();
      this.clients.delete(name);
      this.results.delete(name);
    }
    if (this.input) void this.show(this.input);
  }

  /** Another model stands on the dial: it is asked at once where its answer is not that to the newest picture. */
  setFirst(/** @type {string} */ name) {
    this.first = name;
    const [member] = this.inOrder();
    if (member && this.input && this.answered.get(name) !== this.asked) void this.ask(member, this.input, this.asked);
  }

  /**
   * Asks all models: the one on the dial at once, the others when it has answered, so that they do not delay it.
   *
   * @param {Input} input
   */
  async show(input) {
    this.input = input;
    const number = ++this.asked;
    const [first, ...rest] = this.inOrder();
    if (!first) return;
    await this.ask(first, input, number);
    if (number === this.asked) await Promise.all(rest.map((member) => this.ask(member, input, number)));
  }

  /** The members, that on the dial first. */
  inOrder() {
    const isFirst = (/** @type {ModelData} */ { model }) => model === this.first;
    return [...this.members.filter(isFirst), ...this.members.filter((member) => !isFirst(member))];
  }

  /**
   * @param {ModelData} member
   * @param {Input} input
   * @param {number} number of the picture
   */
  async ask(member, input, number) {
    const { model } = member;
    const labels = candidateLabels(member, input),
      noise = noiseOf(member, input),
      n = labels.length || 1;
    const client = this.clientOf(member);
    const reply = await client.reconstruct(n, payload(input.pixels, labels), { noise: noise && repeated(noise, n) });
    if (!reply || this.clients.get(model) !== client) return;
    this.results.set(model, bestOf(reply, labels));
    this.answered.set(model, number);
    this.onResult(model);
  }

  /** @param {ModelData} member */
  clientOf(member) {
    const { model } = member;
    const found = this.clients.get(model) ?? this.open(member, (status) => this.onStatus(model, status));
    this.clients.set(model, found);
    return found;
  }

  close() {
    for (const client of this.clients.values()) client.close();
    this.clients.clear();
    this.asked++;
  }
}

/**
 * ε of the sample z = μ + σε: the evaluation's for a test image, so that the nats are the evaluation's. null: z = μ.
 *
 * @param {Pick<ModelData, "nats" | "noise">} member
 * @param {Input} input
 */
function noiseOf({ nats, noise }, input) {
  if (nats.kl === null) return null;
  return input.noise ?? Float32Array.from(noise);
}

/**
 * The classes that a conditional model receives: the picture's own, else all of them, of which the likeliest counts.
 *
 * @param {Pick<ModelData, "classes">} member
 * @param {Input} input
 */
function candidateLabels({ classes }, { label }) {
  if (!classes) return [];
  if (label !== null) return [label];
  return Array.from({ length: Math.min(classes, MAX_CLASSES_TRIED) }, (_, k) => k);
}
