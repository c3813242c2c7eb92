import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as plugin from "../plugin.js";
import { decide } from "../vendor/cordboard-plugin/testing.js";

const { reads } = JSON.parse(readFileSync(new URL("../manifest.json", import.meta.url), "utf8"));

const contacts = [
  { queue: 7, waitedMs: 9_000 },
  { queue: 7, waitedMs: 1_000, priority: 5 },
  { queue: 7, waitedMs: 30_000 },
];

test("the most urgent comes first, then who waits longest", () => {
  const { ranked } = decide(plugin, "contact-select", { contacts }, { reads });
  assert.deepEqual(ranked.map(({ index }) => index), [1, 2, 0]);
});

test("a queue in not_for is left to the engine", () => {
  const verdict = decide(plugin, "contact-select", { contacts }, { reads, config: { not_for: [7] } });
  assert.deepEqual(verdict, { abstain: true });
});
