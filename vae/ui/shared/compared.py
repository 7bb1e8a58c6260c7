"""The models beside the chosen one, which all pages show that compare: a choice beside the title, in the link."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError
from vae.ui.shared import links, loaders, page
from vae.views.shared import comparison

Version = tuple[str, int]
Shown = Callable[[Checkpoint, Version], dict[str, object]]


def choose_compared(checkpoint: Checkpoint) -> list[Checkpoint]:
    """The other models to show beside this one, at most MOST_OTHERS, in the order in which they were chosen.

    The names stay when the page or the model changes; those of other pictures are left out until a
    model of their pictures is first again. Where one of them becomes the first, the first before takes its place.
    """
    state = st.session_state
    found = page.found_checkpoints()
    offered = {each.name: each for each in comparison.comparable(checkpoint, found)}
    if "compared" not in state or links.by_history():
        state["compared"] = _linked(checkpoint, offered)
    elif (before := state["compared_with"]) in offered and before not in state["compared"]:
        state["compared"] = [before if name == checkpoint.name else name for name in state["compared"]]
    state["compared_with"] = checkpoint.name
    _forget_deleted({each.name for each in found})
    chosen = [name for name in state["compared"] if name in offered][: comparison.MOST_OTHERS]
    if chosen:
        st.query_params["compare"] = ",".join(chosen)
    else:
        st.query_params.pop("compare", None)
    if offered:
        _show_choice(checkpoint, offered, chosen)
    return [offered[name] for name in chosen]


def compared_data(checkpoint: Checkpoint, others: list[Checkpoint], shown: Shown) -> dict[str, Any]:
    """What comparing adds to a component's data: the first model's words and nats, "compare": the others' data.

    shown: the view's data of a model. {} without others. One that is broken is left out, with the reason on the page.
    """
    found = [(other, data) for other in others if (data := _usable(other, shown)) is not None]
    if not found:
        return {}
    words = comparison.words([checkpoint, *(other for other, _ in found)])
    compare = [
        data | {"words": own, "nats": comparison.nats(other), "match": cached_match(checkpoint, other)}
        for (other, data), own in zip(found, words[1:], strict=True)
    ]
    return {"words": words[0], "nats": comparison.nats(checkpoint), "compare": compare}


def cached_match(first: Checkpoint, other: Checkpoint) -> list[comparison.Match]:
    """As comparison.match_dimensions, computed once for all users. Raises CheckpointError, FileNotFoundError."""
    return _cached_match(first, other, loaders.version_of(first), loaders.version_of(other))


@st.cache_resource(max_entries=256, show_spinner=False)
def _cached_match(
    _first: Checkpoint, _other: Checkpoint, version: Version, other_version: Version
) -> list[comparison.Match]:
    first, other = loaders.cached_encoded(_first, version), loaders.cached_encoded(_other, other_version)
    return comparison.match_dimensions(first.mean, other.mean)


@st.cache_resource(max_entries=64, show_spinner=False)
def cached_codes(_checkpoint: Checkpoint, version: Version) -> dict[str, Any]:
    """As comparison.codes, computed once for all users. Raises CheckpointError, FileNotFoundError."""
    return comparison.codes(loaders.cached_encoded(_checkpoint, version))


def _usable(other: Checkpoint, shown: Shown) -> dict[str, object] | None:
    """A model's data; None, with the reason on the page, where its files are broken or gone."""
    try:
        version = loaders.version_of(other)
        loaders.cached_model(other, version), loaders.cached_encoded(other, version)
        return shown(other, version)
    except FileNotFoundError:
        st.warning(f"Checkpoint “{other.name}” has just been deleted; it is not compared.")
    except CheckpointError as error:
        st.warning(f"Checkpoint “{other.name}” is not compared. {error}")
    return None


def _linked(checkpoint: Checkpoint, offered: dict[str, Checkpoint]) -> list[str]:
    """The names in the link, without those that cannot be compared, which a sentence says."""
    names = [name for name in st.query_params.get("compare", "").split(",") if name and name != checkpoint.name]
    known = [name for name in dict.fromkeys(names) if name in offered]
    for name in [name for name in dict.fromkeys(names) if name not in offered][:1]:
        st.warning(f"“{name:.80}” of this link is no model of the same pictures here; it is not compared.")
    if len(known) > comparison.MOST_OTHERS:
        st.warning(f"This link compares {len(known) + 1} models; the first {comparison.MOST_OTHERS + 1} are shown.")
    return known[: comparison.MOST_OTHERS]


def _forget_deleted(names: set[str]) -> None:
    """Takes models out of the choice that are no longer there, and says so once. names: of all that are."""
    state = st.session_state
    for name in [name for name in state["compared"] if name not in names]:
        st.warning(f"Checkpoint “{name}” was deleted; it is no longer compared.")
    state["compared"] = [name for name in state["compared"] if name in names]


def _show_choice(checkpoint: Checkpoint, offered: dict[str, Checkpoint], chosen: list[str]) -> None:
    words = dict(zip(offered, comparison.words([checkpoint, *offered.values()])[1:], strict=True))
    st.session_state["compare_with"] = chosen
    with page.controls(), st.popover("Compare with"):
        st.multiselect(
            f"Up to {comparison.MOST_OTHERS} other models of the same pictures",
            list(offered),
            format_func=words.__getitem__,
            max_selections=comparison.MOST_OTHERS,
            placeholder="none",
            key="compare_with",
            on_change=_take,
            help="They are shown beside the first model, with the same input, scales and controls.",
        )


def _take() -> None:
    st.session_state["compared"] = list(st.session_state["compare_with"])
