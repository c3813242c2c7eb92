// Which waiting contact a free agent gets: the most urgent one, then the one that waits longest.

import { Ranking } from "../vendor/cordboard-plugin/index.js";

/** Why: manifest.json has the text. */
const URGENT = 2;
/** Waiting counts up to a day; more would run into the next priority. */
const WAITED_SECONDS_MAX = 86_400;

/** @type {NonNullable<import("../vendor/cordboard-plugin/index.js").Plugin["contactSelect"]>} */
export function contactSelect(facts, policy) {
  const ranking = new Ranking();
  for (let contact = 0; contact < facts.count; contact += 1) {
    if (policy.notFor.has(facts.queue(contact))) return null;
    const waited = Math.min(Math.floor(facts.waitedMs(contact) / 1_000), WAITED_SECONDS_MAX);
    ranking.rank(contact, facts.priority(contact) * 100_000 + waited, URGENT);
  }
  return ranking;
}
