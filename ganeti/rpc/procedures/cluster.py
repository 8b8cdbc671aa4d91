"""Procedures about the cluster: master role, membership, certificates, and programs of the site."""

# mypy: disable-error-code="empty-body"

from typing import Any

from ganeti.objects.wire import MasterNetworkParameters
from ganeti.rpc.declaration import Client, Timeout, procedure


@procedure(timeout=Timeout.URGENT, client=Client.BOOTSTRAP, multi=True)
def master_node_name() -> str:
    """Return the name of the node that this node takes for the master."""


@procedure(timeout=Timeout.URGENT, client=Client.BOOTSTRAP, multi=True)
def change_master_node_name(old: str, new: str, /) -> str:
    """Let the node take *new* for the master if it takes *old* for it; returns whom it takes for it then."""


@procedure(timeout=Timeout.URGENT, client=Client.BOOTSTRAP, multi=True)
def config_serial() -> int | None:
    """Return the serial number of the copy of the configuration that this node has, None if it has none."""


@procedure(timeout=Timeout.FAST, client=Client.BOOTSTRAP)
def node_activate_master_ip(master_params: MasterNetworkParameters, use_external_mip_script: bool, /) -> None:
    """Set the master IP address up on this node."""


@procedure(timeout=Timeout.FAST, client=Client.BOOTSTRAP)
def node_deactivate_master_ip(master_params: MasterNetworkParameters, use_external_mip_script: bool, /) -> None:
    """Take the master IP address down on this node."""


@procedure(timeout=Timeout.FAST, client=Client.BOOTSTRAP)
def node_change_master_netmask(old_netmask: int, netmask: int, master_ip: str, master_netdev: str, /) -> None:
    """Give the master IP address another prefix length."""


@procedure(timeout=Timeout.FAST, client=Client.BOOTSTRAP)
def node_start_master_daemons(no_voting: bool, /) -> None:
    """Start the daemons of the master; without asking the other nodes if *no_voting*."""


@procedure(timeout=Timeout.FAST, client=Client.BOOTSTRAP)
def node_stop_master() -> None:
    """Stop the daemons of the master."""


@procedure(client=Client.BOOTSTRAP)
def node_leave_cluster(modify_ssh_setup: bool, /) -> str:
    """Remove everything of the cluster from this node; the node daemon ends afterwards."""


@procedure(timeout=Timeout.FAST)
def node_demote_from_mc() -> None:
    """Move the configuration away because this node is no master candidate any more."""


@procedure(timeout=Timeout.SLOW)
def node_crypto_tokens(token_request: list[tuple[str, str, dict[str, Any] | None]], /) -> list[tuple[str, str]]:
    """Return the tokens for (type, action, options): the digest of the client certificate, old or newly made."""


@procedure(multi=True)
def hooks_runner(hpath: str, phase: str, env: dict[str, str], /) -> list[tuple[str, int, str]]:
    """Run the hooks of a path; returns (script, HKR_* code, output) of each."""


@procedure()
def iallocator_runner(name: str, idata: str, default_iallocator_params: dict[str, Any], /) -> str:
    """Run an instance allocator on its input; returns what it prints."""


@procedure()
def run_oob(oob_program: str, command: str, remote_node: str, timeout: float, /) -> Any:
    """Run an out-of-band program for a node; returns the JSON value it prints, None if it prints nothing."""


@procedure(timeout=Timeout.SLOW, multi=True)
def restricted_command(cmd: str, /) -> str:
    """Run one of the commands that the administrator allows on nodes; returns its output."""
