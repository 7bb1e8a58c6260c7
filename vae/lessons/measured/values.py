"""The value of each fact, from the checkpoints' files or computed, then remembered.

Computing takes milliseconds, but seconds for SLOW kinds. Of shipped checkpoints these are kept in the checkpoint's
folder, by `python -m vae lessons keep`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock

from vae.lessons.format.facts import Fact
from vae.lessons.measured import codes, files, pictures
from vae.lessons.measured.measure import Encoded, Measure
from vae.model.latents import EncodedSet
from vae.storage.checkpoints import Checkpoint

MEASURES: dict[str, Measure] = files.MEASURES | codes.MEASURES | pictures.MEASURES
SLOW = ("neighbours kept", "MIG")
KEPT = 4096  # values that are remembered

Load = Callable[[Checkpoint], EncodedSet]


class Values:
    """The values of facts about some checkpoints. May be used by several threads."""

    def __init__(self, found: Callable[[], Sequence[object]], load: Load = Checkpoint.load_encoded) -> None:
        """found: lists the checkpoints, at each use. load: the encoded test set of one."""
        self._found, self._load = found, load
        self._known: OrderedDict[tuple[str, str, Fact], float] = OrderedDict()
        self._lock, self._slow = Lock(), Lock()

    def checkpoints(self) -> dict[str, Checkpoint]:
        """The usable checkpoints by their names."""
        return {each.name: each for each in self._found() if isinstance(each, Checkpoint)}

    def of(self, fact: Fact, checkpoints: Mapping[str, Checkpoint]) -> float:
        """The value of a fact.

        Raises LookupError where its checkpoint is not among these; ValueError with a sentence where it has no such
        number; CheckpointError or FileNotFoundError where its files cannot be read.
        """
        checkpoint = checkpoints.get(fact.checkpoint)
        if checkpoint is None:
            raise LookupError(f"There is no checkpoint {fact.checkpoint!r} here; name one of those on the home page.")
        version = repr((checkpoint.model_config, checkpoint.metrics))  # another for a later one of the same name
        key = (str(checkpoint.path), version, fact)
        with self._lock:
            known = self._known.get(key)
        if known is not None:
            return known
        if fact.kind not in SLOW:
            return self._remember(key, _value(fact, checkpoint, partial(self._load, checkpoint)))
        with self._slow:  # one at a time: each takes all cores
            with self._lock:
                known = self._known.get(key)
            return self._remember(
                key, _slow_value(fact, checkpoint, self._load(checkpoint)) if known is None else known
            )

    def _remember(self, key: tuple[str, str, Fact], value: float) -> float:
        with self._lock:
            self._known[key] = value
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return value


def keep(fact: Fact, checkpoint: Checkpoint) -> float:
    """Computes a fact and keeps it in the checkpoint's folder if that takes seconds; returns it."""
    encoded = checkpoint.load_encoded()
    value = _value(fact, checkpoint, lambda: encoded)
    if fact.kind in SLOW:
        measured = checkpoint.load_measured(encoded)
        checkpoint.save_measured(encoded, {**measured, fact.name: value})
    return value


def _slow_value(fact: Fact, checkpoint: Checkpoint, encoded: EncodedSet) -> float:
    """The value that the checkpoint's folder keeps, or else the one that is computed now."""
    kept = checkpoint.load_measured(encoded).get(fact.name)
    return _value(fact, checkpoint, lambda: encoded) if kept is None else kept


def _value(fact: Fact, checkpoint: Checkpoint, encoded: Encoded) -> float:
    return float(MEASURES[fact.kind](fact, checkpoint, encoded))
