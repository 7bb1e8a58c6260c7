"""Names of files and folders that several packages know."""

SWEEP_FOLDER = ".sweep"  # in the folder of a sweep, whose models are not in the list of the folder around it
