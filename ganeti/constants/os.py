"""Operating system definitions and parameters."""

from typing import Final

# os interface
OS_API_FILE: Final = "ganeti_api_version"
OS_API_V10: Final = 10
OS_API_V15: Final = 15
OS_API_V20: Final = 20
OS_API_VERSIONS: Final[tuple[int, ...]] = (10, 15, 20)
OS_PARAMETERS_FILE: Final = "parameters.list"
OS_SCRIPTS: Final[tuple[str, ...]] = ("create", "create_untrusted", "export", "import", "rename", "verify")
OS_SCRIPT_CREATE: Final = "create"
OS_SCRIPT_CREATE_UNTRUSTED: Final = "create_untrusted"
OS_SCRIPT_EXPORT: Final = "export"
OS_SCRIPT_IMPORT: Final = "import"
OS_SCRIPT_RENAME: Final = "rename"
OS_SCRIPT_VERIFY: Final = "verify"
OS_VALIDATE_CALLS: Final[tuple[str, ...]] = ("parameters",)
OS_VALIDATE_PARAMETERS: Final = "parameters"
OS_VARIANTS_FILE: Final = "variants.list"

# confidential params
PRIVATE_PARAMETERS_BLACKLIST: Final[tuple[str, ...]] = (
    "osparams_private",
    "osparams_secret",
    "osparams_private_cluster",
)
REDACTED: Final = "<redacted>"

# ovf
ALLOWED_FORMATS: Final[tuple[str, ...]] = ("raw", "cow", "vmdk")
DISK_FORMAT: Final[dict[str, str]] = {
    "raw": "http://en.wikipedia.org/wiki/Byte",
    "vmdk": "http://www.vmware.com/interfaces/specifications/vmdk.html#monolithicSparse",
    "cow": "http://www.gnome.org/~markmc/qcow-image-format.html",
}
FILE_EXTENSIONS: Final[tuple[str, ...]] = (".ovf", ".mf", ".cert", ".ova")
GANETI_SCHEMA: Final = "http://ganeti"
OVF_SCHEMA: Final = "http://schemas.dmtf.org/ovf/envelope/1"
RASD_SCHEMA: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
RASD_TYPE: Final[dict[str, str]] = {
    "vcpus": "3",
    "memory": "4",
    "scsi-controller": "6",
    "ethernet-adapter": "10",
    "disk": "17",
}
SCSI_SUBTYPE: Final = "lsilogic"
VSSD_SCHEMA: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
VS_TYPE: Final[dict[str, str]] = {"ganeti": "ganeti-ovf", "external": "vmx-04"}
XML_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema-instance"
