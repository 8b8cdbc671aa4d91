"""gnt-group evacuate: nodes in other groups for all instances of a group."""

from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import wait_for_result_jobs
from ganeti.client.outcomes import summarise


def run(call: Invocation) -> int:
    """Move the instances of a group to other groups."""
    options = call.options
    op = opcodes.OpGroupEvacuate(
        group_name=call.arguments[0],
        iallocator=options.iallocator,
        target_groups=options.to,
        early_release=options.early_release,
        sequential=options.sequential,
        force_failover=options.force_failover,
    )
    return summarise(
        wait_for_result_jobs(call, submit.submit_or_run(call, op)),
        success="All instances evacuated successfully.",
        failure="There were {count} errors during the evacuation.",
    )
