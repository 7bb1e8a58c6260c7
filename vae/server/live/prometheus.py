"""What the live service counts, and the same as text for Prometheus.

Each class has one writer, so no lock is needed: the event loop writes the one, the decode thread the other. Any thread
may read at any time.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

PROMETHEUS = "text/plain; version=0.0.4"  # its text format's media type
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
REMEMBERED_BATCHES = 1000
QUANTILES = (0.5, 0.95)

Samples = list[tuple[str, float]]  # each the text after the metric's name, and the value


@dataclass
class SocketCounts:
    """What the event loop has seen since it started; clients: as of now."""

    clients: int = 0
    requests: Counter[str] = field(
        default_factory=lambda: Counter(decode=0, encode=0, reconstruct=0, sample_posterior=0)
    )
    errors: int = 0
    refused: int = 0


@dataclass
class BatchCounts:
    """What the decode thread has done since it started. Unit of time: seconds."""

    batches: int = 0
    failed: int = 0
    vectors: int = 0
    seconds: float = 0.0
    sizes: list[int] = field(default_factory=lambda: [0] * (len(BATCH_SIZES) + 1))
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED_BATCHES))

    def add(self, vectors: int, seconds: float) -> None:
        """Counts one batch."""
        self.batches += 1
        self.vectors += vectors
        self.seconds += seconds
        self.sizes[sum(vectors > size for size in BATCH_SIZES)] += 1
        self.recent.append(seconds)


def exposition(sockets: SocketCounts, batches: BatchCounts) -> str:
    """All counters in Prometheus' text format 0.0.4."""
    requests: Samples = [(f'{{operation="{operation}"}}', count) for operation, count in sockets.requests.items()]
    families = (
        _family("clients", "gauge", "Open sockets.", [("", sockets.clients)]),
        _family("requests_total", "counter", "Requests accepted.", requests),
        _family("errors_total", "counter", "Frames answered with an error.", [("", sockets.errors)]),
        _family("refused_total", "counter", "Sockets refused.", [("", sockets.refused)]),
        _family("batches_total", "counter", "Batches run.", [("", batches.batches)]),
        _family("batches_failed_total", "counter", "Batches ended by an exception.", [("", batches.failed)]),
        _family("vectors_total", "counter", "Vectors and images run.", [("", batches.vectors)]),
        _family("batch_vectors", "histogram", "Vectors and images per batch.", _sizes(batches)),
        _family("batch_seconds", "summary", "Time of a batch; quantiles of the last 1000.", _times(batches)),
    )
    return "".join(families)


def _sizes(batches: BatchCounts) -> Samples:
    bounds = [*map(str, BATCH_SIZES), "+Inf"]
    buckets: Samples = [(f'_bucket{{le="{bound}"}}', sum(batches.sizes[: i + 1])) for i, bound in enumerate(bounds)]
    return [*buckets, ("_sum", batches.vectors), ("_count", batches.batches)]


def _times(batches: BatchCounts) -> Samples:
    recent = sorted(batches.recent)
    quantiles: Samples = [(f'{{quantile="{q}"}}', recent[int(q * len(recent))]) for q in QUANTILES if recent]
    return [*quantiles, ("_sum", batches.seconds), ("_count", batches.batches)]


def _family(name: str, kind: str, text: str, samples: Samples) -> str:
    return family(f"latentlab_live_{name}", kind, text, samples)


def family(name: str, kind: str, text: str, samples: Samples) -> str:
    """One metric in Prometheus' text format. text: what it counts. samples: none where there is nothing to say."""
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}", *(f"{name}{label} {value}" for label, value in samples)]
    return "\n".join(lines) + "\n"
