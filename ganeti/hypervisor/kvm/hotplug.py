"""Changing devices of running guests over QMP.

Removal needs the cooperation of the guest's operating system; without it QEMU never reports the device as gone, and
what is behind the device has to stay.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView
from ganeti.hypervisor.base import BlockDevice
from ganeti.hypervisor.kvm import devices
from ganeti.hypervisor.kvm.qmp import Message, QmpClient, QmpCommandError
from ganeti.hypervisor.kvm.tap import Tap
from ganeti.objects.wire import WireNic

_log = logging.getLogger(__name__)

_UNPLUG_TIMEOUT_S = 5.0
_PRESENCE_TIMEOUT_S = 5.0
_POLL_S = 0.1
_PERIPHERALS = "/machine/peripheral"
_NEEDED_COMMANDS = {
    c.HOTPLUG_TARGET_DISK: ("add-fd", "blockdev-add", "device_add", "device_del", "blockdev-del"),
    c.HOTPLUG_TARGET_NIC: ("getfd", "netdev_add", "device_add", "device_del", "netdev_del"),
}


def check_support(qmp: QmpClient, hvparams: Mapping[str, Any], target: str) -> None:
    """Check that a kind of device can be plugged into this guest.

    Raises:
      HypervisorError: the guest's type of device cannot.
      HotplugError: this QEMU cannot.
    """
    if target not in _NEEDED_COMMANDS:
        raise errors.HotplugError(f"'{target}' is not a kind of device that can be changed")
    parameter = c.HV_DISK_TYPE if target == c.HOTPLUG_TARGET_DISK else c.HV_NIC_TYPE
    device_type = hvparams.get(parameter)
    if device_type not in c.HOTPLUGGABLE_DEVICE_TYPES[target]:
        raise errors.HypervisorError(f"Devices of {parameter} '{device_type}' cannot be changed while an instance runs")
    missing = [command for command in _NEEDED_COMMANDS[target] if not qmp.supports(command)]
    if missing:
        raise errors.HotplugError(f"QEMU {qmp.version} does not know the command '{missing[0]}'")


def add_disk(qmp: QmpClient, block: BlockDevice, placement: Mapping[str, Any], params: ParamView) -> None:
    """Plug a disk in.

    Raises:
      HypervisorError: it did not work; nothing is left behind.
    """
    device_id = str(placement["id"])
    node = devices.block_node(block, device_id, params)
    device = devices.disk_device(block, placement, device_id, params)
    with _passed_file(qmp, node) as node_with_file:
        qmp.execute("blockdev-add", node_with_file)
        try:
            qmp.execute("device_add", device)
            _require_presence(qmp, device_id, present=True)
        except errors.HypervisorError:
            _tolerantly(qmp, "blockdev-del", {"node-name": device_id})
            raise


@contextlib.contextmanager
def _passed_file(qmp: QmpClient, node: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Open the file of a block node and hand it to QEMU, which may have no right to open it any more."""
    storage = node["file"]
    if "filename" not in storage:
        yield dict(node)
        return
    # Since 9.0 QEMU wants a descriptor with exactly the flags it would open the file with.
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_DIRECT if node["cache"]["direct"] else 0)
    try:
        descriptor = os.open(storage["filename"], flags)
    except OSError as err:
        raise errors.HypervisorError(f"Cannot open {storage['filename']}: {err.strerror}") from err
    try:
        fdset = qmp.execute("add-fd", {"opaque": node["node-name"]}, file_descriptors=[descriptor])["fdset-id"]
    finally:
        os.close(descriptor)
    try:
        yield {**node, "file": {**storage, "filename": f"/dev/fdset/{fdset}"}}
    finally:
        # QEMU holds its own copy by now; the set goes away when the disk does.
        _tolerantly(qmp, "remove-fd", {"fdset-id": fdset})


def remove_disk(qmp: QmpClient, device_id: str) -> None:
    """Unplug a disk.

    Raises:
      HypervisorError: the guest does not let go of it; it stays complete then.
    """
    _unplug(qmp, device_id)
    nodes = {item.get("node-name") for item in qmp.execute("query-named-block-nodes", {"flat": True})}
    if device_id in nodes:
        qmp.execute("blockdev-del", {"node-name": device_id})


def add_nic(qmp: QmpClient, nic: WireNic, placement: Mapping[str, Any], tap: Tap, *, in_chroot: bool) -> None:
    """Plug a NIC in, connected to an open tap interface; raises like `add_disk`."""
    netdev = str(placement["id"])
    backend: dict[str, Any] = {"type": "tap", "id": netdev}
    backend |= _pass_descriptors(qmp, "fd", netdev, tap.fds)
    if tap.vhost_fds:
        backend |= {"vhost": True, **_pass_descriptors(qmp, "vhostfd", f"{netdev}-vhost", tap.vhost_fds)}
    device = devices.nic_device(placement, netdev, nic.mac, len(tap.fds))
    if in_chroot:
        device["romfile"] = ""  # the file is out of reach
    qmp.execute("netdev_add", backend)
    try:
        qmp.execute("device_add", device)
        _require_presence(qmp, netdev, present=True)
    except errors.HypervisorError:
        _tolerantly(qmp, "netdev_del", {"id": netdev})
        raise


def _pass_descriptors(qmp: QmpClient, option: str, prefix: str, descriptors: tuple[int, ...]) -> dict[str, str]:
    names = [f"{prefix}-{index}" for index in range(len(descriptors))]
    for name, descriptor in zip(names, descriptors, strict=True):
        qmp.execute("getfd", {"fdname": name}, file_descriptors=[descriptor])
    return {option: names[0]} if len(names) == 1 else {f"{option}s": ":".join(names)}


def remove_nic(qmp: QmpClient, device_id: str) -> None:
    """Unplug a NIC; raises like `remove_disk`."""
    _unplug(qmp, device_id)
    qmp.execute("netdev_del", {"id": device_id})


def resize(qmp: QmpClient, device_id: str, size_bytes: int) -> None:
    """Tell the guest that a disk has another size."""
    qmp.execute("block_resize", {"node-name": device_id, "size": size_bytes})


def _unplug(qmp: QmpClient, device_id: str) -> None:
    if device_id not in _peripherals(qmp):  # an earlier attempt succeeded late
        return

    def concerns_device(event: Message) -> bool:
        return (
            event.get("event") in ("DEVICE_DELETED", "DEVICE_UNPLUG_GUEST_ERROR")
            and event.get("data", {}).get("device") == device_id
        )

    qmp.execute("device_del", {"id": device_id})
    event = qmp.wait_event(concerns_device, _UNPLUG_TIMEOUT_S)
    if event is not None and event["event"] == "DEVICE_UNPLUG_GUEST_ERROR":
        raise errors.HypervisorError(f"The instance's operating system refuses to let go of device {device_id}")
    _require_presence(qmp, device_id, present=False)


def _peripherals(qmp: QmpClient) -> set[str]:
    return {str(item["name"]) for item in qmp.execute("qom-list", {"path": _PERIPHERALS})}


def _require_presence(qmp: QmpClient, device_id: str, *, present: bool) -> None:
    deadline = time.monotonic() + _PRESENCE_TIMEOUT_S
    while (device_id in _peripherals(qmp)) is not present:
        if time.monotonic() > deadline:
            if present:
                raise errors.HypervisorError(f"Device {device_id} did not appear in the instance")
            raise errors.HypervisorError(
                f"The instance's operating system does not let go of device {device_id}; it may not have started yet"
            )
        time.sleep(_POLL_S)


def _tolerantly(qmp: QmpClient, command: str, arguments: Mapping[str, Any]) -> None:
    """Run a command whose failure leaves nothing worse than an unused object inside QEMU."""
    try:
        qmp.execute(command, arguments)
    except QmpCommandError as err:
        _log.warning("%s", err)
