"""Where a data set places what is drawn, and images resized to the shape that a model takes."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Images = NDArray[np.uint8]
Frame = dict[str, float]

FRAME_SHARE = 0.9  # of the images must fill the same box, as the digits of MNIST do


def resize_images(images: Images, image_shape: tuple[int, int, int]) -> Images:
    """Images in another size and number of channels. Shapes: (n, c, h, w) -> (n, *image_shape).

    Bilinear, with antialiasing. Colour becomes grey by its luma (ITU-R BT.601).
    """
    x = torch.from_numpy(images).float()
    channels, height, width = image_shape
    if x.shape[1] == 3 and channels == 1:
        x = (x * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    x = functional.interpolate(x, (height, width), mode="bilinear", align_corners=False, antialias=True)
    return x.round().clamp(0, 255).to(torch.uint8).expand(-1, channels, -1, -1).contiguous().numpy()


def is_dark_on_bright(images: Images) -> bool:
    """Whether the images are grey and bright at their edges: a drawing for them is dark. Shape: images (n, c, h, w)."""
    edges = np.concatenate([images[..., [0, -1], :].ravel(), images[..., [0, -1]].ravel()])
    return images.shape[1] == 1 and bool(len(edges)) and float(np.median(edges)) > 127


def drawing_frame(images: Images) -> Frame | None:
    """How a data set places what is drawn on black: side of the box that it fills, and its centre of mass.

    Unit: pixels, counted from the top left corner. For MNIST: a side of 20, and 14.5 across and down. None for colour,
    where fewer than 90 % of the images fill the same box, or where more than 10 % fill the whole picture.
    Shape: images (n, c, h, w).
    """
    drawn = images[:, 0][images.any(axis=(1, 2, 3))]
    if images.shape[1] != 1 or not len(drawn):
        return None
    extents = np.stack([_extent((drawn > 0).any(axis=axis)) for axis in (1, 2)])
    sides, counts = np.unique(extents.max(axis=0), return_counts=True)
    side, share = sides[counts.argmax()], counts.max() / len(drawn)
    height, width = drawn.shape[1:]
    unplaced = np.mean((extents[0] == width) & (extents[1] == height))  # pictures that fill the whole image
    if share < FRAME_SHARE or unplaced > 1 - FRAME_SHARE:
        return None
    mass = drawn.sum(axis=(1, 2), dtype=np.float64)
    middles = [
        drawn.sum(axis=axis, dtype=np.float64) @ (np.arange(drawn.shape[3 - axis]) + 0.5) / mass for axis in (1, 2)
    ]
    # Middle of the range: images are moved by whole pixels, so that centres of mass vary within one pixel.
    across, down = (round(float(np.percentile(middle, [5, 95]).mean()), 1) for middle in middles)
    return {"side": int(side), "across": across, "down": down}


def _extent(inked: Any) -> NDArray[np.int64]:
    """Distance from the first to the last True in each row, both included. Shape: (n, length) of bool -> (n,)."""
    return np.asarray(inked.shape[1] - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1))
