// Which agent gets a contact: whoever has the highest levels of what is asked for.

import { Ranking } from "../vendor/cordboard-plugin/index.js";

/** Why: manifest.json has the text. */
const SKILLED = 1;

/** @type {NonNullable<import("../vendor/cordboard-plugin/index.js").Plugin["skillMatch"]>} */
export function skillMatch(facts, policy) {
  if (policy.notFor.has(facts.contact.queue)) return null;
  const ranking = new Ranking();
  // Candidates come in native order, longest idle first: equal scores keep it.
  for (let candidate = 0; candidate < facts.count; candidate += 1) {
    let score = 0;
    for (let requirement = 0; requirement < facts.requirementCount; requirement += 1) {
      score += facts.level(candidate, requirement);
    }
    ranking.rank(candidate, score, SKILLED);
  }
  return ranking;
}
