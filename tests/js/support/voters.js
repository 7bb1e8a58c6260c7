/**
 * A class of students with the page's own connection, and their teacher, for a test of the server:
 *
 *   node voters.js BASE CODE SECRET STUDENTS
 *
 * A third of them by each way to the class. For each character that comes in, the teacher asks a question, once all have
 * answered the one before. Prints one line of JSON for each vote that was answered, for each that was refused, and for each
 * question that all have answered. It ends with its input.
 */

import { argv, exit, stdin, stdout } from "node:process";

import { Connection } from "../../../vae/frontend/classroom/connection.js";
import { Kept } from "../../../vae/frontend/classroom/kept.js";
import { join } from "../../../vae/frontend/classroom/student/joining.js";

/** @import { TransportName } from "../../../vae/frontend/classroom/state.js" */

const [base, code, secret, students] = argv.slice(2);
/** @type {readonly TransportName[]} */
const WAYS = ["websocket", "events", "poll"];
const LOOK_MS = 20;

/** A socket that the network cuts at once. */
class CutSocket {
  constructor() {
    setTimeout(() => this.onclose?.(), 0);
  }
  /** @type {(() => void) | null} */
  onclose = null;
  send() {}
  close() {}
}

/**
 * What lets this way through, and none that is better.
 *
 * @param {TransportName} way
 * @param {Record<string, string>} [headers]
 */
function network(way, headers = {}) {
  /** @type {typeof globalThis.fetch} */
  const fetch = (address, init = {}) =>
    way === "poll" && `${address}`.includes("/events?")
      ? Promise.reject(new TypeError("cut"))
      : globalThis.fetch(address, { ...init, headers: { ...Object(init.headers), ...headers } });
  return { fetch, WebSocket: /** @type {any} */ (way === "websocket" ? globalThis.WebSocket : CutSocket) };
}

/** @param {object} line */
const tell = (line) => void stdout.write(`${JSON.stringify(line)}\n`);

/** @param {TransportName} way */
async function student(way) {
  const kept = new Kept(() => /** @type {any} */ (null));
  const { seat, id } = await join({ base, code, kept });
  const asked = new Set();
  const connection = new Connection({
    ...{ base, code, role: "student", seat, storage: kept, ...network(way) },
    onState: ({ question }) => {
      if (!question?.open || asked.has(question.id)) return;
      asked.add(question.id);
      const vote = { question: question.id, round: 1, choice: (id + question.id) % 3 };
      connection.command("vote", vote).then(
        () => tell({ answered: { ...vote, seat: id }, way: connection.status.transport }),
        (error) => tell({ refused: error.message }),
      );
    },
  });
}

function teach() {
  const cookie = { Cookie: `class-${code}=${secret}` };
  const storage = new Kept(() => /** @type {any} */ (null));
  const connection = new Connection({ base, code, role: "teacher", storage, ...network("events", cookie) });
  let wanted = 0; // questions; they are numbered from 1
  let asked = 0;
  let done = 0;
  let asking = false;
  stdin.setEncoding("utf8").on("data", (text) => {
    wanted += `${text}`.length;
  });
  stdin.on("end", () => exit());
  const ask = async () => {
    const fields = { text: "Why?", options: ["a", "b", "c"], correct: null };
    asking = true;
    // Where the connection is lost, the class's state says whether it was asked.
    asked = await connection.command("ask", fields).then(
      ({ question }) => question,
      () => asked,
    );
    asking = false;
  };
  setInterval(() => {
    const { question, progress } = connection.state;
    const number = question?.id ?? 0;
    if (asking || !connection.status.connected || number < asked) return;
    if (number && (progress?.answered ?? 0) < Number(students)) return;
    if (number > done) tell({ done: number });
    done = number;
    if (number < wanted) void ask();
  }, LOOK_MS);
}

await Promise.all(Array.from({ length: Number(students) }, (_, number) => student(WAYS[number % WAYS.length])));
teach();
