"""The network over which instances talk to their nodes: what it should look like, and the jobs that provide it."""

from collections.abc import Iterator

from ganeti import constants as c
from ganeti.cmdlib.cluster.params.outcome import Outcome, invalid, wrong_state
from ganeti.cmdlib.network.addresses import overlapping
from ganeti.objects import ConfigData, Network
from ganeti.opcodes import OpClusterSetParams, OpCode, OpNetworkAdd, OpNetworkConnect


def _network(config: ConfigData, name: str) -> Network | None:
    return next((network for network in config.networks.values() if network.name == name), None)


def _oddities(network: Network) -> Iterator[str]:
    """Yield in what an existing network differs from one that would be made."""
    for what, value, expected in (
        ("a gateway", network.gateway, None),
        ("an IPv6 gateway", network.gateway6, None),
        ("the subnet", network.network, c.INSTANCE_COMMUNICATION_NETWORK4),
        ("the IPv6 subnet", network.network6, c.INSTANCE_COMMUNICATION_NETWORK6),
        ("the MAC prefix", network.mac_prefix, c.INSTANCE_COMMUNICATION_MAC_PREFIX),
    ):
        if value != expected:
            advice = f"should have {expected}" if expected else "should have none"
            yield f"The instance communication network {network.name} has {what} {value}, it {advice}"


def _check_can_connect(config: ConfigData, network: Network) -> None:
    """Check that no node group has addresses of the network already. Raises OpPrereqError (wrong_state)."""
    for group in config.nodegroups.values():
        others = () if network.uuid in group.networks else overlapping(config, network, group.networks)
        if others:
            raise wrong_state(
                f"Network {network.name} ({network.network}) would share addresses with {', '.join(others)}, connected"
                f" to node group {group.name}; disconnect that first"
            )


def communication_network(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the name of the network; an empty one switches instance communication off."""
    name, before = op.instance_communication_network, config.cluster.instance_communication_network
    if name is None:
        return Outcome()
    notes = [f"The former instance communication network {before} is left as it is"] if before not in ("", name) else []
    network = _network(config, name) if name else None
    if network is not None and not network.network:
        raise invalid(f"Network {name} has no IPv4 subnet, which instance communication needs")
    if name:
        _check_can_connect(config, network or Network(uuid="", name=name, network=c.INSTANCE_COMMUNICATION_NETWORK4))
    warnings = tuple(_oddities(network)) if network is not None else ()
    return Outcome({"instance_communication_network": name}, notes=tuple(notes), warnings=warnings)


def missing_parts(config: ConfigData) -> list[OpCode]:
    """Return the opcodes, for one job, that make the network of the cluster and connect it to all node groups."""
    name = config.cluster.instance_communication_network
    if not name:
        return []
    network = _network(config, name)
    ops: list[OpCode] = []
    if network is None:
        ops.append(
            OpNetworkAdd(
                network_name=name,
                network=c.INSTANCE_COMMUNICATION_NETWORK4,
                network6=c.INSTANCE_COMMUNICATION_NETWORK6,
                mac_prefix=c.INSTANCE_COMMUNICATION_MAC_PREFIX,
            )
        )
    uuid = network.uuid if network is not None else None
    groups = sorted(group.name for group in config.nodegroups.values() if uuid not in group.networks)
    return ops + [connecting(name, group) for group in groups]


def connecting(network: str, group: str) -> OpNetworkConnect:
    """Return the opcode that connects the network to a node group."""
    return OpNetworkConnect(
        group_name=group,
        network_name=network,
        network_mode=c.INSTANCE_COMMUNICATION_NETWORK_MODE,
        network_link=c.INSTANCE_COMMUNICATION_NETWORK_LINK,
    )
