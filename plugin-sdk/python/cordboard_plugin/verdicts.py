"""Verdicts: what a decision gives, as packed words."""

from . import contract as c


def packed(decided, rows, rejected, words, left):
    """A verdict with its header and the memo."""
    header = [int(decided), c.MEMO_KEEP if left is None else len(left), rows, rejected]
    return header + words + (left or [])


def abstained(facts):
    """The verdict that leaves the decision to the engine's own rule; a memo that was written stays."""
    return packed(False, 0, 0, [], facts._left)


class Ranking:
    """The verdict of `skill_match` and `contact_select`. Rows that are not named are not offered."""

    def __init__(self):
        self._ranked = []
        self._rejected = []
        self._best = None
        self._outranked = 0

    def rank(self, index, score, reason=0):
        """Ranks a row, in any order; the best come first in the verdict, and equal scores keep the native order.

        `score` is a whole number of 32 bits, larger is better; `reason` is a code of the manifest's `reasons`, 0 for none. Each row at
        most once, over both methods: the host drops a verdict that names one twice.
        """
        self._ranked.append((-score, index, reason))

    def reject(self, index, reason=0):
        """Leaves a row out and says why; only for `skill_match`."""
        self._rejected += (index, reason)

    def keep_best(self, rows, reason=0):
        """Keeps only the best `rows`; the others are rejected with the reason, or left out where there is none."""
        self._best = rows
        self._outranked = reason

    def _pack(self, facts):
        ranked = sorted(self._ranked)
        best = len(ranked) if self._best is None else self._best
        words = []
        for score, index, reason in ranked[:best]:
            if not (isinstance(score, int) and -0x8000_0000 <= -score < 0x8000_0000):
                raise ValueError(f"row {index} cannot have the score {-score}: scores are whole numbers of 32 bits")
            words += (index, -score & 0xFFFF_FFFF, reason)
        rejected = self._rejected
        if self._outranked:
            rejected = rejected + [word for _, index, _ in ranked[best:] for word in (index, self._outranked)]
        return packed(True, min(best, len(ranked)), len(rejected) // 2, words + rejected, facts._left)


class Rings:
    """The verdict of `endpoint_select`: the endpoints of a stage ring at once, the next stage when nobody has answered."""

    def __init__(self):
        self._words = []
        self._ringing = set()
        self._stage = 0
        self._used = False

    def ring(self, index, time_ms):
        """Lets an endpoint ring in this stage, for 1,000 to 120,000 ms; other times are brought into that range.

        Returns `False`, and does nothing, for an endpoint that rings already, a 17th ring or a 9th stage.
        """
        if index in self._ringing or len(self._ringing) >= c.RINGS_MAX or self._stage >= c.STAGES_MAX:
            return False
        self._ringing.add(index)
        self._words += (index, self._stage, min(max(time_ms, c.RING_MS_MIN), c.RING_MS_MAX))
        self._used = True
        return True

    def next_stage(self):
        """Begins the next stage, unless nothing rings in this one yet."""
        self._stage += self._used
        self._used = False

    def _pack(self, facts):
        if not self._words:
            # Deciding without a ring is abstaining.
            return abstained(facts)
        return packed(True, len(self._ringing), 0, self._words, facts._left)


class Recording:
    """The verdict of `recording_policy`. A name that does not exist raises a `ValueError`."""

    def __init__(
        self,
        action,
        *,
        format="wav",
        channels="mixed",
        retention_days=0,
        with_transcription=False,
        with_streaming=False,
        reason=0,
    ):
        """`action`: `none`, `start`, `stop`, `pause`, `resume`; `format`: `wav`, `mp3` (mixed only), `mp4`; `channels`: `mixed`, `unmixed`
        (WAV only); `retention_days`: at most 36,500, 0 leaves it to the tenant; `with_transcription`, `with_streaming`: pause and resume
        also act on these."""
        self._words = [
            _code(c.ACTIONS, action, "action"),
            _code(c.FORMATS, format, "format"),
            _code(c.CHANNELS, channels, "channels"),
            retention_days,
            with_transcription | with_streaming << 1,
            reason,
        ]

    def _pack(self, facts):
        return packed(True, 1, 0, self._words, facts._left)


class OwnRequirement:
    """What a contact's agent must have beside what its queue requires."""

    def __init__(self, skill, minimum=1, *, required=True, expires_ms=0):
        """`minimum`: the lowest level that will do, brought into 1 to 100; `required`: agents without it are no candidates, otherwise a
        wish that `skill_match` plugins are told; `expires_ms`: after so many ms of waiting it holds no more, 0 for never."""
        self._words = (skill, min(max(minimum, 1), c.LEVEL_MAX), int(required), expires_ms)


class Classification:
    """The verdict of `classify`: what holds for the contact from then on, wherever it waits."""

    def __init__(self, to, *, priority=0, requirements=(), reason=0):
        """`to`: the number of the queue's row; `priority`: added to the queue's, brought into -1,000 to 1,000, larger is more urgent;
        `requirements`: at most 8 `OwnRequirement`; `reason`: a code of the manifest's `reasons`, 0 for none."""
        requirements = list(requirements)
        if len(requirements) > c.OWN_REQUIREMENTS_MAX:
            raise ValueError(f"a contact gets at most {c.OWN_REQUIREMENTS_MAX} requirements, and not {len(requirements)}")
        added = min(max(priority, -c.PRIORITY_MAX), c.PRIORITY_MAX)
        self._to = to
        self._count = len(requirements)
        self._words = [to, added & 0xFFFF_FFFF, reason]
        for requirement in requirements:
            self._words += requirement._words

    def _pack(self, facts):
        if not 0 <= self._to < facts.count:
            raise IndexError(f"there is no queue in row {self._to}: there are {facts.count}, from 0")
        return packed(True, 1, self._count, self._words, facts._left)


def _code(names, name, member):
    if name not in names:
        raise ValueError(f"`{member}` is one of {', '.join(names)}, and not {name}")
    return names.index(name)
