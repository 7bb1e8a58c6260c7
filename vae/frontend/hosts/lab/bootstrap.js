/**
 * The script of a packed page: makes blob: addresses of the modules in it, leaf first, and imports the entry, whose
 * default export it calls with two functions: one reads the page's data by name, the other imports a module by its name in
 * the front end's folder. vae/lab/packing.py describes the page.
 *
 * A classic script, so that an old browser, too, can say what it lacks.
 *
 * assets: where the file is served, null where it is in the page.
 *
 * @typedef {{entry: string, assets: Record<string, string | null>, modules: [name: string, pieces: string[]][]}} PackedPage
 */

void (async () => {
  /** @param {string} name @returns {Promise<Uint8Array<ArrayBuffer>>} */
  const read = async (name) => {
    /** @type {HTMLElement | null} */
    const block = document.querySelector(`script[data-name="${CSS.escape(name)}"]`);
    if (!block) throw new Error(`the page has no ${name}`);
    const text = block.textContent ?? "";
    if (!block.hasAttribute("data-packed")) return new TextEncoder().encode(text);
    if (!("DecompressionStream" in window)) throw new Error("this browser is too old: it cannot unpack the page");
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return together(new Uint8Array(await new Response(unpacked).arrayBuffer()), Number(block.dataset.packed));
  };

  /**
   * Numbers whose first bytes come before all second ones, byte beside byte again.
   *
   * @param {Uint8Array<ArrayBuffer>} planes
   * @param {number} size of a number in bytes
   */
  const together = (planes, size) => {
    if (size === 1) return planes;
    const bytes = new Uint8Array(planes.length),
      count = planes.length / size;
    for (let k = 0, from = 0; k < size; k++)
      for (let at = k; from < count * (k + 1); at += size) bytes[at] = planes[from++];
    return bytes;
  };

  /** @param {BlobPart} content @param {string} type */
  const addressOf = (content, type) => URL.createObjectURL(new Blob([content], { type }));

  /** Makes a packed dictionary text, as lib/words.js reads it when the modules begin. */
  const unpackWords = async () => {
    const block = document.querySelector('[data-name="words"][data-packed]');
    if (block) block.textContent = new TextDecoder().decode(await read("words"));
  };

  try {
    await unpackWords();
    /** @type {PackedPage} */
    const { entry, assets, modules } = JSON.parse(new TextDecoder().decode(await read("modules")));
    /** @type {Map<string, string>} */
    const addresses = new Map();
    for (const [name, served] of Object.entries(assets)) {
      const address = served === null ? addressOf(await read(name), "") : new URL(served, document.baseURI).href;
      addresses.set(name, address);
    }
    for (const [name, pieces] of modules) {
      const text = pieces.map((piece, i) => (i % 2 ? addresses.get(piece) : piece)).join("");
      addresses.set(name, addressOf(text, "text/javascript"));
    }
    const importModule = (/** @type {string} */ name) => import(addresses.get(name) ?? name);
    const { default: start } = await importModule(entry);
    await start(read, importModule);
  } catch (error) {
    const problem = document.createElement("p");
    problem.setAttribute("role", "alert");
    problem.textContent = `Latent Lab did not start: ${error instanceof Error ? error.message : error}. Open it in a current Firefox, Chrome, Edge or Safari.`;
    document.body.prepend(problem);
  }
})();
