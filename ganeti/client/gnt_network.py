"""gnt-network: IP networks of instances."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import cluster, common, instance, network

_JOB = (common.PRINT_JOBID, common.PRIORITY, common.SUBMIT)
_TAGS = (common.FROM, *_JOB)

PROGRAM = Program(
    name="gnt-network",
    help="manage IP networks",
    commands=(
        Command(
            "add",
            "ganeti.client.network.modify:add",
            "Add an IP network to the cluster",
            arguments=(Argument("network", "network-name"),),
            options=(
                network.ADD_RESERVED_IPS,
                common.DRY_RUN,
                network.GATEWAY,
                network.GATEWAY6,
                cluster.MAC_PREFIX,
                network.NETWORK,
                network.NETWORK6,
                network.NO_CONFLICTS_CHECK,
                *_JOB,
                instance.TAGS,
            ),
            opcodes=("OP_NETWORK_ADD",),
        ),
        Command(
            "add-tags",
            "ganeti.client.tags:add",
            "Add tags to a network",
            arguments=(
                Argument("network", "network"),
                Argument("unknown", "tag", 0, None),
            ),
            options=_TAGS,
            opcodes=("OP_TAGS_SET",),
        ),
        Command(
            "connect",
            "ganeti.client.network.connect:connect",
            "Let instances in node groups use a network (without groups: in all)",
            arguments=(
                Argument("network", "network"),
                Argument("group", "group", 0, None),
            ),
            options=(
                network.NIC_PARAMETERS,
                network.NO_CONFLICTS_CHECK,
                common.PRIORITY,
            ),
            opcodes=("OP_NETWORK_CONNECT",),
        ),
        Command(
            "disconnect",
            "ganeti.client.network.connect:disconnect",
            "End the connection of a network to node groups (without groups: to all)",
            arguments=(
                Argument("network", "network"),
                Argument("group", "group", 0, None),
            ),
            options=(common.PRIORITY,),
            opcodes=("OP_NETWORK_DISCONNECT",),
        ),
        Command(
            "info",
            "ganeti.client.network.show:info",
            "Show the details of networks",
            arguments=(Argument("network", "network", 0, None),),
        ),
        Command(
            "list",
            "ganeti.client.network.show:list_networks",
            "List networks",
            arguments=(Argument("network", "network", 0, None),),
            options=(
                common.NO_HEADERS,
                common.OUTPUT,
                common.SEPARATOR,
                common.VERBOSE,
            ),
            default_fields=("name", "network", "gateway", "mac_prefix", "group_list", "tags"),
        ),
        Command(
            "list-fields",
            "ganeti.client.network.show:list_fields",
            "List the fields that the list of networks can show",
            arguments=(Argument("unknown", "field", 0, None),),
            options=(
                common.NO_HEADERS,
                common.SEPARATOR,
            ),
        ),
        Command(
            "list-tags",
            "ganeti.client.tags:list_tags",
            "List the tags of a network",
            arguments=(Argument("network", "network"),),
        ),
        Command(
            "modify",
            "ganeti.client.network.modify:modify",
            "Change the gateways, the MAC prefix or the reserved addresses of a network",
            arguments=(Argument("network", "network"),),
            options=(
                network.ADD_RESERVED_IPS,
                common.DRY_RUN,
                network.GATEWAY,
                network.GATEWAY6,
                cluster.MAC_PREFIX,
                network.NETWORK6,
                *_JOB,
                network.REMOVE_RESERVED_IPS,
            ),
            opcodes=("OP_NETWORK_SET_PARAMS",),
        ),
        Command(
            "remove",
            "ganeti.client.network.modify:remove",
            "Remove a network that is not connected to any node group",
            arguments=(Argument("network", "network"),),
            options=(common.DRY_RUN, common.FORCE, *_JOB),
            opcodes=("OP_NETWORK_REMOVE",),
        ),
        Command(
            "remove-tags",
            "ganeti.client.tags:remove",
            "Remove tags from a network",
            arguments=(
                Argument("network", "network"),
                Argument("unknown", "tag", 0, None),
            ),
            options=_TAGS,
            opcodes=("OP_TAGS_DEL",),
        ),
        Command(
            "rename",
            "ganeti.client.network.modify:rename",
            "Give a network another name",
            arguments=(Argument("network", "network"), Argument("network", "new-network-name")),
            options=(common.DRY_RUN, *_JOB),
            opcodes=("OP_NETWORK_RENAME",),
        ),
    ),
    tag_kind="network",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-network`` and return its exit code."""
    return run_program(PROGRAM, argv)
