"""gnt-node: nodes of the cluster."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import common, node

PROGRAM = Program(
    name="gnt-node",
    help="manage the nodes of the cluster",
    commands=(
        Command(
            "add",
            "ganeti.client.node.add:run",
            "Add a node to the cluster",
            arguments=(Argument("host", "node-name"),),
            options=(
                common.DISK_STATE,
                node.FORCE_JOIN,
                common.HYPERVISOR_STATE,
                node.MASTER_CAPABLE,
                node.NO_NODE_SETUP,
                node.NO_SSH_KEY_CHECK,
                common.NODE_GROUP,
                common.NODE_PARAMETERS,
                common.PRIORITY,
                node.READD,
                common.SECONDARY_IP,
                common.VERBOSE,
                node.VM_CAPABLE,
            ),
            opcodes=("OP_NODE_ADD",),
        ),
        Command(
            "add-tags",
            "ganeti.client.tags:add",
            "Add tags to a node",
            arguments=(
                Argument("node", "node"),
                Argument("unknown", "tag", 0, None),
            ),
            options=(
                common.FROM,
                common.PRINT_JOBID,
                common.PRIORITY,
                common.SUBMIT,
            ),
            opcodes=("OP_TAGS_SET",),
        ),
        Command(
            "info",
            "ganeti.client.node.show:info",
            "Show the details of nodes",
            arguments=(Argument("node", "node", 0, None),),
            aliases=("show",),
        ),
        Command(
            "list",
            "ganeti.client.node.show:list_nodes",
            "List nodes, or those that match a filter",
            arguments=(Argument("node", "node", 0, None),),
            options=(
                common.FILTER,
                common.NO_HEADERS,
                common.OUTPUT,
                common.SEPARATOR,
                common.UNITS,
                common.VERBOSE,
            ),
            default_fields=("name", "dtotal", "dfree", "mtotal", "mnode", "mfree", "pinst_cnt", "sinst_cnt"),
        ),
        Command(
            "list-fields",
            "ganeti.client.node.show:list_fields",
            "List the fields that the list of nodes can show",
            arguments=(Argument("unknown", "field", 0, None),),
            options=(
                common.NO_HEADERS,
                common.SEPARATOR,
            ),
        ),
        Command(
            "list-tags",
            "ganeti.client.tags:list_tags",
            "List the tags of a node",
            arguments=(Argument("node", "node"),),
        ),
        Command(
            "modify",
            "ganeti.client.node.modify:run",
            "Change the role, the addresses or the parameters of a node",
            arguments=(Argument("node", "node"),),
            options=(
                node.AUTO_PROMOTE,
                common.DISK_STATE,
                node.DRAINED,
                common.DRY_RUN,
                common.FORCE,
                common.HYPERVISOR_STATE,
                node.MASTER_CANDIDATE,
                node.MASTER_CAPABLE,
                common.NODE_PARAMETERS,
                node.NODE_POWERED,
                node.NODE_OFFLINE,
                common.PRINT_JOBID,
                common.PRIORITY,
                common.SECONDARY_IP,
                common.SUBMIT,
                node.VM_CAPABLE,
            ),
            opcodes=("OP_NODE_SET_PARAMS",),
        ),
        Command(
            "remove",
            "ganeti.client.node.remove:run",
            "Remove a node from the cluster",
            arguments=(Argument("node", "node"),),
            options=(
                common.DRY_RUN,
                common.PRIORITY,
            ),
            opcodes=("OP_NODE_REMOVE",),
        ),
        Command(
            "remove-tags",
            "ganeti.client.tags:remove",
            "Remove tags from a node",
            arguments=(
                Argument("node", "node"),
                Argument("unknown", "tag", 0, None),
            ),
            options=(
                common.FROM,
                common.PRINT_JOBID,
                common.PRIORITY,
                common.SUBMIT,
            ),
            opcodes=("OP_TAGS_DEL",),
        ),
    ),
    environment_defaults=("list",),
    tag_kind="node",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-node`` and return its exit code."""
    return run_program(PROGRAM, argv)
