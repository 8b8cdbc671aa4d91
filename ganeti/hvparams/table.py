"""The table of all hypervisor parameters.

Name, value rule, whether it is required, at which level it may be set and when a change takes effect are declared here;
types, defaults and titles are those of `ganeti.constants`. Checks, command line help and documentation derive from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ganeti import buildcfg, errors
from ganeti import constants as c
from ganeti.hvparams import checks
from ganeti.hvparams.checks import Check, between, one_of

AT_START = "start"
AT_START_NOT_HOTPLUG = "start; hot-plugged devices keep the start value"
AT_MIGRATION = "migration"

SPICE_IP_VERSIONS = (c.IFACE_NO_IP_VERSION_SPECIFIED, *c.VALID_IP_VERSIONS)


class HvParam(NamedTuple):
    """One parameter of one hypervisor.

    Attributes:
      name: key in the configuration.
      type: value type (`VTYPE_*`).
      default: value that a new cluster starts with.
      title: column title in instance lists.
      check: rule for values; None accepts every value of the type.
      required: empty values are refused.
      cluster_only: cannot be set for an instance or an OS.
      takes_effect: when a running instance sees a change (`start`: at its next full stop and start).
    """

    name: str
    type: str
    default: Any
    title: str
    check: Check | None
    required: bool
    cluster_only: bool
    takes_effect: str


class _Row(NamedTuple):
    name: str
    check: Check | None = None
    required: bool = False
    takes_effect: str = AT_START


_KVM = (
    _Row("acpi", takes_effect="start and shutdown"),
    _Row("boot_order", check=one_of(c.HT_KVM_VALID_BO_TYPES), required=True),
    _Row("cdrom2_image_path", check=checks.FILE_OR_URL),
    _Row("cdrom_disk_type", check=one_of(c.HT_KVM_VALID_DISK_TYPES)),
    _Row("cdrom_image_path", check=checks.FILE_OR_URL),
    _Row("cpu_cores", check=checks.NON_NEGATIVE),
    _Row("cpu_mask", check=checks.CPU_MASKS),
    _Row("cpu_sockets", check=checks.NON_NEGATIVE),
    _Row("cpu_threads", check=checks.NON_NEGATIVE),
    _Row("cpu_type"),
    _Row("disk_aio", check=one_of(c.HT_KVM_VALID_AIO_TYPES), takes_effect=AT_START_NOT_HOTPLUG),
    _Row("disk_cache", check=one_of(c.HT_VALID_CACHE_TYPES), required=True, takes_effect=AT_START_NOT_HOTPLUG),
    _Row("disk_discard", check=one_of(c.HT_VALID_DISCARD_TYPES), takes_effect=AT_START_NOT_HOTPLUG),
    _Row("disk_type", check=one_of(c.HT_KVM_VALID_DISK_TYPES), required=True, takes_effect=AT_START_NOT_HOTPLUG),
    _Row("floppy_image_path", check=checks.FILE),
    _Row("initrd_path", check=checks.FILE),
    _Row("kernel_args"),
    _Row("kernel_path", check=checks.FILE),
    _Row("keymap"),
    _Row("kvm_extra"),
    _Row("kvm_flag", check=one_of(c.HT_KVM_FLAG_VALUES)),
    _Row("kvm_path", check=checks.FILE, required=True),
    _Row("kvm_pci_reservations", check=between(0, 32)),
    _Row("machine_version"),
    _Row("mem_path", check=checks.DIRECTORY),
    _Row("migration_bandwidth", check=checks.NON_NEGATIVE, required=True, takes_effect=AT_MIGRATION),
    _Row("migration_caps", takes_effect=AT_MIGRATION),
    _Row("migration_downtime", check=checks.NON_NEGATIVE, required=True, takes_effect=AT_MIGRATION),
    _Row("migration_mode", check=one_of(c.HT_MIGRATION_MODES), required=True, takes_effect=AT_MIGRATION),
    _Row("migration_port", check=checks.PORT, required=True, takes_effect=AT_MIGRATION),
    _Row("nic_type", check=one_of(c.HT_KVM_VALID_NIC_TYPES), required=True, takes_effect=AT_START_NOT_HOTPLUG),
    _Row("reboot_behavior", check=one_of(c.REBOOT_BEHAVIORS), required=True, takes_effect="start and reboot"),
    _Row("root_path"),
    _Row("scsi_controller_type", check=one_of(c.HT_KVM_VALID_SCSI_CONTROLLER_TYPES), required=True),
    _Row("security_domain"),
    _Row("security_model", check=one_of(c.HT_KVM_VALID_SM_TYPES), required=True),
    _Row("serial_console"),
    _Row("serial_speed"),
    _Row("soundhw"),
    _Row("spice_bind"),
    _Row("spice_image_compression", check=one_of(c.HT_KVM_SPICE_VALID_LOSSLESS_IMG_COMPR_OPTIONS)),
    _Row("spice_ip_version", check=one_of(SPICE_IP_VERSIONS)),
    _Row("spice_jpeg_wan_compression", check=one_of(c.HT_KVM_SPICE_VALID_LOSSY_IMG_COMPR_OPTIONS)),
    _Row("spice_password_file", check=checks.FILE),
    _Row("spice_playback_compression"),
    _Row("spice_streaming_video", check=one_of(c.HT_KVM_SPICE_VALID_VIDEO_STREAM_DETECTION_OPTIONS)),
    _Row("spice_tls_ciphers"),
    _Row("spice_use_tls"),
    _Row("spice_use_vdagent"),
    _Row("spice_zlib_glz_wan_compression", check=one_of(c.HT_KVM_SPICE_VALID_LOSSY_IMG_COMPR_OPTIONS)),
    _Row("usb_devices"),
    _Row("usb_mouse", check=one_of(c.HT_KVM_VALID_MOUSE_TYPES)),
    _Row("use_chroot"),
    _Row("use_guest_agent"),
    _Row("use_localtime"),
    _Row("user_shutdown", takes_effect="start and status query"),
    _Row("vga"),
    _Row("vhost_net", takes_effect=AT_START_NOT_HOTPLUG),
    _Row("virtio_net_queues", check=between(1, 32), takes_effect=AT_START_NOT_HOTPLUG),
    _Row("vnc_bind_address"),
    _Row("vnc_password_file", check=checks.FILE),
    _Row("vnc_tls"),
    _Row("vnc_x509_path", check=checks.DIRECTORY),
    _Row("vnc_x509_verify"),
    _Row("vnet_hdr", takes_effect=AT_START_NOT_HOTPLUG),
)

_XEN_PVM = (
    _Row("blockdev_prefix"),
    _Row("bootloader_args"),
    _Row("bootloader_path", check=checks.FILE),
    _Row("cpu_cap", check=checks.NON_NEGATIVE),
    _Row("cpu_mask", check=checks.CPU_MASKS),
    _Row("cpu_weight", check=between(1, 65535)),
    _Row("cpuid"),
    _Row("initrd_path", check=checks.FILE),
    _Row("kernel_args"),
    _Row("kernel_path", check=checks.FILE, required=True),
    _Row("migration_mode", check=one_of(c.HT_MIGRATION_MODES), required=True, takes_effect=AT_MIGRATION),
    _Row("migration_port", check=checks.PORT, required=True, takes_effect=AT_MIGRATION),
    _Row("reboot_behavior", check=one_of(c.REBOOT_BEHAVIORS), required=True),
    _Row("root_path"),
    _Row("soundhw"),
    _Row("use_bootloader"),
    _Row("vif_script", check=checks.FILE),
)

_XEN_HVM = (
    _Row("acpi"),
    _Row("blockdev_prefix"),
    _Row("boot_order", check=checks.BOOT_LETTERS, required=True),
    _Row("cdrom_image_path", check=checks.FILE),
    _Row("cpu_cap"),
    _Row("cpu_mask", check=checks.CPU_MASKS),
    _Row("cpu_weight", check=checks.PORT),
    _Row("cpuid"),
    _Row("device_model", check=checks.FILE, required=True),
    _Row("disk_type", check=one_of(c.HT_HVM_VALID_DISK_TYPES), required=True),
    _Row("kernel_path", check=checks.FILE, required=True),
    _Row("migration_mode", check=one_of(c.HT_MIGRATION_MODES), required=True, takes_effect=AT_MIGRATION),
    _Row("migration_port", check=checks.PORT, required=True, takes_effect=AT_MIGRATION),
    _Row("nic_type", check=one_of(c.HT_HVM_VALID_NIC_TYPES), required=True),
    _Row("pae"),
    _Row("pci_pass"),
    _Row("reboot_behavior", check=one_of(c.REBOOT_BEHAVIORS), required=True),
    _Row("soundhw"),
    _Row("use_localtime"),
    _Row("vif_script", check=checks.FILE),
    _Row("vif_type", check=one_of(c.HT_HVM_VALID_VIF_TYPES)),
    _Row("viridian"),
    _Row("vnc_bind_address", check=checks.IPV4),
    _Row("vnc_password_file", check=checks.FILE, required=True),
)

_LXC = (
    _Row("cpu_mask", check=checks.CPU_MASK),
    _Row("devices"),
    _Row("drop_capabilities"),
    _Row("extra_cgroups"),
    _Row("extra_config"),
    _Row("num_ttys", check=checks.NON_NEGATIVE, required=True),
    _Row("startup_timeout", check=checks.NON_NEGATIVE),
)

_CHROOT = (_Row("init_script", check=checks.PATH, required=True, takes_effect="start and stop"),)

_FAKE = (_Row("migration_mode", check=one_of(c.HT_MIGRATION_MODES), required=True, takes_effect=AT_MIGRATION),)


def _build(hypervisor: str, rows: tuple[_Row, ...]) -> dict[str, HvParam]:
    defaults = c.HVC_DEFAULTS[hypervisor]
    return {
        row.name: HvParam(
            name=row.name,
            type=c.HVS_PARAMETER_TYPES[row.name],
            default=_expand(defaults[row.name]),
            title=c.HVS_PARAMETER_TITLES.get(row.name, f"hv/{row.name}"),
            check=row.check,
            required=row.required,
            cluster_only=row.name in c.HVC_GLOBALS,
            takes_effect=row.takes_effect,
        )
        for row in rows
    }


def _expand(default: Any) -> Any:
    """Fill in the directories chosen at build time."""
    return default.replace("{sysconfdir}", buildcfg.SYSCONFDIR) if isinstance(default, str) else default


#: hypervisor -> parameter name -> parameter
TABLE: Mapping[str, Mapping[str, HvParam]] = {
    c.HT_KVM: _build(c.HT_KVM, _KVM),
    c.HT_XEN_PVM: _build(c.HT_XEN_PVM, _XEN_PVM),
    c.HT_XEN_HVM: _build(c.HT_XEN_HVM, _XEN_HVM),
    c.HT_LXC: _build(c.HT_LXC, _LXC),
    c.HT_CHROOT: _build(c.HT_CHROOT, _CHROOT),
    c.HT_FAKE: _build(c.HT_FAKE, _FAKE),
}


def parameters(hypervisor: str) -> Mapping[str, HvParam]:
    """The parameters of a hypervisor by name.

    Raises:
      HypervisorError: there is no such hypervisor.
    """
    try:
        return TABLE[hypervisor]
    except KeyError:
        raise errors.HypervisorError(f"Unknown hypervisor '{hypervisor}'") from None


def defaults(hypervisor: str) -> dict[str, Any]:
    """The parameter set that a new cluster starts with."""
    return {param.name: param.default for param in parameters(hypervisor).values()}
