"""gnt-instance modify: change parameters, disks and network interfaces of an instance."""

import sys
from collections.abc import Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, submit
from ganeti.cli.invocation import Invocation
from ganeti.client.instance import devices, parameters

#: Options that change something by themselves; none of them given means that there is nothing to do.
_CHANGING_OPTIONS: Final = (
    "nics",
    "disks",
    "disk_template",
    "hvparams",
    "beparams",
    "os",
    "osparams",
    "osparams_private",
    "offline_inst",
    "online_inst",
    "runtime_mem",
    "new_primary_node",
    "instance_communication",
)
_FILE_TEMPLATES: Final = (c.DT_FILE, c.DT_SHARED_FILE, c.DT_GLUSTER)
_HYPERVISOR_PREFIX: Final = "hv/"


def _problem(call: Invocation) -> str | None:
    """Return why the options cannot be carried out, None if they can."""
    options = call.options
    if all(getattr(options, name) in (None, False, {}, []) for name in _CHANGING_OPTIONS):
        return "Please give at least one of the parameters."
    if options.ext_params and options.disk_template != c.DT_EXT:
        return "Option --ext-params needs the disk template ext."
    if (options.file_driver or options.file_storage_dir) and options.disk_template not in _FILE_TEMPLATES:
        return "Options for file storage need a file-based disk template."
    if options.offline_inst and options.online_inst:
        return "Give either --online or --offline, not both."
    return None


def _admin_state_change(call: Invocation) -> bool | None:
    """Return the wanted value of ``offline``."""
    if call.options.offline_inst:
        return True
    return False if call.options.online_inst else None


def _may_change_running_nics(call: Invocation, nics: Sequence[Sequence[Any]]) -> bool:
    """Ask before interfaces of a running instance are unplugged and plugged in again."""
    options = call.options
    is_modified = any(operation == c.DDM_MODIFY for operation, _, _ in nics)
    if options.force or not options.hotplug or not is_modified:
        return True
    return confirm.confirm(
        "Modified network interfaces of a running instance are unplugged and plugged in again. Continue?"
    )


def _build(call: Invocation, nics: list[list[Any]]) -> opcodes.OpInstanceSetParams:
    options = call.options
    if options.ext_params and c.IDISK_PROVIDER not in options.ext_params:
        raise errors.OpPrereqError("The disk template ext needs a provider", c.ECODE_INVAL)
    if options.disk_template == c.DT_EXT and not options.ext_params:
        raise errors.OpPrereqError("The disk template ext needs --ext-params", c.ECODE_INVAL)
    return opcodes.OpInstanceSetParams(
        instance_name=call.arguments[0],
        force=options.force,
        force_variant=options.force_variant,
        ignore_ipolicy=options.ignore_ipolicy,
        nics=nics,
        disks=devices.disk_modifications(options.disks),
        hvparams=parameters.hypervisor_parameters(options.hvparams, may_reset=True),
        beparams=parameters.backend_parameters(options.beparams, may_reset=True),
        runtime_mem=options.runtime_mem,
        disk_template=options.disk_template,
        ext_params=options.ext_params,
        file_driver=options.file_driver,
        file_storage_dir=options.file_storage_dir,
        remote_node=options.node,
        iallocator=options.iallocator,
        pnode=options.new_primary_node,
        os_name=options.os,
        osparams=options.osparams,
        osparams_private=options.osparams_private or None,
        wait_for_sync=options.wait_for_sync,
        offline=_admin_state_change(call),
        conflicts_check=options.conflicts_check,
        hotplug=options.hotplug,
        instance_communication=options.instance_communication,
    )


def _print_changes(name: str, changes: Sequence[tuple[str, Any]]) -> None:
    print(f"Modified instance {name}")
    for key, value in changes:
        print(f" - {key:<5} -> {value}")
    print("Most changes take effect only at the next start that Ganeti does; a reboot from inside is not enough.")
    if any(key.startswith(_HYPERVISOR_PREFIX) for key, _ in changes):
        print("Changed hypervisor parameters may keep the instance from being migrated until it is restarted.")


def run(call: Invocation) -> int:
    """Change an instance."""
    problem = _problem(call)
    if problem is not None:
        sys.stderr.write(f"{problem}\n")
        return c.EXIT_FAILURE
    nics = devices.nic_modifications(call.options.nics)
    if not _may_change_running_nics(call, nics):
        return c.EXIT_FAILURE
    changes = submit.submit_or_run(call, _build(call, nics))
    if changes:
        _print_changes(call.arguments[0], changes)
    return c.EXIT_SUCCESS
