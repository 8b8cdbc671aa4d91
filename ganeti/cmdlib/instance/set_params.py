"""OP_INSTANCE_SET_PARAMS."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, lu_for
from ganeti.cmdlib.instance import hotplug
from ganeti.cmdlib.instance.base import InstanceLu, replace_op
from ganeti.cmdlib.instance.checks import check_bridges
from ganeti.cmdlib.instance.hooks_env import build_env, hook_instance
from ganeti.cmdlib.instance.modifications import normalise
from ganeti.cmdlib.instance.params import check_not_global, expand_memory
from ganeti.cmdlib.instance.runtime import ask_guest, check_state, is_up
from ganeti.cmdlib.instance.set_disks import apply_disk_mod, check_disk_mods
from ganeti.cmdlib.instance.set_nics import Change, NicChanges, check_nic_params, plan_nics
from ganeti.cmdlib.instance.set_values import (
    NewValues,
    check_memory,
    check_new_values,
    check_runtime_memory,
    check_size,
)
from ganeti.cmdlib.instance.state import NOT_RUNNING, current, mark_down, mark_offline
from ganeti.cmdlib.locks import (
    check_instance_groups,
    groups_of_instance,
    lock_nodes_of_instances,
    locked_instance,
)
from ganeti.cmdlib.names import find_node
from ganeti.errors import OpPrereqError
from ganeti.objects import Nic, Node
from ganeti.objects.to_wire import wire_instance
from ganeti.opcodes.instance import OpInstanceSetParams
from ganeti.rpc import procedures

_CHANGES = (
    "nics", "disks", "disk_template", "hvparams", "beparams", "os_name", "osparams", "osparams_private",
    "runtime_mem", "pnode",
)  # fmt: skip


@lu_for(OpInstanceSetParams)
class LUInstanceSetParams(InstanceLu[OpInstanceSetParams]):
    """Change parameters, NICs and disks of an instance.

    Everything is checked first; then disks are changed one by one, each with its own record, and the rest is written
    at once. The running guest's NICs are changed last, when the configuration is written.
    """

    HPATH = "instance-modify"
    LOCK_NODES = True

    #: Set by ``check_prereq``.
    _values: NewValues
    _nics: NicChanges
    _hotplug: bool
    _new_primary: Node | None = None

    # arguments and locks

    def check_arguments(self) -> None:
        """Check what is wrong for any instance."""
        op = self.op
        if not any(getattr(op, name) for name in _CHANGES) and op.offline is None and op.instance_communication is None:
            raise OpPrereqError("No changes submitted", c.ECODE_INVAL)
        if op.disk_template is not None:
            raise OpPrereqError("This version cannot convert disks to another template", c.ECODE_INVAL)
        check_not_global(op.hvparams)
        self._disk_mods = normalise("disk", op.disks)
        self._nic_mods = [check_nic_params(mod) for mod in normalise("NIC", op.nics)]
        self.op = replace_op(op, beparams=expand_memory(op.beparams))

    def expand_names(self) -> None:
        """Lock the instance, its groups, its nodes and a new primary node."""
        super().expand_names()
        if self.op.pnode is not None:
            node = find_node(self.snapshot(), self.op.pnode, self.op.pnode_uuid)
            self.op = replace_op(self.op, pnode=node.name, pnode_uuid=node.uuid)
        self.needed_locks[c.LEVEL_NODEGROUP] = []
        self.share_locks[c.LEVEL_NODEGROUP] = True

    def declare_locks(self, level: int) -> None:
        """Lock the groups before the nodes, as they are now."""
        if level == c.LEVEL_NODEGROUP:
            instance = locked_instance(self)
            self.needed_locks[level] = sorted(groups_of_instance(self.snapshot(), instance))
        elif level == c.LEVEL_NODE:
            self.needed_locks[level] = [self.op.pnode_uuid] if self.op.pnode_uuid else []
            lock_nodes_of_instances(self, append=True)

    # prerequisites

    def check_prereq(self) -> None:
        """Check all changes and compute the result."""
        instance, op = self.load_instance(), self.op
        check_instance_groups(self, instance)
        self._check_new_primary()
        self._hotplug = bool(op.hotplug and (op.disks or op.nics)) and hotplug.is_supported(self, instance)
        self._add_communication_nic()
        disks = check_disk_mods(self, instance, self._disk_mods)
        if any(mod.action == c.DDM_REMOVE for mod in self._disk_mods) and not self._hotplug:
            check_state(self, instance, NOT_RUNNING, "cannot remove its disks")
        if op.offline is not None:
            check_state(self, instance, NOT_RUNNING, "cannot change its state to offline or online")
        self._values = check_new_values(self, instance, op)
        check_memory(self, instance, op, self._values)
        check_runtime_memory(self, instance, op, self._values)
        self._nics = plan_nics(
            self, instance.nics, self._nic_mods, instance.primary_node, conflicts_check=op.conflicts_check
        )
        self._check_bridges()
        check_size(self, instance, op, self._values, disks, len(self._nics.nics))

    def _check_new_primary(self) -> None:
        instance, op = self.instance, self.op
        if op.pnode_uuid is None or op.pnode_uuid == instance.primary_node:
            return
        self._new_primary = self.snapshot().nodes[op.pnode_uuid]
        if op.force:
            return
        result = ask_guest(self, instance)
        if result.fail_msg:
            self.log_warning(f"Can't get instance runtime information: {result.fail_msg}")
        elif is_up(result.payload):
            name = self.node_name(instance.primary_node)
            raise OpPrereqError(f"Instance is still running on {name}", c.ECODE_STATE)

    def _add_communication_nic(self) -> None:
        """Let the NIC for talking to the node's metadata daemon come or go."""
        wanted = self.op.instance_communication
        if wanted is None:
            return
        name = f"{c.INSTANCE_COMMUNICATION_NIC_PREFIX}{self.instance.name}"
        exists = any(nic.name == name for nic in self.instance.nics)
        network = self.snapshot().cluster.instance_communication_network
        if wanted and not exists:
            if not network:
                raise OpPrereqError("The cluster has no instance communication network", c.ECODE_INVAL)
            params = {"name": name, "mac": c.VALUE_GENERATE, "ip": c.NIC_IP_POOL, "network": network}
            self._nic_mods += [check_nic_params(mod) for mod in normalise("NIC", [[c.DDM_ADD, -1, params]])]
        elif not wanted and exists:
            self._nic_mods += normalise("NIC", [[c.DDM_REMOVE, name, {}]])

    def _check_bridges(self) -> None:
        """Check the bridges of changed NICs; with force a missing one is a warning."""
        touched: list[Nic] = [nic for action, nic, _ in self._nics.hotplug if action != c.HOTPLUG_ACTION_REMOVE]
        try:
            check_bridges(self, touched, self.instance.primary_node)
        except OpPrereqError as err:
            if not self.op.force:
                raise
            self.log_warning(str(err.args[0]))

    # hooks

    def build_hooks_env(self) -> dict[str, object]:
        """Return the variables with memory, CPUs and NICs as they will be."""
        config = self.snapshot()
        seen = hook_instance(config, current(self, self.instance.uuid))
        seen = dataclasses.replace(seen, be=self._values.be_filled, nics=tuple(self._nics.nics))
        return {**build_env(config, seen), **self.extra_hooks_env()}

    def extra_hooks_env(self) -> Mapping[str, object]:
        env: dict[str, object] = {}
        if self.op.disk_template:
            env["NEW_DISK_TEMPLATE"] = self.op.disk_template
        if self.op.runtime_mem:
            env["RUNTIME_MEMORY"] = self.op.runtime_mem
        return env

    # execution

    def exec(self, feedback: Feedback) -> list[Change]:
        """Make the changes; returns (what, value) of each."""
        del feedback
        uuid, op = self.instance.uuid, self.op
        changes: list[Change] = []
        if self._new_primary is not None:
            self._set_primary(self._new_primary)
            changes.append(("primary_node", self._new_primary.name))
        if op.runtime_mem:
            self._balloon(op.runtime_mem)
            changes.append(("runtime_memory", op.runtime_mem))
        for mod in self._disk_mods:
            changes += apply_disk_mod(self, uuid, mod, hotplug=self._hotplug, wait_sync=op.wait_for_sync)
        self.locks.release(c.LEVEL_NODE)
        instance = current(self, uuid)
        changed = msgspec.structs.replace(instance, nics=tuple(self._nics.nics), **self._values.fields())
        if changed != instance:
            self.cfg.update(changed, self.ec_id)
        if self._hotplug:
            changes += self._plug_nics()
        changes += [*self._nics.changes, *self._values.changes]
        if op.offline is not None:
            state = mark_offline(self, uuid) if op.offline else mark_down(self, uuid)
            changes.append(("admin_state", state.admin_state))
        return changes

    def _set_primary(self, node: Node) -> None:
        """Record the new primary node; disks that are files of the old one are taken to be there."""
        instance = self.instance
        disks = [disk for disk in self.disks() if disk.nodes == (instance.primary_node,)]
        moved = [msgspec.structs.replace(disk, nodes=(node.uuid,)) for disk in disks]

        def change(draft: Any) -> None:
            draft.update(msgspec.structs.replace(instance, primary_node=node.uuid))
            for disk in moved:
                draft.update(disk)

        self.cfg.transact(change, self.ec_id)

    def _balloon(self, memory_mib: int) -> None:
        instance = current(self, self.instance.uuid)
        wired = wire_instance(self.snapshot(), instance, instance.primary_node)
        result = self.rpc.call_one(instance.primary_node, procedures.instance_balloon_memory, wired, memory_mib)
        result.raise_("Failed to modify instance runtime memory")

    def _plug_nics(self) -> list[Change]:
        instance = current(self, self.instance.uuid)
        return [
            (f"nic/{index}", hotplug.change_nic(self, instance, action, nic, index))
            for action, nic, index in self._nics.hotplug
        ]
