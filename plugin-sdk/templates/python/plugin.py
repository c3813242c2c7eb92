"""{{description}}"""

{{imports}}

__all__ = [{{functions}}, "configure"]


def configure(config, problems):
    """Runs once, before any decision: what it returns is the `policy` of the decisions.

    Report with `problems.add("/place", "what is wrong")` what the schema cannot say.
    """
    return Policy(config)


class Policy:
    """What operators write, and `schema.json` describes."""

    def __init__(self, config):
        self.not_for = frozenset(config.get("not_for", []))
