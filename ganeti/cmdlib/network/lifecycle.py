"""Rename and remove IP networks."""

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.locks import members_of_groups
from ganeti.objects import ConfigData, Network


def connected_groups(config: ConfigData, network_uuid: str) -> list[str]:
    """Return the UUIDs of the groups that a network is connected to, sorted by name."""
    groups = [group for group in config.nodegroups.values() if network_uuid in group.networks]
    return [group.uuid for group in sorted(groups, key=lambda item: item.name)]


class _OneNetwork(LogicalUnit[Any]):
    """Works on one network, locked exclusively."""

    HTYPE = c.HTYPE_NETWORK
    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the network."""
        network = names.find_network(self.snapshot(), self.op.network_name)
        self.uuid = network.uuid
        self.op = msgspec.structs.replace(self.op, network_name=network.name)
        self.needed_locks = {c.LEVEL_NETWORK: [network.uuid]}


@lu_for(opcodes.OpNetworkRemove)
class LUNetworkRemove(_OneNetwork):
    """Remove a network that is not connected to any group."""

    HPATH = "network-remove"

    def expand_names(self) -> None:
        """Lock the network, and the groups so that none gets connected."""
        super().expand_names()
        self.needed_locks[c.LEVEL_NODEGROUP] = ALL_SET
        self.share_locks[c.LEVEL_NODEGROUP] = True

    def build_hooks_env(self) -> dict[str, object]:
        """Return the name."""
        return {"NETWORK_NAME": self.op.network_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        nodes = [self.snapshot().cluster.master_node]
        return nodes, nodes

    def check_prereq(self) -> None:
        """Check that nothing uses the network."""
        config = self.snapshot()
        groups = [config.nodegroups[uuid].name for uuid in connected_groups(config, self.uuid)]
        if groups:
            self.log_warning(f"Network '{self.op.network_name}' is connected to the node groups {', '.join(groups)}")
            raise errors.OpPrereqError(
                f"Network '{self.op.network_name}' is still connected to node groups; disconnect it first",
                c.ECODE_STATE,
            )
        users = sorted(
            instance.name
            for instance in config.instances.values()
            if any(nic.network == self.uuid for nic in instance.nics)
        )
        if users:
            raise errors.OpPrereqError(
                f"Network '{self.op.network_name}' is used by NICs of {', '.join(users)}", c.ECODE_STATE
            )

    def exec(self, feedback: Feedback) -> None:
        """Remove it."""
        self.cfg.remove_network(self.uuid)


@lu_for(opcodes.OpNetworkRename)
class LUNetworkRename(_OneNetwork):
    """Give a network another name."""

    HPATH = "network-rename"

    def build_hooks_env(self) -> dict[str, object]:
        """Return both names."""
        return {"OLD_NAME": self.op.network_name, "NEW_NAME": self.op.new_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master and the nodes of all groups that the network is connected to, before and afterwards."""
        config = self.snapshot()
        members = members_of_groups(config, connected_groups(config, self.uuid))
        nodes = list(dict.fromkeys([config.cluster.master_node, *sorted(members)]))
        return nodes, nodes

    def check_prereq(self) -> None:
        """Check that the new name is free."""
        names.check_new_name("Network", self.op.new_name, self.snapshot().networks)

    def exec(self, feedback: Feedback) -> str:
        """Rename it; returns the new name."""
        new_name = str(self.op.new_name)
        self.cfg.modify(Network, self.uuid, lambda network: msgspec.structs.replace(network, name=new_name))
        return new_name
