/**
 * The models beside a page's own: a client for each, opened, changed and closed as the host's data says.
 *
 *   const compared = new Compared({ onStatus: (status, { data }) => … });
 *   compared.update(base, data.compare);
 *   for (const { data, client } of compared.models) void client.decode([z]).then(…);
 *
 * What a host gives of each: its data for the view as if it were the only model, and how it stands to the first. match:
 * for each dimension of the first model the dimension of this one that follows it, with their correlation over the test
 * images; null where none does.
 *
 * @import { ImageShape } from "./contract.js"
 * @import { Nats } from "./comparison-words.js"
 * @import { LiveStatus } from "./live-client.js"
 * @import { LocalModel } from "./model-client.js"
 *
 * @typedef {{dimension: number, correlation: number} | null} Match
 * @typedef {{model: string, local: LocalModel | null, words: string, nats: Nats, match: Match[]}} ComparedData
 */

/**
 * @template {ComparedData} Data
 * @typedef {{readonly data: Data, readonly client: ModelClient}} ComparedModel
 */

import { ModelClient } from "./model-client.js";

/** @template {ComparedData} Data */
export class Compared {
  /** In the order in which they were chosen. @type {readonly ComparedModel<Data>[]} */
  models = [];

  /** @param {{onStatus?: (status: LiveStatus, model: string) => void}} [options] */
  constructor({ onStatus = () => {} } = {}) {
    this.onStatus = onStatus;
  }

  /**
   * Follows the host's data: a model that stays keeps its client.
   *
   * @param {string} base the app's address
   * @param {readonly Data[]} [compare] none where nothing is compared
   */
  update(base, compare = []) {
    const before = new Map(this.models.map((each) => [each.data.model, each]));
    this.models = compare.map((data) => {
      const { model, local } = data;
      const known = before.get(model);
      before.delete(model);
      if (!known) return { data, client: this.open(base, data) };
      const isNew = known.data.local?.version !== local?.version; // trained again
      if (isNew) known.client.setModel({ base, model, local });
      return { data, client: known.client };
    });
    for (const { client } of before.values()) client.close();
  }

  /**
   * @param {string} base
   * @param {Data} data
   */
  open(base, { model, local }) {
    return new ModelClient({ base, model, local }, { onStatus: (status) => this.onStatus(status, model) });
  }

  close() {
    for (const { client } of this.models) client.close();
    this.models = [];
  }
}
