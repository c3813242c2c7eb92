"""What tests of a plugin use, with `unittest` or pytest."""

import json
import os
import subprocess
import unittest

from . import contract as c
from .component import Refused, configured, decision


def decide(plugin, point, facts, config=None, reads=None):
    """Decides as the component does: configures the plugin, packs the facts, calls its function, reads the verdict.

    `facts` is a dictionary whose members are named like those of the golden vectors, with numbers for names; what is left out is 0,
    empty or the first name. `config` has numbers for names too. `reads` is that of the manifest: only these columns are packed then.
    """
    policy = configured(plugin, json.dumps(config or {}))
    words = pack(point, facts, None if reads is None else reads[point])
    return read(point, decision(plugin, point)(words, policy))


def mistakes(plugin, config):
    """The mistakes that `configure` finds in a configuration: pairs of place and text."""
    try:
        configured(plugin, json.dumps(config))
    except Refused as refused:
        return refused.problems
    return []


def golden_vectors(project, program=None):
    """A test case that plays the golden vectors of a project in the plugin host of the engine, with `cordboard plugin test`.

    `program` is the `cordboard` to run; otherwise that of `CORDBOARD_PROGRAM` in the environment, or the one on the `PATH`.
    """
    run = program or os.environ.get("CORDBOARD_PROGRAM", "cordboard")

    class GoldenVectors(unittest.TestCase):
        def test_golden_vectors_in_the_plugin_host_of_the_engine(self):
            ran = subprocess.run([run, "plugin", "test", str(project), "--json"], capture_output=True, text=True)
            if not ran.stdout.startswith("{"):
                self.fail(ran.stderr.strip())
            for vector in json.loads(ran.stdout)["vectors"]:
                with self.subTest(vector["name"]):
                    self.assertTrue(vector["passed"], told(vector))

    return GoldenVectors


def told(vector):
    """What is not as expected in a vector, one line for each difference."""
    lines = [f"the plugin failed: {vector['detail']}"] if vector["detail"] else []
    for when, differences in (("", vector["differences"]), (" when it was asked again", vector["asked_again"])):
        for of in differences:
            place = of["member"] or "the whole verdict"
            lines.append(f"{place}{when}: expected {json.dumps(of['expected'])}, found {json.dumps(of['found'])}")
    return "\n".join(lines)


def pack(point, facts, reads=None):
    """Packs facts as the host does: the first column, and those that are read; all of them unless said."""
    code, columns = c.POINTS[point]
    packed = [column for number, column in enumerate(columns) if number == 0 or reads is None or column in reads]
    words = [0] * c.HEADER_WORDS
    words[0], words[c.POINT] = c.VERSION, code
    words[c.NOW : c.NOW + 2] = _halves(facts.get("now", 0))
    words[c.SEED : c.SEED + 2] = _halves(facts.get("seed", 0))
    contact = facts.get("contact", {})
    if point == "contact-select":
        about = facts.get("agent", {})
        members = ("agent", "idle_ms", "group_order", "contacts_handled")
    else:
        about = contact
        members = ("queue", "waited_ms", "priority", "attempt")
    words[c.QUEUE : c.QUEUE + 4] = [about.get(member, 0) for member in members]
    if point == "endpoint-select":
        words[c.AGENT] = facts.get("agent", 0)
    if point == "recording-policy":
        words[c.RECORDING_FLAGS] = int(facts.get("legally_required", False))
        words[c.MOMENT] = c.MOMENTS.index(facts.get("moment", "connected"))
        words[c.CONSENT] = c.CONSENTS.index(facts.get("consent", "unknown"))
        words[c.RECORDING_STATE] = c.STATES.index(facts.get("state", "off"))
    if point == "classify":
        words[c.LINE] = facts.get("line", 0)
        words[c.DIGIT] = ord(facts["digit"]) if facts.get("digit") else 0
        words[c.CONSENT] = c.CONSENTS.index(facts.get("consent", "unknown"))
        words[c.CALLER] = c.CALLERS.index(facts.get("caller", "other"))

    labels = contact.get("labels", {})
    words[c.LABELS_AT], words[c.LABELS] = len(words), len(labels)
    for label in labels.items():
        words += label
    requirements = facts.get("requirements", [])
    words[c.REQUIREMENTS_AT], words[c.REQUIREMENTS] = len(words), len(requirements)
    for of in requirements:
        words += (of["skill"], of.get("minimum", 1), int(of.get("required", True)))

    rows = facts.get(_ROWS[point], [])
    width = len(packed) + ("contact" in packed) + (len(requirements) - 1 if "levels" in packed else 0)
    words[c.ROWS_AT], words[c.ROWS], words[c.ROW_WORDS] = len(words), len(rows), width
    words[c.COLUMNS] = sum(1 << columns.index(column) for column in packed)
    for row in rows:
        for column in packed:
            words += _column(column, row, len(requirements))
    words[c.MEMO_AT] = len(words)
    words += facts.get("memo", [])
    return [word & 0xFFFF_FFFF for word in words]


_ROWS = {
    "skill-match": "candidates",
    "contact-select": "contacts",
    "endpoint-select": "endpoints",
    "recording-policy": "none",
    "classify": "queues",
}


def _halves(number):
    return [number & 0xFFFF_FFFF, number >> 32]


def _column(column, row, requirements):
    value = row.get(column.replace("-", "_"))
    if column == "levels":
        levels = list(value or [])
        return (levels + [0] * requirements)[:requirements]
    if column == "contact":
        return _halves(value or 0)
    if column == "kind":
        return [c.KINDS.index(value or "teams-client")]
    if column in ("open", "staffed"):
        return [int(True if value is None else value)]
    if column == "reach":
        return [c.REACHES.index(value or "unknown")]
    return [int(value or 0)]


def read(point, words):
    """Reads a packed verdict, as a dictionary with the members of the golden vectors; rows are named by `index`."""
    outcome, memo_words, rows, rejected = words[:4]
    found = {} if memo_words == c.MEMO_KEEP else {"memo": words[len(words) - memo_words :]}
    if outcome == 0:
        return {"abstain": True, **found}
    width = 6 if point == "recording-policy" else 3
    after = 4 + rows * width
    all_rows = [words[at : at + width] for at in range(4, after, width)]
    if point == "recording-policy":
        action, format, channels, days, flags, reason = all_rows[0]
        return {
            "action": c.ACTIONS[action],
            "format": c.FORMATS[format],
            "channels": c.CHANNELS[channels],
            "retention_days": days,
            "with_transcription": flags & 1 == 1,
            "with_streaming": flags & 2 == 2,
            "reason": reason,
            **found,
        }
    if point == "classify":
        to, priority, reason = all_rows[0]
        if rejected:
            fours = (words[at : at + 4] for at in range(after, after + 4 * rejected, 4))
            found["requirements"] = [
                {"skill": skill, "minimum": minimum, "required": flags & 1 == 1, "expires_ms": expires}
                for skill, minimum, flags, expires in fours
            ]
        return {"to": to, "priority": c.signed(priority), "reason": reason, **found}
    if point == "endpoint-select":
        return {"rings": [dict(zip(("endpoint", "stage", "ring_ms"), row)) for row in all_rows], **found}
    found["ranked"] = [{"index": index, "score": c.signed(score), "reason": reason} for index, score, reason in all_rows]
    if rejected:
        pairs = (words[at : at + 2] for at in range(after, after + 2 * rejected, 2))
        found["rejected"] = [dict(zip(("index", "reason"), pair)) for pair in pairs]
    return found
