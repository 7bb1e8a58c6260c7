"""What a measure is: it takes a fact, its checkpoint and that one's encoded test set, and returns the value."""

from collections.abc import Callable

from vae.lessons.format.facts import Fact
from vae.model.latents import EncodedSet
from vae.storage.checkpoints import Checkpoint

Encoded = Callable[[], EncodedSet]
Measure = Callable[[Fact, Checkpoint, Encoded], float]


def there(value: float | None, fact: Fact) -> float:
    """The value. Raises ValueError where the checkpoint has none."""
    if value is None:
        raise ValueError(f"{fact.checkpoint} has no {fact.kind}; choose another checkpoint or another fact.")
    return value


def row_of(fact: Fact, key: str, checkpoint: Checkpoint) -> int:
    """The number of a test image that the fact names. Raises ValueError for one that there is not."""
    number, last = int(fact.given[key]), checkpoint.test_images - 1
    if number > last:
        raise ValueError(f"{fact.checkpoint} has test images 0 to {last}, not {number}; choose one of these.")
    return number
