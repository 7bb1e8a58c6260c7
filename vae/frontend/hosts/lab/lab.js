/**
 * The host of the light page and of the file: shows one of the seven views, keeps what the visitor has chosen, and writes
 * it into the link. It does what the app's Python pages do.
 *
 * @import { Address } from "./address.js"
 * @import { Listed } from "./compared.js"
 * @import { View } from "./link.js"
 * @import { Behaviour } from "./session.js"
 * @import { Source } from "./source.js"
 * @import { ComponentClass } from "./stage.js"
 *
 * What the page brings with it, see vae/lab/page.py. models: as the bar shows them; model: the one to show, where the link
 * has none; language: its code; languages: their own names by their codes; answers: by their address; styles: by view, and those of bar and controls; class_script: see bar/bar.js.
 *
 * @typedef {object} Settings
 * @property {(Listed & Record<string, unknown>)[]} models
 * @property {string} model
 * @property {View[]} views
 * @property {string} language
 * @property {Record<string, string>} languages
 * @property {string} bar
 * @property {string} [class_script]
 * @property {Record<string, string>} styles
 * @property {Record<string, unknown>} answers
 *
 * @typedef {(name: string) => Promise<any>} ImportModule by its name in the front end's folder, "map/map.js"
 *
 * @typedef {object} Environment
 * @property {string} base the app's address, without a slash at its end
 * @property {boolean} hasApp whether the full app is there, too
 * @property {Settings} settings
 * @property {Source} source
 * @property {Address} address
 * @property {ImportModule} importModule
 */

import { watchBar } from "../../lib/bar-width.js";
import { messageOf } from "../../lib/dom.js";
import { pageTheme, takeTheme } from "../../lib/theme.js";
import { t } from "../../lib/words.js";
import { Controls } from "./controls.js";
import { Frame } from "./frame.js";
import { ENGLISH, languageMenu } from "./language.js";
import { ownLink, queryOf, readLink } from "./link.js";
import { Session } from "./session.js";
import { Stage } from "./stage.js";
import * as compare from "./views/compare.js";
import * as explore from "./views/explore.js";
import * as interpolation from "./views/interpolation.js";
import * as latentMap from "./views/latent-map.js";
import * as reconstruction from "./views/reconstruction.js";
import * as sampling from "./views/sampling.js";
import * as training from "./views/training.js";

/** @type {Record<string, Behaviour>} */
const BEHAVIOURS = { explore, latent_map: latentMap, sampling, interpolation, reconstruction, compare, training };

export class Lab {
  session;
  stage = new Stage("lab-stage");
  barStage = new Stage("lab-bar");
  controls = new Controls(() => this.run());
  /** The runs follow each other; `asked` is whether another one is wanted. */
  running = false;
  asked = false;
  started = false;
  afresh = false; // whether the next run makes the view's component anew
  /** @type {Promise<void> | undefined} */
  barLoading;
  /** Called after each run. @type {Set<() => void>} */
  runs = new Set();

  /** @param {Environment} environment */
  constructor(environment) {
    this.environment = environment;
    const { settings, base, hasApp } = environment;
    this.session = new Session(settings.models);
    this.models = settings.models.filter((model) => !("problem" in model)).map(({ name }) => name);
    this.model = settings.model;
    const places = { bar: this.barStage.element, controls: this.controls.element, stage: this.stage.element };
    const more = hasApp ? [languageMenu(settings.languages, settings.language)] : [];
    this.frame = new Frame(settings.views, hasApp ? base : null, places, more);
    this.view = settings.views[0];
    /** @type {Map<string, Promise<[ComponentClass, string]>>} */
    this.loading = new Map();
  }

  /** Builds the page, and shows what its address asks for. */
  start() {
    const { address, settings } = this.environment;
    takeTheme(window);
    this.showTheme();
    pageTheme().addEventListener("change", () => this.showTheme());
    watchBar(window);
    document.body.append(...this.frame.elements);
    this.controls.attach(settings.styles.controls);
    document.addEventListener("click", (event) => this.follow(event));
    address.watch(() => this.open(address.read(), true));
    this.open(address.read());
  }

  showTheme() {
    document.documentElement.dataset.theme = pageTheme().matches ? "dark" : "light";
    this.stage.redraw();
  }

  /**
   * Shows what a link asks for.
   *
   * @param {URLSearchParams} link
   * @param {boolean} [byHistory] whether the user went back or forward to it
   */
  open(link, byHistory = false) {
    const { view, query } = readLink(link, this.environment.settings.views);
    const { session } = this;
    this.view = view;
    session.query = query;
    session.opened = true;
    session.byHistory = byHistory;
    session.warnings = [];
    const film = view.name === "training" ? query.get("film") : null; // without a model it names the model, too
    const name = query.get("checkpoint") ?? (film !== null && this.models.includes(film) ? film : null);
    if (name !== null && this.models.includes(name)) this.model = name;
    else if (name !== null) {
      const { model } = this;
      session.warnings.push(
        t`The checkpoint “${name}” is not usable here, although this link asks for it; showing ${model} instead.`,
      );
    }
    if (!this.started) this.showFrame(link); // so that there is a title at once
    this.run();
  }

  /**
   * Shows what a link asks for in place of what is shown, without an entry in the browser's history. What it does not name is
   * as on a page that is opened now: nothing that was chosen here before is in it.
   *
   * @param {URLSearchParams} link with a page and a model
   * @param {boolean} [afresh] also what the view itself has kept is not in it: its component is made anew
   */
  replace(link, afresh = false) {
    this.afresh ||= afresh;
    this.session = new Session(this.environment.settings.models);
    this.environment.address.write(`${link}`, false);
    this.open(link, true);
  }

  /**
   * The component, where it shows this view of this model and nothing else is to come; otherwise null.
   *
   * @param {string} view
   * @param {string} model
   */
  shownAs(view, model) {
    const { component, name, newest } = this.stage;
    const isWanted = this.view.name === view && this.model === model;
    return isWanted && name === view && newest?.model === model ? component : null;
  }

  /** @param {string} name */
  chooseModel(name) {
    this.model = name;
    this.session.warnings = [];
    this.run();
  }

  /**
   * A click on a link to one of the views stays on this page.
   *
   * @param {MouseEvent} event
   */
  follow(event) {
    const { ctrlKey, metaKey, shiftKey, altKey, button, defaultPrevented } = event;
    if (defaultPrevented || button !== 0 || ctrlKey || metaKey || shiftKey || altKey) return;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!(link instanceof HTMLAnchorElement) || !link.href || "full" in link.dataset) return;
    const { base, settings } = this.environment;
    const own = ownLink(new URL(link.href), base, settings.views);
    if (!own) return;
    event.preventDefault();
    own.query.set("page", own.view.address);
    this.open(own.query);
  }

  /** Shows what the session says, as soon as the run before has ended. */
  run() {
    this.asked = true;
    if (!this.running) void this.runAll();
  }

  async runAll() {
    this.running = true;
    while (this.asked) {
      this.asked = false;
      try {
        await this.runOnce();
      } catch (error) {
        this.frame.say([t`This view did not load: ${messageOf(error)} Reload the page to try again.`], "alert");
        this.stage.close();
        this.showFrame(this.environment.address.read());
        this.showBar();
      }
    }
    this.running = false;
  }

  async runOnce() {
    const { session, view, model, environment } = this;
    const { base, source } = environment;
    const loading = this.load(view);
    loading.catch(() => {}); // awaited below
    session.model = (await source.get(view.name, { model })).about;
    const { data, controls, params, notes = [] } = await BEHAVIOURS[view.name].show(session, source);
    session.opened = session.byHistory = false;
    const [Class, styles] = await loading;
    if (view !== this.view || model !== this.model) return; // the user has gone on: the next run shows it
    this.writeLink(params);
    this.showFrame(this.environment.address.read());
    this.controls.show(controls);
    if (this.stage.name !== view.name || this.afresh) {
      this.afresh = false;
      this.stage.mount(view.name, Class, styles, (name, value) => this.take(view, name, value));
    }
    this.stage.update({ ...data, base });
    this.frame.say([...session.warnings, ...notes]);
    this.showBar();
    this.started = true;
    for (const call of this.runs) call();
  }

  /**
   * A view's component and styles, loaded once.
   *
   * @param {View} view
   */
  load({ name, script }) {
    const { importModule, settings, source } = this.environment;
    const load = async () => {
      const styles = settings.styles[name] ?? source.files(name).then((files) => files.styles);
      const [module, text] = await Promise.all([importModule(script), styles]);
      return /** @type {[ComponentClass, string]} */ ([module.default, text]);
    };
    const found = this.loading.get(name) ?? load();
    this.loading.set(name, found);
    found.catch(() => this.loading.delete(name));
    return found;
  }

  /**
   * Takes what the component sends.
   *
   * @param {View} view
   * @param {string} name
   * @param {any} value
   */
  take(view, name, value) {
    if (view !== this.view) return;
    BEHAVIOURS[view.name].take(this.session, name, value);
    this.run();
  }

  /** @param {Record<string, string>} params */
  writeLink(params) {
    const { view, model, started } = this,
      { address, settings } = this.environment,
      { language } = settings;
    const before = address.read();
    const isNewPlace = started && (before.get("page") !== view.address || before.get("checkpoint") !== model);
    address.write(queryOf(view, model, language === ENGLISH ? params : { ...params, lang: language }), isNewPlace);
  }

  /** @param {URLSearchParams} link of what is shown */
  showFrame(link) {
    const { view, model, frame } = this,
      { base } = this.environment;
    const hrefOf = (/** @type {View} */ { address }) => `${base}/${address}?checkpoint=${encodeURIComponent(model)}`;
    const { query } = readLink(link, [view]);
    frame.show(view, hrefOf, `${base}/${view.address}?${query}`);
  }

  /** The bar's own part comes after the first picture's. */
  showBar() {
    const { base, settings, importModule } = this.environment;
    const show = () => {
      const { view, model } = this,
        { models, class_script } = settings;
      this.barStage.update({ base, page: view.title, models, chosen: model, class_script });
    };
    this.barLoading ??= importModule(settings.bar).then(({ default: Bar }) => {
      this.barStage.mount("bar", Bar, settings.styles.bar, (_, { name }) => this.chooseModel(name));
    });
    void this.barLoading.then(show);
  }
}
