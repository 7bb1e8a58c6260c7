"""The Python side of the Compare page: its models, the dial and the compared models in the session and in the link."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError
from vae.ui.shared import compared, current_image, links, loaders, page, scripts
from vae.views.compare import compare_data
from vae.views.shared import comparison, families
from vae.views.shared.pages import COMPARE

Json = dict[str, object]

LONGEST = 40  # characters of a β or a family's key


@dataclass(frozen=True)
class Dial:
    """Where the dial stands: the β as the component writes it, the family by its key; None where nothing is chosen."""

    beta: str | None = None
    family: str | None = None


def compare(checkpoint: Checkpoint) -> None:
    """The component. The dial, the test image and the compared models are part of the link."""
    loaders.load_model(checkpoint)  # shows the reason if a file is broken; the live service could only refuse
    chosen = [other.name for other in compared.choose_compared(checkpoint)]
    own = current_image.shows_own_picture(checkpoint)
    dial = _dial()
    first = loaders.or_stop(cached_data, checkpoint)
    others = _usable_others(checkpoint)
    data = first | {
        "others": [{key: value for key, value in found.items() if key != "labels"} for found in others.values()],
        "image": current_image.shown_image(checkpoint),
        "own": own,
        "beta_chosen": dial.beta,
        "family_chosen": dial.family,
        "compared": [name for name in chosen if name in others],
        "answered": st.session_state.get("compare_answered"),
        "matches": _matches(checkpoint, list(others), chosen),
    }
    component = scripts.component(COMPARE.name, *COMPARE.styles)
    component(key="compare", data=data, on_choice_change=partial(_take, checkpoint))
    _write_link(dial, None if own else current_image.chosen_image(checkpoint))


def _dial() -> Dial:
    """The dial of a new link, else that of the session."""
    state = st.session_state
    if "dial" not in state or links.by_history():
        query = st.query_params
        state["dial"] = Dial(_short(query.get("beta")), _short(query.get("family")))
    dial: Dial = state["dial"]
    return dial


def _short(text: object) -> str | None:
    return text if isinstance(text, str) and 0 < len(text) <= LONGEST else None


def _usable_others(checkpoint: Checkpoint) -> dict[str, Json]:
    """The data of the other models of the same pictures, by their names; broken ones are left out, with the reason."""
    found = dict[str, Json]()
    for other in comparison.comparable(checkpoint, page.found_checkpoints()):
        try:
            found[other.name] = cached_data(other, loaders.version_of(other))
        except FileNotFoundError:
            st.warning(f"Checkpoint “{other.name}” has just been deleted; it is not on the plane.")
        except CheckpointError as error:
            st.warning(f"Checkpoint “{other.name}” is not on the plane. {error}")
    return found


def _matches(
    checkpoint: Checkpoint, names: list[str], chosen: list[str]
) -> dict[str, dict[str, list[comparison.Match] | None]]:
    """For each model that may stand on the dial, the dimensions of the compared ones that follow its own."""
    known = {other.name: other for other in comparison.comparable(checkpoint, page.found_checkpoints())}
    usable = [checkpoint, *(known[name] for name in names if name in known)]
    columns = [each for each in usable if each is checkpoint or each.name in chosen]
    counts = Counter(families.family_key(each) or each.name for each in usable)
    stops = [each for each in usable if each is checkpoint or counts[families.family_key(each) or each.name] > 1]
    return {
        first.name: {other.name: _match(first, other) for other in columns if other is not first} for first in stops
    }


def _match(first: Checkpoint, other: Checkpoint) -> list[comparison.Match] | None:
    """As comparison.match_dimensions; None where one of the two has just been deleted or broken."""
    try:
        return compared.cached_match(first, other)
    except (FileNotFoundError, CheckpointError):
        return None


def _take(checkpoint: Checkpoint) -> None:
    """Takes what the component sends: the dial, the compared models, and the picture once the user has chosen one."""
    state = st.session_state
    sent = state["compare"]["choice"]
    if not isinstance(sent, dict) or sent.get("model") != checkpoint.name:
        return
    state["compare_answered"] = _short(sent.get("number"))
    state["dial"] = replace(state.get("dial", Dial()), beta=_short(sent.get("beta")), family=_short(sent.get("family")))
    if "image" in sent:
        _take_picture(checkpoint, sent["image"])
    names = sent.get("compared")
    if isinstance(names, list):
        known = {other.name for other in comparison.comparable(checkpoint, page.found_checkpoints())}
        kept = [name for name in names if isinstance(name, str) and name in known]
        state["compared"] = kept[: comparison.MOST_OTHERS]


def _take_picture(checkpoint: Checkpoint, sent: object) -> None:
    """Takes the test image that the user has chosen; None for a drawing."""
    row = links.sent_row(sent, checkpoint)
    if sent is None:
        current_image.show_own_picture()
    elif row is not None and (row != current_image.shown_image(checkpoint) or current_image.is_own_picture_newest()):
        current_image.choose_image(checkpoint, row)


def _write_link(dial: Dial, row: int | None) -> None:
    for key, value in (("beta", dial.beta), ("family", dial.family)):
        if value is None:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = value
    current_image.write_link(row)


@st.cache_resource(max_entries=64, show_spinner="Measuring what each dimension holds…")
def cached_data(_checkpoint: Checkpoint, version: tuple[str, int]) -> Json:
    """A model's data, computed once for all. Raises CheckpointError, FileNotFoundError."""
    encoded = loaders.cached_encoded(_checkpoint, version)
    return compare_data(_checkpoint, encoded, loaders.cached_examples(_checkpoint, version), version[1])
