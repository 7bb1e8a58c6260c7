"""How long tests wait for what comes as soon as the machine has time for it."""

PATIENCE = 600.0  # seconds; what takes longer hangs
