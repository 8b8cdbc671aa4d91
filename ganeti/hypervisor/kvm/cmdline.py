"""The part of QEMU's command line that is decided once, at a cold start, and follows the guest through migrations.

It must not depend on the node. Disks, NICs, displays, control sockets and the user come from `launch_arguments`.
"""

from __future__ import annotations

import os.path
import shlex
from collections.abc import Mapping

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView
from ganeti.hvparams.checks import is_url
from ganeti.hypervisor.kvm.emulator import Emulator
from ganeti.hypervisor.kvm.jsonarg import json_argument
from ganeti.hypervisor.kvm.paths import GuestPaths
from ganeti.objects.wire import WireInstance

_USB_DEVICES = {
    "keyboard": "usb-kbd",
    "mouse": "usb-mouse",
    "tablet": "usb-tablet",
    "wacom-tablet": "usb-wacom-tablet",
}
_AUDIO_ID = "soundhw"


def build_command(instance: WireInstance, emulator: Emulator, paths: GuestPaths) -> list[str]:
    """The stored part of the command line of a guest.

    Args:
      instance: the instance with all parameters filled in.
      emulator: the QEMU binary that starts the guest.
      paths: the guest's files.

    Raises:
      HypervisorError: parameters contradict each other or ask for something this QEMU cannot do.
    """
    params = ParamView(instance.hvparams)
    return [
        emulator.path,
        *_identity(instance, emulator),
        *_memory_and_cpus(instance, params),
        *("-pidfile", str(paths.pid_file)),
        *_controllers(params),
        *("-daemonize", "-D", str(paths.log)),
        *_machine(params, emulator),
        *_removable_media(params),
        *_kernel(params),
        *_memory_backend(params),
        *("-monitor", f"unix:{paths.monitor},server=on,wait=off"),
        *_serial(params, paths),
        *_usb(params),
        *_sound(params, emulator),
        *(("-rtc", "base=localtime") if params.flag(c.HV_USE_LOCALTIME) else ()),
        *(("-cpu", params.text(c.HV_CPU_TYPE)) if params.text(c.HV_CPU_TYPE) else ()),
        *_graphics_card(params),
        *("-uuid", instance.uuid),
        *_guest_agent(params, paths),
        *shlex.split(params.text(c.HV_KVM_EXTRA)),
    ]


def _identity(instance: WireInstance, emulator: Emulator) -> list[str]:
    suffix = ",debug-threads=on" if emulator.version.has_debug_threads else ""
    return ["-name", f"{instance.name}{suffix}"]


def _memory_and_cpus(instance: WireInstance, params: ParamView) -> list[str]:
    vcpus = int(instance.beparams[c.BE_VCPUS])
    topology = {
        "cores": params.number(c.HV_CPU_CORES),
        "threads": params.number(c.HV_CPU_THREADS),
        "sockets": params.number(c.HV_CPU_SOCKETS),
    }
    given = {name: count for name, count in topology.items() if count}
    _check_topology(vcpus, given)
    parts = [str(vcpus), *(f"{name}={count}" for name, count in given.items())]
    return ["-m", str(instance.beparams[c.BE_MAXMEM]), "-smp", ",".join(parts)]


def _check_topology(vcpus: int, given: dict[str, int]) -> None:
    """QEMU fills in what is not given, but refuses a topology that does not make up the number of CPUs."""
    product = 1
    for count in given.values():
        product *= count
    if vcpus % product or (len(given) == 3 and product != vcpus):
        described = " x ".join(f"{count} {name}" for name, count in given.items())
        raise errors.HypervisorError(f"{vcpus} virtual CPUs cannot be made up of {described}")


def _controllers(params: ParamView) -> list[str]:
    types = (params.text(c.HV_DISK_TYPE), params.text(c.HV_KVM_CDROM_DISK_TYPE))
    result = []
    if any(disk_type in c.HT_SCSI_DEVICE_TYPES for disk_type in types):
        result += ["-device", f"{params.text(c.HV_KVM_SCSI_CONTROLLER_TYPE)},id=scsi"]
    return [*result, "-device", "virtio-balloon"]


def _machine(params: ParamView, emulator: Emulator) -> list[str]:
    # The default is resolved to its versioned name, so that the guest keeps its hardware when it migrates to a node
    # with a newer QEMU.
    machine = params.text(c.HV_KVM_MACHINE_VERSION) or emulator.default_machine
    if "q35" in machine:
        raise errors.HypervisorError(
            f"Machine type '{machine}' is not supported: instances need the PCI bus of the i440FX types (pc-i440fx-...)"
        )
    options = [machine]
    if not params.flag(c.HV_ACPI):
        options.append("acpi=off")
    accelerator = {c.HT_KVM_ENABLED: "kvm", c.HT_KVM_DISABLED: "tcg"}.get(params.text(c.HV_KVM_FLAG))
    if accelerator:
        options.append(f"accel={accelerator}")
    reboot = ["-no-reboot"] if params.text(c.HV_REBOOT_BEHAVIOR) == c.INSTANCE_REBOOT_EXIT else []
    return [*reboot, "-machine", ",".join(options)]


def _boots_from(params: ParamView, device: str) -> bool:
    """Tell whether the guest's firmware boots from a kind of device."""
    return not params.text(c.HV_KERNEL_PATH) and params.text(c.HV_BOOT_ORDER) == device


def _removable_media(params: ParamView) -> list[str]:
    result = []
    for node_name, parameter in (("cdrom1", c.HV_CDROM_IMAGE_PATH), ("cdrom2", c.HV_KVM_CDROM2_IMAGE_PATH)):
        image = params.text(parameter)
        if image:
            bootable = node_name == "cdrom1" and _boots_from(params, c.HT_BO_CDROM)
            result += _cdrom(node_name, image, _cdrom_driver(params), bootable=bootable)
    floppy = params.text(c.HV_KVM_FLOPPY_IMAGE_PATH)
    if floppy:
        node = {"driver": "raw", "node-name": "floppy1", "file": {"driver": "file", "filename": floppy}}
        device = {"driver": "floppy", "drive": "floppy1"}
        result += ["-blockdev", json_argument(node)]
        result += ["-device", json_argument(_with_boot_index(device, _boots_from(params, c.HT_BO_FLOPPY)))]
    return result


def _cdrom_driver(params: ParamView) -> str:
    disk_type = params.text(c.HV_KVM_CDROM_DISK_TYPE) or params.text(c.HV_DISK_TYPE)
    if disk_type == c.HT_DISK_PARAVIRTUAL:
        return "virtio-blk-pci"
    return "scsi-cd" if disk_type in c.HT_SCSI_DEVICE_TYPES else "ide-cd"


def _cdrom(node_name: str, image: str, driver: str, *, bootable: bool) -> list[str]:
    if is_url(image):
        source = {"driver": image.partition(":")[0].lower(), "url": image}
    else:
        source = {"driver": "file", "filename": image}
    node = {
        "driver": "raw",
        "node-name": node_name,
        "read-only": True,
        "cache": {"direct": False, "no-flush": True},
        "file": source,
    }
    device = _with_boot_index({"driver": driver, "drive": node_name}, bootable)
    return ["-blockdev", json_argument(node), "-device", json_argument(device)]


def _with_boot_index(device: Mapping[str, str], bootable: bool) -> dict[str, object]:
    return {**device, "bootindex": 1} if bootable else dict(device)


def _kernel(params: ParamView) -> list[str]:
    kernel = params.text(c.HV_KERNEL_PATH)
    if not kernel:
        return []
    initrd = params.text(c.HV_INITRD_PATH)
    append = f"root={params.text(c.HV_ROOT_PATH)} {params.text(c.HV_KERNEL_ARGS)}".rstrip()
    if params.flag(c.HV_SERIAL_CONSOLE):
        append += f" console=ttyS0,{params.number(c.HV_SERIAL_SPEED)}"
    return ["-kernel", kernel, *(("-initrd", initrd) if initrd else ()), "-append", append]


def _memory_backend(params: ParamView) -> list[str]:
    path = params.text(c.HV_MEM_PATH)
    return ["-mem-path", os.path.normpath(path), "-mem-prealloc"] if path else []


def _serial(params: ParamView, paths: GuestPaths) -> list[str]:
    if params.flag(c.HV_SERIAL_CONSOLE):
        return ["-serial", f"unix:{paths.serial},server=on,wait=off"]
    return ["-serial", "none"]


def _usb(params: ParamView) -> list[str]:
    pointer = params.text(c.HV_USB_MOUSE)
    if not pointer and params.text(c.HV_VNC_BIND_ADDRESS):
        # VNC transmits absolute positions, which a mouse cannot follow.
        pointer = c.HT_MOUSE_TABLET
    names = [pointer] if pointer else []
    names += [name.strip() for name in params.text(c.HV_USB_DEVICES).split(",") if name.strip()]
    result = ["-usb"]
    for name in names:
        if name not in _USB_DEVICES:
            raise errors.HypervisorError(
                f"USB device '{name}' is not one of {', '.join(sorted(_USB_DEVICES))}; others go into kvm_extra"
            )
        result += ["-device", _USB_DEVICES[name]]
    return result


def _sound(params: ParamView, emulator: Emulator) -> list[str]:
    model = params.text(c.HV_SOUNDHW)
    if not model:
        return []
    if not emulator.version.has_audio_models:
        return ["-soundhw", model]
    driver = "spice" if params.text(c.HV_KVM_SPICE_BIND) else "none"
    return ["-audio", f"driver={driver},model={model},id={_AUDIO_ID}"]


def _graphics_card(params: ParamView) -> list[str]:
    card = params.text(c.HV_VGA) or ("qxl" if params.text(c.HV_KVM_SPICE_BIND) else "")
    return ["-vga", card] if card else []


def _guest_agent(params: ParamView, paths: GuestPaths) -> list[str]:
    if not params.flag(c.HV_USE_GUEST_AGENT):
        return []
    return [
        "-chardev",
        f"socket,path={paths.guest_agent},server=on,wait=off,id=qga0",
        "-device",
        "virtio-serial,id=qga0",
        "-device",
        "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0",
    ]
