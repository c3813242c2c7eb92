"""Which waiting contact a free agent gets: the most urgent one, then the one that waits longest."""

from cordboard_plugin import Ranking

#: Why: manifest.json has the text.
URGENT = 2
#: Waiting counts up to a day; more would run into the next priority.
WAITED_SECONDS_MAX = 86_400


def contact_select(facts, policy):
    ranking = Ranking()
    for contact in range(facts.count):
        if facts.queue(contact) in policy.not_for:
            return None
        waited = min(facts.waited_ms(contact) // 1_000, WAITED_SECONDS_MAX)
        ranking.rank(contact, facts.priority(contact) * 100_000 + waited, URGENT)
    return ranking
