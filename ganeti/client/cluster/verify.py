"""gnt-cluster verify: is the cluster as its configuration says?"""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import wait_for_result_jobs
from ganeti.opcodes.types import VerifyOptionalCheck


def run(call: Invocation) -> int:
    """Verify the cluster or one node group; fail unless everything is in order."""
    options = call.options
    skipped: set[VerifyOptionalCheck] = set()
    if options.skip_nplusone_mem:
        skipped.add(c.VERIFY_NPLUSONE_MEM)
    if options.skip_hvparam_assessment:
        skipped.add(c.VERIFY_HVPARAM_ASSESSMENT)
    op = opcodes.OpClusterVerify(
        verbose=options.verbose,
        error_codes=options.error_codes,
        debug_simulate_errors=options.simulate_errors,
        skip_checks=skipped,
        ignore_errors=set(options.ignore_errors),
        group_name=options.nodegroup,
        verify_clutter=options.verify_clutter,
    )
    outcomes = wait_for_result_jobs(call, submit.run_op(call, op))
    failed_jobs = sum(not outcome.success for outcome in outcomes)
    if failed_jobs:
        print(f"{failed_jobs} job(s) failed while verifying the cluster.")
    is_good = all(outcome.success and all(outcome.result) for outcome in outcomes)
    return c.EXIT_SUCCESS if is_good else c.EXIT_FAILURE
