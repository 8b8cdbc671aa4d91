"""Values of hypervisor parameters."""

from typing import Final

# hv value sets
HT_BO_CDROM: Final = "cdrom"
HT_BO_DISK: Final = "disk"
HT_BO_FLOPPY: Final = "floppy"
HT_BO_NETWORK: Final = "network"
HT_CACHE_DEFAULT: Final = "default"
HT_CACHE_NONE: Final = "none"
HT_CACHE_WBACK: Final = "writeback"
HT_CACHE_WTHROUGH: Final = "writethrough"
HT_DISCARD_IGNORE: Final = "ignore"
HT_DISCARD_UNMAP: Final = "unmap"
HT_DISK_IDE: Final = "ide"
HT_DISK_IOEMU: Final = "ioemu"
HT_DISK_MTD: Final = "mtd"
HT_DISK_PARAVIRTUAL: Final = "paravirtual"
HT_DISK_PFLASH: Final = "pflash"
HT_DISK_SCSI: Final = "scsi"
HT_DISK_SCSI_BLOCK: Final = "scsi-block"
HT_DISK_SCSI_CD: Final = "scsi-cd"
HT_DISK_SCSI_GENERIC: Final = "scsi-generic"
HT_DISK_SCSI_HD: Final = "scsi-hd"
HT_DISK_SD: Final = "sd"
HT_HVM_VALID_DISK_TYPES: Final[tuple[str, ...]] = ("ioemu", "paravirtual")
HT_HVM_VALID_NIC_TYPES: Final[tuple[str, ...]] = ("e1000", "ne2k_isa", "ne2k_pci", "paravirtual", "rtl8139")
HT_HVM_VALID_VIF_TYPES: Final[tuple[str, ...]] = ("ioemu", "vif")
HT_HVM_VIF_IOEMU: Final = "ioemu"
HT_HVM_VIF_VIF: Final = "vif"
HT_KVM_AIO_IO_URING: Final = "io_uring"
HT_KVM_AIO_NATIVE: Final = "native"
HT_KVM_AIO_THREADS: Final = "threads"
HT_KVM_DISABLED: Final = "disabled"
HT_KVM_ENABLED: Final = "enabled"
HT_KVM_FLAG_VALUES: Final[tuple[str, ...]] = ("disabled", "enabled")
HT_KVM_SPICE_LOSSLESS_IMG_COMPR_AUTO_GLZ: Final = "auto_glz"
HT_KVM_SPICE_LOSSLESS_IMG_COMPR_AUTO_LZ: Final = "auto_lz"
HT_KVM_SPICE_LOSSLESS_IMG_COMPR_GLZ: Final = "glz"
HT_KVM_SPICE_LOSSLESS_IMG_COMPR_LZ: Final = "lz"
HT_KVM_SPICE_LOSSLESS_IMG_COMPR_OFF: Final = "off"
HT_KVM_SPICE_LOSSLESS_IMG_COMPR_QUIC: Final = "quic"
HT_KVM_SPICE_LOSSY_IMG_COMPR_ALWAYS: Final = "always"
HT_KVM_SPICE_LOSSY_IMG_COMPR_AUTO: Final = "auto"
HT_KVM_SPICE_LOSSY_IMG_COMPR_NEVER: Final = "never"
HT_KVM_SPICE_VALID_LOSSLESS_IMG_COMPR_OPTIONS: Final[tuple[str, ...]] = (
    "auto_glz",
    "auto_lz",
    "glz",
    "lz",
    "off",
    "quic",
)
HT_KVM_SPICE_VALID_LOSSY_IMG_COMPR_OPTIONS: Final[tuple[str, ...]] = ("always", "auto", "never")
HT_KVM_SPICE_VALID_VIDEO_STREAM_DETECTION_OPTIONS: Final[tuple[str, ...]] = ("all", "filter", "off")
HT_KVM_SPICE_VIDEO_STREAM_DETECTION_ALL: Final = "all"
HT_KVM_SPICE_VIDEO_STREAM_DETECTION_FILTER: Final = "filter"
HT_KVM_SPICE_VIDEO_STREAM_DETECTION_OFF: Final = "off"
HT_KVM_VALID_AIO_TYPES: Final[tuple[str, ...]] = ("io_uring", "native", "threads")
HT_KVM_VALID_BO_TYPES: Final[tuple[str, ...]] = ("cdrom", "disk", "floppy", "network")
HT_KVM_VALID_DISK_TYPES: Final[tuple[str, ...]] = (
    "ide",
    "mtd",
    "paravirtual",
    "pflash",
    "scsi",
    "scsi-block",
    "scsi-cd",
    "scsi-generic",
    "scsi-hd",
    "sd",
)
HT_KVM_VALID_MOUSE_TYPES: Final[tuple[str, ...]] = ("mouse", "tablet")
HT_KVM_VALID_NIC_TYPES: Final[tuple[str, ...]] = (
    "e1000",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "paravirtual",
    "pcnet",
    "rtl8139",
)
HT_KVM_VALID_SCSI_CONTROLLER_TYPES: Final[tuple[str, ...]] = ("dc390", "lsi", "megasas", "virtio-scsi-pci")
HT_KVM_VALID_SM_TYPES: Final[tuple[str, ...]] = ("none", "pool", "user")
HT_MIGRATION_LIVE: Final = "live"
HT_MIGRATION_MODES: Final[tuple[str, ...]] = ("live", "non-live")
HT_MIGRATION_NONLIVE: Final = "non-live"
HT_MOUSE_MOUSE: Final = "mouse"
HT_MOUSE_TABLET: Final = "tablet"
HT_NIC_E1000: Final = "e1000"
HT_NIC_I82551: Final = "i82551"
HT_NIC_I8259ER: Final = "i82559er"
HT_NIC_I85557B: Final = "i82557b"
HT_NIC_NE2K_ISA: Final = "ne2k_isa"
HT_NIC_NE2K_PCI: Final = "ne2k_pci"
HT_NIC_PARAVIRTUAL: Final = "paravirtual"
HT_NIC_PCNET: Final = "pcnet"
HT_NIC_RTL8139: Final = "rtl8139"
HT_SCSI_CONTROLLER_LSI: Final = "lsi"
HT_SCSI_CONTROLLER_MEGASAS: Final = "megasas"
HT_SCSI_CONTROLLER_TEKRAM: Final = "dc390"
HT_SCSI_CONTROLLER_VIRTIO: Final = "virtio-scsi-pci"
HT_SCSI_DEVICE_TYPES: Final[tuple[str, ...]] = ("scsi-block", "scsi-cd", "scsi-generic", "scsi-hd")
HT_SM_NONE: Final = "none"
HT_SM_POOL: Final = "pool"
HT_SM_USER: Final = "user"
HT_VALID_CACHE_TYPES: Final[tuple[str, ...]] = ("default", "none", "writeback", "writethrough")
HT_VALID_DISCARD_TYPES: Final[tuple[str, ...]] = ("ignore", "unmap")
