"""Node procedures about operating systems of instances."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.backend import os_definition, os_run
from ganeti.backend.base import RPCFail, implements
from ganeti.objects.wire import WireInstance
from ganeti.rpc.procedures import instance as procedures


@contextlib.contextmanager
def _os_errors() -> Iterator[None]:
    """Report problems of definitions, scripts and disks to the master with their own text."""
    try:
        yield
    except (os_definition.OsDefinitionError, os_run.OsScriptError, errors.BlockDeviceError) as err:
        raise RPCFail(str(err)) from err


@implements(procedures.os_diagnose)
def os_diagnose() -> list[procedures.OsReport]:
    """Describe all OS definitions on this node."""
    return [*os_definition.diagnose()]


@implements(procedures.os_validate)
def os_validate(required: bool, name: str, checks: list[str], params: dict[str, Any], force_variant: bool) -> bool:
    """Check name and parameters of an OS; False if the OS is not here and need not be."""
    unknown = sorted(set(checks) - set(c.OS_VALIDATE_CALLS))
    if unknown:
        raise RPCFail(f"Unknown check '{unknown[0]}' for an OS")
    try:
        definition = os_definition.find_os(name)
    except os_definition.OsDefinitionError as err:
        if required:
            raise RPCFail(str(err)) from err
        return False
    with _os_errors():
        if not force_variant:
            definition.check_variant(name)
        if definition.api_version < c.OS_API_V20:
            return True
        if c.OS_VALIDATE_PARAMETERS in checks:
            definition.check_parameter_names(list(params))
            os_run.run_verify(definition, name, params)
    return True


@implements(procedures.instance_os_add)
def instance_os_add(instance_osp: WireInstance, reinstall: bool, debug: int) -> None:
    """Install the operating system of an instance."""
    with _os_errors():
        definition = os_definition.find_os(instance_osp.os)
        os_run.run_create(definition, instance_osp, reinstall=reinstall, debug=debug)


@implements(procedures.instance_run_rename)
def instance_run_rename(instance: WireInstance, old_name: str, debug: int) -> None:
    """Tell the operating system of an instance its new name."""
    with _os_errors():
        definition = os_definition.find_os(instance.os)
        os_run.run_rename(definition, instance, old_name, debug=debug)
