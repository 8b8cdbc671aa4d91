"""gnt-cluster destroy, redist-conf and rename."""

import sys

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import confirm, submit
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


def rename(call: Invocation) -> int:
    """Change the name of the cluster."""
    old_name = call.client.query_config_values(["cluster_name"])[0]
    new_name = call.arguments[0]
    question = (
        f"The cluster {old_name} will get the name {new_name}. Programs that use the old name or its address have to be"
        " changed. Continue?"
    )
    if not call.options.force and not confirm.confirm(question):
        return c.EXIT_FAILURE
    result = submit.run_op(call, opcodes.OpClusterRename(name=new_name))
    if result:
        print(f"Cluster renamed from '{old_name}' to '{result}'")
    return c.EXIT_SUCCESS
