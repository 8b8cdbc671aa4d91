"""Setting up the host side of a guest's NIC: choice of script or built-in action, and the environment of scripts."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.network import builtin
from ganeti.objects.wire import WireNic
from ganeti.utils.process import run_cmd

_log = logging.getLogger(__name__)

_SCRIPT_TIMEOUT_S = 60
_MORE_PATH = "/sbin:/usr/sbin"
_COMMUNICATION_TAP_PREFIX = "gnt.com."
_NETWORK_VARIABLES = (
    ("SUBNET", "network"),
    ("GATEWAY", "gateway"),
    ("SUBNET6", "network6"),
    ("GATEWAY6", "gateway6"),
    ("MAC_PREFIX", "mac_prefix"),
)

PHASE_PRE = "pre"
PHASE_POST = "post"


@dataclass(frozen=True, slots=True)
class NicEvent:
    """A NIC that comes or goes.

    Attributes:
      action: `up` or `down`.
      interface: name of the host's interface.
      instance: name of the instance.
      tags: tags of the instance.
      nic: the NIC.
      index: its position in the instance.
      migration_phase: `pre` or `post` on the target of a migration, else None.
    """

    action: str
    interface: str
    instance: str
    tags: Sequence[str]
    nic: WireNic
    index: int
    migration_phase: str | None = None


def nic_environment(event: NicEvent) -> dict[str, str]:
    """Variables that describe an event to scripts."""
    nic = event.nic
    mode = str(nic.nicparams.get(c.NIC_MODE) or "")
    link = str(nic.nicparams.get(c.NIC_LINK) or "")
    variables = {
        "ACTION": event.action,
        "INSTANCE": event.instance,
        "TAGS": " ".join(event.tags),
        "MAC": nic.mac,
        "MODE": mode,
        "INTERFACE": event.interface,
        "INTERFACE_INDEX": str(event.index),
        "INTERFACE_UUID": nic.uuid,
        "VLAN": str(nic.nicparams.get(c.NIC_VLAN) or ""),
    }
    optional = {
        "INTERFACE_NAME": nic.name,
        "IP": nic.ip,
        "LINK": link,
        "BRIDGE": link if mode == c.NIC_MODE_BRIDGED else None,
        "MIGRATION_PHASE": event.migration_phase,
    }
    variables.update({name: value for name, value in optional.items() if value})
    variables.update(_network_environment(nic))
    return variables


def _network_environment(nic: WireNic) -> dict[str, str]:
    if not nic.network or not nic.netinfo:
        return {}
    network = nic.netinfo
    variables = {
        "NETWORK_NAME": str(network.get("name") or ""),
        "NETWORK_UUID": nic.network,
        "NETWORK_TAGS": " ".join(network.get("tags") or ()),
    }
    variables.update({f"NETWORK_{name}": str(network[key]) for name, key in _NETWORK_VARIABLES if network.get(key)})
    return variables


def find_script(event: NicEvent, is_executable: dict[str, bool] | None = None) -> str | None:
    """The script that takes over an event from the built-in action, None if the built-in action is to be done.

    Sites have three hooks, the first one that is executable wins: the script for instance communication (for its own
    interfaces only), the classic `kvm-vif-bridge` (which then does all the work for every mode), and a script per
    mode and action.

    Args:
      event: what happens.
      is_executable: answers instead of the file system (for tests).
    """

    def executable(path: str) -> bool:
        return is_executable.get(path, False) if is_executable is not None else os.access(path, os.X_OK)

    mode = event.nic.nicparams.get(c.NIC_MODE)
    conf = pathutils.CONF_DIR
    if is_communication_tap(event):
        candidates = [f"{conf}/kvm-ifup-os"] if event.action == c.NIC_ACTION_UP else []
    else:
        candidates = [f"{conf}/kvm-vif-bridge"] if event.action == c.NIC_ACTION_UP else []
        candidates.append(f"{conf}/network/{mode}/{event.action}")
    return next((path for path in candidates if executable(path)), None)


def is_communication_tap(event: NicEvent) -> bool:
    """Tell whether an interface belongs to the channel between guests and their node."""
    return (
        event.interface.startswith(_COMMUNICATION_TAP_PREFIX)
        and event.nic.nicparams.get(c.NIC_MODE) == c.NIC_MODE_ROUTED
    )


def configure_nic(event: NicEvent) -> None:
    """Connect or disconnect the host side of a NIC.

    Raises:
      HypervisorError: the script or the built-in action failed.
    """
    script = find_script(event)
    if script is not None:
        _run_script(script, event)
    elif not is_communication_tap(event):
        configure_builtin(event)


def configure_nic_tolerantly(event: NicEvent) -> None:
    """Like `configure_nic`, for situations in which a failure must not stop anything: it is only logged."""
    try:
        configure_nic(event)
    except errors.HypervisorError as err:
        _log.warning("NIC %d of instance %s: %s", event.index, event.instance, err)


def _run_script(script: str, event: NicEvent) -> None:
    environment = {"PATH": f"{os.environ.get('PATH', '')}:{_MORE_PATH}", **nic_environment(event)}
    try:
        result = run_cmd([script, event.interface], timeout_s=_SCRIPT_TIMEOUT_S, env=environment)
    except errors.OpExecError as err:
        raise errors.HypervisorError(f"Failed to configure interface {event.interface}: {err}") from err
    if result.failed:
        raise errors.HypervisorError(
            f"Failed to configure interface {event.interface}: {result.fail_reason};"
            f" network configuration script output: {result.output}"
        )


def configure_builtin(event: NicEvent) -> None:
    """Connect or disconnect the host side of a NIC without asking any script of the site; see `configure_nic`."""
    mode = str(event.nic.nicparams.get(c.NIC_MODE) or "")
    actions: Mapping[str, builtin.Action] = builtin.UP if event.action == c.NIC_ACTION_UP else builtin.DOWN
    action = actions.get(mode)
    if action is None:
        if event.action == c.NIC_ACTION_UP:
            raise errors.HypervisorError(
                f"Failed to configure interface {event.interface}: mode '{mode}' needs the script"
                f" {pathutils.CONF_DIR}/network/{mode}/{event.action}"
            )
        return
    try:
        action(event.interface, event.nic)
    except (errors.GenericError, OSError) as err:
        raise errors.HypervisorError(f"Failed to configure interface {event.interface}: {err}") from err
