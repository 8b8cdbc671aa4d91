"""kvm-nic-setup: connect or disconnect the interface of a guest in the built-in way.

For scripts of the site that take over the set-up of some interfaces, or add to it: they call this program (also known
as kvm-ifup) with the environment they were called with. See ganeti/network for what happens without such scripts.
"""

import os
import sys
from collections.abc import Mapping, Sequence

from ganeti import constants as c
from ganeti.errors import HypervisorError
from ganeti.network.nic import NicEvent, configure_builtin
from ganeti.objects.wire import WireNic
from ganeti.tools.common import ToolError, run_tool


def read_event(arguments: Sequence[str], environment: Mapping[str, str]) -> NicEvent:
    """Return what the caller wants to be done.

    Raises ToolError if the interface or something about it is missing.
    """
    interface = arguments[0] if arguments else environment.get("INTERFACE", "")
    if not interface:
        raise ToolError("Name the interface, as argument or in the environment variable INTERFACE")
    missing = [name for name in ("MODE", "MAC") if not environment.get(name)]
    if missing:
        raise ToolError(f"Missing in the environment: {', '.join(missing)}")
    nic = WireNic(
        uuid=environment.get("INTERFACE_UUID", ""),
        mac=environment["MAC"],
        ip=environment.get("IP") or None,
        nicparams={
            c.NIC_MODE: environment["MODE"],
            c.NIC_LINK: environment.get("LINK", ""),
            c.NIC_VLAN: environment.get("VLAN", ""),
        },
    )
    action = environment.get("ACTION") or c.NIC_ACTION_UP
    index = environment.get("INTERFACE_INDEX", "")
    position = int(index) if index.isdigit() else 0
    return NicEvent(action, interface, environment.get("INSTANCE", ""), (), nic, position)


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Do what the environment says; 0 on success."""

    def act() -> int:
        event = read_event(
            sys.argv[1:] if arguments is None else arguments, os.environ if environment is None else environment
        )
        try:
            configure_builtin(event)
        except HypervisorError as err:
            raise ToolError(str(err)) from err
        return 0

    return run_tool("kvm-nic-setup", act)
