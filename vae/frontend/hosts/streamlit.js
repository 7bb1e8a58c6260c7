/**
 * Streamlit's end of every component. Streamlit runs this text itself and calls its default export when it mounts a
 * component and again whenever data or theme change; the component is the class that the module at data.script exports
 * as default, an ordinary module that may import others:
 *
 *   constructor(parentElement, send)   send(name, value) makes value the component's state `name` in Python: a rerun
 *   update(data)                       the newest data, also when only the theme has changed
 *   close()                            undoes everything
 */

const holders = new WeakMap(); // parentElement -> Holder

export default function mount({ data, parentElement, setStateValue }) {
  const holder = holders.get(parentElement) ?? new Holder(parentElement);
  holders.set(parentElement, holder);
  holder.setStateValue = setStateValue;
  holder.update(data);
  return () => {
    if (parentElement.isConnected || holder.closed) return; // Streamlit also cleans up calls whose data is out of date
    holders.delete(parentElement);
    holder.closed = true;
    holder.component?.close();
  };
}

class Holder {
  constructor(parent) {
    this.parent = parent;
  }

  /** The module loads on the first call, and only the newest data counts once it is there. */
  async update(data) {
    this.newest = data;
    try {
      this.loading ??= import(new URL(data.script, location.origin).href);
      const { default: Component } = await this.loading;
      if (this.newest !== data || this.closed) return;
      this.component ??= new Component(this.parent, (name, value) => this.setStateValue(name, value));
    } catch (error) {
      this.loading = undefined;
      this.problem ??= this.parent.appendChild(document.createElement("p"));
      this.problem.textContent = `This part of the page did not load (${error.message}). Reload the page.`;
      return;
    }
    this.component.update(data);
  }
}
