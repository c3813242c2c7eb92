import json
import unittest
from pathlib import Path

import plugin
from cordboard_plugin.testing import decide

READS = json.loads((Path(__file__).parents[1] / "manifest.json").read_text())["reads"]


def to(staffed, queue=0, config=None):
    queues = [{"queue": number, "staffed": there} for number, there in enumerate(staffed)]
    facts = {"contact": {"queue": queue}, "queues": queues}
    return decide(plugin, "classify", facts, config=config, reads=READS).get("to")


class Classify(unittest.TestCase):
    def test_the_chosen_queue_is_left_when_nobody_is_there(self):
        self.assertEqual(to([True, True]), 0)
        self.assertEqual(to([False, True]), 1)
        self.assertIsNone(to([False, False]))

    def test_a_queue_in_not_for_is_left_to_the_engine(self):
        self.assertIsNone(to([False, True], queue=7, config={"not_for": [7]}))
