/**
 * The projector's page: how to join, how many are here, and what the class looks at now. It has no controls and shows
 * never a name. Its link may name the address for the phones: /c/K7PM2X/projector?address=http://192.168.0.5:8501
 *
 * The page's settings are those of `projector_page` in vae/classroom/serving/pages.py.
 *
 * @import { ClassState, Question } from "../state.js"
 * @import { Scene } from "./scene.js"
 *
 * @typedef {{code: string, addresses: string[]}} Settings
 */

import { fromBase64 } from "../../lib/bytes.js";
import { drawPicture } from "../../lib/canvas.js";
import { element, say } from "../../lib/dom.js";
import { load } from "../../lib/files.js";
import { DARK } from "../../lib/theme.js";
import { t, translate } from "../../lib/words.js";
import { Connection } from "../connection.js";
import { Histogram } from "../histogram.js";
import { SharedMap } from "../shared-map.js";
import { Spoken } from "../spoken.js";
import { lessonNodes } from "./lesson.js";
import { columnsFor, headCount, isOwnComputer, joinBase, largest, sceneOf, spaced, stepOf, typed } from "./scene.js";

const LEAST_TEXT = 0.026, // of the screen's height: what the last row can read
  MOST_TEXT = 0.085;
const CLOSED = { here: "", rest: t("This class is closed.") };
const CAPTION = 1.15; // height of a presented picture with its caption, in heights of the picture

/** @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name */
export default async function start(read) {
  const settings = JSON.parse(new TextDecoder().decode(await read("settings")));
  const base = new URL(".", document.baseURI).href.slice(0, -1);
  const projector = new Projector(base, new URL(location.href), settings);
  document.body.append(projector.element);
  const spoken = new Spoken({ mayLoad: () => connection.status.connected, load: () => location.reload() });
  const connection = new Connection({
    base,
    code: settings.code,
    role: "projector",
    onState: (state) => {
      projector.show(state);
      if (state.class) spoken.take(state.class.language);
    },
    onStatus: ({ connected, final, sentence }) =>
      final ? projector.end(sentence) : projector.say(connected ? "" : sentence),
  });
  addEventListener("pagehide", () => connection.close());
}

export class Projector {
  /** @type {ClassState | null} */
  state = null;
  model = ""; // whose test images are on the map
  problem = ""; // why they are not
  /** What the pieces show now, as JSON. */
  pieces = "";

  /**
   * @param {string} base the app's address
   * @param {URL} page this page's
   * @param {Settings} settings
   */
  constructor(base, page, { code, addresses }) {
    this.base = base;
    const join = joinBase(page, base, addresses);
    this.title = element("h1");
    this.qr = element("img", { className: "qr", alt: t`QR code of ${join}/c/${code}` });
    this.qr.src = `${base}/live/qr?text=${encodeURIComponent(`${join}/c/${code}`)}`;
    const own = t("Phones do not reach this address: open the app by its network name.");
    this.way = element(
      "p",
      { className: "way" },
      element("span", {}, t("Join at ")),
      element("b", {}, `${typed(join)}/c`),
    );
    if (isOwnComputer(join)) this.way.append(element("em", {}, own));
    this.code = element("p", { className: "code", ariaLabel: t`Code ${[...code].join(" ")}`, role: "img" });
    this.code.append(
      ...spaced(code)
        .split(" ")
        .map((half) => element("span", {}, half)),
    );
    this.here = element("b");
    this.rest = element("span");
    const people = element("p", { className: "people" }, this.here, " ", this.rest);
    this.join = element("div", { className: "join" }, this.qr, this.way, this.code);
    this.side = element("aside", {}, this.title, this.join, people);
    this.question = element("h2");
    this.step = element("p", { className: "step" });
    this.answered = element("p", { className: "answered" });
    this.histogram = new Histogram();
    this.fitted = element("div", { className: "fitted" }, this.question, this.histogram.element);
    this.fitted.append(element("div", { className: "steps" }, this.step, this.answered));
    this.lesson = element("div", { className: "fitted lesson" });
    this.map = new SharedMap(base, { passive: true });
    this.presented = element("div", { className: "presented" });
    this.room = element("main", {}, this.fitted, this.lesson, this.presented, this.map.element);
    this.notice = element("p", { className: "lost", role: "status" });
    this.element = element("div", { className: "projector" }, this.side, this.room, this.notice);
    this.setScene("lobby");
    new ResizeObserver(() => this.fit()).observe(this.room);
    matchMedia(DARK).addEventListener("change", () => this.map.paint());
  }

  /** Sections that are the same objects as before have not changed: they are not drawn again. */
  show(/** @type {ClassState} */ state) {
    const before = this.state,
      length = this.fitted.textContent?.length;
    this.state = state;
    const about = state.class;
    say(this.title, about?.name ?? "");
    document.title = `${about?.name ?? t("Class")} · Latent Lab`;
    const { here, rest } = about?.closed ? CLOSED : headCount(state.people);
    say(this.here, here);
    say(this.rest, rest);
    this.join.hidden = about?.joinable === false || about?.closed === true;
    this.setScene(sceneOf(state));
    if (state.question) this.ask(state.question, before?.question ?? null);
    if (state.lesson !== (before?.lesson ?? null))
      this.lesson.replaceChildren(...(state.lesson ? lessonNodes(state.lesson, this.base) : []));
    this.present(state.presented ?? []);
    this.map.setDrawings(state.map ?? {});
    if (about) void this.takeModel(about.model);
    const longer = this.fitted.textContent?.length !== length; // "10 of 28" after "9 of 28" may need another line
    const isOther = state.question !== before?.question || state.lesson !== before?.lesson;
    if (longer || isOther || state.presented !== before?.presented) this.fit();
    this.say("");
  }

  setScene(/** @type {Scene} */ scene) {
    this.element.dataset.scene = scene;
    this.fitted.hidden = scene !== "question";
    this.lesson.hidden = scene !== "lesson";
    this.presented.hidden = scene !== "presented";
    this.map.element.hidden = scene !== "map";
  }

  /**
   * @param {Question} question
   * @param {Question | null} before what is shown
   */
  ask(question, before) {
    say(this.question, question.text);
    if (question !== before) this.histogram.show(question);
    const [step, answered] = stepOf(question, this.state?.progress ?? null);
    say(this.step, step);
    say(this.answered, answered);
  }

  present(/** @type {ClassState["presented"]} */ pieces) {
    const now = JSON.stringify(pieces);
    if (now === this.pieces) return;
    this.pieces = now;
    this.presented.replaceChildren(
      ...pieces.map(({ picture, shape, caption }) => {
        const canvas = element("canvas", { role: "img", ariaLabel: caption || t("A picture of the class") });
        drawPicture(canvas, fromBase64(picture), shape);
        canvas.style.setProperty("--ratio", `${canvas.width / canvas.height}`);
        return element("figure", {}, canvas, element("figcaption", {}, caption));
      }),
    );
  }

  /** The test images of the class's model; without a connection, the next state asks again. */
  async takeModel(/** @type {string} */ model) {
    if (model === this.model) return;
    Object.assign(this, { model, problem: "" });
    const query = new URLSearchParams({ view: "explore", model });
    const response = await load(`${this.base}/lab/data?${query}`).catch(() => null);
    if (model !== this.model) return; // the class has another one by now
    if (response?.ok) this.map.setModel((await response.json()).data);
    else if (response) this.problem = t`The class's map cannot be shown: ${translate(await response.text())}`;
    else this.model = "";
    if (this.problem) this.say("");
  }

  /** Gives question, lesson and pictures all the room there is. */
  fit() {
    const { room, presented } = this;
    const fitted = this.fitted.hidden ? this.lesson : this.fitted;
    const { clientWidth: width, clientHeight: height } = room;
    if (!fitted.hidden && height) {
      const screen = document.documentElement.clientHeight;
      const size = largest(Math.round(LEAST_TEXT * screen), Math.round(MOST_TEXT * screen), (pixels) => {
        fitted.style.fontSize = `${pixels}px`;
        return fitted.scrollHeight <= height && fitted.scrollWidth <= width;
      });
      fitted.style.fontSize = `${size}px`;
      this.histogram.drawMoves();
    }
    const count = presented.children.length,
      columns = columnsFor(count, width / (height || 1), 1 / CAPTION);
    presented.style.setProperty("--columns", `${columns}`);
    presented.style.setProperty("--rows", `${Math.ceil(count / columns)}`);
  }

  /** The class is no more: nothing of it stays on the screen but why. */
  end(/** @type {string} */ sentence) {
    this.state = null;
    this.say(sentence);
    this.element.replaceChildren(this.notice);
    document.title = "Class · Latent Lab";
  }

  /** Says that something is wrong, or, with "", that it no longer is. */
  say(/** @type {string} */ sentence) {
    const { state, problem } = this;
    const map = state && sceneOf(state) === "map" ? problem : "";
    say(this.notice, sentence || map);
  }
}
