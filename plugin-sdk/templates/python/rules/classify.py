"""Which queue a new call gets: the one that was chosen, unless it is closed or has nobody."""

from cordboard_plugin import Classification

# Why: manifest.json has the text.
UNATTENDED = 6


def classify(facts, policy):
    if facts.contact.queue in policy.not_for:
        return None
    # The first row is the queue that the menu or the line chose.
    for index in range(facts.count):
        if facts.is_open(index) and facts.is_staffed(index):
            return Classification(index, reason=UNATTENDED if index else 0)
    return None
