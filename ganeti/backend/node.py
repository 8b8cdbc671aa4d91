"""Node procedures about the node: version, addresses, bridges, daemons, forced restart."""

import logging
import os
import threading
import time
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.backend.base import RPCFail, implements
from ganeti.hypervisor import get_hypervisor
from ganeti.rpc import procedures
from ganeti.utils import net
from ganeti.utils.process import run_cmd

_LOG = logging.getLogger(__name__)

#: daemon-util waits at most 30 seconds twice for a daemon that does not want to end.
_DAEMON_TIMEOUT_S: Final = 90.0
#: Time for the answer to get on its way before the machine restarts.
_POWERCYCLE_DELAY_S: Final = 5.0
_SYSFS_NET: Final = "/sys/class/net"


@implements(procedures.version)
def version() -> int:
    """Return the protocol version."""
    return c.PROTOCOL_VERSION


@implements(procedures.test_delay)
def test_delay(duration: float) -> None:
    """Wait for some seconds."""
    if duration < 0:
        raise RPCFail(f"Invalid duration {duration}")
    time.sleep(duration)


@implements(procedures.node_has_ip_address)
def node_has_ip_address(address: str) -> bool:
    """Tell whether the node has an IP address."""
    return net.owns_address(address)


def missing_bridges(names: list[str]) -> list[str]:
    """Return those of the names that are neither bridges of Linux nor of Open vSwitch here."""
    return [name for name in names if not _is_bridge(name)]


def _is_bridge(name: str) -> bool:
    if "/" in name or name in ("", ".", ".."):
        return False
    if os.path.isdir(f"{_SYSFS_NET}/{name}/bridge"):
        return True
    try:
        return not run_cmd(["ovs-vsctl", "br-exists", name], timeout_s=_DAEMON_TIMEOUT_S).failed
    except errors.OpExecError:
        return False  # There is no Open vSwitch on this node.


@implements(procedures.bridges_exist)
def bridges_exist(bridges_list: list[str]) -> None:
    """Check that bridges exist."""
    if missing := missing_bridges(bridges_list):
        raise RPCFail(f"Missing bridges {', '.join(missing)}")


@implements(procedures.node_configure_ovs)
def node_configure_ovs(ovs_name: str, ovs_link: str | None) -> None:
    """Make a virtual switch unless there is one, and its uplink."""
    _check_ovs("add-br", ovs_name)
    if ovs_link:
        _check_ovs("add-port", ovs_name, ovs_link)


def _check_ovs(*words: str) -> None:
    try:
        result = run_cmd(["ovs-vsctl", "--may-exist", *words], timeout_s=_DAEMON_TIMEOUT_S)
    except errors.OpExecError as err:
        raise RPCFail(f"Open vSwitch is not usable: {err}") from err
    if result.failed:
        raise RPCFail(f"ovs-vsctl {' '.join(words)} failed: {result.fail_reason}, output: {result.output.strip()}")


@implements(procedures.node_ensure_daemon)
def node_ensure_daemon(daemon: str, run: bool) -> bool:
    """Start a daemon unless it runs, or stop it."""
    if daemon not in c.DAEMONS:
        raise RPCFail(f"Unknown daemon '{daemon}'")
    verb = "check-and-start" if run else "stop"
    result = run_cmd([pathutils.DAEMON_UTIL, verb, daemon], timeout_s=_DAEMON_TIMEOUT_S)
    if result.failed:
        _LOG.error("'daemon-util %s %s' failed: %s, output: %s", verb, daemon, result.fail_reason, result.output)
    return not result.failed


@implements(procedures.node_powercycle)
def node_powercycle(hypervisor: str, hvparams: dict[str, Any]) -> str:
    """Reset the machine once the answer is on its way."""
    if pathutils.read_virtual_environment(os.environ) is not None:
        # It would take all other nodes, and whatever else runs there, down with it.
        raise RPCFail("This node is one of several on the same machine, which is not restarted")
    try:
        chosen = get_hypervisor(hypervisor)
    except errors.HypervisorError as err:
        raise RPCFail(str(err)) from err
    timer = threading.Timer(_POWERCYCLE_DELAY_S, _powercycle, [chosen, hvparams])
    timer.daemon = True
    timer.start()
    return f"Reboot scheduled in {_POWERCYCLE_DELAY_S:.0f} seconds"


def _powercycle(hypervisor: Any, hvparams: dict[str, Any]) -> None:
    _LOG.warning("Restarting this machine as the master demanded")
    try:
        hypervisor.powercycle_node(hvparams)
    except errors.GenericError:
        _LOG.exception("Cannot restart this machine")
