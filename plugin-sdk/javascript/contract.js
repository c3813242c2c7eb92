// Contract 0.1: the numbers of `packed-rows.md`.

/** The version in word 0 of the facts: major × 65,536 + minor. */
export const VERSION = 1;

/** Word offsets in a list of facts. */
export const FACTS = Object.freeze({
  version: 0,
  point: 1,
  now: 2,
  seed: 4,
  memoAt: 6,
  rowsAt: 7,
  rows: 8,
  rowWords: 9,
  columns: 10,
  labelsAt: 11,
  labels: 12,
  requirementsAt: 13,
  requirements: 14,
  queue: 16,
  waitedMs: 17,
  priority: 18,
  attempt: 19,
  agent: 20,
  recordingFlags: 20,
  moment: 21,
  consent: 22,
  recordingState: 23,
  line: 20,
  digit: 21,
  caller: 23,
  /** Words before the first section. */
  headerWords: 24,
});

/** Decision points: code, and the columns of a row by number. */
export const POINTS = Object.freeze({
  "skill-match": { code: 1, columns: ["agent", "idle-ms", "group-order", "contacts-handled", "levels"] },
  "contact-select": { code: 2, columns: ["contact", "queue", "waited-ms", "priority", "attempt"] },
  "endpoint-select": { code: 3, columns: ["kind", "reach", "answered-last"] },
  "recording-policy": { code: 4, columns: [] },
  classify: { code: 5, columns: ["queue", "waiting", "open", "staffed"] },
});

/** Words of the memo in a verdict that keeps it. */
export const MEMO_KEEP = 0xffff_ffff;
/** Most words of a memo. */
export const MEMO_WORDS_MAX = 1_024;
/** Most rings of an offer. */
export const RINGS_MAX = 16;
/** Most stages of an offer. */
export const STAGES_MAX = 8;
/** Most requirements that a `classify` verdict gives a contact. */
export const OWN_REQUIREMENTS_MAX = 8;
/** The most that a `classify` verdict adds to the priority of a queue, or takes from it. */
export const PRIORITY_MAX = 1_000;
/** The highest level of a skill. */
export const LEVEL_MAX = 100;
/** Shortest ring, in ms. */
export const RING_MS_MIN = 1_000;
/** Longest ring, in ms. */
export const RING_MS_MAX = 120_000;

/** Codes by their numbers: what the words of facts and verdicts mean. */
export const KINDS = Object.freeze(["teams-client", "calling-sdk", "pstn"]);
export const REACHES = Object.freeze(["unknown", "available", "busy", "offline"]);
export const MOMENTS = Object.freeze([
  "connected",
  "payment-started",
  "payment-ended",
  "consent-changed",
  "asked-start",
  "asked-stop",
  "asked-pause",
  "asked-resume",
]);
export const CONSENTS = Object.freeze(["unknown", "given", "refused"]);
export const STATES = Object.freeze(["off", "active", "paused"]);
export const CALLERS = Object.freeze(["other", "phone-number", "withheld-number", "teams-user"]);
export const ACTIONS = Object.freeze(["none", "start", "stop", "pause", "resume"]);
export const FORMATS = Object.freeze(["wav", "mp3", "mp4"]);
export const CHANNELS = Object.freeze(["mixed", "unmixed"]);
