import json
import unittest
from pathlib import Path

import plugin
from cordboard_plugin.testing import decide

READS = json.loads((Path(__file__).parents[1] / "manifest.json").read_text())["reads"]

FACTS = {
    "requirements": [{"skill": 1, "minimum": 10}],
    "candidates": [{"levels": [30]}, {"levels": [90]}, {"levels": [60]}],
}


class SkillMatch(unittest.TestCase):
    def test_the_highest_level_comes_first(self):
        ranked = decide(plugin, "skill-match", FACTS, reads=READS)["ranked"]
        self.assertEqual([of["index"] for of in ranked], [1, 2, 0])

    def test_a_queue_in_not_for_is_left_to_the_engine(self):
        billing = {**FACTS, "contact": {"queue": 7}}
        verdict = decide(plugin, "skill-match", billing, config={"not_for": [7]}, reads=READS)
        self.assertEqual(verdict, {"abstain": True})
