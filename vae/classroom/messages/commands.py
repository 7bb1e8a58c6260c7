"""Commands, as they go up: a class for each. protocol.py says how they travel."""

from dataclasses import dataclass
from typing import Annotated, Literal

from vae.classroom.messages.checks import (
    a_flag,
    a_piece,
    link_params,
    list_of,
    number_in,
    one_of,
    or_null,
    shape_in,
    text_of,
    whole_in,
)
from vae.classroom.messages.protocol import (
    LARGEST_ID,
    MAX_COMMAND_BYTES,
    MAX_LESSON_BYTES,
    MAX_LESSON_TEXT,
    MAX_PICTURE_BYTES,
    MAX_REHEARSAL,
    MAX_TEXT,
    TILE_SIDE,
    DrawingState,
    Json,
    Language,
    Mode,
    Part,
    Phase,
    Role,
    Shape,
)
from vae.classroom.state.drawings import LONGEST_KEY, LONGEST_LABEL, MOST_PRESENTED
from vae.classroom.state.votes import LONGEST_OPTION, LONGEST_QUESTION, MOST_OPTIONS
from vae.model.networks import MAX_IMAGE_SIDE

Id = Annotated[int, whole_in(1, LARGEST_ID)]
Name = Annotated[str, text_of(MAX_TEXT, 0)]
Flag = Annotated[bool, a_flag]
MOST_STEPS = 100
Choice = Annotated[int, whole_in(0, MOST_OPTIONS - 1)]
Pixels = Annotated[str, text_of(MAX_PICTURE_BYTES)]
PictureShape = Annotated[Shape, shape_in(MAX_IMAGE_SIDE)]


# ---- commands, as they go up -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rename:
    """Student: another nickname; the reply has the name as it was cleaned."""

    name: Name


@dataclass(frozen=True)
class Vote:
    """Student: the choice of a round. The first counts; another one is refused, the same again is accepted."""

    question: Id
    round: Annotated[int, whole_in(1, 2)]
    choice: Choice


@dataclass(frozen=True)
class HandIn:
    """Student: a drawing, which the server encodes with the class's model. key: made by the client; a second drawing
    under the same key is the first. picture: shape's bytes in base64, of the model's shape. Reply: {"drawing": ID}."""

    key: Annotated[str, text_of(LONGEST_KEY)]
    picture: Pixels
    shape: PictureShape
    label: Annotated[str, text_of(LONGEST_LABEL)]


@dataclass(frozen=True)
class Withdraw:
    """Student: an own drawing is deleted."""

    drawing: Id


@dataclass(frozen=True)
class SendTile:
    """Student: what is seen right now."""

    page: Annotated[str, text_of(40)]
    model: Annotated[str, text_of(MAX_TEXT)]
    shape: Annotated[Shape, shape_in(TILE_SIDE)]
    pixels: Pixels


@dataclass(frozen=True)
class Seen:
    """Anyone: still here."""


@dataclass(frozen=True)
class SetMode:
    """Teacher: follow what is shown, or explore."""

    mode: Annotated[Mode, one_of(Mode)]


@dataclass(frozen=True)
class Freeze:
    """Teacher: the present view stays, or is released."""

    frozen: Flag


@dataclass(frozen=True)
class Show:
    """Teacher: what is shown at rest, as the light page's link."""

    page: Annotated[str, text_of(40)]
    params: Annotated[dict[str, str], link_params]


@dataclass(frozen=True)
class Live:
    """Teacher: what moves right now. It is passed on as it is: {"view", "model", …}."""

    fields: Json


@dataclass(frozen=True)
class Ask:
    """Teacher: a new question, open for its first round. correct: the right option's index, if there is one. part: it
    is the lesson's question of this phase, to which the class comes with it."""

    text: Annotated[str, text_of(LONGEST_QUESTION)]
    options: Annotated[tuple[str, ...], list_of(text_of(LONGEST_OPTION), 2, MOST_OPTIONS)]
    correct: Annotated[int | None, or_null(whole_in(0, MOST_OPTIONS - 1))] = None
    part: Annotated[Part | None, or_null(one_of(Part))] = None


@dataclass(frozen=True)
class SetLesson:
    """Teacher: the class has this lesson now, at its beginning: one of the app's by its name, or the text of a file.
    Without both it has none. language: of the lesson, and of the students' pages from now on."""

    name: Annotated[str | None, or_null(text_of(MAX_TEXT))] = None
    text: Annotated[str | None, or_null(text_of(MAX_LESSON_TEXT))] = None
    language: Annotated[Language | None, or_null(one_of(Language))] = None


@dataclass(frozen=True)
class SetPhase:
    """Teacher: the class comes to a phase of its lesson; in "experiment" to a step, counted from 1, whose page is
    shown. seen: everybody learns what was to be seen in it. A presenter may go from step to step."""

    phase: Annotated[Phase, one_of(Phase)]
    step: Annotated[int, whole_in(0, MOST_STEPS)] = 0
    seen: Flag = False


@dataclass(frozen=True)
class SecondRound:
    """Teacher: everybody votes once more."""


@dataclass(frozen=True)
class Voting:
    """Teacher: votes are taken, or not."""

    open: Flag


@dataclass(frozen=True)
class Results:
    """Teacher: everybody sees the counts, or not."""

    shown: Flag


@dataclass(frozen=True)
class Reveal:
    """Teacher: everybody sees which option is right."""


@dataclass(frozen=True)
class Reset:
    """Teacher: the present round begins again."""


@dataclass(frozen=True)
class DropQuestion:
    """Teacher: there is no question any more."""


@dataclass(frozen=True)
class RenameSeat:
    """Teacher: gives a student another name."""

    seat: Id
    name: Name


@dataclass(frozen=True)
class RemoveSeat:
    """Teacher: a student leaves, with votes and drawings."""

    seat: Id


@dataclass(frozen=True)
class ModerateDrawing:
    """Teacher: who sees a drawing."""

    drawing: Id
    state: Annotated[DrawingState, one_of(DrawingState)]


@dataclass(frozen=True)
class DeleteDrawing:
    """Teacher: a drawing is deleted."""

    drawing: Id


@dataclass(frozen=True)
class Present:
    """Teacher: shows these to everybody, in this order, without names; a seat stands for its last tile."""

    pieces: Annotated[tuple[tuple[Literal["drawing", "seat"], int], ...], list_of(a_piece, 0, MOST_PRESENTED)]


@dataclass(frozen=True)
class UseModel:
    """Teacher: the class's model from now on."""

    model: Annotated[str, text_of(MAX_TEXT)]


@dataclass(frozen=True)
class Joinable:
    """Teacher: whether new students are let in."""

    open: Flag


@dataclass(frozen=True)
class Close:
    """Teacher: the class is over; it can still be read and exported."""


@dataclass(frozen=True)
class Delete:
    """Teacher: the class and all that is kept of it is gone."""


@dataclass(frozen=True)
class CoTeacher:
    """Teacher: a second link. Reply: {"secret"}."""


@dataclass(frozen=True)
class RevokeCoTeachers:
    """Teacher: second links are worth nothing any more."""


@dataclass(frozen=True)
class Rehearse:
    """Teacher: so many simulated students take part; 0 ends the rehearsal."""

    students: Annotated[int, whole_in(0, MAX_REHEARSAL)]


@dataclass(frozen=True)
class Train:
    """Teacher: starts a training run on the approved drawings. Reply: {"run": NAME}."""

    name: Name
    minutes: Annotated[float, number_in(0.1, 24 * 60)]


@dataclass(frozen=True)
class SendReport:
    """Check: how this phone reaches the app."""

    http: Flag
    socket_seconds: Annotated[float, number_in(0, 86_400)]
    latency_ms: Annotated[float, number_in(0, 600_000)]


Command = (
    Rename | Vote | HandIn | Withdraw | SendTile | Seen | SetMode | Freeze | Show | Live | Ask | SetLesson | SetPhase
    | SecondRound | Voting | Results | Reveal | Reset | DropQuestion | RenameSeat | RemoveSeat | ModerateDrawing
    | DeleteDrawing | Present | UseModel | Joinable | Close | Delete | CoTeacher | RevokeCoTeachers | Rehearse | Train
    | SendReport
)  # fmt: skip

_EVERYBODY: dict[str, type[Command]] = {"seen": Seen}
_SHOWING: dict[str, type[Command]] = {"mode": SetMode, "freeze": Freeze, "show": Show, "live": Live}
_STEPPING: dict[str, type[Command]] = {"phase": SetPhase}
COMMANDS: dict[Role, dict[str, type[Command]]] = {
    "student": {
        **_EVERYBODY,
        "rename": Rename,
        "vote": Vote,
        "hand_in": HandIn,
        "withdraw": Withdraw,
        "tile": SendTile,
    },
    "presenter": _EVERYBODY | _SHOWING | _STEPPING,
    "teacher": {
        **_EVERYBODY,
        **_SHOWING,
        **_STEPPING,
        "ask": Ask,
        "lesson": SetLesson,
        "round": SecondRound,
        "voting": Voting,
        "results": Results,
        "reveal": Reveal,
        "reset": Reset,
        "drop_question": DropQuestion,
        "rename_seat": RenameSeat,
        "remove_seat": RemoveSeat,
        "drawing": ModerateDrawing,
        "delete_drawing": DeleteDrawing,
        "present": Present,
        "model": UseModel,
        "joinable": Joinable,
        "close": Close,
        "delete": Delete,
        "co_teacher": CoTeacher,
        "revoke_co_teachers": RevokeCoTeachers,
        "rehearse": Rehearse,
        "train": Train,
    },
    "projector": _EVERYBODY,
    "check": {**_EVERYBODY, "report": SendReport},
}
QUIET = (Live, SendTile)  # commands without a reply
# Those that may have more bytes than others.
LONG = {**dict.fromkeys(("hand_in", "tile", "live", "show"), MAX_PICTURE_BYTES), "lesson": MAX_LESSON_BYTES}
# What any command of a role may have.
MOST_BYTES: dict[Role, int] = {
    role: max(MAX_PICTURE_BYTES, *(LONG.get(name, MAX_COMMAND_BYTES) for name in kinds))
    for role, kinds in COMMANDS.items()
}
