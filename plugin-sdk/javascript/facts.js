// Facts: views over the packed words. Nothing is copied, and nothing is made for a row unless it is asked for.

import {
  CALLERS,
  CONSENTS,
  FACTS,
  KINDS,
  MEMO_WORDS_MAX,
  MOMENTS,
  POINTS,
  REACHES,
  STATES,
  VERSION,
} from "./contract.js";

/** Joins the words of a 64-bit number; exact up to 2^53, which times in ms and contacts never reach. */
const joined = (words, at) => words[at + 1] * 4_294_967_296 + words[at];

/** Where each column of a row begins, by name. Kept by decision point and mask, because the rows of a plugin are all alike. */
const LAYOUTS = [];
/** More masks than any decision point has. */
const MASKS = 32;

function layout(point, code, mask) {
  return (LAYOUTS[code * MASKS + (mask % MASKS)] ??= offsets(POINTS[point].columns, mask));
}

function offsets(columns, mask) {
  const found = {};
  let offset = 0;
  columns.forEach((column, number) => {
    if ((mask >>> number) & 1) {
      found[column] = offset;
      offset += column === "contact" ? 2 : 1;
    } else {
      // Reading there gives `undefined`, which `missing` tells.
      found[column] = Number.NaN;
    }
  });
  return found;
}

function missing(column, index, count) {
  if (Number.isInteger(index) && index >= 0 && index < count) {
    throw new Error(`the column is not packed: add "${column}" to \`reads\` in manifest.json`);
  }
  throw new RangeError(`there is no row ${index}: there are ${count}, from 0`);
}

/** What the facts of all decision points have; `index.d.ts` describes every member. */
export class Facts {
  constructor(words, code) {
    if (words[FACTS.version] >>> 16 !== VERSION >>> 16 || words[FACTS.point] !== code) {
      throw new Error(`these are no facts of contract 0.1 for decision point ${code}`);
    }
    this.words = words;
    this.count = words[FACTS.rows];
    this.rowsAt = words[FACTS.rowsAt];
    this.rowWords = words[FACTS.rowWords];
    /** What was written to the memo. */
    this.left = undefined;
  }

  get now() {
    return joined(this.words, FACTS.now);
  }

  get seed() {
    return [this.words[FACTS.seed], this.words[FACTS.seed + 1]];
  }

  get memo() {
    return this.words.slice(this.words[FACTS.memoAt]);
  }

  set memo(words) {
    if (words.length > MEMO_WORDS_MAX) {
      throw new RangeError(`a memo has at most ${MEMO_WORDS_MAX} words, this one has ${words.length}`);
    }
    this.left = Array.from(words);
  }
}

/** The contact that a decision is about. */
class Contact {
  constructor(words) {
    this.words = words;
  }

  get queue() {
    return this.words[FACTS.queue];
  }
  get waitedMs() {
    return this.words[FACTS.waitedMs];
  }
  get priority() {
    return this.words[FACTS.priority] | 0;
  }
  get attempt() {
    return this.words[FACTS.attempt];
  }
  label(key) {
    const { words } = this;
    let at = words[FACTS.labelsAt];
    for (const end = at + 2 * words[FACTS.labels]; at < end; at += 2) {
      if (words[at] === key) return words[at + 1];
    }
    return undefined;
  }
  get labels() {
    const at = this.words[FACTS.labelsAt];
    const label = (_, number) => [this.words[at + 2 * number], this.words[at + 2 * number + 1]];
    return new Map(Array.from({ length: this.words[FACTS.labels] }, label));
  }
}

export class SkillMatchFacts extends Facts {
  constructor(words) {
    super(words, 1);
    const at = this.rowsAt;
    const columns = layout("skill-match", 1, words[FACTS.columns]);
    this.idleMsAt = at + columns["idle-ms"];
    this.groupOrderAt = at + columns["group-order"];
    this.contactsHandledAt = at + columns["contacts-handled"];
    this.levelsAt = at + columns.levels;
    this.requirementCount = words[FACTS.requirements];
  }

  get contact() {
    return new Contact(this.words);
  }

  get requirements() {
    const { words } = this;
    const at = words[FACTS.requirementsAt];
    return Array.from({ length: this.requirementCount }, (_, number) => ({
      skill: words[at + 3 * number],
      minimum: words[at + 3 * number + 1],
      required: (words[at + 3 * number + 2] & 1) === 1,
    }));
  }

  agent(index) {
    return this.words[this.rowsAt + index * this.rowWords] ?? missing("agent", index, this.count);
  }

  idleMs(index) {
    return this.words[this.idleMsAt + index * this.rowWords] ?? missing("idle-ms", index, this.count);
  }

  groupOrder(index) {
    return this.words[this.groupOrderAt + index * this.rowWords] ?? missing("group-order", index, this.count);
  }

  contactsHandled(index) {
    return (
      this.words[this.contactsHandledAt + index * this.rowWords] ?? missing("contacts-handled", index, this.count)
    );
  }

  level(index, requirement) {
    if (requirement >= this.requirementCount) {
      throw new RangeError(`there is no requirement ${requirement}: there are ${this.requirementCount}, from 0`);
    }
    return this.words[this.levelsAt + index * this.rowWords + requirement] ?? missing("levels", index, this.count);
  }

  levels(index) {
    const levels = [];
    for (let number = 0; number < this.requirementCount; number += 1) levels.push(this.level(index, number));
    return levels;
  }
}

export class ContactSelectFacts extends Facts {
  constructor(words) {
    super(words, 2);
    const at = this.rowsAt;
    const columns = layout("contact-select", 2, words[FACTS.columns]);
    this.queueAt = at + columns.queue;
    this.waitedMsAt = at + columns["waited-ms"];
    this.priorityAt = at + columns.priority;
    this.attemptAt = at + columns.attempt;
  }

  get agent() {
    const { words } = this;
    return {
      agent: words[FACTS.queue],
      idleMs: words[FACTS.waitedMs],
      groupOrder: words[FACTS.priority],
      contactsHandled: words[FACTS.attempt],
    };
  }

  contact(index) {
    if (!(index >= 0 && index < this.count)) missing("contact", index, this.count);
    return joined(this.words, this.rowsAt + index * this.rowWords);
  }

  queue(index) {
    return this.words[this.queueAt + index * this.rowWords] ?? missing("queue", index, this.count);
  }

  waitedMs(index) {
    return this.words[this.waitedMsAt + index * this.rowWords] ?? missing("waited-ms", index, this.count);
  }

  priority(index) {
    return (this.words[this.priorityAt + index * this.rowWords] ?? missing("priority", index, this.count)) | 0;
  }

  attempt(index) {
    return this.words[this.attemptAt + index * this.rowWords] ?? missing("attempt", index, this.count);
  }
}

export class EndpointSelectFacts extends Facts {
  constructor(words) {
    super(words, 3);
    const columns = layout("endpoint-select", 3, words[FACTS.columns]);
    this.reachAt = this.rowsAt + columns.reach;
    this.answeredLastAt = this.rowsAt + columns["answered-last"];
  }

  get contact() {
    return new Contact(this.words);
  }

  get agent() {
    return this.words[FACTS.agent];
  }

  kind(index) {
    return KINDS[this.words[this.rowsAt + index * this.rowWords] ?? missing("kind", index, this.count)];
  }

  reach(index) {
    const code = this.words[this.reachAt + index * this.rowWords] ?? missing("reach", index, this.count);
    return REACHES[code] ?? "unknown";
  }

  answeredLast(index) {
    const at = this.answeredLastAt + index * this.rowWords;
    return (this.words[at] ?? missing("answered-last", index, this.count)) === 1;
  }
}

export class RecordingPolicyFacts extends Facts {
  constructor(words) {
    super(words, 4);
  }

  get contact() {
    return new Contact(this.words);
  }

  get moment() {
    return MOMENTS[this.words[FACTS.moment]];
  }

  get consent() {
    return CONSENTS[this.words[FACTS.consent]];
  }

  get state() {
    return STATES[this.words[FACTS.recordingState]];
  }

  get legallyRequired() {
    return (this.words[FACTS.recordingFlags] & 1) === 1;
  }
}

export class ClassifyFacts extends Facts {
  constructor(words) {
    super(words, 5);
    const columns = layout("classify", 5, words[FACTS.columns]);
    this.waitingAt = this.rowsAt + columns.waiting;
    this.openAt = this.rowsAt + columns.open;
    this.staffedAt = this.rowsAt + columns.staffed;
  }

  get contact() {
    return new Contact(this.words);
  }

  get line() {
    return this.words[FACTS.line];
  }

  get digit() {
    const code = this.words[FACTS.digit];
    return code === 0 ? undefined : String.fromCharCode(code);
  }

  get consent() {
    return CONSENTS[this.words[FACTS.consent]];
  }

  get caller() {
    return CALLERS[this.words[FACTS.caller]] ?? "other";
  }

  queue(index) {
    return this.words[this.rowsAt + index * this.rowWords] ?? missing("queue", index, this.count);
  }

  waiting(index) {
    return this.words[this.waitingAt + index * this.rowWords] ?? missing("waiting", index, this.count);
  }

  isOpen(index) {
    return (this.words[this.openAt + index * this.rowWords] ?? missing("open", index, this.count)) !== 0;
  }

  isStaffed(index) {
    return (this.words[this.staffedAt + index * this.rowWords] ?? missing("staffed", index, this.count)) !== 0;
  }
}
