/**
 * The Training component: the film of a run, while it is written and afterwards, or two films side by side. Everything
 * that moves is handled here; Python is sent a run's change of state.
 */

import { button, element, say, segmented } from "../lib/dom.js";
import { hasFrames } from "../lib/film.js";
import { rangeOf } from "./charts.js";
import { Export } from "./export.js";
import { Feed } from "./feed.js";
import { History } from "./history.js";
import { largestKl } from "./kl-bars.js";
import { halvesOf } from "./map.js";
import { Panel } from "./panel.js";
import { Scrubber } from "./scrubber.js";
import { FilmView } from "./view.js";
import { comparison, epochsOf } from "./words.js";

/** @import { Reference } from "./charts.js" */
/** @import { FilmChoice, Run } from "./feed.js" */
/** @import { FilmWithFrames } from "../lib/film.js" */
/** @import { HistoryData } from "./history.js" */
/** @import { PanelData, Command } from "./panel.js" */

/**
 * What Python sends: vae/ui/pages/training. history: shown in place of films. dataset_names: as people write them.
 *
 * @typedef {{ base: string, films: FilmChoice[], history: HistoryData | null, references: Reference[],
 *   palette: string[], dataset_names: Record<string, string> }} FilmData
 * @typedef {FilmData & PanelData} Data
 */

const PHONE = 560,
  NARROW = 900; // CSS pixels of width: the panel is below the film

export default class Training {
  grid = false; // whether the map is the decoded plane instead of the points
  /** @type {FilmView[]} */
  views = [];
  /** @type {Data | null} */
  data = null;
  /** @type {Feed | null} */
  feed = null;
  /** @type {Export | null} */
  exporting = null;
  history = new History();

  /**
   * @param {HTMLElement} parent
   * @param {(name: "changed" | "command", value: { name: string, state: Run["state"] } | Command) => void} send
   */
  constructor(parent, send) {
    this.send = send;
    this.scrubber = new Scrubber((share) => this.show(share));
    this.films = element("div", { className: "films" });
    this.gridSwitch = segmented(
      "The map shows",
      [
        ["points", "Points"],
        ["grid", "Decoded grid"],
      ],
      (value) => this.chooseMap(value),
    );
    this.gridSwitch.choose("points");
    this.download = button(
      "GIF",
      "The film as an animation that repeats for ever",
      () => void this.save(),
      "Download the film as GIF",
    );
    this.progressText = element("span", { className: "progress-text", role: "status", ariaLive: "polite" });
    const tools = [...this.scrubber.tools, this.gridSwitch.element, this.download, this.progressText];
    this.controls = element("div", { className: "controls", hidden: true }, this.scrubber.element);
    this.controls.append(element("div", { className: "tools" }, ...tools));
    this.panel = new Panel((command) => send("command", command));
    this.note = element("p", { className: "note", hidden: true });
    this.panel.reason.before(this.note);
    const main = element("div", { className: "main" }, this.films, this.history.element, this.controls);
    this.root = element("div", { className: "training" }, main, this.panel.element);
    parent.append(this.root);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.root);
  }

  /**
   * Begins again with other films; continues where it is with the same ones.
   *
   * @param {Data} data
   */
  update(data) {
    this.data = data;
    if (!this.feed?.goesOnWith(data.films)) this.setFilms(data);
    this.panel.update(data);
    for (const view of this.views) view.describeModel(data.words[view.name] ?? "");
    this.showNote(data);
    this.history.show(data.history, data.references, data.palette);
    this.refresh();
    this.resize(); // the theme may have changed
  }

  /**
   * Says why the film of another model is shown than that of the chosen one.
   *
   * @param {Data} data
   */
  showNote({ selection: { note, curves } }) {
    this.note.hidden = !note;
    this.note.replaceChildren(note, " ");
    const instead = () => this.panel.showFilms(curves ?? "", "");
    if (curves !== null) this.note.append(button(`Curves of ${curves}`, "How it was trained", instead));
  }

  /** @param {Data} data */
  setFilms({ base, films }) {
    this.feed?.close();
    for (const view of this.views) {
      view.close();
      this.sizes.unobserve(view.charts);
    }
    this.views = films.map(({ name }) => new FilmView(name));
    if (this.views.length > 1) for (const { pictures } of this.views) pictures.sampleRows = 1; // there is less room
    this.films.replaceChildren(...this.views.map((view) => view.element));
    for (const view of this.views) this.sizes.observe(view.charts); // the pictures above take their room when they come
    this.root.classList.toggle("two", this.views.length > 1);
    this.scrubber.stop();
    this.scrubber.following = true;
    this.feed = new Feed(base, films, {
      onChange: () => this.refresh(),
      onState: (name, state) => this.send("changed", { name, state }),
    });
  }

  /** Shows what is new from the server. */
  refresh() {
    if (!this.feed || !this.data) return;
    const { items, lost } = this.feed,
      { dataset_names: names } = this.data,
      films = this.filmsWithFrames();
    for (const [i, item] of items.entries()) this.views[i].showState(item, lost, names);
    this.takeFilms(films);
    const two = items.length > 1 && films.length > 1;
    this.panel.sayComparison(two ? comparison(films[0].head, films[1].head, names) : "");
    this.controls.hidden = !films.length;
    this.gridSwitch.element.hidden = !films.some(({ head }) => head.side);
    this.download.disabled = !films.length;
    if (!films.length) return;
    const shares = new Set(films.flatMap(({ frames }) => frames.map(({ share }) => share)));
    const growing = items.some(({ unfinished }) => unfinished);
    this.scrubber.setFrames(
      [...shares].sort((a, b) => a - b),
      growing,
    );
  }

  filmsWithFrames() {
    return (this.feed?.items ?? []).map(({ film }) => film).filter(hasFrames);
  }

  /**
   * Gives each view its film; two films of the same data set share their scales, so that they can be compared.
   *
   * @param {FilmWithFrames[]} films
   */
  takeFilms(films) {
    if (!this.data || !this.feed) return;
    const { references } = this.data,
      halves = halvesOf(films);
    for (const [i, { film }] of this.feed.items.entries()) {
      if (!hasFrames(film)) continue;
      const alike = films.filter(({ head }) => head.dataset === film.head.dataset);
      this.views[i].setFilm(film, this.data, {
        half: halves[films.indexOf(film)],
        reconstruction: rangeOf(alike, "reconstruction", references),
        kl: rangeOf(alike, "kl", references),
        largestKl: largestKl(alike),
      });
    }
  }

  /**
   * Moves all views to this share of the run.
   *
   * @param {number} share
   */
  show(share) {
    this.scrubber.name(this.momentOf(share));
    for (const view of this.views) view.show(share, this.grid);
  }

  /** @param {number} share */
  momentOf(share) {
    const films = this.filmsWithFrames(),
      [first] = films;
    if (films.some(({ head }) => head.epochs !== first.head.epochs)) {
      return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} % of the run`;
    }
    const { epochs } = first.head,
      { epoch } = first.frames[first.indexAt(share)];
    return `epoch ${epochsOf(films.length > 1 ? share * epochs : epoch)} of ${epochs}`;
  }

  /** @param {"points" | "grid"} value */
  chooseMap(value) {
    this.grid = value === "grid";
    this.show(this.scrubber.share);
    this.resize();
  }

  resize() {
    const { clientWidth: width } = this.root;
    this.root.classList.toggle("phone", width < PHONE);
    this.root.classList.toggle("narrow", width < NARROW);
    for (const view of this.views) view.resize();
    this.history.draw();
  }

  async save() {
    if (!this.data || !this.feed) return;
    this.download.disabled = true;
    const films = this.feed.items.flatMap(({ name, film }) => (hasFrames(film) ? [{ name, film }] : []));
    const style = getComputedStyle(this.root);
    const paper = style.getPropertyValue("--st-background-color");
    const look = { palette: this.data.palette, ink: style.color, paper, ratio: 1, scale: 1 };
    try {
      this.exporting = new Export(films, look, (text) => say(this.progressText, text));
      await this.exporting.save(this.grid);
    } finally {
      this.download.disabled = false;
    }
  }

  close() {
    this.feed?.close();
    this.exporting?.close();
    this.scrubber.stop();
    this.sizes.disconnect();
    for (const view of this.views) view.close();
    this.root.remove();
  }
}
