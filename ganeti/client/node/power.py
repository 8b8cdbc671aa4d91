"""gnt-node power and health: what the out-of-band programs of nodes do and tell."""

from collections.abc import Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, output, submit
from ganeti.cli.invocation import Invocation
from ganeti.opcodes import OpCode

_COMMANDS: Final = {
    "on": c.OOB_POWER_ON,
    "off": c.OOB_POWER_OFF,
    "cycle": c.OOB_POWER_CYCLE,
    "status": c.OOB_POWER_STATUS,
}
_NEED_CONFIRMATION: Final = frozenset({"off", "cycle"})


def _is_wanted(call: Invocation, action: str, nodes: Sequence[str]) -> bool:
    """Ask before something is switched off. Raises OpPrereqError if it is not said what."""
    if action not in _NEED_CONFIRMATION:
        return True
    if not nodes:
        raise errors.OpPrereqError(f"Name the nodes for power {action}", c.ECODE_INVAL)
    question = f"Power {action} node(s) {', '.join(nodes)}?"
    return bool(call.options.force) or confirm.confirm(question)


def _power_job(call: Invocation, action: str, nodes: Sequence[str]) -> list[OpCode]:
    """Return the operations: nodes that are to be switched off are marked offline before."""
    options = call.options
    ops: list[OpCode] = []
    if action == "off" and not options.ignore_status:
        ops += [
            opcodes.OpNodeSetParams(node_name=name, offline=True, auto_promote=options.auto_promote) for name in nodes
        ]
    ops.append(
        opcodes.OpOobCommand(
            node_names=list(nodes),
            command=_COMMANDS[action],  # these are its values
            ignore_status=options.ignore_status,
            timeout=options.oob_timeout,
            power_delay=options.power_delay,
        )
    )
    return ops


def _power_text(status: int, payload: Any) -> str:
    if status != c.RS_NORMAL:
        return output.format_status(status, verbose=True)
    if payload is None:
        return "invoked"
    return "powered" if payload[c.OOB_POWER_STATUS_POWERED] else "unpowered"


def _print_table(call: Invocation, rows: Sequence[Sequence[str]]) -> None:
    options = call.options
    columns = [output.Column("Node"), output.Column("Status")]
    lines = output.format_table(rows, columns, header=not options.no_headers, separator=options.separator)
    output.print_lines(lines)


def _exit_code(result: Sequence[Any]) -> int:
    """Return failure if a node has not given an answer."""
    is_complete = all(status == c.RS_NORMAL for _, (status, _) in result)
    return c.EXIT_SUCCESS if is_complete else c.EXIT_FAILURE


def run(call: Invocation) -> int:
    """Switch nodes on or off, or show whether they are on."""
    action, *nodes = call.arguments
    if not _is_wanted(call, action, nodes):
        return c.EXIT_FAILURE
    job_id = submit.submit(call, _power_job(call, action, nodes))
    if call.options.submit_only:
        raise errors.JobSubmittedException(job_id)
    result = submit.poll(call.client, job_id)[-1]
    _print_table(call, [[name, _power_text(status, payload)] for (_, name), (status, payload) in result])
    return _exit_code(result)


def _health_rows(name: str, status: int, payload: Any) -> list[list[str]]:
    """Return the lines of one node: one per item, the name only on the first."""
    if status != c.RS_NORMAL:
        return [[name, output.format_status(status, verbose=True)]]
    items = [f"{item}={state}" for item, state in payload] or [""]
    return [[name if position == 0 else "", text] for position, text in enumerate(items)]


def health(call: Invocation) -> int:
    """Show the health of nodes."""
    op = opcodes.OpOobCommand(node_names=list(call.arguments), command=c.OOB_HEALTH, timeout=call.options.oob_timeout)
    result = submit.run_op(call, op)
    _print_table(call, [row for (_, name), (status, payload) in result for row in _health_rows(name, status, payload)])
    return _exit_code(result)
