/** Runs in Streamlit's page before Streamlit's own scripts, whose history and number fields it mends. */

import { keepPlaces } from "../lib/history.js";
import { takeNumbers } from "../lib/number-input.js";

keepPlaces(window);
takeNumbers(document);
