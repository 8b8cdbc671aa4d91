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
from ganeti.cmdlib.instance.create_plan import InstancePlan, Sources, make_plan
from ganeti.cmdlib.instance.disks import check_access
from ganeti.cmdlib.instance.hooks_env import build_env
from ganeti.cmdlib.instance.ipolicy import check_group_policy, uses_exclusive_storage
from ganeti.cmdlib.instance.naming import check_ip_unused, check_name_free
from ganeti.cmdlib.instance.nic_addresses import connect_nic, reserve_mac, with_mac
from ganeti.cmdlib.instance.os_install import check_trusted
from ganeti.cmdlib.locks import check_still_covered
from ganeti.cmdlib.names import find_group, find_node
from ganeti.cmdlib.tags import check_tags
from ganeti.errors import OpPrereqError, ReservationError
from ganeti.objects.fill import diskparams_of
from ganeti.opcodes.instance import OpInstanceCreate


@lu_for(OpInstanceCreate)
class LUInstanceCreate(LogicalUnit[OpInstanceCreate]):
    """Create an instance on the nodes that the opcode names."""

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
        """Lock the new name, and the nodes that are named."""
        check_name_free(self.cfg.index(), self.op.instance_name)
        self.add_locks[c.LEVEL_INSTANCE] = [self.op.instance_name]
        config = self.snapshot()
        if self.op.group_name is not None:
            find_group(config, self.op.group_name)
        if self.op.pnode is None:
            raise OpPrereqError(
                f"Allocator '{self.op.iallocator}' cannot be run by this version, name a primary node", c.ECODE_INVAL
            )
        primary = find_node(config, self.op.pnode, self.op.pnode_uuid)
        self.op = replace_op(self.op, pnode=primary.name, pnode_uuid=primary.uuid)
        nodes = [primary]
        if self.op.snode is not None:
            secondary = find_node(config, self.op.snode, self.op.snode_uuid)
            self.op = replace_op(self.op, snode=secondary.name, snode_uuid=secondary.uuid)
            nodes.append(secondary)
        uuids = sorted({node.uuid for node in nodes})
        self.needed_locks = {
            c.LEVEL_NODEGROUP: sorted({node.group for node in nodes}),
            c.LEVEL_NODE: uuids,
            c.LEVEL_NODE_RES: uuids,
        }
        self.share_locks[c.LEVEL_NODEGROUP] = True

    # prerequisites

    def check_prereq(self) -> None:
        """Compute the instance and check that it can be made."""
        config, op = self.snapshot(), self.op
        check_name_free(self.cfg.index(), op.instance_name)
        assert op.pnode_uuid is not None
        owned_nodes = self.owned(c.LEVEL_NODE)
        missing = sorted(uuid for uuid in owned_nodes if uuid not in config.nodes)
        if op.pnode_uuid not in config.nodes or missing:
            raise OpPrereqError("A node was removed since locks were acquired; retry the operation", c.ECODE_STATE)
        groups = {config.nodes[uuid].group for uuid in owned_nodes}
        check_still_covered("Instance", op.instance_name, "node groups", groups, self.owned(c.LEVEL_NODEGROUP))
        check_tags(op.tags)
        sources = Sources(
            reserve_mac=lambda mac: reserve_mac(self, mac),
            new_uuid=lambda: self.cfg.reservations.generate_uuid(self.ec_id),
        )
        plan = make_plan(config, op, sources, primary=op.pnode_uuid, secondary=op.snode_uuid, ip=self._resolved_ip)
        if op.ip_check and self._resolved_ip:
            check_ip_unused(self._resolved_ip)
        self._check_nodes(plan)
        self.plan = self._with_addresses(plan)
        self.dry_run_result = plan.nodes()
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

    def _with_addresses(self, plan: InstancePlan) -> InstancePlan:
        """Give the NICs their MACs and IPs."""
        try:
            nics = [with_mac(self, nic) for nic in plan.nics]
        except ReservationError as err:
            raise OpPrereqError(f"Cannot generate a MAC address: {err}", c.ECODE_NORES) from err
        connected = [connect_nic(self, nic, plan.primary, conflicts_check=self.op.conflicts_check) for nic in nics]
        return dataclasses.replace(plan, nics=tuple(connected))

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
