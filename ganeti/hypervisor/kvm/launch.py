"""The part of QEMU's command line that is made anew for every start: cold start, reboot, incoming migration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganeti import constants as c
from ganeti.hvparams import ParamView
from ganeti.hypervisor.base import BlockDevice
from ganeti.hypervisor.kvm import devices
from ganeti.hypervisor.kvm.jsonarg import json_argument
from ganeti.hypervisor.kvm.paths import GuestPaths
from ganeti.hypervisor.kvm.runtime import Runtime
from ganeti.hypervisor.kvm.tap import Tap
from ganeti.hypervisor.kvm.version import QemuVersion
from ganeti.objects.wire import WireNic

#: Guest-visible settings stay as they were at the cold start, all others follow the current configuration.
_STARTUP_PARAMS = (
    c.HV_BOOT_ORDER,
    c.HV_CPU_MASK,
    c.HV_DISK_CACHE,
    c.HV_DISK_DISCARD,
    c.HV_DISK_TYPE,
    c.HV_KERNEL_PATH,
    c.HV_KVM_DISK_AIO,
    c.HV_NIC_TYPE,
    c.HV_VHOST_NET,
    c.HV_VIRTIO_NET_QUEUES,
    c.HV_VNET_HDR,
)


def launch_params(current: ParamView, runtime: Runtime) -> ParamView:
    """Parameters for a start: current ones, with what the guest sees as at its cold start."""
    return current.updated({name: runtime.hvparams[name] for name in _STARTUP_PARAMS if name in runtime.hvparams})


@dataclass(frozen=True, slots=True)
class RunAs:
    """Whom QEMU becomes after it has opened everything.

    Attributes:
      uid: user, None for root.
      gid: the user's primary group.
      chroot: directory it is confined to, None for none.
    """

    uid: int | None = None
    gid: int | None = None
    chroot: str | None = None


def run_as_arguments(run_as: RunAs, version: QemuVersion) -> list[str]:
    """Options that make QEMU give up its rights, in the spelling of its version."""
    combined: list[str] = []
    result: list[str] = []
    if run_as.uid is not None:
        owner = f"{run_as.uid}:{run_as.gid}"
        if version.has_run_with_user:
            combined.append(f"user={owner}")
        else:
            result += ["-runas", owner]
    if run_as.chroot is not None:
        if version.has_run_with_chroot:
            combined.append(f"chroot={run_as.chroot}")
        else:
            result += ["-chroot", run_as.chroot]
    return [*result, *(("-run-with", ",".join(combined)) if combined else ())]


def nic_arguments(nics: Sequence[WireNic], taps: Sequence[Tap], params: ParamView) -> list[str]:
    """Options for the NICs of a guest, in order."""
    if not nics:
        return ["-nic", "none"]
    boots_from_network = not params.text(c.HV_KERNEL_PATH) and params.text(c.HV_BOOT_ORDER) == c.HT_BO_NETWORK
    result: list[str] = []
    for index, (nic, tap) in enumerate(zip(nics, taps, strict=True)):
        placement = nic.hvinfo or {"driver": devices.nic_driver(params.text(c.HV_NIC_TYPE))}
        netdev = str(placement.get("id") or f"netdev{index}")
        device = devices.nic_device(
            placement, netdev, nic.mac, len(tap.fds), bootable=boots_from_network and index == 0
        )
        result += ["-netdev", _netdev(netdev, tap), "-device", json_argument(device)]
    return result


def _netdev(netdev: str, tap: Tap) -> str:
    options = [f"type=tap,id={netdev}", _descriptors("fd", tap.fds)]
    if tap.vhost_fds:
        options += ["vhost=on", _descriptors("vhostfd", tap.vhost_fds)]
    return ",".join(options)


def _descriptors(option: str, fds: Sequence[int]) -> str:
    if len(fds) == 1:
        return f"{option}={fds[0]}"
    return f"{option}s={':'.join(str(fd) for fd in fds)}"


def disk_arguments(disks: Sequence[BlockDevice], params: ParamView) -> list[str]:
    """Options for the disks of a guest, in order."""
    boots_from_disk = not params.text(c.HV_KERNEL_PATH) and params.text(c.HV_BOOT_ORDER) == c.HT_BO_DISK
    result: list[str] = []
    for index, block in enumerate(disks):
        placement = block.disk.hvinfo or {"driver": devices.disk_driver(params.text(c.HV_DISK_TYPE))}
        node_name = str(placement.get("id") or devices.device_id("disk", block.disk.uuid))
        node = devices.block_node(block, node_name, params)
        device = devices.disk_device(block, placement, node_name, params, bootable=boots_from_disk and index == 0)
        result += ["-blockdev", json_argument(node), "-device", json_argument(device)]
    return result


def launch_arguments(
    runtime: Runtime,
    params: ParamView,
    taps: Sequence[Tap],
    display: Sequence[str],
    run_as: RunAs,
    version: QemuVersion,
    paths: GuestPaths,
    *,
    incoming: bool,
) -> list[str]:
    """The complete command line of a guest.

    Args:
      runtime: what the guest was cold-started with.
      params: result of `launch_params`.
      taps: open tap interfaces of its NICs.
      display: options of its display.
      run_as: whom QEMU becomes.
      version: of the QEMU that is started.
      paths: the guest's files.
      incoming: wait for a migration instead of booting.
    """
    keymap = params.text(c.HV_KEYMAP)
    return [
        *runtime.command,
        *display,
        *(("-k", keymap) if keymap else ()),
        *nic_arguments(runtime.nics, taps, params),
        # Address and capabilities follow over QMP: some capabilities must be set before QEMU listens.
        *(("-incoming", "defer") if incoming else ()),
        *("-qmp", f"unix:{paths.qmp},server=on,wait=off", "-qmp", f"unix:{paths.kvmd},server=on,wait=off"),
        *disk_arguments(runtime.disks, params),
        # The run state of an incoming guest travels along; others are held until passwords and CPUs are set.
        *(() if incoming else ("-S",)),
        *run_as_arguments(run_as, version),
    ]
