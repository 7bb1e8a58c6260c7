/**
 * Mounts a component in Streamlit. Streamlit runs this text itself: it calls the default export when it mounts a
 * component and again whenever data or theme change. The component is the class that the module at data.script exports
 * as default, an ordinary module that may import others.
 *
 * `update` receives the newest data, also when only the theme has changed; `close` undoes everything. send(name, value)
 * makes value the component's state `name` in Python: the page runs again.
 *
 * Python does not know the app's address, as a proxy may have removed a part of the path: data.script is relative to it,
 * and the component receives it as data.base.
 *
 * @typedef {{script: string}} PythonData
 * @typedef {PythonData & {base: string}} ComponentData
 * @typedef {{update(data: ComponentData): void | Promise<void>, close(): void}} Component
 * @typedef {(name: string, value: unknown) => void} Send
 * @typedef {new (parentElement: HTMLElement, send: Send) => Component} ComponentClass
 */

/** By parentElement. @type {WeakMap<HTMLElement, Holder>} */
const holders = new WeakMap();

/** @param {{data: PythonData, parentElement: HTMLElement, setStateValue: Send}} call */
export default function mount({ data, parentElement, setStateValue }) {
  const holder = holders.get(parentElement) ?? new Holder(parentElement, setStateValue);
  holders.set(parentElement, holder);
  holder.setStateValue = setStateValue;
  void holder.update(data); // a component's own error is a fault: the console shows it
  return () => {
    if (parentElement.isConnected || holder.closed) return; // Streamlit also cleans up calls whose data is out of date
    holders.delete(parentElement);
    holder.closed = true;
    holder.component?.close();
  };
}

/**
 * The app's address, without a slash at its end. Each page is one name beneath it, /lab/Explore, and the home page is
 * /lab/: Streamlit's own page relies on the same, with scripts at ./static/.
 *
 * @param {string} page
 */
export function appAddress(page) {
  return new URL(".", page).href.slice(0, -1);
}

class Holder {
  closed = false;
  /** @type {Component | undefined} */
  component;
  /** @type {Promise<{default: ComponentClass}> | undefined} */
  loading;
  /** @type {HTMLElement | undefined} */
  problem;
  /** @type {PythonData | undefined} */
  newest;

  /**
   * @param {HTMLElement} parent
   * @param {Send} setStateValue
   */
  constructor(parent, setStateValue) {
    this.parent = parent;
    this.setStateValue = setStateValue;
    this.base = appAddress(document.baseURI);
  }

  /**
   * The module loads on the first call, and only the newest data counts once it is there.
   *
   * @param {PythonData} data
   */
  async update(data) {
    this.newest = data;
    try {
      this.loading ??= import(new URL(data.script, `${this.base}/`).href);
      const { default: Component } = await this.loading;
      if (this.newest !== data || this.closed) return;
      this.component ??= new Component(this.parent, (name, value) => this.setStateValue(name, value));
    } catch (error) {
      this.loading = undefined;
      this.problem ??= this.parent.appendChild(document.createElement("p"));
      const { message } = /** @type {Error} */ (error);
      this.problem.textContent = `This part of the page did not load (${message}). Reload the page.`;
      return;
    }
    await this.component.update({ ...data, base: this.base });
  }
}
