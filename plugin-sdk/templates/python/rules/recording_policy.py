"""What is recorded: every conversation whose caller has not refused, but no payment."""

from cordboard_plugin import Recording

# Why: manifest.json has the texts.
RECORDED = 3
PAYMENT = 4
REFUSED = 5

#: How long recordings are kept, in days.
RETENTION_DAYS = 90


def recording_policy(facts, policy):
    if facts.contact.queue in policy.not_for:
        return None
    why = facts.moment, facts.state
    if facts.consent == "refused":
        return recording("none" if facts.state == "off" else "stop", REFUSED)
    if why == ("payment-started", "active"):
        return recording("pause", PAYMENT)
    if why == ("payment-ended", "paused"):
        return recording("resume", RECORDED)
    if why == ("connected", "off"):
        return recording("start", RECORDED)
    return None


def recording(action, reason):
    return Recording(
        action,
        retention_days=RETENTION_DAYS,
        with_transcription=True,
        with_streaming=True,
        reason=reason,
    )
