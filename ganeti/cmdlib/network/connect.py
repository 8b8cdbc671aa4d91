"""Connect IP networks to node groups, and disconnect them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.instance.nics import check_filled_params, normalise_vlan
from ganeti.cmdlib.locks import check_still_covered, instances_of_group, members_of_groups
from ganeti.cmdlib.network import addresses
from ganeti.objects import Instance, NodeGroup

_PARAMETERS: Final = (c.NIC_MODE, c.NIC_LINK, c.NIC_VLAN)


class _NetworkInGroup(LogicalUnit[Any]):
    """Works on the connection between a network and a group."""

    HTYPE = c.HTYPE_NETWORK
    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the group, and the network (so that it is not removed) and the group's instances shared."""
        config, index = self.cfg.snapshot_with_index()
        network = names.find_network(config, self.op.network_name)
        group = names.find_group(config, self.op.group_name)
        self.network_uuid, self.group_uuid = network.uuid, group.uuid
        self.op = msgspec.structs.replace(self.op, network_name=network.name, group_name=group.name)
        self.needed_locks = {
            c.LEVEL_INSTANCE: [instance.name for instance in instances_of_group(config, index, group.uuid)],
            c.LEVEL_NODEGROUP: [group.uuid],
            c.LEVEL_NETWORK: [network.uuid],
        }
        self.share_locks = {c.LEVEL_INSTANCE: True, c.LEVEL_NETWORK: True}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """All nodes of the group, before and afterwards."""
        nodes = sorted(members_of_groups(self.snapshot(), [self.group_uuid]))
        return nodes, nodes

    @property
    def group(self) -> NodeGroup:
        """The group as it is now."""
        return self.snapshot().nodegroups[self.group_uuid]

    @property
    def is_connected(self) -> bool:
        """Whether the network is connected to the group now."""
        return self.network_uuid in self.group.networks

    def locked_instances(self) -> list[Instance]:
        """Return the group's instances, which must be those that are locked. Raises OpPrereqError (wrong_state)."""
        config, index = self.cfg.snapshot_with_index()
        instances = instances_of_group(config, index, self.group_uuid)
        found = [instance.name for instance in instances]
        check_still_covered("Node group", self.op.group_name, "instances", found, self.owned(c.LEVEL_INSTANCE))
        return instances

    def refuse_used(self, users: Sequence[str], what: str) -> None:
        """Refuse if there are NICs in the way, which are listed in the job's log."""
        if not users:
            return
        self.log_warning(
            f"Network '{self.op.network_name}' and node group '{self.op.group_name}': {what}: {'; '.join(users)}"
        )
        raise errors.OpPrereqError(
            f"Cannot change the connection of network '{self.op.network_name}': instances of node group"
            f" '{self.op.group_name}' are in the way",
            c.ECODE_STATE,
        )


@lu_for(opcodes.OpNetworkConnect)
class LUNetworkConnect(_NetworkInGroup):
    """Let NICs of instances in a group be in a network."""

    HPATH = "network-connect"

    def check_arguments(self) -> None:
        """Check the parameters that NICs get."""
        op = self.op
        self.netparams = {
            c.NIC_MODE: op.network_mode,
            c.NIC_LINK: op.network_link,
            c.NIC_VLAN: normalise_vlan(op.network_vlan) if op.network_vlan else "",
        }
        check_filled_params(self.netparams)

    def expand_names(self) -> None:
        """Lock the instances only if their addresses are looked at."""
        super().expand_names()
        if not self.op.conflicts_check:
            del self.needed_locks[c.LEVEL_INSTANCE]

    def build_hooks_env(self) -> dict[str, object]:
        """Return group and parameters."""
        parameters = {f"GROUP_NETWORK_{name.upper()}": self.netparams[name] for name in _PARAMETERS}
        return {"GROUP_NAME": self.op.group_name, **parameters}

    def check_prereq(self) -> None:
        """Check that no NIC has an address of the network already, and no other network shares addresses with it."""
        self.was_connected = self.is_connected
        if self.was_connected:
            self.log_warning(
                f"Network '{self.op.network_name}' is connected to node group '{self.op.group_name}' already"
            )
            return
        if not self.op.conflicts_check:
            return
        instances = self.locked_instances()
        config = self.snapshot()
        network = config.networks[self.network_uuid]
        overlapping = addresses.overlapping(config, network, self.group.networks)
        if overlapping:
            raise errors.OpPrereqError(
                f"Network '{network.name}' ({network.network}) shares addresses with {', '.join(overlapping)},"
                f" connected to node group '{self.op.group_name}'",
                c.ECODE_STATE,
            )
        users = addresses.nics_in(network, instances, members_only=False)
        self.refuse_used(users, "these NICs have addresses of the network already")

    def exec(self, feedback: Feedback) -> None:
        """Connect them."""
        if self.was_connected:
            return

        def connected(group: NodeGroup) -> NodeGroup:
            return msgspec.structs.replace(group, networks={**group.networks, self.network_uuid: self.netparams})

        self.cfg.modify(NodeGroup, self.group_uuid, connected)


@lu_for(opcodes.OpNetworkDisconnect)
class LUNetworkDisconnect(_NetworkInGroup):
    """End the connection of a network to a group in which no NIC uses it."""

    HPATH = "network-disconnect"

    def build_hooks_env(self) -> dict[str, object]:
        """Return the group, and the parameters as long as there is a connection."""
        stored = self.group.networks.get(self.network_uuid, {})
        parameters = {f"GROUP_NETWORK_{name.upper()}": stored.get(name, "") for name in _PARAMETERS if stored}
        return {"GROUP_NAME": self.op.group_name, **parameters}

    def check_prereq(self) -> None:
        """Check that no NIC of the group's instances is in the network."""
        self.was_connected = self.is_connected
        if not self.was_connected:
            self.log_warning(f"Network '{self.op.network_name}' is not connected to node group '{self.op.group_name}'")
            return
        network = self.snapshot().networks[self.network_uuid]
        users = addresses.nics_in(network, self.locked_instances(), members_only=True)
        self.refuse_used(users, "these NICs are in the network")

    def exec(self, feedback: Feedback) -> None:
        """Disconnect them."""
        if not self.was_connected:
            return

        def disconnected(group: NodeGroup) -> NodeGroup:
            networks = {uuid: params for uuid, params in group.networks.items() if uuid != self.network_uuid}
            return msgspec.structs.replace(group, networks=networks)

        self.cfg.modify(NodeGroup, self.group_uuid, disconnected)
