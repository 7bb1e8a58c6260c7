/** Elements by key: what stays is the same element, so that a list that changes keeps its focus. */

/**
 * @template Item
 * @typedef {{element: HTMLElement, update(item: Item): void}} Entry
 */

/** @template Item */
export class KeyedList {
  /** @type {Map<string, Entry<Item>>} */
  entries = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {(key: string) => Entry<Item>} make
   */
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
  }

  /** @param {readonly (readonly [key: string, item: Item])[]} items in their order */
  show(items) {
    const kept = new Set(items.map(([key]) => key));
    for (const [key, { element }] of this.entries) {
      if (kept.has(key)) continue;
      element.remove();
      this.entries.delete(key);
    }
    items.forEach(([key, item], place) => {
      const entry = this.entries.get(key) ?? this.make(key);
      this.entries.set(key, entry);
      entry.update(item);
      const there = this.parent.children[place];
      if (there !== entry.element) this.parent.insertBefore(entry.element, there ?? null);
    });
  }
}
