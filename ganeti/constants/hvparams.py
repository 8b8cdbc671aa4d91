"""Hypervisor parameter names, types and defaults."""

from typing import Any, Final

# hv params
HVC_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "chroot": {"init_script": "/ganeti-chroot"},
    "fake": {"migration_mode": "live"},
    "kvm": {
        "acpi": True,
        "boot_order": "disk",
        "cdrom2_image_path": "",
        "cdrom_disk_type": "",
        "cdrom_image_path": "",
        "cpu_cores": 0,
        "cpu_mask": "all",
        "cpu_sockets": 0,
        "cpu_threads": 0,
        "cpu_type": "",
        "disk_aio": "threads",
        "disk_cache": "default",
        "disk_discard": "ignore",
        "disk_type": "paravirtual",
        "floppy_image_path": "",
        "initrd_path": "",
        "kernel_args": "ro",
        "kernel_path": "/boot/vmlinuz-3-kvmU",
        "keymap": "",
        "kvm_extra": "",
        "kvm_flag": "",
        "kvm_path": "/usr/bin/kvm",
        "kvm_pci_reservations": 12,
        "machine_version": "",
        "mem_path": "",
        "migration_bandwidth": 32,
        "migration_caps": "",
        "migration_downtime": 30,
        "migration_mode": "live",
        "migration_port": 8102,
        "nic_type": "paravirtual",
        "reboot_behavior": "reboot",
        "root_path": "/dev/vda1",
        "scsi_controller_type": "lsi",
        "security_domain": "",
        "security_model": "none",
        "serial_console": True,
        "serial_speed": 38400,
        "soundhw": "",
        "spice_bind": "",
        "spice_image_compression": "",
        "spice_ip_version": 0,
        "spice_jpeg_wan_compression": "",
        "spice_password_file": "",
        "spice_playback_compression": True,
        "spice_streaming_video": "",
        "spice_tls_ciphers": "HIGH:-DES:-3DES:-EXPORT:-DH",
        "spice_use_tls": False,
        "spice_use_vdagent": True,
        "spice_zlib_glz_wan_compression": "",
        "usb_devices": "",
        "usb_mouse": "",
        "use_chroot": False,
        "use_guest_agent": False,
        "use_localtime": False,
        "user_shutdown": False,
        "vga": "",
        "vhost_net": True,
        "virtio_net_queues": 1,
        "vnc_bind_address": "",
        "vnc_password_file": "",
        "vnc_tls": False,
        "vnc_x509_path": "",
        "vnc_x509_verify": False,
        "vnet_hdr": True,
    },
    "lxc": {
        "cpu_mask": "",
        "devices": "c 1:3 rw,c 1:5 rw,c 1:7 rw,c 1:8 rw,c 1:9 rw,c 1:10 rw,c 5:0 rw,c 5:1 rw,c 5:2 rw,c 136:* rw",
        "drop_capabilities": "mac_override,sys_boot,sys_module,sys_time,sys_admin",
        "extra_cgroups": "",
        "extra_config": "",
        "num_ttys": 6,
        "startup_timeout": 30,
    },
    "xen-hvm": {
        "acpi": True,
        "blockdev_prefix": "hd",
        "boot_order": "cd",
        "cdrom_image_path": "",
        "cpu_cap": 0,
        "cpu_mask": "all",
        "cpu_weight": 256,
        "cpuid": "",
        "device_model": "/usr/lib/xen/bin/qemu-dm",
        "disk_type": "paravirtual",
        "kernel_path": "/usr/lib/xen/boot/hvmloader",
        "migration_mode": "non-live",
        "migration_port": 8002,
        "nic_type": "rtl8139",
        "pae": True,
        "pci_pass": "",
        "reboot_behavior": "reboot",
        "soundhw": "",
        "use_localtime": False,
        "vif_script": "",
        "vif_type": "ioemu",
        "viridian": False,
        "vnc_bind_address": "0.0.0.0",
        "vnc_password_file": "{sysconfdir}/ganeti/vnc-cluster-password",
    },
    "xen-pvm": {
        "blockdev_prefix": "sd",
        "bootloader_args": "",
        "bootloader_path": "",
        "cpu_cap": 0,
        "cpu_mask": "all",
        "cpu_weight": 256,
        "cpuid": "",
        "initrd_path": "",
        "kernel_args": "ro",
        "kernel_path": "/boot/vmlinuz-3-xenU",
        "migration_mode": "live",
        "migration_port": 8002,
        "reboot_behavior": "reboot",
        "root_path": "/dev/xvda1",
        "soundhw": "",
        "use_bootloader": False,
        "vif_script": "",
    },
}
HVC_GLOBALS: Final[tuple[str, ...]] = ("migration_bandwidth", "migration_mode", "migration_port")
HVS_PARAMETERS: Final[tuple[str, ...]] = (
    "acpi",
    "blockdev_prefix",
    "boot_order",
    "bootloader_args",
    "bootloader_path",
    "cdrom2_image_path",
    "cdrom_disk_type",
    "cdrom_image_path",
    "cpu_cap",
    "cpu_cores",
    "cpu_mask",
    "cpu_sockets",
    "cpu_threads",
    "cpu_type",
    "cpu_weight",
    "cpuid",
    "device_model",
    "devices",
    "disk_aio",
    "disk_cache",
    "disk_discard",
    "disk_type",
    "drop_capabilities",
    "extra_cgroups",
    "extra_config",
    "floppy_image_path",
    "init_script",
    "initrd_path",
    "kernel_args",
    "kernel_path",
    "keymap",
    "kvm_extra",
    "kvm_flag",
    "kvm_path",
    "kvm_pci_reservations",
    "machine_version",
    "mem_path",
    "migration_bandwidth",
    "migration_caps",
    "migration_downtime",
    "migration_mode",
    "migration_port",
    "nic_type",
    "num_ttys",
    "pae",
    "pci_pass",
    "reboot_behavior",
    "root_path",
    "scsi_controller_type",
    "security_domain",
    "security_model",
    "serial_console",
    "serial_speed",
    "soundhw",
    "spice_bind",
    "spice_image_compression",
    "spice_ip_version",
    "spice_jpeg_wan_compression",
    "spice_password_file",
    "spice_playback_compression",
    "spice_streaming_video",
    "spice_tls_ciphers",
    "spice_use_tls",
    "spice_use_vdagent",
    "spice_zlib_glz_wan_compression",
    "startup_timeout",
    "usb_devices",
    "usb_mouse",
    "use_bootloader",
    "use_chroot",
    "use_guest_agent",
    "use_localtime",
    "user_shutdown",
    "vga",
    "vhost_net",
    "vif_script",
    "vif_type",
    "viridian",
    "virtio_net_queues",
    "vnc_bind_address",
    "vnc_password_file",
    "vnc_tls",
    "vnc_x509_path",
    "vnc_x509_verify",
    "vnet_hdr",
)
HVS_PARAMETER_TITLES: Final[dict[str, str]] = {
    "acpi": "ACPI",
    "boot_order": "Boot_order",
    "cdrom_image_path": "CDROM_image_path",
    "cpu_type": "cpu_type",
    "disk_type": "Disk_type",
    "initrd_path": "Initrd_path",
    "kernel_path": "Kernel_path",
    "nic_type": "NIC_type",
    "pae": "PAE",
    "pci_pass": "pci_pass",
    "vnc_bind_address": "VNC_bind_address",
}
HVS_PARAMETER_TYPES: Final[dict[str, str]] = {
    "acpi": "bool",
    "blockdev_prefix": "string",
    "boot_order": "string",
    "bootloader_args": "string",
    "bootloader_path": "string",
    "cdrom2_image_path": "string",
    "cdrom_disk_type": "string",
    "cdrom_image_path": "string",
    "cpu_cap": "int",
    "cpu_cores": "int",
    "cpu_mask": "string",
    "cpu_sockets": "int",
    "cpu_threads": "int",
    "cpu_type": "string",
    "cpu_weight": "int",
    "cpuid": "string",
    "device_model": "string",
    "devices": "string",
    "disk_aio": "string",
    "disk_cache": "string",
    "disk_discard": "string",
    "disk_type": "string",
    "drop_capabilities": "string",
    "extra_cgroups": "string",
    "extra_config": "string",
    "floppy_image_path": "string",
    "init_script": "string",
    "initrd_path": "string",
    "kernel_args": "string",
    "kernel_path": "string",
    "keymap": "string",
    "kvm_extra": "string",
    "kvm_flag": "string",
    "kvm_path": "string",
    "kvm_pci_reservations": "int",
    "machine_version": "string",
    "mem_path": "string",
    "migration_bandwidth": "int",
    "migration_caps": "string",
    "migration_downtime": "int",
    "migration_mode": "string",
    "migration_port": "int",
    "nic_type": "string",
    "num_ttys": "int",
    "pae": "bool",
    "pci_pass": "string",
    "reboot_behavior": "string",
    "root_path": "maybe-string",
    "scsi_controller_type": "string",
    "security_domain": "string",
    "security_model": "string",
    "serial_console": "bool",
    "serial_speed": "int",
    "soundhw": "string",
    "spice_bind": "string",
    "spice_image_compression": "string",
    "spice_ip_version": "int",
    "spice_jpeg_wan_compression": "string",
    "spice_password_file": "string",
    "spice_playback_compression": "bool",
    "spice_streaming_video": "string",
    "spice_tls_ciphers": "string",
    "spice_use_tls": "bool",
    "spice_use_vdagent": "bool",
    "spice_zlib_glz_wan_compression": "string",
    "startup_timeout": "int",
    "usb_devices": "string",
    "usb_mouse": "string",
    "use_bootloader": "bool",
    "use_chroot": "bool",
    "use_guest_agent": "bool",
    "use_localtime": "bool",
    "user_shutdown": "bool",
    "vga": "string",
    "vhost_net": "bool",
    "vif_script": "string",
    "vif_type": "string",
    "viridian": "bool",
    "virtio_net_queues": "int",
    "vnc_bind_address": "string",
    "vnc_password_file": "string",
    "vnc_tls": "bool",
    "vnc_x509_path": "string",
    "vnc_x509_verify": "bool",
    "vnet_hdr": "bool",
}
HV_ACPI: Final = "acpi"
HV_BLOCKDEV_PREFIX: Final = "blockdev_prefix"
HV_BOOTLOADER_ARGS: Final = "bootloader_args"
HV_BOOTLOADER_PATH: Final = "bootloader_path"
HV_BOOT_ORDER: Final = "boot_order"
HV_CDROM_IMAGE_PATH: Final = "cdrom_image_path"
HV_CPU_CAP: Final = "cpu_cap"
HV_CPU_CORES: Final = "cpu_cores"
HV_CPU_MASK: Final = "cpu_mask"
HV_CPU_SOCKETS: Final = "cpu_sockets"
HV_CPU_THREADS: Final = "cpu_threads"
HV_CPU_TYPE: Final = "cpu_type"
HV_CPU_WEIGHT: Final = "cpu_weight"
HV_DEVICE_MODEL: Final = "device_model"
HV_DISK_CACHE: Final = "disk_cache"
HV_DISK_DISCARD: Final = "disk_discard"
HV_DISK_TYPE: Final = "disk_type"
HV_INITRD_PATH: Final = "initrd_path"
HV_INIT_SCRIPT: Final = "init_script"
HV_KERNEL_ARGS: Final = "kernel_args"
HV_KERNEL_PATH: Final = "kernel_path"
HV_KEYMAP: Final = "keymap"
HV_KVM_CDROM2_IMAGE_PATH: Final = "cdrom2_image_path"
HV_KVM_CDROM_DISK_TYPE: Final = "cdrom_disk_type"
HV_KVM_DISK_AIO: Final = "disk_aio"
HV_KVM_EXTRA: Final = "kvm_extra"
HV_KVM_FLAG: Final = "kvm_flag"
HV_KVM_FLOPPY_IMAGE_PATH: Final = "floppy_image_path"
HV_KVM_MACHINE_VERSION: Final = "machine_version"
HV_KVM_MIGRATION_CAPS: Final = "migration_caps"
HV_KVM_PATH: Final = "kvm_path"
HV_KVM_PCI_RESERVATIONS: Final = "kvm_pci_reservations"
HV_KVM_SCSI_CONTROLLER_TYPE: Final = "scsi_controller_type"
HV_KVM_SPICE_AUDIO_COMPR: Final = "spice_playback_compression"
HV_KVM_SPICE_BIND: Final = "spice_bind"
HV_KVM_SPICE_IP_VERSION: Final = "spice_ip_version"
HV_KVM_SPICE_JPEG_IMG_COMPR: Final = "spice_jpeg_wan_compression"
HV_KVM_SPICE_LOSSLESS_IMG_COMPR: Final = "spice_image_compression"
HV_KVM_SPICE_PASSWORD_FILE: Final = "spice_password_file"
HV_KVM_SPICE_STREAMING_VIDEO_DETECTION: Final = "spice_streaming_video"
HV_KVM_SPICE_TLS_CIPHERS: Final = "spice_tls_ciphers"
HV_KVM_SPICE_USE_TLS: Final = "spice_use_tls"
HV_KVM_SPICE_USE_VDAGENT: Final = "spice_use_vdagent"
HV_KVM_SPICE_ZLIB_GLZ_IMG_COMPR: Final = "spice_zlib_glz_wan_compression"
HV_KVM_USER_SHUTDOWN: Final = "user_shutdown"
HV_KVM_USE_CHROOT: Final = "use_chroot"
HV_LXC_DEVICES: Final = "devices"
HV_LXC_DROP_CAPABILITIES: Final = "drop_capabilities"
HV_LXC_EXTRA_CGROUPS: Final = "extra_cgroups"
HV_LXC_EXTRA_CONFIG: Final = "extra_config"
HV_LXC_NUM_TTYS: Final = "num_ttys"
HV_LXC_STARTUP_TIMEOUT: Final = "startup_timeout"
HV_MEM_PATH: Final = "mem_path"
HV_MIGRATION_BANDWIDTH: Final = "migration_bandwidth"
HV_MIGRATION_DOWNTIME: Final = "migration_downtime"
HV_MIGRATION_MODE: Final = "migration_mode"
HV_MIGRATION_PORT: Final = "migration_port"
HV_NIC_TYPE: Final = "nic_type"
HV_PAE: Final = "pae"
HV_PASSTHROUGH: Final = "pci_pass"
HV_REBOOT_BEHAVIOR: Final = "reboot_behavior"
HV_ROOT_PATH: Final = "root_path"
HV_SECURITY_DOMAIN: Final = "security_domain"
HV_SECURITY_MODEL: Final = "security_model"
HV_SERIAL_CONSOLE: Final = "serial_console"
HV_SERIAL_SPEED: Final = "serial_speed"
HV_SOUNDHW: Final = "soundhw"
HV_USB_DEVICES: Final = "usb_devices"
HV_USB_MOUSE: Final = "usb_mouse"
HV_USE_BOOTLOADER: Final = "use_bootloader"
HV_USE_GUEST_AGENT: Final = "use_guest_agent"
HV_USE_LOCALTIME: Final = "use_localtime"
HV_VGA: Final = "vga"
HV_VHOST_NET: Final = "vhost_net"
HV_VIF_SCRIPT: Final = "vif_script"
HV_VIF_TYPE: Final = "vif_type"
HV_VIRIDIAN: Final = "viridian"
HV_VIRTIO_NET_QUEUES: Final = "virtio_net_queues"
HV_VNC_BIND_ADDRESS: Final = "vnc_bind_address"
HV_VNC_PASSWORD_FILE: Final = "vnc_password_file"
HV_VNC_TLS: Final = "vnc_tls"
HV_VNC_X509: Final = "vnc_x509_path"
HV_VNC_X509_VERIFY: Final = "vnc_x509_verify"
HV_VNET_HDR: Final = "vnet_hdr"
HV_XEN_CPUID: Final = "cpuid"
MAX_VIRTIO_NET_QUEUES: Final = 32
