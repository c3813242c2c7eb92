"""The decisions that the plugins of this repository are kept with, packed by the Rust SDK: both SDKs read and write the same words."""

import json
import types
import unittest
from pathlib import Path

from cordboard_plugin import Ranking, Recording, Rings
from cordboard_plugin import contract as c
from cordboard_plugin.component import DECISIONS, decision
from cordboard_plugin.testing import pack, read

PLUGINS = Path(__file__).parents[3] / "plugins"


def unpacked(point, words):
    """What the views say of packed facts, in the form that `pack` takes."""
    facts = DECISIONS[point][1](words)
    columns = [name for number, name in enumerate(c.POINTS[point][1]) if words[c.COLUMNS] >> number & 1]

    def rows():
        reading = {column.replace("-", "_"): getattr(facts, column.replace("-", "_")) for column in columns}
        return [{name: of(index) for name, of in reading.items()} for index in range(facts.count)]

    contact = facts.contact
    plain = {
        "now": facts.now,
        "seed": facts.seed,
        "memo": facts.memo,
        "contact": {name: getattr(contact, name) for name in ("queue", "waited_ms", "priority", "attempt", "labels")},
    }
    if point == "skill-match":
        plain["requirements"] = [vars(of) for of in facts.requirements]
        plain["candidates"] = rows()
    elif point == "endpoint-select":
        plain["agent"] = facts.agent
        plain["endpoints"] = rows()
    else:
        for name in ("moment", "consent", "state", "legally_required"):
            plain[name] = getattr(facts, name)
    return plain, columns


def saying(point, verdict):
    """A plugin that says what is wanted."""

    def decide(facts, _policy):
        if "memo" in verdict:
            facts.memo = verdict["memo"]
        if "abstain" in verdict:
            return None
        if point == "recording-policy":
            return Recording(**{name: value for name, value in verdict.items() if name != "memo"})
        if point == "endpoint-select":
            rings, stage = Rings(), 0
            for ring in verdict["rings"]:
                if ring["stage"] > stage:
                    rings.next_stage()
                stage = ring["stage"]
                assert rings.ring(ring["endpoint"], ring["ring_ms"])
            return rings
        ranking = Ranking()
        # Backwards: the verdict has its order from the scores.
        for of in reversed(verdict["ranked"]):
            ranking.rank(**of)
        for of in verdict.get("rejected", []):
            ranking.reject(**of)
        return ranking

    return types.SimpleNamespace(**{DECISIONS[point][0]: decide})


class Golden(unittest.TestCase):
    def test_both_sdks_read_and_write_the_same_words(self):
        played = 0
        for point in ("skill-match", "endpoint-select", "recording-policy"):
            for vector in json.loads((PLUGINS / point / "golden.json").read_text())["vectors"]:
                with self.subTest(f"{point}: {vector['name']}"):
                    plain, columns = unpacked(point, vector["facts"])
                    again = pack(point, plain, columns)
                    # Offsets of empty sections may differ between writers; what the views find must not.
                    self.assertEqual(unpacked(point, again), (plain, columns))
                    decided = decision(saying(point, read(point, vector["verdict"])), point)
                    self.assertEqual(decided(vector["facts"], None), vector["verdict"])
                    played += 1
        self.assertGreater(played, 20)
