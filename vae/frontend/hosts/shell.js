/** Runs in Streamlit's page before Streamlit's own scripts, whose history, number fields and colours it mends, watches the bar's width, and takes a teacher's link. */

import { watchBar } from "../lib/bar-width.js";
import { keepPlaces } from "../lib/history.js";
import { takeNumbers } from "../lib/number-input.js";
import { keepLink } from "../lib/teacher-link.js";
import { takeTheme } from "../lib/theme.js";

takeTheme(window);
keepLink(window);
watchBar(window);
keepPlaces(window);
takeNumbers(document);
