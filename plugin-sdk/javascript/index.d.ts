/**
 * What routing plugins for Cordboard are written with, in JavaScript: contract 0.1.
 *
 * A plugin is a module, `plugin.js`, that exports `configure` and a function for each decision point that its manifest names:
 * `skillMatch`, `contactSelect`, `endpointSelect`, `recordingPolicy`, `classify`. Queues, agents, skills and labels are numbers; names that the
 * schema marks with `x-cordboard-name` arrive in the configuration as the same numbers.
 *
 * Facts are views over packed words: a method reads one word, and nothing is made for a row. Rows are numbered from 0. A method whose
 * column the manifest does not name in `reads` throws an `Error`; one that is asked for a row beyond the last throws a `RangeError`.
 */

/** Mistakes in a configuration, with their places. */
export class Problems {
  /**
   * Adds a mistake; the engine then refuses the configuration and shows all of them, at most 32.
   *
   * @param path where: a JSON Pointer into the configuration, empty for the whole of it
   * @param message what is wrong and what would be right, for the person who wrote it; at most 512 bytes are shown
   */
  add(path: string, message: string): void;
}

/** Writes to the host's log: at most 16 lines of 512 bytes for each decision. */
export const log: {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
};

/** What the facts of all decision points have. */
export interface Facts {
  /** Now, in ms since the Unix epoch: the plugin's only clock. */
  readonly now: number;
  /** The plugin's only randomness, two numbers of 32 bits: the same when the decision is replayed. */
  readonly seed: [number, number];
  /**
   * What this plugin left at its last decision for this queue: numbers of 32 bits, at most 1,024. What is assigned is left for the
   * next decision, none forgets the memo. It is the only state that outlives an instance. More throw a `RangeError`.
   */
  get memo(): ArrayLike<number> & Iterable<number>;
  set memo(words: ArrayLike<number>);
}

/** The contact that a decision is about. */
export interface Contact {
  /** The queue that it waits in. */
  readonly queue: number;
  /** How long it has waited, in ms. */
  readonly waitedMs: number;
  /** -1,000 to 1,000, larger is more urgent. */
  readonly priority: number;
  /** How many offers it has had. */
  readonly attempt: number;
  /** The value of a label, if the contact has it. */
  label(key: number): number | undefined;
  /** All labels, at most 64. Makes a map: `label` is quicker. */
  readonly labels: Map<number, number>;
}

/** A skill that the contact asks for. */
export interface Requirement {
  skill: number;
  /** The lowest level that will do, 1 to 100. */
  minimum: number;
  /** `true`: agents without it are no candidates. `false`: a wish. */
  required: boolean;
}

/** Which agent gets a contact. The rows are candidates, in native order, who all have what is required. */
export interface SkillMatchFacts extends Facts {
  /** Number of candidates. */
  readonly count: number;
  readonly contact: Contact;
  /** Number of requirements, at most 32. */
  readonly requirementCount: number;
  /** The requirements in force. Makes a list with an object for each. */
  readonly requirements: Requirement[];
  /** The agent. */
  agent(index: number): number;
  /** How long the agent has been idle, in ms. Needs `idle-ms` in `reads`. */
  idleMs(index: number): number;
  /** The order of the routing group through which the agent serves the queue, 0 first. Needs `group-order`. */
  groupOrder(index: number): number;
  /** Contacts that the agent has handled. Needs `contacts-handled`. */
  contactsHandled(index: number): number;
  /** The agent's level for a requirement, by its number from 0; 0 where the agent lacks the skill. Needs `levels`. */
  level(index: number, requirement: number): number;
  /** The agent's levels in the order of the requirements. Makes a list: `level` is quicker. Needs `levels`. */
  levels(index: number): number[];
}

/** Which waiting contact a free agent gets. The rows are contacts, in native order. */
export interface ContactSelectFacts extends Facts {
  /** Number of contacts. */
  readonly count: number;
  /** The free agent. `idleMs` in ms; `groupOrder` of the routing group, 0 first. */
  readonly agent: { agent: number; idleMs: number; groupOrder: number; contactsHandled: number };
  /** The number of the contact. */
  contact(index: number): number;
  /** Its queue. Needs `queue` in `reads`. */
  queue(index: number): number;
  /** How long it has waited, in ms. Needs `waited-ms`. */
  waitedMs(index: number): number;
  /** Its priority, -1,000 to 1,000, larger is more urgent. Needs `priority`. */
  priority(index: number): number;
  /** How many offers it has had. Needs `attempt`. */
  attempt(index: number): number;
}

export type Kind = "teams-client" | "calling-sdk" | "pstn";
export type Reach = "unknown" | "available" | "busy" | "offline";

/** Where an agent is rung. The rows are the agent's endpoints, in the order of the configuration. */
export interface EndpointSelectFacts extends Facts {
  /** Number of endpoints. */
  readonly count: number;
  /** The contact that is offered. */
  readonly contact: Contact;
  /** The agent that it is offered to. */
  readonly agent: number;
  /** What rings; `undefined` for a kind that this version does not know. */
  kind(index: number): Kind | undefined;
  /** Whether it can be expected to ring. Needs `reach` in `reads`. */
  reach(index: number): Reach;
  /** Whether the agent answered the previous contact there. Needs `answered-last`. */
  answeredLast(index: number): boolean;
}

export type Moment =
  | "connected"
  | "payment-started"
  | "payment-ended"
  | "consent-changed"
  | "asked-start"
  | "asked-stop"
  | "asked-pause"
  | "asked-resume";

/** What is recorded. What this version does not know is `undefined`: return `null` then. */
export interface RecordingPolicyFacts extends Facts {
  readonly contact: Contact;
  /** Why the question is asked. */
  readonly moment: Moment | undefined;
  /** What the caller said to being recorded. */
  readonly consent: "unknown" | "given" | "refused" | undefined;
  /** What the recording does at the moment. */
  readonly state: "off" | "active" | "paused" | undefined;
  /** Whether the law requires a recording on this queue. */
  readonly legallyRequired: boolean;
}

export type Caller = "other" | "phone-number" | "withheld-number" | "teams-user";

/** Which queue a new call gets. The rows are queues: the one that the menu or the line chose, then the others. */
export interface ClassifyFacts extends Facts {
  /** Number of queues. */
  readonly count: number;
  /** The contact; its queue is the one that the menu or the line chose, and its priority the one that it would have there. */
  readonly contact: Contact;
  /** The line that was called. */
  readonly line: number;
  /** The menu's digit that chose the queue; `undefined` where the caller chose nothing. */
  readonly digit: string | undefined;
  /** What the caller said to being recorded. */
  readonly consent: "unknown" | "given" | "refused" | undefined;
  /** From where the caller calls. */
  readonly caller: Caller;
  /** The queue. */
  queue(index: number): number;
  /** Callers who wait in it, offers included. Needs `waiting` in `reads`. */
  waiting(index: number): number;
  /** Whether it takes callers now, by its hours and its supervisors. Needs `open`. */
  isOpen(index: number): boolean;
  /** Whether somebody who serves it is logged in, free or not. Needs `staffed`. */
  isStaffed(index: number): boolean;
}

/** The verdict of `skillMatch` and `contactSelect`. Rows that are not named are not offered. */
export class Ranking {
  /**
   * Ranks a row, in any order; the best come first in the verdict, and equal scores keep the native order. Each row at most once, over
   * both methods: the host drops a verdict that names one twice.
   *
   * @param score a whole number of 32 bits, larger is better; other numbers throw a `RangeError`
   * @param reason a code of the manifest's `reasons`, 0 for none
   */
  rank(index: number, score: number, reason?: number): void;
  /** Leaves a row out and says why; only for `skillMatch`. */
  reject(index: number, reason?: number): void;
  /** Keeps only the best `rows`, which is quicker; the others are rejected with the reason, or left out where there is none. */
  keepBest(rows: number, reason?: number): void;
}

/** The verdict of `endpointSelect`: the endpoints of a stage ring at once, the next stage when nobody has answered. */
export class Rings {
  /**
   * Lets an endpoint ring in this stage.
   *
   * @param timeMs 1,000 to 120,000; other times are brought into that range
   * @returns `false`, and does nothing, for an endpoint that rings already, a 17th ring or a 9th stage
   */
  ring(index: number, timeMs: number): boolean;
  /** Begins the next stage, unless nothing rings in this one yet. */
  nextStage(): void;
}

/** The verdict of `recordingPolicy`. A name that does not exist throws a `TypeError`. */
export interface Recording {
  action: "none" | "start" | "stop" | "pause" | "resume";
  /** File format when recording starts; `wav` unless said. `mp3` is for mixed audio only. */
  format?: "wav" | "mp3" | "mp4";
  /** `mixed` unless said; `unmixed`, a channel for each party, is for WAV only. */
  channels?: "mixed" | "unmixed";
  /** Days to keep, at most 36,500; 0, unless said, leaves it to the tenant. */
  retentionDays?: number;
  /** Pause and resume also act on transcription. */
  withTranscription?: boolean;
  /** Pause and resume also act on media streaming. */
  withStreaming?: boolean;
  /** A code of the manifest's `reasons`, 0 for none. */
  reason?: number;
}

/** What a contact's agent must have beside what its queue requires. */
export interface OwnRequirement {
  skill: number;
  /** The lowest level that will do, 1 unless said; it is brought into 1 to 100. */
  minimum?: number;
  /** `true` unless said: agents without it are no candidates. `false`: a wish, told to `skill-match` plugins. */
  required?: boolean;
  /** After so many ms of waiting it holds no more; 0, unless said, for never. */
  expiresMs?: number;
}

/** The verdict of `classify`: what holds for the contact from then on, wherever it waits. */
export interface Classification {
  /** The number of the queue's row; another number throws a `RangeError`. */
  to: number;
  /** Added to the queue's priority, 0 unless said; it is brought into -1,000 to 1,000. Larger is more urgent. */
  priority?: number;
  /** At most 8; more throw a `RangeError`. */
  requirements?: OwnRequirement[];
  /** A code of the manifest's `reasons`, 0 for none. */
  reason?: number;
}

/**
 * What `plugin.js` exports. `null` leaves a decision to the engine's own rule, whereas an error that is thrown ends it as a failure,
 * which the engine meets with its fallback.
 */
export interface Plugin<Config = any, Policy = Config> {
  /**
   * Runs once, before any decision. Its result is the `policy` of the decisions: prepare here what they need. Without it they get the
   * configuration.
   */
  configure?(config: Config, problems: Problems): Policy;
  skillMatch?(facts: SkillMatchFacts, policy: Policy): Ranking | null;
  contactSelect?(facts: ContactSelectFacts, policy: Policy): Ranking | null;
  endpointSelect?(facts: EndpointSelectFacts, policy: Policy): Rings | null;
  recordingPolicy?(facts: RecordingPolicyFacts, policy: Policy): Recording | null;
  classify?(facts: ClassifyFacts, policy: Policy): Classification | null;
}
