/** The clipboard. */

/**
 * Copies text; true if it worked. The clipboard API exists on https and localhost only, and a class often has neither.
 *
 * @param {string} text
 * @param {Node} place where a field may stand for a moment
 */
export async function copyText(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    place.appendChild(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
