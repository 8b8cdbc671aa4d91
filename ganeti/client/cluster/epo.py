"""gnt-cluster epo: switch many nodes off in an emergency, and on again."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import JobExecutor
from ganeti.utils import net

_FIELDS: Final = ("name", "pip", "master", "pinst_list", "sinst_list", "powered", "offline")
_START_TIMEOUT_S: Final = 15 * 60.0
_START_LOOK_S: Final = 30.0
_PING_TIMEOUT_S: Final = 1.0


@dataclass(frozen=True)
class _Node:
    """A node; *powered* is None if it has no out-of-band program."""

    name: str
    address: str
    is_master: bool
    instances: frozenset[str]
    powered: bool | None
    is_offline: bool


def _query(call: Invocation, names: Sequence[str]) -> list[_Node]:
    rows = call.client.query_nodes(names, _FIELDS)
    return [
        _Node(name, address, master, frozenset([*primary, *secondary]), powered, offline)
        for name, address, master, primary, secondary, powered, offline in rows
    ]


def _wanted_names(call: Invocation) -> list[str]:
    """Return the names of the nodes that are meant; none stand for all.

    Raises OpPrereqError.
    """
    options, arguments = call.options, list(call.arguments)
    if options.show_all and (options.groups or arguments):
        raise errors.OpPrereqError("--all excludes --groups and names", c.ECODE_INVAL)
    if not options.show_all and not arguments:
        raise errors.OpPrereqError("Name nodes, or groups with --groups, or give --all", c.ECODE_INVAL)
    if not options.groups:
        return arguments
    return [name for row in call.client.query_groups(arguments, ["node_list"]) for name in row[0]]


def instance_map(nodes: Iterable[_Node]) -> dict[str, set[str]]:
    """Return for each instance the online nodes that it needs; the master is on anyway."""
    needs: dict[str, set[str]] = {}
    for node in nodes:
        for instance in node.instances:
            needs.setdefault(instance, set())
            if not (node.is_offline or node.is_master):
                needs[instance].add(node.name)
    return needs


def to_switch(nodes: Iterable[_Node], *, on: bool, takes_all: bool) -> list[_Node]:
    """Return the nodes whose power is to be switched, and say why others are left alone.

    Raises OpPrereqError for the master among nodes that are to be switched off, unless all are.
    """
    chosen = []
    for node in nodes:
        if node.is_master:
            if not on and not takes_all:
                raise errors.OpPrereqError(
                    f"{node.name} is the master node, please do a master failover to another node not affected by the"
                    " emergency power off, or use --all",
                    c.ECODE_INVAL,
                )
        elif node.powered is None:
            print(f"Node {node.name} does not support out-of-band handling, it cannot be switched")
        elif node.powered == on:
            print(f"Node {node.name} is already {'on' if on else 'off'}")
        else:
            chosen.append(node)
    return chosen


def _marked_up(call: Invocation, instances: Iterable[str]) -> list[str]:
    """Return those of the instances that are to run: what the admin has stopped stays so."""
    names = sorted(instances)
    rows = call.client.query_instances(names, ["name", "admin_state"]) if names else []
    return [name for name, state in rows if state == c.ADMINST_UP]


def _run_jobs(call: Invocation, ops: Mapping[str, opcodes.OpCode]) -> bool:
    executor = JobExecutor(call)
    for name, op in sorted(ops.items()):
        executor.add(name, op)
    return all(outcome.success for outcome in executor.wait())


def _switch(call: Invocation, nodes: Sequence[_Node], command: str) -> bool:
    """Run the out-of-band programs; tells whether all nodes could be switched."""
    if not nodes:
        return True
    op = opcodes.OpOobCommand(
        node_names=[node.name for node in nodes],
        command=command,
        ignore_status=True,
        timeout=call.options.oob_timeout,
        power_delay=call.options.power_delay,
    )
    result: list[Any] = submit.run_op(call, op)
    failed = [name for (_, name), (status, _) in result if status != c.RS_NORMAL]
    if failed:
        sys.stderr.write(f"Could not switch: {', '.join(failed)}\n")
    return not failed


def _power_off(call: Invocation, nodes: Sequence[_Node], instances: Iterable[str]) -> int:
    shutdowns = {
        name: opcodes.OpInstanceShutdown(instance_name=name, timeout=call.options.shutdown_timeout, no_remember=True)
        for name in instances
    }
    if shutdowns and not _run_jobs(call, shutdowns):
        sys.stderr.write("Please investigate and stop the instances manually before continuing\n")
        return c.EXIT_FAILURE
    return c.EXIT_SUCCESS if _switch(call, nodes, c.OOB_POWER_OFF) else c.EXIT_FAILURE


def _power_on(call: Invocation, nodes: Sequence[_Node], needs: Mapping[str, set[str]], all_nodes: list[_Node]) -> int:
    is_good = _switch(call, nodes, c.OOB_POWER_ON)
    missing = {node.name: node.address for node in all_nodes if not node.is_offline}
    waiting = dict(needs)
    deadline = time.monotonic() + _START_TIMEOUT_S
    port = net.daemon_port(c.NODED)
    while True:
        for name, address in list(missing.items()):
            if net.tcp_ping(address, port, timeout_s=_PING_TIMEOUT_S):
                print(f"Node {name} is up", flush=True)
                del missing[name]
        ready = {
            name: opcodes.OpInstanceStartup(instance_name=name) for name in waiting if not waiting[name] & set(missing)
        }
        if ready:
            is_good &= _run_jobs(call, ready)
            waiting = {name: nodes for name, nodes in waiting.items() if name not in ready}
        if not missing:
            return c.EXIT_SUCCESS if is_good else c.EXIT_FAILURE
        if time.monotonic() > deadline:
            sys.stderr.write(f"These nodes did not come up: {', '.join(sorted(missing))}\n")
            return c.EXIT_FAILURE
        time.sleep(_START_LOOK_S)


def run(call: Invocation) -> int:
    """Switch nodes off after their instances were shut down, or on before they are started."""
    options = call.options
    nodes = _query(call, _wanted_names(call))
    chosen = to_switch(nodes, on=options.on, takes_all=options.show_all)
    names = ", ".join(node.name for node in nodes)
    question = f"Emergency power {'on' if options.on else 'off'} of node(s) {names}?"
    if not options.force and not confirm.confirm(question):
        return c.EXIT_FAILURE
    needs = instance_map(nodes)
    wanted = _marked_up(call, needs)
    if not options.on:
        return _power_off(call, chosen, wanted)
    return _power_on(call, chosen, {name: needs[name] for name in wanted}, nodes)
