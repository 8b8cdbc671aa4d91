"""gnt-cluster getmaster, master-ping, activate-master-ip and deactivate-master-ip."""

from typing import Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import confirm
from ganeti.cli.invocation import Invocation, socket_path
from ganeti.luxi import role
from ganeti.luxi.client import Client

_PING_TIMEOUT_S: Final = 5.0


def getmaster(call: Invocation) -> int:
    """Print the name of the master node as this node knows it."""
    del call
    print(role.require_cluster())
    return c.EXIT_SUCCESS


def ping(call: Invocation) -> int:
    """Tell by the exit code whether the master daemon answers."""
    del call
    try:
        with Client(socket_path(), connect_timeout_s=_PING_TIMEOUT_S) as client:
            client.query_cluster_info()
    except errors.GenericError:
        return c.EXIT_FAILURE
    return c.EXIT_SUCCESS


def activate_ip(call: Invocation) -> int:
    """Activate the address of the cluster."""
    from ganeti import opcodes
    from ganeti.cli import submit

    submit.run_op(call, opcodes.OpClusterActivateMasterIp())
    return c.EXIT_SUCCESS


def deactivate_ip(call: Invocation) -> int:
    """Deactivate the address of the cluster."""
    from ganeti import opcodes
    from ganeti.cli import submit

    question = "Programs that use the address of the cluster, the remote API among them, lose it. Continue?"
    if not call.options.confirm and not confirm.confirm(question):
        return c.EXIT_FAILURE
    submit.run_op(call, opcodes.OpClusterDeactivateMasterIp())
    return c.EXIT_SUCCESS
