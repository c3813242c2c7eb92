// What tests of a plugin use, in `node --test`. `testing.d.ts` has the documentation of every member.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { configured, decided } from "./component.js";
import {
  ACTIONS,
  CALLERS,
  CHANNELS,
  CONSENTS,
  FACTS,
  FORMATS,
  KINDS,
  MEMO_KEEP,
  MOMENTS,
  POINTS,
  REACHES,
  STATES,
  VERSION,
} from "./contract.js";

/** Decides as the component does: packs the facts, calls the plugin, reads the verdict. */
export function decide(plugin, point, facts, { config = {}, reads = undefined } = {}) {
  const policy = configured(plugin, JSON.stringify(config));
  return read(point, decided(plugin, point, pack(point, facts, reads?.[point]), policy));
}

/** The mistakes that `configure` finds in a configuration. */
export function mistakes(plugin, config) {
  try {
    configured(plugin, JSON.stringify(config));
    return [];
  } catch (thrown) {
    if (Array.isArray(thrown)) return thrown;
    throw thrown;
  }
}

/** Packs facts as the host does: the first column, and those that are read. */
export function pack(point, facts, reads = POINTS[point].columns) {
  const { code, columns } = POINTS[point];
  const packed = columns.filter((column, number) => number === 0 || reads.includes(column));
  const mask = columns.reduce((mask, column, number) => mask | (packed.includes(column) ? 1 << number : 0), 0);
  const words = new Array(FACTS.headerWords).fill(0);
  words[FACTS.version] = VERSION;
  words[FACTS.point] = code;
  [words[FACTS.now], words[FACTS.now + 1]] = halves(facts.now ?? 0);
  [words[FACTS.seed], words[FACTS.seed + 1]] = facts.seed ?? [0, 0];
  HEADERS[point](words, facts);

  words[FACTS.labelsAt] = words.length;
  const labels = [...(facts.contact?.labels ?? [])];
  words[FACTS.labels] = labels.length;
  words.push(...labels.flat());
  words[FACTS.requirementsAt] = words.length;
  const requirements = facts.requirements ?? [];
  words[FACTS.requirements] = requirements.length;
  for (const { skill, minimum = 1, required = true } of requirements) words.push(skill, minimum, required ? 1 : 0);

  const rows = ROWS[point](facts);
  const levels = packed.includes("levels") ? requirements.length - 1 : 0;
  words[FACTS.rowsAt] = words.length;
  words[FACTS.rows] = rows.length;
  words[FACTS.rowWords] = packed.length + levels + (point === "contact-select" ? 1 : 0);
  words[FACTS.columns] = mask;
  for (const row of rows) words.push(...packed.flatMap((column) => COLUMNS[column](row, requirements.length)));
  words[FACTS.memoAt] = words.length;
  words.push(...(facts.memo ?? []));
  return words.map((word) => word >>> 0);
}

const halves = (number) => [number % 4_294_967_296, Math.floor(number / 4_294_967_296)];

function contactHeader(words, { contact = {} }) {
  words[FACTS.queue] = contact.queue ?? 0;
  words[FACTS.waitedMs] = contact.waitedMs ?? 0;
  words[FACTS.priority] = contact.priority ?? 0;
  words[FACTS.attempt] = contact.attempt ?? 0;
}

const HEADERS = {
  "skill-match": contactHeader,
  "contact-select": (words, { agent = {} }) => {
    words[FACTS.queue] = agent.agent ?? 0;
    words[FACTS.waitedMs] = agent.idleMs ?? 0;
    words[FACTS.priority] = agent.groupOrder ?? 0;
    words[FACTS.attempt] = agent.contactsHandled ?? 0;
  },
  "endpoint-select": (words, facts) => {
    contactHeader(words, facts);
    words[FACTS.agent] = facts.agent ?? 0;
  },
  "recording-policy": (words, facts) => {
    contactHeader(words, facts);
    words[FACTS.recordingFlags] = facts.legallyRequired ? 1 : 0;
    words[FACTS.moment] = coded(MOMENTS, facts.moment ?? "connected");
    words[FACTS.consent] = coded(CONSENTS, facts.consent ?? "unknown");
    words[FACTS.recordingState] = coded(STATES, facts.state ?? "off");
  },
  classify: (words, facts) => {
    contactHeader(words, facts);
    words[FACTS.line] = facts.line ?? 0;
    words[FACTS.digit] = facts.digit === undefined ? 0 : facts.digit.charCodeAt(0);
    words[FACTS.consent] = coded(CONSENTS, facts.consent ?? "unknown");
    words[FACTS.caller] = coded(CALLERS, facts.caller ?? "other");
  },
};

const ROWS = {
  "skill-match": ({ candidates = [] }) => candidates,
  "contact-select": ({ contacts = [] }) => contacts,
  "endpoint-select": ({ endpoints = [] }) => endpoints,
  "recording-policy": () => [],
  classify: ({ queues = [] }) => queues,
};

const COLUMNS = {
  agent: ({ agent = 0 }) => [agent],
  "idle-ms": ({ idleMs = 0 }) => [idleMs],
  "group-order": ({ groupOrder = 0 }) => [groupOrder],
  "contacts-handled": ({ contactsHandled = 0 }) => [contactsHandled],
  levels: ({ levels = [] }, count) => Array.from({ length: count }, (_, number) => levels[number] ?? 0),
  contact: ({ contact = 0 }) => halves(contact),
  queue: ({ queue = 0 }) => [queue],
  "waited-ms": ({ waitedMs = 0 }) => [waitedMs],
  priority: ({ priority = 0 }) => [priority],
  attempt: ({ attempt = 0 }) => [attempt],
  kind: ({ kind = "teams-client" }) => [coded(KINDS, kind)],
  reach: ({ reach = "unknown" }) => [coded(REACHES, reach)],
  waiting: ({ waiting = 0 }) => [waiting],
  open: ({ open = true }) => [open ? 1 : 0],
  staffed: ({ staffed = true }) => [staffed ? 1 : 0],
  "answered-last": ({ answeredLast = false }) => [answeredLast ? 1 : 0],
};

function coded(names, name) {
  const code = names.indexOf(name);
  if (code === -1) throw new TypeError(`there is no \`${name}\`: say one of ${names.join(", ")}`);
  return code;
}

/** Reads a packed verdict. */
export function read(point, packed) {
  const words = Array.from(packed, (word) => word >>> 0);
  const [outcome, memoWords, rows, rejected] = words;
  const kept = memoWords === MEMO_KEEP;
  const memo = kept ? {} : { memo: words.slice(words.length - memoWords) };
  if (outcome === 0) return { abstain: true, ...memo };
  const row = point === "recording-policy" ? 6 : 3;
  const all = Array.from({ length: rows }, (_, number) => words.slice(4 + number * row, 4 + (number + 1) * row));
  if (point === "recording-policy") {
    const [action, format, channels, retentionDays, flags, reason] = all[0];
    return {
      action: ACTIONS[action],
      format: FORMATS[format],
      channels: CHANNELS[channels],
      retentionDays,
      withTranscription: (flags & 1) === 1,
      withStreaming: (flags & 2) === 2,
      reason,
      ...memo,
    };
  }
  if (point === "classify") {
    const [to, priority, reason] = all[0];
    const requirements = Array.from({ length: rejected }, (_, number) => {
      const [skill, minimum, flags, expiresMs] = words.slice(4 + row + number * 4);
      return { skill, minimum, required: (flags & 1) === 1, expiresMs };
    });
    return { to, priority: priority | 0, reason, ...(rejected > 0 ? { requirements } : {}), ...memo };
  }
  if (point === "endpoint-select") {
    return { rings: all.map(([index, stage, timeMs]) => ({ index, stage, timeMs })), ...memo };
  }
  const after = 4 + rows * row;
  const left = Array.from({ length: rejected }, (_, number) => {
    const [index, reason] = words.slice(after + number * 2);
    return { index, reason };
  });
  const ranked = all.map(([index, score, reason]) => ({ index, score: score | 0, reason }));
  return { ranked, ...(left.length > 0 ? { rejected: left } : {}), ...memo };
}

/** Plays golden vectors in the plugin host of the engine, each as a test of `node:test`. */
export function goldenVectors(test, project, { program = process.env.CORDBOARD_PROGRAM ?? "cordboard" } = {}) {
  const folder = project instanceof URL ? fileURLToPath(project) : project;
  test("golden vectors in the engine's plugin host", async (t) => {
    const ran = spawnSync(program, ["plugin", "test", folder, "--json"], { encoding: "utf8" });
    if (ran.error !== undefined) {
      throw new Error(`cannot run \`${program}\`: ${ran.error.message}; put it on the PATH, or name it in CORDBOARD_PROGRAM`);
    }
    if (!ran.stdout.startsWith("{")) throw new Error(ran.stderr.trim());
    for (const vector of JSON.parse(ran.stdout).vectors) {
      await t.test(vector.name, () => {
        if (!vector.passed) throw new Error(told(vector));
      });
    }
  });
}

function told({ detail, differences, asked_again: again }) {
  const difference = (when) => (of) =>
    `${of.member || "the whole verdict"}${when}: expected ${JSON.stringify(of.expected)}, found ${JSON.stringify(of.found)}`;
  const lines = [
    ...(detail ? [`the plugin failed: ${detail}`] : []),
    ...differences.map(difference("")),
    ...again.map(difference(" when it was asked again")),
  ];
  return lines.join("\n");
}
