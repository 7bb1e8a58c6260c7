/** Links to other pages that go on comparing: opening one loads the app anew, which then knows only what the link says. */

/**
 * The address with the models of the page's own link that are compared, where there are any.
 *
 * @param {string} href with a query
 * @param {string} [search] the query of the page's address
 */
export function keepCompared(href, search = location.search) {
  const names = new URLSearchParams(search).get("compare");
  return names ? `${href}&compare=${encodeURIComponent(names).replaceAll("%2C", ",")}` : href;
}
