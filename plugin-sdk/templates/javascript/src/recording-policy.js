// What is recorded: every conversation whose caller has not refused, but no payment.

/** Why: manifest.json has the texts. */
const RECORDED = 3;
const PAYMENT = 4;
const REFUSED = 5;

/** How long recordings are kept, in days. */
const RETENTION_DAYS = 90;

/** @type {NonNullable<import("../vendor/cordboard-plugin/index.js").Plugin["recordingPolicy"]>} */
export function recordingPolicy(facts, policy) {
  if (policy.notFor.has(facts.contact.queue)) return null;
  const { moment, consent, state } = facts;
  if (consent === "refused") return recording(state === "off" ? "none" : "stop", REFUSED);
  if (moment === "payment-started" && state === "active") return recording("pause", PAYMENT);
  if (moment === "payment-ended" && state === "paused") return recording("resume", RECORDED);
  if (moment === "connected" && state === "off") return recording("start", RECORDED);
  return null;
}

function recording(action, reason) {
  return { action, retentionDays: RETENTION_DAYS, withTranscription: true, withStreaming: true, reason };
}
