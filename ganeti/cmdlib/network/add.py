"""Add an IP network."""

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.network import addresses
from ganeti.cmdlib.tags import check_tags
from ganeti.config import ippool
from ganeti.objects import ConfigData, Network
from ganeti.utils import net


@lu_for(opcodes.OpNetworkAdd)
class LUNetworkAdd(LogicalUnit[opcodes.OpNetworkAdd]):
    """Add a network with its pool of addresses; it can be used once it is connected to a node group."""

    HPATH = "network-add"
    HTYPE = c.HTYPE_NETWORK
    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check what does not need the configuration."""
        check_tags(self.op.tags)
        self.mac_prefix = net.normalise_mac_prefix(self.op.mac_prefix) if self.op.mac_prefix else None
        addresses.check_ipv6(self.op.network6, self.op.gateway6)

    def expand_names(self) -> None:
        """Lock the new network, and the nodes if their addresses matter."""
        self.uuid = self.cfg.reservations.generate_uuid(self.ec_id)
        self.needed_locks = {}
        if self.op.conflicts_check:
            self.needed_locks[c.LEVEL_NODE] = ALL_SET
            self.share_locks[c.LEVEL_NODE] = True
        self.add_locks[c.LEVEL_NETWORK] = [self.uuid]

    def build_hooks_env(self) -> dict[str, object]:
        """Return the new network."""
        return addresses.hook_variables(self.network)

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        nodes = [self.snapshot().cluster.master_node]
        return nodes, nodes

    def check_prereq(self) -> None:
        """Check the name and the addresses."""
        config, op = self.snapshot(), self.op
        names.check_new_name("Network", op.network_name, config.networks)
        network = Network(
            uuid=self.uuid,
            name=op.network_name,
            network=op.network,
            gateway=op.gateway,
            network6=op.network6,
            gateway6=op.gateway6,
            mac_prefix=self.mac_prefix,
            tags=tuple(sorted(set(op.tags))),
        )
        if op.gateway is not None:
            addresses.check_gateway(network, op.gateway)
        addresses.check_inside(network, "Reserved IP", op.add_reserved_ips or ())
        try:
            self.network = self._with_pool(config, network)
        except errors.AddressPoolError as err:
            raise errors.OpExecError(f"Cannot create the pool of network '{op.network_name}': {err}") from err

    def _with_pool(self, config: ConfigData, network: Network) -> Network:
        network = ippool.with_empty_pool(network)
        if self.op.conflicts_check:
            network = addresses.without_node_addresses(config, network, self.log_info, self.log_warning)
        for ip in self.op.add_reserved_ips or ():
            network = ippool.with_bit(network, ip, used=True, external=True)
        return network

    def exec(self, feedback: Feedback) -> None:
        """Store the network."""
        self.cfg.add_network(self.network)
