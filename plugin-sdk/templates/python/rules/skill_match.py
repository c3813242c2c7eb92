"""Which agent gets a contact: whoever has the highest levels of what is asked for."""

from cordboard_plugin import Ranking

#: Why: manifest.json has the text.
SKILLED = 1


def skill_match(facts, policy):
    if facts.contact.queue in policy.not_for:
        return None
    ranking = Ranking()
    # Candidates come in native order, longest idle first: equal scores keep it.
    for candidate in range(facts.count):
        ranking.rank(candidate, sum(facts.levels(candidate)), SKILLED)
    return ranking
