/** The lesson with which a teacher begins to write. */

import { titleOf } from "../../lib/own-lesson.js";

export const TEMPLATE = `---
title: What survives two numbers?
minutes: 8
level: see                 # see, measure or mathematics
question: Your digit must pass through two numbers. What does the model draw from them?
options:                   # 2 to 6
  - text: An exact copy
    because: A computer stores things exactly.
  - text: A typical digit of the same kind
    because: Two numbers are enough for the kind, not for your handwriting.
  - text: Nothing that can be read
    because: Two numbers are too few for a picture.
answer: 2                  # counted from 1; or: the class finds out
steps:                     # 1 to 8
  - do: Draw your own digit on the pad.
    link: Reconstruction?checkpoint=mnist-z2
    see: The copy is a typical digit. It costs {reconstruction of mnist-z2} nats.
    checks:
      - reconstruction of mnist-z2 > 100
transfer:
  question: The model has ten numbers now. What changes?
  options:
    - text: The copy keeps more of your handwriting.
    - text: The copy gets worse.
  answer: 1
---
Two numbers hold what pays for itself: the kind of digit, and how much it leans. **Your** handwriting does not fit.
`;

/**
 * The file's name for a lesson's text: of its title, else "lesson.md".
 *
 * @param {string} text
 */
export function fileName(text) {
  const name = titleOf(text)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return `${name.slice(0, 60) || "lesson"}.md`;
}

/**
 * Where a line is in a text: its first character, and the one after its last. A line beyond the end is the last one.
 *
 * @param {string} text
 * @param {number} line counted from 1
 * @returns {[start: number, end: number]}
 */
export function placeOf(text, line) {
  const lines = text.split("\n");
  const at = Math.min(Math.max(1, line), lines.length) - 1;
  const start = lines.slice(0, at).reduce((sum, each) => sum + each.length + 1, 0);
  return [start, start + lines[at].length];
}
