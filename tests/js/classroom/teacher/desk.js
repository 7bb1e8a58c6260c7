/** A teacher's desk without a server: what it would send, and a class that a test changes. */

import "../../support/page.js";

/** @import { ClassState, Tile } from "../../../../vae/frontend/classroom/state.js" */
/** @import { TeacherData } from "../../../../vae/frontend/classroom/teacher/desk.js" */
/** @import { ConnectionOptions, Status } from "../../../../vae/frontend/classroom/connection.js" */

import { stateOf } from "./support.js";

Object.assign(globalThis, {
  requestAnimationFrame: (/** @type {() => void} */ draw) => {
    draw();
    return 0;
  },
  cancelAnimationFrame: () => {},
  getComputedStyle: () => ({ fontSize: "16px" }),
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
});

/** @type {TeacherData} */
export const DATA = {
  base: "http://localhost:8501",
  model: "mnist-z10",
  words: "MNIST · 10-D · β = 1",
  lessons: [],
  languages: [
    ["en", "English"],
    ["de", "Deutsch"],
  ],
  wanted: null,
  server: { hosts: ["192.168.1.20"], port: 8501, path: "", secure: false, local: false },
};

/** A connection that remembers its commands; `refuse` is the sentence with which the next ones are refused. */
export class FakeLink {
  /** @type {[name: string, fields: any][]} */
  commands = [];
  /** @type {Record<string, object>} */
  replies = {};
  refuse = "";
  /** Called after news: a test that does not wait draws then. */
  after = () => {};
  closed = false;

  /** @param {ClassState} state */
  constructor(state = stateOf()) {
    this.state = state;
    /** @type {ConnectionOptions | null} */
    this.options = null;
  }

  /** As `connect` of a ClassView. @type {(options: ConnectionOptions) => FakeLink} */
  connect = (options) => {
    this.options = options;
    return this;
  };

  /**
   * @param {string} name
   * @param {object} [fields]
   */
  command(name, fields = {}) {
    this.commands.push([name, fields]);
    return this.refuse ? Promise.reject(new Error(this.refuse)) : Promise.resolve(this.replies[name] ?? {});
  }

  close() {
    this.closed = true;
  }

  /** What the server would send. @param {Partial<ClassState>} changes */
  change(changes) {
    this.state = { ...this.state, ...changes };
    this.options?.onState?.(this.state, new Set(Object.keys(changes)));
    this.after();
  }

  /** @param {Record<string, Tile>} tiles */
  tile(tiles) {
    this.options?.onTiles?.(tiles);
    this.after();
  }

  /** @param {Partial<Status>} status */
  status(status) {
    const usual = {
      connected: true,
      transport: /** @type {const} */ ("websocket"),
      since: 0,
      final: false,
      sentence: "",
    };
    this.options?.onStatus?.({ ...usual, ...status });
  }
}

/**
 * The visible button or link of this name.
 *
 * @param {Element} root
 * @param {string | RegExp} name
 * @returns {HTMLElement}
 */
export function named(root, name) {
  const found = maybe(root, name);
  if (!found) throw new Error(`no button ${name} among ${labels(root).join(", ")}`);
  return found;
}

/**
 * @param {Element} root
 * @param {string | RegExp} name
 * @returns {HTMLElement | undefined}
 */
export function maybe(root, name) {
  return shown(root).find((node) => (typeof name === "string" ? labelOf(node) === name : name.test(labelOf(node))));
}

/** The names of all visible buttons and links. @param {Element} root */
export function labels(root) {
  return shown(root).map(labelOf);
}

/** @param {Element} root @returns {HTMLElement[]} */
function shown(root) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("button, a"));
  return [...all].filter((node) => !node.closest("[hidden]"));
}

/** @param {HTMLElement} node */
function labelOf(node) {
  return node.getAttribute("aria-label") ?? node.ariaLabel ?? node.textContent ?? "";
}

/** Lets promises go on. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
