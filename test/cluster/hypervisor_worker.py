"""A node reduced to its KVM hypervisor: takes one request per line as JSON, answers with one line.

Paths of a virtual node are fixed when the package is imported, so tests with two nodes need two processes.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from ganeti import errors
from ganeti.hypervisor import BlockDevice, get_hypervisor
from ganeti.objects.wire import WireDisk, WireInstance, WireNic


def perform(method: str, arguments: dict[str, Any]) -> Any:
    """Call a method of the hypervisor; arguments named after objects (`instance`, `disk`, ...) become their types."""
    if "instance" in arguments:
        arguments["instance"] = msgspec.convert(arguments["instance"], WireInstance)
    if "links" in arguments:
        disks = arguments["instance"].disks_info
        arguments["devices"] = [
            BlockDevice(disk, link, None) for disk, link in zip(disks, arguments.pop("links"), strict=True)
        ]
    if "device" in arguments:
        kind = WireNic if arguments["target"] == "nic" else WireDisk
        arguments["device"] = msgspec.convert(arguments["device"], kind)
    if "disk" in arguments:
        arguments["disk"] = msgspec.convert(arguments["disk"], WireDisk)
    if arguments.get("block"):
        arguments["block"] = BlockDevice(arguments["device"], arguments["block"], None)
    return msgspec.to_builtins(getattr(get_hypervisor("kvm"), method)(**arguments))


def main() -> None:
    """Serve requests until the input ends."""
    for line in sys.stdin:
        method, arguments = json.loads(line)
        try:
            answer: list[Any] = [True, perform(method, arguments)]
        except errors.GenericError as err:
            answer = [False, str(err)]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
