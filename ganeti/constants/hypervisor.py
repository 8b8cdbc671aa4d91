"""Hypervisors: names, parameters and their values."""

from typing import Final

# hypervisors
DEFAULT_ENABLED_HYPERVISOR: Final = "xen-pvm"
HTS_REQ_PORT: Final[tuple[str, ...]] = ("kvm", "xen-hvm")
HT_CHROOT: Final = "chroot"
HT_FAKE: Final = "fake"
HT_KVM: Final = "kvm"
HT_LXC: Final = "lxc"
HT_XEN_HVM: Final = "xen-hvm"
HT_XEN_PVM: Final = "xen-pvm"
HYPER_TYPES: Final[tuple[str, ...]] = ("chroot", "fake", "kvm", "lxc", "xen-hvm", "xen-pvm")
QEMU_DEFAULT_PCI_RESERVATIONS: Final = 12
QEMU_PCI_SLOTS: Final = 32
VNC_BASE_PORT: Final = 5900
VNC_DEFAULT_BIND_ADDRESS: Final = "0.0.0.0"

# hypervisor commands
KVM_KERNEL: Final = "/boot/vmlinuz-3-kvmU"
KVM_PATH: Final = "/usr/bin/kvm"
LXC_DEVICES_DEFAULT: Final = (
    "c 1:3 rw,c 1:5 rw,c 1:7 rw,c 1:8 rw,c 1:9 rw,c 1:10 rw,c 5:0 rw,c 5:1 rw,c 5:2 rw,c 136:* rw"
)
LXC_DROP_CAPABILITIES_DEFAULT: Final = "mac_override,sys_boot,sys_module,sys_time,sys_admin"
LXC_STATE_RUNNING: Final = "RUNNING"
SOCAT_ESCAPE_CODE: Final = "0x1d"
SOCAT_PATH: Final = "/usr/bin/socat"
SOCAT_USE_COMPRESS: Final = True
SOCAT_USE_ESCAPE: Final = True
XEN_BOOTLOADER: Final = ""
XEN_INITRD: Final = "/boot/initrd-3-xenU"
XEN_KERNEL: Final = "/boot/vmlinuz-3-xenU"
XL_MIGRATION_PIDFILE: Final = "socat.pid"
XL_SOCAT_CMD: Final = "socat -b524288 - TCP:%s:%d #"

# hv state
HVSTS_PARAMETERS: Final[tuple[str, ...]] = ("cpu_node", "cpu_total", "mem_hv", "mem_node", "mem_total")
HVSTS_PARAMETER_TYPES: Final[dict[str, str]] = {
    "cpu_node": "int",
    "cpu_total": "int",
    "mem_hv": "int",
    "mem_node": "int",
    "mem_total": "int",
}
HVST_CPU_NODE: Final = "cpu_node"
HVST_CPU_TOTAL: Final = "cpu_total"
HVST_DEFAULTS: Final[dict[str, int]] = {"cpu_node": 1, "cpu_total": 1, "mem_hv": 0, "mem_node": 0, "mem_total": 0}
HVST_MEMORY_HV: Final = "mem_hv"
HVST_MEMORY_NODE: Final = "mem_node"
HVST_MEMORY_TOTAL: Final = "mem_total"

# hotplug
HOTPLUG_ACTION_ADD: Final = "hotadd"
HOTPLUG_ACTION_MODIFY: Final = "hotmod"
HOTPLUG_ACTION_REMOVE: Final = "hotremove"
HOTPLUG_ALL_ACTIONS: Final[tuple[str, ...]] = ("hotadd", "hotmod", "hotremove")
HOTPLUG_ALL_TARGETS: Final[tuple[str, ...]] = ("disk", "nic")
HOTPLUG_TARGET_DISK: Final = "disk"
HOTPLUG_TARGET_NIC: Final = "nic"

# kvm
HOTPLUGGABLE_DEVICE_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "nic": ("e1000", "i82551", "i82559er", "i82557b", "ne2k_pci", "paravirtual", "pcnet", "rtl8139"),
    "disk": ("paravirtual", "scsi-block", "scsi-generic", "scsi-hd", "scsi-cd"),
}
MIGRATION_CAPS_DELIM: Final = ":"
PCI_BUS: Final = "pci.0"
POSTCOPY_SYNC_COUNT_THRESHOLD: Final = 2
SCSI_BUS: Final = "scsi.0"

# cpu pinning
CPU_PINNING_ALL: Final = "all"
CPU_PINNING_ALL_VAL: Final = -1
CPU_PINNING_ALL_XEN: Final = "0-63"
CPU_PINNING_OFF: Final[tuple[int, ...]] = (-1,)
CPU_PINNING_SEP: Final = ":"
