"""The fields of the user's own pictures, and what the form shows of images before a run starts."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.datasets.pictures import LEAST_KEPT, DataError
from vae.datasets.registry import is_available
from vae.datasets.splits import Dataset
from vae.datasets.user_images.augmentation import (
    ENOUGH,
    MOST_VERSIONS,
    Augmentation,
    first_versions,
    proposed_versions,
)
from vae.datasets.user_images.names import ENCODINGS, UNKNOWN
from vae.datasets.user_images.reader import IMAGE_SIZES
from vae.datasets.user_images.summary import summary
from vae.training.request import DatasetRequest
from vae.ui.pages.training.uploader import choose_pictures

OWN = "my own images"
COLOURS = {"as they are": None, "grey": False, "colour": True}
CUTS = {"centre square": False, "whole picture": True}
TURNS = {"0°": 0, "90°": 1, "180°": 2, "270°": 3}  # clockwise
PREVIEW, PREVIEW_SIDE = 24, 48  # images, and pixels that each is about enlarged to
STRIPS = 3  # pictures whose versions are shown, a row for each
FIELDS = {
    "image_size": 32,
    "colours": "as they are",
    "cut": "centre square",
    "turn": "0°",
    "keep": 100,
    "shift": round(100 * Augmentation.shift),
    "twist": round(Augmentation.turn),
    "scale": round(100 * Augmentation.scale),
}
REASONS = {
    "colours": "Pictures that are all grey are trained with one channel unless you ask for colour.",
    "image_size": "8 to 256 pixels: smaller images show too little, and these models are too small for larger ones.",
    "turn": "Clockwise, all pictures. How a phone was held is followed already.",
    "cut": "Models see squares: the largest one in the middle of each picture, or all of it with margins.",
    "keep": "The middle of that square is cut out and fills the image: with 50 % everything is twice as large.",
    "versions": "Each training picture is shown so many times, each time shifted, turned and scaled. "
    "Those for validation and testing stay as they are.",
}


def choose_own_pictures() -> tuple[DatasetRequest, Path | None]:
    """The uploader, and how the pictures are made images; their zip, None before an upload."""
    upload = choose_pictures()
    left, right = st.columns(2)
    size = left.number_input("Side, in pixels", *IMAGE_SIZES, key="image_size", help=REASONS["image_size"])
    color = _one_of(right, "Colours", COLOURS, "colours")
    turn = _one_of(left, "Turn", TURNS, "turn")
    whole = _one_of(right, "Cut", CUTS, "cut")
    least = round(100 * LEAST_KEPT)
    keep = st.slider("Middle that is kept", least, 100, step=5, format="%d %%", key="keep", help=REASONS["keep"])
    return DatasetRequest(OWN, size, color, chosen_encoding(), turn, whole, keep / 100), upload


def _one_of(place: Any, label: str, options: dict[str, Any], key: str) -> Any:
    """The value of the option that is chosen."""
    chosen = place.segmented_control(
        label, list(options), format_func=str.capitalize, key=key, required=True, help=REASONS[key]
    )
    return options[chosen or next(iter(options))]


def choose_versions(request: DatasetRequest, upload: Path | None) -> Augmentation:
    """The images and what is in them; how many versions there are of each, and some of these.

    A number of versions is proposed for each upload.
    """
    if upload is None or (dataset := preview(request, upload)) is None:
        return Augmentation()
    show_summary(dataset)
    state, count = st.session_state, len(dataset.train)
    if state.get("versions_of") != (str(upload), count):
        state["versions_of"], state["versions"] = (str(upload), count), proposed_versions(count)
    versions = st.number_input(
        "Versions of each training picture", 1, MOST_VERSIONS, key="versions", help=REASONS["versions"]
    )
    if versions == 1:
        st.caption(_about_one_version(count))
        return Augmentation()
    how = Augmentation(versions, *_choose_amounts())
    st.caption(f"{count:,} training pictures are few, so each has {versions} versions: {count * versions:,} images.")
    some = first_versions(dataset.train, how, st.session_state["seed"], images=STRIPS, versions=PREVIEW // 2)
    st.image(
        preview_sheet(some),
        caption="The first pictures, and what is trained on beside them",
        alt="Some versions of the first training images",
    )
    return how


def _choose_amounts() -> tuple[float, float, float]:
    """shift and scale as shares, turn in degrees, as Augmentation has them."""
    places = st.columns(3)
    shift = places[0].number_input("Shift up to, %", 0, 50, key="shift")
    turn = places[1].number_input("Turn up to, °", 0, 180, key="twist")
    scale = places[2].number_input("Scale up to, %", 0, 50, key="scale")
    return shift / 100, float(turn), scale / 100


def _about_one_version(count: int) -> str:
    few = f"{count:,} training pictures are too few: a model soon knows them by heart. Choose more versions."
    return few if count < ENOUGH // 3 else "Each picture is trained on as it is."


def preview(request: DatasetRequest, upload: Path | None) -> Dataset | None:
    """Shows the first images, where that needs no download; the reason, where they cannot be read. Returns them all."""
    if upload is None and not is_available(request.name):
        return None
    try:
        dataset = load(request, upload)
    except DataError as error:
        st.error(plain(str(error)))
        return None
    train = dataset.train
    caption = f"{len(train):,} training images; the first of them"
    st.image(preview_sheet(train.images[:PREVIEW]), caption=caption, alt=f"The first training images of {request.name}")
    return dataset


def preview_sheet(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images in rows, each enlarged to about PREVIEW_SIDE pixels without blurring.

    Shapes: (n, channels, height, width) -> (rows, columns, 3), or (rows, columns) for grey images.
    """
    n, channels, height, width = images.shape
    columns = min(n, PREVIEW // 2)
    cells = images[: n - n % columns].reshape(-1, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    sheet = cells.reshape(-1, columns * width, channels)
    scale = max(1, round(PREVIEW_SIDE / height))
    large = sheet.repeat(scale, 0).repeat(scale, 1)
    return large if channels == 3 else large[:, :, 0]


@st.cache_resource(max_entries=3, show_spinner="Reading the images…")
def load(request: DatasetRequest, upload: Path | None) -> Dataset:
    """The images of a request. Raises DataError."""
    return request.load(upload)


def show_summary(dataset: Dataset) -> None:
    """The classes and splits with their number of pictures, and what is left out or looks wrong."""
    st.caption("  \n".join(map(plain, summary(dataset))))
    if dataset.warnings:
        st.warning("\n\n".join(map(plain, dataset.warnings)))
    if UNKNOWN in dataset.warnings or chosen_encoding():
        st.selectbox("Encoding of the names", list(ENCODINGS), key="encoding", index=None, placeholder="unknown")


def chosen_encoding() -> str | None:
    """The encoding of file names that was chosen below the summary."""
    return ENCODINGS.get(st.session_state.get("encoding") or "")


def plain(text: str) -> str:
    """Markdown that shows this text in one line as it is: folders and files may have any names."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
