/** A grid of buttons that is one stop of the Tab key: arrows, Home and End move in it. */

/** @type {{ [key: string]: (at: number, count: number, columns: number) => number }} */
const MOVES = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowUp: (at, _, columns) => at - columns,
  ArrowDown: (at, _, columns) => at + columns,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/**
 * Lets keys move in a grid. `refresh`, which this returns, has to be called after its buttons have changed.
 *
 * @param {HTMLElement} grid
 */
export function rove(grid) {
  const buttons = () => /** @type {HTMLElement[]} */ ([...grid.querySelectorAll("button")]);
  const stop = (/** @type {HTMLElement} */ at) => {
    for (const node of buttons()) node.tabIndex = node === at ? 0 : -1;
  };
  grid.addEventListener("focusin", ({ target }) => stop(/** @type {HTMLElement} */ (target)));
  grid.addEventListener("keydown", (event) => {
    const all = buttons(),
      at = all.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = MOVES[event.key]?.(at, all.length, columnsOf(all));
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    all[to]?.focus();
  });
  return () => {
    const all = buttons();
    if (all.length && !all.some((node) => node.tabIndex === 0)) stop(all[0]);
    else if (all.filter((node) => node.tabIndex === 0).length > 1) stop(all[0]);
  };
}

/** How many buttons the first row has. @param {readonly HTMLElement[]} all */
export function columnsOf(all) {
  const next = all.findIndex(({ offsetTop }) => offsetTop !== all[0].offsetTop);
  return next < 0 ? Math.max(1, all.length) : next;
}
