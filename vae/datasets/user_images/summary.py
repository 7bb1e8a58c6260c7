"""Classes, splits and remarks of the user's own pictures, in lines for the page and the command line."""

import numpy as np

from vae.datasets.splits import Dataset

MOST_CLASSES = 12  # that are listed one by one


def summary(dataset: Dataset) -> list[str]:
    """The classes with their number of pictures, the splits with theirs, and the data set's notes."""
    splits = (dataset.train, dataset.validation, dataset.test)
    counts = np.bincount(np.concatenate([split.labels for split in splits]), minlength=len(dataset.class_names))
    listed = [f"{name} ({count:,})" for name, count in zip(dataset.class_names, counts.tolist(), strict=True)]
    if len(listed) > MOST_CLASSES:
        more = len(listed) - MOST_CLASSES
        few, many = int(counts.min()), int(counts.max())
        each = f"{few:,} pictures each" if few == many else f"{few:,} to {many:,} pictures"
        title = f"{len(listed):,} classes of {each}"
        listed = [*listed[:MOST_CLASSES], f"and {more:,} more"]
    else:
        title = "1 class" if len(listed) == 1 else f"{len(listed)} classes"
    sizes = [f"{len(split):,} {use}" for split, use in zip(splits, ("training", "validation", "test"), strict=True)]
    return [f"{title}: {', '.join(listed)}.", f"Splits: {', '.join(sizes)} pictures.", *dataset.notes]
