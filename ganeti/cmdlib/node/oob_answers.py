"""What out-of-band programs answer, and what may be done with their answers. No effects here."""

from typing import Any, Final

from ganeti import constants as c

#: Commands that a node does not survive.
DESTRUCTIVE: Final = frozenset({c.OOB_POWER_OFF, c.OOB_POWER_CYCLE})
_BAD_STATES: Final = frozenset({c.OOB_STATUS_WARNING, c.OOB_STATUS_CRITICAL})
#: Command -> what the recorded power state becomes.
RECORDED: Final = {c.OOB_POWER_ON: True, c.OOB_POWER_OFF: False}


def problem_of(command: str, payload: Any) -> str | None:
    """Return what is wrong with an answer, None for one that the interface of the program allows."""
    if command == c.OOB_HEALTH:
        return _health_problem(payload)
    if command == c.OOB_POWER_STATUS:
        is_good = isinstance(payload, dict) and isinstance(payload.get(c.OOB_POWER_STATUS_POWERED), bool)
        return None if is_good else f"power-status is expected to return a mapping with a boolean 'powered': {payload}"
    return None if payload is None else f"{command} is expected not to return anything: {payload}"


def _health_problem(payload: Any) -> str | None:
    if not isinstance(payload, list):
        return f"health is expected to return a list: {payload}"
    for entry in payload:
        if not (isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str)):
            return f"health item is not a pair of name and state: {entry}"
        if entry[1] not in c.OOB_STATUSES:
            return f"health item '{entry[0]}' has the invalid state '{entry[1]}'"
    return None


def bad_items(payload: list[list[str]]) -> list[tuple[str, str]]:
    """Return the items of a health answer that somebody should look after, with their states."""
    return [(item, state) for item, state in payload if state in _BAD_STATES]
