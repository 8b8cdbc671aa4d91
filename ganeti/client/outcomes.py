"""How commands that make one job per instance say how it went."""

from collections.abc import Sequence

from ganeti import constants as c
from ganeti.cli.jobs import JobOutcome


def summarise(outcomes: Sequence[JobOutcome], *, success: str, failure: str) -> int:
    """Print *success*, or *failure* with the number of failed jobs put in for ``{count}``; return the exit code."""
    failed = sum(not outcome.success for outcome in outcomes)
    print(failure.format(count=failed) if failed else success)
    return c.EXIT_FAILURE if failed else c.EXIT_SUCCESS
