/**
 * The class around a student's page: a strip that says what is going on, the vote, drawings, the class's map, and the
 * connection behind them. Mounted once by hosts/lab/student.js.
 *
 * @import { Host as Followed } from "../follower.js"
 * @import { Live } from "../../lib/following.js"
 * @import { Status } from "../connection.js"
 * @import { ClassState } from "../state.js"
 * @import { MapModel } from "../shared-map.js"
 * @import { PadData } from "./hand-in.js"
 * @import { Seen } from "./tiles.js"
 *
 * What it needs of the light page. lab: for who follows; hold: makes the page's own controls idle, or not; speak: loads the
 * page anew, in the class's language.
 *
 * @typedef {object} Host
 * @property {Followed} lab
 * @property {(held: boolean) => void} hold
 * @property {() => void} speak
 * @property {(model: string) => Promise<PadData>} padData
 * @property {(model: string) => Promise<MapModel>} mapData
 * @property {() => Seen} shown
 *
 * @typedef {{base: string, code: string, host: Host}} StudentData
 */

import { element, messageOf } from "../../lib/dom.js";
import { t } from "../../lib/words.js";
import { Connection } from "../connection.js";
import { Follower } from "../follower.js";
import { Kept } from "../kept.js";
import { SharedMap } from "../shared-map.js";
import { Spoken } from "../spoken.js";
import { emptyState } from "../state.js";
import { HandIn } from "./hand-in.js";
import { join } from "./joining.js";
import { LessonPanel, newsOf } from "./lesson.js";
import { Panels } from "./panels.js";
import { SeatPanel } from "./seat.js";
import { Strip } from "./strip.js";
import { Tiles } from "./tiles.js";
import { Vote } from "./vote.js";
import { isHeld, modeOf, ownVote } from "./words.js";

const RELEASED_MS = 60_000; // without a connection the page is the student's own again
const PAD_MS = 5000; // after the first picture; as long again at most, so that a class does not ask all at once

export default class Student {
  /** @type {Connection | null} */
  connection = null;
  /** @type {Follower | null} */
  follower = null;
  /** @type {SharedMap | null} */
  map = null;
  /** @type {Tiles | null} */
  tiles = null;
  /** @type {Host | null} */
  host = null;
  state = emptyState();
  /** @type {Status | null} */
  status = null;
  spoken = new Spoken({
    mayLoad: () => this.isCalm,
    load: () => this.host?.speak(),
  });
  refusal = ""; // why there is no seat
  asked = ""; // question and round that the vote was opened for
  strip = new Strip((height) => document.documentElement.style.setProperty("--class-top", `${height}px`));
  vote = new Vote(
    (question, round, choice) => this.command("vote", { question, round, choice }),
    () => this.panels.focus(),
  );
  drawing = new HandIn({
    handIn: (drawing) => this.command("hand_in", drawing),
    withdraw: (drawing) => this.command("withdraw", { drawing }),
    padData: (model) => /** @type {Host} */ (this.host).padData(model),
  });
  lesson = new LessonPanel({
    has: (page) => this.views.some(({ address }) => address === page),
    open: (link) => this.openStep(link),
  });
  place = ""; // in the lesson, that was said
  seat = new SeatPanel((name) => this.command("rename", { name }));
  mapPlace = element("div", { className: "class-map" });
  news = element("p", { className: "class-news", role: "status" });

  /** @param {HTMLElement} parent */
  constructor(parent) {
    const { lesson, question, draw, map, seat } = this.strip.buttons;
    this.panels = new Panels(
      [
        { name: "lesson", title: t("Lesson"), button: lesson, body: this.lesson.element },
        { name: "question", title: t("Question"), button: question, body: this.vote.element },
        {
          name: "draw",
          title: t("Draw and hand in"),
          button: draw,
          body: this.drawing.element,
          opened: () => this.openPad(),
        },
        { name: "map", title: t("Class map"), button: map, body: this.mapPlace, opened: () => this.openMap() },
        { name: "seat", title: t("You"), button: seat, body: this.seat.element },
      ],
      (isOpen, height) => this.makeRoom(isOpen, height),
    );
    parent.append(this.strip.element, this.panels.element, this.news);
    this.show();
  }

  /** Joins; later calls draw in the theme of now. @param {StudentData} data */
  update({ base, code, host }) {
    if (this.host) {
      this.map?.paint();
      return;
    }
    this.host = host;
    this.base = base;
    this.follower = new Follower(host.lab);
    join({ base, code, kept: new Kept(() => localStorage) }).then(
      ({ seat, name }) => this.connect(code, seat, name),
      (error) => {
        this.refusal = messageOf(error);
        this.show();
      },
    );
  }

  /**
   * @param {string} code
   * @param {string} seat
   * @param {string} name
   */
  connect(code, seat, name) {
    this.strip.name = name;
    const connection = new Connection({
      base: this.base ?? "",
      code,
      role: "student",
      seat,
      onState: (state, changed) => this.take(state, changed),
      onLive: (live) => this.takeLive(live),
      onStatus: (status) => this.takeStatus(status),
    });
    this.connection = connection;
    this.status = connection.status;
    this.tiles = new Tiles(
      () => /** @type {Host} */ (this.host).shown(),
      (tile) => connection.tell("tile", tile),
    );
    this.show();
  }

  /**
   * @param {string} name
   * @param {object} fields
   */
  command(name, fields) {
    if (this.connection) return this.connection.command(name, fields);
    return Promise.reject(new Error(t("You have no seat in this class yet.")));
  }

  takeStatus(/** @type {Status} */ status) {
    const wasReleased = this.isReleased;
    this.status = status;
    clearTimeout(this.release);
    if (status.connected) this.tiles?.again();
    else this.release = setTimeout(() => this.show(), RELEASED_MS);
    if (status.connected && wasReleased) this.follower?.again();
    if (status.final) this.tiles?.stop();
    this.show();
  }

  /**
   * @param {ClassState} state
   * @param {Set<string>} changed
   */
  take(state, changed) {
    this.state = state;
    if (changed.has("class") || changed.has("shown")) this.follower?.take(state);
    if (changed.has("class")) this.takeModel();
    if (state.class) this.spoken.take(state.class.language);
    if (changed.has("map")) this.map?.setDrawings(state.map);
    this.show(changed);
    if (changed.has("lesson")) this.announceStep();
    if (changed.has("question") || changed.has("me")) this.announce();
    if (changed.has("question") || changed.has("shown")) this.giveWay(changed.has("shown"));
  }

  /** What the teacher moves. @param {Live} live */
  takeLive(live) {
    this.follower?.live(live);
    this.giveWay(true);
  }

  /** A vote that opened by itself gives way to what the teacher goes on to: another page, a movement, no question. */
  giveWay(/** @type {boolean} */ shows) {
    const { question } = this.state;
    if (!question || (shows && !question.open && this.follower?.following)) this.panels.giveWay("question");
  }

  // — what is shown —

  /** @param {Set<string>} [changed] the sections that are new; otherwise all may be */
  show(changed) {
    const { state, status, refusal } = this;
    const isNew = (/** @type {string[]} */ ...sections) => !changed || sections.some((section) => changed.has(section));
    const { final = false, sentence = "" } = refusal ? { final: true, sentence: refusal } : (status ?? {});
    const mode = modeOf(state, { final, sentence, released: this.isReleased }, this.follower?.sentence);
    const connected = status?.connected ?? false;
    this.strip.show(mode, state, status);
    // How many are there changes often in a large class, and is none of their business.
    if (isNew("question", "progress", "me")) this.vote.show(state, connected);
    if (isNew("lesson", "class", "me")) this.lesson.show(state, this.base ?? "");
    if (isNew("me", "map")) this.drawing.show(state, connected);
    this.seat.show(state.me?.name ?? this.strip.name, status);
    const hasEnded = mode.kind === "ended";
    document.documentElement.toggleAttribute("data-class-ended", hasEnded);
    if (hasEnded) this.panels.close();
    this.hold();
  }

  /** Whether there has been no connection for so long that the page is the student's own again. */
  get isReleased() {
    const { status } = this;
    return status !== null && !status.connected && performance.now() - status.since >= RELEASED_MS;
  }

  /** Whether nothing is lost when the page is loaded anew. */
  get isCalm() {
    return this.status?.connected === true && this.connection?.isIdle === true && !this.drawing.isBusy;
  }

  hold() {
    const { status, state } = this;
    const held = isHeld(state) && !status?.final && !this.isReleased;
    this.host?.hold(held);
    document.documentElement.toggleAttribute("data-class-frozen", held && state.class?.frozen);
    const busy = this.panels.open?.name;
    this.strip.buttons.draw.disabled = state.class?.frozen === true || state.class?.closed === true;
    if (this.strip.buttons.draw.disabled && busy === "draw") this.panels.close();
  }

  /** A new question, or its second round, opens by itself, unless the student is drawing. */
  announce() {
    const { question, me } = this.state;
    const asked = question?.open && ownVote(question, me) === null ? `${question.id} ${question.round}` : "";
    if (asked === this.asked || (question && !me)) return;
    this.asked = asked;
    if (!question || !asked) return;
    this.news.textContent = `${question.round === 2 ? t("Second vote") : t("New question")}: ${question.text}`;
    if (!this.drawing.isBusy || this.panels.open?.name !== "draw") this.panels.show("question");
    this.panels.element.scrollTop = 0;
  }

  /** The class comes to another place of its lesson: its sentence opens by itself, unless the student is drawing. */
  announceStep() {
    const { lesson } = this.state;
    const place = lesson ? `${lesson.title} ${lesson.phase} ${lesson.step}` : "";
    if (place === this.place) return;
    this.place = place;
    const news = newsOf(lesson);
    if (!lesson && this.panels.open?.name === "lesson") this.panels.close();
    if (!news) return;
    this.news.textContent = news;
    if (!this.drawing.isBusy || this.panels.open?.name !== "draw") this.panels.show("lesson");
    this.panels.element.scrollTop = 0;
  }

  get views() {
    return this.host?.lab.environment.settings.views ?? [];
  }

  /** Shows a step's page, for who explores. @param {string} link */
  openStep(link) {
    const [page, query = ""] = link.split("?");
    const params = Object.fromEntries(new URLSearchParams(query));
    this.follower?.open({ page, params }, this.state.class?.model ?? "", true);
    this.panels.close();
  }

  takeModel() {
    clearTimeout(this.preparing);
    if (this.panels.open?.name === "draw") this.openPad();
    // One can then draw also when the connection is lost.
    else this.preparing = setTimeout(() => this.openPad(), PAD_MS * (1 + Math.random()));
    if (this.map) this.openMap();
  }

  openPad() {
    const model = this.state.class?.model;
    if (model) void this.drawing.showModel(model);
  }

  openMap() {
    const { host, state } = this,
      model = state.class?.model;
    if (!host || !model) return;
    this.map ??= new SharedMap(this.base ?? "");
    const { map } = this;
    if (map.model?.model === model) return;
    this.mapPlace.replaceChildren(map.element);
    map.setDrawings(state.map);
    host.mapData(model).then(
      (data) => this.state.class?.model === model && map.setModel(data),
      (error) => this.mapPlace.replaceChildren(element("p", {}, t`The map did not load: ${messageOf(error)}`)),
    );
  }

  /**
   * @param {boolean} isOpen
   * @param {number} height
   */
  makeRoom(isOpen, height) {
    const root = document.documentElement;
    root.toggleAttribute("data-class-panel", isOpen);
    root.style.setProperty("--class-panel", `${height}px`);
  }

  close() {
    clearTimeout(this.release);
    clearTimeout(this.preparing);
    this.spoken.close();
    this.connection?.close();
    this.tiles?.stop();
    this.map?.close();
    this.panels.stop();
  }
}
