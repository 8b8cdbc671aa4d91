"""gnt-node add: prepare a machine, then let the master daemon add it to the cluster."""

import getpass
import sys
from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti import opcodes
from ganeti.bootstrap.node_setup import NodeSetup, setup_node
from ganeti.cli import confirm, failures, state_params, submit
from ganeti.cli.invocation import Invocation
from ganeti.ssconf import SsconfReader
from ganeti.utils import net, ssh

_SSH_WARNING: Final = (
    "The SSH keys of {node} will be changed: it gets the host keys of the cluster and a new key pair for root, and the"
    " master candidates of the cluster may log in as root. Clients that know its old host key will complain."
)


class _KnownNode(NamedTuple):
    """What the cluster knows about a node that is added again."""

    uuid: str
    secondary_ip: str
    ssh_port: int


def _known_node(call: Invocation, name: str) -> _KnownNode | None:
    """Return what is known about a node of the cluster, None about any other machine."""
    for node, uuid, secondary_ip, ssh_port in call.client.query_nodes([], ["name", "uuid", "sip", "ndp/ssh_port"]):
        if node == name:
            return _KnownNode(str(uuid), str(secondary_ip), int(ssh_port or ssh.DEFAULT_PORT))
    return None


def _ssh_port(call: Invocation) -> int:
    """Return the SSH port that nodes of the wanted group have."""
    groups = [call.options.nodegroup] if call.options.nodegroup else []
    rows = call.client.query_groups(groups, ["ndparams"])
    # Without a group given there must be only one; if there are more, the master daemon refuses the node anyway.
    ndparams = rows[0][0] if rows else None
    return int((ndparams or {}).get(c.ND_SSH_PORT) or ssh.DEFAULT_PORT)


def _check(call: Invocation, name: str, known: _KnownNode | None, master: str) -> None:
    """Check that the node is, or is not, in the cluster.

    Raises ExitError.
    """
    is_readd = call.options.readd
    problem = None
    if known is not None and not is_readd:
        problem = f"Node {name} is already in the cluster; use --readd to add it again."
    elif known is None and is_readd:
        problem = f"Node {name} is not in the cluster; leave out --readd to add it."
    elif is_readd and name == master:
        problem = f"Node {name} is the master and cannot be added again."
    elif is_readd and call.options.nodegroup:
        problem = f"Node {name} stays in its group when it is added again; leave out --node-group."
    if problem:
        raise failures.ExitError(c.EXIT_FAILURE, problem)


def _ask_password(prompt: str) -> str:
    """Ask on the terminal. Raises ExitError if there is none: standard input is not searched for secrets."""
    try:
        with open("/dev/tty", "rb"):
            pass
    except OSError:
        raise failures.ExitError(
            c.EXIT_FAILURE,
            f"{prompt.rstrip(': ')} is needed, and there is no terminal to ask on. Let root of this node log in"
            " there by a key, or run the command in a terminal.",
        ) from None
    return getpass.getpass(prompt)


def _prepare(call: Invocation, name: str, address: str, known: _KnownNode | None) -> None:
    """Give the machine what it needs to talk to the master, and start its node daemon."""
    options = call.options
    manages_ssh, key_type, key_bits = call.client.query_config_values(
        ["modify_ssh_setup", "ssh_key_type", "ssh_key_bits"]
    )
    if manages_ssh:
        sys.stderr.write(f"{_SSH_WARNING.format(node=name)}\n")
    setup_node(
        NodeSetup(
            node_name=name,
            primary_ip=address,
            node_uuid=known.uuid if known else None,
            ssh_port=known.ssh_port if known else _ssh_port(call),
            modify_ssh_setup=bool(manages_ssh),
            ssh_key_type=key_type or c.SSH_DEFAULT_KEY_TYPE,
            ssh_key_bits=int(key_bits or c.SSH_DEFAULT_KEY_BITS),
            checks_host_key=options.ssh_key_check,
            debug=bool(options.debug),
            verbose=options.verbose,
            confirm=confirm.confirm,
            ask_password=_ask_password,
        )
    )


def _note_ignored(call: Invocation) -> None:
    """Tell about options that have no effect any more."""
    options = call.options
    for flag, is_given in (("--no-node-setup", not options.node_setup), ("--force-join", options.force_join)):
        if is_given:
            sys.stderr.write(f"Note: option {flag} is accepted for compatibility and has no effect\n")


def run(call: Invocation) -> int:
    """Add a node to the cluster, or add one again that was installed anew."""
    options = call.options
    _note_ignored(call)
    name, address = net.fqdn(call.arguments[0], SsconfReader().primary_ip_family())
    known = _known_node(call, name)
    master = str(call.client.query_config_values(["master_node"])[0])
    _check(call, name, known, master)
    # Wrong parameters are found before the machine gets other certificates.
    op = opcodes.OpNodeAdd(
        node_name=name,
        secondary_ip=known.secondary_ip if known else options.secondary_ip,
        readd=options.readd,
        group=options.nodegroup,
        master_capable=options.master_capable,
        vm_capable=options.vm_capable,
        ndparams=state_params.node_parameters(options.ndparams),
        hv_state=state_params.hypervisor_state(options.hv_state),
        disk_state=state_params.disk_state(options.disk_state),
    )
    _prepare(call, name, address, known)
    submit.run_op(call, op)
    return c.EXIT_SUCCESS
