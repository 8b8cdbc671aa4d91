"""Node procedures that run programs of the site: instance allocators and out-of-band helpers."""

import os
import re
import tempfile
from collections.abc import Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, pathutils, serializer
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.utils.process import CmdResult, run_cmd
from ganeti.utils.text import safe_encode

_NAME: Final = re.compile(c.EXT_PLUGIN_MASK)
#: A little less than the master waits.
_ALLOCATOR_TIMEOUT_S: Final = c.RPC_TMO_NORMAL - 10.0


def find_program(name: str, search_path: tuple[str, ...]) -> str | None:
    """Return the path of a regular file called *name* in the first directory that has it."""
    if _NAME.fullmatch(name) is None:
        return None
    paths = (os.path.join(directory, name) for directory in search_path)
    return next((path for path in paths if os.path.isfile(path)), None)


@implements(procedures.iallocator_runner)
def iallocator_runner(name: str, idata: str, default_iallocator_params: dict[str, Any]) -> str:
    """Run an instance allocator on its input."""
    program = find_program(name, pathutils.IALLOCATOR_SEARCH_PATH)
    if program is None:
        raise RPCFail(f"iallocator module '{name}' not found in the search path")
    with tempfile.NamedTemporaryFile("w", prefix="ganeti-iallocator.", encoding="utf-8") as file:
        file.write(idata)
        file.flush()
        argv = [program, file.name, *_options(default_iallocator_params)]
        result = _run(f"iallocator module '{name}' failed", argv, _ALLOCATOR_TIMEOUT_S)
    if result.failed:
        raise RPCFail(f"iallocator module '{name}' failed: {result.fail_reason}, output '{safe_encode(result.output)}'")
    return result.stdout


def _options(params: Mapping[str, Any]) -> list[str]:
    return [f"--{key}" if value is None else f"--{key}={value}" for key, value in sorted(params.items())]


@implements(procedures.run_oob)
def run_oob(oob_program: str, command: str, remote_node: str, timeout: float) -> Any:
    """Run an out-of-band program for a node."""
    if command not in c.OOB_COMMANDS:
        raise RPCFail(f"Unknown out-of-band command '{command}'")
    result = _run(f"'{command}' failed", [oob_program, command, remote_node], timeout)
    if result.failed:
        raise RPCFail(
            f"'{command}' failed with reason '{result.fail_reason}'; output: {safe_encode(result.output.strip())}"
        )
    if not result.stdout.strip():
        return None
    try:
        return serializer.loads(result.stdout)
    except ValueError as err:
        raise RPCFail(f"Output of '{command}' is not JSON: {err}") from err


def _run(what: str, argv: list[str], timeout_s: float) -> CmdResult:
    try:
        return run_cmd(argv, timeout_s=timeout_s)
    except errors.OpExecError as err:
        raise RPCFail(f"{what}: {err}") from err
