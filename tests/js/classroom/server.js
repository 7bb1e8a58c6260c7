/** A class's server that answers what a test tells it to: HTTP requests by their address; sockets are ../support/socket.js. */

/**
 * @typedef {{url: string, path: string, body: any, seat: string | null, aborted: boolean, answer(response: Response): void,
 *            fail(): void}} Asked
 */

export class FakeServer {
  /** All requests, the newest last. @type {Asked[]} */
  asked = [];

  /** As fetch: the answer is the test's. */
  fetch = (/** @type {string | URL | Request} */ url, /** @type {RequestInit} */ { body, headers, signal } = {}) =>
    new Promise((/** @type {(response: Response) => void} */ resolve, reject) => {
      const path = `${url}`.split("/").at(-1)?.split("?")[0] ?? "";
      const seat = new Headers(headers).get("Authorization");
      const fail = () => reject(new TypeError("fetch failed"));
      const asked = { url: `${url}`, path, body: body ? JSON.parse(`${body}`) : null, seat, aborted: false, fail };
      const request = { ...asked, answer: resolve };
      this.asked.push(request);
      signal?.addEventListener("abort", () => {
        request.aborted = true;
        fail();
      });
    });

  /** The newest request to this path. */
  last(/** @type {string} */ path) {
    const found = this.asked.findLast((asked) => asked.path === path);
    if (!found) throw new Error(`Nothing was asked of ${path}.`);
    return found;
  }

  count(/** @type {string} */ path) {
    return this.asked.filter((asked) => asked.path === path).length;
  }
}

/** An answer that goes on: what the server says, and that it ends. */
export function stream() {
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  let controller;
  const body = new ReadableStream({
    start: (given) => {
      controller = given;
    },
  });
  return {
    response: new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
    write: (/** @type {string} */ text) => controller.enqueue(new TextEncoder().encode(text)),
    say: (/** @type {object} */ message) =>
      controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`)),
    end: () => controller.close(),
  };
}

/** A refusal as the server words it. */
export function refusal(/** @type {string} */ sentence, /** @type {number} */ status) {
  return new Response(sentence, { status, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

/** Lets promises settle. */
export async function settle() {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * A promise that a test settles.
 *
 * @template T
 * @typedef {{promise: Promise<T>, resolve: (value: T) => void, reject: (error: Error) => void}} Deferred
 */

/** @returns {Deferred<any>} */
export function deferred() {
  /** @type {any} */
  const found = {};
  found.promise = new Promise((resolve, reject) => Object.assign(found, { resolve, reject }));
  return found;
}
