/** The class's question: its form before it is asked, then its votes, which the teacher alone sees until they are shown. */

/** @import { Desk } from "./desk.js" */

import { button, element, say } from "../../lib/dom.js";
import { help } from "../../lib/glossary.js";
import { Histogram } from "../histogram.js";
import { AskForm } from "./ask-form.js";
import { confirmed } from "./confirm.js";
import { hasFocus, hide } from "./focus.js";
import { adviceOf, gainOf, gainText, gainValues, rightValues } from "./tally.js";

export class QuestionTab {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.form = new AskForm(desk);
    this.result = new Result(desk);
    this.element = element("div", { className: "question-tab" }, this.form.form, this.result.element);
  }

  show() {
    const { question, class: about } = this.desk.state;
    this.form.submit.disabled = about?.closed === true;
    const left = question ? this.form.form : this.result.element;
    const moves = !left.hidden && hasFocus(left);
    this.form.form.hidden = question !== null;
    this.result.element.hidden = question === null;
    if (question) this.result.show();
    if (moves) (question ? this.result.text : this.form.text).focus(); // what had the focus is gone
  }

  close() {
    this.result.histogram.close();
  }
}

class Result {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.histogram = new Histogram({ explains: true });
    this.text = element("h2", { className: "question-text", tabIndex: -1 });
    this.seen = element("p", { className: "quiet" });
    this.progress = element("progress", { ariaLabel: "Votes of this round" });
    this.answered = element("p", { className: "answered" });
    this.advice = element("span");
    this.gain = element("span");
    const tally = () => desk.state.tally;
    this.rightSign = help("share of right votes", () => rightValues(tally()?.counts, tally()?.correct));
    this.adviceLine = element("p", { className: "advice" }, this.advice, this.rightSign);
    this.gainSign = help("gain between the rounds", () => gainValues(gainOf(tally()?.moved, tally()?.correct)));
    this.gainLine = element("p", { className: "quiet" }, this.gain, this.gainSign);
    this.voting = button("", "", () => this.toggle("voting"));
    this.again = button("Vote again", "A second round, beside the first one", () => desk.command("round"));
    this.results = button("", "", () => this.toggle("results"));
    this.reveal = button("Reveal the right one", "Everybody sees which option is right", () => desk.command("reveal"));
    const left = element("div", { className: "votes" }, this.text, this.histogram.element, this.seen);
    const buttons = element("div", { className: "stack" }, this.voting, this.again, this.results, this.reveal);
    buttons.append(this.rarer());
    const counted = element("div", { className: "counted" }, this.answered, this.progress);
    const right = element("div", { className: "vote-side" }, counted, this.adviceLine, this.gainLine, buttons);
    this.element = element("div", { className: "result" }, left, right);
  }

  /** What is done more rarely. */
  rarer() {
    const { desk } = this;
    const answers = { yes: "Delete these votes", no: "Keep them" };
    const reset = confirmed("Reset this round", "The votes of this round are deleted", answers, () =>
      desk.command("reset"),
    );
    const end = button("End the question", "Students no longer see it", () => desk.command("drop_question"));
    const more = element("details", { className: "more" });
    more.append(
      element("summary", { className: "button" }, "More"),
      element("div", { className: "stack" }, reset, end),
    );
    return more;
  }

  show() {
    const { question, tally, progress, class: about } = this.desk.state;
    if (!question) return;
    const { text, options, round, open, shown = false, revealed = false } = question;
    const { counts = null, moved = null, correct = null } = tally ?? {};
    say(this.text, text);
    this.histogram.show({ options, counts, moved, correct });
    say(this.seen, seenText(shown, revealed, correct !== null));
    const { answered = 0, of = 0 } = progress ?? {};
    say(this.answered, `${round === 2 ? "Second vote: " : ""}${answered} of ${of} answered`);
    Object.assign(this.progress, { max: Math.max(1, of), value: answered });
    this.progress.ariaValueText = `${answered} of ${of}`;
    const { sentence, share } = adviceOf(counts, correct),
      isAdvised = shown && !open; // before, the next step says it
    say(this.advice, isAdvised ? sentence : "");
    this.adviceLine.hidden = !isAdvised;
    this.rightSign.hidden = share === null;
    const gain = gainOf(moved, correct);
    say(this.gain, gainText(gain));
    this.gainLine.hidden = !gain;
    this.showButtons({ round, open, shown, revealed, correct, closed: about?.closed === true });
  }

  /** @param {{round: number, open: boolean, shown: boolean, revealed: boolean, correct: number | null, closed: boolean}} now */
  showButtons({ round, open, shown, revealed, correct, closed }) {
    label(
      this.voting,
      open ? "End the vote" : "Reopen this vote",
      open ? "No vote counts any more" : "Votes count again",
    );
    label(this.results, shown ? "Hide the result" : "Show the result", shown ? "Only you see it" : "Everybody sees it");
    hide(this.again, round === 2 || open, this.voting);
    hide(this.reveal, correct === null || revealed || !shown, this.text);
    for (const node of this.element.querySelectorAll("button")) node.disabled = closed && !node.matches(".help");
  }

  /** @param {"voting" | "results"} what */
  toggle(what) {
    const { open = false, shown = false } = this.desk.state.question ?? {};
    void this.desk.command(what, what === "voting" ? { open: !open } : { shown: !shown });
  }
}

/**
 * @param {HTMLButtonElement} node
 * @param {string} text
 * @param {string} title
 */
function label(node, text, title) {
  say(node, text);
  Object.assign(node, { title, ariaLabel: text });
}

/**
 * Who sees what of a vote, in words.
 *
 * @param {boolean} shown
 * @param {boolean} revealed
 * @param {boolean} known whether an option is right
 */
function seenText(shown, revealed, known) {
  if (!shown) return "Only you see these bars.";
  if (!known) return "Everybody sees these bars.";
  return `Everybody sees these bars; ${revealed ? "they know" : "only you see"} which option is right.`;
}
