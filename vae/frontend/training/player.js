/**
 * The film player: the film of a run, while it is written and afterwards, two films side by side, or the curves of a model
 * without a film. The Training page has it beside its panel; the light page and the file to take home have it alone.
 */

import { button, element, say, segmented } from "../lib/dom.js";
import { homeMenu } from "../lib/download-menu.js";
import { hasFrames } from "../lib/film.js";
import { announce } from "../lib/following.js";
import { t } from "../lib/words.js";
import { rangeOf } from "./charts.js";
import { Export } from "./export.js";
import { Feed } from "./feed.js";
import { changesOf } from "./following.js";
import { History } from "./history.js";
import { largestKl } from "./kl-bars.js";
import { halvesOf } from "./map.js";
import { Scrubber } from "./scrubber.js";
import { FilmView } from "./view.js";
import { comparison, epochsOf } from "./words.js";

/** @import { Reference } from "./charts.js" */
/** @import { FilmChoice, Run } from "./feed.js" */
/** @import { FilmWithFrames } from "../lib/film.js" */
/** @import { Live } from "../lib/following.js" */
/** @import { HistoryData } from "./history.js" */

/**
 * What the host sends: vae/ui/pages/training, hosts/lab/views/training.js. model: the chosen one, "" without. history: shown
 * in place of films. dataset_names: as people write them. words: what a model is, by its name. frame: which frame of the
 * first film a link asks for, the first is 1, null for the last; followed when id is another than before.
 *
 * @typedef {{ base: string, model: string, films: FilmChoice[], history: HistoryData | null, references: Reference[],
 *   palette: string[], dataset_names: Record<string, string>, words: Record<string, string>,
 *   frame: Rest }} FilmData
 */
/** What it sends: a run whose state is another; the frame at which the user rests, as FilmData has it. */
/** @typedef {{ name: string, state: Run["state"] }} Change */
/** @typedef {{ id: number, n: number | null }} Rest */

const PHONE = 560,
  NARROW = 900; // CSS pixels of width: a panel is below the film

export default class Player {
  grid = false; // whether the map is the decoded plane instead of the points
  /** @type {FilmView[]} */
  views = [];
  /** @type {FilmData | null} */
  data = null;
  /** @type {Feed | null} */
  feed = null;
  /** @type {Export | null} */
  exporting = null;
  /** The number of a frame to go to once it is there. @type {number | null} */
  wanted = null;
  frameId = -1; // of the link that was followed last
  /** The frame at which the host knows the user to rest. @type {number | null} */
  rested = null;
  history = new History();
  /** Takes why two films cannot be compared in all they show, "" where they can. @type {(sentence: string) => void} */
  onComparison = (sentence) => {
    say(this.remark, sentence);
    this.remark.hidden = !sentence;
  };

  /**
   * @param {HTMLElement} parent
   * @param {(name: "changed" | "frame", value: Change | Rest) => void} send
   */
  constructor(parent, send) {
    this.send = send;
    this.scrubber = new Scrubber(
      (share) => this.show(share),
      () => this.rest(),
    );
    this.films = element("div", { className: "films" });
    this.gridSwitch = segmented(
      t("The map shows"),
      [
        ["points", t("Points")],
        ["grid", t("Decoded grid")],
      ],
      (value) => this.chooseMap(value === "grid"),
    );
    this.gridSwitch.choose("points");
    this.download = button(
      "GIF",
      t("The film as an animation that repeats for ever"),
      () => void this.save(),
      t("Download the film as GIF"),
    );
    this.progressText = element("span", { className: "progress-text", role: "status", ariaLive: "polite" });
    const downloads = [this.download, ...homeMenu(), this.progressText];
    const tools = [...this.scrubber.tools, this.gridSwitch.element, ...downloads];
    this.controls = element("div", { className: "controls", hidden: true }, this.scrubber.element);
    this.controls.append(element("div", { className: "tools" }, ...tools));
    this.remark = element("p", { className: "reason", hidden: true, role: "status", ariaLive: "polite" });
    const main = element("div", { className: "main" }, this.remark, this.films);
    main.append(this.history.element, this.controls);
    this.root = element("div", { className: "training" }, main);
    parent.append(this.root);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.root);
  }

  /**
   * Begins again with other films; continues where it is with the same ones.
   *
   * @param {FilmData} data
   */
  update(data) {
    this.data = data;
    if (!this.feed?.goesOnWith(data.films)) this.setFilms(data);
    for (const view of this.views) view.describeModel(data.words[view.name] ?? "");
    this.history.show(data.history, data.references, data.palette);
    this.followLink(data.frame);
    this.refresh();
    this.resize(); // the theme may have changed
  }

  /** @param {FilmData} data */
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

  /** @param {FilmData["frame"]} frame */
  followLink({ id, n }) {
    if (id === this.frameId) return;
    this.frameId = id;
    this.wanted = this.rested = n;
    this.scrubber.stop();
    this.scrubber.following = n === null;
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
    this.onComparison(two ? comparison(films[0].head, films[1].head, names) : "");
    this.controls.hidden = !films.length;
    this.gridSwitch.element.hidden = !films.some(({ head }) => head.side);
    this.download.disabled = !films.length;
    if (!films.length) return;
    const shares = new Set(films.flatMap(({ frames }) => frames.map(({ share }) => share)));
    const growing = items.some(({ unfinished }) => unfinished);
    this.goToWanted();
    this.scrubber.setFrames(
      [...shares].sort((a, b) => a - b),
      growing,
    );
  }

  /** Where the link's frame is there, the scrubber's moment becomes that one. A film's last frame stands for later ones. */
  goToWanted() {
    const [item] = this.feed?.items ?? [];
    if (this.wanted === null || !item?.film.frames.length) return;
    const { frames } = item.film,
      found = frames.find(({ number }) => number >= Number(this.wanted));
    this.scrubber.share = (found ?? frames[frames.length - 1]).share;
    if (found || item.finished) this.wanted = null;
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
    announce(this.root, () => this.live());
  }

  /** What another page needs to show the same moment. @returns {Live} */
  live() {
    const { data, scrubber, grid } = this;
    const share = Number(scrubber.share.toFixed(5));
    return { view: "training", model: data?.model ?? "", film: data?.films[0]?.name ?? "", share, grid };
  }

  /**
   * Shows the moment that another page shows, of the same film.
   *
   * @param {Live} live
   */
  follow(live) {
    const { share, grid } = changesOf(live, this.data?.films[0]?.name ?? "");
    if (grid !== null) this.chooseMap(grid);
    if (share === null) return;
    this.wanted = null;
    this.scrubber.stop();
    this.scrubber.leap(share);
  }

  /** The user has come to rest: says at which frame of the first film. */
  rest() {
    const film = this.feed?.items[0]?.film,
      { share, end, following } = this.scrubber;
    this.wanted = null;
    if (!film || !hasFrames(film)) return;
    const n = following || share >= end ? null : film.frames[film.indexAt(share)].number;
    if (n === this.rested) return;
    this.rested = n;
    this.send("frame", { id: this.frameId, n });
  }

  /** @param {number} share */
  momentOf(share) {
    const films = this.filmsWithFrames(),
      [first] = films;
    if (films.some(({ head }) => head.epochs !== first.head.epochs)) {
      return t`${(100 * share).toFixed(share < 0.1 ? 1 : 0)} % of the run`;
    }
    const { epochs } = first.head,
      { epoch } = first.frames[first.indexAt(share)];
    return t`epoch ${epochsOf(films.length > 1 ? share * epochs : epoch)} of ${epochs}`;
  }

  /** @param {boolean} grid */
  chooseMap(grid) {
    if (grid === this.grid) return;
    this.grid = grid;
    this.gridSwitch.choose(grid ? "grid" : "points");
    if (this.filmsWithFrames().length) this.show(this.scrubber.share);
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
