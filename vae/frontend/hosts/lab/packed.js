/**
 * Modules that came as one answer, in pieces: text, name of what the module imports there, text, … Each stands after
 * those that it imports. vae/lab/packing.py describes it; bootstrap.js does the same with those in the page.
 *
 * assets: where other files are, relative to the app's address.
 *
 * @typedef {{assets: Record<string, string>, modules: [name: string, pieces: string[]][]}} PackedModules
 */

/**
 * Addresses, valid in this page, of the modules by their names.
 *
 * @param {PackedModules} packed
 * @param {string} base the app's address
 */
export function addressesOf({ assets, modules }, base) {
  const addresses = new Map(Object.entries(assets).map(([name, served]) => [name, `${base}/${served}`]));
  for (const [name, pieces] of modules) {
    const text = pieces.map((piece, i) => (i % 2 ? addresses.get(piece) : piece)).join("");
    addresses.set(name, URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  }
  return addresses;
}
