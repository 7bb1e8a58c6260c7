/**
 * The components whose page is made from its first data on.
 *
 * @import { Live } from "./following.js"
 */

/** @typedef {(name: string, value: unknown) => void} Send makes the value the component's state of this name in Python */
/**
 * What a page shows, from its first data on; `update` takes the later ones, `follow` what another page shows.
 *
 * @template Data
 * @typedef {{update(data: Data): void, close(): void, follow?(live: Live): void}} View
 */

/**
 * The component, as hosts/streamlit.js mounts it, that shows this kind of view.
 *
 * @template Data
 * @param {new (parent: HTMLElement, send: Send, data: Data) => View<Data>} ViewOfData
 */
export function componentOf(ViewOfData) {
  return class {
    /** @type {View<Data> | null} */
    view = null;

    /**
     * @param {HTMLElement} parent
     * @param {Send} send
     */
    constructor(parent, send) {
      this.parent = parent;
      this.send = send;
    }

    /** @param {Data} data */
    update(data) {
      if (this.view) this.view.update(data);
      else this.view = new ViewOfData(this.parent, this.send, data);
    }

    /** @param {Live} live */
    follow(live) {
      this.view?.follow?.(live);
    }

    close() {
      this.view?.close();
    }
  };
}

/**
 * Calls `resize` when the size of the element or of the window is another, until the function that it returns is called.
 *
 * @param {Element} node
 * @param {() => void} resize
 */
export function watchSize(node, resize) {
  const sizes = new ResizeObserver(resize);
  sizes.observe(node);
  addEventListener("resize", resize);
  return () => {
    sizes.disconnect();
    removeEventListener("resize", resize);
  };
}
