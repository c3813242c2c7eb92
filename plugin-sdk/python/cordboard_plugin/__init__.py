"""What routing plugins for Cordboard are written with, in Python: contract 0.1.

A plugin is a module, `plugin.py`, with `configure(config, problems)` and a function for each decision point that its manifest names:
`skill_match`, `contact_select`, `endpoint_select`, `recording_policy`, `classify`, each of `(facts, policy)`. Queues, agents, skills and labels are
numbers; names that the schema marks with `x-cordboard-name` arrive in the configuration as the same numbers. `None` leaves a decision to
the engine's own rule; an exception ends it as a failure, which the engine meets with its fallback.
"""

from . import log
from .facts import (
    ClassifyFacts,
    Contact,
    ContactSelectFacts,
    EndpointSelectFacts,
    MissingColumn,
    RecordingPolicyFacts,
    Requirement,
    SkillMatchFacts,
)
from .verdicts import Classification, OwnRequirement, Ranking, Recording, Rings


class Problems:
    """Mistakes in a configuration, with their places."""

    def __init__(self):
        self.all = []

    def add(self, path, message):
        """Adds a mistake; the engine then refuses the configuration and shows all of them, at most 32.

        `path` is a JSON Pointer into the configuration, empty for the whole of it; `message` says what is wrong and what would be right.
        """
        self.all.append((str(path), str(message)))


__all__ = [
    "Classification",
    "ClassifyFacts",
    "Contact",
    "ContactSelectFacts",
    "EndpointSelectFacts",
    "MissingColumn",
    "OwnRequirement",
    "Problems",
    "Ranking",
    "Recording",
    "RecordingPolicyFacts",
    "Requirement",
    "Rings",
    "SkillMatchFacts",
    "log",
]
