"""Contract 0.1: the numbers of `packed-rows.md`."""

#: Major × 65,536 + minor, in word 0 of the facts.
VERSION = 1

# Words of the header of facts.
POINT, NOW, SEED, MEMO_AT, ROWS_AT, ROWS, ROW_WORDS, COLUMNS = 1, 2, 4, 6, 7, 8, 9, 10
LABELS_AT, LABELS, REQUIREMENTS_AT, REQUIREMENTS = 11, 12, 13, 14
QUEUE, WAITED_MS, PRIORITY, ATTEMPT = 16, 17, 18, 19
AGENT = RECORDING_FLAGS = LINE = 20
MOMENT = DIGIT = 21
CONSENT = 22
RECORDING_STATE = CALLER = 23
#: Words before the first section.
HEADER_WORDS = 24

#: Decision points: code, and the columns of a row by number.
POINTS = {
    "skill-match": (1, ("agent", "idle-ms", "group-order", "contacts-handled", "levels")),
    "contact-select": (2, ("contact", "queue", "waited-ms", "priority", "attempt")),
    "endpoint-select": (3, ("kind", "reach", "answered-last")),
    "recording-policy": (4, ()),
    "classify": (5, ("queue", "waiting", "open", "staffed")),
}

#: Words of the memo in a verdict that keeps it.
MEMO_KEEP = 0xFFFF_FFFF
MEMO_WORDS_MAX = 1_024
#: Most rings of an offer, and most stages.
RINGS_MAX = 16
STAGES_MAX = 8
#: Shortest and longest ring, in ms.
RING_MS_MIN = 1_000
RING_MS_MAX = 120_000

#: Most requirements that a `classify` verdict gives a contact.
OWN_REQUIREMENTS_MAX = 8
#: The most that a `classify` verdict adds to the priority of a queue, or takes from it.
PRIORITY_MAX = 1_000
#: The highest level of a skill.
LEVEL_MAX = 100

# Names by their codes.
KINDS = ("teams-client", "calling-sdk", "pstn")
REACHES = ("unknown", "available", "busy", "offline")
MOMENTS = (
    "connected",
    "payment-started",
    "payment-ended",
    "consent-changed",
    "asked-start",
    "asked-stop",
    "asked-pause",
    "asked-resume",
)
CONSENTS = ("unknown", "given", "refused")
STATES = ("off", "active", "paused")
CALLERS = ("other", "phone-number", "withheld-number", "teams-user")
ACTIONS = ("none", "start", "stop", "pause", "resume")
FORMATS = ("wav", "mp3", "mp4")
CHANNELS = ("mixed", "unmixed")


def named(names, code):
    """The name of a code, or `None` for one that this version does not know."""
    return names[code] if code < len(names) else None


def signed(word):
    """A word as a number with a sign."""
    return word - 0x1_0000_0000 if word >= 0x8000_0000 else word


def joined(words, at):
    """A number of two words, low word first."""
    return words[at + 1] << 32 | words[at]
