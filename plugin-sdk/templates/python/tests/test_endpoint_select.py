import json
import unittest
from pathlib import Path

import plugin
from cordboard_plugin.testing import decide

READS = json.loads((Path(__file__).parents[1] / "manifest.json").read_text())["reads"]

FACTS = {
    "contact": {"queue": 7},
    "endpoints": [
        {"kind": "pstn"},
        {"kind": "teams-client", "reach": "available"},
        {"kind": "calling-sdk", "reach": "offline"},
    ],
}


class EndpointSelect(unittest.TestCase):
    def test_telephones_ring_after_apps_and_what_is_off_does_not_ring(self):
        rings = decide(plugin, "endpoint-select", FACTS, reads=READS)["rings"]
        self.assertEqual([(of["endpoint"], of["stage"]) for of in rings], [(1, 0), (0, 1)])

    def test_a_queue_in_not_for_is_left_to_the_engine(self):
        verdict = decide(plugin, "endpoint-select", FACTS, config={"not_for": [7]}, reads=READS)
        self.assertEqual(verdict, {"abstain": True})
