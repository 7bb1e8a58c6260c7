/** Beside the fields of Streamlit's form for a new run: what their numbers mean, each behind its sign. */

/** @import { Send } from "../lib/view.js" */
/** @import { Values } from "../lib/explained.js" */
/** @import { Term } from "../lib/terms.js" */
/** What Python sends, see vae/ui/pages/training/explained.py. @typedef {{terms: [name: Term, values: Values][]}} SignsData */

import { element } from "../lib/dom.js";
import { help } from "../lib/glossary.js";
import { TERMS } from "../lib/terms.js";
import { componentOf } from "../lib/view.js";

export class Signs {
  /** What stands in each formula. @type {Map<Term, Values>} */
  values = new Map();
  shown = ""; // the terms, as JSON

  /**
   * @param {HTMLElement} parent
   * @param {Send} _send
   * @param {SignsData} data
   */
  constructor(parent, _send, data) {
    this.root = element("p", { className: "signs" });
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") event.stopPropagation(); // r and c are Streamlit's
    });
    parent.append(this.root);
    this.update(data);
  }

  /** An open panel stays while only the numbers change. @param {SignsData} data */
  update({ terms }) {
    this.values = new Map(terms);
    const names = terms.map(([name]) => name),
      now = JSON.stringify(names);
    if (now === this.shown) return;
    this.shown = now;
    this.root.replaceChildren(...names.map((name) => this.sign(name)));
  }

  /** @param {Term} name */
  sign(name) {
    return element(
      "span",
      {},
      TERMS[name].name,
      help(name, () => this.values.get(name) ?? null),
    );
  }

  close() {
    this.root.remove();
  }
}

export default componentOf(Signs);
