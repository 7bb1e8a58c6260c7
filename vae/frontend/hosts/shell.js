/** Runs in Streamlit's page before Streamlit's own scripts, whose history, number fields and colours it mends. */

import { keepPlaces } from "../lib/history.js";
import { takeNumbers } from "../lib/number-input.js";
import { takeTheme } from "../lib/theme.js";

takeTheme(window);
keepPlaces(window);
takeNumbers(document);
