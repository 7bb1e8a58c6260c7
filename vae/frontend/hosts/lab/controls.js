/**
 * The host's controls beside the title: what a view offers as a whole, such as the test image or the projection.
 *
 * @import { Control } from "./session.js"
 *
 * A control on the page. show: takes the newest description, whose structure is the same.
 *
 * @typedef {{nodes: Node[], show: (control: any) => void}} Widget
 */

import { button, element, segmented, select } from "../../lib/dom.js";
import { numberField } from "../../lib/fields.js";
import { openBy } from "../../lib/popover.js";

export class Controls {
  /** @type {Widget[]} */
  widgets = [];
  structure = "";
  root = element("div", { className: "lab-controls" });

  /** @param {() => void} onChange called after a control's value has been taken */
  constructor(onChange) {
    this.onChange = onChange;
    this.element = element("div");
  }

  /** @param {string} styles */
  attach(styles) {
    this.element.attachShadow({ mode: "open" }).append(element("style", {}, styles), this.root);
  }

  /**
   * Fields stay while what they offer is the same: the user may be typing.
   *
   * @param {Control[]} controls
   */
  show(controls) {
    const structure = JSON.stringify(controls, (key, value) => (key === "value" ? undefined : value));
    if (structure !== this.structure) {
      this.structure = structure;
      this.widgets = controls.map((control) => this.widget(control));
      this.root.replaceChildren(...this.widgets.flatMap(({ nodes }) => nodes));
    }
    this.widgets.forEach((widget, i) => {
      widget.show(controls[i]);
    });
  }

  /** @param {Control} control @returns {Widget} */
  widget(control) {
    if (control.kind === "number") return this.number(control);
    if (control.kind === "panel") return this.panel(control);
    if (control.kind === "note") return { nodes: [element("p", {}, control.text)], show: () => {} };
    if (control.kind === "checks") return this.checks(control);
    return control.kind === "row" ? this.row(control) : this.choice(control);
  }

  /**
   * Boxes to check, at most so many; the choice keeps the order in which they were checked.
   *
   * @param {import("./session.js").ChecksControl} control
   * @returns {Widget}
   */
  checks({ label, options, most }) {
    const newest = { value: /** @type {string[]} */ ([]), take: (/** @type {string[]} */ _) => {} };
    const boxes = options.map(([value]) => element("input", { type: "checkbox", value }));
    const show = () => {
      for (const box of boxes) {
        box.checked = newest.value.includes(box.value);
        box.disabled = !box.checked && newest.value.length >= most;
      }
    };
    for (const box of boxes) {
      box.addEventListener("change", () => {
        const others = newest.value.filter((value) => value !== box.value);
        newest.value = box.checked ? [...others, box.value] : others;
        show();
        newest.take(newest.value);
        this.onChange();
      });
    }
    const rows = options.map(([, text], i) => element("label", {}, boxes[i], element("span", {}, text)));
    const node = element("fieldset", {}, element("legend", {}, label), ...rows);
    return {
      nodes: [node],
      show: ({ value, take }) => {
        Object.assign(newest, { value, take });
        show();
      },
    };
  }

  /** @param {import("./session.js").NumberControl} control @returns {Widget} */
  number({ label, help = "", least, most, whole, by }) {
    const field = numberField({ whole, by, min: `${least}`, max: `${most}`, ariaLabel: label });
    const newest = { take: (/** @type {number} */ _) => {} };
    field.addEventListener("change", () => {
      newest.take(field.read());
      this.onChange();
    });
    const node = element("label", { title: help }, element("span", {}, label), field);
    return {
      nodes: [node],
      show: (control) => {
        newest.take = control.take;
        field.show(control.value);
      },
    };
  }

  /** @param {import("./session.js").ChoiceControl} control @returns {Widget} */
  choice({ label, help = "", options }) {
    const newest = { take: (/** @type {string} */ _) => {} };
    const field = select(label, options, (value) => {
      newest.take(value);
      this.onChange();
    });
    const node = element("label", { title: help }, element("span", {}, label), field);
    return {
      nodes: [node],
      show: (control) => {
        newest.take = control.take;
        field.value = control.value;
      },
    };
  }

  /** @param {import("./session.js").ChoiceControl} control @returns {Widget} */
  row({ label, options }) {
    const newest = { take: (/** @type {string} */ _) => {} };
    const field = segmented(label, options, (value) => {
      newest.take(value);
      this.onChange();
    });
    return {
      nodes: [field.element],
      show: (control) => {
        newest.take = control.take;
        field.choose(control.value);
      },
    };
  }

  /** @param {import("./session.js").PanelControl} control @returns {Widget} */
  panel({ label, controls }) {
    const widgets = controls.map((control) => this.widget(control));
    const open = button(label, label, () => {});
    const panel = element("div", { className: "lab-panel", role: "dialog", ariaLabel: label });
    panel.append(...widgets.flatMap(({ nodes }) => nodes));
    openBy(open, panel);
    return {
      nodes: [open, panel],
      show: (/** @type {import("./session.js").PanelControl} */ newest) => {
        widgets.forEach((widget, i) => {
          widget.show(newest.controls[i]);
        });
      },
    };
  }
}
