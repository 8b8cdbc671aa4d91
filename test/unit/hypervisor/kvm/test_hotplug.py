"""Devices of running guests: commands to QEMU and what happens when they fail."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from ganeti.errors import HotplugError, HypervisorError
from ganeti.hvparams import ParamView
from ganeti.hypervisor import BlockDevice
from ganeti.hypervisor.kvm import hotplug
from ganeti.hypervisor.kvm.qmp import QmpClient, QmpCommandError
from ganeti.hypervisor.kvm.tap import Tap
from test.unit.hypervisor.guests import QEMU_10, make_disk, make_instance, make_nic

PLACE = {"driver": "virtio-blk-pci", "id": "disk-a", "bus": "pci.0", "addr": "0xd"}


class FakeGuest:
    """A guest with devices; it answers the commands of hot-plug."""

    version = QEMU_10

    def __init__(self, *, refuses: Sequence[str] = (), unplugs: str | None = "DEVICE_DELETED") -> None:
        self.devices: set[str] = set()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._refuses = refuses
        self._unplugs = unplugs

    def supports(self, command: str) -> bool:
        """Tell whether a command is known."""
        return command not in self._refuses

    def execute(
        self, command: str, arguments: Mapping[str, Any] | None = None, *, file_descriptors: Sequence[int] = ()
    ) -> Any:
        """Carry out a command."""
        given = dict(arguments or {})
        self.sent.append((command, given))
        if command in self._refuses:
            raise QmpCommandError(command, "GenericError", "refused")
        if command == "device_add":
            self.devices.add(given["id"])
        if command == "device_del" and self._unplugs == "DEVICE_DELETED":
            self.devices.discard(given["id"])
        answers: dict[str, Any] = {
            "qom-list": [{"name": name} for name in self.devices],
            "add-fd": {"fdset-id": 3},
            "query-named-block-nodes": [{"node-name": "disk-a"}],
        }
        return answers.get(command, {})

    def wait_event(self, matches: Any, timeout_s: float) -> dict[str, Any] | None:
        """Give the event that the guest causes."""
        device = next(arguments["id"] for command, arguments in self.sent if command == "device_del")
        event = {"event": self._unplugs, "data": {"device": device}}
        return event if self._unplugs and matches(event) else None

    def commands(self) -> list[str]:
        """Names of the commands that changed something."""
        return [command for command, _ in self.sent if command != "qom-list"]

    def arguments(self, command: str) -> dict[str, Any]:
        """Arguments of a command."""
        return next(arguments for name, arguments in self.sent if name == command)


def as_client(guest: FakeGuest) -> QmpClient:
    return cast(QmpClient, guest)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotplug, "_PRESENCE_TIMEOUT_S", 0.0)


@pytest.fixture
def block(tmp_path: Path) -> BlockDevice:
    path = tmp_path / "disk"
    path.write_bytes(b"")
    return BlockDevice(make_disk(), str(path), None)


def view(**params: Any) -> ParamView:
    return ParamView(make_instance(hvparams=params).hvparams)


def test_disk_is_handed_over_as_a_descriptor(block: BlockDevice) -> None:
    guest = FakeGuest()
    hotplug.add_disk(as_client(guest), block, PLACE, view())
    assert guest.commands() == ["add-fd", "blockdev-add", "device_add", "remove-fd"]
    assert guest.arguments("blockdev-add")["file"]["filename"] == "/dev/fdset/3"
    assert guest.arguments("device_add") == {**PLACE, "drive": "disk-a", "write-cache": "on"}
    assert "bootindex" not in guest.arguments("device_add")


def test_failed_addition_is_undone(block: BlockDevice) -> None:
    guest = FakeGuest(refuses=["device_add"])
    with pytest.raises(HypervisorError, match="refused"):
        hotplug.add_disk(as_client(guest), block, PLACE, view())
    assert guest.commands()[-2:] == ["blockdev-del", "remove-fd"]


def test_disk_is_removed_with_its_node() -> None:
    guest = FakeGuest()
    guest.devices = {"disk-a"}
    hotplug.remove_disk(as_client(guest), "disk-a")
    assert guest.commands()[0] == "device_del" and guest.commands()[-1] == "blockdev-del"


@pytest.mark.parametrize("reaction", [None, "DEVICE_UNPLUG_GUEST_ERROR"])
def test_device_that_the_guest_keeps_stays_complete(reaction: str | None) -> None:
    guest = FakeGuest(unplugs=reaction)
    guest.devices = {"nic-a"}
    with pytest.raises(HypervisorError, match="let go"):
        hotplug.remove_nic(as_client(guest), "nic-a")
    assert "netdev_del" not in guest.commands()


def test_removal_goes_on_where_an_earlier_attempt_ended() -> None:
    guest = FakeGuest()
    hotplug.remove_nic(as_client(guest), "nic-a")
    assert guest.commands() == ["netdev_del"]


def test_nic_with_two_queues_in_a_chroot() -> None:
    guest = FakeGuest()
    descriptors = tuple(os.dup(0) for _ in range(4))
    tap = Tap("tap0", descriptors[:2], descriptors[2:])
    place = {"driver": "virtio-net-pci", "id": "nic-a", "bus": "pci.0", "addr": "0xe"}
    hotplug.add_nic(as_client(guest), make_nic(), place, tap, in_chroot=True)
    tap.close()
    assert guest.arguments("netdev_add") == {
        "type": "tap",
        "id": "nic-a",
        "fds": "nic-a-0:nic-a-1",
        "vhost": True,
        "vhostfds": "nic-a-vhost-0:nic-a-vhost-1",
    }
    device = guest.arguments("device_add")
    assert (device["mq"], device["vectors"], device["romfile"]) == (True, 6, "")


def test_support_depends_on_type_and_emulator() -> None:
    hotplug.check_support(as_client(FakeGuest()), {"disk_type": "paravirtual"}, "disk")
    with pytest.raises(HypervisorError, match="ide"):
        hotplug.check_support(as_client(FakeGuest()), {"disk_type": "ide"}, "disk")
    with pytest.raises(HypervisorError, match="ne2k_isa"):
        hotplug.check_support(as_client(FakeGuest()), {"nic_type": "ne2k_isa"}, "nic")
    with pytest.raises(HotplugError, match="getfd"):
        hotplug.check_support(as_client(FakeGuest(refuses=["getfd"])), {"nic_type": "e1000"}, "nic")
