"""Execution of a live or non-live migration.

Until the guest runs on the target, and both nodes have said so, the configuration names the source. A failure before
takes everything back; a master that dies in between leaves a guest on one of two nodes, which verification names if
it is the wrong one, and ``gnt-instance migrate --cleanup`` repairs.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti import hvparams
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.failover_exec import set_primary
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.cmdlib.instance.relocation import Relocation
from ganeti.cmdlib.instance.relocation_disks import MovingDisks
from ganeti.errors import OpExecError
from ganeti.objects.to_wire import wire_instance
from ganeti.objects.wire import MigrationStatus, WireInstance
from ganeti.rpc import procedures

_POLL_S: Final = 1.0
_REPORT_EVERY_S: Final = 10.0


@dataclass(frozen=True)
class MigrationOptions:
    """How a migration is done.

    ``memory_mib`` is what the guest has now, ``free_mib`` what the target has; memory may be taken from the guest if
    ``allow_runtime_changes``.
    """

    live: bool
    allow_runtime_changes: bool
    ignore_hvversions: bool
    memory_mib: int
    free_mib: int


class Migration:
    """One migration under way."""

    def __init__(self, lu: LogicalUnit[Any], move: Relocation, options: MigrationOptions) -> None:
        """Nothing is done yet."""
        self._lu = lu
        self._move = move
        self._options = options
        self._disks = MovingDisks(lu, move)
        self._rpc = lu.rpc
        self._cluster_name = lu.snapshot().cluster.cluster_name
        self._target_ip = lu.snapshot().nodes[move.target].secondary_ip
        self._info = ""

    def run(self) -> None:
        """Move the guest; raises OpExecError after having taken back what was done, as far as possible."""
        self._check_versions()
        self._check_disks()
        self._make_fit()
        move = self._move
        self._info = self._rpc.call_one(move.source, procedures.migration_info, self._wired(move.source)).raise_(
            f"Failed fetching source migration information from {self._name(move.source)}"
        )
        self._disks.close_or_fail(move.target)
        try:
            self._disks.open(move.source, exclusive=False)
            self._disks.open(move.target, exclusive=False)
        except OpExecError:
            self._revert_disks()
            raise
        try:
            self._send()
        except Exception as err:
            self._lu.log_warning(f"Migration of instance {move.instance.name} failed, aborting it: {err}")
            if abort_transfer(self._lu, move, self._info, live=self._options.live):
                self._revert_disks()
            raise
        self._finish()

    def _name(self, node: str) -> str:
        return node_name(self._lu.snapshot(), node)

    def _wired(self, node: str) -> WireInstance:
        return wire_instance(self._lu.snapshot(), self._move.instance, node)

    # before the guest moves

    def _check_versions(self) -> None:
        """Check that the target's hypervisor can take over guests of the source's version."""
        hypervisor = self._move.instance.hypervisor
        specs = [(hypervisor, self._lu.snapshot().cluster.hvparams[hypervisor])]
        versions = []
        for node, result in self._rpc.call(self._move.nodes, procedures.node_info, [], specs).items():
            _, _, figures = result.raise_(f"Can't get hypervisor information from node {self._name(node)}")
            versions.append(((figures[0] if figures else None) or {}).get(c.HV_NODEINFO_KEY_VERSION))
        source, target = versions
        if not source or not target or source == target:
            return
        self._lu.feedback(f"Hypervisor version mismatch between source ({source}) and target ({target})")
        if hvparams.versions_safe_for_migration(hypervisor, source, target):
            self._lu.feedback("Migrating between hypervisor versions is safe")
        elif not self._options.ignore_hvversions:
            raise OpExecError(
                f"Unsafe migration between hypervisor versions {source} and {target}; use --ignore-hvversions to"
                " migrate anyway"
            )

    def _check_disks(self) -> None:
        self._lu.feedback("* checking disk consistency between source and target")
        for name in self._disks.inconsistent():
            raise OpExecError(f"Disk {name} is degraded or not fully synchronized on target node, aborting migration")

    def _make_fit(self) -> None:
        """Take memory from the guest if it has more than the target can give."""
        options, move = self._options, self._move
        if options.memory_mib <= options.free_mib:
            return
        text = f"The instance has {options.memory_mib} MiB of memory, the target only {options.free_mib} MiB free"
        if not options.allow_runtime_changes:
            raise OpExecError(f"{text}, and runtime changes are not allowed, aborting migration")
        self._lu.feedback(f"* setting instance memory to {options.free_mib} MiB")
        result = self._rpc.call_one(
            move.source, procedures.instance_balloon_memory, self._wired(move.source), options.free_mib
        )
        result.raise_("Failed to modify instance runtime memory")

    # the guest moves

    def _send(self) -> None:
        """Let the target wait for the guest, send it and watch it arrive."""
        move = self._move
        source_name, target_name = self._name(move.source), self._name(move.target)
        self._lu.feedback(f"* preparing {target_name} to accept the instance")
        self._rpc.call_one(
            move.target, procedures.accept_instance, self._wired(move.target), self._info, self._target_ip
        ).raise_(f"Could not pre-migrate instance {move.instance.name} to node {target_name}")
        self._lu.feedback(f"* migrating instance to {target_name}")
        self._rpc.call_one(
            move.source,
            procedures.instance_migrate,
            self._cluster_name,
            self._wired(move.source),
            self._target_ip,
            self._options.live,
        ).raise_(f"Could not migrate instance {move.instance.name} from node {source_name}")
        self._lu.feedback("* starting memory transfer")
        self._watch()
        self._lu.feedback("* memory transfer complete")

    def _watch(self) -> None:
        """Wait until the guest's memory is on the target."""
        move = self._move
        last_report, is_postcopy = time.monotonic(), False
        while True:
            status = self._rpc.call_one(
                move.source, procedures.instance_get_migration_status, self._wired(move.source)
            ).raise_(f"Could not migrate instance {move.instance.name}")
            if status.status in c.HV_MIGRATION_FAILED_STATUSES:
                raise OpExecError(f"Could not migrate instance {move.instance.name}: hypervisor says {status.status}")
            if status.status not in c.HV_KVM_MIGRATION_ACTIVE_STATUSES:
                return
            if status.status == c.HV_KVM_MIGRATION_POSTCOPY_ACTIVE and not is_postcopy:
                is_postcopy = True
                self._lu.feedback("* switched to postcopy migration")
            if time.monotonic() - last_report >= _REPORT_EVERY_S and progress(status) is not None:
                self._lu.feedback(f"* memory transfer progress: {progress(status):.2f} %")
                last_report = time.monotonic()
            self._lu.env.check_abort()
            time.sleep(_POLL_S)

    def _revert_disks(self) -> None:
        """Give the disks back to the source alone; failures are warnings."""
        move = self._move
        try:
            self._disks.close_or_fail(move.target)
            for problem in self._disks.unmap(move.target):
                self._lu.log_warning(f"Could not unmap {problem}")
            self._disks.open(move.source, exclusive=True)
        except OpExecError as err:
            self._lu.log_warning(f"Could not give the disks back to the source node: {err}", hint=cleanup_hint(move))

    # the guest has moved

    def _finish(self) -> None:
        """Tell both nodes, record the new primary, and let it alone use the disks."""
        move = self._move
        finalize(self._lu, move, self._info, live=self._options.live)
        set_primary(self._lu, move.instance.uuid, move.target)
        self._disks.close_or_fail(move.source)
        self._disks.open(move.target, exclusive=True)
        for problem in self._disks.unmap(move.source):
            self._lu.log_warning(f"Could not unmap {problem}")
        self._lu.feedback("* done")


def cleanup_hint(move: Relocation) -> str:
    """Return what repairs a migration that was neither finished nor taken back."""
    return f"Run 'gnt-instance migrate --cleanup {move.instance.name}' once both nodes answer"


def finalize(lu: LogicalUnit[Any], move: Relocation, info: str, *, live: bool) -> None:
    """Let the target complete its take-over, then the source remove what is left there; raises OpExecError.

    The target first: until it has confirmed that the guest is complete, the source's copy is the only one for sure.
    """
    config = lu.snapshot()
    instance = move.instance
    lu.rpc.call_one(
        move.target,
        procedures.instance_finalize_migration_dst,
        wire_instance(config, instance, move.target),
        info,
        True,
    ).raise_(
        f"Could not finalize instance migration on the target node {node_name(config, move.target)}."
        f" {cleanup_hint(move)}"
    )
    lu.rpc.call_one(
        move.source,
        procedures.instance_finalize_migration_src,
        wire_instance(config, instance, move.source),
        True,
        live,
    ).raise_(
        f"Could not finalize instance migration on the source node {node_name(config, move.source)}."
        f" {cleanup_hint(move)}"
    )


def abort_transfer(lu: LogicalUnit[Any], move: Relocation, info: str, *, live: bool) -> bool:
    """Let the guest go on at the source, then remove what arrived at the target; tells whether that worked.

    The source first: it refuses if the guest was handed over already, and then, as when it does not answer, what is on
    the target may be the only living copy.
    """
    config = lu.snapshot()
    instance = move.instance
    result = lu.rpc.call_one(
        move.source,
        procedures.instance_finalize_migration_src,
        wire_instance(config, instance, move.source),
        False,
        live,
    )
    if result.fail_msg:
        name = node_name(config, move.source)
        lu.log_warning(f"Aborting the migration failed on node {name}: {result.fail_msg}", hint=cleanup_hint(move))
        return False
    aborted = lu.rpc.call_one(
        move.target,
        procedures.instance_finalize_migration_dst,
        wire_instance(config, instance, move.target),
        info,
        False,
    )
    if aborted.fail_msg:
        lu.log_warning(f"Aborting the migration failed on node {node_name(config, move.target)}: {aborted.fail_msg}")
    return True


def progress(status: MigrationStatus) -> float | None:
    """Return how much of a guest's memory was sent, in percent."""
    if status.transferred_ram is None or not status.total_ram:
        return None
    return 100 * status.transferred_ram / status.total_ram
