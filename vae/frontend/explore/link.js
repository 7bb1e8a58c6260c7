/** The link to a z. */

/**
 * This page's address with z in it; every other parameter stays.
 *
 * @param {number[]} z
 */
export function linkTo(z) {
  const url = new URL(location.href);
  url.searchParams.delete("z");
  url.search += `${url.search ? "&" : "?"}z=${z.join(",")}`;
  return url.href;
}
