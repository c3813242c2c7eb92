import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as plugin from "../plugin.js";
import { decide } from "../vendor/cordboard-plugin/testing.js";

const { reads } = JSON.parse(readFileSync(new URL("../manifest.json", import.meta.url), "utf8"));

const facts = {
  contact: { queue: 7 },
  endpoints: [{ kind: "pstn" }, { kind: "teams-client", reach: "available" }, { kind: "calling-sdk", reach: "offline" }],
};

test("telephones ring after apps, and what is off does not ring", () => {
  const { rings } = decide(plugin, "endpoint-select", facts, { reads });
  assert.deepEqual(rings.map(({ index, stage }) => [index, stage]), [[1, 0], [0, 1]]);
});

test("a queue in not_for is left to the engine", () => {
  const verdict = decide(plugin, "endpoint-select", facts, { reads, config: { not_for: [7] } });
  assert.deepEqual(verdict, { abstain: true });
});
