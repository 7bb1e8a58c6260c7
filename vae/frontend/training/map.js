/** The map of a film's test images: points that move from frame to frame. */

import { dotStamp, paintDots, rgb } from "../lib/canvas.js";
import { element } from "../lib/dom.js";
import { epochsOf } from "./words.js";

const PRIOR_REACH = 3.5; // prior standard deviations to either side: the circles and their labels fit
const MARGIN = 1.06;
const OUTLIER = 3; // times as far as in the others: such a frame does not set the view
const TWEEN_MS = 220;
const SMALL = 300,
  RADIUS = 1.9,
  SMALL_RADIUS = 1.5; // CSS pixels
const PLANES = {
  line: "z across; the height means nothing",
  latent: "the latent plane: z₀ across, z₁ up",
  principal: "the plane of the two principal components, in latent units",
};

/** Half the side of the square that a film's points are seen in, the same for all its frames. */
function halfOf({ head, frames }) {
  const reaches = frames.map(({ reach }) => reach);
  const typical = Math.max(reaches.toSorted((a, b) => a - b)[reaches.length >> 1] ?? 0, reaches.at(-1) ?? 0);
  const half = MARGIN * Math.min(Math.max(0, ...reaches), OUTLIER * typical) || 1;
  return hasCircles(head) ? Math.max(PRIOR_REACH, half) : half;
}

/** The same of several films: latent planes are all seen at one scale, that they compare. */
export function halvesOf(films) {
  const halves = films.map(halfOf),
    ofPlanes = halves.filter((_, i) => films[i].head.plane === "latent");
  return films.map(({ head }, i) => (head.plane === "latent" ? Math.max(...ofPlanes) : halves[i]));
}

/** The points of a frame in latent units: x and y of each. */
export function placesOf({ points, scale }) {
  return Float32Array.from(points, (value) => value * scale);
}

/** A plain autoencoder, which has no prior, has no samples either. */
function hasCircles({ plane, samples }) {
  return plane === "latent" && samples > 0;
}

/** Paints points on a canvas of width × height CSS pixels; `look`: {palette, ink, ratio}. */
export class Painter {
  dots = element("canvas");

  paint(context, { head, places, half }, { width, height }, { palette, ink, ratio }) {
    const unit = Math.min(width, height) / 2 / half;
    if (hasCircles(head)) paintCircles(context, unit, width, height, ink);
    const screen = new Float32Array(places.length);
    const lift = head.plane === "line" ? (0.9 * height) / unit : 1; // heights from −0.5 to 0.5
    for (let i = 0; i < places.length; i += 2) {
      screen[i] = width / 2 + places[i] * unit;
      screen[i + 1] = height / 2 - places[i + 1] * unit * lift;
    }
    const [wide, high] = [width, height].map((side) => Math.round(side * ratio));
    if (this.dots.width !== wide || this.dots.height !== high) {
      Object.assign(this.dots, { width: wide, height: high });
      this.image = null;
    }
    const dots = this.dots.getContext("2d");
    this.image ??= dots.createImageData(wide, high);
    const stamp = dotStamp((Math.min(width, height) < SMALL ? SMALL_RADIUS : RADIUS) * ratio);
    const colours = head.classes.map((label) => label % palette.length);
    const all = { visible: new Uint8Array(colours.length).fill(1), bright: null, depths: null };
    paintDots(this.image, ratio, stamp, { screen, colours, palette: palette.map(rgb), ...all });
    dots.putImageData(this.image, 0, 0);
    context.drawImage(this.dots, 0, 0, width, height);
  }
}

function paintCircles(context, unit, width, height, ink) {
  Object.assign(context, { strokeStyle: ink, fillStyle: ink, lineWidth: 1 });
  Object.assign(context, { font: "11px sans-serif", textAlign: "center" });
  for (const reach of [1, 2, 3]) {
    context.globalAlpha = 0.35;
    context.beginPath();
    context.arc(width / 2, height / 2, reach * unit, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 0.8;
    context.fillText(`${reach} σ`, width / 2, height / 2 - reach * unit - 3);
  }
  context.globalAlpha = 1;
}

export class FilmMap {
  painter = new Painter();
  canvas = element("canvas", { className: "points", role: "img" });
  reduced = matchMedia("(prefers-reduced-motion: reduce)");

  /** Moves to a frame of the film. half: of the view's side. still: at once, as under a hand that wants no motion. */
  show(film, frame, half, still = false) {
    const places = placesOf(frame);
    const first = this.goal?.head !== film.head;
    this.from = first || still || this.reduced.matches ? { places, half } : this.now();
    this.goal = { head: film.head, places, half };
    this.started = performance.now();
    this.describe(film, frame);
    this.paint();
  }

  describe({ head }, frame) {
    const count = head.points.toLocaleString("en");
    this.canvas.ariaLabel =
      `${count} test images on ${PLANES[head.plane]}, coloured by class, at epoch ${epochsOf(frame.epoch)}; ` +
      `99 % lie within ${frame.reach.toPrecision(2)} of the middle`;
    this.canvas.title = PLANES[head.plane];
  }

  /** Where the points are on their way. */
  now() {
    const { from, goal } = this;
    const t = Math.min(1, (performance.now() - this.started) / TWEEN_MS);
    if (t === 1) return goal;
    const between = (a, b) => a + t * (b - a);
    return { places: goal.places.map((b, i) => between(from.places[i], b)), half: between(from.half, goal.half) };
  }

  paint() {
    cancelAnimationFrame(this.frame);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!this.goal || !width || !height) return;
    const ratio = devicePixelRatio,
      sides = [width, height].map((side) => Math.round(side * ratio));
    if (this.canvas.width !== sides[0] || this.canvas.height !== sides[1]) {
      [this.canvas.width, this.canvas.height] = sides;
    }
    const context = this.canvas.getContext("2d"),
      moving = this.from.places !== this.goal.places && this.now();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const seen = { head: this.goal.head, ...(moving || this.goal) };
    const ink = getComputedStyle(this.canvas).color;
    this.painter.paint(context, seen, { width, height }, { palette: this.palette, ink, ratio });
    if (moving && moving !== this.goal) this.frame = requestAnimationFrame(() => this.paint());
    else this.from = this.goal;
  }

  close() {
    cancelAnimationFrame(this.frame);
  }
}
