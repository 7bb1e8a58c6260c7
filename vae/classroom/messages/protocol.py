"""What a class's server and its clients say to each other, version 1. With this text alone one can write a client.

All addresses are under <base>/c/. CODE is a class's join code, in any case, spaces and hyphens ignored. An error is one
sentence: over HTTP plain text with a status from 400 on, over a socket or as an event {"error": SENTENCE}, with
"final": true where coming back is of no use, after which it closes. Pages of other origins are refused as by
vae.server.live.decode. Bodies are JSON of at most MAX_LESSON_BYTES. Of several replicas one has the class; while it
moves, the answer is 503 with Retry-After, or an error that is not final: ask again, and send what has no reply again.

GET  /c/  /c/CODE  /c/CODE/projector  /c/CODE/check      pages: type a code, student, projector, the room's check
POST /c/classes         {"name": TEXT, "model": NAME, "lesson": {"name": NAME} or {"text": TEXT} or null,
                        "language": LANGUAGE} -> 201 {"code", "secret"} and the teacher's cookie. The last two may be
                        left out. text: of a lesson's file.
GET  /c/classes         -> {"classes": [{"code", "name", "model", "owner", "links"}, …]} of the teacher's cookies.
                        owner: of the teacher who opened the class; links: how many there are for co-teachers. Where
                        "elsewhere": [CODE, …] is there, another replica has these; ask for each of them:
GET  /c/CODE/class      -> the same of one class, for its teacher
GET  /c/homes/HOME      -> 204 where this replica has the classes of that home's letters. For a proxy.
POST /c/CODE            {"secret"} -> 204 and the teacher's cookie: class-CODE=SECRET, HttpOnly, SameSite=Strict
POST /c/CODE/join       {"seat": TOKEN or null, "name": TEXT or null} -> {"seat": TOKEN, "id": SEAT, "name": TEXT}
                        A known token gives its own seat again, a removed one 403, an unknown one a new seat.
WS   /c/CODE/socket     The first frame is {"version": 1, "role": ROLE, "seat": TOKEN, "after": SEQ or null}; then
                        commands go up and messages come down, one text frame each.
POST /c/CODE/socket     -> 204, or the reason why this page may not open the socket.
GET  /c/CODE/events     ?role=&after= text/event-stream; each event's data is a message. A line with a colon every
                        EVENTS_SECONDS keeps proxies from closing it.
GET  /c/CODE/poll       ?role=&after=&mark=&tile= -> {"messages": […], "mark": MARK, "tile": TILE}: at once if something
                        is newer than what the query says, else as soon as something comes, after at most POLL_SECONDS
                        with none. MARK is a whole number that stands for what has no SEQ: who is connected, reports,
                        the rehearsal; TILE, or null, for a teacher's tiles. The next poll sends them back; without
                        MARK a poll is answered at once.
POST /c/CODE/commands   ?role= One command -> its reply, or 204 if it has none. For clients without a socket.
GET  /c/CODE/ping       -> 204
GET  /c/CODE/export.json  votes.csv  drawings.npz        for the teacher

?after=, ?mark= and ?tile= may be left out, as null may in the first frame; ?role= may not. Content-Type is not
looked at.
ROLE is student, teacher, presenter, projector or check. A presenter is a teacher's page that shows something: it has
the sections for everybody and no tiles, and of a teacher's commands those about what is shown. A student's token is in
the first frame, over HTTP in the header "Authorization: Bearer TOKEN"; teacher and presenter are known by the cookie
alone, also on the socket.

Messages down
    {"seq": N, "full": true, "set": {SECTION: VALUE}, "items": {SECTION: {ID: VALUE or null}}}
        What is so now. full, where it is there: forget everything before. set: replaces whole sections. items: replaces
        single items, null removes one, and may be left out. seq: after a break ask with after=seq; a server that
        cannot tell what has changed since sends everything, with full, and perhaps a smaller seq.
        Of a section that is not known yet, items begin with none.
    {"live": {…}}       what the teacher moves right now, as the command live has it, only in mode follow
    {"tiles": {SEAT: TILE}}     what students see, to teachers only
    {"reply": ID, …}    of the command with this id; with "error": SENTENCE it was refused. `delete` may
        have none over a socket, which ends with the class.
Sections for everybody: class: Class, shown: Shown, people: People, question: Question, progress: Progress, lesson:
ClassLesson, map with items DRAWING: Drawing, presented: Piece[]. A student has me: Me besides; a teacher has seats with
items SEAT: Seat, drawings with items DRAWING: TeacherDrawing, tally: Tally, check with items NUMBER: Report, rehearsal:
Rehearsal, plan: Lesson of vae.lessons.answers or null, and question is a TeacherQuestion. The classes
below say what each of them holds.

Commands up
    {"version": 1, "id": TEXT, "do": NAME, …}   the fields of NAME's class in commands.py. Without id there is no reply,
    and none to live and tile.
A student says `seen` at least every BEAT_SECONDS when there is nothing else to say, and its reply shows that the server
is there; who says nothing for SILENT_SECONDS is shown as silent. Who polls is gone ABSENT_SECONDS after the last poll.

Limits: a command has at most MAX_COMMAND_BYTES; hand_in, tile, live and show MAX_PICTURE_BYTES, lesson
MAX_LESSON_BYTES. A student may send
10 commands a second, a teacher or presenter 50; over a socket more are read more slowly, over HTTP refused with 429. A
tile is kept once in TILE_SECONDS, others are dropped. A client that reads slowly gets the newest of what the teacher
moves, and what has changed in one message.
"""

import json
from typing import Any, Literal, NotRequired, TypedDict

from vae.lessons.answers import LessonCheck, LessonReference
from vae.lessons.format.rich import Rich

VERSION = 1
MAX_COMMAND_BYTES = 4096
MAX_PICTURE_BYTES = 5 * 2**14  # the largest drawing in base64, and its command around it
MAX_LESSON_TEXT = 2**16  # characters of a lesson's file
MAX_LESSON_BYTES = 2 * MAX_LESSON_TEXT + 4096  # of the message with one
BEAT_SECONDS = 20.0
SILENT_SECONDS = 28.0
EVENTS_SECONDS = 15.0
ABSENT_SECONDS = 30.0
POLL_SECONDS = 20.0
TILE_SECONDS = 2.0
LIVE_SECONDS = 0.05  # between two frames of what the teacher moves
TILE_SIDE = 64
MAX_TEXT = 200  # characters of a name or a token that is sent; how many are kept is for others to say
MAX_REHEARSAL = 400  # simulated students
LARGEST_ID = 2**53 - 1  # that JavaScript counts exactly

Json = dict[str, Any]
Role = Literal["student", "teacher", "presenter", "projector", "check"]
Mode = Literal["follow", "explore"]
Phase = Literal["predict", "experiment", "explain", "transfer", "end"]
Part = Literal["predict", "transfer"]  # phases with a question
DrawingState = Literal["waiting", "approved", "hidden"]
Transport = Literal["websocket", "events", "poll"]
Language = Literal["en", "de", "es"]
Shape = tuple[int, int, int]


# ---- sections, as they come down -------------------------------------------------------------------------------------


class Class(TypedDict):
    """frozen: the present view stays. joinable: new seats are given. closed: nothing changes any more. language: of the
    students' pages."""

    code: str
    name: str
    model: str
    language: Language
    mode: Mode
    frozen: bool
    joinable: bool
    closed: bool


class Shown(TypedDict):
    """What the teacher shows at rest: page and parameters of the light page's link. null before anything is shown."""

    page: str
    params: dict[str, str]


class People(TypedDict):
    """joined: seats. connected: those with an open connection, silent ones not counted."""

    joined: int
    connected: int


class Question(TypedDict):
    """null while there is none. counts: of each option, per round; moved: from option i to option j in the second
    round. Both are null until they are shown, correct until it is revealed."""

    id: int
    text: str
    options: list[str]
    round: Literal[1, 2]
    open: bool
    counts: list[list[int]] | None
    moved: list[list[int]] | None
    correct: int | None


class TeacherQuestion(Question):
    """Where the teacher stands. shown: everybody sees the counts. revealed: and the right answer."""

    shown: bool
    revealed: bool


class Progress(TypedDict):
    """Of the present round. of: the students who are connected or have answered."""

    answered: int
    of: int


class ClassLessonQuestion(TypedDict):
    """A question of the lesson. answer: the right option, counted from 0; null where the class was to find out."""

    question: str
    options: list[str]
    answer: int | None


class SeenStep(TypedDict):
    """A step, and what was to be seen in it."""

    do: Rich
    see: Rich
    checks: list[LessonCheck]


class Outcome(ClassLessonQuestion):
    """What the class has predicted, beside what happened. predictions: votes of each option in the last round; null
    while they were never shown. terms: of the glossary."""

    predictions: list[int] | None
    seen: list[SeenStep]
    explanation: Rich
    terms: list[str]
    references: list[LessonReference]


class ClassLesson(TypedDict):
    """null without a lesson. What is null has not been reached yet. minutes: planned; begun: in seconds since 1970.
    step: counted from 1, of so many steps; 0 in another phase than experiment. do, link, page, checkpoint: of the step;
    see: what was to be seen in it. question: the number of the phase's own, once it was asked."""

    title: str
    minutes: int
    level: str
    phase: Phase
    step: int
    steps: int
    begun: float | None
    question: int | None
    do: Rich | None
    link: str | None
    page: str | None
    checkpoint: str | None
    see: Rich | None
    outcome: Outcome | None
    transfer: ClassLessonQuestion | None


class Drawing(TypedDict):
    """An approved drawing on the shared map, at q(z|x)'s mean and log variance. picture: shape's bytes in base64."""

    label: str
    picture: str
    shape: Shape
    mean: list[float]
    logvar: list[float]


class TeacherDrawing(Drawing):
    """Any drawing of the class, and whose it is."""

    seat: int
    state: DrawingState


class Piece(TypedDict):
    """What is presented to everybody, without a name."""

    kind: Literal["drawing", "tile"]
    picture: str
    shape: Shape
    caption: str


class MyDrawing(TypedDict):
    """What a student learns of an own drawing."""

    state: DrawingState
    label: str


class Me(TypedDict):
    """A student's own seat. votes: the choices of the first and of the second round. predicted, transferred: what was
    chosen last of the lesson's two questions."""

    seat: int
    name: str
    votes: list[int | None]
    predicted: int | None
    transferred: int | None
    drawings: dict[str, MyDrawing]


class Seat(TypedDict):
    """What a teacher sees of a student. transport: null without a connection."""

    name: str
    connected: bool
    transport: Transport | None
    silent: bool
    simulated: bool
    votes: list[int | None]
    drawings: int


class Tally(TypedDict):
    """Counts and moves of the question, also while nobody else may see them."""

    counts: list[list[int]]
    moved: list[list[int]] | None
    correct: int | None


class Report(TypedDict):
    """How one phone reached the app: socket_seconds is how long its socket has been open."""

    address: str
    http: bool
    socket_seconds: float
    latency_ms: float
    transport: Transport | None
    agent: str


class Rehearsal(TypedDict):
    """Simulated students that take part."""

    students: int


class Tile(TypedDict):
    """What a student sees: pixels are shape's bytes in base64, at most TILE_SIDE high and wide."""

    page: str
    model: str
    shape: Shape
    pixels: str


class State(TypedDict):
    """A message about what is so now."""

    seq: int
    full: NotRequired[bool]
    set: NotRequired[Json]
    items: NotRequired[dict[str, dict[str, Any]]]


def dumped(value: object) -> str:
    """As JSON text, without spaces."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
