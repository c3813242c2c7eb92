import json
import unittest
from pathlib import Path

import plugin
from cordboard_plugin.testing import decide

READS = json.loads((Path(__file__).parents[1] / "manifest.json").read_text())["reads"]


def action(facts, config=None):
    return decide(plugin, "recording-policy", facts, config=config, reads=READS).get("action")


class RecordingPolicy(unittest.TestCase):
    def test_a_conversation_is_recorded_unless_the_caller_refuses(self):
        self.assertEqual(action({"moment": "connected"}), "start")
        refused = {"moment": "consent-changed", "consent": "refused", "state": "active"}
        self.assertEqual(action(refused), "stop")

    def test_a_payment_is_not_recorded(self):
        self.assertEqual(action({"moment": "payment-started", "state": "active"}), "pause")

    def test_a_queue_in_not_for_is_left_to_the_engine(self):
        self.assertIsNone(action({"moment": "connected", "contact": {"queue": 7}}, {"not_for": [7]}))
