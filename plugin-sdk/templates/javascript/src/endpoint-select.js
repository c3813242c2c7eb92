// Where an agent is rung: apps that are not known to be off, all at once, then telephones.

import { Rings } from "../vendor/cordboard-plugin/index.js";

/** How long each stage rings, in ms. */
const RING_MS = 15_000;

/** @type {NonNullable<import("../vendor/cordboard-plugin/index.js").Plugin["endpointSelect"]>} */
export function endpointSelect(facts, policy) {
  if (policy.notFor.has(facts.contact.queue)) return null;
  const rings = new Rings();
  for (const phones of [false, true]) {
    for (let endpoint = 0; endpoint < facts.count; endpoint += 1) {
      const isPhone = facts.kind(endpoint) === "pstn";
      if (isPhone === phones && facts.reach(endpoint) !== "offline") rings.ring(endpoint, RING_MS);
    }
    rings.nextStage();
  }
  // Deciding without a ring is abstaining: the engine's own rule rings somebody.
  return rings;
}
