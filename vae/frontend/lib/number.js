/** Numbers as people type and paste them. */

const FULL_WIDTH = /[\uff01-\uff5e]/g, // of East Asian keyboards: each stands 0xfee0 after its plain character
  SHIFT = 0xfee0;
const MINUS = /[\u2010-\u2013\u2212\ufe63]/g; // hyphens, the en dash, the minus sign, a small hyphen
const NUMBER = /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i;

/** The text with plain digits, signs and stops. */
export function plainText(/** @type {string} */ text) {
  const narrow = text.replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - SHIFT));
  return narrow.replace(MINUS, "-").trim();
}

/** The number that a text is, with a decimal point or a decimal comma; NaN where it is none, or none that is finite. */
export function parseNumber(/** @type {string} */ text) {
  const plain = plainText(text);
  const value = NUMBER.test(plain) ? Number(plain.replace(",", ".")) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/**
 * The numbers of a text, with commas, semicolons or white space between them; a decimal comma is read where others than
 * commas separate. NaN for each part that is no number; none for an empty text.
 */
export function parseNumbers(/** @type {string} */ text) {
  const plain = plainText(text);
  const others = /;|[^\s,;]\s+[^\s,;]/.test(plain); // then a comma between two digits is a decimal one
  const parts = plain.split(others ? /\s*;\s*|\s*,?\s+/ : /\s*,\s*/);
  return plain ? parts.map(parseNumber) : [];
}
