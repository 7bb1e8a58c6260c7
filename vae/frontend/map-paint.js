/** Drawing on the map's canvases: ten thousand points as pixels, and the lines and marks above them. */

const OPACITY = 0.85, DIMMED = 0.12;
const RIM = 0.65; // brightness at a dot's edge: dots stay apart from each other and from pictures beneath

/** The ramp for numbers: viridis, evenly sampled. Source: van der Walt & Smith 2015, CC0. */
const VIRIDIS = [
  "#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725",
];
const RAMP_STEPS = 64;

export const RAMP = Array.from({ length: RAMP_STEPS }, (_, i) => between(VIRIDIS, i / (RAMP_STEPS - 1)));
export const RAMP_CSS = `linear-gradient(90deg, ${VIRIDIS.join(", ")})`;

/** "#rrggbb" -> [r, g, b]. */
export function rgb(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function between(colours, share) {
  const at = share * (colours.length - 1), low = Math.min(colours.length - 2, Math.floor(at));
  const [from, to] = [rgb(colours[low]), rgb(colours[low + 1])];
  return from.map((value, c) => Math.round(value + (at - low) * (to[c] - value)));
}

/** A dot of this radius as pixels {x, y, coverage, light}: coverage 0 to 1, light 1 inside and less at the rim. */
export function dot(radius) {
  const pixels = [], reach = Math.ceil(radius);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const inside = radius + 0.5 - Math.hypot(x, y);
      const coverage = Math.max(0, Math.min(1, inside));
      if (coverage) pixels.push({ x, y, coverage, light: inside > 1.2 ? 1 : RIM });
    }
  }
  return pixels;
}

/**
 * Writes dots into an ImageData, each over those before it.
 *
 * screen: 2 CSS pixels per point; colours: index into palette of each point; visible, bright: 0 or 1 per point, bright
 * null where all are; depths: 0 to 1 per point or null. Pixel by pixel, because that is several times as fast as asking
 * the canvas for ten thousand circles.
 */
export function paintDots(image, pixelRatio, stamp, { screen, colours, palette, visible, bright, depths }) {
  const { data, width, height } = image;
  data.fill(0);
  const paint = (wanted) => {
    for (let i = 0; i < colours.length; i++) {
      if (!visible[i] || (bright && bright[i] !== wanted)) continue;
      const x = Math.round(screen[2 * i] * pixelRatio), y = Math.round(screen[2 * i + 1] * pixelRatio);
      if (!(x > -20 && y > -20 && x < width + 20 && y < height + 20)) continue;
      const opacity = (bright && !wanted ? DIMMED : OPACITY) * (depths ? 0.3 + 0.7 * depths[i] : 1);
      stampDot(data, width, height, stamp, x, y, palette[colours[i]], opacity);
    }
  };
  if (bright) paint(0); // what is chosen lies above the rest
  paint(1);
}

function stampDot(data, width, height, stamp, x, y, colour, opacity) {
  for (const pixel of stamp) {
    const column = x + pixel.x, row = y + pixel.y;
    if (column < 0 || row < 0 || column >= width || row >= height) continue;
    const at = 4 * (row * width + column);
    const alpha = opacity * pixel.coverage, beneath = (data[at + 3] / 255) * (1 - alpha), sum = alpha + beneath;
    const share = (alpha / sum) * pixel.light, rest = beneath / sum;
    data[at] = colour[0] * share + data[at] * rest;
    data[at + 1] = colour[1] * share + data[at + 1] * rest;
    data[at + 2] = colour[2] * share + data[at + 2] * rest;
    data[at + 3] = 255 * sum;
  }
}

/** Draws a path twice, the wider one beneath in the opposite shade, so that it is seen on anything. */
export function outlined(context, path, colour = "#fff", width = 2, halo = "#000") {
  for (const [strokeStyle, lineWidth] of [[halo, width + 2], [colour, width]]) {
    Object.assign(context, { strokeStyle, lineWidth });
    context.stroke(path);
  }
}

/** Words that are seen on anything. */
export function label(context, text, x, y, colour, halo) {
  Object.assign(context, { font: "bold 12px sans-serif", textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { lineJoin: "round", strokeStyle: halo, fillStyle: colour, lineWidth: 4 });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

export function circle(x, y, radius) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}

export function cross(x, y, size) {
  const path = new Path2D();
  for (const [dx, dy] of [[1, 0], [0, 1]]) {
    path.moveTo(x - size * dx, y - size * dy);
    path.lineTo(x + size * dx, y + size * dy);
  }
  return path;
}

export function lines(pairs) {
  const path = new Path2D();
  for (const [[x0, y0], [x1, y1]] of pairs) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  return path;
}
