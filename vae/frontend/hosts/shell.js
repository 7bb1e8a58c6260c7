/** Runs in Streamlit's page before Streamlit's own scripts, whose history, number fields and colours it mends, and watches the bar's width. */

import { watchBar } from "../lib/bar-width.js";
import { keepPlaces } from "../lib/history.js";
import { takeNumbers } from "../lib/number-input.js";
import { takeTheme } from "../lib/theme.js";

takeTheme(window);
watchBar(window);
keepPlaces(window);
takeNumbers(document);
