"""How much tests try: little in `make test`, more in `make test-all`. The chosen Hypothesis profile says it."""

from hypothesis import settings

EXAMPLES = settings().max_examples
THOROUGH = EXAMPLES >= 100  # make test-all
PROVING = EXAMPLES > 1000  # make prove
KILLS = 20 if THOROUGH else 4
