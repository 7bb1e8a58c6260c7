/**
 * The Training component: the film player, and beside it the panel that chooses films and starts runs. Everything that
 * moves is handled here; Python is sent a run's change of state, the frame at which the user rests, and commands.
 */

import { button, element } from "../lib/dom.js";
import { Panel } from "./panel.js";
import Player from "./player.js";

/** @import { Live } from "../lib/following.js" */
/** @import { Command, PanelData } from "./panel.js" */
/** @import { Change, FilmData, Rest } from "./player.js" */

/** What Python sends: vae/ui/pages/training. @typedef {FilmData & PanelData} Data */

export default class Training {
  /**
   * @param {HTMLElement} parent
   * @param {(name: "changed" | "frame" | "command", value: Change | Rest | Command) => void} send
   */
  constructor(parent, send) {
    this.player = new Player(parent, send);
    this.panel = new Panel((command) => send("command", command));
    this.note = element("p", { className: "note", hidden: true });
    this.panel.reason.before(this.note);
    this.player.root.append(this.panel.element);
    this.player.onComparison = (sentence) => this.panel.sayComparison(sentence);
  }

  /** @param {Data} data */
  update(data) {
    this.panel.update(data);
    this.player.update(data);
    this.showNote(data);
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

  /** @param {Live} live */
  follow(live) {
    this.player.follow(live);
  }

  close() {
    this.player.close();
  }
}
