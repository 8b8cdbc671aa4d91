"""gnt-cluster queue and watcher: what can be switched off for a while."""

import time

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import dates
from ganeti.cli.invocation import Invocation


def queue(call: Invocation) -> int:
    """Make the job queue refuse or accept jobs, or print which."""
    action = call.arguments[0]
    if action == "info":
        is_drained = call.client.query_config_values(["drain_flag"])[0]
        print(f"The drain flag is {'set' if is_drained else 'unset'}")
    else:
        call.client.set_drain_flag(action == "drain")
    return c.EXIT_SUCCESS


def watcher(call: Invocation) -> int:
    """Pause the watcher, let it continue, or print which."""
    action, *rest = call.arguments
    if action == "pause":
        if not rest:
            raise errors.OpPrereqError("Missing pause duration", c.ECODE_INVAL)
        span_s = dates.parse_span(rest[0])
        if not span_s:
            raise errors.OpPrereqError("The pause must be longer than 0; 'continue' ends one", c.ECODE_INVAL)
        until = time.time() + span_s
        _print_pause(call.client.set_watcher_pause(until))
    elif action == "continue":
        call.client.set_watcher_pause(None)
        print("The watcher is no longer paused.")
    else:
        _print_pause(call.client.query_config_values(["watcher_pause"])[0])
    return c.EXIT_SUCCESS


def _print_pause(until: float | None) -> None:
    if until is None:
        print("The watcher is not paused.")
    else:
        print(f"The watcher is paused until {time.ctime(until)}.")
