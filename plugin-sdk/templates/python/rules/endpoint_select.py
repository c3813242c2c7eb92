"""Where an agent is rung: apps that are not known to be off, all at once, then telephones."""

from cordboard_plugin import Rings

#: How long each stage rings, in ms.
RING_MS = 15_000


def endpoint_select(facts, policy):
    if facts.contact.queue in policy.not_for:
        return None
    rings = Rings()
    for phones in (False, True):
        for endpoint in range(facts.count):
            is_phone = facts.kind(endpoint) == "pstn"
            if is_phone == phones and facts.reach(endpoint) != "offline":
                rings.ring(endpoint, RING_MS)
        rings.next_stage()
    # Deciding without a ring is abstaining: the engine's own rule rings somebody.
    return rings
