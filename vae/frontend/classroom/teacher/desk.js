/**
 * What the parts of a teacher's page share: the class as it is, commands, and what is picked to be presented.
 *
 * @import { ClassState, Tile } from "../state.js"
 * @import { LessonSummary } from "../../lib/contract.js"
 * @import { Server } from "./addresses.js"
 *
 * What Python sends, see vae/ui/pages/teaching/classroom.py. model: the one of the bar, null without any; words: what the bar calls it.
 *
 * lessons: in English; languages: codes and their own names; wanted: what the page's link asks a new class to begin with, null where it does not.
 *
 * @typedef {{lesson: string, language: string, rehearse: number}} Wanted rehearse: so many simulated students
 * @typedef {{base: string, model: string | null, words: string | null,
 *            lessons: LessonSummary[], languages: [code: string, name: string][], wanted: Wanted | null, server: Server}} TeacherData
 *
 * @typedef {object} Link what is used of a Connection
 * @property {ClassState} state
 * @property {(name: string, fields?: object) => Promise<any>} command
 * @property {(sentence?: string) => void} close
 *
 * A part of the page. It shows what has changed of the class; close ends what it does by itself.
 *
 * @typedef {{element: HTMLElement, show(): void, close?(): void}} Part
 */

import { messageOf } from "../../lib/dom.js";
import { addressesOf } from "./addresses.js";
import { chooseAddress, chosenAddress } from "./choices.js";
import { Picks } from "./picks.js";

export class Desk {
  picks = new Picks();
  tab = "now"; // the one that is open
  deleting = false; // whether the teacher has asked for the class's end here
  /** What each student sees, by seat. @type {Record<string, Tile>} */
  tiles = {};

  /**
   * @param {string} code
   * @param {TeacherData} data
   * @param {{onProblem: (sentence: string) => void, onChange: () => void, onTab: (tab: string) => void,
   *          onLeave: () => void}} calls onChange: something that the page itself knows is another now; onLeave: the teacher
   *   goes to another class, and this one goes on
   */
  constructor(code, data, calls) {
    this.code = code;
    this.data = data;
    this.calls = calls;
    /** @type {Link | null} */
    this.link = null;
  }

  /** @returns {ClassState} */
  get state() {
    if (!this.link) throw new Error("The class is not connected.");
    return this.link.state;
  }

  get base() {
    return this.data.base;
  }

  /** The app's addresses for other devices. */
  get addresses() {
    return addressesOf(this.base, this.data.server);
  }

  /** The one that students are given; null where there is none. */
  get address() {
    const { addresses } = this;
    return addresses.find((each) => each === chosenAddress()) ?? addresses[0] ?? null;
  }

  /** @param {string} address one of the addresses */
  setAddress(address) {
    chooseAddress(address);
    this.calls.onChange();
  }

  /** Where students join. */
  get joinAddress() {
    return `${this.address ?? this.base}/c/${this.code}`;
  }

  /** The projector's page; it shows the address that this page has found for students. */
  get projectorAddress() {
    const { address } = this;
    const named = address && address !== this.base ? `?address=${encodeURIComponent(address)}` : "";
    return `${this.base}/c/${this.code}/projector${named}`;
  }

  /**
   * Has a command done; shows the reason if it is refused.
   *
   * @param {string} name
   * @param {object} [fields]
   * @returns {Promise<any>} the reply's fields, null where it was refused
   */
  async command(name, fields = {}) {
    this.calls.onProblem("");
    try {
      return (await this.link?.command(name, fields)) ?? {};
    } catch (error) {
      this.calls.onProblem(messageOf(error));
      return null;
    }
  }
}
