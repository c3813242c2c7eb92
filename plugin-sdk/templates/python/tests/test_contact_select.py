import json
import unittest
from pathlib import Path

import plugin
from cordboard_plugin.testing import decide

READS = json.loads((Path(__file__).parents[1] / "manifest.json").read_text())["reads"]

CONTACTS = [
    {"queue": 7, "waited_ms": 9_000},
    {"queue": 7, "waited_ms": 1_000, "priority": 5},
    {"queue": 7, "waited_ms": 30_000},
]


class ContactSelect(unittest.TestCase):
    def test_the_most_urgent_comes_first_then_who_waits_longest(self):
        ranked = decide(plugin, "contact-select", {"contacts": CONTACTS}, reads=READS)["ranked"]
        self.assertEqual([of["index"] for of in ranked], [1, 2, 0])

    def test_a_queue_in_not_for_is_left_to_the_engine(self):
        config = {"not_for": [7]}
        verdict = decide(plugin, "contact-select", {"contacts": CONTACTS}, config=config, reads=READS)
        self.assertEqual(verdict, {"abstain": True})
