/** The project's Python, for values from NumPy, Pillow and the standard library. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);

/**
 * What a Python program prints as JSON. It finds `data` on its standard input.
 *
 * @param {string} program
 * @param {Uint8Array | string} [data]
 */
export function python(program, data = "") {
  const interpreter = fileURLToPath(new URL(".venv/bin/python", ROOT));
  return JSON.parse(
    execFileSync(interpreter, ["-c", program], { input: data, encoding: "utf8", cwd: ROOT, maxBuffer: 2 ** 26 }),
  );
}
