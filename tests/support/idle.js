/**
 * Tells tests when a page has nothing to do: every request answered, also by workers, every file read and picture
 * decoded, no short timer left, Streamlit's script not running, and all that through some frames. Runs in the page
 * before its own scripts.
 */
(() => {
  const SHORT_MS = 500; // longer timers repeat or give up: no answer waits for them
  const CALM_FRAMES = 6; // an input's message is sent, and what came is drawn, within a frame or two
  const pending = new Set(); // timers, uploads, and the promises of requests, files and pictures
  const unanswered = new Map(); // socket -> messages

  const { setTimeout: startTimer, clearTimeout: stopTimer } = window;
  window.setTimeout = (callback, delay = 0, ...rest) => {
    const done = () => {
      pending.delete(timer);
      if (typeof callback === "function") callback(...rest);
    };
    const timer = startTimer(done, delay);
    if (delay <= SHORT_MS) pending.add(timer);
    return timer;
  };
  window.clearTimeout = (timer) => {
    pending.delete(timer);
    stopTimer(timer);
  };
  const awaitEach = (owner, ...names) => {
    for (const name of names) {
      const call = owner[name];
      owner[name] = function (...parts) {
        const promise = call.apply(this, parts);
        pending.add(promise);
        const done = () => pending.delete(promise);
        promise.then(done, done);
        return promise;
      };
    }
  };
  awaitEach(window, "fetch", "createImageBitmap");
  awaitEach(Response.prototype, "arrayBuffer", "blob", "json", "text"); // a fetch ends with its headers
  awaitEach(Blob.prototype, "arrayBuffer", "text");
  const upload = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...parts) {
    pending.add(this);
    this.addEventListener("loadend", () => pending.delete(this));
    upload.apply(this, parts);
  };

  // The live service answers each message with one; Streamlit answers some with many, and several with one run.
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...parts) {
    const live = this.url.endsWith("/live");
    if (!unanswered.has(this)) {
      this.addEventListener("message", () => unanswered.set(this, live ? unanswered.get(this) - 1 : 0));
      this.addEventListener("close", () => unanswered.delete(this));
    }
    unanswered.set(this, (unanswered.get(this) ?? 0) + 1);
    send.apply(this, parts);
  };

  // A model's worker answers each message with one.
  const computing = new Map(); // worker -> messages
  const { postMessage: post, terminate } = Worker.prototype;
  Worker.prototype.postMessage = function (...parts) {
    if (!computing.has(this)) this.addEventListener("message", () => computing.set(this, computing.get(this) - 1));
    computing.set(this, (computing.get(this) ?? 0) + 1);
    post.apply(this, parts);
  };
  Worker.prototype.terminate = function () {
    computing.delete(this);
    terminate.apply(this);
  };

  const isIdle = () => {
    const app = document.querySelector("[data-testid=stApp]");
    const isLightPage = document.querySelector(".lab-stage") !== null; // without Streamlit
    const script = isLightPage ? "notRunning" : app?.getAttribute("data-test-script-state");
    const waiting = [...unanswered].some(([{ url }, count]) => count > 0 && /\/(live|stream)$/.test(url));
    const computes = [...computing.values()].some((count) => count > 0);
    return script === "notRunning" && pending.size === 0 && !waiting && !computes;
  };

  let calm = 0;
  let asked = -1;
  /** Whether the page has been idle for some frames since this was first asked with this number. Ask once a frame. */
  window.hasRested = (number) => {
    if (asked !== number) calm = 0;
    asked = number;
    calm = isIdle() ? calm + 1 : 0;
    return calm > CALM_FRAMES;
  };
  window.whatIsPending = () => [
    [...pending].map(String),
    [...unanswered].map(([{ url }, count]) => [url, count]),
    [...computing.values()],
  ];
})();
