"""Running the scripts of OS definitions on the disks of instances."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.backend import devices
from ganeti.backend.os_definition import OsDefinition, OsDefinitionError
from ganeti.backend.os_environment import core_environment, instance_environment
from ganeti.hypervisor.base import BlockDevice
from ganeti.objects.wire import WireInstance
from ganeti.utils.process import CmdResult, run_cmd

#: As long as the master waits for the answer.
_CREATE_TIMEOUT_S = 86400
_RENAME_TIMEOUT_S = 3600
_VERIFY_TIMEOUT_S = 300
_LOG_MODE = 0o640
_SHOWN_LINES = 20
#: Only the end of a log is read; it may be huge.
_SHOWN_BYTES = 8192


class OsScriptError(errors.GenericError):
    """A script of an OS definition failed."""


def open_disks(instance: WireInstance) -> list[BlockDevice]:
    """Open the disks of an instance on this node; `link` of the result is the device or file itself.

    Raises:
      BlockDeviceError: a disk is not active.
    """
    opened = []
    for disk, device in zip(instance.disks_info, devices.find_all(instance.disks_info), strict=True):
        device.open()
        uri = devices.userspace_uri(disk, device, instance.hypervisor)
        opened.append(BlockDevice(disk, device.dev_path or None, uri))
    return opened


def run_create(definition: OsDefinition, instance: WireInstance, *, reinstall: bool, debug: int) -> None:
    """Install the OS on the disks of an instance.

    Raises:
      OsScriptError: the script failed.
      OsDefinitionError: the OS may not be installed by this node itself.
      BlockDeviceError: a disk is not active.
    """
    script = definition.scripts.get(c.OS_SCRIPT_CREATE)
    if script is None:
        raise OsDefinitionError(f"OS '{definition.name}' has no create script that may run on a node")
    environment = instance_environment(definition, instance, open_disks(instance), debug)
    if reinstall:
        environment["INSTANCE_REINSTALL"] = "1"
    log = log_path("add", instance.os, instance.name)
    _run_logged(definition, script, environment, log, _CREATE_TIMEOUT_S)


def run_rename(definition: OsDefinition, instance: WireInstance, old_name: str, *, debug: int) -> None:
    """Adapt the names inside the disks of an instance; raises like `run_create`."""
    environment = instance_environment(definition, instance, open_disks(instance), debug)
    environment["OLD_INSTANCE_NAME"] = old_name
    log = log_path("rename", instance.os, old_name, instance.name)
    _run_logged(definition, definition.scripts[c.OS_SCRIPT_RENAME], environment, log, _RENAME_TIMEOUT_S)


def run_verify(definition: OsDefinition, full_name: str, osparams: Mapping[str, object]) -> None:
    """Let an OS check its parameters.

    Raises:
      OsScriptError: it does not accept them.
    """
    environment = core_environment(definition, full_name, osparams, 0)
    argv = [str(definition.scripts[c.OS_SCRIPT_VERIFY]), c.OS_VALIDATE_PARAMETERS]
    result = _start(argv, definition, environment, _VERIFY_TIMEOUT_S)
    if result.failed:
        raise OsScriptError(f"OS validation script failed ({result.fail_reason}), output: {result.output}")


def log_path(kind: str, *parts: str) -> Path:
    """A log file that does not exist yet."""
    # A name may come from an import and be strange, but it never leads out of the directory.
    safe = "-".join(part.replace("/", "_") for part in (kind, *parts))
    return Path(pathutils.LOG_OS_DIR) / f"{safe}-{time.strftime('%Y-%m-%d_%H_%M_%S')}.log"


def _start(argv: list[str], definition: OsDefinition, environment: Mapping[str, str], timeout_s: float) -> CmdResult:
    try:
        return run_cmd(argv, timeout_s=timeout_s, env=environment, reset_env=True, cwd=str(definition.path))
    except errors.OpExecError as err:
        raise OsScriptError(str(err)) from err


def _run_logged(
    definition: OsDefinition, script: Path, environment: Mapping[str, str], log: Path, timeout_s: float
) -> None:
    log.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    # Scripts tend to print their environment, confidential parameters included.
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _LOG_MODE)
    with os.fdopen(descriptor, "ab") as output:
        try:
            result = run_cmd(
                [str(script)],
                timeout_s=timeout_s,
                env=environment,
                reset_env=True,
                cwd=str(definition.path),
                output_file=output,
            )
        except errors.OpExecError as err:
            raise OsScriptError(str(err)) from err
    if result.failed:
        lines = "\n".join(last_lines(log))
        raise OsScriptError(
            f"OS {script.name} script failed ({result.fail_reason}), last lines in the log file:\n{lines}"
        )


def last_lines(path: Path, count: int = _SHOWN_LINES) -> list[str]:
    """The last lines of a log file, unprintable characters escaped."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _SHOWN_BYTES))
        text = file.read().decode(errors="replace")
    lines = deque(text.splitlines(), maxlen=count)
    return [
        "".join(char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in line) for line in lines
    ]
