import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as plugin from "../plugin.js";
import { decide } from "../vendor/cordboard-plugin/testing.js";

const { reads } = JSON.parse(readFileSync(new URL("../manifest.json", import.meta.url), "utf8"));

const facts = {
  requirements: [{ skill: 1, minimum: 10 }],
  candidates: [{ levels: [30] }, { levels: [90] }, { levels: [60] }],
};

test("the highest level comes first", () => {
  const { ranked } = decide(plugin, "skill-match", facts, { reads });
  assert.deepEqual(ranked.map(({ index }) => index), [1, 2, 0]);
});

test("a queue in not_for is left to the engine", () => {
  const billing = { ...facts, contact: { queue: 7 } };
  const verdict = decide(plugin, "skill-match", billing, { reads, config: { not_for: [7] } });
  assert.deepEqual(verdict, { abstain: true });
});
