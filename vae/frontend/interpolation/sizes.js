/**
 * How large the pictures of the views are, in CSS pixels, from the width and height that they have. em: the text's size.
 */

const SMALLEST = 8, // em of a large picture
  LEAST = 5, // em of one of more than two
  CARD = 9, // em that the buttons of an end need
  GAP = 1; // em
const CARD_SHARE = 0.7; // of a large picture, at most
const PER_SMALL = 1.5; // the moved picture of the arithmetic, of one of the other three
const NARROW = 40; // em

/**
 * Large pictures between two ends, or two by two above them where stage is 0.
 *
 * @param {{count?: number, stage: number, heroes: number, height: number, em: number}} room count: of large pictures;
 *   stage: width of all; heroes: of the large ones where they are alone; height: of a row of them
 */
export function pathSides({ count = 2, stage, heroes, height, em }) {
  const beneath = (heroes - GAP * em) / 2;
  if (!stage) return { hero: Math.min(height, beneath), card: Math.min(CARD * em, beneath) };
  const beside = stage - (count + 1) * GAP * em;
  const least = count > 2 ? LEAST : SMALLEST;
  const hero = Math.max(least * em, Math.min(height, (beside - 2 * CARD * em) / count));
  return { hero, card: Math.max(SMALLEST * em, Math.min(CARD_SHARE * hero, (beside - count * hero) / 2)) };
}

/**
 * The equation's pictures in a row; where it is narrow, the moved one in a row of its own.
 *
 * @param {{width: number, height: number, em: number}} room without the signs between the pictures
 */
export function equationSides({ width, height, em }) {
  if (width < NARROW * em) return { small: 5.5 * em, hero: Math.min(width, height) };
  const small = width / (3 + PER_SMALL);
  const hero = Math.min(PER_SMALL * small, height);
  return { small: Math.min(small, hero), hero };
}
