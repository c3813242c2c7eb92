// What authors meet: facts, verdicts, configuration, the exports of a component.

import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { readFileSync } from "node:fs";
import { Ranking, Rings, log } from "../index.js";
import { logsTo } from "../log.js";
import { decide, mistakes, pack } from "../testing.js";

const three = { candidates: [{ agent: 7 }, { agent: 8 }, { agent: 9 }] };
const ranking = (build) => decide({ skillMatch: (facts) => build(new Ranking(), facts) }, "skill-match", three);

test("the best come first and equals keep their order", () => {
  const { ranked } = ranking((ranking) => {
    ranking.rank(2, 5, 1);
    ranking.rank(0, -2_147_483_648, 2);
    ranking.rank(1, 5, 3);
    return ranking;
  });
  assert.deepEqual(ranked, [
    { index: 1, score: 5, reason: 3 },
    { index: 2, score: 5, reason: 1 },
    { index: 0, score: -2_147_483_648, reason: 2 },
  ]);
});

test("scores at both ends of their range keep their rows apart", () => {
  for (const score of [2_147_483_647, -2_147_483_648, 0, -1]) {
    const { ranked } = ranking((ranking) => {
      for (const index of [2, 1, 0]) ranking.rank(index, score);
      return ranking;
    });
    assert.deepEqual(ranked, [0, 1, 2].map((index) => ({ index, score, reason: 0 })));
  }
});

test("only the best are kept, and the others are rejected where there is a reason", () => {
  const best = (reason) =>
    ranking((ranking) => {
      ranking.keepBest(1, reason);
      [3, 9, 4].forEach((score, index) => ranking.rank(index, score, 1));
      return ranking;
    });
  assert.deepEqual(best(0), { ranked: [{ index: 1, score: 9, reason: 1 }] });
  assert.deepEqual(best(5).rejected, [
    { index: 2, reason: 5 },
    { index: 0, reason: 5 },
  ]);
});

test("what is no score and no row is refused", () => {
  for (const [index, score] of [[0, 0.5], [0, Number.NaN], [0, 2 ** 31], [-1, 0], [16_384, 0]]) {
    assert.throws(() => new Ranking().rank(index, score), /scores are whole numbers/);
  }
});

test("a column that is not read says what to add, and a row that is not there how many there are", () => {
  const reading = (reads, row) => () =>
    decide({ skillMatch: (facts) => facts.idleMs(row) }, "skill-match", three, { reads: { "skill-match": reads } });
  assert.throws(reading([], 0), /add "idle-ms" to `reads` in manifest.json/);
  assert.throws(reading(["idle-ms"], 3), /there is no row 3: there are 3/);
});

test("a level beyond the requirements is refused", () => {
  const plugin = { skillMatch: (facts) => facts.level(0, 0) };
  assert.throws(() => decide(plugin, "skill-match", three), /there is no requirement 0: there are 0/);
});

test("contacts are read by every column", () => {
  const contacts = [{ contact: 2 ** 40 + 5, queue: 3, waitedMs: 4_000_000_000, priority: -7, attempt: 2 }];
  const seen = [];
  const contactSelect = (facts) => {
    seen.push(facts.contact(0), facts.queue(0), facts.waitedMs(0), facts.priority(0), facts.attempt(0), facts.agent);
    return null;
  };
  const agent = { agent: 4, idleMs: 5, groupOrder: 6, contactsHandled: 7 };
  decide({ contactSelect }, "contact-select", { contacts, agent });
  assert.deepEqual(seen, [2 ** 40 + 5, 3, 4_000_000_000, -7, 2, agent]);
});

test("labels are found by their key", () => {
  const skillMatch = ({ contact }) => {
    assert.deepEqual([contact.label(5), contact.label(6)], [50, undefined]);
    return null;
  };
  decide({ skillMatch }, "skill-match", { contact: { labels: [[4, 40], [5, 50]] } });
});

test("a memo is kept, replaced or forgotten, and at most 1,024 words", () => {
  const leaving = (memo) => {
    const skillMatch = (facts) => {
      assert.deepEqual([...facts.memo], [3, 4]);
      if (memo !== undefined) facts.memo = memo;
      return null;
    };
    return decide({ skillMatch }, "skill-match", { memo: [3, 4] });
  };
  assert.deepEqual(leaving(undefined), { abstain: true });
  assert.deepEqual(leaving([5]), { abstain: true, memo: [5] });
  assert.deepEqual(leaving([]), { abstain: true, memo: [] });
  assert.throws(() => leaving(new Array(1_025).fill(0)), /at most 1024 words/);
});

test("stages have no gaps, times are brought into range, and nothing rings twice", () => {
  const endpointSelect = () => {
    const rings = new Rings();
    rings.nextStage();
    assert.equal(rings.ring(1, 5), true);
    assert.equal(rings.ring(1, 5_000), false);
    rings.nextStage();
    rings.nextStage();
    rings.ring(0, 1_000_000);
    return rings;
  };
  const verdict = decide({ endpointSelect }, "endpoint-select", { endpoints: [{}, {}] });
  assert.deepEqual(verdict.rings, [
    { index: 1, stage: 0, timeMs: 1_000 },
    { index: 0, stage: 1, timeMs: 120_000 },
  ]);
  assert.deepEqual(decide({ endpointSelect: () => new Rings() }, "endpoint-select", {}), { abstain: true });
});

test("a call is classified with what its agent must have", () => {
  const facts = {
    contact: { queue: 4, priority: -3 },
    line: 9,
    digit: "2",
    consent: "given",
    caller: "withheld-number",
    queues: [{ queue: 4, waiting: 7 }, { queue: 5, open: false, staffed: false }],
  };
  let seen;
  const classified = (verdict, reads) => {
    const look = (facts) => {
      seen = [facts.contact.queue, facts.line, facts.digit, facts.consent, facts.caller, facts.queue(1)];
      seen.push(facts.waiting(0), facts.isOpen(0), facts.isOpen(1), facts.isStaffed(1));
      return verdict;
    };
    return decide({ classify: look }, "classify", facts, reads && { reads: { classify: reads } });
  };
  const requirements = [{ skill: 8 }, { skill: 6, minimum: 400, required: false, expiresMs: 90_000 }];
  assert.deepEqual(classified({ to: 1, priority: -5_000, reason: 2, requirements }), {
    to: 1,
    priority: -1_000,
    reason: 2,
    requirements: [
      { skill: 8, minimum: 1, required: true, expiresMs: 0 },
      { skill: 6, minimum: 100, required: false, expiresMs: 90_000 },
    ],
  });
  assert.deepEqual(seen, [4, 9, "2", "given", "withheld-number", 5, 7, true, false, false]);
  assert.deepEqual(classified({ to: 0 }), { to: 0, priority: 0, reason: 0 });
  assert.equal(classified(null).abstain, true);
  for (const to of [-1, 2, 0.5, undefined]) assert.throws(() => classified({ to }), /`to` is the number of a queue's row, from 0 to 1/);
  assert.throws(() => classified({ to: 0, requirements: Array(9).fill({ skill: 1 }) }), /at most 8/);
  assert.throws(() => classified({ to: 0 }, ["waiting"]), /add "open" to `reads`/);
});

test("a caller who chose nothing has no digit", () => {
  const digit = (facts) => {
    let digit;
    decide({ classify: (facts) => ((digit = facts.digit), null) }, "classify", facts);
    return digit;
  };
  assert.equal(digit({ queues: [{}] }), undefined);
  assert.equal(digit({ queues: [{}], digit: "#" }), "#");
});

test("a recording says what it is not", () => {
  const recording = (verdict) => decide({ recordingPolicy: () => verdict }, "recording-policy", {});
  assert.equal(recording({ action: "start" }).format, "wav");
  assert.throws(() => recording({ action: "begin" }), /`action` is one of none, start/);
});

test("what is no verdict is refused", () => {
  assert.throws(() => ranking(() => [1]), /a verdict is a Ranking, or null/);
});

test("mistakes in a configuration have their places", () => {
  const plugin = {
    configure(config, problems) {
      if (config.weight < 0) problems.add("/weight", "is below 0");
    },
  };
  assert.deepEqual(mistakes(plugin, { weight: -1 }), [{ path: "/weight", message: "is below 0" }]);
  assert.deepEqual(mistakes(plugin, { weight: 1 }), []);
});

test("lines go to the log of the host", () => {
  const lines = [];
  logsTo((level, text) => lines.push([level, text]));
  log.warn("the turn is lost");
  assert.deepEqual(lines, [["warn", "the turn is lost"]]);
});

test("a component has the exports of its decision points, and neither clock nor randomness", async () => {
  // In a world of its own, because it takes the clock away.
  const context = vm.createContext({});
  const modules = new Map();
  const load = (name) => {
    if (!modules.has(name)) {
      const text = readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
      modules.set(name, bundled(text));
    }
    return modules.get(name);
  };
  const script = ["contract.js", "facts.js", "log.js", "verdicts.js", "index.js", "component.js"].map(load).join("\n");
  const words = pack("skill-match", three);
  const run = `
    let clock = "";
    const plugin = {
      configure: ({ reason }) => ({ reason }),
      skillMatch(facts, { reason }) {
        const ranking = new Ranking();
        for (const what of [() => Date.now(), () => new Date(), () => Math.random()]) {
          try { what(); } catch (error) { clock += error.message; }
        }
        ranking.rank(1, 1, reason);
        return ranking;
      },
    };
    const exports = component(plugin, ["skill-match"], () => {});
    exports.meta.configure('{"reason":6}');
    const verdict = exports.skillMatch.rank(${JSON.stringify(words)});
    let refused = "";
    try { component({}, ["skill-match"], () => {}); } catch (error) { refused = error.message; }
    JSON.stringify({ verdict: [...new Uint32Array(verdict)], clock, names: Object.keys(exports), refused });`;
  const found = JSON.parse(vm.runInContext(`(() => {${script}\n${run.replace("JSON.stringify({ verdict", "return JSON.stringify({ verdict")}})()`, context));
  assert.deepEqual(found.verdict, [1, 0xffff_ffff, 1, 0, 1, 1, 6]);
  assert.deepEqual(found.names, ["meta", "skillMatch"]);
  assert.equal(found.clock.match(/no clock/g)?.length, 2);
  assert.equal(found.clock.match(/no randomness/g)?.length, 1);
  assert.match(found.refused, /export a function `skillMatch` from plugin.js/);
});

/** A module as a part of one script. */
function bundled(text) {
  return text.replace(/^import [^;]*;$/gms, "").replace(/^export \{[^;]*;$/gms, "").replace(/^export /gm, "");
}
