/** Controls that take a number: sliders, and fields to type it in. */

import { element } from "./dom.js";
import { round4 } from "./math.js";
import { parseNumber } from "./number.js";
import { t } from "./words.js";

/** @import { Properties } from "./dom.js" */
/** @typedef {{min?: number, max?: number, step?: number | "any", value?: number}} Range */
/** @typedef {ReturnType<typeof slider>} Slider */
/**
 * `read` gives the number in the field, NaN while there is none that it may have; `show` sets it.
 *
 * @typedef {HTMLInputElement & {read(): number, show(value: string | number): void}} NumberField
 */

/**
 * A slider that leaves a vertical swipe to the page. A browser moves the thumb already when a finger comes down: such a
 * movement counts once the finger has moved along the slider or is lifted, and is undone where the page scrolls instead.
 *
 * @param {Properties<HTMLInputElement>} options
 */
export function rangeField(options) {
  const field = element("input", { type: "range", ...options });
  field.style.touchAction = "pan-y";
  /** @type {{id: number, x: number, y: number, before: string, tapped: string | null} | null} */
  let touch = null; // whose direction is not known yet
  field.addEventListener("pointerdown", ({ pointerType, isPrimary, pointerId: id, clientX: x, clientY: y }) => {
    if (pointerType !== "mouse" && isPrimary) touch = { id, x, y, before: field.value, tapped: null };
  });
  field.addEventListener("pointermove", ({ pointerId, clientX, clientY }) => {
    if (touch?.id === pointerId && Math.abs(clientX - touch.x) > Math.abs(clientY - touch.y)) touch = null;
  });
  field.addEventListener("input", (event) => {
    if (!touch) return;
    event.stopImmediatePropagation();
    touch.tapped = field.value;
    field.value = touch.before;
  });
  field.addEventListener("pointercancel", () => {
    touch = null;
  });
  field.addEventListener("pointerup", () => {
    const tapped = touch?.tapped;
    touch = null;
    if (tapped === undefined || tapped === null) return;
    field.value = tapped;
    field.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  });
  return field;
}

/**
 * A labelled slider with its value beside it. onInput is called while it moves, onChange when it is released; `set`
 * calls neither.
 *
 * @param {string} label
 * @param {Range} range
 * @param {{show?: (value: number) => string, onInput: (value: number) => void, onChange?: (value: number) => void}} options
 */
export function slider(label, range, { show = String, onInput, onChange = () => {} }) {
  const input = rangeField({ ariaLabel: label, ...range });
  const output = element("output", {}, show(input.valueAsNumber));
  const set = (/** @type {number | string} */ value) => {
    input.value = `${value}`;
    output.textContent = show(input.valueAsNumber);
  };
  input.addEventListener("input", () => {
    output.textContent = show(input.valueAsNumber);
    onInput(input.valueAsNumber);
  });
  input.addEventListener("change", () => onChange(input.valueAsNumber));
  return { element: element("label", { className: "slider" }, label, input, output), input, set };
}

/**
 * A field to type a number in: of type "text", because a browser makes 125 of "1,25" in one of type "number". What is no
 * number from min to max, or of whole ones no whole number, stays as it was typed and is marked, and no "change" tells of
 * it. `show` sets the value, but neither while the user types nor over a marked text before the value is another.
 *
 * @param {Properties<HTMLInputElement> & {whole?: boolean, by?: number}} options by: what an arrow key adds
 * @returns {NumberField}
 */
export function numberField({ whole = false, by = 1, ...options }) {
  const inputMode = whole ? "numeric" : "decimal";
  const field = element("input", { type: "text", role: "spinbutton", autocomplete: "off", inputMode, ...options });
  let typing = false,
    shown = field.value;
  const set = (/** @type {string} */ text) => {
    field.value = field.ariaValueNow = text;
    mark(field, "");
  };
  const read = () => {
    const value = parseNumber(field.value);
    return limit(field, value) === value && (!whole || Number.isInteger(value)) ? value : Number.NaN;
  };
  const show = (/** @type {string | number} */ value) => {
    const same = `${value}` === shown;
    shown = `${value}`;
    if (!typing && !(same && field.ariaInvalid === "true")) set(shown);
  };
  field.addEventListener("input", () => {
    typing = true;
    const value = read();
    if (Number.isNaN(value)) return;
    shown = `${value}`; // as the page will have it
    mark(field, "");
  });
  for (const type of ["change", "blur"]) {
    field.addEventListener(type, (event) => {
      if (!typing && type === "blur") return;
      typing = false;
      if (!Number.isNaN(read())) return;
      event.stopImmediatePropagation(); // nothing to tell
      if (field.value.trim()) mark(field, expected(field, whole));
      else set(shown);
    });
  }
  field.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    const from = read();
    field.value = `${round4(limit(field, (Number.isNaN(from) ? Number(shown) : from) + direction * by))}`;
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
  });
  return Object.assign(field, { read, show });
}

/**
 * The number in a field's range that is nearest to this one.
 *
 * @param {HTMLInputElement} field
 * @param {number} value
 */
function limit({ min, max }, value) {
  return Math.max(min === "" ? -Infinity : Number(min), Math.min(max === "" ? Infinity : Number(max), value));
}

/**
 * Marks a field as one that does not hold what it should.
 *
 * @param {HTMLInputElement} field
 * @param {string} problem in a sentence, "" for none
 */
function mark(field, problem) {
  field.ariaInvalid = `${Boolean(problem)}`;
  field.ariaDescription = problem;
  field.setCustomValidity(problem); // the browser shows it at the pointer
}

/**
 * @param {HTMLInputElement} field
 * @param {boolean} whole
 */
function expected({ min, max, value }, whole) {
  const bounds = [min && t` from ${min}`, max && t` to ${max}`].filter(Boolean).join("");
  return whole
    ? t`“${value}” is not a whole number${bounds}: it is not used.`
    : t`“${value}” is not a number${bounds}: it is not used.`;
}
