// From the functions of a plugin to the exports of a component. `cordboard plugin build` writes the module that calls it.

import {
  ClassifyFacts,
  ContactSelectFacts,
  EndpointSelectFacts,
  RecordingPolicyFacts,
  SkillMatchFacts,
} from "./facts.js";
import { Problems } from "./index.js";
import { logsTo } from "./log.js";
import { abstained, classification, recording, Ranking, Rings } from "./verdicts.js";

/** By decision point: the function of the plugin, that of the contract, the facts, and what packs a verdict. */
export const DECISIONS = Object.freeze({
  "skill-match": { name: "skillMatch", contract: "rank", Facts: SkillMatchFacts, pack: packer(Ranking) },
  "contact-select": { name: "contactSelect", contract: "rank", Facts: ContactSelectFacts, pack: packer(Ranking) },
  "endpoint-select": { name: "endpointSelect", contract: "select", Facts: EndpointSelectFacts, pack: packer(Rings) },
  "recording-policy": { name: "recordingPolicy", contract: "decide", Facts: RecordingPolicyFacts, pack: recording },
  classify: { name: "classify", contract: "classify", Facts: ClassifyFacts, pack: classification },
});

function packer(Verdict) {
  return (verdict, facts) => {
    if (!(verdict instanceof Verdict)) {
      throw new TypeError(`a verdict is a ${Verdict.name}, or null to leave the decision to the engine's own rule`);
    }
    return verdict.pack(facts);
  };
}

/** Calls `configure` of a plugin: what it returns, or throws the list of its mistakes. */
export function configured(plugin, text) {
  const problems = new Problems();
  const config = JSON.parse(text);
  const policy = plugin.configure === undefined ? config : plugin.configure(config, problems);
  if (problems.all.length > 0) throw problems.all;
  return policy;
}

/** Decides over packed words. */
export function decided(plugin, point, words, policy) {
  const { name, Facts, pack } = DECISIONS[point];
  const facts = new Facts(words);
  const verdict = plugin[name](facts, policy);
  return verdict === null || verdict === undefined ? abstained(facts) : pack(verdict, facts);
}

/**
 * The exports of a component.
 *
 * @param plugin the module of the plugin
 * @param points the decision points that its manifest names
 * @param write the import of the contract that takes lines for the log
 */
export function component(plugin, points, write) {
  logsTo(write);
  noClockNoRandomness();
  let policy;
  const exports = {
    meta: {
      configure(text) {
        policy = configured(plugin, text);
      },
    },
  };
  for (const point of points) {
    const { name, contract, Facts, pack } = DECISIONS[point];
    const decide = plugin[name];
    if (typeof decide !== "function") {
      throw new TypeError(`the manifest reads ${point}: export a function \`${name}\` from plugin.js, or leave it out there`);
    }
    exports[name] = {
      [contract](words) {
        const facts = new Facts(words);
        const verdict = decide(facts, policy);
        return verdict === null || verdict === undefined ? abstained(facts) : pack(verdict, facts);
      },
    };
  }
  return exports;
}

/** What a decision must not depend on fails at once, and not when a decision is replayed. */
function noClockNoRandomness() {
  const refuse = (what, instead) => () => {
    throw new Error(`a plugin has no ${what}: use \`${instead}\`, which a replayed decision finds again`);
  };
  Math.random = refuse("randomness", "facts.seed");
  const clock = refuse("clock", "facts.now");
  const { Date } = globalThis;
  globalThis.Date = class extends Date {
    constructor(...parts) {
      if (parts.length === 0) clock();
      super(...parts);
    }
  };
  globalThis.Date.now = clock;
}
