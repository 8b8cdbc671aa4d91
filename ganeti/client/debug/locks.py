"""gnt-debug locks: who holds and who waits for which lock."""

import time
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import output
from ganeti.cli.invocation import Invocation

_NOTHING: Final = "-"


def _format_mode(value: Any) -> str:
    return str(value) if value else _NOTHING


def _format_owner(value: Any) -> str:
    return output.join_list(value) if value else _NOTHING


def _format_pending(value: Any) -> str:
    return ", ".join(f"{mode}:{output.join_list(owners)}" for mode, owners in value or ()) or _NOTHING


_OVERRIDES: Final[dict[str, output.Formatter]] = {
    "mode": _format_mode,
    "owner": _format_owner,
    "pending": _format_pending,
}


def run(call: Invocation) -> int:
    """List the locks, with an interval again and again until interrupted."""
    interval_s: int | None = call.options.interval
    if interval_s is not None and interval_s < 0:
        raise errors.OpPrereqError(f"Invalid interval {interval_s}, use a number of seconds", c.ECODE_INVAL)
    while True:
        exit_code = output.run_list(call, c.QR_LOCK, overrides=_OVERRIDES)
        if not interval_s:
            return exit_code
        print(flush=True)
        time.sleep(interval_s)
