"""Which instances a sub-command works on, and one job for each of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import confirm, failures
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import JobExecutor
from ganeti.luxi.client import QueryFilter
from ganeti.opcodes import OpCode

#: Values of the options that tell what the arguments are.
CLUSTER: Final = "cluster"
INSTANCES: Final = "instances"
INSTANCES_BY_TAGS: Final = "instances-by-tags"
#: For nodes, given by name or by tags: which lists of instances count.
_NODE_LISTS: Final = {
    "nodes": ("pinst_list", "sinst_list"),
    "nodes-pri": ("pinst_list",),
    "nodes-sec": ("sinst_list",),
}
_BY_TAGS_SUFFIX: Final = "-by-tags"
#: From this number on, the names are shown only on request.
_MANY: Final = 20

_VIEW: Final = confirm.Choice("v", "view", "View the list of affected instances")


def _unique(names: Iterable[str]) -> list[str]:
    """Return the names in their order, each once."""
    return list(dict.fromkeys(names))


def _tags_filter(tags: Sequence[str]) -> QueryFilter:
    return [c.QLANG_OP_OR, *([c.QLANG_OP_CONTAINS, "tags", tag] for tag in tags)]


def _names_on_nodes(call: Invocation, mode: str) -> list[str]:
    """Return the instances of nodes that are given by name or by tag."""
    by_tags = mode.endswith(_BY_TAGS_SUFFIX)
    lists = _NODE_LISTS[mode.removesuffix(_BY_TAGS_SUFFIX)]
    if by_tags:
        answer = call.client.query(c.QR_NODE, lists, _tags_filter(call.arguments))
        rows = [[value for _, value in row] for row in answer.rows]
    else:
        rows = call.client.query_nodes(call.arguments, lists)
    return [name for row in rows for names in row for name in names or ()]


def _find(call: Invocation, mode: str) -> list[str]:
    if mode == CLUSTER:
        if call.arguments:
            raise errors.OpPrereqError("No arguments may be given together with --all", c.ECODE_INVAL)
        return [row[0] for row in call.client.query_instances([], ["name"])]
    if not call.arguments:
        raise errors.OpPrereqError("At least one name or tag must be given, or --all", c.ECODE_INVAL)
    if mode == INSTANCES:
        return [row[0] for row in call.client.query_instances(call.arguments, ["name"])]
    if mode == INSTANCES_BY_TAGS:
        answer = call.client.query(c.QR_INSTANCE, ["name"], _tags_filter(call.arguments))
        return [row[0][1] for row in answer.rows]
    return _names_on_nodes(call, mode)


def select(call: Invocation) -> tuple[list[str], bool]:
    """Return the selected instances, and whether this is more than one instance given by its name.

    Raises OpPrereqError if nothing matches; ExitError for the whole of an empty cluster.
    """
    mode = call.options.multi_mode or INSTANCES
    names = _unique(_find(call, mode))
    if not names:
        if mode == CLUSTER:
            print("The cluster has no instances, there is nothing to do")
            raise failures.ExitError(c.EXIT_SUCCESS)
        raise errors.OpPrereqError("No instances match the given arguments", c.ECODE_INVAL)
    return names, mode != INSTANCES or len(names) > 1


def confirm_operation(names: Sequence[str], verb: str, *, warning: str = "") -> bool:
    """Ask whether the operation *verb* shall be done to all instances in *names*."""
    count = f"{len(names)} instance" + ("s" if len(names) > 1 else "")
    listing = "Affected instances:\n" + "\n".join(f"  {name}" for name in names)
    question = f"The operation {verb} will be done to {count}.{warning}\n"
    if len(names) <= _MANY:
        return confirm.confirm(f"{question}{listing}\nContinue?")
    answer = confirm.ask(f"{question}Continue?", (confirm.YES, _VIEW, confirm.NO))
    if answer == _VIEW.value:
        return confirm.confirm(f"{listing}\nContinue?")
    return answer == confirm.YES.value


def run_jobs(call: Invocation, names: Sequence[str], build: Callable[[str], OpCode], *, is_multi: bool) -> int:
    """Submit one job per instance and wait for them, or with ``--submit`` show their ids; return the exit code."""
    executor = JobExecutor(call, announce=is_multi)
    for name in names:
        executor.add(name, build(name))
    outcomes = executor.wait_or_show()
    return c.EXIT_SUCCESS if all(outcome.success for outcome in outcomes) else c.EXIT_FAILURE


def run_on_selection(call: Invocation, verb: str, build: Callable[[str], OpCode]) -> int:
    """Do one operation to all selected instances; confirm first if there may be several."""
    names, is_multi = select(call)
    if is_multi and not call.options.force_multi and not confirm_operation(names, verb):
        return c.EXIT_FAILURE
    return run_jobs(call, names, build, is_multi=is_multi)
