/** What the user chose or dropped, as what is to be uploaded. */

/**
 * A file with its path within what was chosen.
 *
 * @typedef {{path: string, file: File}} Chosen
 * @typedef {{bytes: number, pictures: number}} Most what may be uploaded
 *
 * A zip that the user packed, or pictures to be packed. leftOut: how many files that are no pictures are not sent, by
 * their ending.
 *
 * @typedef {{kind: "zip", name: string, file: File}} ZipSelection
 * @typedef {{kind: "pictures", name: string, pictures: Chosen[], leftOut: Map<string, number>}} PictureSelection
 */

const HIDDEN = /^(\.|__MACOSX$|thumbs\.db$|desktop\.ini$)/i; // what systems put into folders
const MAX_PATH = 1024; // characters, as in vae/datasets/pictures.py

/** The files of an input. @param {Iterable<File>} files */
export function filesOf(files) {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * The files that were dropped, those in folders included. Begins to read at once: the browser empties a drop when its
 * event ends.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<Chosen[]>}
 */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  if (entries.every((entry) => !entry)) return filesOf(transfer.files);
  const found = await Promise.all(entries.map((entry) => (entry ? filesUnder(entry) : [])));
  return found.flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Chosen[]>}
 */
async function filesUnder(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  if (isFile(entry)) return [{ path, file: await asked((take, refuse) => entry.file(take, refuse), path) }];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} a hundred at a time, then none */
    const some = await asked((take, refuse) => reader.readEntries(take, refuse), path);
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(filesUnder))).flat();
}

/**
 * What the browser answers. Throws an Error with the sentence for the user where it cannot read the file or folder.
 *
 * @template T
 * @param {(take: (found: T) => void, refuse: (error: DOMException) => void) => void} ask
 * @param {string} path
 */
async function asked(ask, path) {
  try {
    return await /** @type {Promise<T>} */ (new Promise(ask));
  } catch (cause) {
    throw new Error(`${path} cannot be read: it was moved, or may not be opened. Choose the pictures again.`, {
      cause,
    });
  }
}

/**
 * @param {FileSystemEntry} entry
 * @returns {entry is FileSystemFileEntry}
 */
function isFile(entry) {
  return entry.isFile;
}

/**
 * What of these files is to be uploaded. Throws an Error with the sentence for the user where nothing can be.
 *
 * @param {readonly Chosen[]} chosen
 * @param {readonly string[]} suffixes of pictures, in small letters
 * @param {Most} most
 * @returns {ZipSelection | PictureSelection}
 */
export function selectionOf(chosen, suffixes, most) {
  const seen = chosen.filter(({ path }) => !path.split("/").some((part) => HIDDEN.test(part)));
  if (!seen.length) throw new Error("There is no file in it. Choose a folder with pictures.");
  const zips = seen.filter(({ path }) => !path.includes("/") && endingOf(path) === ".zip");
  if (zips.length && seen.length > 1) throw new Error("Choose one zip alone, or pictures without a zip.");
  if (zips.length) return zipOf(zips[0], most);
  const isPicture = (/** @type {Chosen} */ { path }) => suffixes.includes(endingOf(path));
  const pictures = seen.filter(isPicture);
  if (!pictures.length) {
    throw new Error(`None of the ${seen.length.toLocaleString("en")} files is a picture. ${accepted(suffixes)}`);
  }
  if (pictures.length > most.pictures) {
    const [found, allowed] = [pictures.length, most.pictures].map((n) => n.toLocaleString("en"));
    throw new Error(`${found} pictures are too many: choose at most ${allowed}.`);
  }
  /** @type {Map<string, number>} */
  const leftOut = new Map();
  for (const other of seen) {
    const ending = endingOf(other.path) || "no ending";
    if (!isPicture(other)) leftOut.set(ending, (leftOut.get(ending) ?? 0) + 1);
  }
  return { kind: "pictures", name: nameOf(pictures), pictures: withOwnPaths(pictures), leftOut };
}

/** Which endings a picture may have. @param {readonly string[]} suffixes */
export function accepted(suffixes) {
  return `Pictures end in ${suffixes.join(", ")}.`;
}

/**
 * @param {Chosen} chosen
 * @param {Most} most
 * @returns {ZipSelection}
 */
function zipOf({ path, file }, most) {
  checkSize(file.size, path, most);
  if (!file.size) throw new Error(`${path} is empty. Pack it again.`);
  return { kind: "zip", name: path, file };
}

/**
 * Throws an Error with the sentence for the user where an upload would be too large.
 *
 * @param {number} bytes
 * @param {string} name
 * @param {Most} most
 */
export function checkSize(bytes, name, most) {
  if (bytes <= most.bytes) return;
  throw new Error(
    `${name} has ${megabytes(bytes)}, and at most ${megabytes(most.bytes)} can be uploaded. Scale the pictures down (the ` +
      "models see 256 pixels at most), or start the app with a larger server.maxUploadSize, in MB.",
  );
}

/** "2.9 MB". */
export function megabytes(/** @type {number} */ bytes) {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MB`;
}

/** ".jpg" for "cats/A.JPG"; "" without one. */
function endingOf(/** @type {string} */ path) {
  return /\.[^./]+$/.exec(path)?.[0].toLowerCase() ?? "";
}

/** The folder that all are in. @param {readonly Chosen[]} pictures */
function nameOf(pictures) {
  const tops = new Set(pictures.map(({ path }) => path.split("/")[0]));
  if (tops.size > 1) return pictures.some(({ path }) => path.includes("/")) ? "Several folders" : "Pictures";
  return [...tops][0];
}

/**
 * With a path of its own for each: some phones call every photo image.jpg. Accents are written one way, as macOS writes
 * them in another than all else.
 *
 * @param {readonly Chosen[]} pictures
 */
function withOwnPaths(pictures) {
  /** @type {Set<string>} */
  const taken = new Set();
  return pictures.map(({ path, file }) => {
    const own = freePath(path.normalize("NFC"), taken);
    if (own.length > MAX_PATH || own.includes("\0")) {
      throw new Error(`${own.slice(0, 40)}… is not a name that can be used. Rename it.`);
    }
    taken.add(own);
    return { path: own, file };
  });
}

/**
 * @param {string} path
 * @param {Set<string>} taken
 */
function freePath(path, taken) {
  const ending = endingOf(path),
    stem = path.slice(0, path.length - ending.length);
  let free = path;
  for (let use = 2; taken.has(free); use++) free = `${stem} (${use})${ending}`;
  return free;
}
