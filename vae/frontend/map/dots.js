/** How large and opaque the points of the map are: by themselves, or as the user has chosen in this browser. */

/** size: factor; opacity: 0 to 1, null: as it is without a choice. @typedef {{size: number, opacity: number | null}} Choice */
/**
 * What a dot depends on. count: of all points; crowd: visible points per em² where most of them lie; beneath: what lies
 * under the points and should be seen.
 *
 * @typedef {{count: number, crowd: number, beneath: "pictures" | "shading" | null}} Crowd
 */

const KEY = "latent-lab: the map's points";
/** What the user may choose. */
export const SIZES = { min: 0.4, max: 4, step: 0.1 },
  OPACITIES = { min: 0.05, max: 1, step: 0.05 };
/** @type {Choice} */
export const UNCHOSEN = { size: 1, opacity: null };

const MANY = 4000; // points
const FEW_RADIUS = 0.185,
  MANY_RADIUS = 0.145; // em
const OPACITY = 0.85;
// Of points on something: where they are few, and from where on they are crowded.
const CROWDS = [0.3, 8]; // points per em²
const RADII = [0.17, 0.09]; // em
const OPACITIES_ON = { pictures: 0.6, shading: 0.3 }; // so that it can be read through them

/**
 * How a dot is drawn.
 *
 * @param {Crowd} crowd
 * @param {Choice} choice
 * @returns {{radius: number, opacity: number}} radius: in em
 */
export function dotOf({ count, crowd, beneath }, { size, opacity }) {
  const usual = count > MANY ? MANY_RADIUS : FEW_RADIUS;
  const radius = size * (beneath ? Math.min(usual, crowdedRadius(crowd)) : usual);
  return { radius, opacity: opacity ?? (beneath ? OPACITIES_ON[beneath] : OPACITY) };
}

/**
 * The more crowded the points, the smaller, so that what lies beneath can be seen between them.
 *
 * @param {number} crowd points per em²
 */
function crowdedRadius(crowd) {
  const [least, most] = CROWDS,
    [sparse, crowded] = RADII;
  const share = Math.max(0, Math.min(1, Math.log(crowd / least) / Math.log(most / least)));
  return sparse + share * (crowded - sparse);
}

/** What was chosen in this browser. @returns {Choice} */
export function recallChoice() {
  try {
    const { size, opacity } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return {
      size: isWithin(size, SIZES) ? size : UNCHOSEN.size,
      opacity: isWithin(opacity, OPACITIES) ? opacity : UNCHOSEN.opacity,
    };
  } catch {
    return { ...UNCHOSEN }; // a browser without storage, or something else under this name
  }
}

/** @param {Choice} choice */
export function rememberChoice(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // A browser without storage, or a full one, forgets it with the page.
  }
}

/**
 * @param {unknown} value
 * @param {{min: number, max: number}} range
 */
function isWithin(value, { min, max }) {
  return typeof value === "number" && value >= min && value <= max;
}
