"""Node procedures that move a running guest to another node."""

import os

from ganeti.backend import disklinks
from ganeti.backend.base import RPCFail, implements
from ganeti.backend.guests import guest_of, hypervisor_errors, is_running
from ganeti.hypervisor import get_hypervisor
from ganeti.objects.wire import MigrationStatus, WireInstance
from ganeti.rpc import procedures


@implements(procedures.instance_migratable)
def instance_migratable(instance: WireInstance) -> None:
    """Check that a guest runs here and uses its disks by way of their links, as the target will."""
    with hypervisor_errors():
        if not is_running(guest_of(instance)):
            raise RPCFail(f"Instance {instance.name} is not running")
    for index, disk in enumerate(instance.disks_info):
        link = disklinks.link_path(instance.name, index)
        if not os.path.islink(link):
            raise RPCFail(f"Instance {instance.name} has no link {link} for its disk {disk.iv_name}, restart it")


@implements(procedures.migration_info)
def migration_info(instance: WireInstance) -> str:
    """Return what the target needs to know about the guest."""
    with hypervisor_errors(f"Failed to fetch migration information of {instance.name}: "):
        return get_hypervisor(instance.hypervisor).migration_info(instance)


@implements(procedures.accept_instance)
def accept_instance(instance: WireInstance, info: str, target: str) -> None:
    """Get this node ready to receive a guest on its address *target*."""
    with hypervisor_errors(f"Failed to accept instance {instance.name}: "):
        get_hypervisor(instance.hypervisor).accept_instance(instance, info, target)


@implements(procedures.instance_migrate)
def instance_migrate(cluster_name: str, instance: WireInstance, target: str, live: bool) -> None:
    """Send a guest to the node with address *target*; its progress is asked for separately."""
    with hypervisor_errors(f"Failed to migrate instance {instance.name}: "):
        get_hypervisor(instance.hypervisor).migrate_instance(cluster_name, instance, target, live=live)


@implements(procedures.instance_get_migration_status)
def instance_get_migration_status(instance: WireInstance) -> MigrationStatus:
    """Return how far a guest's migration is."""
    with hypervisor_errors(f"Failed to get the migration status of {instance.name}: "):
        return get_hypervisor(instance.hypervisor).migration_status(instance)


@implements(procedures.instance_finalize_migration_src)
def instance_finalize_migration_src(instance: WireInstance, success: bool, live: bool) -> None:
    """Remove the guest that has left this node, or let it go on here."""
    with hypervisor_errors(f"Failed to finalize the migration of {instance.name} on its source node: "):
        get_hypervisor(instance.hypervisor).finalize_migration_source(instance, success=success, live=live)


@implements(procedures.instance_finalize_migration_dst)
def instance_finalize_migration_dst(instance: WireInstance, info: str, success: bool) -> None:
    """Complete the take-over of a guest by this node, or remove what was received of it."""
    with hypervisor_errors(f"Failed to finalize the migration of {instance.name} on its target node: "):
        get_hypervisor(instance.hypervisor).finalize_migration_target(instance, info, success=success)
