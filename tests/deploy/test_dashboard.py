"""Grafana's dashboard asks for what the app counts."""

import json
import re
import urllib.request
from typing import Any

from tests.support.browsing import ROOT
from tests.support.patience import PATIENCE
from vae.bench.live import Server

DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana.json").read_text("utf-8"))
METRIC = re.compile(r"\b(?:latentlab|process)_\w+")
OF_PROMETHEUS = {"up"}


def expressions() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def test_every_metric_and_label_that_it_asks_for_is_counted(app: Server) -> None:
    with urllib.request.urlopen(f"{app.url}/metrics", timeout=PATIENCE) as answer:
        text = answer.read().decode()
    counted = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    asked = {name for each in expressions() for name in METRIC.findall(each)}
    assert len(asked) > 10
    assert asked <= counted
    for label, value in re.findall(r'(\w+)="(\w+)"', " ".join(expressions())):
        assert f'{label}="{value}"' in text


def test_a_counter_is_shown_as_a_rate_and_nothing_else_is() -> None:
    for each in expressions():
        for name in METRIC.findall(each):
            assert (f"rate({name}" in each) == name.endswith("_total"), each


def test_panels_lie_side_by_side_and_have_numbers_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
