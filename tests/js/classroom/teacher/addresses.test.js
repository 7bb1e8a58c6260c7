import assert from "node:assert/strict";
import { test } from "node:test";

import { addressesOf, reportText, roomAdvice, typed } from "../../../../vae/frontend/classroom/teacher/addresses.js";

/** @import { CheckReport } from "../../../../vae/frontend/classroom/state.js" */

const SERVER = { hosts: ["192.168.1.20", "10.42.0.1"], port: 8501, path: "/lab", secure: false, local: false };

/** @param {Partial<CheckReport>} changes @returns {CheckReport} */
function report(changes = {}) {
  return {
    address: "",
    http: true,
    socket_seconds: 61,
    latency_ms: 12.4,
    transport: "websocket",
    agent: "",
    ...changes,
  };
}

test("a page of this computer's own name gives the network's addresses alone", () => {
  const found = ["http://192.168.1.20:8501/lab", "http://10.42.0.1:8501/lab"];
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    assert.deepEqual(addressesOf(`http://${host}:8501/lab`, SERVER), found);
  }
});

test("an address that others can use comes first, and once", () => {
  assert.deepEqual(addressesOf("https://lab.example/course", SERVER)[0], "https://lab.example/course");
  const page = "http://10.42.0.1:8501/lab";
  assert.deepEqual(addressesOf(page, SERVER), [page, "http://192.168.1.20:8501/lab"]);
});

test("a usual port and http:// are not typed", () => {
  const hosts = ["10.0.0.1"];
  assert.deepEqual(addressesOf("http://localhost", { ...SERVER, hosts, port: 80, path: "" }), ["http://10.0.0.1"]);
  const secure = { ...SERVER, hosts, port: 443, path: "", secure: true };
  assert.deepEqual(addressesOf("https://localhost", secure), ["https://10.0.0.1"]);
  assert.equal(typed("http://10.0.0.1"), "10.0.0.1");
  assert.equal(typed("https://10.0.0.1"), "https://10.0.0.1");
});

const WAITING = { reports: [], joined: 0, waited: 60 };
const HERE = ["http://192.168.1.20:8501"];

test("a server for this computer alone names the option, one without a network the hotspot", () => {
  const local = { ...SERVER, hosts: [], local: true };
  assert.match(roomAdvice([], local, WAITING), /--server\.address 0\.0\.0\.0/);
  assert.match(roomAdvice([], { ...local, local: false }, WAITING), /hotspot/);
  assert.match(roomAdvice(["https://lab.example"], local, WAITING), /isolation/, "a proxy brings others to it");
});

test("a minute without a phone is said to be isolation, and the hotspot is named", () => {
  assert.equal(roomAdvice(HERE, SERVER, { ...WAITING, waited: 59 }), "");
  assert.match(roomAdvice(HERE, SERVER, WAITING), /client isolation.*hotspot/);
  assert.match(roomAdvice(HERE, SERVER, { ...WAITING, reports: [report({ http: false })] }), /isolation/);
  assert.equal(roomAdvice(HERE, SERVER, { ...WAITING, joined: 3 }), "");
  assert.equal(roomAdvice(HERE, SERVER, { ...WAITING, reports: [report()] }), "Phones arrive.");
  const slow = [report(), report({ latency_ms: 350 })];
  assert.match(roomAdvice(HERE, SERVER, { ...WAITING, reports: slow }), /^1 of 2 phones answer slowly/);
});

test("a phone's report is said in words", () => {
  assert.equal(reportText(report()), "arrives in 12 ms; WebSocket held for 60 s");
  assert.equal(reportText(report({ socket_seconds: 17.9 })), "arrives in 12 ms; WebSocket held for 17 s so far");
  assert.equal(reportText(report({ socket_seconds: 0 })), "arrives in 12 ms; no WebSocket: works without it");
  assert.equal(reportText(report({ http: false })), "does not arrive");
});
