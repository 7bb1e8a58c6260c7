/** The browser's history: an entry for each page and each model that was shown. */

/**
 * Whether an address is another place than the one before: another page, or another model on it. What else is in the link
 * is where one is at that place.
 *
 * @param {URL} before
 * @param {URL} after
 */
export function isOtherPlace(before, after) {
  const [old, now] = [before, after].map(({ searchParams }) => searchParams.get("checkpoint"));
  return before.pathname !== after.pathname || (old !== null && now !== null && old !== now);
}

/**
 * Streamlit makes an entry each time Python changes the link: three for a page that is opened, one for each z. From now on
 * only other places get one, so that Back leads to the page or model before.
 *
 * When the user leaves a page, Streamlit takes what its widgets have in the link out of it before it shows the next page:
 * the page's entry gets back the link that it had at the user's click.
 *
 * @param {{history: History, location: Location, document: EventTarget}} window
 */
export function keepPlaces({ history, location, document }) {
  const push = history.pushState.bind(history);
  /** @type {URL | null} */
  let clicked = null; // the address at the last click on this page
  const note = () => {
    clicked = new URL(location.href);
  };
  document.addEventListener("click", note, { capture: true });
  history.pushState = (state, unused, address) => {
    const before = new URL(location.href),
      after = new URL(address ?? "", before);
    if (!isOtherPlace(before, after)) {
      history.replaceState(state, unused, address);
      return;
    }
    const leaves = after.pathname !== before.pathname;
    if (leaves && clicked && !isOtherPlace(clicked, before)) history.replaceState(history.state, "", clicked);
    clicked = null;
    push(state, unused, address);
  };
}

/**
 * Calls `onChange` after every change of the page's address, until the function that it returns is called.
 *
 * @param {Pick<Window, "history" | "addEventListener" | "removeEventListener">} window
 * @param {() => void} onChange
 */
export function watchAddress({ history, addEventListener, removeEventListener }, onChange) {
  let watching = true;
  for (const name of /** @type {const} */ (["pushState", "replaceState"])) {
    const change = history[name].bind(history);
    history[name] = (...entry) => {
      change(...entry);
      if (watching) onChange();
    };
  }
  addEventListener("popstate", onChange);
  return () => {
    watching = false; // others may have wrapped these since
    removeEventListener("popstate", onChange);
  };
}
