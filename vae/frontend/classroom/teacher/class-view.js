/**
 * The page of an open class: what to do next, and tabs with the rest. What has changed is shown at most ten times a second,
 * and only in the tab that is open.
 *
 * @import { ConnectionOptions, Status } from "../connection.js"
 * @import { Tile } from "../state.js"
 * @import { Link, Part, TeacherData } from "./desk.js"
 *
 * @typedef {(options: ConnectionOptions) => Link} Connect
 */

import { element, say } from "../../lib/dom.js";
import { Desk } from "./desk.js";
import { inState } from "./drawings.js";
import { DrawingsTab } from "./drawings-tab.js";
import { Head } from "./head.js";
import { LessonTab } from "./lesson-tab.js";
import { NextBar } from "./next-bar.js";
import { NowTab } from "./now-tab.js";
import { PresentBar } from "./present-bar.js";
import { QuestionTab } from "./question-tab.js";
import { RoomTab } from "./room-tab.js";
import { countsOf } from "./seats.js";
import { StudentsTab } from "./students-tab.js";
import { Tabs } from "./tabs.js";

const LEAST_MS = 100; // between two drawings of what the server says: four hundred students say something all the time

export class ClassView {
  frame = 0;
  drawnAt = Number.NEGATIVE_INFINITY; // ms
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /**
   * @param {string} code
   * @param {TeacherData} data
   * @param {{connect: Connect, onGone: (sentence: string) => void, onLeave: () => void}} calls onGone: the server lets
   *   this teacher in no more; onLeave: the teacher goes to another class
   */
  constructor(code, data, { connect, onGone, onLeave }) {
    this.desk = new Desk(code, data, {
      onProblem: (sentence) => this.say(sentence),
      onChange: () => this.draw(),
      onTab: (tab) => this.openTab(tab),
      onLeave,
    });
    const { desk } = this;
    this.head = new Head(desk);
    this.next = new NextBar(desk);
    this.present = new PresentBar(desk);
    this.problem = element("p", { className: "problem", role: "alert" });
    desk.link = connect({
      base: data.base,
      code,
      role: "teacher",
      onState: () => this.show(),
      onTiles: (tiles) => this.takeTiles(tiles),
      onStatus: (status) => this.takeStatus(status, onGone),
    });
    /** @type {Record<string, Part>} */
    this.parts = {
      now: new NowTab(desk),
      lesson: new LessonTab(desk),
      question: new QuestionTab(desk),
      students: new StudentsTab(desk),
      drawings: new DrawingsTab(desk),
      room: new RoomTab(desk),
    };
    const labels = {
      now: "Now",
      lesson: "Lesson",
      question: "Question",
      students: "Students",
      drawings: "Drawings",
      room: "Room",
    };
    const tabs = Object.entries(labels).map(([key, label]) => ({ key, label, panel: this.parts[key].element }));
    this.tabs = new Tabs("Class", tabs, (tab) => {
      desk.tab = tab;
      this.draw();
    });
    this.element = element("div", { className: "class-view" }, this.head.element, this.next.element, this.tabs.row);
    this.element.append(this.problem, this.tabs.element, this.present.element);
    this.draw();
  }

  /** @param {TeacherData} data */
  update(data) {
    this.desk.data = data;
    this.draw();
  }

  /** @param {Record<string, Tile>} tiles */
  takeTiles(tiles) {
    Object.assign(this.desk.tiles, tiles);
    this.show();
  }

  /**
   * @param {Status} status
   * @param {(sentence: string) => void} onGone
   */
  takeStatus(status, onGone) {
    const { deleting, code } = this.desk;
    if (status.final) onGone(deleting ? `Class ${code} is deleted, with everything in it.` : status.sentence);
    else this.head.showStatus(status);
  }

  /** Shows all that has changed, in a frame to come. */
  show() {
    const wait = Math.max(0, this.drawnAt + LEAST_MS - performance.now());
    this.timer ??= setTimeout(() => {
      this.frame = requestAnimationFrame(() => this.draw());
    }, wait);
  }

  /** Shows it now. */
  draw() {
    this.rest();
    this.drawnAt = performance.now();
    this.head.show();
    this.next.show();
    this.present.show();
    this.parts[this.tabs.shown].show();
    const { lesson, question, progress, seats, drawings } = this.desk.state;
    const missing = countsOf(seats, null),
      waiting = inState(drawings, "waiting").length;
    this.tabs.badge("lesson", lesson?.step ? `${lesson.step}/${lesson.steps}` : "");
    this.tabs.badge("question", question && progress ? `${progress.answered}/${progress.of}` : "");
    this.tabs.badge("students", missing.silent + missing.away ? `${missing.silent + missing.away} missing` : "");
    this.tabs.badge("drawings", waiting ? `${waiting} new` : "");
    this.element.dataset.ready = `${this.desk.state.class !== null}`; // for tests
  }

  /** @param {string} tab */
  openTab(tab) {
    this.tabs.open(tab);
    this.tabs.all.get(tab)?.button.focus();
  }

  /** @param {string} sentence */
  say(sentence) {
    say(this.problem, sentence);
  }

  /** Draws nothing until there is news. */
  rest() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  close() {
    this.rest();
    this.desk.link?.close();
    for (const part of [this.next, ...Object.values(this.parts)]) part.close?.();
    this.element.remove();
  }
}
