"""OP_INSTANCE_CREATE: arguments, locks and prerequisites."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.instance import checks, nodechecks
from ganeti.cmdlib.instance.base import replace_op
from ganeti.cmdlib.instance.create_arguments import check_create_arguments
from ganeti.cmdlib.instance.create_exec import CreationOptions, create_instance
from ganeti.cmdlib.instance.create_nodes import (
    allocate,
    check_nodes_exist,
    keep_chosen,
    lock_candidates,
    lock_named_nodes,
)
from ganeti.cmdlib.instance.create_plan import InstancePlan, Sources, make_plan
from ganeti.cmdlib.instance.disks import check_access
from ganeti.cmdlib.instance.hooks_env import build_env
from ganeti.cmdlib.instance.ipolicy import check_group_policy, uses_exclusive_storage
from ganeti.cmdlib.instance.naming import check_ip_unused, check_name_free
from ganeti.cmdlib.instance.nic_addresses import connect_nic, reserve_mac, with_mac
from ganeti.cmdlib.instance.os_install import check_trusted
from ganeti.cmdlib.locks import check_still_covered, copy_node_locks
from ganeti.cmdlib.names import find_group
from ganeti.cmdlib.tags import check_tags
from ganeti.errors import OpPrereqError, ReservationError
from ganeti.objects.fill import diskparams_of
from ganeti.opcodes.instance import OpInstanceCreate


@lu_for(OpInstanceCreate)
class LUInstanceCreate(LogicalUnit[OpInstanceCreate]):
    """Create an instance on the nodes that the opcode names, or that an allocator chooses."""

    HPATH = "instance-add"
    HTYPE = c.HTYPE_INSTANCE
    REQ_BGL = False

    #: Set by ``check_arguments``: what the name check found.
    _resolved_ip: str | None = None
    #: Set by ``check_prereq``.
    plan: InstancePlan

    def check_arguments(self) -> None:
        """Check and normalise everything that needs no node."""
        checked = check_create_arguments(self.op, self.snapshot().cluster, self.log)
        self.op, self._resolved_ip = checked.op, checked.resolved_ip

    def expand_names(self) -> None:
        """Lock the new name, and the nodes that are named or could be chosen."""
        check_name_free(self.cfg.index(), self.op.instance_name)
        self.add_locks[c.LEVEL_INSTANCE] = [self.op.instance_name]
        if self.op.pnode is None:
            lock_candidates(self)
            return
        if self.op.group_name is not None:
            find_group(self.snapshot(), self.op.group_name)
        lock_named_nodes(self)

    def declare_locks(self, level: int) -> None:
        """Lock the storage of the same nodes: of those that could be had, if not all were insisted on."""
        if level == c.LEVEL_NODE_RES:
            copy_node_locks(self)

    # prerequisites

    def check_prereq(self) -> None:
        """Compute the instance and check that it can be made."""
        config, op = self.snapshot(), self.op
        check_name_free(self.cfg.index(), op.instance_name)
        check_nodes_exist(self)
        groups = {config.nodes[uuid].group for uuid in self.owned(c.LEVEL_NODE)}
        check_still_covered("Instance", op.instance_name, "node groups", groups, self.owned(c.LEVEL_NODEGROUP))
        check_tags(op.tags)
        sources = Sources(
            reserve_mac=lambda mac: reserve_mac(self, mac),
            new_uuid=lambda: self.cfg.reservations.generate_uuid(self.ec_id),
        )
        plan = make_plan(
            config, op, sources, primary=op.pnode_uuid or "", secondary=op.snode_uuid, ip=self._resolved_ip
        )
        if op.ip_check and self._resolved_ip:
            check_ip_unused(self._resolved_ip)
        plan = self._with_macs(plan)
        if op.pnode is None:
            plan = allocate(self, plan)
            keep_chosen(self, plan)
        self._check_nodes(plan)
        self.plan = self._with_addresses(plan)
        self.dry_run_result = self.plan.nodes()
        self._check_disks()
        group = config.nodegroups[config.nodes[plan.primary].group]
        check_group_policy(
            self.log,
            config.cluster,
            group,
            plan.size(),
            what=f"Instance allocation to group {group.name}",
            ignore=op.ignore_ipolicy,
        )
        self._check_on_nodes()

    def _with_macs(self, plan: InstancePlan) -> InstancePlan:
        """Give the NICs their MACs: allocators and hooks see them."""
        try:
            return dataclasses.replace(plan, nics=tuple(with_mac(self, nic) for nic in plan.nics))
        except ReservationError as err:
            raise OpPrereqError(f"Cannot generate a MAC address: {err}", c.ECODE_NORES) from err

    def _with_addresses(self, plan: InstancePlan) -> InstancePlan:
        """Give the NICs their IPs, which depend on the group of the primary node."""
        check = self.op.conflicts_check
        return dataclasses.replace(
            plan, nics=tuple(connect_nic(self, nic, plan.primary, conflicts_check=check) for nic in plan.nics)
        )

    def _check_nodes(self, plan: InstancePlan) -> None:
        config = self.snapshot()
        nodechecks.check_usable_target(config, plan.primary)
        if plan.secondary is None:
            return
        if plan.secondary == plan.primary:
            raise OpPrereqError("The secondary node cannot be the primary node", c.ECODE_INVAL)
        nodechecks.check_usable_target(config, plan.secondary)
        if config.nodes[plan.primary].group != config.nodes[plan.secondary].group:
            self.log_warning(
                "The primary and secondary nodes are in two different node groups; the disk parameters of the first"
                " group will be used"
            )

    def _check_disks(self) -> None:
        """Check what disk specifications and nodes must agree on."""
        config, plan = self.snapshot(), self.plan
        exclusive = uses_exclusive_storage(config, [config.nodes[uuid] for uuid in plan.nodes()])
        if exclusive and plan.template not in c.DTS_EXCL_STORAGE:
            raise OpPrereqError(f"Disk template {plan.template} not supported with exclusive storage", c.ECODE_STATE)
        for disk in plan.disks:
            if exclusive and disk.spindles is None:
                raise OpPrereqError("Missing spindles, which exclusive storage needs", c.ECODE_INVAL)
            if not exclusive and disk.spindles is not None:
                raise OpPrereqError("Spindles can only be specified with exclusive storage", c.ECODE_INVAL)
        group = config.nodegroups[config.nodes[plan.primary].group]
        default = diskparams_of(config.cluster, group, plan.template).get(c.IDISK_ACCESS)
        for disk in plan.disks:
            check_access(plan.hypervisor, plan.template, disk.params.get(c.IDISK_ACCESS, default))

    def _check_on_nodes(self) -> None:
        """Let the nodes confirm parameters, bridges and, if the instance shall start, memory."""
        plan, op = self.plan, self.op
        checks.validate_hvparams(self, plan.nodes(), plan.hypervisor, plan.hv_filled)
        checks.validate_os(
            self, plan.nodes(), plan.os, plan.os_filled.merged(), required=True, force_variant=op.force_variant
        )
        if CreationOptions.of(op).runs_scripts(plan):
            check_trusted(self, plan.primary, plan.os)
        checks.check_bridges(self, plan.nics, plan.primary)
        checks.check_compression(self, op.compress)
        if op.start:
            what = f"creating instance {plan.name}"
            checks.check_free_memory(self, plan.primary, what, int(plan.be_filled[c.BE_MAXMEM]), plan.hypervisor)

    # hooks

    def build_hooks_env(self) -> Mapping[str, object]:
        """Return the variables about the instance that is about to be created."""
        env = build_env(self.snapshot(), self.plan.for_hooks(start=self.op.start))
        return {**env, "ADD_MODE": self.op.mode}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Run hooks on the master and the instance's nodes."""
        nodes = list(dict.fromkeys([self.snapshot().cluster.master_node, *self.plan.nodes()]))
        return nodes, nodes

    # execution

    def exec(self, feedback: Feedback) -> Any:
        """Create it; returns the names of its nodes."""
        del feedback
        create_instance(self, self.plan, CreationOptions.of(self.op))
        config = self.snapshot()
        return [config.nodes[uuid].name for uuid in self.plan.nodes()]

    def prepare_retry(self) -> OpInstanceCreate:
        """Return the opcode for another attempt that waits for all nodes, since those that were free did not do."""
        # The text is known to those who follow the log.
        self.feedback("* falling back to full lock allocation")
        return replace_op(self.op, opportunistic_locking=False)
