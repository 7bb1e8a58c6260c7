import assert from "node:assert/strict";
import { test } from "node:test";

import { Film, FilmError } from "../../../vae/frontend/lib/film.js";
import { bytesOf, EPOCH, FRAME, frameOf, headOf, PNG, recordOf, WEBPS } from "../support/film.js";

/** The film of these bytes, received in pieces of this size. */
function read(/** @type {Uint8Array} */ bytes, size = bytes.length) {
  const film = new Film();
  for (let at = 0; at < bytes.length; at += size) film.take(bytes.subarray(at, at + size));
  return film;
}

const WHOLE = bytesOf(headOf(), frameOf({ share: 0 }), recordOf(EPOCH), frameOf(), recordOf({ kind: "later" }));

test("a film has its head, frames and epochs, in whatever pieces it comes", () => {
  for (const size of [1, 7, 64, WHOLE.length]) {
    const { head, frames, epochs, rest, size: received } = read(WHOLE, size);
    assert.ok(head);
    assert.deepEqual([head.dataset, head.classNames, head.plane], ["mnist", ["a", "b"], "latent"]);
    assert.deepEqual([[...head.classes], [...head.sheet]], [[0, 1, 1], [...PNG]]);
    assert.deepEqual(epochs, [{ share: 1, reconstruction: 99, kl: 4 }]);
    assert.deepEqual(
      frames.map(({ share }) => share),
      [0, 0.5],
    );
    assert.deepEqual(
      [[...frames[1].points], frames[1].klPerDimension],
      [
        [1, -2, 3, -4, 5, 600],
        [1, 2],
      ],
    );
    assert.deepEqual([...frames[1].sheet], [...WEBPS[0]]);
    assert.deepEqual([rest.length, received], [0, WHOLE.length]);
  }
});

test("a film that ends anywhere has what was whole, and goes on with the rest", () => {
  for (let length = 0; length < WHOLE.length; length++) {
    const film = read(WHOLE.subarray(0, length));
    film.take(WHOLE.subarray(length));
    assert.equal(film.frames.length, 2);
  }
});

test("every kind of WebP names its size", () => {
  for (const webp of WEBPS) assert.equal(read(bytesOf(headOf(), frameOf({}, webp))).frames.length, 1);
});

test("the reach leaves out the farthest points; along a line only x counts", () => {
  const frame = frameOf();
  assert.equal(read(bytesOf(headOf(), frame)).frames[0].reach, 2.5);
  assert.equal(read(bytesOf(headOf({ plane: "line" }), frame)).frames[0].reach, 1.5);
});

test("frames have their numbers in the whole film, where some are left out, and count from 1 otherwise", () => {
  const numbers = (/** @type {Uint8Array[]} */ ...frames) =>
    read(bytesOf(headOf(), ...frames)).frames.map(({ number }) => number);
  assert.deepEqual(numbers(frameOf({ share: 0 }), frameOf(), frameOf()), [1, 2, 3]);
  assert.deepEqual(numbers(frameOf({ share: 0, number: 1 }), frameOf({ number: 5 })), [1, 5]);
  for (const number of [0, 1, 1.5, "3", 10_000])
    assert.throws(() => numbers(frameOf({ share: 0 }), frameOf({ number })), FilmError);
});

test("the frame at a moment is the last one that is not later", () => {
  const film = read(WHOLE);
  assert.deepEqual(
    [0, 0.49, 0.5, 1].map((share) => film.indexAt(share)),
    [0, 0, 1, 1],
  );
  assert.equal(new Film().indexAt(1), -1);
});

/** Asserts that these bytes are refused: as other than they were written, or as no film. */
function refuses(/** @type {Uint8Array} */ bytes, torn = false, kept = 0) {
  const film = new Film();
  assert.throws(
    () => film.take(bytes),
    (error) => error instanceof FilmError && error.torn === torn && /film/.test(error.message),
  );
  assert.equal(film.frames.length, kept);
}

test("a changed byte is found wherever it is", () => {
  const before = bytesOf(headOf(), frameOf({ share: 0 }));
  const record = frameOf();
  for (let at = 8; at < record.length; at++) {
    const broken = record.slice();
    broken[at] ^= 1;
    refuses(bytesOf(before, broken), true, 1);
  }
});

test("lengths that no film has are damage, not a reason to wait", () => {
  for (const at of [3, 7]) {
    const broken = headOf();
    broken[at] = 0x7f;
    refuses(broken, true);
  }
});

test("a head that is not what its format says is refused", () => {
  const wrong = [
    ...[{ kind: "frame" }, { version: 2 }, { dataset: 3 }, { plane: "sphere" }, { class_names: "ab" }],
    ...[{ class_names: [1] }, { image_shape: [2, 2, 2] }, { image_shape: [1, 2] }, { image_shape: [1, 513, 2] }],
    ...[{ latent_dim: 0 }, { latent_dim: 1.5 }, { latent_dim: "2" }, { points: 1e9 }, { points: -1 }, { points: 4000 }],
    ...[{ originals: 2 }, { originals: 21 }, { samples: 1e3 }, { side: 33 }, { columns: 0 }, { epochs: null }],
  ];
  for (const changes of wrong) refuses(headOf(changes));
  refuses(headOf({}, WEBPS[0]));
  refuses(headOf({}, PNG.subarray(0, 20)));
  for (const text of ["", "null", "[", '"head"', "3"]) refuses(recordOf(text));
  assert.ok(read(headOf({ originals: 0 }, new Uint8Array(0))).head);
});

test("a frame that is not what its format says is refused; those before stay", () => {
  const before = bytesOf(headOf(), frameOf({ share: 0.2 }));
  const wrong = [
    ...[
      { share: 0.1 },
      { share: 1.1 },
      { share: null },
      { epoch: "1" },
      { seconds: null },
      { scale: 0 },
      { scale: -1 },
    ],
    ...[{ reconstruction: "x" }, { kl: [] }, { kl_per_dimension: [1] }, { kl_per_dimension: [1, null] }],
  ];
  for (const changes of wrong) refuses(bytesOf(before, frameOf(changes)), false, 1);
  const letters = new TextEncoder().encode("RIFF....WEBPVP8?");
  for (const sheet of [new Uint8Array(0), PNG, WEBPS[0].subarray(0, 31), bytesOf(letters, new Uint8Array(32))]) {
    refuses(bytesOf(before, frameOf({}, sheet)), false, 1);
  }
  refuses(bytesOf(headOf({ columns: 2, originals: 0 }, new Uint8Array(0)), frameOf())); // a sheet of another size
  refuses(bytesOf(headOf(), recordOf(FRAME))); // no body
});

test("an epoch without numbers is refused", () => {
  refuses(bytesOf(headOf(), recordOf({ ...EPOCH, validation_kl: null })));
});

test("values that a frame may lack are null", () => {
  const none = { reconstruction: null, kl: null, kl_per_dimension: null };
  const [frame] = read(bytesOf(headOf(), frameOf(none))).frames;
  assert.deepEqual([frame.reconstruction, frame.kl, frame.klPerDimension], [null, null, null]);
});

test("a film longer than any run's is refused", () => {
  const film = read(headOf());
  assert.throws(() => film.take(new Uint8Array(13_000_000)), /longer than/);
  const epoch = recordOf(EPOCH);
  assert.throws(() => read(bytesOf(headOf(), ...Array.from({ length: 20_001 }, () => epoch))), /more records/);
});
