/** What tests of a plugin use, in `node --test`. */

import type { Caller, Classification, Kind, Moment, Plugin, Reach, Recording, Requirement } from "./index.js";

export type Point = "skill-match" | "contact-select" | "endpoint-select" | "recording-policy" | "classify";

/** Facts as tests write them: what is left out is 0, empty or the first name. Only the members of the decision point count. */
export interface PlainFacts {
  now?: number;
  seed?: [number, number];
  memo?: number[];
  contact?: {
    queue?: number;
    waitedMs?: number;
    priority?: number;
    attempt?: number;
    labels?: Iterable<[number, number]>;
  };
  requirements?: Partial<Requirement>[];
  candidates?: { agent?: number; idleMs?: number; groupOrder?: number; contactsHandled?: number; levels?: number[] }[];
  /** `contact-select`: an object; `endpoint-select`: a number. */
  agent?: number | { agent?: number; idleMs?: number; groupOrder?: number; contactsHandled?: number };
  contacts?: { contact?: number; queue?: number; waitedMs?: number; priority?: number; attempt?: number }[];
  /** `classify`: `open` and `staffed` are `true` unless said. */
  queues?: { queue?: number; waiting?: number; open?: boolean; staffed?: boolean }[];
  line?: number;
  digit?: string;
  caller?: Caller;
  endpoints?: { kind?: Kind; reach?: Reach; answeredLast?: boolean }[];
  moment?: Moment;
  consent?: "unknown" | "given" | "refused";
  state?: "off" | "active" | "paused";
  legallyRequired?: boolean;
}

/** A verdict as tests compare it: with the members of its decision point, and `memo` where one was written. */
export interface PlainVerdict extends Partial<Required<Recording>>, Partial<Omit<Classification, "reason">> {
  abstain?: true;
  ranked?: { index: number; score: number; reason: number }[];
  rejected?: { index: number; reason: number }[];
  rings?: { index: number; stage: number; timeMs: number }[];
  memo?: number[];
}

/**
 * Decides as the component does: configures the plugin, packs the facts, calls its function, reads the verdict.
 *
 * @param options `config` is the configuration with numbers for names, `{}` unless said; `reads` is that of the manifest: only these
 *   columns are packed then
 */
export function decide(
  plugin: Plugin,
  point: Point,
  facts: PlainFacts,
  options?: { config?: unknown; reads?: Partial<Record<Point, string[]>> },
): PlainVerdict;

/** The mistakes that `configure` finds in a configuration. */
export function mistakes(plugin: Plugin, config: unknown): { path: string; message: string }[];

/** Packs facts as the host does: the first column, and those that are read; all of them unless said. */
export function pack(point: Point, facts: PlainFacts, reads?: string[]): number[];

/** Reads a packed verdict. */
export function read(point: Point, words: ArrayLike<number>): PlainVerdict;

/**
 * Plays the golden vectors of a project in the plugin host of the engine, with `cordboard plugin test`, each as a test of its own.
 *
 * @param test that of `node:test`
 * @param project the folder of the project
 * @param options `program` is the `cordboard` to run; otherwise the environment's `CORDBOARD_PROGRAM`, or the one on the `PATH`
 */
export function goldenVectors(
  test: (name: string, run: (context: any) => Promise<void>) => unknown,
  project: string | URL,
  options?: { program?: string },
): void;
