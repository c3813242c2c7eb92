"""What authors meet: facts, verdicts, configuration, clock and randomness."""

import subprocess
import sys
import types
import unittest

from cordboard_plugin import Classification, MissingColumn, OwnRequirement, Ranking, Recording, Rings, log
from cordboard_plugin.component import decision
from cordboard_plugin.testing import decide, mistakes

THREE = {"candidates": [{"agent": 7}, {"agent": 8}, {"agent": 9}]}


def plugin(**functions):
    return types.SimpleNamespace(**functions)


def ranked(build, reads=None):
    def skill_match(facts, _policy):
        ranking = Ranking()
        build(ranking, facts)
        return ranking

    return decide(plugin(skill_match=skill_match), "skill-match", THREE, reads=reads)


class Rankings(unittest.TestCase):
    def test_the_best_come_first_and_equals_keep_their_order(self):
        def build(ranking, _):
            ranking.rank(2, 5, 1)
            ranking.rank(0, -0x8000_0000, 2)
            ranking.rank(1, 5, 3)

        order = [(of["index"], of["score"], of["reason"]) for of in ranked(build)["ranked"]]
        self.assertEqual(order, [(1, 5, 3), (2, 5, 1), (0, -0x8000_0000, 2)])

    def test_only_the_best_are_kept_and_the_others_rejected_where_there_is_a_reason(self):
        def best(reason):
            def build(ranking, _):
                ranking.keep_best(1, reason)
                for index, score in enumerate((3, 9, 4)):
                    ranking.rank(index, score, 1)

            return ranked(build)

        self.assertEqual(best(0), {"ranked": [{"index": 1, "score": 9, "reason": 1}]})
        self.assertEqual(best(5)["rejected"], [{"index": 2, "reason": 5}, {"index": 0, "reason": 5}])

    def test_what_is_no_score_is_refused(self):
        for score in (0.5, 0x8000_0000, -0x8000_0001):
            with self.assertRaisesRegex(ValueError, "scores are whole numbers"):
                ranked(lambda ranking, _, score=score: ranking.rank(0, score))


class FactsOfAll(unittest.TestCase):
    def test_a_column_that_is_not_read_says_what_to_add(self):
        for read, column in ((lambda facts: facts.idle_ms(0), "idle-ms"), (lambda facts: facts.levels(0), "levels")):
            with self.assertRaisesRegex(MissingColumn, f'add "{column}" to `reads`'):
                ranked(lambda _, facts, read=read: read(facts), reads={"skill-match": []})

    def test_a_row_that_is_not_there_says_how_many_there_are(self):
        for index in (3, -1):
            with self.assertRaisesRegex(IndexError, f"there is no row {index}: there are 3"):
                ranked(lambda _, facts, index=index: facts.idle_ms(index))
            with self.assertRaisesRegex(IndexError, f"there is no row {index}: there are 3"):
                ranked(lambda _, facts, index=index: facts.levels(index))

    def test_contacts_are_read_by_every_column(self):
        seen = []

        def contact_select(facts, _policy):
            seen.extend(of(0) for of in (facts.contact, facts.queue, facts.waited_ms, facts.priority, facts.attempt))
            seen.extend((facts.agent, facts.agent_idle_ms, facts.agent_group_order, facts.agent_contacts_handled))

        contact = {"contact": 2**40 + 5, "queue": 3, "waited_ms": 4_000_000_000, "priority": -7, "attempt": 2}
        agent = {"agent": 4, "idle_ms": 5, "group_order": 6, "contacts_handled": 7}
        decide(plugin(contact_select=contact_select), "contact-select", {"contacts": [contact], "agent": agent})
        self.assertEqual(seen, [2**40 + 5, 3, 4_000_000_000, -7, 2, 4, 5, 6, 7])

    def test_a_memo_is_kept_replaced_or_forgotten_and_at_most_1024_words(self):
        def leaving(memo):
            def skill_match(facts, _policy):
                self.assertEqual(facts.memo, [3, 4])
                if memo is not None:
                    facts.memo = memo

            return decide(plugin(skill_match=skill_match), "skill-match", {"memo": [3, 4]})

        self.assertEqual(leaving(None), {"abstain": True})
        self.assertEqual(leaving([5]), {"abstain": True, "memo": [5]})
        self.assertEqual(leaving([]), {"abstain": True, "memo": []})
        with self.assertRaisesRegex(ValueError, "at most 1024 words"):
            leaving([0] * 1_025)


class Classifications(unittest.TestCase):
    FACTS = {
        "contact": {"queue": 4, "priority": -3},
        "line": 9,
        "digit": "2",
        "consent": "given",
        "caller": "withheld-number",
        "queues": [{"queue": 4, "waiting": 7}, {"queue": 5, "open": False, "staffed": False}],
    }

    def classified(self, verdict, facts=None, reads=None):
        def classify(facts, _policy):
            self.seen = [facts.contact.queue, facts.line, facts.digit, facts.consent, facts.caller, facts.queue(facts.count - 1)]
            self.seen += [facts.waiting(0), facts.is_open(0), facts.is_staffed(facts.count - 1)]
            return verdict

        return decide(plugin(classify=classify), "classify", facts or self.FACTS, reads=reads)

    def test_a_call_is_classified_with_what_its_agent_must_have(self):
        requirements = [OwnRequirement(8), OwnRequirement(6, 400, required=False, expires_ms=90_000)]
        expected = {
            "to": 1,
            "priority": -1_000,
            "reason": 2,
            "requirements": [
                {"skill": 8, "minimum": 1, "required": True, "expires_ms": 0},
                {"skill": 6, "minimum": 100, "required": False, "expires_ms": 90_000},
            ],
        }
        verdict = Classification(1, priority=-5_000, reason=2, requirements=requirements)
        self.assertEqual(self.classified(verdict), expected)
        self.assertEqual(self.seen, [4, 9, "2", "given", "withheld-number", 5, 7, True, False])
        self.assertEqual(self.classified(Classification(0)), {"to": 0, "priority": 0, "reason": 0})
        self.assertEqual(self.classified(None), {"abstain": True})

    def test_a_caller_who_chose_nothing_has_no_digit(self):
        self.classified(None, {"queues": [{}]})
        self.assertIsNone(self.seen[2])

    def test_what_is_no_classification_is_refused(self):
        for to in (-1, 2):
            with self.assertRaisesRegex(IndexError, "there is no queue in row"):
                self.classified(Classification(to))
        with self.assertRaisesRegex(ValueError, "at most 8"):
            Classification(0, requirements=[OwnRequirement(1)] * 9)
        with self.assertRaisesRegex(MissingColumn, 'add "open" to `reads`'):
            self.classified(None, reads={"classify": ["waiting"]})


class OtherVerdicts(unittest.TestCase):
    def test_stages_have_no_gaps_times_are_brought_into_range_and_nothing_rings_twice(self):
        def endpoint_select(_facts, _policy):
            rings = Rings()
            rings.next_stage()
            self.assertTrue(rings.ring(1, 5))
            self.assertFalse(rings.ring(1, 5_000))
            rings.next_stage()
            rings.next_stage()
            rings.ring(0, 1_000_000)
            return rings

        verdict = decide(plugin(endpoint_select=endpoint_select), "endpoint-select", {"endpoints": [{}, {}]})
        first = {"endpoint": 1, "stage": 0, "ring_ms": 1_000}
        second = {"endpoint": 0, "stage": 1, "ring_ms": 120_000}
        self.assertEqual(verdict, {"rings": [first, second]})
        nothing = plugin(endpoint_select=lambda _facts, _policy: Rings())
        self.assertEqual(decide(nothing, "endpoint-select", {}), {"abstain": True})

    def test_a_recording_says_what_it_is_not(self):
        with self.assertRaisesRegex(ValueError, "`action` is one of none, start"):
            Recording("begin")

    def test_what_is_no_verdict_is_refused(self):
        with self.assertRaisesRegex(TypeError, "a verdict is a Ranking, or None"):
            decide(plugin(skill_match=lambda _facts, _policy: [1]), "skill-match", THREE)


class Configuration(unittest.TestCase):
    def test_mistakes_have_their_places(self):
        def configure(config, problems):
            if config["weight"] < 0:
                problems.add("/weight", "is below 0")

        self.assertEqual(mistakes(plugin(configure=configure), {"weight": -1}), [("/weight", "is below 0")])
        self.assertEqual(mistakes(plugin(configure=configure), {"weight": 1}), [])

    def test_a_function_that_is_missing_is_named(self):
        with self.assertRaisesRegex(AttributeError, "define `skill_match` in plugin.py"):
            decision(plugin(), "skill-match")

    def test_lines_go_to_the_log_of_the_host(self):
        lines = []
        log.send_to(lambda *line: lines.append(line))
        log.warn("the turn is lost")
        log.send_to(None)
        self.assertEqual(lines, [("warn", "the turn is lost")])

    def test_a_component_has_neither_clock_nor_randomness(self):
        # In a process of its own, because it takes the clock away.
        script = (
            "import random, time\n"
            "from cordboard_plugin.component import no_clock_no_randomness\n"
            "no_clock_no_randomness()\n"
            "for what in (time.time, time.monotonic, random.random, lambda: random.choice([1])):\n"
            "    try:\n"
            "        what()\n"
            "    except RuntimeError as error:\n"
            "        print(error)\n"
        )
        said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said.count("no clock"), 2)
        self.assertEqual(said.count("no randomness"), 2)
