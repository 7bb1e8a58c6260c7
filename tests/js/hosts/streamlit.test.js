import assert from "node:assert/strict";
import { test } from "node:test";

import { appAddress } from "../../../vae/frontend/hosts/streamlit.js";

const cases = [
  ["http://localhost:8501/", "http://localhost:8501"],
  ["http://localhost:8501/Explore", "http://localhost:8501"],
  ["http://localhost:8501/Explore?checkpoint=mnist-z10&z=0,1/2#top", "http://localhost:8501"],
  ["http://localhost:8501/?film=run/a", "http://localhost:8501"],
  ["https://lab.example/course/ml/", "https://lab.example/course/ml"],
  ["https://lab.example/course/ml/Latent_map?label=4", "https://lab.example/course/ml"],
  ["https://hub.example/user/student/proxy/8520/", "https://hub.example/user/student/proxy/8520"],
  ["https://hub.example/user/a%40b/proxy/8520/Explore", "https://hub.example/user/a%40b/proxy/8520"],
  ["https://hub.example/Explore/Explore", "https://hub.example/Explore"],
  ["http://[::1]:8501/Training", "http://[::1]:8501"],
  ["https://[2001:db8::1]/lab/Training", "https://[2001:db8::1]/lab"],
  ["https://student-lab.spaces.example/?embed=true", "https://student-lab.spaces.example"],
];

for (const [page, app] of cases) {
  test(`the app of the page ${page} is ${app}`, () => assert.equal(appAddress(page), app));
}
