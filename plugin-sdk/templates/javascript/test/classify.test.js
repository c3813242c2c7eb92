import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as plugin from "../plugin.js";
import { decide } from "../vendor/cordboard-plugin/testing.js";

const { reads } = JSON.parse(readFileSync(new URL("../manifest.json", import.meta.url), "utf8"));

const to = (facts, config = {}) => decide(plugin, "classify", facts, { reads, config }).to;
const staffed = (...staffed) => staffed.map((staffed, queue) => ({ queue, staffed }));

test("the chosen queue is left when nobody is there", () => {
  assert.equal(to({ queues: staffed(true, true) }), 0);
  assert.equal(to({ queues: staffed(false, true) }), 1);
  assert.equal(to({ queues: staffed(false, false) }), undefined);
});

test("a queue in not_for is left to the engine", () => {
  assert.equal(to({ queues: staffed(false, true), contact: { queue: 7 } }, { not_for: [7] }), undefined);
});
