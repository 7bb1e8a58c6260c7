"""The rate–distortion plane of a sweep as an SVG, for a file, a page and paper; the page Compare has the same plane.

Rate (KL) across, distortion (reconstruction) up, both in nats per test image. A mark is a model, its colour and shape
say the latent dimensions; a curve joins the means of the seeds from β to β. Dashed: equal −ELBO.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import ceil, floor, inf, log10, pi, sin
from statistics import fmean

from vae.jobs.sweeps.table import Row

# The first of vae.views.shared.palette, as far apart as they can be in this order.
COLOURS = ("#6537ff", "#cd0200", "#007a43", "#c08b09", "#b41696", "#00a5ab", "#787176", "#ff4ba2", "#8b996e", "#a07efd")
SIDES = (0, 4, 3, 6, 5)  # corners of the marks; 0: a circle
WIDTH, HEIGHT, TEXT = 640, 420, 13
LEFT, RIGHT, TOP, BOTTOM = 62, 20, 40, 50
ROOM, ABOVE, FAR = 1.12, 0.06, 0.5  # as vae/frontend/compare/plane-scale.js: beside and above the points; no zero below
LINES, TICKS = 6, 5  # of equal −ELBO, of an axis; at most
LETTER = 0.56  # of a text's height is a letter's width, about
MARK = 4.6  # radius
MOST_LABELS = 40  # points whose β is written
# On its own, as a file or on paper, it is dark on white; a page that shows it sets --page and the text's colour.
STYLE = """
svg.plane:root{--page:#fff;color:#31333f;background:#fff}
.plane text{font:13px/1 "Source Sans",system-ui,sans-serif;fill:currentColor}
.plane .axis{fill:none;stroke:currentColor;stroke-opacity:.6}
.plane .equal{stroke:currentColor;stroke-opacity:.25;stroke-dasharray:4 4}
.plane .curve{fill:none;stroke-width:1.8;stroke-opacity:.8}
.plane .faint{fill-opacity:.7;font-size:11px}
.plane .name{font-size:12px;paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}
"""

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class _Scale:
    """Nats to places in the drawing. most_rate, least and most of the distortion: where the axes end."""

    most_rate: float
    least: float
    most: float

    def x(self, rate: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * rate / self.most_rate

    def y(self, distortion: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.most - distortion) / (self.most - self.least)


def plane_svg(rows: Sequence[Row], title: str) -> str:
    """The drawing of these models, "" without any."""
    if not rows:
        return ""
    scale, widths = _scale(rows), sorted({row["latent_dim"] for row in rows})
    looks = {width: (COLOURS[i % len(COLOURS)], SIDES[i % len(SIDES)]) for i, width in enumerate(widths)}
    parts = [*_equal_sums(scale), *_axes(scale), *_legend(looks, title)]
    means = [mean for width in widths for mean in _means(rows, width)]
    for width in widths:
        points = " ".join(f"{scale.x(kl):.1f},{scale.y(error):.1f}" for at, _, kl, error in means if at == width)
        parts.append(f'<polyline class="curve" stroke="{looks[width][0]}" points="{points}"/>')
    parts += [_model(row, scale, *looks[row["latent_dim"]]) for row in rows]
    parts += _names(means, rows, scale)
    about = f"Rate–distortion plane of {title}: {len(rows)} models; the table has their numbers"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plane" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(about)}"><style>{STYLE}</style>{"".join(parts)}</svg>\n'
    )


def _scale(rows: Iterable[Row]) -> _Scale:
    errors = [row["reconstruction"] for row in rows]
    lowest, high = min(errors), max(*errors, min(0.0, *errors) + 1)
    far = lowest > FAR * high and high - lowest >= 1
    low = lowest if lowest < 0 or far else 0.0
    margin = (high - low) * ABOVE
    return _Scale(ROOM * max(1.0, *(row["kl"] for row in rows)), low - margin if low else 0.0, high + margin)


def _means(rows: Iterable[Row], width: int) -> list[tuple[int, float, float, float]]:
    """(latent_dim, β, KL, reconstruction) of each β, the means of its seeds, by β."""
    of_width = sorted((row for row in rows if row["latent_dim"] == width), key=_beta)
    groups = [(beta, list(seeds)) for beta, seeds in groupby(of_width, key=_beta)]
    return [
        (width, beta, fmean(row["kl"] for row in seeds), fmean(row["reconstruction"] for row in seeds))
        for beta, seeds in groups
    ]


def _beta(row: Row) -> float:
    return float(row["beta"])


def _axes(scale: _Scale) -> Iterator[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
    for rate in _ticks(0, scale.most_rate):
        yield f'<path class="axis" d="M{scale.x(rate):.1f} {bottom}v5"/>'
        yield _text(f"{rate:g}", scale.x(rate), bottom + 19, "middle")
    for error in _ticks(scale.least, scale.most):
        yield f'<path class="axis" d="M{LEFT - 5} {scale.y(error):.1f}h5"/>'
        yield _text(f"{error:g}", LEFT - 9, scale.y(error) + 4.5, "end")
    yield _text("rate: KL, nats on z", (LEFT + right) / 2, HEIGHT - 8, "middle")
    turned = f"translate(14 {(TOP + bottom) / 2:.0f}) rotate(-90)"
    yield f'<text text-anchor="middle" transform="{turned}">reconstruction, nats</text>'


def _equal_sums(scale: _Scale) -> Iterator[str]:
    """Lines of equal rate + distortion = −ELBO, within the axes."""
    for total, x1, y1, x2, y2 in _equal_lines(scale):
        yield f'<line class="equal" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
        yield _text(f"{total:g}", x2 - 4, y2 - 5, "end", "faint")


def _equal_lines(scale: _Scale) -> Iterator[tuple[float, float, float, float, float]]:
    """The sum, and the ends of its line."""
    step = _round_step((scale.most + scale.most_rate - scale.least) / LINES)
    for number in range(ceil((scale.least + 1e-9) / step), ceil((scale.most + scale.most_rate) / step)):
        total = number * step
        first, last = max(0.0, total - scale.most), min(scale.most_rate, total - scale.least)
        if last > first:
            yield total, scale.x(first), scale.y(total - first), scale.x(last), scale.y(total - last)


def _legend(looks: dict[int, tuple[str, int]], title: str) -> Iterator[str]:
    """The drawing's title, and which mark stands for how many latent dimensions."""
    at = WIDTH - RIGHT - 54.0 * min(len(looks), 8)
    yield f'<text x="{LEFT}" y="18" font-weight="600">{escape(title)}</text>'
    yield _text("nats per test image; dashed: equal −ELBO", LEFT, 33, "start", "faint about")
    for i, (width, (colour, sides)) in enumerate(looks.items()):
        x, y = at + 54 * (i % 8), 14 + 16 * (i // 8)
        yield f'<path class="mark" fill="{colour}" d="{_mark(x, y, sides)}"/>{_text(f"{width}-D", x + 10, y + 4.5)}'


def _model(row: Row, scale: _Scale, colour: str, sides: int) -> str:
    numbers = f"KL {row['kl']:.1f}, reconstruction {row['reconstruction']:.1f}, −ELBO {row['negative_elbo']:.1f} nats"
    place = _mark(scale.x(row["kl"]), scale.y(row["reconstruction"]), sides)
    title = escape(f"{row['checkpoint']}: {numbers}")
    return f'<path class="mark" fill="{colour}" stroke="var(--page)" d="{place}"><title>{title}</title></path>'


def _mark(x: float, y: float, sides: int) -> str:
    """The path of a circle or of a regular polygon, its first corner above."""
    if not sides:
        return f"M{x - MARK:.1f} {y:.1f}a{MARK} {MARK} 0 1 0 {2 * MARK} 0a{MARK} {MARK} 0 1 0 {-2 * MARK} 0z"
    angles = [2 * pi * i / sides for i in range(sides)]
    corners = [f"{x + 1.2 * MARK * sin(a):.1f} {y - 1.2 * MARK * sin(a + pi / 2):.1f}" for a in angles]
    return f"M{'L'.join(corners)}z"


def _names(means: Sequence[tuple[int, float, float, float]], rows: Iterable[Row], scale: _Scale) -> Iterator[str]:
    """β beside each mean, where there is room for it."""
    if len(means) > MOST_LABELS:
        return
    half = MARK + 1.5
    centres = [(scale.x(row["kl"]), scale.y(row["reconstruction"])) for row in rows]
    taken: list[Box] = [(x - half, y - half, x + half, y + half) for x, y in centres]
    taken += [_box(f"{total:g}", x - 4, y - 9, "end") for total, _, _, x, y in _equal_lines(scale)]
    for _, beta, kl, error in means:
        name = f"β = {beta:g}"
        for x, y, anchor in _places(scale.x(kl), scale.y(error)):
            box = _box(name, x, y, anchor)
            if _is_inside(box) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                yield _text(name, x, y + 4, anchor, "name")
                break


def _places(x: float, y: float) -> Iterator[tuple[float, float, str]]:
    for far in (11, 17):
        slope = 0.75 * far
        yield from ((x + slope, y - slope, "start"), (x + far, y, "start"), (x + slope, y + slope, "start"))
        yield from ((x - far, y, "end"), (x - slope, y + slope, "end"), (x - slope, y - slope, "end"))
        yield from ((x, y - far - 3, "middle"), (x, y + far + 3, "middle"))


def _box(name: str, x: float, y: float, anchor: str) -> Box:
    width = LETTER * TEXT * len(name)
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
    return left, y - TEXT / 2, left + width, y + TEXT / 2


def _is_inside(box: Box) -> bool:
    return box[0] > LEFT and box[1] > TOP and box[2] < WIDTH and box[3] < HEIGHT - BOTTOM


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _text(text: str, x: float, y: float, anchor: str = "start", kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high."""
    step = _round_step((high - low) / TICKS)
    return [round(i * step, 12) for i in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _round_step(least: float) -> float:
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10, inf) if factor * power >= least)
