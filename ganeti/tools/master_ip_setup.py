"""master-ip-setup: take the cluster's master IP address on this node, or give it up.

Called by noded with nothing in the environment but MASTER_NETDEV, MASTER_IP, MASTER_NETMASK and CLUSTER_IP_VERSION.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ganeti.tools.common import ToolError, run_tool
from ganeti.utils.process import CmdResult, run_cmd

# The caller gives us no PATH.
_PATH: Final = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
_TIMEOUT_S: Final = 30.0

#: Arguments of the program, for its documentation.
POSITIONAL: Final = ("start|stop",)


@dataclass(frozen=True)
class Settings:
    """The address and where it belongs."""

    netdev: str
    ip: str
    netmask: str
    ip_version: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that the caller put into *environment*.

    Raises ToolError if one is missing or wrong.
    """
    missing = [name for name in ("MASTER_NETDEV", "MASTER_IP", "MASTER_NETMASK") if not environment.get(name)]
    if missing:
        raise ToolError(f"Missing in the environment: {', '.join(missing)}")
    version = environment.get("CLUSTER_IP_VERSION")
    if version not in ("4", "6"):
        raise ToolError(f"CLUSTER_IP_VERSION must be 4 or 6, not {version!r}")
    return Settings(
        environment["MASTER_NETDEV"], environment["MASTER_IP"], environment["MASTER_NETMASK"], int(version)
    )


class _AddressInfo(msgspec.Struct):
    local: str = ""


class _LinkInfo(msgspec.Struct):
    """The part of ``ip -json address show`` that matters here."""

    ifname: str = ""
    addr_info: list[_AddressInfo] = []


def parse_holders(ip_output: str, address: str) -> list[str]:
    """Return the devices that have *address*, from the output of ``ip -json address show``."""
    links = msgspec.json.decode(ip_output or "[]", type=list[_LinkInfo])
    return [link.ifname for link in links if any(info.local == address for info in link.addr_info)]


def _run(*argv: str) -> CmdResult:
    return run_cmd(argv, timeout_s=_TIMEOUT_S, env={"PATH": _PATH, "LC_ALL": "C"}, reset_env=True)


def _ip(*arguments: str) -> CmdResult:
    program = shutil.which("ip", path=_PATH)
    if program is None:
        raise ToolError("The program ip (package iproute2) is missing")
    return _run(program, *arguments)


def _holders(settings: Settings) -> list[str]:
    """Return this node's devices that have the master IP."""
    result = _ip("-json", f"-{settings.ip_version}", "address", "show")
    if result.failed:
        raise ToolError(f"Cannot list addresses: {result.output.strip()}")
    return parse_holders(result.stdout, settings.ip)


def _is_used_elsewhere(settings: Settings) -> bool:
    """Tell whether another host answers on the master IP, which this node does not have."""
    fping = shutil.which("fping" if settings.ip_version == 4 else "fping6", path=_PATH)
    if fping is None:
        print("fping is not installed: cannot tell whether another host has the master IP", file=sys.stderr)
        return False
    return not _run(fping, "-q", "-c", "5", "-p", "200", settings.ip).failed


def _announce(settings: Settings) -> None:
    """Tell the neighbours where the address is now; they find out later if that fails."""
    if settings.netdev == "lo":
        return
    if settings.ip_version == 4:
        program, arguments = "arping", ["-q", "-U", "-c", "3", "-I", settings.netdev, "-s", settings.ip, settings.ip]
    else:
        program, arguments = "ndisc6", ["-q", "-r", "3", settings.ip, settings.netdev]
    path = shutil.which(program, path=_PATH)
    if path is None:
        print(f"{program} is not installed: neighbours learn the new place of the master IP late", file=sys.stderr)
    else:
        _run(path, *arguments)


def _label(settings: Settings) -> list[str]:
    """Return the label options; IPv6 addresses and long device names (15 characters at most) have none."""
    label = f"{settings.netdev}:0"
    return ["label", label] if settings.ip_version == 4 and len(label) <= 15 else []


def start(settings: Settings) -> int:
    """Take the address unless this node has it."""
    if _holders(settings):
        return 0
    if _is_used_elsewhere(settings):
        raise ToolError(f"Another host has the master IP {settings.ip}")
    result = _ip(
        *("address", "add", f"{settings.ip}/{settings.netmask}", "dev", settings.netdev),
        *_label(settings),
        # Connections of this node shall not go out from an address that may move away.
        *("preferred_lft", "0"),
    )
    if result.failed and not _holders(settings):
        raise ToolError(f"Cannot add {settings.ip} to {settings.netdev}: {result.output.strip()}")
    _announce(settings)
    return 0


def stop(settings: Settings) -> int:
    """Give up the address if this node has it."""
    holders = _holders(settings)
    if not holders:
        return 0
    if settings.netdev not in holders:
        raise ToolError(f"The master IP {settings.ip} is on {', '.join(holders)}, not on {settings.netdev}")
    result = _ip("address", "del", f"{settings.ip}/{settings.netmask}", "dev", settings.netdev)
    if result.failed and _holders(settings):
        raise ToolError(f"Cannot remove {settings.ip} from {settings.netdev}: {result.output.strip()}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    words = list(sys.argv[1:] if argv is None else argv)
    actions = {"start": start, "stop": stop}

    def action() -> int:
        if len(words) != 1 or words[0] not in actions:
            raise ToolError("Usage: master-ip-setup {start|stop}")
        return actions[words[0]](read_settings(os.environ))

    return run_tool("master-ip-setup", action)
