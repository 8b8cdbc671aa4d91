"""gnt-instance add: create an instance."""

from typing import Any

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.client.instance import devices, parameters


def _hypervisor(given: tuple[str, Any] | None) -> tuple[str | None, dict[str, Any]]:
    """Return hypervisor and its parameters.

    Raises OpPrereqError or TypeEnforcementError.
    """
    if given is None:
        return None, {}
    name, params = given
    if not isinstance(params, dict):
        raise errors.OpPrereqError(f"Invalid hypervisor parameters for '{name}'", c.ECODE_INVAL)
    return name, parameters.hypervisor_parameters(params)


def _check(call: Invocation) -> None:
    """Refuse options that contradict each other.

    Raises OpPrereqError.
    """
    options = call.options
    if options.forthcoming and options.commit:
        raise errors.OpPrereqError("Give either --forthcoming or --commit, not both", c.ECODE_INVAL)
    if options.ip_check and not options.name_check:
        raise errors.OpPrereqError("--ip-check needs --name-check", c.ECODE_INVAL)
    if options.node and options.iallocator:
        raise errors.OpPrereqError("Give either nodes or an instance allocator, not both", c.ECODE_INVAL)


def _build(call: Invocation) -> opcodes.OpInstanceCreate:
    options = call.options
    primary, secondary = devices.split_nodes(options.node)
    hypervisor, hvparams = _hypervisor(options.hypervisor)
    return opcodes.OpInstanceCreate(
        instance_name=call.arguments[0],
        mode=c.INSTANCE_CREATE,
        disk_template=options.disk_template,
        disks=devices.new_disks(options.disks, options.sd_size, options.disk_template),
        nics=devices.new_nics(options.nics, has_none=options.no_nics),  # type: ignore[arg-type]  # checked there
        pnode=primary,
        snode=secondary,
        iallocator=options.iallocator,
        group_name=options.nodegroup,
        hypervisor=hypervisor,  # checked there, too
        hvparams=hvparams,
        beparams=parameters.backend_parameters(options.beparams),
        os_type=options.os,
        osparams=options.osparams,
        osparams_private=options.osparams_private or None,
        osparams_secret=parameters.secrets(options.osparams_secret),
        force_variant=options.force_variant,
        no_install=options.no_install,
        start=options.start and not options.no_install,
        wait_for_sync=options.wait_for_sync,
        conflicts_check=options.conflicts_check,
        ip_check=options.ip_check,
        name_check=options.name_check,
        ignore_ipolicy=options.ignore_ipolicy,
        opportunistic_locking=options.opportunistic_locking,
        file_driver=options.file_driver,
        file_storage_dir=options.file_storage_dir,
        instance_communication=bool(options.instance_communication),
        tags=[tag for tag in (options.tags or "").split(",") if tag],
        forthcoming=options.forthcoming,
        commit=options.commit,
        helper_startup_timeout=options.helper_startup_timeout,
        helper_shutdown_timeout=options.helper_shutdown_timeout,
    )


def run(call: Invocation) -> int:
    """Create an instance."""
    _check(call)
    submit.submit_or_run(call, _build(call))
    return c.EXIT_SUCCESS
