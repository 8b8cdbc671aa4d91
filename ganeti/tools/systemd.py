"""Start and stop the daemons through their systemd units."""

import os
import re
from collections.abc import Sequence
from typing import Final

from ganeti import pathutils
from ganeti.tools.common import ToolError
from ganeti.utils.files import remove_if_exists, write_atomic
from ganeti.utils.process import CmdResult, run_cmd

ALL_TARGET: Final = "ganeti.target"
MASTER_TARGET: Final = "ganeti-master.target"

#: As long as the slowest unit may take: masterd waits for running jobs when it stops.
_TIMEOUT_S: Final = 600.0

#: What systemd takes for something else in the value of a variable that it splits into arguments.
_CHANGED: Final = re.compile(r"""[\s"'\\$]""")


def _systemctl(*arguments: str) -> CmdResult:
    return run_cmd(["systemctl", *arguments], timeout_s=_TIMEOUT_S)


def in_use() -> bool:
    """Tell whether systemd runs this machine and knows our units; a virtual node is never run by it."""
    if pathutils.VIRTUAL_ROOT or not os.path.isdir("/run/systemd/system"):
        return False
    return not _systemctl("cat", ALL_TARGET).failed


def is_active(daemon: str) -> bool:
    """Tell whether a daemon's unit is active."""
    return not _systemctl("--quiet", "is-active", f"{daemon}.service").failed


def change(verb: str, unit: str) -> tuple[int, str]:
    """Run ``systemctl start|stop UNIT``; return its exit code and output."""
    result = _systemctl(verb, unit)
    return 1 if result.exit_code is None else result.exit_code, result.output


def start_daemon(daemon: str, arguments: Sequence[str]) -> tuple[int, str]:
    """Start a daemon's unit, with *arguments* for this one time; return the exit code of systemctl and its output.

    Raises ToolError for an argument that systemd would not pass on as it is.
    """
    unit = f"{daemon}.service"
    if not arguments:
        return change("start", unit)
    for argument in arguments:
        if not argument or _CHANGED.search(argument):
            raise ToolError(f"{argument!r} cannot be given to a unit: it is empty or holds blanks, quotes, \\ or $")
    once = f"{pathutils.DATA_DIR}/{daemon}.onetime.conf"
    write_atomic(once, f"ONETIME_ARGS={' '.join(arguments)}\n", mode=0o644)
    try:
        return change("start", unit)
    finally:
        remove_if_exists(once)
