/**
 * Sentences that visitors read, in their language: t("English text"), or t`${n} of ${m} answered` with values in it.
 *
 * @param {string | TemplateStringsArray} text
 * @param {...unknown} values
 */
export function t(text, ...values) {
  return typeof text === "string" ? text : text.reduce((before, part, i) => `${before}${values[i - 1]}${part}`);
}
