"""Facts: views over the packed words. Nothing is copied, and nothing is made for a row unless it is asked for."""

from . import contract as c


class MissingColumn(Exception):
    """A column was read that the manifest does not name in `reads`."""


def _offsets(point, mask):
    """Where each packed column of a row begins."""
    found, offset = {}, 0
    for number, column in enumerate(c.POINTS[point][1]):
        if mask >> number & 1:
            found[column] = offset
            offset += 2 if column == "contact" else 1
    return found


# Kept by decision point and mask: the rows of a plugin are all alike.
_LAYOUTS = {}


class Facts:
    """What the facts of all decision points have."""

    _point = ""

    def __init__(self, words):
        code = c.POINTS[self._point][0]
        if words[0] >> 16 != c.VERSION >> 16 or words[c.POINT] != code:
            raise ValueError(f"these are no facts of contract 0.1 for {self._point}")
        self._words = words
        self._at = words[c.ROWS_AT]
        self._row = words[c.ROW_WORDS]
        #: Number of rows; rows are numbered from 0.
        self.count = words[c.ROWS]
        self._left = None
        mask = words[c.COLUMNS]
        columns = _LAYOUTS.get((code, mask))
        if columns is None:
            columns = _LAYOUTS[code, mask] = _offsets(self._point, mask)
        self._columns = columns

    def _word(self, column, index):
        if not 0 <= index < self.count:
            raise IndexError(f"there is no row {index}: there are {self.count}, from 0")
        try:
            return self._words[self._at + index * self._row + self._columns[column]]
        except KeyError:
            raise MissingColumn(f'the column is not packed: add "{column}" to `reads` in manifest.json') from None

    @property
    def now(self):
        """Now, in ms since the Unix epoch: the plugin's only clock."""
        return c.joined(self._words, c.NOW)

    @property
    def seed(self):
        """The plugin's only randomness, 64 bits: the same when the decision is replayed."""
        return c.joined(self._words, c.SEED)

    @property
    def memo(self):
        """What this plugin left at its last decision for this queue: numbers of 32 bits, at most 1,024.

        What is assigned is left for the next decision; none forgets the memo. It is the only state that outlives an instance.
        """
        return self._words[self._words[c.MEMO_AT] :]

    @memo.setter
    def memo(self, words):
        words = [word & 0xFFFF_FFFF for word in words]
        if len(words) > c.MEMO_WORDS_MAX:
            raise ValueError(f"a memo has at most {c.MEMO_WORDS_MAX} words, this one has {len(words)}")
        self._left = words


class Contact:
    """The contact that a decision is about."""

    def __init__(self, words):
        self._words = words

    @property
    def queue(self):
        """The queue that it waits in."""
        return self._words[c.QUEUE]

    @property
    def waited_ms(self):
        """How long it has waited, in ms."""
        return self._words[c.WAITED_MS]

    @property
    def priority(self):
        """-1,000 to 1,000, larger is more urgent."""
        return c.signed(self._words[c.PRIORITY])

    @property
    def attempt(self):
        """How many offers it has had."""
        return self._words[c.ATTEMPT]

    @property
    def labels(self):
        """All labels, at most 64: value by key."""
        at = self._words[c.LABELS_AT]
        words = self._words[at : at + 2 * self._words[c.LABELS]]
        return dict(zip(words[::2], words[1::2]))


class Requirement:
    """A skill that the contact asks for."""

    def __init__(self, skill, minimum, required):
        self.skill = skill
        #: The lowest level that will do, 1 to 100.
        self.minimum = minimum
        #: `True`: agents without it are no candidates. `False`: a wish.
        self.required = required


class _WithContact(Facts):
    @property
    def contact(self):
        """The contact."""
        return Contact(self._words)


class SkillMatchFacts(_WithContact):
    """Which agent gets a contact. The rows are candidates, in native order, who all have what is required."""

    _point = "skill-match"

    def __init__(self, words):
        super().__init__(words)
        #: Number of requirements, at most 32.
        self.requirement_count = words[c.REQUIREMENTS]

    @property
    def requirements(self):
        """The requirements in force, as a list."""
        at = self._words[c.REQUIREMENTS_AT]
        starts = range(at, at + 3 * self.requirement_count, 3)
        words = self._words
        return [Requirement(words[at], words[at + 1], words[at + 2] & 1 == 1) for at in starts]

    def agent(self, index):
        """The agent."""
        return self._word("agent", index)

    def idle_ms(self, index):
        """How long the agent has been idle, in ms. Needs `idle-ms` in `reads`."""
        return self._word("idle-ms", index)

    def group_order(self, index):
        """The order of the routing group through which the agent serves the queue, 0 first. Needs `group-order`."""
        return self._word("group-order", index)

    def contacts_handled(self, index):
        """Contacts that the agent has handled. Needs `contacts-handled`."""
        return self._word("contacts-handled", index)

    def levels(self, index):
        """The agent's levels in the order of the requirements, 0 where the agent lacks the skill. Needs `levels`."""
        if not 0 <= index < self.count:
            raise IndexError(f"there is no row {index}: there are {self.count}, from 0")
        offset = self._columns.get("levels")
        if offset is None:
            raise MissingColumn('the column is not packed: add "levels" to `reads` in manifest.json')
        at = self._at + index * self._row + offset
        return self._words[at : at + self.requirement_count]


class ContactSelectFacts(Facts):
    """Which waiting contact a free agent gets. The rows are contacts, in native order."""

    _point = "contact-select"

    @property
    def agent(self):
        """The free agent."""
        return self._words[c.QUEUE]

    @property
    def agent_idle_ms(self):
        """How long the agent has been idle, in ms."""
        return self._words[c.WAITED_MS]

    @property
    def agent_group_order(self):
        """The order of the agent's routing group, 0 first."""
        return self._words[c.PRIORITY]

    @property
    def agent_contacts_handled(self):
        """Contacts that the agent has handled."""
        return self._words[c.ATTEMPT]

    def contact(self, index):
        """The number of the contact."""
        self._word("contact", index)
        return c.joined(self._words, self._at + index * self._row)

    def queue(self, index):
        """Its queue. Needs `queue` in `reads`."""
        return self._word("queue", index)

    def waited_ms(self, index):
        """How long it has waited, in ms. Needs `waited-ms`."""
        return self._word("waited-ms", index)

    def priority(self, index):
        """Its priority, -1,000 to 1,000, larger is more urgent. Needs `priority`."""
        return c.signed(self._word("priority", index))

    def attempt(self, index):
        """How many offers it has had. Needs `attempt`."""
        return self._word("attempt", index)


class EndpointSelectFacts(_WithContact):
    """Where an agent is rung. The rows are the agent's endpoints, in the order of the configuration."""

    _point = "endpoint-select"

    @property
    def agent(self):
        """The agent that the contact is offered to."""
        return self._words[c.AGENT]

    def kind(self, index):
        """`teams-client`, `calling-sdk` or `pstn`; `None` for a kind that this version does not know."""
        return c.named(c.KINDS, self._word("kind", index))

    def reach(self, index):
        """Whether it can be expected to ring: `unknown`, `available`, `busy` or `offline`. Needs `reach` in `reads`."""
        return c.named(c.REACHES, self._word("reach", index)) or "unknown"

    def answered_last(self, index):
        """Whether the agent answered the previous contact there. Needs `answered-last`."""
        return self._word("answered-last", index) == 1


class RecordingPolicyFacts(_WithContact):
    """What is recorded. What this version does not know is `None`: return `None` then."""

    _point = "recording-policy"

    @property
    def moment(self):
        """Why the question is asked: `connected`, `payment-started`, `payment-ended`, `consent-changed`, `asked-start` …"""
        return c.named(c.MOMENTS, self._words[c.MOMENT])

    @property
    def consent(self):
        """What the caller said to being recorded: `unknown`, `given` or `refused`."""
        return c.named(c.CONSENTS, self._words[c.CONSENT])

    @property
    def state(self):
        """What the recording does at the moment: `off`, `active` or `paused`."""
        return c.named(c.STATES, self._words[c.RECORDING_STATE])

    @property
    def legally_required(self):
        """Whether the law requires a recording on this queue."""
        return self._words[c.RECORDING_FLAGS] & 1 == 1


class ClassifyFacts(_WithContact):
    """Which queue a new call gets. The rows are queues: the one that the menu or the line chose, then the others.

    The contact's queue is the one that was chosen, and its priority the one that it would have there.
    """

    _point = "classify"

    @property
    def line(self):
        """The line that was called."""
        return self._words[c.LINE]

    @property
    def digit(self):
        """The menu's digit that chose the queue; `None` where the caller chose nothing."""
        code = self._words[c.DIGIT]
        return chr(code) if code else None

    @property
    def consent(self):
        """What the caller said to being recorded: `unknown`, `given` or `refused`."""
        return c.named(c.CONSENTS, self._words[c.CONSENT])

    @property
    def caller(self):
        """From where the caller calls: `phone-number`, `withheld-number`, `teams-user` or `other`."""
        return c.named(c.CALLERS, self._words[c.CALLER]) or "other"

    def queue(self, index):
        """The queue."""
        return self._word("queue", index)

    def waiting(self, index):
        """Callers who wait in it, offers included. Needs `waiting` in `reads`."""
        return self._word("waiting", index)

    def is_open(self, index):
        """Whether it takes callers now, by its hours and its supervisors. Needs `open`."""
        return self._word("open", index) != 0

    def is_staffed(self, index):
        """Whether somebody who serves it is logged in, free or not. Needs `staffed`."""
        return self._word("staffed", index) != 0
