"""gnt-instance change-group: nodes in another group for an instance."""

from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import wait_for_result_jobs
from ganeti.client.outcomes import summarise


def run(call: Invocation) -> int:
    """Move an instance to another group."""
    (name,) = call.arguments
    op = opcodes.OpInstanceChangeGroup(
        instance_name=name,
        iallocator=call.options.iallocator,
        target_groups=call.options.to,
        early_release=call.options.early_release,
    )
    return summarise(
        wait_for_result_jobs(call, submit.submit_or_run(call, op)),
        success=f"Instance '{name}' changed group successfully.",
        failure="There were {count} errors while changing the group of the instance.",
    )
