/** The teacher's component: a form that opens a class, then the class. */

/** @import { Send } from "../../lib/view.js" */
/** @import { Connect } from "./class-view.js" */
/** @import { TeacherData } from "./desk.js" */

import { element, messageOf } from "../../lib/dom.js";
import { takeLink } from "../../lib/teacher-link.js";
import { setTaught, taught } from "../../lib/teaching.js";
import { componentOf } from "../../lib/view.js";
import { Connection } from "../connection.js";
import { ClassView } from "./class-view.js";
import { Opening } from "./opening.js";
import { setLesson } from "./choices.js";
import { ownClasses, teach } from "./requests.js";

export class Teacher {
  closed = false;
  /** @type {Opening | ClassView | null} */
  screen = null;

  /**
   * @param {HTMLElement} parent
   * @param {Send} _send nothing is sent to Python
   * @param {TeacherData} data
   * @param {Connect} [connect]
   */
  constructor(parent, _send, data, connect = (options) => new Connection(options)) {
    this.data = data;
    this.connect = connect;
    this.root = element("div", { className: "teacher" });
    this.root.addEventListener("keydown", (event) => {
      const [target] = event.composedPath(); // r and c are Streamlit's
      if (target instanceof Element && target.matches("a, button, input, select, textarea, summary, .map-pad"))
        event.stopPropagation();
    });
    parent.append(this.root);
    void this.begin();
  }

  /** The class of a teacher's link, else the one that is taught in this browser; without any, the form. */
  async begin() {
    const link = takeLink();
    let problem = "";
    if (link) {
      const done = await teach(this.data.base, link.code, link.secret).then(
        () => true,
        (error) => {
          problem = messageOf(error);
          return false;
        },
      );
      if (done) return this.enter(link.code);
    }
    const code = taught();
    const known = code === null ? [] : await ownClasses(this.data.base).catch(() => []);
    if (!problem && known.some((each) => each.code === code)) return this.enter(/** @type {string} */ (code));
    this.leave(problem);
  }

  /**
   * @param {string} code
   * @param {string} [lesson] the title of the ready question to begin with
   */
  enter(code, lesson) {
    if (this.closed) return;
    if (lesson) setLesson(code, lesson);
    setTaught(code);
    const calls = {
      connect: this.connect,
      onGone: (/** @type {string} */ sentence) => this.leave(sentence),
      onLeave: () => this.leave(""),
    };
    this.show(new ClassView(code, this.data, calls));
  }

  /** @param {string} sentence why there is no class any more; "" where the teacher knows */
  leave(sentence) {
    if (this.closed) return;
    setTaught(null);
    const opening = new Opening(this.data, { onOpen: (code, lesson) => this.enter(code, lesson) });
    this.show(opening);
    opening.say(sentence);
  }

  /** @param {Opening | ClassView} screen */
  show(screen) {
    this.screen?.close();
    this.screen = screen;
    this.root.replaceChildren(screen.element);
  }

  /** @param {TeacherData} data */
  update(data) {
    this.data = data;
    this.screen?.update(data);
  }

  close() {
    this.closed = true;
    this.screen?.close();
    this.root.remove();
  }
}

export default componentOf(Teacher);
