"""gnt-group: node groups."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import cluster, common, group, node, policy

_PARAMETERS = (
    group.ALLOC_POLICY,
    cluster.DISK_PARAMETERS,
    common.DISK_STATE,
    common.DRY_RUN,
    common.HYPERVISOR_STATE,
    policy.IPOLICY_BOUNDS_SPECS,
    policy.IPOLICY_DISK_TEMPLATES,
    policy.IPOLICY_SPINDLE_RATIO,
    policy.IPOLICY_VCPU_RATIO,
    common.NODE_PARAMETERS,
    common.PRINT_JOBID,
    common.PRIORITY,
    common.SUBMIT,
)
_JOB = (common.PRINT_JOBID, common.PRIORITY, common.SUBMIT)
_TAGS = (common.FROM, *_JOB)

PROGRAM = Program(
    name="gnt-group",
    help="manage node groups",
    commands=(
        Command(
            "add",
            "ganeti.client.group.modify:add",
            "Add a node group to the cluster",
            arguments=(Argument("group", "group-name"),),
            options=_PARAMETERS,
            opcodes=("OP_GROUP_ADD",),
        ),
        Command(
            "add-tags",
            "ganeti.client.tags:add",
            "Add tags to a node group",
            arguments=(
                Argument("group", "group"),
                Argument("unknown", "tag", 0, None),
            ),
            options=_TAGS,
            opcodes=("OP_TAGS_SET",),
        ),
        Command(
            "assign-nodes",
            "ganeti.client.group.modify:assign_nodes",
            "Put nodes into a node group",
            arguments=(
                Argument("group", "group"),
                Argument("node", "node", 0, None),
            ),
            options=(common.DRY_RUN, common.FORCE, *_JOB),
            opcodes=("OP_GROUP_ASSIGN_NODES",),
        ),
        Command(
            "evacuate",
            "ganeti.client.group.evacuate:run",
            "Move all instances of a node group to other groups",
            arguments=(Argument("group", "group"),),
            options=(
                node.EARLY_RELEASE,
                group.FORCE_FAILOVER,
                common.IALLOCATOR,
                common.PRINT_JOBID,
                group.SEQUENTIAL,
                common.SUBMIT,
                group.TO,
            ),
            opcodes=("OP_GROUP_EVACUATE",),
        ),
        Command(
            "info",
            "ganeti.client.group.show:info",
            "Show the details of node groups",
            arguments=(Argument("group", "group", 0, None),),
        ),
        Command(
            "list",
            "ganeti.client.group.show:list_groups",
            "List node groups, or those that match a filter",
            arguments=(Argument("group", "group", 0, None),),
            options=(
                common.FILTER,
                common.NO_HEADERS,
                common.OUTPUT,
                common.SEPARATOR,
                common.VERBOSE,
            ),
            default_fields=("name", "node_cnt", "pinst_cnt", "alloc_policy", "ndparams"),
        ),
        Command(
            "list-fields",
            "ganeti.client.group.show:list_fields",
            "List the fields that the list of node groups can show",
            arguments=(Argument("unknown", "field", 0, None),),
            options=(
                common.NO_HEADERS,
                common.SEPARATOR,
            ),
        ),
        Command(
            "list-tags",
            "ganeti.client.tags:list_tags",
            "List the tags of a node group",
            arguments=(Argument("group", "group"),),
        ),
        Command(
            "modify",
            "ganeti.client.group.modify:modify",
            "Change the parameters of a node group",
            arguments=(Argument("group", "group"),),
            options=_PARAMETERS,
            opcodes=("OP_GROUP_SET_PARAMS",),
        ),
        Command(
            "remove",
            "ganeti.client.group.modify:remove",
            "Remove a node group without nodes",
            arguments=(Argument("group", "group"),),
            options=(common.DRY_RUN, *_JOB),
            opcodes=("OP_GROUP_REMOVE",),
        ),
        Command(
            "remove-tags",
            "ganeti.client.tags:remove",
            "Remove tags from a node group",
            arguments=(
                Argument("group", "group"),
                Argument("unknown", "tag", 0, None),
            ),
            options=_TAGS,
            opcodes=("OP_TAGS_DEL",),
        ),
        Command(
            "rename",
            "ganeti.client.group.modify:rename",
            "Give a node group another name",
            arguments=(Argument("group", "group"), Argument("group", "new-group-name")),
            options=(common.DRY_RUN, *_JOB),
            opcodes=("OP_GROUP_RENAME",),
        ),
        Command(
            "show-ispecs-cmd",
            "ganeti.client.group.show:show_ispecs_command",
            "Print the commands that make node groups with the same instance policies",
            arguments=(Argument("group", "group", 0, None),),
            options=(group.INCLUDE_DEFAULTS,),
        ),
    ),
    environment_defaults=("list",),
    tag_kind="nodegroup",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-group`` and return its exit code."""
    return run_program(PROGRAM, argv)
