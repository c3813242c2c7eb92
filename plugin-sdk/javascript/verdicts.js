// Verdicts: what a decision gives, as packed words.

import {
  ACTIONS,
  CHANNELS,
  FORMATS,
  LEVEL_MAX,
  MEMO_KEEP,
  OWN_REQUIREMENTS_MAX,
  PRIORITY_MAX,
  RING_MS_MAX,
  RING_MS_MIN,
  RINGS_MAX,
  STAGES_MAX,
} from "./contract.js";

const HEADER_WORDS = 4;
const RECORDING_WORDS = 6;
const CLASSIFICATION_WORDS = 3;
const REQUIREMENT_WORDS = 4;
/** Rows of the facts have numbers below this: at most 16,384 rows. */
const INDEX_SPAN = 16_384;

/** A verdict with its header and the memo, and room for so many words between them. */
function packed(decided, rows, rejected, words, memo) {
  const packed = new Uint32Array(HEADER_WORDS + words + (memo === undefined ? 0 : memo.length));
  packed[0] = decided ? 1 : 0;
  packed[1] = memo === undefined ? MEMO_KEEP : memo.length;
  packed[2] = rows;
  packed[3] = rejected;
  if (memo !== undefined) packed.set(memo, HEADER_WORDS + words);
  return packed;
}

/** The verdict that leaves the decision to the engine's own rule; a memo that was written stays. */
export const abstained = (facts) => packed(false, 0, 0, 0, facts.left);

function refuse(index, score) {
  throw new RangeError(`row ${index} cannot have the score ${score}: scores are whole numbers of 32 bits, and rows begin at 0`);
}

/** The verdict of `skill-match` and `contact-select`; `index.d.ts` describes every member. */
export class Ranking {
  constructor() {
    // One number for each ranked row, smaller where it is better: the score, then the index. Numbers are sorted by the engine of
    // the language itself, objects would need a function that compares them.
    this.keys = [];
    this.reasons = [];
    this.rejected = [];
    this.best = INDEX_SPAN;
    this.outranked = 0;
  }

  keepBest(rows, reason = 0) {
    this.best = rows;
    this.outranked = reason;
  }

  rank(index, score, reason = 0) {
    if ((score | 0) !== score || index >>> 14 !== 0) refuse(index, score);
    this.keys.push(index - score * INDEX_SPAN);
    this.reasons[index] = reason;
  }

  reject(index, reason = 0) {
    this.rejected.push(index, reason);
  }

  pack(facts) {
    const { rejected, reasons } = this;
    const sorted = Float64Array.from(this.keys).sort();
    const best = Math.min(this.best, sorted.length);
    const outranked = this.outranked === 0 ? 0 : sorted.length - best;
    const left = rejected.length / 2 + outranked;
    const words = packed(true, best, left, best * 3 + left * 2, facts.left);
    let at = HEADER_WORDS;
    for (let place = 0; place < best; place += 1) {
      const key = sorted[place];
      // The lowest bits, of negative numbers too.
      const index = key & (INDEX_SPAN - 1);
      words[at] = index;
      words[at + 1] = (index - key) / INDEX_SPAN;
      words[at + 2] = reasons[index];
      at += 3;
    }
    words.set(rejected, at);
    at += rejected.length;
    for (let place = best; place < best + outranked; place += 1) {
      words[at] = sorted[place] & (INDEX_SPAN - 1);
      words[at + 1] = this.outranked;
      at += 2;
    }
    return words;
  }
}

/** The verdict of `endpoint-select`; `index.d.ts` describes every member. */
export class Rings {
  constructor() {
    this.words = [];
    this.stage = 0;
    this.used = false;
    this.ringing = new Set();
  }

  ring(index, timeMs) {
    if (this.ringing.has(index) || this.ringing.size >= RINGS_MAX || this.stage >= STAGES_MAX) return false;
    this.ringing.add(index);
    this.words.push(index, this.stage, Math.min(Math.max(timeMs, RING_MS_MIN), RING_MS_MAX));
    this.used = true;
    return true;
  }

  nextStage() {
    if (this.used) this.stage += 1;
    this.used = false;
  }

  pack(facts) {
    // Deciding without a ring is abstaining.
    if (this.words.length === 0) return abstained(facts);
    const words = packed(true, this.ringing.size, 0, this.words.length, facts.left);
    words.set(this.words, HEADER_WORDS);
    return words;
  }
}

function code(names, name, member) {
  const found = names.indexOf(name);
  if (found === -1) throw new TypeError(`\`${member}\` is one of ${names.join(", ")}, and not ${String(name)}`);
  return found;
}

/** Packs what a recording policy wants. */
export function recording(wanted, facts) {
  const flags = (wanted.withTranscription ? 1 : 0) | (wanted.withStreaming ? 2 : 0);
  const words = packed(true, 1, 0, RECORDING_WORDS, facts.left);
  const row = [
    code(ACTIONS, wanted.action, "action"),
    code(FORMATS, wanted.format ?? "wav", "format"),
    code(CHANNELS, wanted.channels ?? "mixed", "channels"),
    wanted.retentionDays ?? 0,
    flags,
    wanted.reason ?? 0,
  ];
  words.set(row, HEADER_WORDS);
  return words;
}

const within = (number, least, most) => Math.min(Math.max(number, least), most);

/** Packs where a new call goes. */
export function classification(wanted, facts) {
  const { to, priority = 0, requirements = [], reason = 0 } = wanted;
  if (!Number.isInteger(to) || to < 0 || to >= facts.count) {
    throw new RangeError(`\`to\` is the number of a queue's row, from 0 to ${facts.count - 1}, and not ${String(to)}`);
  }
  if (requirements.length > OWN_REQUIREMENTS_MAX) {
    throw new RangeError(`a contact gets at most ${OWN_REQUIREMENTS_MAX} requirements, and not ${requirements.length}`);
  }
  const room = CLASSIFICATION_WORDS + requirements.length * REQUIREMENT_WORDS;
  const words = packed(true, 1, requirements.length, room, facts.left);
  words.set([to, within(priority, -PRIORITY_MAX, PRIORITY_MAX), reason], HEADER_WORDS);
  requirements.forEach(({ skill, minimum = 1, required = true, expiresMs = 0 }, number) => {
    const row = [skill, within(minimum, 1, LEVEL_MAX), required ? 1 : 0, expiresMs];
    words.set(row, HEADER_WORDS + CLASSIFICATION_WORDS + number * REQUIREMENT_WORDS);
  });
  return words;
}
