"""gnt-network connect and disconnect."""

from collections.abc import Callable

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import JobExecutor
from ganeti.client.cluster.parameters import nic_parameters
from ganeti.opcodes import OpCode


def _for_each_group(call: Invocation, make_op: Callable[[str], OpCode]) -> int:
    """Run one job for each named group, or for all groups, one after the other; return the exit code."""
    groups = call.arguments[1:] or [row[0] for row in call.client.query_groups([], ["name"])]
    is_success = True
    for group in groups:
        executor = JobExecutor(call)
        executor.add(group, make_op(group))
        is_success = all(outcome.success for outcome in executor.wait_or_show()) and is_success
    return c.EXIT_SUCCESS if is_success else c.EXIT_FAILURE


def connect(call: Invocation) -> int:
    """Connect a network to groups; what is not said about its NICs is what NICs have by default."""
    params = {**c.NICC_DEFAULTS, **nic_parameters(call.options.nicparams)}

    def make_op(group: str) -> OpCode:
        return opcodes.OpNetworkConnect(
            group_name=group,
            network_name=call.arguments[0],
            network_mode=params[c.NIC_MODE],
            network_link=params[c.NIC_LINK],
            network_vlan=params[c.NIC_VLAN],
            conflicts_check=call.options.conflicts_check,
        )

    return _for_each_group(call, make_op)


def disconnect(call: Invocation) -> int:
    """Disconnect a network from groups."""

    def make_op(group: str) -> OpCode:
        return opcodes.OpNetworkDisconnect(group_name=group, network_name=call.arguments[0])

    return _for_each_group(call, make_op)
