/** Runs in Streamlit's page before Streamlit's own scripts, whose history it mends. */

import { keepPlaces } from "../lib/history.js";

keepPlaces(history, location);
