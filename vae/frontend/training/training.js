/**
 * The Training component: a run's film while it is being taken and afterwards, or two films side by side. All that moves
 * lives here; Python hears of a run's change of state.
 */

import { button, element, say, segmented } from "../lib/dom.js";
import { mostKl, rangeOf } from "./charts.js";
import { Export } from "./export.js";
import { Feed } from "./feed.js";
import { halvesOf } from "./map.js";
import { Scrubber } from "./scrubber.js";
import { FilmView } from "./view.js";
import { epochsOf } from "./words.js";

const PHONE = 560; // CSS pixels of room

export default class Training {
  grid = false; // the decoded plane, in place of the points
  views = [];

  constructor(parent, send) {
    this.send = send;
    this.scrubber = new Scrubber((share) => this.show(share));
    this.build(parent);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.root);
  }

  /** Starts anew for other films; goes on where it is for the same ones. */
  update(data) {
    this.data = data;
    if (this.feed?.goesOnWith(data.films)) {
      this.refresh();
      this.resize(); // the theme may have changed
      return;
    }
    this.feed?.close();
    for (const view of this.views) view.close();
    this.views = data.films.map(({ name }) => new FilmView(name));
    if (this.views.length > 1) for (const { pictures } of this.views) pictures.sampleRows = 1; // there is less room
    this.films.replaceChildren(...this.views.map(({ element }) => element));
    this.root.classList.toggle("two", this.views.length > 1);
    this.scrubber.stop();
    this.scrubber.following = true;
    this.feed = new Feed(data.base, data.films, {
      onChange: () => this.refresh(),
      onState: (name, state) => this.send("changed", { name, state }),
    });
    this.refresh();
    this.resize();
  }

  /** Something new has come from the server. */
  refresh() {
    const { items, lost } = this.feed;
    const films = items.map(({ film }) => film).filter(({ frames }) => frames.length);
    items.forEach((item, i) => this.views[i].showState(item, lost));
    this.takeFilms(films);
    const shares = films.flatMap(({ frames }) => frames.map(({ share }) => share));
    const live = items.some(({ alive }) => alive);
    this.controls.hidden = !films.length;
    this.gridSwitch.element.hidden = !films.some(({ head }) => head.side);
    this.download.disabled = !films.length;
    if (films.length)
      this.scrubber.setFrames(
        [...new Set(shares)].sort((a, b) => a - b),
        live,
      );
  }

  /** Two films of the same data have their scales in common, that they compare. */
  takeFilms(films) {
    const { references } = this.data,
      halves = halvesOf(films);
    this.feed.items.forEach(({ film }, i) => {
      const half = halves[films.indexOf(film)];
      if (!half) return;
      const alike = films.filter(({ head }) => head.dataset === film.head.dataset);
      const [reconstruction, kl] = ["reconstruction", "kl"].map((term) => rangeOf(alike, term, references));
      this.views[i].setFilm(film, this.data, { half, reconstruction, kl, mostKl: mostKl(alike) });
    });
  }

  /** Everything moves together. */
  show(share) {
    this.scrubber.name(this.momentOf(share));
    for (const view of this.views) view.show(share, this);
  }

  momentOf(share) {
    const films = this.feed.items.map(({ film }) => film).filter(({ frames }) => frames.length);
    const epochs = new Set(films.map(({ head }) => head.epochs));
    if (epochs.size > 1) return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} % of the run`;
    const [film] = films,
      { epoch } = film.frames[film.indexAt(share)];
    return `epoch ${epochsOf(films.length > 1 ? share * film.head.epochs : epoch)} of ${film.head.epochs}`;
  }

  resize() {
    this.root.classList.toggle("phone", this.root.clientWidth < PHONE);
    for (const view of this.views) view.resize();
  }

  async save() {
    this.download.disabled = true;
    const films = this.feed.items.filter(({ film }) => film.frames.length);
    try {
      const { palette } = this.data;
      const style = getComputedStyle(this.root);
      const look = { palette, ink: style.color, paper: style.getPropertyValue("--st-background-color"), ratio: 1 };
      this.exporting = new Export(films, look, (text) => say(this.said, text));
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

  build(parent) {
    this.films = element("div", { className: "films" });
    this.gridSwitch = segmented(
      "The map shows",
      [
        ["points", "points"],
        ["grid", "decoded grid"],
      ],
      (value) => {
        this.grid = value === "grid";
        this.show(this.scrubber.share);
        this.resize();
      },
    );
    this.gridSwitch.choose("points");
    this.download = button("GIF", "The film as an animation", () => this.save(), "Download the film as GIF");
    this.said = element("span", { className: "said", role: "status", ariaLive: "polite" });
    const tools = [...this.scrubber.tools, this.gridSwitch.element, this.download, this.said];
    this.controls = element("div", { className: "controls", hidden: true }, this.scrubber.element);
    this.controls.append(element("div", { className: "tools" }, ...tools));
    this.root = element("div", { className: "training" }, this.films, this.controls);
    parent.append(this.root);
  }
}
