"""Every number with a unit that a page shows is explained there: by a “?” of that page, or it says here why not."""

import re

import pytest

from vae.ui.pages.training.explained import TERMS as FORM
from vae.views.shared.scripts import FRONTEND
from vae.views.shared.terms.catalogue import TERMS

PAGES = (
    "bar",
    "classroom",
    "compare",
    "explore",
    "home",
    "interpolation",
    "map",
    "reconstruction",
    "sampling",
    "training",
)
UNIT = re.compile(r"nats|bits|grey levels|frames/s|images/s|\bms\b|(?<=[}\d]) %|\bMB\b")
AFTER_VALUE = re.compile(r"\}( %| (?:nats|bits|grey levels|frames/s|images/s|ms|MB)\b)")  # also in nested templates
TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')
COMMENT = re.compile(r"/\*.*?\*/|(?:^|(?<=\s))//[^\n]*", re.DOTALL | re.MULTILINE)

LOSS = ("−ELBO", "reconstruction error", "KL")
SETTING = "the visitor sets it"
SHAPE = "where something is drawn, or how much of it"
TIME = ("time to the picture",)

# What explains the numbers that a script shows, by the script and the unit; or why nothing does.
EXPLAINED: dict[tuple[str, str], tuple[str, ...] | str] = {
    ("bar/model-numbers.js", "nats"): (*LOSS, "cost of the class", "active dimensions"),
    ("classroom/check/check.js", "ms"): ("time of an answer",),
    ("classroom/check/words.js", "ms"): ("time of an answer",),
    ("classroom/histogram.js", " %"): ("share of the votes",),
    ("classroom/teacher/addresses.js", "ms"): ("time of an answer",),
    ("classroom/teacher/room-tab.js", "ms"): ("time of an answer",),
    ("classroom/teacher/tally.js", " %"): ("share of right votes", "gain between the rounds"),
    ("compare/dimensions.js", "nats"): ("KL of a dimension", "information"),
    ("compare/plane.js", "nats"): ("rate", "distortion", "least possible error", "error of a collapsed model"),
    ("compare/words.js", "nats"): ("−ELBO", "active dimensions"),
    ("explore/comparison.js", " %"): ("mean |Δ|",),
    ("explore/explore.js", "frames/s"): TIME,
    ("explore/explore.js", "ms"): TIME,
    ("explore/explore.js", "nats"): ("KL of a dimension",),
    ("explore/sliders.js", "nats"): ("KL of a dimension",),
    ("home/models.js", "nats"): ("−ELBO", "KL", "active dimensions"),
    ("interpolation/corners.js", " %"): "the corners’ weights, which the visitor moves",
    ("interpolation/geometry.js", "grey levels"): ("length of a path",),
    ("interpolation/interpolation.js", "frames/s"): TIME,
    ("interpolation/interpolation.js", "ms"): TIME,
    ("interpolation/path.js", " %"): "the weights of both pictures, which the visitor moves",
    ("interpolation/shortest.js", " %"): ("length of a path",),
    ("interpolation/shortest.js", "grey levels"): ("length of a path",),
    ("interpolation/strips.js", " %"): ("mean |Δ|", "|z|"),
    ("map/controls.js", " %"): ("trustworthiness", "continuity", "neighbours kept"),
    ("map/controls.js", "frames/s"): TIME,
    ("map/controls.js", "ms"): TIME,
    ("map/controls.js", "nats"): ("KL of q(z)’s mean and covariance",),
    ("map/dot-controls.js", " %"): SETTING,
    ("map/map.js", " %"): SHAPE,
    ("map/paint.js", "nats"): ("reconstruction error", "least possible error", "KL"),
    ("map/panel.js", "nats"): ("reconstruction error", "least possible error", "KL"),
    ("map/projection.js", " %"): ("share of variance",),
    ("map/projection.js", "nats"): ("reconstruction error", "least possible error", "KL"),
    ("map/shading.js", "grey levels"): ("change per unit of z",),
    ("reconstruction/anomaly.js", "nats"): ("anomaly score", "complexity", "AUROC"),
    ("reconstruction/beside.js", "nats"): LOSS,
    ("reconstruction/damage.js", " %"): SETTING,
    ("reconstruction/loss.js", "nats"): LOSS,
    ("reconstruction/optimise.js", "nats"): LOSS,
    ("reconstruction/pictures.js", "nats"): LOSS,
    ("reconstruction/posterior-chart.js", "nats"): ("KL of a dimension", "μ", "σ"),
    ("reconstruction/posterior-plane.js", " %"): ("share of variance",),
    ("reconstruction/reconstruction.js", "frames/s"): TIME,
    ("reconstruction/reconstruction.js", "ms"): TIME,
    ("reconstruction/remarks.js", " %"): ("mean |Δ|",),
    ("sampling/controls.js", " %"): ("share of variance",),
    ("sampling/controls.js", "nats"): ("KL of a dimension",),
    ("sampling/panel.js", " %"): ("accuracy of the classifier",),
    ("sampling/sampling.js", "frames/s"): TIME,
    ("sampling/sampling.js", "ms"): TIME,
    ("sampling/scores.js", "bits"): ("gap of a source",),
    ("sampling/scores.js", "nats"): ("gap of a source",),
    ("sampling/selection.js", " %"): ("change of the picture", "distance of codes"),
    ("training/charts.js", "nats"): ("reconstruction error", "KL"),
    ("training/kl-bars.js", "nats"): ("KL of a dimension",),
    ("training/map.js", " %"): SHAPE,
    ("training/player.js", " %"): "how much of the run is over",
    ("training/selection.js", "MB"): "the size of a file",
    ("training/view.js", "nats"): ("loss",),
    ("training/sweep.js", "nats"): ("rate", "distortion", "−ELBO", "active dimensions"),
    ("training/words.js", "images/s"): "how fast the run is, by the clock",
}
# Terms that a page gives its signs by a variable, or through lib/glossary.js.
INDIRECT = {
    "reconstruction": {"amortisation gap", "approximation gap", "NLL"},
    "sampling": {"precision", "recall", "Fréchet distance"},
    "training": {"reconstruction error", "KL", *FORM.values()},
    "home": {"−ELBO", "KL", "active dimensions", "weights"},
}
SIGN = re.compile(r'\bhelp\(\s*((?:[\w.]+ \? "[^"]+" : )?"[^"]+")')


def script(name: str) -> str:
    return COMMENT.sub("", (FRONTEND / name).read_text("utf-8"))


def shown() -> list[tuple[str, str]]:
    """Script and unit of each number with a unit that the pages' texts have; values in them are left out."""
    found = []
    for page in PAGES:
        for path in sorted((FRONTEND / page).rglob("*.js")):
            name = path.relative_to(FRONTEND).as_posix()
            texts = (re.sub(r"\$\{[^}]*\}", "}", text) for text in TEXT.findall(script(name)))
            units = {unit for text in texts if re.search(r"[\s}]", text) for unit in UNIT.findall(text)}
            units |= {unit if unit == " %" else unit.strip() for unit in AFTER_VALUE.findall(script(name))}
            found += [(name, unit) for unit in sorted(units)]
    return found


def signs(page: str) -> set[str]:
    """The terms of a page's signs: named where it asks for one, or by a variable."""
    text = "".join(script(path.relative_to(FRONTEND).as_posix()) for path in (FRONTEND / page).rglob("*.js"))
    named = {term for asked in SIGN.findall(text) for term in re.findall(r'"([^"]+)"', asked)}
    indirect = {term for term in INDIRECT.get(page, ()) if f'"{term}"' in text or term in FORM.values()}
    return named | indirect | ({"time to the picture"} if "timeHelp(" in text else set())


def test_every_number_with_a_unit_is_explained_or_says_why_not() -> None:
    missing = set(shown()) - EXPLAINED.keys()
    assert not missing, "Give it a “?” where the page first shows it, and name its terms in EXPLAINED."
    assert not EXPLAINED.keys() - set(shown()), "No page shows these any more."


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_the_signs_of_its_numbers(page: str) -> None:
    wanted = {
        term
        for (name, _), terms in EXPLAINED.items()
        if name.startswith(f"{page}/") and not isinstance(terms, str)
        for term in terms
    }
    assert wanted <= TERMS.keys()
    assert not wanted - signs(page)


def test_every_term_but_those_of_lessons_has_a_page() -> None:
    everywhere = set().union(*(signs(page) for page in PAGES))
    of_lessons = {"MIG"}
    assert TERMS.keys() - everywhere == of_lessons
