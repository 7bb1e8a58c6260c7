/** Elements of a page, and the controls that several pages share. */

import { t, translate } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Properties of an element, as `element` takes them. A number is as good as text, because the browser converts it.
 *
 * @template E
 * @typedef {{[K in keyof E]?: E[K] extends string ? E[K] | number : E[K]} & {role?: string}} Properties
 */

/**
 * What a drop-down or a row of radio buttons offers: the value and its text.
 *
 * @template [V=string | number]
 * @typedef {readonly [value: V, text: string]} Option
 */

/** @typedef {HTMLSelectElement & {fill(options: readonly Option[]): void}} Select */
/** @typedef {ReturnType<typeof figure>} Figure */

/**
 * @template {string} [V=string]
 * @typedef {{element: HTMLDivElement, inputs: Map<V, HTMLInputElement>, choose(value: V): void}} Segmented
 */

/**
 * A DOM element with properties and children. Text is inserted as text, so that no name can become markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties<HTMLElementTagNameMap[Tag]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const { role, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  if (role) node.setAttribute("role", role);
  node.append(...children);
  return node;
}

/**
 * An SVG element with these attributes.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} name
 * @param {Record<string, string | number>} attributes
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svgElement(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, `${value}`);
  return node;
}

/**
 * The canvas' drawing context.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error(t("This browser cannot draw on a canvas. Close other tabs and reload the page."));
  return context;
}

/**
 * A button with a text, and a title that shows when the pointer rests on it.
 *
 * @param {string} text
 * @param {string} title
 * @param {(event: MouseEvent) => void} onclick
 */
export function button(text, title, onclick, ariaLabel = text) {
  return element("button", { type: "button", title, onclick, ariaLabel }, text);
}

/**
 * A labelled drop-down. onChange receives the value; `fill` replaces the options.
 *
 * @param {string} label
 * @param {readonly Option[]} options
 * @param {(value: string) => void} onChange
 * @returns {Select}
 */
export function select(label, options, onChange) {
  const node = element("select", { ariaLabel: label });
  const fill = (/** @type {readonly Option[]} */ newOptions) => {
    node.replaceChildren(...newOptions.map(([value, text]) => element("option", { value }, text)));
  };
  fill(options);
  node.addEventListener("change", () => onChange(node.value));
  return Object.assign(node, { fill });
}

let groups = 0;

/**
 * A row of radio buttons that looks like one control. `choose` marks one and does not call onChange.
 *
 * @template {string} V
 * @param {string} label
 * @param {readonly Option<V>[]} options
 * @param {(value: V) => void} onChange
 * @returns {Segmented<V>}
 */
export function segmented(label, options, onChange) {
  const name = `${label} ${groups++}`; // radio buttons of one name exclude each other
  /** @type {Map<V, HTMLInputElement>} */
  const inputs = new Map();
  const group = element("div", { className: "segmented", role: "radiogroup", ariaLabel: label });
  for (const [value, text] of options) {
    const input = element("input", { type: "radio", name, value });
    input.addEventListener("change", () => onChange(value));
    inputs.set(value, input);
    group.append(element("label", {}, input, element("span", {}, text)));
  }
  const choose = (/** @type {V} */ value) => {
    const input = inputs.get(value);
    if (!input) throw new Error(`${label} offers no ${value}, only ${[...inputs.keys()].join(", ")}.`);
    input.checked = true;
  };
  return { element: group, inputs, choose };
}

/** A picture with a caption beneath. */
export function figure(/** @type {string} */ className, /** @type {string} */ description) {
  const canvas = element("canvas", { className, role: "img", ariaLabel: description, width: 1, height: 1 });
  const caption = element("figcaption", {});
  return { element: element("figure", {}, canvas, caption), canvas, caption };
}

/** Sets a node's text where it differs: the browser does a new layout at each assignment. */
export function say(/** @type {Node} */ node, /** @type {string} */ text) {
  if (node.textContent !== text) node.textContent = text;
}

/** "z₇" for 7. */
export function subscript(/** @type {number} */ i) {
  return `z${String(i).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)])}`;
}

/**
 * Calls onMove(event) while the main button is held down on a node, also beyond its edge, then onRelease().
 *
 * @param {HTMLElement} node
 * @param {(event: PointerEvent) => void} onMove
 * @param {() => void} onRelease
 */
export function onDrag(node, onMove, onRelease) {
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    node.setPointerCapture(event.pointerId);
    onMove(event);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (node.hasPointerCapture(event.pointerId)) onMove(event);
  };
  node.addEventListener("pointerdown", down);
  node.addEventListener("pointermove", move);
  node.addEventListener("lostpointercapture", () => onRelease());
}

const VIEW_MARGIN = 8; // CSS pixels

/**
 * Moves what has opened over the page as far as it needs to lie within the window; of what is larger, the top left corner.
 * It needs position "absolute" or "fixed", and a width that the window has.
 *
 * @param {HTMLElement} panel
 */
export function keepInView(panel) {
  panel.style.translate = "0 0";
  const { left, right, top, bottom } = panel.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  panel.style.translate = `${moveInside(left, right, clientWidth)}px ${moveInside(top, bottom, clientHeight)}px`;
}

/**
 * How far to move what reaches from `low` to `high` so that it lies within 0 and `size`.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} size
 */
function moveInside(low, high, size) {
  return Math.max(VIEW_MARGIN, Math.min(low, size - VIEW_MARGIN - (high - low))) - low;
}

/** What an error that was caught says. */
export function messageOf(/** @type {unknown} */ error) {
  return error instanceof Error ? translate(error.message) : `${error}`;
}
