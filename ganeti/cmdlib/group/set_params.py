"""Change the parameters of a node group."""

from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.group import params
from ganeti.cmdlib.locks import check_still_covered, instances_of_group
from ganeti.objects.static_states import merged_disk_state, merged_hv_state

_PARAMETERS: Final = ("alloc_policy", "ndparams", "diskparams", "hv_state", "disk_state", "ipolicy")


@lu_for(opcodes.OpGroupSetParams)
class LUGroupSetParams(LogicalUnit[opcodes.OpGroupSetParams]):
    """Change a group's parameters."""

    HPATH = "group-modify"
    HTYPE = c.HTYPE_GROUP
    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check that something is asked for."""
        if all(getattr(self.op, name) is None for name in _PARAMETERS):
            raise errors.OpPrereqError("Please pass at least one modification", c.ECODE_INVAL)

    def expand_names(self) -> None:
        """Lock the group, and its instances shared: they must stay while their policy changes."""
        config, index = self.cfg.snapshot_with_index()
        group = names.find_group(config, self.op.group_name)
        self.uuid = group.uuid
        self.op = msgspec.structs.replace(self.op, group_name=group.name)
        self.needed_locks = {
            c.LEVEL_INSTANCE: [instance.name for instance in instances_of_group(config, index, self.uuid)],
            c.LEVEL_NODEGROUP: [self.uuid],
        }
        self.share_locks[c.LEVEL_INSTANCE] = True

    def build_hooks_env(self) -> dict[str, object]:
        """Return the name and the allocation policy that was asked for."""
        return {"GROUP_NAME": self.op.group_name, "NEW_ALLOC_POLICY": self.op.alloc_policy}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        nodes = [self.snapshot().cluster.master_node]
        return nodes, nodes

    def check_prereq(self) -> None:
        """Compute the new parameters; warn about instances that do not fit a new policy."""
        config, index = self.cfg.snapshot_with_index()
        group, op = config.nodegroups[self.uuid], self.op
        instances = instances_of_group(config, index, self.uuid)
        owned = self.owned(c.LEVEL_INSTANCE)
        check_still_covered("Node group", group.name, "instances", (inst.name for inst in instances), owned)
        changes: dict[str, Any] = {}
        if op.alloc_policy is not None:
            changes["alloc_policy"] = op.alloc_policy
        if op.ndparams is not None:
            changes["ndparams"] = params.changed_ndparams(group.ndparams, op.ndparams)
        if op.diskparams is not None:
            changes["diskparams"] = params.changed_diskparams(group.diskparams, op.diskparams)
            params.check_access(config, changes["diskparams"], instances)
        if op.hv_state is not None:
            changes["hv_state_static"] = merged_hv_state(group.hv_state_static, op.hv_state)
        if op.disk_state is not None:
            changes["disk_state_static"] = merged_disk_state(group.disk_state_static, op.disk_state)
        if op.ipolicy is not None:
            changes["ipolicy"] = params.changed_ipolicy(config, group.ipolicy, op.ipolicy)
            primary = instances_of_group(config, index, self.uuid, primary_only=True)
            unfit = list(params.new_violations(config, primary, group.ipolicy, changes["ipolicy"]))
            if unfit:
                self.log_warning(f"After the ipolicy change the following instances violate them: {', '.join(unfit)}")
        self.group = msgspec.structs.replace(group, **changes)

    def exec(self, feedback: Feedback) -> list[tuple[str, str]]:
        """Store the parameters; return those that programs show."""
        group = self.cfg.update(self.group)
        return [
            (name, str(getattr(group, name)))
            for name in ("ndparams", "diskparams")
            if getattr(self.op, name) is not None
        ]
