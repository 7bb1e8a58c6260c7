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
import { ownClasses, teach } from "./requests.js";

export class Teacher {
  closed = false;
  /** @type {Opening | ClassView | null} */
  screen = null;

  /**
   * @param {HTMLElement} parent
   * @param {Send} send tells Python of a class that was opened as the page's link asks
   * @param {TeacherData} data
   * @param {Connect} [connect]
   */
  constructor(parent, send, data, connect = (options) => new Connection(options)) {
    this.send = send;
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

  /** The class of a teacher's link; the form that a link asks for; else the class that is taught in this browser, or the form. */
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
    if (!problem && !this.data.wanted && known.some((each) => each.code === code))
      return this.enter(/** @type {string} */ (code));
    this.leave(problem);
  }

  /**
   * @param {string} code
   * @param {number} [rehearse] simulated students that join it
   */
  enter(code, rehearse = 0) {
    if (this.closed) return;
    setTaught(code);
    if (this.data.wanted) this.send("opened", code); // the link has done its work: a reload comes back to this class
    const calls = {
      connect: this.connect,
      onGone: (/** @type {string} */ sentence) => this.leave(sentence),
      onLeave: () => this.leave(""),
    };
    const view = new ClassView(code, this.data, calls);
    if (rehearse) void view.desk.command("rehearse", { students: rehearse });
    this.show(view);
  }

  /** @param {string} sentence why there is no class any more; "" where the teacher knows */
  leave(sentence) {
    if (this.closed) return;
    setTaught(null);
    const opening = new Opening(this.data, { onOpen: (code, rehearse) => this.enter(code, rehearse) });
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
