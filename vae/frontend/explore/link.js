/** The link to a z, and the clipboard that takes it. */

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

/**
 * Copies text; true if it worked. The clipboard API exists on https and localhost only, and a class often has neither.
 *
 * @param {string} text
 * @param {HTMLElement} place
 */
export async function copyText(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    place.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
