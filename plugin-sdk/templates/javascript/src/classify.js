// Which queue a new call gets: the one that was chosen, unless it is closed or has nobody.

/** Why: manifest.json has the text. */
const UNATTENDED = 6;

/** @type {NonNullable<import("../vendor/cordboard-plugin/index.js").Plugin["classify"]>} */
export function classify(facts, policy) {
  if (policy.notFor.has(facts.contact.queue)) return null;
  // The first row is the queue that the menu or the line chose.
  for (let index = 0; index < facts.count; index += 1) {
    if (facts.isOpen(index) && facts.isStaffed(index)) {
      return index === 0 ? { to: 0 } : { to: index, reason: UNATTENDED };
    }
  }
  return null;
}
