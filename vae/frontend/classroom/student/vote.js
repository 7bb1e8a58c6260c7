/**
 * The question and a student's vote: choose, commit, locked; what the class has voted once that is shown.
 *
 *   const vote = new Vote((question, round, choice) => connection.command("vote", …));
 *   vote.show(state, connected);        at each change
 *
 * @import { ClassState, Question } from "../state.js"
 *
 * What is on its way; counted, as the class's next news say; or refused for the reason in `problem`.
 *
 * @typedef {{question: number, round: number, choice: number, counted: boolean, problem: string}} Sent
 */

import { button, element, messageOf, say } from "../../lib/dom.js";
import { t } from "../../lib/words.js";
import { Histogram } from "../histogram.js";
import { letterOf, ownVote, progressWords, voteWords } from "./words.js";

export class Vote {
  /** @type {Sent | null} */
  sent = null;
  /** @type {Question | null} */
  question = null;
  shown = ""; // which question and round the options are of
  /** The vote in this round, as counted. @type {number | null} */
  own = null;
  drawn = ""; // what the histogram shows
  text = element("legend");
  /** @type {HTMLInputElement[]} */
  options = [];
  fields = element("fieldset", { className: "vote-options" }, this.text);
  commit = button(t("Commit my answer"), t("Send it; it is locked then"), () => this.send());
  words = element("p", { role: "status", className: "vote-words" });
  problem = element("p", { role: "alert", className: "class-problem", hidden: true });
  progress = element("p", { className: "vote-progress" });
  histogram = new Histogram({ explains: true });
  none = element("p", {}, t("There is no question right now."));

  /**
   * @param {(question: number, round: number, choice: number) => Promise<unknown>} vote
   * @param {() => void} onUnfocus called where the control that has the focus is to go
   */
  constructor(vote, onUnfocus) {
    this.vote = vote;
    this.onUnfocus = onUnfocus;
    this.commit.className = "primary";
    const results = element("div", { className: "vote-results" }, this.histogram.element);
    this.results = results;
    this.body = element("div", { className: "vote" }, this.fields, this.commit, this.words, this.problem, results);
    this.body.append(this.progress);
    this.element = element("div", {}, this.none, this.body);
    this.fields.addEventListener("change", () => this.update());
  }

  /**
   * @param {Pick<ClassState, "question" | "progress" | "me">} state
   * @param {boolean} connected
   */
  show({ question, progress, me }, connected) {
    this.question = question;
    this.me = me;
    this.connected = connected;
    this.none.hidden = question !== null;
    this.body.hidden = question === null;
    if (!question) return;
    this.build(question);
    if (this.sent?.counted) this.sent = null;
    this.forget(ownVote(question, me));
    say(this.progress, progressWords(progress));
    this.update();
  }

  build(/** @type {Question} */ question) {
    const shown = `${question.id} ${question.round} ${JSON.stringify([question.text, question.options])}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.sent = null;
    say(this.text, question.text);
    this.options = question.options.map((_, i) => element("input", { type: "radio", name: "vote", value: i }));
    const labels = this.options.map((input, i) =>
      element("label", {}, input, element("b", {}, letterOf(i)), element("span", {}, question.options[i])),
    );
    this.fields.replaceChildren(this.text, ...labels);
  }

  /** Where the teacher has the round voted again, nothing is marked. */
  forget(/** @type {number | null} */ own) {
    if (this.own !== null && own === null) for (const input of this.options) input.checked = false;
    this.own = own;
  }

  /** The choice that is marked and not yet sent. */
  get chosen() {
    const i = this.options.findIndex(({ checked }) => checked);
    return i < 0 ? null : i;
  }

  update() {
    const { question, sent, own } = this;
    if (!question) return;
    const sending = sent && !sent.problem ? sent.choice : null;
    const taken = own ?? sending,
      votes = this.me?.votes ?? [];
    const free = question.open && taken === null;
    const showsCounts = question.counts !== null;
    if (!free && this.body.querySelector("input:focus, button:focus")) this.onUnfocus();
    if (taken !== null) this.options[taken].checked = true;
    this.fields.classList.toggle("locked", !free);
    for (const input of this.options) input.disabled = !free;
    this.commit.hidden = !free;
    this.commit.disabled = this.chosen === null;
    say(this.words, voteWords(question, { votes, sending, connected: this.connected ?? false }));
    say(this.problem, sent?.problem ?? "");
    this.problem.hidden = !sent?.problem;
    this.results.hidden = !showsCounts && question.correct === null;
    this.fields.classList.toggle("beside-results", !this.results.hidden && !free);
    if (!this.results.hidden) this.showResults(question, votes);
  }

  /**
   * @param {Question} question
   * @param {readonly (number | null)[]} votes the student's own
   */
  showResults(question, votes) {
    const shown = JSON.stringify([question, votes]);
    if (shown === this.drawn) return;
    this.drawn = shown;
    this.histogram.show(question, { own: votes });
  }

  send() {
    const { question, chosen } = this;
    if (!question || chosen === null) return;
    /** @type {Sent} */
    const sent = { question: question.id, round: question.round, choice: chosen, counted: false, problem: "" };
    this.sent = sent;
    this.vote(sent.question, sent.round, sent.choice).then(
      () => {
        sent.counted = true;
      },
      (error) => {
        sent.problem = messageOf(error);
        this.update();
      },
    );
    this.update();
  }
}
