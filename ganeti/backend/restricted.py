"""Node procedure for restricted commands: programs that the administrator allows the master to run here."""

import logging
import os
import re
import stat
import time
from typing import Final

from ganeti import buildcfg, errors, pathutils
from ganeti import constants as c
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.utils.files import flock
from ganeti.utils.process import run_cmd
from ganeti.utils.text import safe_encode

_LOG = logging.getLogger(__name__)

_NAME: Final = re.compile(c.EXT_PLUGIN_MASK)
_LOCK_TIMEOUT_S: Final = 8.0
#: Slows down whoever tries names.
_REFUSAL_DELAY_S: Final = 10.0
_TIMEOUT_S: Final = c.RPC_TMO_SLOW - 60.0
_MAX_MODE: Final = 0o755


class Refused(Exception):
    """The command must not be run; the text is for the log of this node only."""


def _check_owner(path: str, found: os.stat_result) -> None:
    if stat.S_IMODE(found.st_mode) & ~_MAX_MODE:
        raise Refused(f"Permissions of '{path}' are too open")
    if (found.st_uid, found.st_gid) != (0, 0):
        raise Refused(f"'{path}' is not owned by root:root")


def check_command(name: str, directory: str) -> str:
    """Return the path of the program of a command. Raises Refused if it must not be run."""
    try:
        found = os.lstat(directory)
    except OSError as err:
        raise Refused(f"Can't stat '{directory}': {err}") from err
    _check_owner(directory, found)
    if not stat.S_ISDIR(found.st_mode):
        raise Refused(f"'{directory}' is not a directory")
    if not name.strip() or os.path.basename(name) != name or _NAME.fullmatch(name) is None:
        raise Refused(f"Invalid command name '{name}'")
    path = os.path.join(directory, name)
    try:
        found = os.stat(path)
    except OSError as err:
        raise Refused(f"Can't stat '{path}': {err}") from err
    _check_owner(path, found)
    if not (stat.S_ISREG(found.st_mode) and os.access(path, os.X_OK)):
        raise Refused(f"'{path}' is not an executable file")
    return path


def _permitted_program(cmd: str) -> str:
    """Return the path of the program of a command, one caller after the other.

    Raises RPCFail, slowly and without telling what is wrong, if it must not be run.
    """
    try:
        with flock(pathutils.RESTRICTED_COMMANDS_LOCK_FILE, timeout_s=_LOCK_TIMEOUT_S):
            try:
                return check_command(cmd, pathutils.RESTRICTED_COMMANDS_DIR)
            except Refused as err:
                _LOG.error("Refusing restricted command %r: %s", cmd, err)
                # The lock is held meanwhile, so that trying in parallel does not help either.
                time.sleep(_REFUSAL_DELAY_S)
    except (errors.LockError, OSError) as err:
        _LOG.error("Refusing restricted command %r: %s", cmd, err)
        time.sleep(_REFUSAL_DELAY_S)
    raise RPCFail(f"Executing command '{cmd}' failed")


@implements(procedures.restricted_command)
def restricted_command(cmd: str) -> str:
    """Run one of the commands that the administrator allows on this node."""
    if not buildcfg.ENABLE_RESTRICTED_COMMANDS:
        raise RPCFail("Restricted commands disabled at configure time")
    path = _permitted_program(cmd)
    _LOG.info("Running restricted command '%s'", cmd)
    try:
        result = run_cmd([path], timeout_s=_TIMEOUT_S, env={}, reset_env=True)
    except errors.OpExecError as err:
        raise RPCFail(f"Restricted command '{cmd}' failed: {err}; output: ") from err
    output = safe_encode(result.output)
    if result.failed:
        raise RPCFail(f"Restricted command '{cmd}' failed: {result.fail_reason}; output: {output}")
    return output
