// The decisions that the plugins of this repository are kept with, packed by the Rust SDK: both SDKs read and write the same words.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { DECISIONS } from "../component.js";
import { POINTS } from "../contract.js";
import { Ranking, Rings } from "../index.js";
import { pack, read } from "../testing.js";
import { decided } from "../component.js";

const kept = (point) => {
  const file = new URL(`../../../plugins/${point}/golden.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).vectors;
};

const POINTS_KEPT = ["skill-match", "endpoint-select", "recording-policy"];

/** What the views say of packed facts, in the form that `pack` takes. */
function unpacked(point, words) {
  const { Facts } = DECISIONS[point];
  const facts = new Facts(words);
  const rows = (row) => Array.from({ length: facts.count }, (_, index) => row(index));
  const columns = POINTS[point].columns.filter((_, number) => (words[10] >>> number) & 1);
  const has = (column, value) => (columns.includes(column) ? value() : undefined);
  const contact = facts.contact;
  const plain = {
    now: facts.now,
    seed: facts.seed,
    memo: [...facts.memo],
    contact: {
      queue: contact.queue,
      waitedMs: contact.waitedMs,
      priority: contact.priority,
      attempt: contact.attempt,
      labels: contact.labels,
    },
  };
  if (point === "skill-match") {
    plain.requirements = facts.requirements;
    plain.candidates = rows((index) => ({
      agent: facts.agent(index),
      idleMs: has("idle-ms", () => facts.idleMs(index)),
      groupOrder: has("group-order", () => facts.groupOrder(index)),
      contactsHandled: has("contacts-handled", () => facts.contactsHandled(index)),
      levels: has("levels", () => facts.levels(index)),
    }));
  } else if (point === "endpoint-select") {
    plain.agent = facts.agent;
    plain.endpoints = rows((index) => ({
      kind: facts.kind(index),
      reach: has("reach", () => facts.reach(index)),
      answeredLast: has("answered-last", () => facts.answeredLast(index)),
    }));
  } else {
    plain.moment = facts.moment;
    plain.consent = facts.consent;
    plain.state = facts.state;
    plain.legallyRequired = facts.legallyRequired;
  }
  return { plain, columns };
}

/** A plugin that says what is wanted. */
function saying(point, verdict) {
  return {
    [DECISIONS[point].name](facts) {
      if (verdict.memo !== undefined) facts.memo = verdict.memo;
      if (verdict.abstain) return null;
      if (point === "recording-policy") return verdict;
      if (point === "endpoint-select") {
        const rings = new Rings();
        let stage = 0;
        for (const ring of verdict.rings) {
          if (ring.stage > stage) rings.nextStage();
          stage = ring.stage;
          assert.ok(rings.ring(ring.index, ring.timeMs));
        }
        return rings;
      }
      const ranking = new Ranking();
      // Backwards: the verdict has its order from the scores.
      for (const { index, score, reason } of [...verdict.ranked].reverse()) ranking.rank(index, score, reason);
      for (const { index, reason } of verdict.rejected ?? []) ranking.reject(index, reason);
      return ranking;
    },
  };
}

for (const point of POINTS_KEPT) {
  for (const { name, facts, verdict } of kept(point)) {
    test(`${point}: ${name}`, () => {
      const { plain, columns } = unpacked(point, facts);
      const again = pack(point, plain, columns);
      // Offsets of empty sections may differ between writers; what the views find must not.
      assert.deepEqual(unpacked(point, again), { plain, columns });
      const words = decided(saying(point, read(point, verdict)), point, facts, undefined);
      assert.deepEqual([...new Uint32Array(words)], verdict);
    });
  }
}
