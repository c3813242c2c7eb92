import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as plugin from "../plugin.js";
import { decide } from "../vendor/cordboard-plugin/testing.js";

const { reads } = JSON.parse(readFileSync(new URL("../manifest.json", import.meta.url), "utf8"));

const action = (facts, config = {}) => decide(plugin, "recording-policy", facts, { reads, config }).action;

test("a conversation is recorded unless the caller refuses", () => {
  assert.equal(action({ moment: "connected" }), "start");
  assert.equal(action({ moment: "consent-changed", consent: "refused", state: "active" }), "stop");
});

test("a payment is not recorded", () => {
  assert.equal(action({ moment: "payment-started", state: "active" }), "pause");
});

test("a queue in not_for is left to the engine", () => {
  assert.equal(action({ moment: "connected", contact: { queue: 7 } }, { not_for: [7] }), undefined);
});
