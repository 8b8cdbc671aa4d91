"""Read ``/etc/default/ganeti``, the shell file with the administrator's arguments of the daemons."""

import os
from collections.abc import Mapping
from typing import Final

from ganeti import constants as c
from ganeti import pathutils
from ganeti.tools.common import ToolError
from ganeti.utils.process import run_cmd

#: Variables of the same daemon under the names of the split daemons that site scripts may still set.
_OLD_NAMES: Final = {c.MASTERD: ("LUXID", "WCONFD")}

# A fixed program; the path is an argument of it, never part of its text.
_PRINT_ENVIRONMENT: Final = 'set -a; . "$1" >&2; exec env -0'


def read_defaults(path: str = pathutils.DEFAULTS_FILE) -> dict[str, str]:
    """Return the environment after the file was read into ours, ours if there is no file.

    Raises ToolError if the file is not a good shell script.
    """
    if not os.path.exists(path):
        return dict(os.environ)
    result = run_cmd(["/bin/sh", "-e", "-c", _PRINT_ENVIRONMENT, "sh", path], timeout_s=10.0, env={})
    if result.failed:
        raise ToolError(f"Cannot read {path}: {result.fail_reason}\n{result.stderr.strip()}")
    pairs = (item.partition("=") for item in result.stdout.split("\0") if item)
    return {name: value for name, _, value in pairs}


def variable_names(daemon: str) -> tuple[str, ...]:
    """Return the prefixes of the variables of *daemon*: NODED, or MASTERD, LUXID, WCONFD."""
    return (daemon.removeprefix("ganeti-").upper(), *_OLD_NAMES.get(daemon, ()))


def one_time_arguments(daemon: str, environment: Mapping[str, str]) -> list[str]:
    """Return the arguments that the caller's environment gives *daemon* for this one start; see daemon_arguments."""
    return " ".join(environment.get(f"EXTRA_{name}_ARGS", "") for name in variable_names(daemon)).split()


def daemon_arguments(daemon: str, environment: Mapping[str, str]) -> list[str]:
    """Return the arguments that the file and the environment give *daemon*.

    They are split at blanks as the shell splits ``$NODED_ARGS $EXTRA_NODED_ARGS``: quotes mean nothing.
    """
    names = variable_names(daemon)
    usual = " ".join(environment.get(f"{name}_ARGS", "") for name in names).split()
    return [*usual, *one_time_arguments(daemon, environment)]
