/**
 * The room's check, on a phone before class: what gets through, in words, and told to the teacher.
 *
 * The page's settings are those of `check_page` in vae/classroom/serving/pages.py.
 *
 * @import { Findings } from "./room-check.js"
 */

import { button, element, say } from "../../lib/dom.js";
import { help } from "../../lib/glossary.js";
import { t } from "../../lib/words.js";
import { HELD_SECONDS, RoomCheck } from "./room-check.js";
import { linesOf, verdictOf } from "./words.js";

/** @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read the page's data by name */
export default async function start(read) {
  const { code } = JSON.parse(new TextDecoder().decode(await read("settings")));
  const base = new URL(".", document.baseURI).href.slice(0, -1);
  const page = new CheckPage(base, code);
  document.body.append(page.element);
  await page.run();
}

export class CheckPage {
  /** In ms. @type {number | null} */
  latency = null;

  /**
   * @param {string} base the app's address
   * @param {string} code
   */
  constructor(base, code) {
    /** @type {import("../transports.js").Place} */
    this.place = { base, code, role: "check", seat: null, fetch: (...asked) => fetch(...asked), WebSocket };
    this.lines = element("dl");
    this.progress = element("progress", {
      max: HELD_SECONDS,
      value: 0,
      ariaLabel: t("Seconds that the WebSocket has held"),
    });
    this.verdict = element("p", { className: "verdict", role: "status" });
    this.time = element(
      "p",
      { hidden: true },
      t("How long an answer takes"),
      help("time of an answer", () => this.answered()),
    );
    this.again = button(t("Check again"), t("Check again"), () => void this.run());
    const title = element("h1", {}, t("Check of the room"));
    const where = element("p", {}, t`This phone at ${new URL(base).host}, class ${code}`);
    this.element = element("main", { className: "check" }, title, where, this.lines, this.progress);
    this.element.append(this.verdict, this.time, this.again);
  }

  async run() {
    this.again.hidden = true;
    const check = new RoomCheck(this.place, (findings) => this.show(findings));
    this.show(check.findings);
    await check.run();
    this.again.hidden = false;
  }

  /** The measured time, for the formula. */
  answered() {
    return this.latency === null ? null : { ms: `${this.latency} ms` };
  }

  show(/** @type {Findings} */ findings) {
    this.lines.replaceChildren(
      ...linesOf(findings).flatMap(({ name, text, good }) => {
        const mark = element("b", {}, good === null ? "" : good ? "✓ " : "✗ ");
        const value = element("dd", { className: good === null ? "" : good ? "good" : "bad" }, mark, text);
        return [element("dt", {}, name), value];
      }),
    );
    this.progress.value = findings.seconds;
    this.progress.hidden = findings.done;
    Object.assign(this.element.dataset, { done: findings.done, answers: findings.answers }); // for tests
    this.latency = findings.latency;
    this.time.hidden = findings.latency === null;
    say(this.verdict, verdictOf(findings));
  }
}
