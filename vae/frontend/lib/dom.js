/** Elements of a page, and the controls that several pages share. */

const SVG = "http://www.w3.org/2000/svg";

/** A DOM element with properties and children; text goes in as text, so that no name can become markup. */
export function element(tag, properties = {}, ...children) {
  const { role, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  if (role) node.setAttribute("role", role);
  node.append(...children);
  return node;
}

/** An SVG element with these attributes. */
export function svgElement(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

export function button(text, title, onclick, ariaLabel = text) {
  return element("button", { type: "button", title, onclick, ariaLabel }, text);
}

/** A labelled drop-down. options: [value, text] each; onChange receives the value. */
export function select(label, options, onChange) {
  const node = element("select", { ariaLabel: label });
  const fill = (newOptions) => {
    node.replaceChildren(...newOptions.map(([value, text]) => element("option", { value }, text)));
  };
  fill(options);
  node.addEventListener("change", () => onChange(node.value));
  return Object.assign(node, { fill });
}

/** A row of radio buttons that looks like one control. options: [value, text] each. `choose` marks one. */
export function segmented(label, options, onChange) {
  const name = `${label} ${segmented.count++}`; // radio buttons of one name exclude each other
  const inputs = new Map();
  const group = element("div", { className: "segmented", role: "radiogroup", ariaLabel: label });
  for (const [value, text] of options) {
    const input = element("input", { type: "radio", name, value });
    input.addEventListener("change", () => onChange(value));
    inputs.set(value, input);
    group.append(element("label", {}, input, element("span", {}, text)));
  }
  return { element: group, inputs, choose: (value) => (inputs.get(value).checked = true) };
}
segmented.count = 0;

/** A labelled slider with its value beside it. onInput while it moves, onChange when it is let go. */
export function slider(label, range, { show = String, onInput, onChange = () => {} }) {
  const input = element("input", { type: "range", ariaLabel: label, ...range });
  const output = element("output", {}, show(input.valueAsNumber));
  const set = (value) => {
    input.value = value;
    output.textContent = show(input.valueAsNumber);
  };
  input.addEventListener("input", () => {
    output.textContent = show(input.valueAsNumber);
    onInput(input.valueAsNumber);
  });
  input.addEventListener("change", () => onChange(input.valueAsNumber));
  return { element: element("label", { className: "slider" }, label, input, output), input, set };
}

/** A picture with a caption beneath. */
export function figure(className, description) {
  const canvas = element("canvas", { className, role: "img", ariaLabel: description, width: 1, height: 1 });
  const caption = element("figcaption", {});
  return { element: element("figure", {}, canvas, caption), canvas, caption };
}

/** Changes text only where it differs: it is laid out anew each time. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A number field. field.show(value) leaves it alone while somebody types: what was typed is taken on change. */
export function numberField(options) {
  const field = element("input", { type: "number" });
  let typing = false;
  field.addEventListener("input", () => (typing = true));
  for (const type of ["change", "blur"]) field.addEventListener(type, () => (typing = false));
  field.show = (value) => {
    if (!typing) field.value = value;
  };
  return Object.assign(field, options);
}

/** "z₇" for 7. */
export function subscript(i) {
  return `z${String(i).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}`;
}

/** Calls onMove(event) while the main button is held down on a node, also beyond its edge, then onRelease(). */
export function onDrag(node, onMove, onRelease) {
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    node.setPointerCapture(event.pointerId);
    onMove(event);
  });
  node.addEventListener("pointermove", (event) => node.hasPointerCapture(event.pointerId) && onMove(event));
  node.addEventListener("lostpointercapture", () => onRelease());
}
