/** Light or dark: the user's choice in this browser, or the system's. */

export const DARK = "(prefers-color-scheme: dark)";
const KEY = "latent-lab-theme";

/** @typedef {"light" | "dark"} Theme */

/** Where the choice is kept; null where the browser allows no storage, as in some frames. */
function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** The user's choice. @returns {Theme | null} */
export function chosenTheme(kept = storage()) {
  const theme = kept?.getItem(KEY);
  return theme === "light" || theme === "dark" ? theme : null;
}

/**
 * Whether the page is dark, as anyone may ask the browser; a change of the choice is told to all who listen.
 *
 * Streamlit follows the system's colours, live, by matchMedia(DARK). Where the user has chosen, that query answers with
 * the choice instead, so that Streamlit, charts and components change together and no page is loaded again.
 */
export class ThemeQuery extends EventTarget {
  /**
   * @param {MediaQueryList} system what the browser itself says
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} [kept]
   */
  constructor(system, kept = storage()) {
    super();
    this.media = DARK;
    this.system = system;
    this.kept = kept;
    /** @type {Theme | null} */
    this.choice = chosenTheme(/** @type {Storage | null} */ (kept));
    /** @type {((event: Event) => void) | null} */
    this.onchange = null;
    this.before = this.matches;
    system.addEventListener("change", () => this.tell());
  }

  get matches() {
    return this.choice === null ? this.system.matches : this.choice === "dark";
  }

  /** The other one of light and dark from now on; the system's own is no choice to keep. */
  toggle() {
    const dark = !this.matches;
    this.choice = dark === this.system.matches ? null : dark ? "dark" : "light";
    if (this.choice === null) this.kept?.removeItem(KEY);
    else this.kept?.setItem(KEY, this.choice);
    this.tell();
  }

  tell() {
    const { matches, media } = this;
    if (matches === this.before) return;
    this.before = matches;
    const event = Object.assign(new Event("change"), { matches, media });
    this.onchange?.(event);
    this.dispatchEvent(event);
  }

  /** For old code. */
  addListener(/** @type {EventListener} */ listener) {
    this.addEventListener("change", listener);
  }

  removeListener(/** @type {EventListener} */ listener) {
    this.removeEventListener("change", listener);
  }
}

/** @type {ThemeQuery | undefined} */
let query;

/** The page's one query; `takeTheme` makes it. */
export function pageTheme() {
  if (!query) throw new Error("takeTheme() must come first.");
  return query;
}

/** From now on this window's matchMedia(DARK) answers with the user's choice. */
export function takeTheme(/** @type {Window & typeof globalThis} */ window) {
  const own = window.matchMedia.bind(window);
  const theme = new ThemeQuery(own(DARK));
  query = theme;
  window.matchMedia = (text) => (text.replaceAll(" ", "") === DARK.replaceAll(" ", "") ? asList(theme) : own(text));
}

function asList(/** @type {ThemeQuery} */ theme) {
  return /** @type {MediaQueryList} */ (/** @type {unknown} */ (theme));
}
