/**
 * What one visitor has chosen, in every view: model, test image, a place of latent space, and what a link asks for. As
 * vae/ui/shared/current_image.py and vae/ui/shared/page.py have it for the app's pages.
 *
 * @import { Params } from "./link.js"
 * @import { About, Source } from "./source.js"
 * @import { Listed } from "./compared.js"
 *
 * A z that is no test image's mean, for Explore to start from. label: the class as which a conditional model decoded it.
 *
 * @typedef {{model: string, title: string, z: number[], label: number | null}} Place
 *
 * What is pinned on the map: see vae/ui/pages/latent_map/component.py.
 *
 * @typedef {{model: string, z: number[], row: number | null, exact: boolean, near: boolean}} Pin
 *
 * What the host's controls offer and do: hosts/lab/controls.js draws them.
 *
 * @typedef {{kind: "number", label: string, help?: string, value: number, least: number, most: number, whole: boolean,
 *            by?: number, take: (value: number) => void}} NumberControl
 * @typedef {{kind: "select" | "row", label: string, help?: string, value: string,
 *            options: readonly (readonly [value: string, text: string])[], take: (value: string) => void}} ChoiceControl
 * @typedef {{kind: "checks", label: string, value: string[], most: number,
 *            options: readonly (readonly [value: string, text: string])[], take: (value: string[]) => void}} ChecksControl
 * @typedef {{kind: "panel", label: string, controls: (NumberControl | ChoiceControl | ChecksControl)[]}} PanelControl
 * @typedef {{kind: "note", text: string}} NoteControl
 * @typedef {NumberControl | ChoiceControl | ChecksControl | PanelControl | NoteControl} Control
 *
 * What a view gives its host at each run: the component's data, the controls beside the title, the link's parameters.
 *
 * notes: sentences about what is shown.
 *
 * @typedef {{data: Record<string, unknown>, controls: Control[], params: Params, notes?: string[]}} Shown
 *
 * @typedef {object} Behaviour of a view
 * @property {(session: Session, source: Source) => Promise<Shown>} show
 * @property {(session: Session, name: string, value: any) => void} take what the component sends
 */

import { t } from "../../lib/words.js";
import { comparable, comparedData, linkedNames, MOST_OTHERS, offers } from "./compared.js";
import { parseWhole, parseZ } from "./link.js";

export class Session {
  /** The link as it was when the view was opened, or when the user went back to it. */
  query = new URLSearchParams();
  /** Whether this run is the view's first since it was opened. */
  opened = true;
  /** Whether the user went back or forward: then the link says what to show. */
  byHistory = false;
  /** Sentences about what the link asks for in vain. @type {string[]} */
  warnings = [];
  /** Of the chosen model. @type {About | null} */
  model = null;
  /** The chosen test image by data set. @type {Map<string, number>} */
  images = new Map();
  choices = 0; // of test images
  /** How many choices each view has seen. @type {Map<string, number>} */
  seen = new Map();
  /** @type {Place | null} */
  place = null;
  /** How many test images had been chosen when the user showed a picture of their own. */
  ownAfter = 0;
  /** What each view keeps between its runs, by the view's name. @type {Map<string, any>} */
  kept = new Map();
  /** Explore's z, null at its start. @type {{model: string, z: number[] | null} | null} */
  explored = null;
  /** @type {Pin | null} */
  pin = null;
  /** The map's groups of test images. @type {{model?: string, A?: number[], B?: number[]}} */
  groups = {};
  /** The class to decode as, by its name; "" for none chosen. */
  labelName = "";
  /** The models that were chosen to be compared, by name, also those of other pictures. @type {string[]} */
  comparedNames = [];
  /** The chosen model of the run before. @type {string | null} */
  comparedWith = null;

  /** @param {Listed[]} [models] that there are, as vae/views/shared/models.py lists them */
  constructor(models = []) {
    this.models = models;
  }

  get about() {
    if (!this.model) throw new Error("A view is shown only with a model.");
    return this.model;
  }

  // — the test image of all views —

  get chosenImage() {
    const row = this.images.get(this.about.content);
    return row !== undefined && row < this.about.test_images ? row : null;
  }

  get shownImage() {
    return this.chosenImage ?? 0;
  }

  /** @param {number} row */
  chooseImage(row) {
    this.images.set(this.about.content, row);
    this.choices++;
    this.place = null;
  }

  forgetImage() {
    this.images.delete(this.about.content);
  }

  /**
   * Makes z what Explore starts from, until a test image or another z is chosen.
   *
   * @param {string} title
   * @param {number[]} z
   * @param {number | null} [label]
   */
  choosePlace(title, z, label = null) {
    this.place = { model: this.about.name, title, z, label };
  }

  get chosenPlace() {
    return this.place?.model === this.about.name ? this.place : null;
  }

  /**
   * Whether any test image has been chosen since this view last asked.
   *
   * @param {string} view
   */
  isNewer(view) {
    const newer = (this.seen.get(view) ?? 0) !== this.choices;
    this.seen.set(view, this.choices);
    return newer;
  }

  /** Whether the link says which test image to show: nothing is chosen yet, the link was opened or gone back to. */
  get linkDecides() {
    return this.opened || this.byHistory;
  }

  get linkedImage() {
    return parseWhole(this.query.get("image"), 0, this.about.test_images - 1);
  }

  /** The test image in the link, which becomes the chosen one where the link decides. */
  followLink() {
    const row = this.linkedImage;
    if (row !== null && this.linkDecides) this.chooseImage(row);
    return row;
  }

  /** The user shows a picture of their own, which the browser keeps; it comes before the test images chosen so far. */
  showOwnPicture() {
    this.ownAfter = this.choices;
  }

  /**
   * Whether the user's own picture, where the browser has one, is newer than the choice of a test image. Takes the test image
   * of the link where the link decides.
   */
  showsOwnPicture() {
    const linked = this.followLink();
    if (this.byHistory && linked === null) this.showOwnPicture();
    return this.isOwnPictureNewest;
  }

  /** Whether no test image was chosen since the user showed a picture of their own. */
  get isOwnPictureNewest() {
    return this.ownAfter === this.choices;
  }

  /** The z of the link, with a warning where it does not fit the model. */
  linkedZ() {
    const text = this.query.get("z");
    if (text === null) return null;
    const { latent_dim: latentDim } = this.about;
    const z = parseZ(text, latentDim);
    if (!z) this.warnings.push(t`This link's z is not ${latentDim} numbers from -1000 to 1000; it is ignored.`);
    return z;
  }

  // — the models beside the chosen one —

  /** The names of the models to show beside the chosen one, in the order in which they were chosen. */
  get compared() {
    const offered = comparable(this.about.name, this.models).map(({ name }) => name);
    return this.comparedNames.filter((name) => offered.includes(name)).slice(0, MOST_OTHERS);
  }

  /**
   * Takes the models of the link, where it is new; goes before `compared`. Where one of them has become the first, the first
   * before takes its place.
   */
  followCompared() {
    const before = this.comparedWith,
      first = this.about.name;
    this.comparedWith = first;
    const text = this.opened || this.byHistory ? this.query.get("compare") : null;
    if (text === null && !this.byHistory) {
      const beside = comparable(first, this.models).some(({ name }) => name === before);
      if (before !== null && beside && !this.comparedNames.includes(before))
        this.comparedNames = this.comparedNames.map((name) => (name === first ? before : name));
      return;
    }
    const { names, warnings } = linkedNames(text ?? "", this.about.name, this.models);
    this.comparedNames = names;
    this.warnings.push(...warnings);
  }

  /** The choice of models, where there are any to compare. @returns {Control[]} */
  compareControls() {
    const offered = comparable(this.about.name, this.models);
    if (!offered.length) return [];
    /** @type {ChecksControl} */
    const choice = {
      kind: "checks",
      label: t`Up to ${MOST_OTHERS} other models of the same pictures`,
      value: this.compared,
      most: MOST_OTHERS,
      options: offers(offered),
      take: (names) => {
        this.comparedNames = names;
      },
    };
    return [{ kind: "panel", label: t("Compare with"), controls: [choice] }];
  }

  /**
   * What comparing adds to a component's data: see hosts/lab/compared.js.
   *
   * @param {Source} source
   * @param {string} view
   */
  async comparedData(source, view) {
    this.followCompared();
    const { data, warnings } = await comparedData(source, view, this.about.name, this.compared);
    this.warnings = [...new Set([...this.warnings, ...warnings])];
    return data;
  }

  /** The link's parameter for the models. @returns {Params} */
  get compareParams() {
    const { compared } = this;
    return compared.length ? { compare: compared.join(",") } : {};
  }

  // — the class to decode as —

  /**
   * The class that a conditional model decodes as; `otherwise` where none is chosen and for any other model.
   *
   * @param {number | null} otherwise
   */
  label(otherwise) {
    if (this.opened || this.byHistory) this.labelName = this.query.get("class_told") ?? "";
    const label = this.about.classes ? this.about.class_names.indexOf(this.labelName) : -1;
    return label < 0 ? otherwise : label;
  }

  /**
   * @param {string} unchosen names the first choice
   * @returns {Control[]}
   */
  labelControls(unchosen) {
    const { classes, class_names: names } = this.about;
    if (!classes) return [];
    const options = [["", unchosen], ...names.map((name) => [name, name])];
    return [
      {
        kind: "select",
        label: t("Decode as class"),
        help: t("This model's decoder is conditional on a class: the same z with another class keeps the style."),
        value: names.includes(this.labelName) ? this.labelName : "",
        options: /** @type {[string, string][]} */ (options),
        take: (value) => {
          this.labelName = value;
        },
      },
    ];
  }

  /** The link's parameter for the class. @returns {Params} */
  get labelParams() {
    const known = this.about.classes > 0 && this.about.class_names.includes(this.labelName);
    return known ? { class_told: this.labelName } : {};
  }
}
