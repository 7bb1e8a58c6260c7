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
 * @param {History} history
 * @param {Location} location
 */
export function keepPlaces(history, location) {
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, address) => {
    const before = new URL(location.href);
    if (isOtherPlace(before, new URL(address ?? "", before))) push(state, unused, address);
    else history.replaceState(state, unused, address);
  };
}
