/** The controls that the views of the Interpolation page share. */

import { element } from "./live.js";

export function button(text, title, onclick, ariaLabel = text) {
  return element("button", { type: "button", title, onclick, ariaLabel }, text);
}

/** A labelled drop-down. options: [value, text] each; onChange receives the value. */
export function choice(label, options, onChange) {
  const select = element("select", { ariaLabel: label });
  const fill = (newOptions) => {
    select.replaceChildren(...newOptions.map(([value, text]) => element("option", { value }, text)));
  };
  fill(options);
  select.addEventListener("change", () => onChange(select.value));
  return Object.assign(select, { fill });
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

/** Shows a picture at a whole number of screen pixels per picture pixel, as large as the room allows. */
export function fitPicture(canvas, [, height, width], room) {
  const scale = Math.max(1, Math.floor((room * devicePixelRatio) / Math.max(width, height))) / devicePixelRatio;
  Object.assign(canvas.style, { width: `${scale * width}px`, height: `${scale * height}px` });
  return scale * width;
}

/** Changes text only where it differs: it is laid out anew each time. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
