"""The table of a sweep: what the trained models measure on the test images, as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vae.jobs.sweeps.plan import Member, Plan
from vae.storage.files import broken, read_json
from vae.validation import is_number

METRICS = ("kl", "reconstruction", "negative_elbo", "active_units")  # of the test images; nats per image but the last
Row = dict[str, Any]
HEADS = {
    "beta": "β", "latent_dim": "z", "seed": "seed", "kl": "KL", "reconstruction": "reconstruction",
    "negative_elbo": "−ELBO", "active_units": "active",
}  # fmt: skip


def table_row(member: Member, plan: Plan, folder: Path) -> Row:
    """Its line of the table, from its checkpoint. Raises CheckpointError."""
    path = folder / member.name / "metrics.json"
    metrics = read_json(path)
    if not all(is_number(metrics.get(name)) for name in METRICS):
        raise broken(path, "a metric is not a finite number")
    known = {"checkpoint": member.name, "beta": member.beta, "latent_dim": member.latent_dim, "seed": member.seed}
    return known | {"epochs": plan.request["training"]["epochs"]} | {name: metrics[name] for name in METRICS}


def csv_text(rows: Sequence[Row]) -> str:
    """The table as CSV, "" without a line."""
    if not rows:
        return ""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def json_text(rows: Sequence[Row]) -> str:
    """The table as JSON: a list of its lines."""
    return json.dumps(list(rows), indent=2) + "\n"


def printed(rows: Iterable[Row]) -> str:
    """The table for a terminal."""
    lines = [f"{'β':>6} {'z':>4} {'seed':>5} {'KL':>8} {'reconstruction':>15} {'−ELBO':>8} {'active':>7}"]
    for row in rows:
        nats = f"{row['kl']:8.2f} {row['reconstruction']:15.2f} {row['negative_elbo']:8.2f}"
        lines.append(f"{row['beta']:>6g} {row['latent_dim']:>4} {row['seed']:>5} {nats} {row['active_units']:>7}")
    return "\n".join(lines)
