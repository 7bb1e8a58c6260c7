/** Drawings that students hand in: approved one by one, on the class's map, hidden, picked to be presented, trained on. */

/** @import { DrawingState } from "../state.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Drawing } from "./drawings.js" */

import { button, element, messageOf, say, segmented } from "../../lib/dom.js";
import { SharedMap } from "../shared-map.js";
import { confirmed } from "./confirm.js";
import { inState, nextOf, STATES } from "./drawings.js";
import { hide } from "./focus.js";
import { KeyedList } from "./keyed-list.js";
import { rove } from "./roving.js";
import { drawTile } from "./tiles.js";
import { trainForm } from "./train-form.js";

/** @typedef {{drawing: Drawing, chosen: boolean, place: number}} Shown place: among the picks, 0 for none */

const AT_ONCE = 8; // commands on their way

export class DrawingsTab {
  /** @type {DrawingState} */
  list = "waiting";
  /** @type {string | null} */
  chosen = null;
  /** The ids that are listed. @type {string[]} */
  listed = [];
  mapModel = ""; // whose points the map shows, or is about to

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.lists = segmented("Which drawings", STATES, (state) => {
      this.list = state;
      this.chosen = null;
      this.show();
    });
    this.lists.choose("waiting");
    const all = () => this.approveAll();
    this.approve = button("Approve all", "All drawings that wait come onto the map", all);
    this.grid = element("div", { className: "thumbs", role: "group", ariaLabel: "Drawings" });
    this.empty = element("p", { className: "quiet" });
    /** @type {KeyedList<Shown>} */
    this.thumbs = new KeyedList(this.grid, (id) => this.thumbNode(id));
    this.refresh = rove(this.grid);
    this.detail = new DrawingDetail(desk);
    this.map = new SharedMap(desk.base);
    this.mapProblem = element("p", { className: "problem", role: "status" });
    this.train = trainForm(desk);
    this.progress = element("span"); // of approving all
    const tools = element("div", { className: "tools" }, this.lists.element, this.approve, this.progress);
    const left = element("div", { className: "drawings-place" }, tools, this.empty, this.grid, this.detail.element);
    const right = element(
      "section",
      { className: "map-place" },
      element("h2", {}, "The class's map"),
      this.map.element,
    );
    right.append(this.mapProblem, this.train.element);
    this.element = element("div", { className: "drawings-tab" }, left, right);
  }

  show() {
    const { drawings, map, class: about } = this.desk.state;
    for (const [state, text] of STATES) {
      const node = this.lists.inputs.get(state)?.nextElementSibling;
      if (node) say(node, `${text} ${inState(drawings, state).length}`);
    }
    const found = inState(drawings, this.list),
      ids = found.map(([id]) => id);
    if (this.chosen === null || !ids.includes(this.chosen)) this.chosen = nextOf(this.listed, ids, this.chosen);
    this.listed = ids;
    const shown = found.map(([id, drawing]) => {
      const place = this.desk.picks.place({ kind: "drawing", id });
      return /** @type {const} */ ([id, { drawing, chosen: id === this.chosen, place }]);
    });
    this.thumbs.show(shown);
    this.refresh();
    this.empty.hidden = found.length > 0;
    const none = { waiting: "No drawing waits.", approved: "No drawing is on the map yet.", hidden: "None is hidden." };
    say(this.empty, none[this.list]);
    const list = this.lists.inputs.get(this.list);
    hide(this.approve, this.list !== "waiting" || found.length < 2, list);
    this.detail.show(this.chosen);
    hide(this.detail.element, this.chosen === null, list);
    this.map.setDrawings(map);
    this.train.show(Object.keys(map).length);
    if (about) void this.loadMap(about.model);
  }

  /** @param {string} model */
  async loadMap(model) {
    if (model === this.mapModel) return;
    this.mapModel = model;
    try {
      const answer = await fetch(`${this.desk.base}/lab/data?view=explore&model=${encodeURIComponent(model)}`);
      if (!answer.ok) throw new Error(await answer.text());
      const { data } = await answer.json();
      if (this.mapModel === model) this.map.setModel(data);
      say(this.mapProblem, "");
    } catch (error) {
      this.mapModel = "";
      say(this.mapProblem, `The map's points did not load: ${messageOf(error)}`);
    }
  }

  /** @param {string} id */
  thumbNode(id) {
    const canvas = element("canvas"),
      mark = element("span", { className: "mark" });
    const node = button("", "", () => this.choose(id));
    node.className = "thumb";
    node.tabIndex = -1;
    node.append(canvas, mark);
    let drawn = "";
    const update = (/** @type {Shown} */ { drawing, chosen, place }) => {
      if (drawing.picture !== drawn) drawTile(canvas, { pixels: drawing.picture, shape: drawing.shape });
      drawn = drawing.picture;
      say(mark, place ? `${place}` : "");
      node.ariaPressed = `${chosen}`;
      node.title = node.ariaLabel = `“${drawing.label}” by ${this.desk.state.seats[drawing.seat]?.name ?? "a student"}`;
    };
    return { element: node, update };
  }

  /** @param {string} id */
  choose(id) {
    this.chosen = id;
    this.show();
  }

  /** Approves a few at a time: what the teacher does meanwhile is not behind hundreds of commands. Ends at a refusal. */
  async approveAll() {
    if (this.progress.textContent) return; // it goes on
    const waiting = inState(this.desk.state.drawings, "waiting").map(([id]) => Number(id)),
      all = waiting.length;
    let done = 0;
    const send = async () => {
      for (let drawing = waiting.shift(); drawing !== undefined; drawing = waiting.shift()) {
        say(this.progress, `${done} of ${all} approved …`);
        if (await this.desk.command("drawing", { drawing, state: "approved" })) done++;
        else waiting.length = 0;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    say(this.progress, "");
  }

  close() {
    this.map.close();
  }
}

/** The drawing that was chosen. */
class DrawingDetail {
  /** @type {string | null} */
  id = null;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.canvas = element("canvas", { role: "img" });
    this.about = element("p", {});
    const state = (/** @type {DrawingState} */ to) => () =>
      void desk.command("drawing", { drawing: Number(this.id), state: to });
    this.approve = button("Approve", "It comes onto the map, which everybody sees", state("approved"));
    this.approve.className = "primary";
    this.hide = button("Hide", "Nobody but its student and you sees it", state("hidden"));
    this.pick = button("Present", "Picks it for the projector, without a name", () => {
      if (this.id !== null) desk.picks.toggle({ kind: "drawing", id: this.id });
      desk.calls.onChange();
    });
    const answers = { yes: "Delete it", no: "Keep it" };
    const remove = confirmed("Delete", "The drawing is gone for good", answers, () =>
      desk.command("delete_drawing", { drawing: Number(this.id) }),
    );
    const buttons = element("div", { className: "stack" }, this.approve, this.hide, this.pick, remove);
    this.element = element("aside", { className: "detail drawing-detail", ariaLabel: "The chosen drawing" });
    this.element.append(this.canvas, element("div", { className: "stack" }, this.about, buttons));
  }

  /** @param {string | null} id */
  show(id) {
    const drawing = id === null ? undefined : this.desk.state.drawings[id];
    this.id = id;
    if (!drawing || id === null) return;
    drawTile(this.canvas, { pixels: drawing.picture, shape: drawing.shape });
    this.canvas.ariaLabel = `The drawing “${drawing.label}”`;
    say(this.about, `“${drawing.label}” by ${this.desk.state.seats[drawing.seat]?.name ?? "a student"}`);
    this.approve.hidden = drawing.state === "approved";
    this.hide.hidden = drawing.state === "hidden";
    this.pick.hidden = drawing.state !== "approved";
    const picked = this.desk.picks.place({ kind: "drawing", id }) > 0;
    say(this.pick, picked ? "Do not present" : "Present");
    Object.assign(this.pick, { ariaLabel: picked ? "Do not present" : "Present", ariaPressed: `${picked}` });
  }
}
