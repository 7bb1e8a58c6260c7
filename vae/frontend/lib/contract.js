/**
 * What Python and the scripts both know. Written by `make contract` from vae/ui/serving/contract.py: change Python, not
 * this file.
 */

/** Of the live service's wire format. */
export const LIVE_VERSION = 1;

/** Of a binary frame, before its payload. */
export const LIVE_HEADER_BYTES = 8;

/** The second byte of a request. */
export const LIVE_OPERATIONS = /** @type {const} */ ({ decode: 1, encode: 2, reconstruct: 3, sample_posterior: 4 });

/** Of a request; bytes also of its reply. */
export const LIVE_LIMITS = /** @type {const} */ ({ vectors: 256, request_bytes: 16_777_216, requests_per_second: 240 });

/** The largest absolute value of a z or a noise value in a request. */
export const LARGEST_Z = 10_000;

/** The most of each in a model's config, and of an absolute log variance. */
export const MODEL_LIMITS = /** @type {const} */ ({
  latent_dim: 512,
  image_side: 512,
  width: 8192,
  depth: 8,
  classes: 1000,
  logvar: 10,
});

export const ARCHITECTURES = /** @type {const} */ (["mlp", "conv", "subpixel"]);

export const LIKELIHOODS = /** @type {const} */ ([
  "bernoulli",
  "continuous-bernoulli",
  "gaussian",
  "gaussian-learned",
  "gaussian-optimal",
  "discretised-logistic",
]);

/** Whose decoders return logits. */
export const LOGIT_LIKELIHOODS = /** @type {const} */ (["bernoulli", "continuous-bernoulli"]);

/** Likelihoods whose scale is a weight that was trained. */
export const LEARNED_SCALES = /** @type {const} */ (["gaussian-learned", "discretised-logistic"]);

/** What an encoder returns. */
export const POSTERIORS = /** @type {const} */ (["gaussian", "point"]);

/** Of the latent map's wire format. */
export const MAP_VERSION = 1;

/** Of images or noise in one request. */
export const MAX_ROWS_BYTES = 1_048_576;

/** Of the format of work by gradient steps. */
export const GRADIENT_VERSION = 1;

/** That a projection's quality compares. */
export const QUALITY_NEIGHBOURS = 10;

/** In which a process works on a run or waits for its turn. */
export const ALIVE_RUN_STATES = /** @type {const} */ (["queued", "starting", "running", "saving"]);

export const FILM_VERSION = 1;

/** Of a film's record, before its JSON. */
export const FILM_PREFIX_BYTES = 12;

/** That a run writes. */
export const MAX_FILM_BYTES = 10_000_000;

/** Of the Sampling page's grid: its cells have noise numbers row × this + column. */
export const MAX_GRID_SIDE = 16;

/** Of the Sampling page. */
export const MAX_SEED = 4_294_967_295;

/** Of a class's messages. */
export const CLASS_VERSION = 1;

/** Of commands: bytes, characters, a tile's side, and how many of each. */
export const CLASS_LIMITS = /** @type {const} */ ({
  command_bytes: 4096,
  picture_bytes: 81_920,
  name: 24,
  question: 500,
  option: 200,
  options: 8,
  label: 40,
  pieces: 12,
  tile_side: 64,
  rehearsal: 400,
});

/** What a class's clients and the server may wait for. */
export const CLASS_SECONDS = /** @type {const} */ ({
  beat: 20,
  silent: 28,
  absent: 30,
  events: 15,
  poll: 20,
  tile: 2,
  live: 0.05,
});

/** Of a lesson's text, at most. */
export const LESSON_BYTES = 65_536;

export const LESSON_LEVELS = /** @type {const} */ (["see", "measure", "mathematics"]);

/** The largest absolute value of a z in a link. */
export const MAX_LINKED_Z = 1000;

/**
 * @typedef {readonly [channels: number, height: number, width: number]} ImageShape
 *
 * How a data set places its drawings, in pixels from the top left corner: see vae/datasets/drawing.py.
 *
 * @typedef {{side: number, across: number, down: number}} DrawingFrame
 *
 * @typedef {"bernoulli" | "continuous-bernoulli" | "gaussian" | "gaussian-learned" | "gaussian-optimal" | "discretised-logistic"} Likelihood
 *
 * The live service's greeting: see vae/server/live/decode.py. kl: nats per dimension, null for a plain autoencoder.
 * classes: of a conditional model, otherwise 0.
 *
 * @typedef {object} Greeting
 * @property {number} version
 * @property {string} model
 * @property {number} latent_dim
 * @property {number} classes
 * @property {ImageShape} image_shape
 * @property {number[] | null} kl
 * @property {string} device
 * @property {Likelihood} likelihood
 * @property {{vectors: number, requests_per_second: number, frame_bytes: number}} limits
 *
 * @typedef {{version: number, error: string}} ServiceError
 *
 * The encoded test set's header: see vae/server/latent_map/routes.py.
 *
 * @typedef {"<f4" | "<u2"} Dtype
 * @typedef {{name: string, dtype: Dtype, shape: number[], offset: number}} ArrayHeader
 * @typedef {{mean: number[], components: number[][], explained: number[]}} Pca
 *
 * @typedef {object} EncodedHeader
 * @property {number} version
 * @property {string} model
 * @property {number} n
 * @property {number} latent_dim
 * @property {string[]} classes
 * @property {ImageShape} image_shape
 * @property {number} images
 * @property {ArrayHeader[]} arrays
 * @property {Pca} pca
 *
 * A projection's request, its quality and its states: see vae/server/latent_map/routes.py.
 *
 * @typedef {"raw" | "pca" | "tsne" | "umap"} Method
 *
 * @typedef {object} ProjectionConfig
 * @property {Method} method
 * @property {number} dims
 * @property {number[]} axes
 * @property {number} perplexity
 * @property {number} neighbours
 * @property {number} min_dist
 * @property {number} seed
 *
 * @typedef {object} ProjectionQuality
 * @property {number | null} trustworthiness
 * @property {number | null} continuity
 * @property {number | null} neighbours_kept
 * @property {number | null} neighbours
 * @property {string} protocol
 *
 * @typedef {{version: number, model: string, method: Method, dims: number, lowering: string}} ProjectionOf
 * @typedef {ProjectionOf & {state: "queued", queue_position: number}} ProjectionQueued
 * @typedef {ProjectionOf & {state: "running", progress: number}} ProjectionRunning
 * @typedef {ProjectionOf & {state: "done", seconds: number, source: string, quality: ProjectionQuality}} ProjectionDone
 * @typedef {ProjectionOf & {state: "failed", error: string}} ProjectionFailed
 * @typedef {{version: number, state: "cancelled"}} ProjectionCancelled
 * @typedef {ProjectionQueued | ProjectionRunning | ProjectionDone | ProjectionFailed | ProjectionCancelled}
 *   ProjectionState
 *
 * A training run, as the server lists it: see vae/server/training/runs_and_films.py.
 *
 * @typedef {"queued" | "starting" | "running" | "saving" | "paused" | "failed" | "killed"} RunState
 *
 * @typedef {object} RunStatus
 * @property {string} name
 * @property {RunState} state
 * @property {string} sentence
 * @property {number} progress
 * @property {number} epoch
 * @property {number | null} epochs
 * @property {number} seconds
 * @property {number | null} seconds_left
 * @property {number | null} images_per_second
 * @property {string} device
 * @property {string} host
 * @property {number | null} queue_position
 * @property {number} film_bytes
 *
 * What the Interpolation and the Sampling page keep in the link, as text.
 *
 * @typedef {"view" | "from" | "to" | "third" | "fourth" | "base" | "z" | "t" | "path" | "steps" | "x" | "y" | "plus" | "minus" | "apply" | "draw" | "strength"} InterpolationKey
 * @typedef {"view" | "seed" | "side" | "temperature" | "truncation" | "source" | "against" | "told" | "against_told" | "hold" | "plane"} SamplingKey
 *
 * What a class's server says: see vae/classroom/messages/protocol.py.
 *
 * frozen: the present view stays. joinable: new seats are given. closed: nothing changes any more. language: of the
 * students' pages.
 *
 * @typedef {object} ClassSection
 * @property {string} code
 * @property {string} name
 * @property {string} model
 * @property {"en" | "de" | "es"} language
 * @property {"follow" | "explore"} mode
 * @property {boolean} frozen
 * @property {boolean} joinable
 * @property {boolean} closed
 *
 * What the teacher shows at rest: page and parameters of the light page's link. null before anything is shown.
 *
 * @typedef {object} ClassShown
 * @property {string} page
 * @property {Record<string, string>} params
 *
 * joined: seats. connected: those with an open connection, silent ones not counted.
 *
 * @typedef {object} ClassPeople
 * @property {number} joined
 * @property {number} connected
 *
 * null while there is none. counts: of each option, per round; moved: from option i to option j in the second round.
 * Both are null until they are shown, correct until it is revealed.
 *
 * @typedef {object} ClassQuestion
 * @property {number} id
 * @property {string} text
 * @property {string[]} options
 * @property {1 | 2} round
 * @property {boolean} open
 * @property {number[][] | null} counts
 * @property {number[][] | null} moved
 * @property {number | null} correct
 *
 * Where the teacher stands. shown: everybody sees the counts. revealed: and the right answer.
 *
 * @typedef {object} TeacherQuestion
 * @property {number} id
 * @property {string} text
 * @property {string[]} options
 * @property {1 | 2} round
 * @property {boolean} open
 * @property {number[][] | null} counts
 * @property {number[][] | null} moved
 * @property {number | null} correct
 * @property {boolean} shown
 * @property {boolean} revealed
 *
 * Of the present round. of: the students who are connected or have answered.
 *
 * @typedef {object} ClassProgress
 * @property {number} answered
 * @property {number} of
 *
 * A question of the lesson. answer: the right option, counted from 0; null where the class was to find out.
 *
 * @typedef {object} ClassLessonQuestion
 * @property {string} question
 * @property {string[]} options
 * @property {number | null} answer
 *
 * A step, and what was to be seen in it.
 *
 * @typedef {object} SeenStep
 * @property {Rich} do
 * @property {Rich} see
 * @property {LessonCheck[]} checks
 *
 * What the class has predicted, beside what happened. predictions: votes of each option in the last round; null while
 * they were never shown. terms: of the glossary.
 *
 * @typedef {object} LessonOutcome
 * @property {string} question
 * @property {string[]} options
 * @property {number | null} answer
 * @property {number[] | null} predictions
 * @property {SeenStep[]} seen
 * @property {Rich} explanation
 * @property {string[]} terms
 * @property {LessonReference[]} references
 *
 * null without a lesson. What is null has not been reached yet. minutes: planned; begun: in seconds since 1970. step:
 * counted from 1, of so many steps; 0 in another phase than experiment. do, link, page, checkpoint: of the step; see:
 * what was to be seen in it. question: the number of the phase's own, once it was asked.
 *
 * @typedef {object} ClassLesson
 * @property {string} title
 * @property {number} minutes
 * @property {string} level
 * @property {"predict" | "experiment" | "explain" | "transfer" | "end"} phase
 * @property {number} step
 * @property {number} steps
 * @property {number | null} begun
 * @property {number | null} question
 * @property {Rich | null} do
 * @property {string | null} link
 * @property {string | null} page
 * @property {string | null} checkpoint
 * @property {Rich | null} see
 * @property {LessonOutcome | null} outcome
 * @property {ClassLessonQuestion | null} transfer
 *
 * An approved drawing on the shared map, at q(z|x)'s mean and log variance. picture: shape's bytes in base64.
 *
 * @typedef {object} ClassDrawing
 * @property {string} label
 * @property {string} picture
 * @property {ImageShape} shape
 * @property {number[]} mean
 * @property {number[]} logvar
 *
 * Any drawing of the class, and whose it is.
 *
 * @typedef {object} TeacherDrawing
 * @property {string} label
 * @property {string} picture
 * @property {ImageShape} shape
 * @property {number[]} mean
 * @property {number[]} logvar
 * @property {number} seat
 * @property {"waiting" | "approved" | "hidden"} state
 *
 * What is presented to everybody, without a name.
 *
 * @typedef {object} ClassPiece
 * @property {"drawing" | "tile"} kind
 * @property {string} picture
 * @property {ImageShape} shape
 * @property {string} caption
 *
 * What a student learns of an own drawing.
 *
 * @typedef {object} MyDrawing
 * @property {"waiting" | "approved" | "hidden"} state
 * @property {string} label
 *
 * A student's own seat. votes: the choices of the first and of the second round. predicted, transferred: what was
 * chosen last of the lesson's two questions.
 *
 * @typedef {object} ClassMe
 * @property {number} seat
 * @property {string} name
 * @property {(number | null)[]} votes
 * @property {number | null} predicted
 * @property {number | null} transferred
 * @property {Record<string, MyDrawing>} drawings
 *
 * What a teacher sees of a student. transport: null without a connection.
 *
 * @typedef {object} ClassSeat
 * @property {string} name
 * @property {boolean} connected
 * @property {"websocket" | "events" | "poll" | null} transport
 * @property {boolean} silent
 * @property {boolean} simulated
 * @property {(number | null)[]} votes
 * @property {number} drawings
 *
 * Counts and moves of the question, also while nobody else may see them.
 *
 * @typedef {object} ClassTally
 * @property {number[][]} counts
 * @property {number[][] | null} moved
 * @property {number | null} correct
 *
 * How one phone reached the app: socket_seconds is how long its socket has been open.
 *
 * @typedef {object} ClassReport
 * @property {string} address
 * @property {boolean} http
 * @property {number} socket_seconds
 * @property {number} latency_ms
 * @property {"websocket" | "events" | "poll" | null} transport
 * @property {string} agent
 *
 * Simulated students that take part.
 *
 * @typedef {object} ClassRehearsal
 * @property {number} students
 *
 * What a student sees: pixels are shape's bytes in base64, at most TILE_SIDE high and wide.
 *
 * @typedef {object} ClassTile
 * @property {string} page
 * @property {string} model
 * @property {ImageShape} shape
 * @property {string} pixels
 *
 * A message about what is so now.
 *
 * @typedef {object} ClassUpdate
 * @property {number} seq
 * @property {boolean} [full]
 * @property {Record<string, any>} [set]
 * @property {Record<string, Record<string, any>>} [items]
 *
 * A text of a lesson as a tree: see vae/lessons/format/rich.py.
 *
 * @typedef {string | RichElement} RichNode
 * @typedef {[tag: string, ...nodes: (string | RichElement)[]]} RichElement
 * @typedef {RichNode[]} Rich
 *
 * Lessons: see vae/lessons/answers.py.
 *
 * A prediction. because: why somebody would choose it, or "".
 *
 * @typedef {object} LessonOption
 * @property {string} text
 * @property {string} because
 *
 * A question. answer: the number of the right option from 0; None where it is open.
 *
 * @typedef {object} LessonQuestion
 * @property {string} question
 * @property {LessonOption[]} options
 * @property {number | null} answer
 *
 * An assertion as the lesson writes it, the value that this machine measures, and whether it holds.
 *
 * @typedef {object} LessonCheck
 * @property {string} text
 * @property {string} measured
 * @property {string} unit
 * @property {boolean} holds
 *
 * What to do and to see. link: beneath the app's address; page, checkpoint: its parts, "" where it names none.
 *
 * @typedef {object} LessonStep
 * @property {Rich} do
 * @property {string} link
 * @property {string} page
 * @property {string} checkpoint
 * @property {Rich} see
 * @property {LessonCheck[]} checks
 *
 * What to read. link: an address in the web, or "".
 *
 * @typedef {object} LessonReference
 * @property {string} text
 * @property {string} link
 *
 * A lesson. language: of its texts; languages: in which there are texts; missing: checkpoints that are not here.
 *
 * @typedef {object} Lesson
 * @property {string} question
 * @property {LessonOption[]} options
 * @property {number | null} answer
 * @property {string} name
 * @property {string} language
 * @property {string[]} languages
 * @property {string} title
 * @property {number} minutes
 * @property {string} level
 * @property {LessonStep[]} steps
 * @property {Rich} explanation
 * @property {string[]} terms
 * @property {LessonQuestion | null} transfer
 * @property {LessonReference[]} references
 * @property {string[]} missing
 *
 * A lesson in a list. own: not shipped with the app; problem: why it, or its translation, cannot be used.
 *
 * @typedef {object} LessonSummary
 * @property {string} name
 * @property {string} language
 * @property {string[]} languages
 * @property {string} title
 * @property {number} minutes
 * @property {string} level
 * @property {string} question
 * @property {string[]} options
 * @property {string[]} missing
 * @property {boolean} own
 * @property {string | null} problem
 */
