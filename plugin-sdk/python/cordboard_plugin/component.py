"""From the functions of a plugin to the exports of a component. `cordboard plugin build` writes the module that uses it."""

import json
import sys

from . import Problems
from .facts import ClassifyFacts, ContactSelectFacts, EndpointSelectFacts, RecordingPolicyFacts, SkillMatchFacts
from .verdicts import Classification, Ranking, Recording, Rings, abstained

#: By decision point: the function of the plugin, the facts, and the verdict.
DECISIONS = {
    "skill-match": ("skill_match", SkillMatchFacts, Ranking),
    "contact-select": ("contact_select", ContactSelectFacts, Ranking),
    "endpoint-select": ("endpoint_select", EndpointSelectFacts, Rings),
    "recording-policy": ("recording_policy", RecordingPolicyFacts, Recording),
    "classify": ("classify", ClassifyFacts, Classification),
}


class Refused(Exception):
    """A configuration with mistakes; `problems` are pairs of place and text."""

    def __init__(self, problems):
        super().__init__(problems)
        self.problems = problems


def configured(plugin, text):
    """Calls `configure` of a plugin and returns the policy."""
    config = json.loads(text)
    configure = getattr(plugin, "configure", None)
    if configure is None:
        return config
    problems = Problems()
    policy = configure(config, problems)
    if problems.all:
        raise Refused(problems.all)
    return policy


def decision(plugin, point):
    """A function that decides over packed words, with a policy."""
    name, facts_of, verdict_of = DECISIONS[point]
    decide = getattr(plugin, name, None)
    if decide is None:
        raise AttributeError(f"the manifest reads {point}: define `{name}` in plugin.py, or leave it out there")

    def decided(words, policy):
        facts = facts_of(words)
        verdict = decide(facts, policy)
        if verdict is None:
            return abstained(facts)
        if not isinstance(verdict, verdict_of):
            raise TypeError(f"a verdict is a {verdict_of.__name__}, or None to leave the decision to the engine's own rule")
        return verdict._pack(facts)

    return decided


def no_clock_no_randomness():
    """What a decision must not depend on fails at once, and not when a decision is replayed. For components, not for tests."""
    clocks = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime", "gmtime")
    _refuse("time", clocks, "clock", "facts.now")
    draws = ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "getrandbits")
    _refuse("random", draws, "randomness", "facts.seed")


def _refuse(module, names, what, instead):
    def refuse(*_, **__):
        raise RuntimeError(f"a plugin has no {what}: use `{instead}`, which a replayed decision finds again")

    loaded = sys.modules.get(module)
    for name in names if loaded is not None else ():
        setattr(loaded, name, refuse)
