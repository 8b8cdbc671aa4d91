"""gnt-cluster destroy and redist-conf."""

import sys

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation


def _warn(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def destroy(call: Invocation) -> int:
    """Destroy the cluster, whose only node must be the master."""
    if not call.options.yes_do_it:
        _warn("Destroying a cluster cannot be undone. If this is really wanted, use --yes-do-it.")
        return c.EXIT_FAILURE
    master_uuid = submit.run_op(call, opcodes.OpClusterDestroy())
    call.client.close()
    from ganeti.bootstrap.destroy import finalize_destroy

    finalize_destroy(master_uuid, feedback=_warn)
    return c.EXIT_SUCCESS


def redistribute(call: Invocation) -> int:
    """Send the configuration files to all nodes again."""
    op = opcodes.OpClusterRedistConf()
    submit.submit_or_run(call, op, to_drained_queue=call.options.yes_do_it)
    return c.EXIT_SUCCESS
